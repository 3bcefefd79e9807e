"""Statistics of repairs: by firm, maker, model, cause or kind of fault, with how many they rest on and over which time.

A share or a median over few orders is shown with its number; nothing is left out because it is small.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import text

from commonsight.records.database import ReadSession
from commonsight.respond.lists import within

By = Literal["unit", "maker", "model", "cause", "code"]

_BY: Final[dict[str, str]] = {
    "unit": "coalesce((SELECT u.name FROM organisations AS u WHERE u.id = o.unit_id), '')",
    "maker": "coalesce(m.file ->> 'manufacturer', '')",
    "model": "concat_ws(' ', nullif(m.file ->> 'manufacturer', ''), nullif(m.file ->> 'model', ''))",
    "cause": "coalesce(o.cause, '')",
    "code": "o.code",
}
GROUPS_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Repairs:
    """What orders of one group came to. Hours are elapsed hours; None where nothing can be said.

    Args:
        orders: opened within the time; merged and dismissed ones are not counted.
        cameras: that they were about.
        respond_hours, repair_hours: medians: until somebody took it, until the check confirmed the repair.
        responded, repaired: orders the two rest on.
        on_time: share of the orders due until now that were closed by their deadline.
        due: orders the share rests on.
        came_back: share of the repairs said to be done that a check refused at least once.
        said: repairs the share rests on.
    """

    name: str
    orders: int
    cameras: int
    open: int
    respond_hours: float | None
    responded: int
    repair_hours: float | None
    repaired: int
    on_time: float | None
    due: int
    came_back: float | None
    said: int


async def repairs(
    session: ReadSession, by: By, regions: Sequence[str], start: datetime, end: datetime, now: datetime
) -> list[Repairs]:
    """Orders opened in [start, end) within regions, the most cameras first.

    By maker and model an order counts for every maker and model among its cameras.
    """
    where = within(regions)
    of_camera = by in ("maker", "model")
    joined = "JOIN maintenance_faults AS f ON f.case_id = c.id JOIN cameras AS m ON m.id = f.camera_id"
    found = await session.execute(
        text(f"""
            WITH told AS (
                SELECT {_BY[by]} AS name, c.id, c.state, c.opened_at, c.deadline_at, c.closed_at, o.taken_at,
                       o.handled_at, o.rejected,
                       {
            "count(DISTINCT f.camera_id)"
            if of_camera
            else "(SELECT count(DISTINCT f.camera_id) FROM maintenance_faults AS f WHERE f.case_id = c.id)"
        }
                           AS cameras
                  FROM cases AS c JOIN maintenance_orders AS o ON o.case_id = c.id {joined if of_camera else ""}
                 WHERE c.kind = 'fault' AND c.state NOT IN ('merged', 'false_alarm') AND {where}
                   AND c.opened_at >= :start AND c.opened_at < :end
                 {"GROUP BY 1, c.id, o.case_id" if of_camera else ""}
            ) SELECT name, count(*) AS orders, sum(cameras) AS cameras,
                count(*) FILTER (WHERE state IN ('open', 'assigned', 'handled')) AS open,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM taken_at - opened_at) / 3600)
                    FILTER (WHERE taken_at IS NOT NULL) AS respond_hours,
                count(taken_at) AS responded,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - opened_at) / 3600)
                    FILTER (WHERE closed_at IS NOT NULL AND handled_at IS NOT NULL) AS repair_hours,
                count(*) FILTER (WHERE closed_at IS NOT NULL AND handled_at IS NOT NULL) AS repaired,
                count(*) FILTER (WHERE closed_at <= deadline_at) AS kept,
                count(*) FILTER (WHERE closed_at IS NOT NULL OR deadline_at < :now) AS due,
                count(*) FILTER (WHERE handled_at IS NOT NULL AND rejected > 0) AS back,
                count(handled_at) AS said
              FROM told GROUP BY name ORDER BY sum(cameras) DESC, name LIMIT {GROUPS_MOST}"""),  # noqa: S608
        where.values | {"start": start, "end": end, "now": now},
    )
    return [
        Repairs(
            row.name, row.orders, int(row.cameras), row.open, _round(row.respond_hours), row.responded,
            _round(row.repair_hours), row.repaired, None if row.due == 0 else row.kept / row.due, row.due,
            None if row.said == 0 else row.back / row.said, row.said,
        )
        for row in found
    ]  # fmt: skip


def _round(hours: float | None) -> float | None:
    return None if hours is None else round(float(hours), 2)
