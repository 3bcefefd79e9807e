"""What other rooms call: a camera is faulty, a camera is well again, is this camera being worked on.

Both reports may be given again and again, in any order: a fault that is known is carried on, a camera that is well has
nothing to end. They write a row in the caller's transaction; orders are made from the rows by the job `tend`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from commonsight import jobs
from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond.maintenance import store
from commonsight.respond.maintenance.model import Fault

TEND: Final = "respond:tend"
"""The job that makes, closes and reopens orders."""

HANDLED: Final = "respond.fault_handled"
"""Outbox: `{"case": id, "number": n, "cameras": [ids]}`: the firm says these are repaired; check them at once."""


async def report_fault(session: WriteSession, fault: Fault) -> None:
    """A check found this camera faulty. Leave out cameras that are excused (`inspect.exemptions`).

    Raises:
        ValueError: `fault.code` is no code of `faults.toml`.
    """
    await report_faults(session, [fault])


async def report_faults(session: WriteSession, faults: Sequence[Fault]) -> None:
    """The same of many cameras, in a fixed number of statements."""
    await _look(session, await store.put(session, faults))


async def report_well(session: WriteSession, camera_id: UUID, code: str, at: datetime) -> None:
    """A check found this camera free of this fault.

    Args:
        code: of `faults.toml`, or a family: `link` stands for offline, no_video, unauthorized and undecodable.
    """
    await report_wells(session, [(camera_id, code, at)])


async def report_wells(session: WriteSession, wells: Sequence[tuple[UUID, str, datetime]]) -> None:
    """The same of many: (camera, code, when), in a fixed number of statements."""
    await _look(session, await store.end(session, wells))


async def in_window(session: ReadSession, camera_ids: Sequence[UUID], at: datetime) -> set[UUID]:
    """Which of the cameras are within a planned maintenance window at that time."""
    return await store.in_window(session, camera_ids, at)


async def _look(session: WriteSession, orders: Sequence[UUID]) -> None:
    """Members of these orders moved: have them weighed as soon as the change is committed."""
    if orders:
        await jobs.enqueue(session, TEND, {"timestamp": 0}, queueing_lock=TEND)
