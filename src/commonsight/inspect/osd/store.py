"""SQL of what is read off pictures."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.inspect.osd.model import Part, Reading, Subject, Written
from commonsight.places import store as places
from commonsight.places.model import ancestors
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Clocks:
    """Cameras whose clock is right, was read, and all that were looked at; what the clock indicator is made of."""

    right: int
    read: int
    looked: int


async def due(session: ReadSession, cameras: Sequence[UUID], before: datetime) -> dict[UUID, Subject]:
    """Those never read, not since `before`, or whose clock or label is in doubt; with what reading must know."""
    found = await session.execute(
        text("""
            SELECT c.id, c.name, c.address, c.region, o.lines FROM cameras AS c
            LEFT JOIN osd_readings AS o ON o.camera_id = c.id
            WHERE c.id = ANY(:ids) AND (o.at IS NULL OR o.at < :before OR EXISTS (
                SELECT 1 FROM diagnoses AS d WHERE d.camera_id = c.id AND d.item IN ('osd_clock', 'osd_label')
                AND (d.streak > 0 OR d.state = 'fault')))
        """),
        {"ids": list(cameras), "before": before},
    )
    rows = found.all()
    regions = await places.names(session, {code for row in rows for code in (*ancestors(row.region), row.region)})
    return {
        row.id: Subject(
            row.id,
            (row.name, row.address),
            tuple(regions[code] for code in (*ancestors(row.region), row.region) if code in regions),
            remembered(row.lines or ()),
        )
        for row in rows
    }


def remembered(lines: Sequence[Mapping[str, Any]]) -> tuple[Written, ...]:
    """Clock and label among kept lines."""
    return tuple(
        Written(Part(line["part"]), line["text"], line["confidence"], tuple(line["box"]))
        for line in lines
        if line["part"] != Part.OTHER
    )


async def write(session: WriteSession, readings: Sequence[Reading]) -> list[tuple[UUID, str]]:
    """Keep these readings as the last ones of their cameras; those of cameras that are gone are dropped.

    Returns the labels that were read twice alike, by camera: what one look reads may be a slip.
    """
    if not readings:
        return []
    written = await session.execute(
        text("""
            INSERT INTO osd_readings AS o (camera_id, at, state, shown, date_known, difference, error, hint, label,
                likeness, named, lines, clock_at, clock_difference, clock_error)
            SELECT t.camera_id, t.at, t.state, t.shown, t.date_known, t.difference, t.error, t.hint, t.label,
                t.likeness, t.named, t.lines,
                CASE WHEN t.difference IS NOT NULL THEN t.at END, t.difference, t.error
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS t (
                camera_id uuid, at timestamptz, state text, shown timestamp, date_known boolean, difference float8,
                error float8, hint text, label text, likeness float8, named text, lines jsonb)
            JOIN cameras AS c ON c.id = t.camera_id
            ON CONFLICT (camera_id) DO UPDATE SET
                at = excluded.at, state = excluded.state, shown = excluded.shown, date_known = excluded.date_known,
                difference = excluded.difference, error = excluded.error, hint = excluded.hint,
                label = excluded.label, likeness = excluded.likeness, named = excluded.named,
                -- Where text stood is not forgotten because one look found none.
                lines = CASE WHEN excluded.state = 'nothing' THEN o.lines ELSE excluded.lines END,
                clock_at = coalesce(excluded.clock_at, o.clock_at),
                clock_difference = CASE WHEN excluded.clock_at IS NULL THEN o.clock_difference
                    ELSE excluded.clock_difference END,
                clock_error = CASE WHEN excluded.clock_at IS NULL THEN o.clock_error ELSE excluded.clock_error END
            WHERE o.at <= excluded.at
            RETURNING new.camera_id, new.label, old.label AS before
        """),
        {"rows": json.dumps([_row(reading) for reading in {one.camera_id: one for one in readings}.values()])},
    )
    return [(row.camera_id, row.label) for row in written if row.label and row.label == row.before]


def _row(reading: Reading) -> dict[str, Any]:
    shown, difference, match = reading.clock, reading.difference, reading.match
    return {
        "camera_id": str(reading.camera_id),
        "at": reading.at.isoformat(),
        "state": reading.state.value,
        "shown": None if shown is None else shown.shown.isoformat(),
        "date_known": None if shown is None else shown.date_known,
        "difference": None if difference is None else difference.seconds,
        "error": None if difference is None else difference.error,
        "hint": None if reading.hint is None else reading.hint.value,
        "label": "" if match is None else match.text,
        "likeness": None if match is None else match.likeness,
        "named": "" if match is None else match.name,
        "lines": [line.as_json() for line in reading.lines],
    }


async def of_camera(session: ReadSession, camera_id: UUID) -> Row[Any] | None:
    """The last reading of a camera."""
    found = await session.execute(text("SELECT * FROM osd_readings WHERE camera_id = :id"), {"id": camera_id})
    return found.first()


async def clocks(session: ReadSession, cameras: Sequence[UUID] | None, bar: float, since: datetime) -> Clocks:
    """How many clocks are right.

    A clock counts as right when the least difference that explains its reading is within `bar` seconds. Readings older
    than `since` are not counted.

    Args:
        cameras: only these; None: all in use.
    """
    found = await session.execute(
        text("""
            SELECT count(*) FILTER (WHERE o.clock_at >= :since AND abs(o.clock_difference) - o.clock_error <= :bar)
                AS right_, count(*) FILTER (WHERE o.clock_at >= :since) AS read_, count(*) AS looked
            FROM osd_readings AS o JOIN cameras AS c ON c.id = o.camera_id
            WHERE c.archived_at IS NULL AND (CAST(:ids AS uuid[]) IS NULL OR c.id = ANY(CAST(:ids AS uuid[])))
                AND o.at >= :since
        """),
        {"ids": None if cameras is None else list(cameras), "bar": bar, "since": since},
    )
    row = found.one()
    return Clocks(row.right_, row.read_, row.looked)
