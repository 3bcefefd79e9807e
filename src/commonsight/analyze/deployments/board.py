"""The live board and the report as they are read: rows gathered, cut to what the reader may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from commonsight.analyze.deployments import board_store, model, report, service, store, tending, watching
from commonsight.analyze.deployments.model import Deployment, Shift
from commonsight.analyze.deployments.store import Entry
from commonsight.analyze.scenes.model import SceneCard
from commonsight.analyze.scenes.registry import installed
from commonsight.records.database import ReadSession

LOG_LINES = 50


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the live board shows."""

    deployment: Deployment
    cameras: Sequence[Row[Any]]
    latest: Sequence[Row[Any]]
    figures: Sequence[report.Figure]
    incidents: Sequence[Row[Any]]
    on_duty: Sequence[Shift]
    people: Mapping[UUID, tuple[str, str]]
    handover_at: datetime | None
    coverage_now: float | None
    coverage: float | None
    log: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the report says."""

    deployment: Deployment
    until: datetime
    cameras: Mapping[UUID, Row[Any]]
    figures: Sequence[report.Figure]
    by_camera: Sequence[report.Figure]
    by_day: Sequence[report.Figure]
    incidents: report.Incidents
    listed: Sequence[Row[Any]]
    watched: Sequence[report.Watched]
    coverage: float | None
    people: Mapping[UUID, tuple[str, str]]
    gaps: Sequence[tuple[datetime, datetime]]
    log: Sequence[Entry]


def scene_cards(found: Deployment) -> dict[str, SceneCard]:
    """The cards of a deployment's scenes that are installed, in its order."""
    cards = installed().cards
    return {one.scene: cards[one.scene] for one in found.scenes if one.scene in cards}


async def board(session: ReadSession, found: Deployment, places: Sequence[str], zone: ZoneInfo, now: datetime) -> Board:
    """The board of a deployment, for somebody who sees these region prefixes."""
    cards = scene_cards(found)
    cameras = await board_store.cameras(session, found.id, places, now)
    ids = [row.camera_id for row in cameras]
    latest = await board_store.latest(session, ids, list(cards), now)
    rows = report.fold_days(await _days(session, found, ids, zone, now))
    began = found.started_at or found.starts_at
    incidents = await board_store.incidents(session, found.id, list(cards), places, began, now, board=True)
    shares = [float(row.coverage or 0) if row.running else 0.0 for row in cameras]
    sampled = {row.camera_id: (float(row.sampled), float(row.watched)) for row in cameras}
    return Board(
        found, cameras, latest, report.figures(rows, cards), incidents, model.on_duty(found.shifts, now),
        await store.people(session, [shift.person for shift in found.shifts]),
        model.next_handover(found.shifts, now), sum(shares) / len(shares) if shares else None,
        report.mean_coverage(sampled), await store.log_page(session, found.id, None, LOG_LINES),
    )  # fmt: skip


async def of(session: ReadSession, found: Deployment, places: Sequence[str], zone: ZoneInfo, now: datetime) -> Report:
    """The report of a deployment that has run, or runs; for somebody who sees these region prefixes."""
    cards = scene_cards(found)
    until = found.ended_at or min(now, found.ends_at)
    began = found.started_at or found.starts_at
    cameras = {row.id: row for row in await board_store.all_cameras(session, found.id, places)}
    days = await _days(session, found, list(cameras), zone, now)
    rows = report.fold_days(days)
    listed = await board_store.incidents(session, found.id, list(cards), places, began, until, board=False)
    coverage = {
        one: seen for one, seen in (await watching.coverage(session, found.id)).items() if one in cameras
    }  # fmt: skip
    spans = [span for span in await watching.spans(session, found.id) if span.camera_id in cameras]
    return Report(
        found, until, cameras, report.figures(rows, cards), report.figures(rows, cards, by_camera=True),
        [figure for day, of_day in sorted(days.items()) for figure in report.figures(of_day, cards, day=day)],
        report.incidents(listed), listed, report.watched(coverage, spans, until), report.mean_coverage(coverage),
        await store.people(session, [shift.person for shift in found.shifts]),
        model.duty_gaps(found.shifts, began, until) if until > began else (),
        list(reversed(await store.log_page(session, found.id, None, 500))),
    )  # fmt: skip


async def _days(
    session: ReadSession, found: Deployment, cameras: Sequence[UUID], zone: ZoneInfo, now: datetime
) -> dict[date, list[dict[str, Any]]]:
    """The figures of each day: as kept, and those of days not kept yet from the observations."""
    known = {str(one) for one in cameras}
    kept = await watching.days(session, found.id)
    days = {day: [row for row in rows if row["camera"] in known] for day, rows in kept.items()}
    scenes = [wanted.scene for wanted in found.scenes]
    for day, begin, end in tending.days_of(found, zone, now):
        if day not in days:
            days[day] = await watching.figures(session, cameras, scenes, begin, end)
    return days


async def pulse(session: ReadSession, scope: Sequence[str], now: datetime) -> dict[str, Any]:
    """The body of the `deployments` topic: of every deployment in these regions that runs or lately changed, what tells
    a page to read it anew."""
    return {
        "deployments": [
            {
                "id": str(row.id), "state": row.state, "version": row.version, "cameras": row.cameras,
                "faulty": row.faulty, "watched": row.running, "line": row.line or "", "incidents": row.incidents,
            }
            for row in await board_store.pulse(session, now)
            if service.meets(row.regions, scope)
        ]
    }  # fmt: skip
