"""SQL of what people said: thresholds by kind and light, and what is normal at a single camera."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.inspect.diagnosis.model import ANY_KIND, Item, Phase
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

KEPT: Final = 1_000
"""Changes of thresholds that are kept; feedback goes with its camera."""
PREVIEWED: Final = 500
"""Newest looks that a preview counts on."""


async def set_threshold(
    session: WriteSession,
    *,
    item: str,
    kind: str,
    phase: Phase,
    value: float | None,
    person: tuple[UUID, str],
    note: str,
    now: datetime,
) -> UUID:
    """Note a change; None goes back to what ships with the product."""
    change = uuid7()
    await session.execute(
        text("""
            INSERT INTO diagnosis_thresholds (id, item, kind, phase, value, at, person_id, person, note)
            VALUES (:id, :item, :kind, :phase, :value, :at, :person_id, :person, :note)
        """),
        {
            "id": change,
            "item": item,
            "kind": kind,
            "phase": phase.value,
            "value": value,
            "at": now,
            "person_id": person[0],
            "person": person[1],
            "note": note,
        },
    )
    # What applies is never trimmed away, however long ago it was said.
    await session.execute(
        text("""
            DELETE FROM diagnosis_thresholds WHERE id IN (
                SELECT id FROM diagnosis_thresholds AS t
                WHERE undone_at IS NOT NULL OR EXISTS (
                    SELECT 1 FROM diagnosis_thresholds AS n WHERE n.item = t.item AND n.kind = t.kind
                        AND n.phase = t.phase AND n.undone_at IS NULL AND (n.at, n.id) > (t.at, t.id))
                ORDER BY at DESC OFFSET :kept)
        """),
        {"kept": KEPT},
    )
    return change


async def undo_threshold(session: WriteSession, change: UUID, person: str, now: datetime) -> Row[Any] | None:
    """Take a change back; None when there is none, or it was taken back before."""
    found = await session.execute(
        text("""
            UPDATE diagnosis_thresholds SET undone_at = :now, undone_by = :person
            WHERE id = :id AND undone_at IS NULL RETURNING item, kind, phase
        """),
        {"id": change, "now": now, "person": person},
    )
    return found.first()


async def threshold_changes(session: ReadSession, limit: int) -> Sequence[Row[Any]]:
    """The newest changes, undone ones among them."""
    found = await session.execute(
        text("""
            SELECT id, item, kind, phase, value, at, person, note, undone_at, undone_by
            FROM diagnosis_thresholds ORDER BY at DESC, id DESC LIMIT :limit
        """),
        {"limit": limit},
    )
    return found.all()


async def threshold_version(session: ReadSession) -> tuple[int, datetime | None]:
    """What the ETag of all thresholds is made of."""
    found = await session.execute(
        text("SELECT count(*) AS n, max(greatest(at, coalesce(undone_at, at))) AS newest FROM diagnosis_thresholds")
    )
    row = found.one()
    return row.n, row.newest


async def preview(
    session: ReadSession, item: Item, kind: str, phase: Phase, value: float, regions: tuple[str, ...]
) -> Row[Any]:
    """On the newest kept looks of cameras of this kind in this light: `looks`, of which `flagged` `cameras`."""
    compare = ">" if item.worse == "above" else "<"
    found = await session.execute(
        text(f"""
            SELECT count(*) AS looks, count(*) FILTER (WHERE score {compare} :value) AS flagged,
                count(DISTINCT camera_id) AS cameras,
                count(DISTINCT camera_id) FILTER (WHERE score {compare} :value) AS flagged_cameras
            FROM (
                SELECT l.camera_id, CAST(l.scores ->> :item AS float8) AS score
                FROM diagnosis_looks AS l JOIN cameras AS c ON c.id = l.camera_id
                WHERE l.phase = :phase AND l.scores ? :item AND c.archived_at IS NULL
                    AND (:kind = '{ANY_KIND}' OR c.kind = :kind)
                    AND EXISTS (SELECT 1 FROM unnest(CAST(:regions AS text[])) AS r (prefix)
                        WHERE starts_with(c.region, r.prefix))
                ORDER BY l.at DESC LIMIT {PREVIEWED:d}) AS newest
        """),  # noqa: S608 - the comparison is one of two of ours
        {"item": item.code, "kind": kind, "phase": phase.value, "value": value, "regions": list(regions)},
    )
    return found.one()


async def add_feedback(
    session: WriteSession,
    *,
    camera_id: UUID,
    item: str,
    value: float | None,
    until: datetime | None,
    score: float | None,
    person: tuple[UUID, str],
    note: str,
    now: datetime,
) -> UUID:
    """Note what is normal at a camera: a threshold of its own, or silence."""
    said = uuid7()
    await session.execute(
        text("""
            INSERT INTO diagnosis_feedback
                (id, camera_id, item, act, value, until, score, at, person_id, person, note)
            VALUES (:id, :camera_id, :item, :act, :value, :until, :score, :at, :person_id, :person, :note)
        """),
        {
            "id": said,
            "camera_id": camera_id,
            "item": item,
            "act": "mute" if value is None else "threshold",
            "value": value,
            "until": until,
            "score": score,
            "at": now,
            "person_id": person[0],
            "person": person[1],
            "note": note,
        },
    )
    return said


async def undo_feedback(session: WriteSession, said: UUID, camera_id: UUID, person: str, now: datetime) -> str | None:
    """Take back what was said; returns the item, None when there is nothing to take back."""
    found = await session.execute(
        text("""
            UPDATE diagnosis_feedback SET undone_at = :now, undone_by = :person
            WHERE id = :id AND camera_id = :camera_id AND undone_at IS NULL RETURNING item
        """),
        {"id": said, "camera_id": camera_id, "now": now, "person": person},
    )
    row = found.first()
    return None if row is None else str(row.item)


async def feedback(session: ReadSession, camera_id: UUID) -> Sequence[Row[Any]]:
    """What people said of a camera, the newest first, at most 100."""
    found = await session.execute(
        text("""
            SELECT id, item, act, value, until, score, at, person, note, undone_at, undone_by
            FROM diagnosis_feedback WHERE camera_id = :id ORDER BY at DESC, id DESC LIMIT 100
        """),
        {"id": camera_id},
    )
    return found.all()
