"""People made directly in the database: a test of tokens need not wait for argon2."""

from datetime import UTC, datetime, timedelta

from commonsight.access.model import Identity, digest, new_secret
from commonsight.access.sessions import identity_of
from commonsight.access.tables import PersonRow, SessionRow
from commonsight.records.base import uuid7
from commonsight.records.database import Database

START = datetime(2026, 5, 1, 8, tzinfo=UTC)


async def add(
    database: Database,
    name: str,
    *,
    roles: tuple[str, ...] = ("administrator",),
    regions: tuple[str, ...] = ("45",),
    password_hash: str = "none",
    must_change: bool = False,
    active: bool = True,
    now: datetime = START,
) -> Identity:
    """A person and, as their identity, a session."""
    person = PersonRow(
        id=uuid7(),
        name=name,
        display_name=name.title(),
        password_hash=password_hash,
        must_change_password=must_change,
        language="zh",
        active=active,
        roles=list(roles),
        regions=list(regions),
        created_at=now,
        updated_at=now,
        revision=1,
    )
    async with database.write() as session:
        session.add(person)
    return identity_of(person, "")


async def sign_in(database: Database, identity: Identity, *, now: datetime = START, hours: float = 12) -> str:
    """A session's secret for a person."""
    secret = new_secret()
    async with database.write() as session:
        session.add(
            SessionRow(
                id=uuid7(),
                person_id=identity.id,
                secret_sha256=digest(secret),
                address="test",
                agent="test",
                created_at=now,
                seen_at=now,
                expires_at=now + timedelta(hours=hours),
            )
        )
    return secret
