"""Signing in with an identity provider: authorization code with PKCE, state and nonce (OpenID Connect Core)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import structlog

from commonsight import outbox
from commonsight.access import audit, endings, oidc_store, store
from commonsight.access.model import digest, new_secret
from commonsight.access.oidc_client import ProviderClient
from commonsight.access.oidc_model import Meaning, account_name, challenge, display_name, meaning, safe_return
from commonsight.access.sessions import Given, LoggedIn, open_session
from commonsight.access.tables import PersonRow, ProviderIdentityRow, SignInRow
from commonsight.clock import Clock
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database, WriteSession
from commonsight.settings import OidcProvider, Settings

log = structlog.get_logger(__name__)

SIGN_IN: Final = timedelta(minutes=10)
"""A person has this long at the provider's page."""
SIGN_INS_MOST: Final = 10_000
NO_PASSWORD: Final = "!"  # noqa: S105 - no hash at all: nothing matches it


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what it keeps until it comes back."""

    url: str
    browser_secret: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The session that was opened (None: an identity was joined to an account), and where to go."""

    opened: LoggedIn | None
    return_to: str


async def begin(
    database: Database,
    clock: Clock,
    client: ProviderClient,
    *,
    redirect_uri: str,
    return_to: str | None,
    person_id: UUID | None = None,
) -> Begun:
    """Begin a sign-in, or, with `person_id`, joining an identity to that person's account.

    Raises:
        Refusal: `access.oidc_busy` (503), or as `ProviderClient.endpoints`.
    """
    where = await client.endpoints()
    state, nonce, verifier, browser = new_secret(), new_secret(), new_secret(), new_secret()
    now = clock.now()
    async with database.write() as session:
        waiting = await oidc_store.under_way(session, now)
        if waiting >= SIGN_INS_MOST:
            raise Refusal("access.oidc_busy", status=503, rule="sign-ins under way", expected=SIGN_INS_MOST, seconds=60)
        session.add(
            SignInRow(
                state_sha256=digest(state),
                browser_sha256=digest(browser),
                provider=client.provider.name,
                nonce=nonce,
                verifier=verifier,
                return_to=safe_return(return_to),
                person_id=person_id,
                expires_at=now + SIGN_IN,
            )
        )
    asked = {
        "response_type": "code",
        "client_id": client.provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(dict.fromkeys(["openid", *client.provider.scopes])),
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    return Begun(where.authorization + ("&" if "?" in where.authorization else "?") + urlencode(asked), browser)


async def finish(
    database: Database,
    clock: Clock,
    settings: Settings,
    client: ProviderClient,
    *,
    query: dict[str, str],
    browser_secret: str | None,
    redirect_uri: str,
    address: str,
    agent: str | None,
    replaces: str | None,
) -> Finished:
    """What the browser brought back from the provider.

    Raises:
        Refusal: `access.oidc_state` (403: not begun here, by this browser, or too long ago), `access.oidc_refused`
            (403: the provider's own no), `access.oidc_token`, `access.oidc_unknown_person`, `access.oidc_no_role`,
            `access.oidc_name`, `access.oidc_name_taken` (403), or as `ProviderClient.endpoints`.
    """
    provider, now = client.provider, clock.now()
    state = query.get("state", "")
    async with database.write() as session:
        begun = await oidc_store.take(session, digest(state), digest(browser_secret or ""), provider.name, now)
    if begun is None or not browser_secret:
        raise Refusal("access.oidc_state", status=403, rule="state", operand="state", title=provider.title)
    # RFC 9207: where the provider names itself, it must be the one that was asked.
    if query.get("iss") not in (None, provider.issuer):
        raise Refusal("access.oidc_token", status=403, rule="token", operand="iss", title=provider.title)
    if "error" in query or not query.get("code"):
        reason = query.get("error", "no code")[:80]
        log.info("oidc_refused", provider=provider.name, reason=reason)
        raise Refusal("access.oidc_refused", status=403, rule="provider", title=provider.title, reason=reason)
    token, access = await client.exchange(query["code"], begun.verifier, redirect_uri)
    claims = await client.identity(token, begun.nonce)
    told = await client.userinfo(access, claims["sub"])
    whole = told | claims  # what is signed wins
    async with database.write() as session:
        if begun.person_id is not None:
            await _join(session, provider, begun.person_id, whole, now, address)
            return Finished(None, begun.return_to)
        person = await _person(session, settings, provider, whole, now, address)
        opened = None
        if not isinstance(person, Refusal):
            known = await store.person_by_id(session, person.id)
            given = Given(
                address,
                agent,
                factor_at=now if provider.second_factor == "provider" else None,
                provider=provider.name,
                provider_session=_sid(claims),
            )
            organisation = known.organisation if known else ""
            opened = await open_session(session, settings, person, organisation, given, now, replaces)
    if opened is None:
        assert isinstance(person, Refusal)
        raise person
    return Finished(opened, begun.return_to)


async def leaving(client: ProviderClient, return_uri: str) -> str | None:
    """Where to send a browser that signs out here, so that it is signed out there; None when the provider offers
    nothing."""
    where = (await client.endpoints()).leaving
    if where is None:
        return None
    asked = {"client_id": client.provider.client_id, "post_logout_redirect_uri": return_uri}
    return where + ("&" if "?" in where else "?") + urlencode(asked)


async def end_from_outside(database: Database, clock: Clock, client: ProviderClient, token: str) -> int:
    """The provider says that somebody signed out there (back-channel logout); returns how many sessions ended.

    Raises:
        Refusal: `access.oidc_token` (403), or as `ProviderClient.endpoints`.
    """
    subject, provider_session = await client.ended(token)
    async with database.write() as session:
        found = await oidc_store.sessions_at(session, client.provider.name, subject, provider_session)
        for person_id, session_id in found:
            await endings.end_sessions(session, person_id, only=session_id)
            await audit.record(
                session,
                audit.Actor(None, client.provider.name),
                "access.session_ended",
                clock.now(),
                kind="session",
                subject_id=session_id,
                provider=client.provider.name,
            )
    return len(found)


async def _join(
    session: WriteSession, provider: OidcProvider, person_id: UUID, claims: dict[str, Any], now: datetime, address: str
) -> None:
    """Let a person sign in with the identity they have just shown."""
    person = await store.person_for_update(session, person_id)
    present = await oidc_store.identity(session, provider.name, claims["sub"])
    if person is None or not person.active or (present is not None and present.person_id != person_id):
        raise Refusal("access.oidc_joined", status=403, rule="one account an identity", title=provider.title)
    if present is None:
        await _add_identity(session, provider, claims["sub"], person_id, now, managed=False)
        actor = audit.Actor(person.id, person.name, address)
        await _noted(session, actor, "access.identity_joined", person, now, provider=provider.name)


async def _person(
    session: WriteSession,
    settings: Settings,
    provider: OidcProvider,
    claims: dict[str, Any],
    now: datetime,
    address: str,
) -> PersonRow | Refusal:
    """Who the claims speak of. A refusal is handed back, not raised, where what was changed has to stand."""
    means = meaning(provider, claims)
    linked = await oidc_store.identity(session, provider.name, claims["sub"])
    if linked is None:
        return await _made(session, settings, provider, claims, means, now, address)
    person = await store.person_for_update(session, linked.person_id)
    if person is None or not person.active:
        return Refusal("access.oidc_inactive", status=403, rule="active account", title=provider.title)
    await oidc_store.seen(session, provider.name, claims["sub"], now)
    if linked.managed and provider.rules:
        await _follow(session, provider, person, means, now, address)
        if not person.roles:
            return Refusal(
                "access.oidc_no_role", status=403, rule="a role by the provider's rules", title=provider.title
            )
    return person


async def _made(
    session: WriteSession,
    settings: Settings,
    provider: OidcProvider,
    claims: dict[str, Any],
    means: Meaning,
    now: datetime,
    address: str,
) -> PersonRow | Refusal:
    """An account for somebody who comes for the first time, where the rules allow it."""
    if not provider.create:
        return Refusal("access.oidc_unknown_person", status=403, rule="an account here", title=provider.title)
    if not means.roles:
        return Refusal("access.oidc_no_role", status=403, rule="a role by the provider's rules", title=provider.title)
    name = account_name(provider, claims)
    person = PersonRow(
        id=uuid7(),
        name=name,
        display_name=display_name(provider, claims) or name,
        organisation_id=await store.organisation(session, means.organisation, None, now)
        if means.organisation
        else None,
        password_hash=NO_PASSWORD,
        must_change_password=False,
        language=settings.region.language,
        active=True,
        roles=list(means.roles),
        regions=list(means.regions),
        created_at=now,
        updated_at=now,
        revision=1,
    )
    if not await store.insert_person(session, person):
        # Never by name alone: whoever may choose names at the provider would choose an administrator's.
        return Refusal(
            "access.oidc_name_taken", status=403, rule="unique", operand="name", actual=name, title=provider.title
        )
    await _add_identity(session, provider, claims["sub"], person.id, now, managed=True)
    actor = audit.Actor(person.id, name, address)
    await _noted(
        session, actor, "access.person_added", person, now, provider=provider.name, roles=list(means.roles),
        regions=list(means.regions),
    )  # fmt: skip
    return person


async def _follow(
    session: WriteSession, provider: OidcProvider, person: PersonRow, means: Meaning, now: datetime, address: str
) -> None:
    """Bring an account that the provider keeps up to what it says now."""
    told: dict[str, object] = {}
    roles, regions = list(means.roles), list(means.regions)
    last = "administrator" in person.roles and "administrator" not in roles
    if last and not await store.other_administrator(session, person.id):
        roles = ["administrator", *roles]  # somebody has to be left who can put things right
    if roles != person.roles:
        told["roles"], person.roles = [list(person.roles), roles], roles
    if regions != person.regions:
        told["regions"], person.regions = [list(person.regions), regions], regions
    unit = await store.organisation(session, means.organisation, None, now) if means.organisation else None
    if unit != person.organisation_id:
        before = await store.organisation_name(session, person.organisation_id)
        told["organisation"], person.organisation_id = [before, means.organisation], unit
    if told:
        person.updated_at, person.revision = now, person.revision + 1
        await session.flush()
        actor = audit.Actor(None, provider.name, address)
        await _noted(session, actor, "access.person_changed", person, now, provider=provider.name, **told)


async def _add_identity(
    session: WriteSession, provider: OidcProvider, subject: str, person_id: UUID, now: datetime, *, managed: bool
) -> None:
    session.add(
        ProviderIdentityRow(
            provider=provider.name, subject=subject, person_id=person_id, managed=managed, created_at=now, seen_at=now
        )
    )
    await session.flush()


async def _noted(
    session: WriteSession, actor: audit.Actor, action: str, person: PersonRow, now: datetime, **detail: object
) -> None:
    await audit.record(
        session, actor, action, now, kind="person", subject_id=person.id, subject_name=person.name, **detail
    )
    await outbox.append(
        session, action, {"person": str(person.id), "actor": None if actor.id is None else str(actor.id)}
    )


def _sid(claims: dict[str, Any]) -> str | None:
    sid = claims.get("sid")
    return sid[:255] if isinstance(sid, str) else None
