"""All SQL of areas."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.analyze.areas.model import Area, Gate, Level, Standing
from commonsight.records.database import ReadSession, WriteSession

MEASURES: Final = ("visitors_in", "visitors_out", "visitors_inferred")

_COLUMNS: Final = "id, name, region, capacity, warn, zero, timezone, gates, balance, drift, level, version, created_at"


@dataclass(frozen=True, slots=True)
class Known:
    """A moment at which it was known how many are inside. `thought`: what the gates said; None: nothing."""

    at: datetime
    kind: str
    count: int
    thought: float | None = None
    by: str = ""
    note: str = ""


def dump_gates(gates: Iterable[Gate]) -> list[dict[str, str]]:
    """JSON form of gates."""
    return [{"camera": str(gate.camera), "line": gate.line, "inward": gate.inward} for gate in gates]


def _area(row: Row[Any]) -> Area:
    gates = tuple(Gate(UUID(one["camera"]), one["line"], one["inward"]) for one in row.gates)
    return Area(
        row.id, row.name, row.region, row.capacity, gates, row.created_at, row.warn, row.zero, row.timezone,
        row.balance, row.drift, Level(row.level), row.version,
    )  # fmt: skip


_PAGE: Final = text(f"""
    SELECT {_COLUMNS} FROM visitor_areas
     WHERE archived_at IS NULL AND region LIKE ANY (:places)
       AND (CAST(:name AS text) IS NULL OR (name, id) > (:name, CAST(:id AS uuid)))
     ORDER BY name, id LIMIT :most""")  # noqa: S608 - no part of it is given from outside
_ONE: Final = f"SELECT {_COLUMNS} FROM visitor_areas WHERE id = :id AND archived_at IS NULL"  # noqa: S608
_ALL: Final = text("SELECT id FROM visitor_areas WHERE archived_at IS NULL ORDER BY id")


async def page(session: ReadSession, places: Sequence[str], after: tuple[str, UUID] | None, most: int) -> list[Area]:
    """Areas under these region prefixes, by name."""
    name, key = after or (None, None)
    values = {"places": [place + "%" for place in places], "name": name, "id": key, "most": most}
    return [_area(row) for row in await session.execute(_PAGE, values)]


async def one(session: ReadSession, area_id: UUID, *, for_update: bool = False) -> Area | None:
    """The area with this id, unless it was given up."""
    row = (await session.execute(text(_ONE + (" FOR UPDATE" if for_update else "")), {"id": area_id})).one_or_none()
    return None if row is None else _area(row)


async def every(session: ReadSession) -> list[UUID]:
    """Ids of all areas in use."""
    return list(await session.scalars(_ALL))


_PUT: Final = text("""
    INSERT INTO visitor_areas (id, name, region, capacity, warn, zero, timezone, gates, balance, drift, level, version,
                               created_at)
    VALUES (:id, :name, :region, :capacity, :warn, :zero, :timezone, CAST(:gates AS jsonb), :balance, :drift, :level,
            :version, :created_at)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, region = excluded.region, capacity = excluded.capacity,
        warn = excluded.warn, zero = excluded.zero, timezone = excluded.timezone, gates = excluded.gates,
        version = excluded.version""")
_LEARN: Final = text("UPDATE visitor_areas SET balance = :balance, drift = :drift, level = :level WHERE id = :id")
_ARCHIVE: Final = text("UPDATE visitor_areas SET archived_at = :now WHERE id = :id")


async def put(session: WriteSession, area: Area) -> None:
    """Write what people set of an area; what it has learned stays."""
    await session.execute(
        _PUT,
        {
            "id": area.id, "name": area.name, "region": area.region, "capacity": area.capacity, "warn": area.warn,
            "zero": area.zero, "timezone": area.timezone, "gates": json.dumps(dump_gates(area.gates)),
            "balance": area.balance, "drift": area.drift, "level": area.level.value, "version": area.version,
            "created_at": area.created_at,
        },
    )  # fmt: skip


async def learn(session: WriteSession, area: Area) -> None:
    """Write what an area has learned, and how full it is."""
    values = {"id": area.id, "balance": area.balance, "drift": area.drift, "level": area.level.value}
    await session.execute(_LEARN, values)


async def archive(session: WriteSession, area_id: UUID, now: datetime) -> None:
    """Give an area up; its minutes and counts stay."""
    await session.execute(_ARCHIVE, {"id": area_id, "now": now})


# --- counts and minutes ---------------------------------------------------------------------------------------------

_KNOW: Final = text("""
    INSERT INTO visitor_area_counts (area_id, at, kind, count, thought, by_name, note)
    VALUES (:area, :at, :kind, :count, :thought, :by, :note) ON CONFLICT (area_id, at) DO NOTHING""")
_KNOWN: Final = text("""
    SELECT at, kind, count, thought, by_name, note FROM visitor_area_counts
     WHERE area_id = :area AND at <= :now ORDER BY at DESC LIMIT :most""")


async def know(session: WriteSession, area_id: UUID, known: Known) -> None:
    """Write a moment at which it was known how many are inside; the same moment twice is once."""
    await session.execute(
        _KNOW,
        {
            "area": area_id, "at": known.at, "kind": known.kind, "count": known.count, "thought": known.thought,
            "by": known.by, "note": known.note,
        },
    )  # fmt: skip


async def known(session: ReadSession, area_id: UUID, now: datetime, most: int = 1) -> list[Known]:
    """The last moments at which it was known how many are inside, the latest first."""
    rows = await session.execute(_KNOWN, {"area": area_id, "now": now, "most": most})
    return [Known(r.at, r.kind, r._mapping["count"], r.thought, r.by_name, r.note) for r in rows]


_WRITE: Final = text("""
    INSERT INTO visitor_area_minutes (area_id, at, inside, error, variance, gross, out_gross, unseen, coverage,
                                      into_now, out_now, settled)
    VALUES (:area, :at, :inside, :error, :variance, :gross, :out, :unseen, :coverage, :into_now, :out_now, :settled)
    ON CONFLICT (area_id, at) DO UPDATE SET inside = excluded.inside, error = excluded.error,
        variance = excluded.variance, gross = excluded.gross, out_gross = excluded.out_gross,
        unseen = excluded.unseen, coverage = excluded.coverage, into_now = excluded.into_now,
        out_now = excluded.out_now, settled = excluded.settled""")
_LAST: Final = text("""
    SELECT * FROM visitor_area_minutes WHERE area_id = :area AND at <= :now ORDER BY at DESC LIMIT 1""")
_CURVE: Final = text("""
    SELECT to_timestamp(floor(extract(epoch FROM at) / :step) * :step) AS slot, avg(inside) AS inside,
           max(inside) AS most, avg(error) AS error, avg(coverage) AS coverage, sum(into_now) AS into,
           sum(out_now) AS outof
      FROM visitor_area_minutes WHERE area_id = :area AND at > :begin AND at <= :end
     GROUP BY slot ORDER BY slot LIMIT :most""")
_FORGET: Final = text("DELETE FROM visitor_area_minutes WHERE at < :before")


async def write(session: WriteSession, area: Area, minutes: Sequence[Standing]) -> None:
    """Write minutes; written again they take the new values."""
    rows = [
        {
            "area": area.id, "at": one.at, "inside": one.inside, "error": one.error(area.drift),
            "variance": one.variance, "gross": one.gross, "out": one.out, "unseen": one.unseen,
            "coverage": one.coverage, "into_now": one.into_now, "out_now": one.out_now, "settled": one.settled,
        }
        for one in minutes
    ]  # fmt: skip
    if rows:
        await session.execute(_WRITE, rows)


async def last(session: ReadSession, area_id: UUID, now: datetime) -> tuple[Standing, float] | None:
    """The last minute up to `now`, with its error; None when there is none."""
    row = (await session.execute(_LAST, {"area": area_id, "now": now})).one_or_none()
    if row is None:
        return None
    standing = Standing(
        row.at, row.inside, row.variance, row.gross, row.unseen, row.out_gross, row.coverage, row.into_now,
        row.out_now, row.settled,
    )  # fmt: skip
    return standing, float(row.error)


async def curve(
    session: ReadSession, area_id: UUID, begin: datetime, end: datetime, step: int, most: int
) -> Sequence[Row[Any]]:
    """Rows (slot, inside, most, error, coverage, into, outof) of `step` seconds, oldest first."""
    values = {"area": area_id, "begin": begin, "end": end, "step": step, "most": most}
    return (await session.execute(_CURVE, values)).all()


async def forget(session: WriteSession, before: datetime) -> int:
    """Delete minutes older than that; returns how many."""
    return int((await session.execute(_FORGET, {"before": before})).rowcount)  # type: ignore[attr-defined]


# --- gates ----------------------------------------------------------------------------------------------------------

_FIGURES: Final = text("""
    SELECT camera_id, target, start, measure, sum(value) AS value, min(coverage) AS coverage
      FROM observations
     WHERE camera_id = ANY (:cameras) AND target = ANY (:lines) AND measure = ANY (:measures)
       AND start >= :begin AND start < :end
     GROUP BY camera_id, target, start, measure""")
_EPOCH: Final = text("""
    SELECT greatest(coalesce((SELECT epoch FROM analysis_leases WHERE camera_id = :camera), 0),
                    coalesce((SELECT max(epoch) FROM incidents WHERE camera_id = :camera), 0)) AS epoch,
           (SELECT region FROM cameras WHERE id = :camera AND archived_at IS NULL) AS region""")

Minutes = Mapping[tuple[UUID, str, datetime], Mapping[str, tuple[float, float]]]


async def figures(session: ReadSession, gates: Sequence[Gate], begin: datetime, end: datetime) -> Minutes:
    """What the gates' lines counted: {(camera, line, minute): {measure: (value, coverage)}}."""
    if not gates:
        return {}
    rows = await session.execute(
        _FIGURES,
        {
            "cameras": sorted({gate.camera for gate in gates}), "lines": sorted({gate.line for gate in gates}),
            "measures": list(MEASURES), "begin": begin, "end": end,
        },
    )  # fmt: skip
    found: dict[tuple[UUID, str, datetime], dict[str, tuple[float, float]]] = {}
    for row in rows:
        found.setdefault((row.camera_id, row.target, row.start), {})[row.measure] = (row.value, row.coverage)
    return found


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line some camera counts visitors over."""

    camera: UUID
    camera_name: str
    line: str
    line_name: str


_DRAWN: Final = text("""
    SELECT DISTINCT c.id, c.name, line.value ->> 'id' AS line, line.value ->> 'name' AS line_name
      FROM analyses AS a
      JOIN cameras AS c ON c.id = a.camera_id AND c.archived_at IS NULL,
           jsonb_array_elements(a.scenes) AS scene, jsonb_array_elements(a.lines) AS line
     WHERE scene.value ->> 'scene' = 'visitors' AND scene.value -> 'lines' ? (line.value ->> 'id')
       AND c.region LIKE ANY (:places)
     ORDER BY c.name, c.id, line LIMIT :most""")


async def drawn(session: ReadSession, places: Sequence[str], most: int) -> list[Drawn]:
    """Lines that may be gates: those of the scene `visitors`, of cameras under these region prefixes."""
    rows = await session.execute(_DRAWN, {"places": [place + "%" for place in places], "most": most})
    return [Drawn(row.id, row.name, row.line, row.line_name) for row in rows]


async def epoch_of(session: ReadSession, camera_id: UUID) -> tuple[int, str | None]:
    """The highest epoch anybody has written this camera's incidents under, and the camera's region."""
    row = (await session.execute(_EPOCH, {"camera": camera_id})).one()
    return int(row.epoch), row.region
