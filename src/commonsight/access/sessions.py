"""Proving who one is: login with a password, then a session cookie; or a token."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

import structlog

from commonsight.access import audit, endings, factor_store, factors, store
from commonsight.access.model import (
    NAME,
    NEVER_BY_TOKEN,
    TOKEN_PREFIX,
    Identity,
    digest,
    new_secret,
    permissions_of,
    session_end,
)
from commonsight.access.passwords import hash_password, outdated, verify_password
from commonsight.access.tables import PersonRow, SessionRow
from commonsight.clock import Clock
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database, WriteSession
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

WINDOW: Final = timedelta(minutes=10)
"""Failed logins are counted over this."""

ADDRESS_SHARE: Final = 10
"""An address may fail this many times as often as a name: people share addresses."""

TOUCH_EVERY: Final = timedelta(minutes=1)
"""A session's last use is written at most this often, so that reading does not become writing."""

SESSIONS_MOST: Final = 20
"""Sessions one person may hold; the longest unused end first."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session; `secret` goes into the cookie and is stored nowhere."""

    identity: Identity
    secret: str


def identity_of(
    person: PersonRow,
    organisation: str,
    *,
    session_id: UUID | None = None,
    address: str | None = None,
    factor_owed: Literal["enrol", "code"] | None = None,
) -> Identity:
    """A person as a caller."""
    return Identity(
        id=person.id,
        name=person.name,
        display_name=person.display_name,
        organisation=organisation,
        roles=tuple(person.roles),
        permissions=permissions_of(person.roles),
        regions=tuple(person.regions),
        language=person.language,
        must_change_password=person.must_change_password,
        session_id=session_id,
        address=address,
        factor_owed=factor_owed,
    )


def factor_owed(
    person: PersonRow, settings: Settings, *, has_factor: bool, proved: bool
) -> Literal["enrol", "code"] | None:
    """What a session still owes: the code of the person's authenticator, or, where a role of theirs asks for one, the
    authenticator itself."""
    if proved:
        return None
    if has_factor:
        return "code"
    return "enrol" if set(settings.access.second_factor) & set(person.roles) else None


async def login(
    database: Database,
    clock: Clock,
    settings: Settings,
    *,
    name: str,
    password: str,
    address: str,
    agent: str | None,
    code: str | None = None,
    replaces: str | None = None,
) -> LoggedIn:
    """Open a session for who knows the password; a session in `replaces` (the old cookie) ends.

    Who has an authenticator gives its `code` (or a recovery code) in the same breath.

    Uses its own transactions: a failed attempt must stay counted although the request is refused, and no connection is
    held while argon2 works.

    Raises:
        Refusal: `access.login_throttled` (429), `access.login_failed` (401, alike for unknown names),
            `access.code_missing`, `access.code_wrong` (401), both only after the right password.
    """
    now, plain = clock.now(), name.strip().lower()
    subjects = _subject("name", plain), _subject("address", address)
    # What cannot be a name is not written down: it is often a password in the wrong field.
    shown = plain if NAME.fullmatch(plain) else "?"
    most = settings.access.login_attempts
    async with database.write() as session:
        for subject, limit in zip(subjects, (most, most * ADDRESS_SHARE), strict=True):
            failures, since = await store.count_attempt(session, subject, now, WINDOW)
            if failures > limit:
                wait = max(1, round((since + WINDOW - now).total_seconds()))
                throttled = Refusal(
                    "access.login_throttled",
                    status=429,
                    rule="failed logins in ten minutes",
                    expected=limit,
                    seconds=wait,
                )
                if failures == limit + 1:
                    actor = audit.Actor(None, shown, address)
                    await audit.record(session, actor, "access.login_throttled", now, kind="person", subject_name=shown)
                break
        else:
            throttled = None
            known = await store.person_by_name(session, shown)
    if throttled is not None:
        log.warning("login_throttled", address=address)
        raise throttled

    refused: Refusal | None = None
    stored = known.person.password_hash if known and known.person.active else None
    good = await verify_password(stored, password)
    async with database.write() as session:
        actor = audit.Actor(known.person.id if known else None, shown, address)
        person = await store.person_for_update(session, known.person.id) if good and known else None
        # Read again: between the two transactions the person may have been deactivated or given a new password.
        if person is None or known is None or not person.active or person.password_hash != stored:
            await audit.record(session, actor, "access.login_failed", now, kind="person", subject_name=shown)
            opened = None
            refused = Refusal("access.login_failed", status=401, rule="name and password")
        else:
            proof = await _proof(session, settings.data_dir, person, code, subjects, actor, now)
            opened, refused = None, proof if isinstance(proof, Refusal) else None
            if refused is None:
                await store.forgive(session, subjects[0], subjects[1])
                given = Given(address, agent, now if proof is True else None)
                opened = await open_session(session, settings, person, known.organisation, given, now, replaces)
    if refused is not None:
        log.warning("login_failed", address=address, code=refused.code)
        raise refused
    assert opened is not None
    if stored and outdated(stored):
        await _rehash(database, opened.identity.id, stored, password)
    return opened


@dataclass(frozen=True, slots=True)
class Given:
    """Where a session comes from and how it was proved."""

    address: str
    agent: str | None
    factor_at: datetime | None = None
    provider: str | None = None
    provider_session: str | None = None


async def open_session(
    session: WriteSession,
    settings: Settings,
    person: PersonRow,
    organisation: str,
    given: Given,
    now: datetime,
    replaces: str | None,
) -> LoggedIn:
    """Open a session of a person who has proved who they are."""
    if replaces:
        await _end_replaced(session, replaces, person.id, now)
    secret = new_secret()
    row = SessionRow(
        id=uuid7(),
        person_id=person.id,
        secret_sha256=digest(secret),
        address=given.address[:60],
        agent="".join(c for c in given.agent or "" if c.isprintable())[:200],
        created_at=now,
        seen_at=now,
        expires_at=session_end(now, now, settings.access.session_hours),
        factor_at=given.factor_at,
        provider=given.provider,
        provider_session=given.provider_session,
    )
    session.add(row)
    await session.flush()
    await endings.tell_sessions(session, person.id, await store.trim_sessions(session, person.id, SESSIONS_MOST))
    actor = audit.Actor(person.id, person.name, given.address)
    by = {} if given.provider is None else {"provider": given.provider}
    await audit.record(session, actor, "access.session_opened", now, kind="session", subject_id=row.id, **by)
    factor = await factor_store.factor(session, person.id)
    has_factor = factor is not None and factor.confirmed_at is not None
    owed = factor_owed(person, settings, has_factor=has_factor, proved=given.factor_at is not None)
    identity = identity_of(person, organisation, session_id=row.id, address=given.address, factor_owed=owed)
    return LoggedIn(identity, secret)


async def _proof(
    session: WriteSession,
    data_dir: Path,
    person: PersonRow,
    code: str | None,
    subjects: tuple[bytes, bytes],
    actor: audit.Actor,
    now: datetime,
) -> Refusal | bool:
    """Whether the second factor is proved (False: there is none to prove), or why it is not."""
    factor = await factor_store.factor_for_update(session, person.id)
    if factor is None or factor.confirmed_at is None:
        return False
    if code is None:
        # The password was right, and nothing was guessed.
        await store.lower(session, *subjects)
        return Refusal("access.code_missing", status=401, rule="second factor", operand="code")
    if await factors.proves(session, data_dir, factor, code, now, actor):
        return True
    await audit.record(session, actor, "access.code_refused", now, kind="person", subject_name=person.name)
    return Refusal("access.code_wrong", status=401, rule="second factor", operand="code")


async def _end_replaced(session: WriteSession, secret: str, person_id: UUID, now: datetime) -> None:
    old = await store.session_by_digest(session, digest(secret), now)
    if old is not None and old.person.id == person_id:
        await endings.end_sessions(session, person_id, only=old.row.id)


async def _rehash(database: Database, person_id: UUID, stored: str, password: str) -> None:
    stronger = await hash_password(password)
    async with database.write() as session:
        person = await store.person_for_update(session, person_id)
        if person is not None and person.password_hash == stored:
            person.password_hash = stronger


async def by_session(
    database: Database, clock: Clock, settings: Settings, secret: str, address: str | None
) -> Identity | None:
    """Who holds this session cookie; None when it is unknown or has run out. Using a session prolongs it."""
    now = clock.now()
    async with database.read() as session:
        found = await store.session_by_digest(session, digest(secret), now)
    if found is None:
        return None
    if now - found.row.seen_at >= TOUCH_EVERY:
        end = session_end(now, found.row.created_at, settings.access.session_hours)
        async with database.write() as session:
            await store.touch_session(session, found.row.id, now, end)
    owed = factor_owed(found.person, settings, has_factor=bool(found.factor), proved=found.row.factor_at is not None)
    return identity_of(found.person, found.organisation, session_id=found.row.id, address=address, factor_owed=owed)


async def by_token(database: Database, clock: Clock, secret: str, address: str | None) -> Identity | None:
    """Who holds this API token, with the token's share of their permissions; None when unknown, expired or revoked."""
    if not secret.startswith(TOKEN_PREFIX):
        return None
    now = clock.now()
    async with database.read() as session:
        found = await store.token_by_digest(session, digest(secret), now)
    if found is None:
        return None
    if found.row.used_at is None or now - found.row.used_at >= TOUCH_EVERY:
        async with database.write() as session:
            await store.touch_token(session, found.row.id, now)
    held = permissions_of(found.person.roles)
    return Identity(
        id=found.person.id,
        name=found.person.name,
        display_name=found.person.display_name,
        organisation=found.organisation,
        roles=tuple(found.person.roles),
        # Cut to what the holder may do NOW: a role that was taken away takes its tokens' permissions along.
        permissions=(held & frozenset(found.row.permissions)) - NEVER_BY_TOKEN,
        regions=tuple(found.person.regions),
        language=found.person.language,
        must_change_password=found.person.must_change_password,
        token_id=found.row.id,
        address=address,
    )


async def logout(database: Database, clock: Clock, caller: Identity, session_id: UUID | None = None) -> bool:
    """End the caller's session (their current one, or another of their own). False when there is no such session."""
    ended = session_id or caller.session_id
    if ended is None:
        return False
    async with database.write() as session:
        done = await endings.end_sessions(session, caller.id, only=ended) > 0
        if done:
            actor = audit.Actor.of(caller)
            await audit.record(session, actor, "access.session_ended", clock.now(), kind="session", subject_id=ended)
    return done


def _subject(kind: str, value: str) -> bytes:
    return hashlib.sha256(f"{kind}:{value}".encode("utf-8", "surrogatepass")).digest()
