"""SQL of what "false alarm" moved on cameras."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.analyze.incidents.feedback.model import MOVED, Move
from commonsight.analyze.incidents.model import Incident
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Tuning:
    """One answer to a false alarm. `reason`: `moved`, or why nothing was."""

    id: UUID
    camera_id: UUID
    setup: str
    scene: str
    parameter: str
    before: float
    after: float
    reason: str
    incident_id: UUID
    case_id: UUID | None
    at: datetime
    undone_at: datetime | None
    undone_by: str


_COLUMNS: Final = (
    "t.id, t.camera_id, t.setup, t.scene, t.parameter, t.before, t.after, t.reason, t.incident_id, t.case_id, t.at, "
    "t.undone_at, t.undone_by"
)


def _tuning(row: Row[Any]) -> Tuning:
    return Tuning(**row._mapping)


async def add(session: WriteSession, incident: Incident, move: Move, case_id: UUID | None, now: datetime) -> Tuning:
    """Write down what became of a parameter; the same incident again replaces an answer that was undone."""
    row = await session.execute(
        text(f"""
            INSERT INTO incident_tunings AS t (id, camera_id, setup, scene, parameter, before, after, reason,
                   incident_id, case_id, at)
            VALUES (:id, :camera, :setup, :scene, :parameter, :before, :after, :reason, :incident, :case, :now)
            ON CONFLICT (incident_id, parameter) DO UPDATE SET before = excluded.before, after = excluded.after,
                   reason = excluded.reason, at = excluded.at, undone_at = NULL, undone_by = ''
            RETURNING {_COLUMNS}"""),  # noqa: S608
        {
            "id": uuid7(), "camera": incident.camera_id, "setup": incident.setup, "scene": incident.scene,
            "parameter": move.parameter, "before": move.before, "after": move.after, "reason": move.reason,
            "incident": incident.id, "case": case_id, "now": now,
        },
    )  # fmt: skip
    return _tuning(row.one())


async def moved_since(session: ReadSession, camera_id: UUID, setup: str, since: datetime) -> int:
    """How many steps a setup took since then that stand."""
    found = await session.scalar(
        text("""
            SELECT count(*) FROM incident_tunings
             WHERE camera_id = :camera AND setup = :setup AND reason = :moved AND undone_at IS NULL
               AND at >= :since"""),
        {"camera": camera_id, "setup": setup, "moved": MOVED, "since": since},
    )
    return int(found or 0)


async def of_incident(session: ReadSession, incident_id: UUID) -> Tuning | None:
    """What the label of one incident did."""
    row = await session.execute(
        text(f"SELECT {_COLUMNS} FROM incident_tunings AS t WHERE t.incident_id = :id ORDER BY t.at DESC LIMIT 1"),  # noqa: S608
        {"id": incident_id},
    )
    found = row.first()
    return None if found is None else _tuning(found)


async def one(session: ReadSession, tuning_id: UUID, *, for_update: bool = False) -> Tuning | None:
    """The tuning with this id."""
    lock = " FOR UPDATE" if for_update else ""
    row = await session.execute(
        text(f"SELECT {_COLUMNS} FROM incident_tunings AS t WHERE t.id = :id{lock}"),  # noqa: S608
        {"id": tuning_id},
    )
    found = row.first()
    return None if found is None else _tuning(found)


async def of_camera(session: ReadSession, camera_id: UUID, most: int) -> Sequence[Tuning]:
    """What was moved on a camera, the latest first."""
    rows = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM incident_tunings AS t WHERE t.camera_id = :camera
             ORDER BY t.at DESC, t.id DESC LIMIT :most"""),  # noqa: S608
        {"camera": camera_id, "most": most},
    )
    return [_tuning(row) for row in rows]


async def undone(session: WriteSession, tuning_id: UUID, by: str, now: datetime) -> None:
    """Write down that a step was taken back."""
    await session.execute(
        text("UPDATE incident_tunings SET undone_at = :now, undone_by = :by WHERE id = :id"),
        {"id": tuning_id, "now": now, "by": by},
    )
