"""All SQL of signing in with providers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update

from commonsight.access.tables import ProviderIdentityRow, SessionRow, SignInRow
from commonsight.records.database import ReadSession, WriteSession


async def under_way(session: WriteSession, now: datetime) -> int:
    """Sign-ins that have not come back yet; those that have run out go."""
    await session.execute(delete(SignInRow).where(SignInRow.expires_at <= now))
    return int(await session.scalar(select(func.count()).select_from(SignInRow)) or 0)


async def take(session: WriteSession, state: bytes, browser: bytes, provider: str, now: datetime) -> SignInRow | None:
    """The sign-in with this state that this browser began at this provider, used up."""
    query = (
        delete(SignInRow)
        .where(
            SignInRow.state_sha256 == state,
            SignInRow.browser_sha256 == browser,
            SignInRow.provider == provider,
            SignInRow.expires_at > now,
        )
        .returning(SignInRow)
    )
    row: SignInRow | None = await session.scalar(query)
    return row


async def identity(session: ReadSession, provider: str, subject: str) -> ProviderIdentityRow | None:
    """Who this subject of the provider is here."""
    return await session.get(ProviderIdentityRow, (provider, subject))


async def identities_of(session: ReadSession, person_id: UUID) -> Sequence[ProviderIdentityRow]:
    """The providers a person can sign in with."""
    query = select(ProviderIdentityRow).where(ProviderIdentityRow.person_id == person_id)
    return list(await session.scalars(query.order_by(ProviderIdentityRow.provider, ProviderIdentityRow.subject)))


async def remove_identity(session: WriteSession, person_id: UUID, provider: str) -> int:
    """Take a provider away from a person; returns how many identities went."""
    query = (
        delete(ProviderIdentityRow)
        .where(ProviderIdentityRow.person_id == person_id, ProviderIdentityRow.provider == provider)
        .returning(ProviderIdentityRow.subject)
    )
    return len((await session.execute(query)).all())


async def seen(session: WriteSession, provider: str, subject: str, now: datetime) -> None:
    """Note a sign-in."""
    await session.execute(
        update(ProviderIdentityRow)
        .where(ProviderIdentityRow.provider == provider, ProviderIdentityRow.subject == subject)
        .values(seen_at=now)
    )


async def provider_of(session: ReadSession, session_id: UUID) -> str | None:
    """The provider a session was opened with."""
    name: str | None = await session.scalar(select(SessionRow.provider).where(SessionRow.id == session_id))
    return name


async def sessions_at(
    session: WriteSession, provider: str, subject: str | None, provider_session: str | None
) -> list[tuple[UUID, UUID]]:
    """Person and id of the sessions opened with a provider: one session of it, or all of a subject."""
    query = select(SessionRow.person_id, SessionRow.id).where(SessionRow.provider == provider)
    if provider_session is not None:
        query = query.where(SessionRow.provider_session == provider_session)
    if subject is not None:
        query = query.join(ProviderIdentityRow, ProviderIdentityRow.person_id == SessionRow.person_id).where(
            ProviderIdentityRow.provider == provider, ProviderIdentityRow.subject == subject
        )
    return [(row.person_id, row.id) for row in await session.execute(query)]
