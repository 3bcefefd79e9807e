"""SQL of calibration: kept looks with what is held and what was said."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, text

from commonsight.inspect.diagnosis.model import Phase
from commonsight.records.database import ReadSession

LOOKS_MOST: Final = 200_000
"""The newest looks of an item in one light that are read."""


async def looks(session: ReadSession, item: str, phase: Phase, kind: str) -> Sequence[Row[Any]]:
    """Scores of one item in one light at cameras in use, the newest first.

    `state`: what is held now; `said`: somebody said that this camera's is normal; `own`: its own threshold; `muted`:
    the item is not judged there.

    Args:
        kind: only cameras of this kind; "" for all.
    """
    found = await session.execute(
        text("""
            SELECT l.camera_id, c.kind, CAST(l.scores ->> :item AS float8) AS score,
                coalesce(d.state, 'unknown') AS state, f.id IS NOT NULL AS said, f.value AS own,
                f.id IS NOT NULL AND f.value IS NULL AS muted
            FROM diagnosis_looks AS l
            JOIN cameras AS c ON c.id = l.camera_id AND c.archived_at IS NULL
            LEFT JOIN diagnoses AS d ON d.camera_id = l.camera_id AND d.item = :item
            LEFT JOIN LATERAL (
                SELECT id, value FROM diagnosis_feedback
                WHERE camera_id = l.camera_id AND item = :item AND undone_at IS NULL
                ORDER BY at DESC, id DESC LIMIT 1) AS f ON true
            WHERE l.phase = :phase AND l.scores ? :item AND (:kind = '' OR c.kind = :kind)
            ORDER BY l.at DESC, l.camera_id LIMIT :most
        """),
        {"item": item, "phase": phase.value, "kind": kind, "most": LOOKS_MOST},
    )
    return found.all()
