"""Use cases of second factors: set one up, prove it, replace its recovery codes, take it away."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken

from commonsight.access import audit, endings, factor_store, store, totp
from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.access.tables import PersonRow, SecondFactorRow
from commonsight.problem import Refusal
from commonsight.records.database import Database, WriteSession
from commonsight.records.keys import key_file

KEY_FILE: Final = "access.key"
"""In the data directory: encrypts what authenticators share with us."""

ISSUER: Final = "共视 Commonsight"
TRIES: Final = 8
"""Codes a person may try in `WINDOW` besides a login."""
WINDOW: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An authenticator about to be set up; shown once."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class State:
    """How a person's second factor stands."""

    confirmed_at: datetime | None
    recovery_left: int


async def state(database: Database, person_id: UUID) -> State:
    """How a person's second factor stands."""
    async with database.read() as session:
        row = await factor_store.factor(session, person_id)
        left = await factor_store.recovery_left(session, person_id)
    return State(None if row is None else row.confirmed_at, left)


async def begin(session: WriteSession, data_dir: Path, caller: Identity, now: datetime) -> Enrolment:
    """Make a secret for the caller's app; it counts once a code of it was given (`confirm`).

    Raises:
        Refusal: `access.factor_present` (409).
    """
    await store.person_for_update(session, caller.id)
    row = await factor_store.factor_for_update(session, caller.id)
    if row is not None and row.confirmed_at is not None:
        raise Refusal("access.factor_present", status=409, rule="one authenticator a person", operand="factor")
    secret = totp.new_secret()
    sealed = await asyncio.to_thread(lambda: _box(data_dir).encrypt(secret))
    if row is None:
        session.add(SecondFactorRow(person_id=caller.id, secret=sealed, created_at=now, last_step=0))
    else:
        row.secret, row.created_at = sealed, now
    await session.flush()
    return Enrolment(totp.spelled(secret), totp.address(secret, caller.name, ISSUER))


async def confirm(
    session: WriteSession, data_dir: Path, caller: Identity, code: str, now: datetime
) -> list[str] | None:
    """Let the authenticator count from here on; returns the recovery codes, shown once, or None when the code is wrong.
    The caller's other sessions end: they were not proved by it.

    Raises:
        Refusal: `access.factor_absent` (409), `access.factor_present` (409).
    """
    row = await factor_store.factor_for_update(session, caller.id)
    if row is None:
        raise Refusal("access.factor_absent", status=409, rule="begun first", operand="factor")
    if row.confirmed_at is not None:
        raise Refusal("access.factor_present", status=409, rule="one authenticator a person", operand="factor")
    step = totp.step_of(_opened(data_dir, row), code, now, row.last_step)
    if step is None:
        return None
    row.confirmed_at, row.last_step = now, step
    codes = totp.new_recovery_codes()
    await session.flush()
    await factor_store.replace_recovery_codes(session, caller.id, map(totp.recovery_digest, codes))
    if caller.session_id is not None:
        await factor_store.prove_session(session, caller.session_id, now)
    await endings.end_sessions(session, caller.id, but=caller.session_id)
    await _noted(session, Actor.of(caller), "access.factor_added", caller.id, caller.name, now)
    return codes


async def proves(
    session: WriteSession, data_dir: Path, row: SecondFactorRow, code: str, now: datetime, actor: Actor
) -> bool:
    """Whether `code` is one of the authenticator, or a recovery code, that was not used before; uses it up.
    `row` is locked by the caller."""
    if len(code) > totp.CODE_LONGEST:
        return False
    step = totp.step_of(_opened(data_dir, row), code, now, row.last_step)
    if step is not None:
        row.last_step = step
        await session.flush()
        return True
    if not await factor_store.use_recovery_code(session, row.person_id, totp.recovery_digest(code), now):
        return False
    left = await factor_store.recovery_left(session, row.person_id)
    await _noted(session, actor, "access.recovery_code_used", row.person_id, actor.name, now, left=left)
    return True


async def asked(database: Database, data_dir: Path, caller: Identity, code: str, now: datetime) -> None:
    """Have the caller prove their second factor once more before something that matters; marks their session proved.

    Counted apart from logins, in a transaction of its own: a wrong try stays counted though the request is refused.

    Raises:
        Refusal: `access.factor_absent` (409), `access.login_throttled` (429), `access.code_wrong` (403).
    """
    subject = hashlib.sha256(f"code:{caller.id}".encode()).digest()
    async with database.write() as session:
        tries, since = await store.count_attempt(session, subject, now, WINDOW)
    if tries > TRIES:
        wait = max(1, round((since + WINDOW - now).total_seconds()))
        raise Refusal("access.login_throttled", status=429, rule="codes in ten minutes", expected=TRIES, seconds=wait)
    async with database.write() as session:
        row = await factor_store.factor_for_update(session, caller.id)
        if row is None or row.confirmed_at is None:
            raise Refusal("access.factor_absent", status=409, rule="set up first", operand="factor")
        good = await proves(session, data_dir, row, code, now, Actor.of(caller))
        if good:
            await store.forgive(session, subject, subject)
            if caller.session_id is not None:
                await factor_store.prove_session(session, caller.session_id, now)
        else:
            await _noted(session, Actor.of(caller), "access.code_refused", caller.id, caller.name, now)
    if not good:
        raise Refusal("access.code_wrong", status=403, rule="second factor", operand="code")


async def new_codes(session: WriteSession, caller: Identity, now: datetime) -> list[str]:
    """New recovery codes in the place of all earlier ones; shown once."""
    codes = totp.new_recovery_codes()
    await factor_store.replace_recovery_codes(session, caller.id, map(totp.recovery_digest, codes))
    await _noted(session, Actor.of(caller), "access.recovery_codes_made", caller.id, caller.name, now)
    return codes


async def remove_own(session: WriteSession, caller: Identity, now: datetime) -> None:
    """Take the caller's authenticator away."""
    await factor_store.remove(session, caller.id)
    await _noted(session, Actor.of(caller), "access.factor_removed", caller.id, caller.name, now)


async def remove_of(session: WriteSession, granter: Identity, person: PersonRow, now: datetime) -> None:
    """Take a lost authenticator away from somebody, whose sessions end: whoever holds it may have been in.

    Raises:
        Refusal: `access.factor_absent` (409).
    """
    if not await factor_store.remove(session, person.id):
        raise Refusal("access.factor_absent", status=409, rule="set up first", operand="factor")
    await endings.end_sessions(session, person.id)
    await _noted(session, Actor.of(granter), "access.factor_removed", person.id, person.name, now)


async def _noted(
    session: WriteSession, actor: Actor, action: str, person: UUID, name: str, now: datetime, **detail: object
) -> None:
    await audit.record(session, actor, action, now, kind="person", subject_id=person, subject_name=name, **detail)


def _opened(data_dir: Path, row: SecondFactorRow) -> bytes:
    try:
        return _box(data_dir).decrypt(row.secret)
    except InvalidToken as error:
        raise Refusal(
            "access.factor_unreadable", status=503, rule="the key it was kept by", operand=KEY_FILE
        ) from error


@cache
def _box(data_dir: Path) -> Fernet:
    return Fernet(key_file(data_dir / KEY_FILE, Fernet.generate_key))
