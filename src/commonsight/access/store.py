"""All SQL of access/ but the audit's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, case, delete, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from commonsight.access.tables import (
    IdempotencyKeyRow,
    LoginFailuresRow,
    OrganisationRow,
    PersonRow,
    SecondFactorRow,
    SessionRow,
    SignInRow,
    TokenRow,
)
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession


class PersonAndOrganisation(NamedTuple):
    """A person with the name of the organisation they work for ("" = none)."""

    person: PersonRow
    organisation: str


def _people() -> Select[PersonRow, str]:
    return select(PersonRow, func.coalesce(OrganisationRow.name, "")).outerjoin(
        OrganisationRow, OrganisationRow.id == PersonRow.organisation_id
    )


def _known(row: Row[PersonRow, str] | None) -> PersonAndOrganisation | None:
    return None if row is None else PersonAndOrganisation(row[0], row[1])


# --- people ---------------------------------------------------------------------------------------------------------


async def person_by_id(session: ReadSession, person_id: UUID) -> PersonAndOrganisation | None:
    """The person with this id."""
    return _known((await session.execute(_people().where(PersonRow.id == person_id))).first())


async def person_by_name(session: ReadSession, name: str) -> PersonAndOrganisation | None:
    """The person with this name (lower case)."""
    return _known((await session.execute(_people().where(PersonRow.name == name))).first())


async def person_for_update(session: WriteSession, person_id: UUID) -> PersonRow | None:
    """The person's row, locked until the transaction ends."""
    return await session.get(PersonRow, person_id, with_for_update=True)


async def people_page(
    session: ReadSession, *, within: Sequence[str] | None, q: str | None, after: str | None, limit: int
) -> list[PersonAndOrganisation]:
    """People by name. `within` (division-code prefixes) leaves out who reaches beyond; None = everybody."""
    query = _people().order_by(PersonRow.name).limit(limit)
    if after is not None:
        query = query.where(PersonRow.name > after)
    if q:
        like = f"%{_escaped(q)}%"
        query = query.where(or_(PersonRow.name.ilike(like), PersonRow.display_name.ilike(like)))
    if within is not None:
        region = func.unnest(PersonRow.regions).column_valued("region")
        inside = or_(*(region.startswith(prefix, autoescape=True) for prefix in within))
        query = query.where(~exists(select(1).where(~inside).correlate(PersonRow)))
    return [PersonAndOrganisation(row[0], row[1]) for row in await session.execute(query)]


async def insert_person(session: WriteSession, person: PersonRow) -> bool:
    """Insert a person. False when the name is taken; the transaction stays usable."""
    try:
        async with session.begin_nested():
            session.add(person)
    except IntegrityError:
        return False
    return True


async def anybody(session: ReadSession) -> bool:
    """True once there is a person at all."""
    return bool(await session.scalar(select(exists(select(PersonRow.id)))))


async def other_administrator(session: WriteSession, person_id: UUID) -> bool:
    """True when an active administrator remains besides `person_id`; locks administrators against a race of two."""
    rows = await session.execute(
        select(PersonRow.id)
        .where(PersonRow.active, PersonRow.roles.contains(["administrator"]))
        .order_by(PersonRow.id)
        .with_for_update()
    )
    return any(row.id != person_id for row in rows)


async def organisation(session: WriteSession, name: str, region: str | None, now: datetime) -> UUID:
    """The id of the organisation with this name; made when it is new."""
    query = (
        insert(OrganisationRow)
        .values(id=uuid7(), name=name, region=region, created_at=now)
        .on_conflict_do_nothing(index_elements=["name"])
    )
    await session.execute(query)
    return (await session.execute(select(OrganisationRow.id).where(OrganisationRow.name == name))).scalar_one()


async def organisation_name(session: ReadSession, organisation_id: UUID | None) -> str:
    """The name of an organisation; "" for none."""
    if organisation_id is None:
        return ""
    name = await session.scalar(select(OrganisationRow.name).where(OrganisationRow.id == organisation_id))
    return str(name or "")


async def lock_first_start(session: WriteSession) -> None:
    """Let one process at a time look whether there is nobody yet."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('commonsight.access.first', 0))"))


# --- sessions -------------------------------------------------------------------------------------------------------


class Opened(NamedTuple):
    """A running session or token, whose it is, and whether they have a second factor."""

    row: Any
    person: PersonRow
    organisation: str
    factor: bool = False


async def session_by_digest(session: ReadSession, digest: bytes, now: datetime) -> Opened | None:
    """The session with this secret, while it runs and its person is active."""
    query = (
        select(
            SessionRow,
            PersonRow,
            func.coalesce(OrganisationRow.name, ""),
            SecondFactorRow.confirmed_at.is_not(None),
        )
        .join(PersonRow, PersonRow.id == SessionRow.person_id)
        .outerjoin(OrganisationRow, OrganisationRow.id == PersonRow.organisation_id)
        .outerjoin(SecondFactorRow, SecondFactorRow.person_id == PersonRow.id)
        .where(SessionRow.secret_sha256 == digest, SessionRow.expires_at > now, PersonRow.active)
    )
    row = (await session.execute(query)).first()
    return None if row is None else Opened(*row)


async def sessions_of(session: ReadSession, person_id: UUID, now: datetime) -> list[SessionRow]:
    """A person's running sessions, last used first."""
    query = select(SessionRow).where(SessionRow.person_id == person_id, SessionRow.expires_at > now)
    return list(await session.scalars(query.order_by(SessionRow.seen_at.desc(), SessionRow.id)))


async def touch_session(session: WriteSession, session_id: UUID, now: datetime, end: datetime) -> None:
    """Note that a session was used."""
    await session.execute(update(SessionRow).where(SessionRow.id == session_id).values(seen_at=now, expires_at=end))


async def end_sessions(
    session: WriteSession, person_id: UUID, *, only: UUID | None = None, but: UUID | None = None
) -> list[UUID]:
    """End a person's sessions (`only` one, or all `but` one). Returns which; `endings` tells who must know."""
    query = delete(SessionRow).where(SessionRow.person_id == person_id).returning(SessionRow.id)
    if only is not None:
        query = query.where(SessionRow.id == only)
    if but is not None:
        query = query.where(SessionRow.id != but)
    return list(await session.scalars(query))


async def trim_sessions(session: WriteSession, person_id: UUID, most: int) -> list[UUID]:
    """End the sessions of a person beyond the `most` last used. Returns which."""
    kept = (
        select(SessionRow.id)
        .where(SessionRow.person_id == person_id)
        .order_by(SessionRow.seen_at.desc(), SessionRow.id.desc())
        .limit(most)
    )
    query = delete(SessionRow).where(SessionRow.person_id == person_id, SessionRow.id.not_in(kept.scalar_subquery()))
    return list(await session.scalars(query.returning(SessionRow.id)))


# --- tokens ---------------------------------------------------------------------------------------------------------


async def token_by_digest(session: ReadSession, digest: bytes, now: datetime) -> Opened | None:
    """The token with this secret, while it is valid and its person is active."""
    query = (
        select(TokenRow, PersonRow, func.coalesce(OrganisationRow.name, ""))
        .join(PersonRow, PersonRow.id == TokenRow.person_id)
        .outerjoin(OrganisationRow, OrganisationRow.id == PersonRow.organisation_id)
        .where(
            TokenRow.secret_sha256 == digest,
            TokenRow.expires_at > now,
            TokenRow.revoked_at.is_(None),
            PersonRow.active,
        )
    )
    row = (await session.execute(query)).first()
    return None if row is None else Opened(*row)


async def tokens_of(session: ReadSession, person_id: UUID, now: datetime) -> list[TokenRow]:
    """A person's valid tokens, newest first."""
    query = select(TokenRow).where(
        TokenRow.person_id == person_id, TokenRow.revoked_at.is_(None), TokenRow.expires_at > now
    )
    return list(await session.scalars(query.order_by(TokenRow.id.desc())))


async def touch_token(session: WriteSession, token_id: UUID, now: datetime) -> None:
    """Note that a token was used."""
    await session.execute(update(TokenRow).where(TokenRow.id == token_id).values(used_at=now))


async def revoke_tokens(
    session: WriteSession, person_id: UUID, now: datetime, *, only: UUID | None = None
) -> list[TokenRow]:
    """Revoke a person's tokens (or `only` one); returns those that were valid until now."""
    query = (
        update(TokenRow)
        .where(TokenRow.person_id == person_id, TokenRow.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(TokenRow)
    )
    if only is not None:
        query = query.where(TokenRow.id == only)
    return list(await session.scalars(query))


# --- failed logins --------------------------------------------------------------------------------------------------


async def count_attempt(
    session: WriteSession, subject: bytes, now: datetime, window: timedelta
) -> tuple[int, datetime]:
    """Count one attempt for `subject` before its password is looked at; returns how many since when.

    Counting first means that parallel guesses cannot slip through together.
    """
    stale = LoginFailuresRow.since <= now - window
    query = insert(LoginFailuresRow).values(subject_sha256=subject, since=now, failures=1)
    counted = query.on_conflict_do_update(
        index_elements=["subject_sha256"],
        set_={
            "failures": case((stale, 1), else_=LoginFailuresRow.failures + 1),
            "since": case((stale, now), else_=LoginFailuresRow.since),
        },
    )
    row = (await session.execute(counted.returning(LoginFailuresRow.failures, LoginFailuresRow.since))).one()
    return row.failures, row.since


async def forgive(session: WriteSession, cleared: bytes, lowered: bytes) -> None:
    """After a good login: forget the name's failures, take this attempt off the address's."""
    await session.execute(delete(LoginFailuresRow).where(LoginFailuresRow.subject_sha256 == cleared))
    await session.execute(
        update(LoginFailuresRow)
        .where(LoginFailuresRow.subject_sha256 == lowered, LoginFailuresRow.failures > 0)
        .values(failures=LoginFailuresRow.failures - 1)
    )


async def lower(session: WriteSession, *subjects: bytes) -> None:
    """Take one attempt off each: the password was right, and a code is asked for next."""
    await session.execute(
        update(LoginFailuresRow)
        .where(LoginFailuresRow.subject_sha256.in_(subjects), LoginFailuresRow.failures > 0)
        .values(failures=LoginFailuresRow.failures - 1)
    )


async def purge(session: WriteSession, now: datetime, window: timedelta, keys_kept: timedelta) -> dict[str, int]:
    """Delete what has run out: sessions, counts of failed logins, idempotency keys. Returns rows gone, by table."""
    gone = {}
    for name, query in {
        "sessions": delete(SessionRow).where(SessionRow.expires_at <= now),
        "login_failures": delete(LoginFailuresRow).where(LoginFailuresRow.since <= now - window),
        "sign_ins": delete(SignInRow).where(SignInRow.expires_at <= now),
        "idempotency_keys": delete(IdempotencyKeyRow).where(IdempotencyKeyRow.at <= now - keys_kept),
    }.items():
        result = await session.execute(query)
        gone[name] = int(getattr(result, "rowcount", 0))
    return gone


def _escaped(q: str) -> str:
    return q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
