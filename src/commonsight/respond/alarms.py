"""Alarms become cases: what devices told over GB/T 28181 and what view libraries recognised (GA/T 1400)."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog

from commonsight.catalog import store as catalog
from commonsight.connect.gb28181 import events_store
from commonsight.connect.viid import store as viid
from commonsight.outbox import Entry
from commonsight.records.database import WriteSession
from commonsight.respond.model import Opening
from commonsight.respond.opening import open_or_add
from commonsight.text import catalogue

log = structlog.get_logger(__name__)

GB28181: Final = "gb28181"
VIID: Final = "viid"

WITHOUT_PRIORITY: Final = 3
"""Severity of an alarm whose device did not say how urgent it is."""

RECOGNISED_SEVERITY: Final = 2
"""A view library raises an alarm when it found somebody or something it was told to look for."""

WORDS_MOST: Final = 500


async def from_device(session: WriteSession, entry: Entry) -> None:
    """One alarm that a device told by SIP."""
    row = await events_store.alarm(session, UUID(entry.payload["alarm"]))
    if row is None:  # its device was taken off the file meanwhile, or it is a year old
        return
    await open_or_add(session, of_device(row, entry.at), entry.at)


def of_device(row: Any, at: datetime) -> Opening:
    """What a device's alarm is as a case. Times are ours: devices' clocks are not to be trusted with deadlines."""
    own_place = None if row.lon is None else (row.lon, row.lat)
    camera_place = None if row.camera_lon is None else (row.camera_lon, row.camera_lat)
    scope = str(row.camera_id) if row.camera_id else f"{row.device_code}/{row.code}"
    return Opening(
        kind="alarm",
        severity=row.priority if 1 <= row.priority <= 4 else WITHOUT_PRIORITY,
        subject=subject(row.method, row.type),
        source=GB28181,
        key=f"{GB28181}:{row.device_code}/{row.code}:{row.method}:{row.type}",
        scope=scope,
        region=row.camera_region or row.region,
        at=at,
        words=row.description[:WORDS_MOST],
        camera_id=row.camera_id,
        device=row.device_code,
        channel=row.code,
        place=row.camera_name or row.device_name,
        point=own_place or camera_place,
        evidence={"kind": "gb_alarm", "id": str(row.id), "at": row.at.isoformat(), "got": at.isoformat()},
        detail={"method": row.method, "type": row.type},
    )


async def from_library(session: WriteSession, entry: Entry) -> None:
    """One alarm that a device of the view library raised."""
    kept = await viid.alarm(session, UUID(entry.payload["alarm"]))
    if kept is None:
        return
    camera = None if kept.camera_id is None else await catalog.one(session, kept.camera_id)
    await open_or_add(
        session,
        Opening(
            kind="alarm",
            severity=RECOGNISED_SEVERITY,
            subject="respond.subject_recognised",
            source=VIID,
            # Each title is a search of its own: two of them are two cases, the same one again is not.
            key=f"{VIID}:{kept.camera_id or kept.device}:{kept.title}",
            scope=str(kept.camera_id or kept.device),
            region=kept.region,
            at=entry.at,
            words=kept.title[:WORDS_MOST],
            camera_id=kept.camera_id,
            device=kept.device,
            place=kept.device if camera is None else camera.row.name,
            point=None if camera is None else camera.row.point,
            evidence={
                "kind": "viid_alarm", "id": str(kept.id), "at": kept.raised_at.isoformat(),
                "got": entry.at.isoformat(),
            },
        ),
        entry.at,
    )  # fmt: skip


def subject(method: int, type_: int) -> str:
    """The message code of what a device alarms about, as closely as it is known (field practice)."""
    for code in (f"respond.alarm_{method}_{type_}", f"respond.alarm_{method}"):
        if code in catalogue():
            return code
    return "respond.alarm"
