"""What tries establish: they are noted, health with them, and maintenance hears of faults and recoveries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from commonsight.catalog.health import record_health
from commonsight.catalog.model import Health
from commonsight.inspect import store
from commonsight.inspect.diagnosis import store as diagnoses
from commonsight.inspect.exemptions.store import exempt_among
from commonsight.inspect.model import Tried, fault_of, health_after
from commonsight.inspect.store import Stood
from commonsight.records.database import WriteSession
from commonsight.respond.maintenance.model import Fault
from commonsight.respond.maintenance.service import report_faults, report_wells
from commonsight.settings import Inspect

WRITE_MOST: Final = 500
TELL_AGAIN: Final = timedelta(hours=20)
"""A fault that lasts is reported again after this: once in a round of the next day."""
LINK: Final = "link"
"""The family of every fault that keeps a picture from coming; a camera has one of them at a time."""


async def write_tries(
    session: WriteSession, tried: Sequence[Tried], settings: Inspect, *, always: bool = False
) -> None:
    """Note tries and the health they establish. A camera may be there more than once; its tries count in order.

    Args:
        always: tell maintenance what was found even when it is what it was told before: somebody waits for it.
    """
    left = list(tried)
    while left:
        batch: dict[UUID, Tried] = {}
        rest: list[Tried] = []
        for one in left:
            if one.camera_id in batch or len(batch) == WRITE_MOST:
                rest.append(one)
            else:
                batch[one.camera_id] = one
        await _write(session, batch, settings, always)
        left = rest


async def _write(session: WriteSession, batch: dict[UUID, Tried], settings: Inspect, always: bool) -> None:
    stood = await store.write_tries(session, list(batch.values()), settings.keep_probes)
    settled: list[tuple[Tried, Health]] = []
    for camera_id, one in batch.items():
        health = health_after(one.result, stood[camera_id].failures, settings.offline_after)
        if health is not None:
            settled.append((one, health))
    # A camera that plays keeps what diagnosis holds of its picture: badly, until a look finds it well.
    spoiled = await diagnoses.spoiled(session, [one.camera_id for one, health in settled if health is Health.WORKS])
    states = [
        (one, Health.BAD if one.camera_id in spoiled and health is Health.WORKS else health) for one, health in settled
    ]
    await record_health(session, [(one.camera_id, health, one.at) for one, health in states])
    await _tell(session, [one for one, _ in settled], stood, always)


async def _tell(session: WriteSession, settled: Sequence[Tried], stood: dict[UUID, Stood], always: bool) -> None:
    """Report what changed, what lasts and was not told today, or (`always`) whatever was found."""
    wells = [one for one in settled if one.result.first_frame and (always or stood[one.camera_id].fault is not None)]
    faulty = [one for one in settled if not one.result.first_frame and (always or _is_news(one, stood[one.camera_id]))]
    if not wells and not faulty:
        return
    excused = await exempt_among(session, [one.camera_id for one in faulty], faulty[0].at) if faulty else frozenset()
    faults = [
        Fault(one.camera_id, code, one.at, {"error": one.result.error, "milliseconds": one.result.milliseconds})
        for one in faulty
        if one.camera_id not in excused and (code := fault_of(one.result)) is not None
    ]
    await report_faults(session, faults)
    await report_wells(session, [(one.camera_id, LINK, one.at) for one in wells])
    told: list[tuple[UUID, str | None, datetime]] = [(fault.camera_id, fault.code, fault.at) for fault in faults]
    await store.remember_faults(session, [*told, *((one.camera_id, None, one.at) for one in wells)])


def _is_news(one: Tried, stood: Stood) -> bool:
    return stood.fault != fault_of(one.result) or stood.fault_at is None or one.at - stood.fault_at > TELL_AGAIN
