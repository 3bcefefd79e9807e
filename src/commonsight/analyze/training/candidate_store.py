"""SQL of candidates and promotions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.analyze.training.store import Dataset
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be promoted: a filter (`weights`) or a detector's card (`name`)."""

    id: UUID
    kind: str
    scene: str
    dataset_id: UUID
    name: str
    weights: Mapping[str, Any] | None
    metrics: Mapping[str, Any] | None
    state: str
    reason: str
    by_name: str
    at: datetime


_CANDIDATE: Final = (
    "c.id, c.kind, c.scene, c.dataset_id, c.name, c.weights, c.metrics, c.state, c.reason, c.by_name, c.at"
)


async def add(
    session: WriteSession, kind: str, of: Dataset, name: str, by: str, now: datetime
) -> UUID:  # fmt: skip
    """Begin a candidate for a dataset's scene."""
    made = uuid7()
    await session.execute(
        text("""
            INSERT INTO training_candidates (id, kind, scene, dataset_id, name, by_name, at)
            VALUES (:id, :kind, :scene, :dataset, :name, :by, :now)"""),
        {"id": made, "kind": kind, "scene": of.scene, "dataset": of.id, "name": name, "by": by, "now": now},
    )
    return made


async def finish(
    session: WriteSession, candidate_id: UUID, state: str, *, weights: Any = None, metrics: Any = None, reason: str = ""
) -> None:
    """Write how making or measuring a candidate ended."""
    await session.execute(
        text("""
            UPDATE training_candidates SET state = :state, reason = :reason,
                   weights = coalesce(CAST(:weights AS jsonb), weights),
                   metrics = coalesce(CAST(:metrics AS jsonb), metrics)
             WHERE id = :id AND state IN ('making', 'failed', 'candidate')"""),
        {
            "id": candidate_id, "state": state, "reason": reason,
            "weights": None if weights is None else json.dumps(weights),
            "metrics": None if metrics is None else json.dumps(metrics),
        },
    )  # fmt: skip


async def one(session: ReadSession, candidate_id: UUID, *, for_update: bool = False) -> Candidate | None:
    """The candidate with this id."""
    lock = " FOR UPDATE" if for_update else ""
    found = await session.execute(
        text(f"SELECT {_CANDIDATE} FROM training_candidates AS c WHERE c.id = :id{lock}"),  # noqa: S608
        {"id": candidate_id},
    )
    row = found.first()
    return None if row is None else Candidate(**row._mapping)


async def page(session: ReadSession, scene: str | None, most: int) -> list[Candidate]:
    """Candidates and what was promoted, the newest first."""
    rows = await session.execute(
        text(f"""
            SELECT {_CANDIDATE} FROM training_candidates AS c WHERE CAST(:scene AS text) IS NULL OR c.scene = :scene
             ORDER BY c.at DESC, c.id DESC LIMIT :most"""),  # noqa: S608
        {"scene": scene, "most": most},
    )
    return [Candidate(**row._mapping) for row in rows]


async def present(session: ReadSession, kind: str, scene: str) -> Candidate | None:
    """What was promoted for a scene and stands."""
    found = await session.execute(
        text(f"""
            SELECT {_CANDIDATE} FROM training_candidates AS c
             WHERE c.kind = :kind AND c.scene = :scene AND c.state = 'present'"""),  # noqa: S608
        {"kind": kind, "scene": scene},
    )
    row = found.first()
    return None if row is None else Candidate(**row._mapping)


async def set_state(session: WriteSession, candidate_id: UUID, state: str) -> None:
    """Move a candidate between candidate, present and former."""
    await session.execute(
        text("UPDATE training_candidates SET state = :state WHERE id = :id"), {"id": candidate_id, "state": state}
    )


@dataclass(frozen=True, slots=True)
class Promotion:
    """One line of history. `candidate_id`: what stands from now on, None: nothing; `former_id`: what stood."""

    id: UUID
    kind: str
    scene: str
    candidate_id: UUID | None
    former_id: UUID | None
    action: str
    reason: str
    cameras: Mapping[str, str | None]
    by_name: str
    at: datetime


async def add_promotion(session: WriteSession, made: Promotion) -> None:
    """Write a line of history."""
    await session.execute(
        text("""
            INSERT INTO training_promotions (id, kind, scene, candidate_id, former_id, action, reason, cameras,
                   by_name, at)
            VALUES (:id, :kind, :scene, :candidate_id, :former_id, :action, :reason, CAST(:cameras AS jsonb),
                    :by_name, :at)"""),
        {name: getattr(made, name) for name in Promotion.__slots__} | {"cameras": json.dumps(dict(made.cameras))},
    )


async def promotions(session: ReadSession, kind: str | None, scene: str | None, most: int) -> list[Promotion]:
    """History, the newest first."""
    rows = await session.execute(
        text("""
            SELECT id, kind, scene, candidate_id, former_id, action, reason, cameras, by_name, at
              FROM training_promotions
             WHERE (CAST(:scene AS text) IS NULL OR scene = :scene) AND (CAST(:kind AS text) IS NULL OR kind = :kind)
             ORDER BY at DESC, id DESC LIMIT :most"""),
        {"scene": scene, "kind": kind, "most": most},
    )
    return [Promotion(**row._mapping) for row in rows]


_WITH: Final = text("""
    SELECT a.camera_id FROM analyses AS a JOIN cameras AS c ON c.id = a.camera_id AND c.archived_at IS NULL
     WHERE EXISTS (SELECT 1 FROM jsonb_array_elements(a.scenes) AS s
                    WHERE s->>'scene' = :scene AND s->>'source' IS NULL)
     ORDER BY a.camera_id LIMIT :most""")


async def cameras_with(session: ReadSession, scene: str, most: int) -> list[UUID]:
    """Cameras that have a scene for good."""
    return list((await session.execute(_WITH, {"scene": scene, "most": most})).scalars())
