"""SQL of regular rounds: the plans, and what was found at each camera of an order they made."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond.lists import within
from commonsight.respond.maintenance.contracts import Choice

ROUNDS_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Round:
    """A plan: these cameras are looked at every so many days. `next_on`: when the next order is made of it."""

    id: UUID
    name: str
    contract_id: UUID | None
    unit_id: UUID | None
    regions: tuple[str, ...]
    choice: Choice
    every_days: int
    within_days: int
    checklist: tuple[str, ...]
    next_on: date
    by_name: str
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Look:
    """What was found at a camera on a round. `state`: open, well, faulty or unreachable."""

    camera_id: UUID
    place: int
    state: str
    words: str
    by_name: str
    at: datetime | None


_ROUND: Final = ", ".join(Round.__slots__)


def _round(row: Row[Any]) -> Round:
    kept = {name: getattr(row, name) for name in Round.__slots__}
    return Round(**kept | {
        "regions": tuple(row.regions), "choice": Choice.of(row.choice), "checklist": tuple(row.checklist)
    })  # fmt: skip


async def one(session: ReadSession, round_id: UUID, *, for_update: bool = False) -> Round | None:
    """The plan."""
    lock = " FOR UPDATE" if for_update else ""
    found = await session.execute(
        text(f"SELECT {_ROUND} FROM maintenance_rounds WHERE id = :id{lock}"),  # noqa: S608
        {"id": round_id},
    )
    row = found.first()
    return None if row is None else _round(row)


async def every(session: ReadSession, regions: Sequence[str]) -> list[Round]:
    """The plans in force that touch these regions."""
    where = within(regions, "r.code")
    found = await session.execute(
        text(f"""
            SELECT {_ROUND} FROM maintenance_rounds AS t WHERE t.ended_at IS NULL
               AND EXISTS (SELECT 1 FROM unnest(t.regions) AS r (code) WHERE {where})
             ORDER BY t.next_on, t.id LIMIT {ROUNDS_MOST}"""),  # noqa: S608
        where.values,
    )
    return [_round(row) for row in found]


async def put(session: WriteSession, plan: Round) -> None:
    """Write a plan, new or changed; its version counts up."""
    await session.execute(
        text("""
            INSERT INTO maintenance_rounds AS t (id, name, contract_id, unit_id, regions, choice, every_days,
                within_days, checklist, next_on, by_name, created_at, updated_at, ended_at)
            VALUES (:id, :name, :contract_id, :unit_id, :regions, CAST(:choice AS jsonb), :every_days, :within_days,
                :checklist, :next_on, :by_name, :created_at, :updated_at, :ended_at)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, contract_id = excluded.contract_id,
                unit_id = excluded.unit_id, regions = excluded.regions, choice = excluded.choice,
                every_days = excluded.every_days, within_days = excluded.within_days, checklist = excluded.checklist,
                next_on = excluded.next_on, updated_at = excluded.updated_at, ended_at = excluded.ended_at,
                version = t.version + 1"""),
        {name: getattr(plan, name) for name in Round.__slots__ if name != "version"}
        | {"regions": list(plan.regions), "choice": json.dumps(plan.choice.as_json()),
           "checklist": list(plan.checklist)},
    )  # fmt: skip


async def due(session: WriteSession, day: date, most: int) -> list[Round]:
    """Plans whose day has come, locked."""
    found = await session.execute(
        text(f"""
            SELECT {_ROUND} FROM maintenance_rounds WHERE ended_at IS NULL AND next_on <= :day
             ORDER BY next_on, id LIMIT :most FOR UPDATE SKIP LOCKED"""),  # noqa: S608
        {"day": day, "most": most},
    )
    return [_round(row) for row in found]


async def set_next(session: WriteSession, round_id: UUID, day: date) -> None:
    """When the next order is made of a plan; nobody edited it."""
    await session.execute(
        text("UPDATE maintenance_rounds SET next_on = :day WHERE id = :id"), {"id": round_id, "day": day}
    )


# --- what is found on them ------------------------------------------------------------------------------------------


async def looks(session: ReadSession, case_id: UUID) -> list[Look]:
    """What was found so far, in the order in which one goes."""
    found = await session.execute(
        text("""
            SELECT camera_id, place, state, words, by_name, at FROM maintenance_round_cameras
             WHERE case_id = :id ORDER BY place, camera_id"""),
        {"id": case_id},
    )
    return [Look(*row) for row in found]


async def add_looks(session: WriteSession, case_id: UUID, cameras: Sequence[UUID]) -> None:
    """The cameras of a round, in the order in which one goes."""
    await session.execute(
        text("""
            INSERT INTO maintenance_round_cameras (case_id, camera_id, place)
            SELECT :case, t.id, t.place FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS t (id, place)"""),
        {"case": case_id, "ids": list(cameras)},
    )


async def set_look(
    session: WriteSession, case_id: UUID, camera: UUID, state: str, words: str, by: str, now: datetime
) -> bool:
    """Note what was found; False when the camera is not on this round."""
    done = await session.execute(
        text("""
            UPDATE maintenance_round_cameras SET state = :state, words = :words, by_name = :by, at = :now
             WHERE case_id = :case AND camera_id = :camera RETURNING camera_id"""),
        {"case": case_id, "camera": camera, "state": state, "words": words, "by": by, "now": now},
    )
    return done.first() is not None


async def progress(session: ReadSession, rounds: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Of each plan the latest order: its case, state, deadline, and how far it is."""
    found = await session.execute(
        text("""
            SELECT DISTINCT ON (o.round_id) o.round_id, c.id, c.number, c.state, c.opened_at, c.deadline_at,
                   c.closed_at,
                   (SELECT count(*) FROM maintenance_round_cameras AS m WHERE m.case_id = c.id) AS cameras,
                   (SELECT count(*) FROM maintenance_round_cameras AS m
                     WHERE m.case_id = c.id AND m.state <> 'open') AS looked,
                   (SELECT count(*) FROM maintenance_round_cameras AS m
                     WHERE m.case_id = c.id AND m.state IN ('faulty', 'unreachable')) AS found
              FROM maintenance_orders AS o JOIN cases AS c ON c.id = o.case_id
             WHERE o.round_id = ANY(:ids) ORDER BY o.round_id, c.opened_at DESC"""),
        {"ids": list(rounds)},
    )
    return {row.round_id: dict(row._mapping) for row in found}
