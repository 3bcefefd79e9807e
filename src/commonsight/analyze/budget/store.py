"""What each camera was given: SQL that the workers read."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.analyze.budget.model import Given
from commonsight.analyze.scenes.model import Decoding
from commonsight.records.database import ReadSession

_GIVEN: Final = text("""
    SELECT pool, tier, every_seconds, decoding, cost, until FROM analysis_budget WHERE camera_id = :camera""")


async def given(session: ReadSession, camera_id: UUID) -> Given | None:
    """What a camera was given; None: nobody has decided yet, it is watched as its document says."""
    row = (await session.execute(_GIVEN, {"camera": camera_id})).one_or_none()
    return None if row is None else _given(row)


def _given(row: Any) -> Given:
    return Given(row.tier, row.every_seconds, Decoding(row.decoding), row.cost, row.pool, row.until)
