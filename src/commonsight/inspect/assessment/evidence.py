"""SQL of what we know of cameras around the upper platform's times, and of those its list does not name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog import where as conditions
from commonsight.catalog.lists import plan_each_time
from commonsight.catalog.model import Health
from commonsight.connect.gb28181.above import ids_store
from commonsight.inspect.assessment.model import Known, Match, Said, Try
from commonsight.inspect.exemptions.store import EXEMPT_AT
from commonsight.records.database import ReadSession

_FRAME = {"online": "p.answered", "playable": "p.first_frame"}


@dataclass(frozen=True, slots=True)
class Looked:
    """What stands in the list of appeals beside an explanation. Times are RFC 3339."""

    known: Known
    code: str
    name: str
    exemption: int | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is stored with the row."""
        known = self.known
        said: dict[str, Any] = {
            "camera_code": self.code,
            "camera_name": self.name,
            "health": known.health,
            "health_at": _iso(known.health_at),
            "archived_at": _iso(known.archived_at),
            "filed_at": _iso(known.created_at),
            "shared": known.shared,
            "exemption": self.exemption,
        }
        for name, one in (("before", known.before), ("after", known.after)):
            if one is not None:
                said[name] = {"at": _iso(one.at), "good": one.good}
        return {key: value for key, value in said.items() if value is not None}


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")


async def known(
    session: ReadSession,
    indicator: str,
    rows: Sequence[Said],
    matches: dict[int, Match],
    upper: UUID | None,
    minutes: float,
) -> dict[int, Looked]:
    """What is known of each matched row's camera at its own time, by row number."""
    asked = [(row.row, matches[row.row].camera, row.at) for row in rows if row.row in matches]
    if not asked:
        return {}
    await plan_each_time(session)
    found = await session.execute(
        text(f"""
            SELECT t.row, c.id, c.code, c.name, c.health, nullif(c.health_at, '-infinity') AS health_at, c.created_at,
                c.archived_at, x.number AS exemption, b.at AS before_at, b.good AS before_good, a.at AS after_at,
                a.good AS after_good
            FROM unnest(CAST(:rows AS integer[]), CAST(:cameras AS uuid[]), CAST(:times AS timestamptz[]))
                AS t (row, camera, at)
            JOIN cameras AS c ON c.id = t.camera
            LEFT JOIN LATERAL (
                SELECT p.at, {_FRAME[indicator]} AS good FROM probes AS p WHERE p.camera_id = t.camera
                    AND p.at <= t.at AND p.at >= t.at - :near ORDER BY p.at DESC LIMIT 1) AS b ON true
            LEFT JOIN LATERAL (
                SELECT p.at, {_FRAME[indicator]} AS good FROM probes AS p WHERE p.camera_id = t.camera
                    AND p.at > t.at AND p.at <= t.at + :near ORDER BY p.at LIMIT 1) AS a ON true
            LEFT JOIN LATERAL (
                SELECT e.number FROM exemption_members AS m JOIN exemptions AS e ON e.id = m.exemption_id
                WHERE m.camera_id = t.camera AND e.state = 'approved' AND e.starts_at <= t.at AND e.ends_at > t.at
                ORDER BY e.number LIMIT 1) AS x ON true
        """),  # noqa: S608 - a column of ours
        {
            "rows": [row for row, _, _ in asked],
            "cameras": [camera for _, camera, _ in asked],
            "times": [at for _, _, at in asked],
            "near": timedelta(minutes=minutes),
        },
    )
    shown = None if upper is None else await ids_store.shown_of(session, upper, [c for _, c, _ in asked if c])
    return {
        row.row: Looked(
            Known(
                health=Health(row.health).word,
                health_at=row.health_at,
                created_at=row.created_at,
                archived_at=row.archived_at,
                exempt=row.exemption is not None,
                shared=None if shown is None else row.id in shown,
                before=None if row.before_at is None else Try(row.before_at, row.before_good),
                after=None if row.after_at is None else Try(row.after_at, row.after_good),
            ),
            row.code,
            row.name,
            row.exemption,
        )
        for row in found
    }


async def others(
    session: ReadSession,
    indicator: str,
    region: str,
    scope: Sequence[str],
    listed: Sequence[UUID],
    at: datetime,
    upper: UUID | None,
) -> dict[str, tuple[int, int]]:
    """Our cameras in use that the list does not name: in its region, known at its time, not exempt.

    Returns:
        (good, counted) by why they are not in it: `not_shared_up`, or `not_listed` though the platform is shown them
        (or nothing is known of what it is shown).
    """
    where = conditions.Where()
    where.add(conditions.LIVE)
    prefixes = (region,) if region and any(region.startswith(mine) for mine in scope) else tuple(scope)
    conditions.regions(where, prefixes)
    good = "c.health IN (1, 2)" if indicator == "online" else "c.health = 1"
    await plan_each_time(session)
    found = await session.execute(
        text(f"""
            WITH named AS MATERIALIZED (SELECT unnest(CAST(:listed AS uuid[])) AS id),
            shown AS MATERIALIZED (SELECT camera_id FROM cascade_ids WHERE upper_id = :upper AND rights <> 0
                AND camera_id IS NOT NULL),
            told AS (
                SELECT {good} AS good, CAST(:upper AS uuid) IS NOT NULL AND c.id NOT IN (SELECT camera_id FROM shown)
                    AS apart
                FROM cameras AS c WHERE {where} AND c.health <> 0 AND c.health_at <= :at AND c.created_at <= :at
                  AND c.id NOT IN (SELECT id FROM named) AND c.id NOT IN ({EXEMPT_AT})
            )
            SELECT apart, count(*) FILTER (WHERE good) AS good, count(*) AS counted FROM told GROUP BY apart
        """),  # noqa: S608
        where.values | {"listed": list(listed), "at": at, "exempt_at": at, "upper": upper},
    )
    return {"not_shared_up" if row.apart else "not_listed": (int(row.good), int(row.counted)) for row in found}
