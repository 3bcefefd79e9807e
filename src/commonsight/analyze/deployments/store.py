"""All SQL of deployments: they themselves, their cameras, their log, and what the budget asks for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.analyze.deployments.model import Deployment, Shift, State
from commonsight.analyze.switching import Wanted
from commonsight.catalog.model import Health
from commonsight.gate.grant_model import Selection
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

_COLUMNS: Final = ", ".join(f"d.{name}" for name in Deployment.__slots__)

TOUCHES: Final = """
    EXISTS (SELECT 1 FROM unnest(d.regions) AS r (code), unnest(CAST(:scope AS text[])) AS s (code)
             WHERE starts_with(s.code, r.code) OR starts_with(r.code, s.code))"""
"""A deployment whose regions meet a reader's: one prefix begins with the other."""


def dump_shifts(shifts: Sequence[Shift]) -> list[dict[str, Any]]:
    """JSON form of the shifts."""
    return [
        {"person": str(one.person), "from": one.begin.isoformat(), "to": one.end.isoformat(), "role": one.role}
        for one in shifts
    ]


def _deployment(row: Row[Any]) -> Deployment:
    kept = {name: getattr(row, name) for name in Deployment.__slots__}
    shifts = tuple(
        Shift(
            UUID(one["person"]), datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["to"]),
            one.get("role", ""),
        )
        for one in row.shifts
    )  # fmt: skip
    return Deployment(**kept | {
        "scope": tuple(row.scope), "regions": tuple(row.regions), "choice": Selection.of(row.choice),
        "state": State(row.state),
        "scenes": tuple(Wanted.of(one) for one in row.scenes), "shifts": shifts,
    })  # fmt: skip


async def one(session: ReadSession, deployment_id: UUID, *, for_update: bool = False) -> Deployment | None:
    """The deployment with this id."""
    lock = " FOR UPDATE" if for_update else ""
    found = await session.execute(
        text(f"SELECT {_COLUMNS} FROM deployments AS d WHERE d.id = :id{lock}"),  # noqa: S608
        {"id": deployment_id},
    )
    row = found.first()
    return None if row is None else _deployment(row)


async def overlapping(session: ReadSession, starts_at: datetime, ends_at: datetime) -> set[UUID]:
    """Running deployments whose period has a moment in common with this one."""
    found = await session.scalars(
        text("SELECT id FROM deployments WHERE state = 'running' AND starts_at < :ends_at AND ends_at > :starts_at"),
        {"starts_at": starts_at, "ends_at": ends_at},
    )
    return set(found)


async def page(
    session: ReadSession, scope: Sequence[str], states: Sequence[State], after: tuple[datetime, UUID] | None, most: int
) -> list[Deployment]:
    """Deployments that meet a reader's regions, the latest start first. No states: all of them."""
    at, key = after or (None, None)
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM deployments AS d
             WHERE {TOUCHES} AND (:every OR d.state = ANY(:states))
               AND (CAST(:at AS timestamptz) IS NULL OR (d.starts_at, d.id) < (:at, CAST(:key AS uuid)))
             ORDER BY d.starts_at DESC, d.id DESC LIMIT :most"""),  # noqa: S608
        {
            "scope": list(scope), "every": not states, "states": [state.value for state in states], "at": at,
            "key": key, "most": most,
        },
    )  # fmt: skip
    return [_deployment(row) for row in found]


async def put(session: WriteSession, one: Deployment) -> None:
    """Write a deployment, new or changed; its version counts up."""
    values = {name: getattr(one, name) for name in Deployment.__slots__ if name != "version"} | {
        "scope": list(one.scope), "regions": list(one.regions), "choice": json.dumps(one.choice.as_json()),
        "state": one.state.value,
        "scenes": json.dumps([wanted.as_json() for wanted in one.scenes]),
        "shifts": json.dumps(dump_shifts(one.shifts)),
    }  # fmt: skip
    names = list(values)
    given = ", ".join(f"CAST(:{n} AS jsonb)" if n in ("choice", "scenes", "shifts") else f":{n}" for n in names)
    fixed = ("id", "by_id", "by_name", "unit", "created_at")
    sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in fixed)
    await session.execute(
        text(f"""
            INSERT INTO deployments AS d ({", ".join(names)}) VALUES ({given})
            ON CONFLICT (id) DO UPDATE SET {sets}, kept = false, version = d.version + 1"""),  # noqa: S608
        values,
    )


async def due(session: WriteSession, now: datetime) -> Deployment | None:
    """A deployment whose start or end has come, locked; None when there is none that nobody else holds."""
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM deployments AS d
             WHERE (d.state = 'planned' AND d.starts_at <= :now) OR (d.state = 'running' AND d.ends_at <= :now)
             ORDER BY d.ends_at, d.id LIMIT 1 FOR UPDATE SKIP LOCKED"""),  # noqa: S608
        {"now": now},
    )
    row = found.first()
    return None if row is None else _deployment(row)


async def running(session: ReadSession) -> list[UUID]:
    """The deployments that run."""
    return list(await session.scalars(text("SELECT id FROM deployments WHERE state = 'running' ORDER BY id")))


async def looked(session: WriteSession, deployment_id: UUID, now: datetime) -> None:
    """Until when its handovers are told and its cameras looked at; nobody edited it."""
    await session.execute(text("UPDATE deployments SET looked_at = :now WHERE id = :id"),
                          {"id": deployment_id, "now": now})  # fmt: skip


async def with_open_days(session: ReadSession, now: datetime) -> list[Deployment]:
    """Deployments that run, or are over and have days whose figures are not kept yet."""
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM deployments AS d
             WHERE d.started_at < :now AND (d.state = 'running' OR (d.state = 'over' AND NOT d.kept))
             ORDER BY d.started_at, d.id LIMIT 100"""),  # noqa: S608
        {"now": now},
    )
    return [_deployment(row) for row in found]


async def days_kept(session: WriteSession, deployment_id: UUID) -> None:
    """The figures of all its days are kept."""
    await session.execute(text("UPDATE deployments SET kept = true WHERE id = :id"), {"id": deployment_id})


# --- what the budget asks for ---------------------------------------------------------------------------------------

_BOOSTS: Final = text("""
    SELECT DISTINCT ON (m.camera_id) m.camera_id, d.factor, d.ends_at, d.name
      FROM deployments AS d JOIN deployment_cameras AS m ON m.deployment_id = d.id
     WHERE d.state = 'running' AND d.starts_at <= :now AND d.ends_at > :now AND m.state IN ('waiting', 'on')
     ORDER BY m.camera_id, d.factor DESC, d.ends_at DESC, d.id""")


async def boosts(session: ReadSession, now: datetime) -> dict[UUID, tuple[float, datetime, str]]:
    """Of each camera some deployment has now: how much more it is worth (times), until when, and which one says so.

    Nothing is stored for it: a deployment that is over boosts nothing, even when no job has come to end it.
    """
    rows = await session.execute(_BOOSTS, {"now": now})
    return {row.camera_id: (float(row.factor), row.ends_at, row.name) for row in rows}


# --- its cameras ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """A camera of a deployment. `setups`: scenes put on; `missing`: what could not be, and why."""

    camera_id: UUID
    state: str
    setups: int
    missing: tuple[Mapping[str, Any], ...]


async def want(session: WriteSession, deployment_id: UUID, cameras: Sequence[UUID], now: datetime) -> None:
    """These cameras are its own from now on, every one to be put on anew; others are to be taken back."""
    values = {"id": deployment_id, "cameras": list(cameras), "now": now}
    await session.execute(
        text("""
            INSERT INTO deployment_cameras AS m (deployment_id, camera_id, at)
            SELECT :id, t.camera, :now FROM unnest(CAST(:cameras AS uuid[])) AS t (camera)
            ON CONFLICT (deployment_id, camera_id) DO UPDATE SET state = 'waiting', at = :now"""),
        values,
    )
    await session.execute(
        text("""
            UPDATE deployment_cameras SET state = 'leaving', at = :now
             WHERE deployment_id = :id AND NOT camera_id = ANY(:cameras) AND state <> 'back'"""),
        values,
    )


async def leave(session: WriteSession, deployment_id: UUID, now: datetime) -> None:
    """All its cameras are to be taken back."""
    await session.execute(
        text("""
            UPDATE deployment_cameras SET state = 'leaving', at = :now
             WHERE deployment_id = :id AND state IN ('waiting', 'on', 'failed')"""),
        {"id": deployment_id, "now": now},
    )


async def next_moves(session: WriteSession, most: int) -> list[tuple[UUID, UUID, str]]:
    """Cameras to be put on or taken back, of any deployment: (deployment, camera, state), locked."""
    found = await session.execute(
        text("""
            SELECT deployment_id, camera_id, state FROM deployment_cameras WHERE state IN ('waiting', 'leaving')
             ORDER BY deployment_id, camera_id LIMIT :most FOR UPDATE SKIP LOCKED"""),
        {"most": most},
    )
    return [(row.deployment_id, row.camera_id, row.state) for row in found]


async def moved(
    session: WriteSession, deployment_id: UUID, camera_id: UUID, state: str, setups: int,
    missing: Sequence[Mapping[str, Any]], now: datetime,
) -> None:  # fmt: skip
    """A camera was put on, taken back, or could not be."""
    await session.execute(
        text("""
            UPDATE deployment_cameras SET state = :state, setups = :setups, missing = CAST(:missing AS jsonb), at = :now
             WHERE deployment_id = :id AND camera_id = :camera"""),
        {
            "id": deployment_id, "camera": camera_id, "state": state, "setups": setups,
            "missing": json.dumps(list(missing)), "now": now,
        },
    )  # fmt: skip


async def wake_others(session: WriteSession, deployment_id: UUID, camera_id: UUID, now: datetime) -> None:
    """A camera is free of this deployment: others that waited for it, or found less on it, are to try anew."""
    await session.execute(
        text("""
            UPDATE deployment_cameras AS m SET state = 'waiting', at = :now FROM deployments AS d
             WHERE m.camera_id = :camera AND m.deployment_id <> :id AND d.id = m.deployment_id
               AND d.state = 'running' AND m.state IN ('on', 'failed') AND m.missing <> '[]'::jsonb"""),
        {"id": deployment_id, "camera": camera_id, "now": now},
    )


async def members(session: ReadSession, deployment_id: UUID) -> list[Member]:
    """Its cameras, those that left included."""
    rows = await session.execute(
        text("""
            SELECT camera_id, state, setups, missing FROM deployment_cameras
             WHERE deployment_id = :id ORDER BY camera_id"""),
        {"id": deployment_id},
    )
    return [Member(row.camera_id, row.state, row.setups, tuple(row.missing)) for row in rows]


async def counts(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Of each deployment how many cameras are in which state."""
    rows = await session.execute(
        text("""
            SELECT deployment_id, state, count(*) AS cameras FROM deployment_cameras
             WHERE deployment_id = ANY(:ids) GROUP BY deployment_id, state"""),
        {"ids": list(ids)},
    )
    found: dict[UUID, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.deployment_id, {})[row.state] = row.cameras
    return found


async def of_camera(session: ReadSession, camera_id: UUID, now: datetime) -> list[Deployment]:
    """The running deployments that have a camera."""
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM deployments AS d JOIN deployment_cameras AS m ON m.deployment_id = d.id
             WHERE m.camera_id = :camera AND m.state IN ('waiting', 'on') AND d.state = 'running' AND d.ends_at > :now
             ORDER BY d.starts_at, d.id"""),  # noqa: S608
        {"camera": camera_id, "now": now},
    )
    return [_deployment(row) for row in found]


# --- the log --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log. `kind`: words (a person's), or started, ended, went_on, changed, handover, down, up, case."""

    id: UUID
    at: datetime
    kind: str
    by_id: UUID | None
    by_name: str
    words: str
    detail: Mapping[str, Any]


async def note(
    session: WriteSession, deployment_id: UUID, kind: str, now: datetime, *, by_id: UUID | None = None,
    by_name: str = "", words: str = "", **detail: Any,
) -> Entry:  # fmt: skip
    """Write a line of the log. `detail` holds JSON values."""
    made = Entry(uuid7(), now, kind, by_id, by_name, words, detail)
    await session.execute(
        text("""
            INSERT INTO deployment_log (id, deployment_id, at, kind, by_id, by_name, words, detail)
            VALUES (:id, :deployment, :at, :kind, :by_id, :by_name, :words, CAST(:detail AS jsonb))"""),
        {
            "id": made.id, "deployment": deployment_id, "at": now, "kind": kind, "by_id": by_id, "by_name": by_name,
            "words": words, "detail": json.dumps(detail, ensure_ascii=False),
        },
    )  # fmt: skip
    return made


async def log_page(session: ReadSession, deployment_id: UUID, after: UUID | None, most: int) -> list[Entry]:
    """Lines of the log, the newest first."""
    rows = await session.execute(
        text("""
            SELECT id, at, kind, by_id, by_name, words, detail FROM deployment_log
             WHERE deployment_id = :id AND (CAST(:after AS uuid) IS NULL OR id < :after)
             ORDER BY id DESC LIMIT :most"""),
        {"id": deployment_id, "after": after, "most": most},
    )
    return [Entry(*row) for row in rows]


# --- who and where --------------------------------------------------------------------------------------------------


async def regions_of(session: ReadSession, cameras: Sequence[UUID], digits: int) -> list[str]:
    """The divisions these cameras lie in, cut to so many digits, in order."""
    rows = await session.scalars(
        text("SELECT DISTINCT left(region, :digits) AS code FROM cameras WHERE id = ANY(:ids) ORDER BY code"),
        {"ids": list(cameras), "digits": digits},
    )
    return list(rows)


async def health_of(session: ReadSession, cameras: Sequence[UUID]) -> dict[UUID, Health]:
    """What the last checks showed of these cameras."""
    rows = await session.execute(
        text("SELECT id, health FROM cameras WHERE id = ANY(:ids) ORDER BY name, id"), {"ids": list(cameras)}
    )
    return {row.id: Health(row.health) for row in rows}


async def camera_names(session: ReadSession, ids: Sequence[UUID]) -> list[str]:
    """Names of these cameras, in order."""
    rows = await session.scalars(
        text("SELECT name FROM cameras WHERE id = ANY(:ids) ORDER BY name, id"), {"ids": list(ids)}
    )
    return list(rows)


async def people(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Active accounts: (name shown, organisation) by id."""
    rows = await session.execute(
        text("""
            SELECT p.id, p.display_name, coalesce(o.name, '') AS unit FROM people AS p
              LEFT JOIN organisations AS o ON o.id = p.organisation_id WHERE p.id = ANY(:ids) AND p.active"""),
        {"ids": list(ids)},
    )
    return {row.id: (row.display_name, row.unit) for row in rows}


async def candidates(
    session: ReadSession, scope: Sequence[str], roles: Sequence[str], like: str, most: int
) -> list[tuple[UUID, str, str]]:
    """Active accounts in any of these roles whose regions meet a scope, by name: (id, name shown, organisation)."""
    rows = await session.execute(
        text("""
            SELECT p.id, p.display_name, coalesce(o.name, '') AS unit FROM people AS p
              LEFT JOIN organisations AS o ON o.id = p.organisation_id
             WHERE p.active AND p.roles && CAST(:roles AS text[])
               AND (p.display_name ILIKE :like OR p.name ILIKE :like OR o.name ILIKE :like)
               AND EXISTS (SELECT 1 FROM unnest(p.regions) AS r (code), unnest(CAST(:scope AS text[])) AS s (code)
                            WHERE starts_with(s.code, r.code) OR starts_with(r.code, s.code))
             ORDER BY p.display_name, p.id LIMIT :most"""),
        {"scope": list(scope), "roles": list(roles), "like": like, "most": most},
    )
    return [(row.id, row.display_name, row.unit) for row in rows]
