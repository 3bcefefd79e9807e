"""Talking to one identity provider: its discovery document, its keys, the exchange of a code, who a token speaks of.

The issuer is the operator's own word and may stand anywhere but on our own ports; every other address the provider
names is held to `network.OUTSIDE`. Nothing follows redirects, every answer is bounded in size and time.
"""

import asyncio
import base64
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from commonsight import network
from commonsight.clock import Clock
from commonsight.problem import Refusal
from commonsight.settings import OidcProvider

log = structlog.get_logger(__name__)

ALGORITHMS: Final = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
]  # fmt: skip
"""Signatures that are believed: all asymmetric. `none` and shared secrets are not among them."""

ANSWER_MOST: Final = 1_000_000
TIMEOUT: Final = 10.0
DISCOVERY_SECONDS: Final = 3_600.0
"""A discovery document and keys are asked for again after this."""
KEYS_SECONDS: Final = 60.0
"""For a key we do not know, keys are asked for again at most this often."""
LEEWAY_SECONDS: Final = 60
"""Clocks may differ by this."""
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the provider does what; `leaving` None: it offers no signing out."""

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    leaving: str | None
    secret_in_body: bool


class ProviderClient:
    """One provider. Keeps its documents for a while."""

    def __init__(self, provider: OidcProvider, clock: Clock) -> None:
        self.provider = provider
        self._clock = clock
        self._lock = asyncio.Lock()
        self._endpoints: Endpoints | None = None
        self._endpoints_at = 0.0
        self._keys: KeySet | None = None
        self._keys_at = 0.0

    async def endpoints(self) -> Endpoints:
        """From the discovery document.

        Raises:
            Refusal: `access.oidc_unreachable` (502), `access.oidc_answer` (502).
        """
        async with self._lock:
            now = self._clock.monotonic()
            if self._endpoints is None or now - self._endpoints_at > DISCOVERY_SECONDS:
                url = self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
                self._endpoints = self._understood(await self._json("GET", url))
                self._endpoints_at = now
            return self._endpoints

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> tuple[str, str | None]:
        """The identity token and the access token for a code. Raises like `endpoints`."""
        where = await self.endpoints()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {}
        secret = self.provider.client_secret
        if secret is None or where.secret_in_body:
            form |= {"client_id": self.provider.client_id} | ({} if secret is None else {"client_secret": secret})
        else:
            # RFC 6749, 2.3.1: both are form-encoded before they are joined.
            joined = f"{quote(self.provider.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(joined.encode()).decode()
        answer = await self._json("POST", where.token, data=form, headers=headers)
        identity, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(identity, str):
            raise self._odd("the token answer holds no id_token")
        return identity, access if isinstance(access, str) else None

    async def identity(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an identity token that was made for us, now, for this sign-in.

        Raises:
            Refusal: `access.oidc_token` (403), or as `endpoints`.
        """
        claims = await self._signed(token)
        now = int(self._clock.now().timestamp())
        registry = jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.provider.issuer},
            aud={"essential": True, "value": self.provider.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            registry.validate(claims)
        except JoseError as error:
            raise self._not_believed(str(error)) from None
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self.provider.client_id:
            raise self._not_believed("azp")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise self._not_believed("sub")
        return claims

    async def ended(self, token: str) -> tuple[str | None, str | None]:
        """The subject and the session that a back-channel logout token ends. Raises like `identity`."""
        claims = await self._signed(token)
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.provider.issuer},
            aud={"essential": True, "value": self.provider.client_id},
            iat={"essential": True},
            jti={"essential": True},
        )
        try:
            registry.validate(claims)
        except JoseError as error:
            raise self._not_believed(str(error)) from None
        events = claims.get("events")
        if not isinstance(events, dict) or LOGOUT_EVENT not in events or "nonce" in claims:
            raise self._not_believed("events")
        subject, session = claims.get("sub"), claims.get("sid")
        if not isinstance(subject, str | None) or not isinstance(session, str | None) or not (subject or session):
            raise self._not_believed("sub, sid")
        return subject, session

    async def userinfo(self, access: str | None, subject: str) -> dict[str, Any]:
        """What the provider tells besides, about the same subject; {} when it tells nothing."""
        where = (await self.endpoints()).userinfo
        if where is None or access is None:
            return {}
        told = await self._json("GET", where, headers={"Authorization": f"Bearer {access}"})
        if told.get("sub") != subject:
            raise self._odd("userinfo speaks of somebody else")
        return told

    async def _signed(self, token: str) -> dict[str, Any]:
        """The claims of a token whose signature is the provider's."""
        keys = await self._known_keys(self._keys_at, DISCOVERY_SECONDS)
        try:
            return dict(jwt.decode(token, keys, ALGORITHMS).claims)
        except (JoseError, ValueError, KeyError) as error:
            log.info("oidc_token_unverified", provider=self.provider.name, error=type(error).__name__)
        # The provider may have changed its keys since.
        fresh = await self._known_keys(self._keys_at, KEYS_SECONDS)
        if fresh is keys:
            raise self._not_believed("signature")
        try:
            return dict(jwt.decode(token, fresh, ALGORITHMS).claims)
        except (JoseError, ValueError, KeyError) as error:
            raise self._not_believed(f"signature ({type(error).__name__})") from None

    async def _known_keys(self, since: float, seconds: float) -> KeySet:
        where = await self.endpoints()
        async with self._lock:
            now = self._clock.monotonic()
            if self._keys is None or now - since > seconds:
                told = await self._json("GET", where.keys)
                listed = told.get("keys")
                usable = [
                    key
                    for key in (listed if isinstance(listed, list) else [])
                    if isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP") and key.get("use") != "enc"
                ]
                try:
                    self._keys = KeySet.import_key_set({"keys": usable})
                except (JoseError, ValueError, KeyError, TypeError) as error:
                    raise self._odd(f"its keys cannot be read ({type(error).__name__})") from None
                self._keys_at = now
            return self._keys

    def _understood(self, document: Mapping[str, Any]) -> Endpoints:
        if document.get("issuer") != self.provider.issuer:
            raise self._odd(f"its issuer is {str(document.get('issuer'))[:200]}, not {self.provider.issuer}")
        methods = document.get("token_endpoint_auth_methods_supported")
        return Endpoints(
            self._address(document, "authorization_endpoint"),
            self._address(document, "token_endpoint"),
            self._address(document, "jwks_uri"),
            self._address(document, "userinfo_endpoint") if document.get("userinfo_endpoint") else None,
            self._address(document, "end_session_endpoint") if document.get("end_session_endpoint") else None,
            isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods,
        )

    def _address(self, document: Mapping[str, Any], name: str) -> str:
        url = document.get(name)
        parts = urlsplit(url) if isinstance(url, str) else None
        if parts is None or not parts.hostname:
            raise self._odd(f"{name} is missing")
        if parts.scheme != "https" and not self._own(str(url)):
            raise self._odd(f"{name} is not https")
        return str(url)

    def _own(self, url: str) -> bool:
        """Whether an address is the issuer's own, which the operator named."""
        one, other = urlsplit(url), urlsplit(self.provider.issuer)
        return (one.scheme, one.hostname, one.port) == (other.scheme, other.hostname, other.port)

    async def _json(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        guard = network.CAMERAS.with_loopback(True) if self._own(url) else network.OUTSIDE
        trust = ssl.create_default_context()
        if self.provider.ca_file is not None:
            await asyncio.to_thread(trust.load_verify_locations, self.provider.ca_file)
        connector = aiohttp.TCPConnector(socket_factory=guard.socket, ssl=trust)
        headers = {"Accept": "application/json"} | more.pop("headers", {})
        try:
            async with (
                asyncio.timeout(TIMEOUT),
                aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.request(method, url, headers=headers, allow_redirects=False, **more) as answer,
            ):
                body = bytearray()
                async for chunk in answer.content.iter_any():
                    body += chunk
                    if len(body) > ANSWER_MOST:
                        raise self._odd(f"an answer of more than {ANSWER_MOST} bytes")
                status = answer.status
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("oidc_unreachable", provider=self.provider.name, error=str(error)[:200])
            raise Refusal(
                "access.oidc_unreachable",
                status=502,
                rule="provider",
                operand=self.provider.name,
                title=self.provider.title,
                reason=str(error)[:200] or type(error).__name__,
            ) from None
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            told = None
        if status != 200 or not isinstance(told, dict):
            said = told.get("error") if isinstance(told, dict) else None
            raise self._odd(f"HTTP {status}" + (f", {str(said)[:100]}" if said else ""))
        return told

    def _odd(self, reason: str) -> Refusal:
        log.warning("oidc_answer_refused", provider=self.provider.name, reason=reason)
        return Refusal(
            "access.oidc_answer",
            status=502,
            rule="provider",
            operand=self.provider.name,
            title=self.provider.title,
            reason=reason,
        )

    def _not_believed(self, reason: str) -> Refusal:
        log.warning("oidc_token_refused", provider=self.provider.name, reason=reason)
        return Refusal("access.oidc_token", status=403, rule="token", operand=reason, title=self.provider.title)


class Providers:
    """The providers of this installation, each asked through one client."""

    def __init__(self, providers: list[OidcProvider], clock: Clock) -> None:
        self._clients = {provider.name: ProviderClient(provider, clock) for provider in providers}

    def __iter__(self) -> Any:
        return iter(self._clients.values())

    def named(self, name: str) -> ProviderClient:
        """The provider with this name.

        Raises:
            Refusal: `access.oidc_unknown_provider` (404).
        """
        client = self._clients.get(name)
        if client is None:
            raise Refusal(
                "access.oidc_unknown_provider",
                status=404,
                rule="provider",
                operand="provider",
                expected=sorted(self._clients),
                actual=name[:40],
            )
        return client
