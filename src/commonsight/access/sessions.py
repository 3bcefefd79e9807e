"""Proving who one is: login with a password, then a session cookie; or a token."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from commonsight.access import audit, store
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
    person: PersonRow, organisation: str, *, session_id: UUID | None = None, address: str | None = None
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
    )


async def login(
    database: Database,
    clock: Clock,
    settings: Settings,
    *,
    name: str,
    password: str,
    address: str,
    agent: str | None,
    replaces: str | None = None,
) -> LoggedIn:
    """Open a session for who knows the password; a session in `replaces` (the old cookie) ends.

    Uses its own transactions: a failed attempt must stay counted although the request is refused, and no connection is
    held while argon2 works.

    Raises:
        Refusal: `access.login_throttled` (429), `access.login_failed` (401, alike for unknown names).
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

    stored = known.person.password_hash if known and known.person.active else None
    good = await verify_password(stored, password)
    async with database.write() as session:
        actor = audit.Actor(known.person.id if known else None, shown, address)
        person = await store.person_for_update(session, known.person.id) if good and known else None
        # Read again: between the two transactions the person may have been deactivated or given a new password.
        if person is None or known is None or not person.active or person.password_hash != stored:
            await audit.record(session, actor, "access.login_failed", now, kind="person", subject_name=shown)
            opened = None
        else:
            await store.forgive(session, subjects[0], subjects[1])
            if replaces:
                await _end_replaced(session, replaces, person.id, now)
            secret = new_secret()
            row = SessionRow(
                id=uuid7(),
                person_id=person.id,
                secret_sha256=digest(secret),
                address=address[:60],
                agent="".join(c for c in agent or "" if c.isprintable())[:200],
                created_at=now,
                seen_at=now,
                expires_at=session_end(now, now, settings.access.session_hours),
            )
            session.add(row)
            await session.flush()
            await store.trim_sessions(session, person.id, SESSIONS_MOST)
            await audit.record(session, actor, "access.session_opened", now, kind="session", subject_id=row.id)
            opened = LoggedIn(identity_of(person, known.organisation, session_id=row.id, address=address), secret)
    if opened is None:
        log.warning("login_failed", address=address)
        raise Refusal("access.login_failed", status=401, rule="name and password")
    if stored and outdated(stored):
        await _rehash(database, opened.identity.id, stored, password)
    return opened


async def _end_replaced(session: WriteSession, secret: str, person_id: UUID, now: datetime) -> None:
    old = await store.session_by_digest(session, digest(secret), now)
    if old is not None and old.person.id == person_id:
        await store.end_sessions(session, person_id, only=old.row.id)


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
    return identity_of(found.person, found.organisation, session_id=found.row.id, address=address)


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
        done = await store.end_sessions(session, caller.id, only=ended) > 0
        if done:
            actor = audit.Actor.of(caller)
            await audit.record(session, actor, "access.session_ended", clock.now(), kind="session", subject_id=ended)
    return done


def _subject(kind: str, value: str) -> bytes:
    return hashlib.sha256(f"{kind}:{value}".encode("utf-8", "surrogatepass")).digest()
