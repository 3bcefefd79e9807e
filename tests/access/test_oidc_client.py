"""A provider that lies: forged and stale tokens, addresses that lead inside, answers without end."""

import asyncio
import base64
import hmac
import json
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from commonsight.access.oidc_client import LOGOUT_EVENT, ProviderClient
from commonsight.clock import ManualClock
from commonsight.problem import Refusal
from commonsight.settings import OidcProvider

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
NEXT = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})


class Liar:
    """A provider whose every answer can be changed."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.keys: list[Any] = [KEY]
        self.changed: dict[str, Any] = {}
        self.told: dict[str, Any] = {}
        self.asked: list[str] = []
        self.issuer = ""

    @asynccontextmanager
    async def running(self):
        app = web.Application()
        app.add_routes([web.route("*", "/{path:.*}", self._answer)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        self.issuer = f"http://127.0.0.1:{port}"
        about = {"name": "city", "title": "城市", "issuer": self.issuer, "client_id": "us", "client_secret": "s"}
        self.client = ProviderClient(OidcProvider(**about), self.clock)
        try:
            yield self
        finally:
            async with asyncio.timeout(10):
                await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path in self.told:
            told = self.told[request.path]
            return told if isinstance(told, web.Response) else web.json_response(told)
        if request.path == "/keys":
            return web.json_response({"keys": [key.as_dict(private=False) for key in self.keys]})
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        }
        return web.json_response(document | self.changed)

    def claims(self, **more: Any) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        return {"iss": self.issuer, "aud": "us", "sub": "u", "nonce": "n", "iat": now, "exp": now + 300} | more

    def token(self, key: Any = KEY, alg: str = "RS256", **more: Any) -> str:
        claims = {name: value for name, value in self.claims(**more).items() if value is not None}
        return jwt.encode({"alg": alg, "kid": key.kid}, claims, key, [alg])


@pytest.fixture
async def liar():
    async with Liar().running() as found:
        yield found


async def test_a_good_token_is_believed(liar):
    assert (await liar.client.identity(liar.token(), "n"))["sub"] == "u"
    assert (await liar.client.identity(liar.token(aud=["us"]), "n"))["sub"] == "u"
    assert (await liar.client.identity(liar.token(aud=["us", "them"], azp="us"), "n"))["sub"] == "u"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://another.example"},
        {"iss": None},
        {"aud": "them"},
        {"aud": None},
        {"aud": ["us", "them"]},
        {"aud": ["us", "them"], "azp": "them"},
        {"exp": 0},
        {"exp": None},
        {"iat": None},
        {"iat": 99_999_999_999},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
    ],
)
async def test_a_token_that_is_not_for_us_now_is_refused(liar, claims):
    with pytest.raises(Refusal) as refused:
        await liar.client.identity(liar.token(**claims), "n")
    assert (refused.value.code, refused.value.status) == ("access.oidc_token", 403)


def _packed(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


async def test_a_token_somebody_else_signed_is_refused(liar):
    unsigned = ".".join(map(_packed, ({"alg": "none"}, liar.claims())))
    # The classic: the public key taken for a shared secret.
    signing = ".".join(map(_packed, ({"alg": "HS256", "kid": "one"}, liar.claims())))
    proof = hmac.digest(KEY.as_pem(private=False), signing.encode(), "sha256")
    confused = f"{signing}.{base64.urlsafe_b64encode(proof).rstrip(b'=').decode()}"
    head, body, signature = liar.token().split(".")
    for forged in (
        liar.token(OTHER),
        f"{unsigned}.",
        unsigned,
        confused,
        f"{head}.{body}.",
        f"{head}.{body}.AAAA",
        "",
        "x",
    ):
        with pytest.raises(Refusal) as refused:
            await liar.client.identity(forged, "n")
        assert refused.value.code == "access.oidc_token"
    assert (await liar.client.identity(f"{head}.{body}.{signature}", "n"))["sub"] == "u"


async def test_a_new_key_is_asked_for_but_not_at_will(liar):
    await liar.client.identity(liar.token(), "n")
    liar.keys = [NEXT]
    fresh = liar.token(NEXT, "ES256")
    with pytest.raises(Refusal):  # keys were asked for a moment ago
        await liar.client.identity(fresh, "n")
    liar.clock.advance(61)
    assert (await liar.client.identity(liar.token(NEXT, "ES256"), "n"))["sub"] == "u"
    for _ in range(5):
        with pytest.raises(Refusal):
            await liar.client.identity(liar.token(OTHER), "n")
    assert liar.asked.count("/keys") == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://another.example"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "http://id.example/token"},
        {"jwks_uri": 7},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
async def test_a_discovery_document_that_will_not_do_is_refused(liar, changed):
    liar.changed = changed
    with pytest.raises(Refusal) as refused:
        await liar.client.endpoints()
    assert (refused.value.code, refused.value.status) == ("access.oidc_answer", 502)


@pytest.mark.parametrize(
    "inside", ["https://169.254.169.254/token", "https://127.0.0.1:{port}/token", "https://10.0.0.1/t"]
)
async def test_a_provider_cannot_make_us_ask_our_own_machine(liar, inside):
    """The issuer may stand anywhere, it is the operator's word; what it names besides may not."""
    liar.changed = {"token_endpoint": inside.format(port=1)}
    with pytest.raises(Refusal) as refused:
        await liar.client.exchange("code", "verifier", "https://us.example/callback")
    assert refused.value.code == "access.oidc_unreachable"
    assert "may not be reached" in refused.value.values["reason"]


async def test_answers_are_bounded_and_redirects_not_followed(liar):
    for answer in (
        web.Response(body=b"x" * 1_000_001),
        web.Response(status=302, headers={"Location": "/keys"}),
        web.Response(body=b"[" * 100_000),
        web.Response(body=b"[]"),
        web.json_response({"error": "invalid_grant"}, status=400),
        web.json_response({"access_token": "a"}),
    ):
        liar.told = {"/token": answer}
        with pytest.raises(Refusal) as refused:
            await liar.client.exchange("code", "verifier", "https://us.example/callback")
        assert refused.value.code == "access.oidc_answer"


async def test_userinfo_about_somebody_else_is_refused(liar):
    liar.told = {"/userinfo": {"sub": "another", "groups": ["administrators"]}}
    with pytest.raises(Refusal) as refused:
        await liar.client.userinfo("access", "u")
    assert refused.value.code == "access.oidc_answer"
    assert await liar.client.userinfo(None, "u") == {}


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({}, True),
        ({"sub": None, "sid": "s"}, True),
        ({"sub": None}, False),
        ({"nonce": "n"}, False),
        ({"events": {}}, False),
        ({"jti": None}, False),
        ({"aud": "them"}, False),
    ],
)
async def test_a_logout_token_is_no_other_token(liar, claims, good):
    said = {"nonce": None, "exp": None, "jti": "j", "events": {LOGOUT_EVENT: {}}} | claims
    if good:
        assert any(await liar.client.ended(liar.token(**said)))
        return
    with pytest.raises(Refusal) as refused:
        await liar.client.ended(liar.token(**said))
    assert refused.value.code == "access.oidc_token"
