"""All SQL of needs: they themselves, the cameras that answer them, their benefit, and what was published of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.analyze.demands.matching import Seen
from commonsight.analyze.demands.model import Demand, Place, State
from commonsight.catalog.model import Health
from commonsight.gate.grant_model import Hours, Selection
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

_COLUMNS: Final = ", ".join(f"d.{name}" for name in Demand.__slots__)
_JSON: Final = ("points", "choice", "hours", "found", "settings", "benefit")


def _demand(row: Row[Any]) -> Demand:
    kept = {name: getattr(row, name) for name in Demand.__slots__}
    return Demand(**kept | {
        "points": tuple(Place(one["name"], (one["at"][0], one["at"][1])) for one in row.points),
        "choice": Selection.of(row.choice), "hours": None if row.hours is None else Hours.of(row.hours),
        "state": State(row.state),
    })  # fmt: skip


def _values(one: Demand) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in Demand.__slots__ if name not in ("version", "number")}
    given = plain | {
        "points": [{"name": place.name, "at": list(place.at)} for place in one.points],
        "choice": one.choice.as_json(), "hours": None if one.hours is None else one.hours.as_json(),
        "settings": dict(one.settings), "state": one.state.value,
    }  # fmt: skip
    return {
        name: json.dumps(value, ensure_ascii=False) if name in _JSON and value is not None else value
        for name, value in given.items()
    }


async def put(session: WriteSession, one: Demand) -> Demand:
    """Write a need, new or changed; its version counts up. Returns it with its number."""
    values = _values(one)
    given = ", ".join(f"CAST(:{name} AS jsonb)" if name in _JSON else f":{name}" for name in values)
    fixed = ("id", "by_id", "by_name", "unit", "created_at")
    sets = ", ".join(f"{name} = excluded.{name}" for name in values if name not in fixed)
    found = await session.execute(
        text(f"""
            INSERT INTO demands AS d ({", ".join(values)}) VALUES ({given})
            ON CONFLICT (id) DO UPDATE SET {sets}, version = d.version + 1
            RETURNING {_COLUMNS}"""),  # noqa: S608
        values,
    )
    return _demand(found.one())


async def one(session: ReadSession, demand_id: UUID, *, for_update: bool = False) -> Demand | None:
    """The need with this id."""
    lock = " FOR UPDATE" if for_update else ""
    found = await session.execute(
        text(f"SELECT {_COLUMNS} FROM demands AS d WHERE d.id = :id{lock}"),  # noqa: S608
        {"id": demand_id},
    )
    row = found.first()
    return None if row is None else _demand(row)


async def page(
    session: ReadSession, scope: Sequence[str], person: UUID, states: Sequence[State],
    after: tuple[datetime, UUID] | None, most: int,
) -> list[Demand]:  # fmt: skip
    """Needs of a reader's regions and their own, the newest first. No states: all of them."""
    at, key = after or (None, None)
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM demands AS d
             WHERE (d.region LIKE ANY (:places) OR d.by_id = :person) AND (:every OR d.state = ANY(:states))
               AND (CAST(:at AS timestamptz) IS NULL OR (d.created_at, d.id) < (:at, CAST(:key AS uuid)))
             ORDER BY d.created_at DESC, d.id DESC LIMIT :most"""),  # noqa: S608
        {
            "places": [place + "%" for place in scope], "person": person, "every": not states,
            "states": [state.value for state in states], "at": at, "key": key, "most": most,
        },
    )  # fmt: skip
    return [_demand(row) for row in found]


async def due(session: WriteSession, now: datetime) -> Demand | None:
    """A need whose start or end has come, locked; None when there is none that nobody else holds."""
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM demands AS d
             WHERE (d.state = 'accepted' AND d.starts_at <= :now)
                OR (d.state IN ('running', 'reviewed') AND d.stopped_at IS NULL AND d.ends_at <= :now)
             ORDER BY d.id LIMIT 1 FOR UPDATE SKIP LOCKED"""),  # noqa: S608
        {"now": now},
    )
    row = found.first()
    return None if row is None else _demand(row)


# --- cameras --------------------------------------------------------------------------------------------------------


async def seen(session: ReadSession, cameras: Sequence[UUID]) -> list[Seen]:
    """Cameras in use as the catalogue knows them, by identifier."""
    rows = await session.execute(
        text("""
            SELECT id, code, name, region, health FROM cameras
             WHERE id = ANY(:ids) AND archived_at IS NULL ORDER BY code"""),
        {"ids": list(cameras)},
    )
    return [Seen(row.id, row.code, row.name, row.region, Health(row.health)) for row in rows]


@dataclass(frozen=True, slots=True)
class Member:
    """A camera that answers a need. `reused`: its scene was there and is left as it is."""

    camera_id: UUID
    name: str
    region: str
    health: Health
    reused: bool
    state: str
    missing: tuple[Mapping[str, Any], ...]


async def members(session: ReadSession, demand_id: UUID) -> list[Member]:
    """The cameras that answer a need, or did."""
    rows = await session.execute(
        text("""
            SELECT m.camera_id, c.name, c.region, c.health, m.reused, m.state, m.missing
              FROM demand_cameras AS m JOIN cameras AS c ON c.id = m.camera_id
             WHERE m.demand_id = :id ORDER BY c.name, c.id"""),
        {"id": demand_id},
    )
    return [
        Member(row.camera_id, row.name, row.region, Health(row.health), row.reused, row.state, tuple(row.missing))
        for row in rows
    ]


async def want(session: WriteSession, demand_id: UUID, cameras: Mapping[UUID, bool], now: datetime) -> None:
    """These cameras answer from now on, each reused or not; others are to be taken back."""
    values = {"id": demand_id, "cameras": list(cameras), "reused": list(cameras.values()), "now": now}
    await session.execute(
        text("""
            INSERT INTO demand_cameras AS m (demand_id, camera_id, reused, at)
            SELECT :id, t.camera, t.reused, :now
              FROM unnest(CAST(:cameras AS uuid[]), CAST(:reused AS boolean[])) AS t (camera, reused)
            ON CONFLICT (demand_id, camera_id) DO UPDATE SET state = 'waiting', reused = excluded.reused, at = :now"""),
        values,
    )
    await session.execute(
        text("""
            UPDATE demand_cameras SET state = 'leaving', at = :now
             WHERE demand_id = :id AND NOT camera_id = ANY(:cameras) AND state <> 'back'"""),
        values,
    )


async def leave(session: WriteSession, demand_id: UUID, now: datetime) -> None:
    """All its cameras are to be taken back."""
    await session.execute(
        text("UPDATE demand_cameras SET state = 'leaving', at = :now WHERE demand_id = :id AND state <> 'back'"),
        {"id": demand_id, "now": now},
    )


async def next_moves(session: WriteSession, most: int) -> list[tuple[UUID, UUID, str]]:
    """Cameras to be put on or taken back, of needs that run or did: (need, camera, state), locked."""
    found = await session.execute(
        text("""
            SELECT m.demand_id, m.camera_id, m.state FROM demand_cameras AS m JOIN demands AS d ON d.id = m.demand_id
             WHERE m.state = 'leaving' OR (m.state = 'waiting' AND d.state IN ('running', 'reviewed'))
             ORDER BY m.demand_id, m.camera_id LIMIT :most FOR UPDATE OF m SKIP LOCKED"""),
        {"most": most},
    )
    return [(row.demand_id, row.camera_id, row.state) for row in found]


async def moved(
    session: WriteSession, demand_id: UUID, camera_id: UUID, state: str, missing: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:  # fmt: skip
    """A camera was put on, taken back, or could not be."""
    await session.execute(
        text("""
            UPDATE demand_cameras SET state = :state, missing = CAST(:missing AS jsonb), at = :now
             WHERE demand_id = :id AND camera_id = :camera"""),
        {"id": demand_id, "camera": camera_id, "state": state, "missing": json.dumps(list(missing)), "now": now},
    )


async def wake(session: WriteSession, now: datetime) -> None:
    """Cameras another source had are tried anew: it may have left."""
    await session.execute(
        text("""
            UPDATE demand_cameras SET state = 'waiting', at = :now
             WHERE state = 'failed' AND missing @> '[{"what": "taken"}]'::jsonb"""),
        {"now": now},
    )


# --- benefit --------------------------------------------------------------------------------------------------------


async def running(session: ReadSession) -> list[UUID]:
    """Needs whose scenes run."""
    return list(
        await session.scalars(
            text("""
                SELECT id FROM demands WHERE state IN ('running', 'reviewed') AND stopped_at IS NULL ORDER BY id""")
        )
    )


async def delivered(
    session: ReadSession, demand_id: UUID, scene: str, since: datetime, until: datetime
) -> tuple[int, float, float]:
    """Figures its cameras gave in a span, seconds they stand for, and those of them really watched."""
    row = (
        await session.execute(
            text("""
                SELECT count(*) AS figures, coalesce(sum(o.seconds), 0) AS seconds,
                       coalesce(sum(o.seconds * o.coverage), 0) AS watched
                  FROM demand_cameras AS m JOIN observations AS o ON o.camera_id = m.camera_id
                 WHERE m.demand_id = :id AND m.state <> 'back' AND o.scene = :scene
                   AND o.start >= :since AND o.start < :until"""),
            {"id": demand_id, "scene": scene, "since": since, "until": until},
        )
    ).one()
    return int(row.figures), float(row.seconds), float(row.watched)


async def keep_benefit(session: WriteSession, demand_id: UUID, benefit: Mapping[str, Any]) -> None:
    """Keep what was delivered so far; nobody edited it."""
    await session.execute(
        text("UPDATE demands SET benefit = CAST(:benefit AS jsonb) WHERE id = :id"),
        {"id": demand_id, "benefit": json.dumps(dict(benefit))},
    )


async def handled(
    session: ReadSession, demand_id: UUID, scene: str, since: datetime, until: datetime
) -> tuple[int, int, int]:
    """Incidents of its scene on its cameras in a span, those whose case was closed, and false alarms among them."""
    row = (
        await session.execute(
            text("""
                SELECT count(*) AS incidents, count(*) FILTER (WHERE k.state IN ('verified', 'closed')) AS closed,
                       count(*) FILTER (WHERE i.label IS FALSE OR k.state = 'false_alarm') AS wrong
                  FROM demand_cameras AS m JOIN incidents AS i ON i.camera_id = m.camera_id
                  LEFT JOIN cases AS k ON k.id = i.case_id
                 WHERE m.demand_id = :id AND i.scene = :scene AND i.began_at >= :since AND i.began_at < :until"""),
            {"id": demand_id, "scene": scene, "since": since, "until": until},
        )
    ).one()
    return row.incidents, row.closed, row.wrong


# --- published ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Published:
    """What a person published of a need."""

    id: UUID
    demand_id: UUID
    scene: str
    body: Mapping[str, Any]
    by_name: str
    at: datetime
    withdrawn_at: datetime | None


async def publish(
    session: WriteSession, demand_id: UUID, scene: str, body: Mapping[str, Any], by: str, now: datetime
) -> None:
    """Publish a need, or publish it anew with other words."""
    await session.execute(
        text("""
            INSERT INTO demand_cases (id, demand_id, scene, body, by_name, at)
            VALUES (:id, :demand, :scene, CAST(:body AS jsonb), :by, :now)
            ON CONFLICT (demand_id) DO UPDATE SET body = excluded.body, by_name = excluded.by_name, at = excluded.at,
                withdrawn_at = NULL"""),
        {
            "id": uuid7(), "demand": demand_id, "scene": scene, "body": json.dumps(dict(body), ensure_ascii=False),
            "by": by, "now": now,
        },
    )  # fmt: skip


async def withdraw_case(session: WriteSession, demand_id: UUID, now: datetime) -> None:
    """Take a published need out of the library."""
    await session.execute(
        text("UPDATE demand_cases SET withdrawn_at = :now WHERE demand_id = :id AND withdrawn_at IS NULL"),
        {"id": demand_id, "now": now},
    )


async def published(session: ReadSession, demand_id: UUID | None = None) -> list[Published]:
    """What is in the library, the newest first; of one need or of all."""
    rows = await session.execute(
        text("""
            SELECT id, demand_id, scene, body, by_name, at, withdrawn_at FROM demand_cases
             WHERE withdrawn_at IS NULL AND (CAST(:demand AS uuid) IS NULL OR demand_id = :demand)
             ORDER BY at DESC, id LIMIT 200"""),
        {"demand": demand_id},
    )
    return [Published(*row) for row in rows]
