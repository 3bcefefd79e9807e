"""All SQL of second factors."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from commonsight.access.tables import RecoveryCodeRow, SecondFactorRow, SessionRow
from commonsight.records.database import ReadSession, WriteSession


async def factor(session: ReadSession, person_id: UUID) -> SecondFactorRow | None:
    """A person's authenticator, confirmed or not."""
    return await session.get(SecondFactorRow, person_id)


async def factor_for_update(session: WriteSession, person_id: UUID) -> SecondFactorRow | None:
    """The same, locked: two requests with one code must not both pass."""
    return await session.get(SecondFactorRow, person_id, with_for_update=True, populate_existing=True)


async def recovery_left(session: ReadSession, person_id: UUID) -> int:
    """Recovery codes not used yet."""
    query = select(func.count()).where(RecoveryCodeRow.person_id == person_id, RecoveryCodeRow.used_at.is_(None))
    return int(await session.scalar(query) or 0)


async def use_recovery_code(session: WriteSession, person_id: UUID, digest: bytes, now: datetime) -> bool:
    """Use a recovery code up; False when there is no such code or it was used."""
    query = (
        update(RecoveryCodeRow)
        .where(
            RecoveryCodeRow.person_id == person_id,
            RecoveryCodeRow.code_sha256 == digest,
            RecoveryCodeRow.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCodeRow.person_id)
    )
    return (await session.execute(query)).first() is not None


async def replace_recovery_codes(session: WriteSession, person_id: UUID, digests: Iterable[bytes]) -> None:
    """Put new recovery codes in the place of all earlier ones."""
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.person_id == person_id))
    await session.execute(insert(RecoveryCodeRow), [{"person_id": person_id, "code_sha256": each} for each in digests])


async def remove(session: WriteSession, person_id: UUID) -> bool:
    """Take a person's authenticator and recovery codes away; False when there was none."""
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.person_id == person_id))
    query = delete(SecondFactorRow).where(SecondFactorRow.person_id == person_id).returning(SecondFactorRow.person_id)
    return (await session.execute(query)).first() is not None


async def prove_session(session: WriteSession, session_id: UUID, now: datetime) -> None:
    """Note that a session was proved by a second factor."""
    await session.execute(update(SessionRow).where(SessionRow.id == session_id).values(factor_at=now))
