"""SQL of planned windows: cameras that are being worked on, so that what they lack is nobody's order."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond.lists import within
from commonsight.respond.maintenance.contracts import Choice


@dataclass(frozen=True, slots=True)
class Window:
    """A planned window. `ended_at`: when somebody ended it before or after its time."""

    id: UUID
    reason: str
    choice: Choice
    cameras: int
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    regions: tuple[str, ...]
    by_id: UUID
    by_name: str
    created_at: datetime
    version: int

    @property
    def over_at(self) -> datetime:
        """When it is over."""
        return self.ended_at or self.ends_at


_WINDOW: Final = ", ".join(f"w.{name}" for name in Window.__slots__)


def _window(row: Row[Any]) -> Window:
    kept = {name: getattr(row, name) for name in Window.__slots__}
    return Window(**kept | {"regions": tuple(row.regions), "choice": Choice.of(row.choice)})


async def one(session: ReadSession, window_id: UUID, *, for_update: bool = False) -> Window | None:
    """The window."""
    lock = " FOR UPDATE" if for_update else ""
    found = await session.execute(
        text(f"SELECT {_WINDOW} FROM maintenance_windows AS w WHERE w.id = :id{lock}"),  # noqa: S608
        {"id": window_id},
    )
    row = found.first()
    return None if row is None else _window(row)


async def page(
    session: ReadSession, regions: Sequence[str], after: tuple[datetime, UUID] | None, limit: int
) -> list[Window]:
    """Windows that touch these regions, the latest start first."""
    where = within(regions, "r.code")
    at, key = after or (None, None)
    found = await session.execute(
        text(f"""
            SELECT {_WINDOW} FROM maintenance_windows AS w
             WHERE EXISTS (SELECT 1 FROM unnest(w.regions) AS r (code) WHERE {where})
               AND (CAST(:at AS timestamptz) IS NULL OR (w.starts_at, w.id) < (:at, CAST(:key AS uuid)))
             ORDER BY w.starts_at DESC, w.id DESC LIMIT :limit"""),  # noqa: S608
        where.values | {"at": at, "key": key, "limit": limit},
    )
    return [_window(row) for row in found]


async def of_camera(session: ReadSession, camera: UUID, now: datetime) -> list[Window]:
    """Windows of a camera that are open or to come, the earliest first."""
    found = await session.execute(
        text(f"""
            SELECT {_WINDOW} FROM maintenance_windows AS w
              JOIN maintenance_window_cameras AS m ON m.window_id = w.id
             WHERE m.camera_id = :camera AND coalesce(w.ended_at, w.ends_at) > :now
             ORDER BY w.starts_at, w.id LIMIT 20"""),  # noqa: S608
        {"camera": camera, "now": now},
    )
    return [_window(row) for row in found]


async def add(session: WriteSession, window: Window, cameras: Sequence[UUID]) -> None:
    """Write a window with its cameras; live faults of theirs that have no order are held from its start on."""
    values = {name: getattr(window, name) for name in Window.__slots__} | {
        "regions": list(window.regions), "choice": json.dumps(window.choice.as_json()),
    }  # fmt: skip
    await session.execute(
        text("""
            INSERT INTO maintenance_windows (id, reason, choice, cameras, starts_at, ends_at, ended_at, regions, by_id,
                by_name, created_at, version)
            VALUES (:id, :reason, CAST(:choice AS jsonb), :cameras, :starts_at, :ends_at, :ended_at, :regions, :by_id,
                :by_name, :created_at, :version)"""),
        values,
    )
    await session.execute(
        text("""
            INSERT INTO maintenance_window_cameras (window_id, camera_id)
            SELECT :id, t.id FROM unnest(CAST(:cameras AS uuid[])) AS t (id)"""),
        {"id": window.id, "cameras": list(cameras)},
    )


async def set_end(session: WriteSession, window_id: UUID, ends_at: datetime, ended_at: datetime | None) -> None:
    """Let a window end at another time."""
    await session.execute(
        text("""
            UPDATE maintenance_windows SET ends_at = :ends, ended_at = :ended, version = version + 1
             WHERE id = :id"""),
        {"id": window_id, "ends": ends_at, "ended": ended_at},
    )


async def hold(session: WriteSession, now: datetime) -> int:
    """Faults that wait for an order, of cameras whose window has begun meanwhile, are held."""
    done = await session.execute(
        text("""
            UPDATE maintenance_faults AS f SET state = 'held', window_id = w.id
              FROM maintenance_window_cameras AS m JOIN maintenance_windows AS w ON w.id = m.window_id
             WHERE f.state = 'waiting' AND m.camera_id = f.camera_id AND w.starts_at <= :now
               AND coalesce(w.ended_at, w.ends_at) > :now"""),
        {"now": now},
    )
    return int(getattr(done, "rowcount", 0))
