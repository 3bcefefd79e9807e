"""SQL of the live board and the report: cameras as they are now, figures of the last minutes, incidents with cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.records.database import ReadSession

FRESH: Final = timedelta(minutes=10)
"""Figures older than this are not of now."""
INCIDENTS_MOST: Final = 100
REPORTED_MOST: Final = 5_000


@dataclass(frozen=True, slots=True)
class Told:
    """What the log and a notice say of the incident behind a case."""

    camera_id: UUID
    name: str
    scene: str
    incident: str


async def incident_of_case(session: ReadSession, case_id: UUID) -> Told | None:
    """The first incident of a case; None when it is of none."""
    found = await session.execute(
        text("""
            SELECT i.camera_id, c.name, i.scene, i.incident FROM incidents AS i JOIN cameras AS c ON c.id = i.camera_id
             WHERE i.case_id = :case ORDER BY i.id LIMIT 1"""),
        {"case": case_id},
    )
    row = found.first()
    return None if row is None else Told(*row)


_CAMERAS: Final = text("""
    SELECT m.camera_id, m.state, m.setups, m.missing, m.sampled, m.watched, c.code, c.name, c.region, c.health,
           c.health_at, c.location[0] AS lon, c.location[1] AS lat,
           coalesce(l.until > :now AND (l.state->>'running')::boolean, false) AS running,
           CASE WHEN l.until > :now THEN (l.state->>'coverage')::real END AS coverage,
           CASE WHEN l.until > :now THEN l.state->>'reason' END AS reason, b.tier, b.every_seconds
      FROM deployment_cameras AS m JOIN cameras AS c ON c.id = m.camera_id
      LEFT JOIN analysis_leases AS l ON l.camera_id = m.camera_id
      LEFT JOIN analysis_budget AS b ON b.camera_id = m.camera_id
     WHERE m.deployment_id = :id AND m.state <> 'back' AND c.region LIKE ANY (:places)
     ORDER BY c.name, c.id""")


async def cameras(
    session: ReadSession, deployment_id: UUID, places: Sequence[str], now: datetime
) -> Sequence[Row[Any]]:
    """A deployment's cameras under these region prefixes, each as it is now."""
    values = {"id": deployment_id, "places": [place + "%" for place in places], "now": now}
    return (await session.execute(_CAMERAS, values)).all()


async def all_cameras(session: ReadSession, deployment_id: UUID, places: Sequence[str]) -> Sequence[Row[Any]]:
    """Every camera a deployment has ever had under these region prefixes: id, name, region, code."""
    rows = await session.execute(
        text("""
            SELECT c.id, c.name, c.region, c.code FROM deployment_cameras AS m JOIN cameras AS c ON c.id = m.camera_id
             WHERE m.deployment_id = :id AND c.region LIKE ANY (:places) ORDER BY c.name, c.id"""),
        {"id": deployment_id, "places": [place + "%" for place in places]},
    )
    return rows.all()


_LATEST: Final = text("""
    SELECT DISTINCT ON (camera_id, scene, target, measure, class)
           camera_id, scene, target, measure, class, value, coverage, start, seconds
      FROM observations
     WHERE camera_id = ANY(:cameras) AND scene = ANY(:scenes) AND start >= :since
     ORDER BY camera_id, scene, target, measure, class, start DESC""")


async def latest(
    session: ReadSession, cameras: Sequence[UUID], scenes: Sequence[str], now: datetime
) -> Sequence[Row[Any]]:
    """The latest figure of each camera, target, measure and class, where it is of the last ten minutes."""
    values = {"cameras": list(cameras), "scenes": list(scenes), "since": now - FRESH}
    return (await session.execute(_LATEST, values)).all()


_INCIDENTS: Final = """
    SELECT i.id, i.camera_id, c.name, c.region, i.scene, i.incident, i.state, i.began_at, i.ended_at, i.severity,
           i.score, i.detail, i.label, i.held, i.case_id, k.number, k.state AS case_state, k.assignee_name,
           k.deadline_at, k.closed_at,
           (SELECT min(s.at) FROM case_steps AS s WHERE s.case_id = i.case_id
               AND s.action IN ('assign', 'handle', 'verify', 'close', 'false_alarm')) AS taken_at
      FROM incidents AS i JOIN deployment_cameras AS m ON m.camera_id = i.camera_id
      JOIN cameras AS c ON c.id = i.camera_id LEFT JOIN cases AS k ON k.id = i.case_id
     WHERE m.deployment_id = :id AND i.scene = ANY(:scenes) AND i.began_at < :until AND c.region LIKE ANY (:places)"""

_NOW: Final = text(f"""{_INCIDENTS} AND (i.began_at >= :since OR i.state = 'open')
    ORDER BY (i.state <> 'open'), i.severity, i.began_at DESC, i.id LIMIT {INCIDENTS_MOST}""")
_ALL: Final = text(f"{_INCIDENTS} AND i.began_at >= :since ORDER BY i.began_at, i.id LIMIT {REPORTED_MOST}")


async def incidents(
    session: ReadSession,
    deployment_id: UUID,
    scenes: Sequence[str],
    places: Sequence[str],
    since: datetime,
    until: datetime,
    *,
    board: bool,
) -> Sequence[Row[Any]]:
    """Incidents of a deployment's scenes on its cameras, with their cases.

    Args:
        board: as the board shows them: those that last first, the gravest first, then the newest, at most
            `INCIDENTS_MOST`; else all that began in the span, in order of time, at most `REPORTED_MOST`.
    """
    values = {
        "id": deployment_id, "scenes": list(scenes), "places": [place + "%" for place in places], "since": since,
        "until": until,
    }  # fmt: skip
    return (await session.execute(_NOW if board else _ALL, values)).all()


_PULSE: Final = text("""
    SELECT d.id, d.state, d.version, d.regions,
           (SELECT count(*) FROM deployment_cameras AS m WHERE m.deployment_id = d.id AND m.state = 'on') AS cameras,
           (SELECT count(*) FROM deployment_cameras AS m JOIN cameras AS c ON c.id = m.camera_id
             WHERE m.deployment_id = d.id AND m.state <> 'back' AND c.health IN (2, 3)) AS faulty,
           (SELECT count(*) FROM deployment_cameras AS m JOIN analysis_leases AS l ON l.camera_id = m.camera_id
             WHERE m.deployment_id = d.id AND m.state <> 'back' AND l.until > :now
               AND (l.state->>'running')::boolean) AS running,
           (SELECT max(g.id::text) FROM deployment_log AS g WHERE g.deployment_id = d.id) AS line,
           (SELECT count(*) || '/' || coalesce(max(i.told_at)::text, '') FROM incidents AS i
              JOIN deployment_cameras AS m ON m.camera_id = i.camera_id
             WHERE m.deployment_id = d.id AND m.state <> 'back' AND i.state = 'open') AS incidents
      FROM deployments AS d
     WHERE d.state = 'running' OR d.updated_at >= :since
     ORDER BY d.id LIMIT 200""")


async def pulse(session: ReadSession, now: datetime) -> Sequence[Row[Any]]:
    """What says whether a board has to be read anew: a few counts of every deployment that runs or lately changed."""
    return (await session.execute(_PULSE, {"now": now, "since": now - FRESH})).all()
