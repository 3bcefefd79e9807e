"""Pictures a device takes by itself and posts to us: asked for under a permit, taken in under a key that is used up.

A device that is told to make snapshots posts each picture to an address that holds a session name and a secret. Only
the hash of the secret is kept; the address takes as many pictures as were asked for and dies with the permit.
"""

import asyncio
import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import text

from commonsight.connect.gb28181.model import Device
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.manscdp import Manscdp
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database, ReadSession, WriteSession

log = structlog.get_logger(__name__)

PICTURE_MOST: Final = 8 * 1024 * 1024
UPLOAD_MINUTES: Final = 15
"""A device has this long, beyond the interval times the number, to post what it took."""

KEEP_HOURS: Final = 24
"""Pictures are deleted this long after their permit has run out."""

JPEG: Final = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A series that was asked for. `listed`: how many the device said it had posted."""

    id: UUID
    camera_id: UUID
    device_id: UUID
    channel: str
    permit_id: UUID
    holder_id: UUID
    session: str
    wanted: int
    received: int
    listed: int | None
    state: str
    created_at: datetime
    expires_at: datetime
    finished_at: datetime | None


_FIELDS: Final = (
    "id, camera_id, device_id, channel, permit_id, holder_id, session, wanted, received, listed, state, created_at, "
    "expires_at, finished_at"
)


def _snapshot(row: Any) -> Snapshot:
    return Snapshot(*(getattr(row, name) for name in _FIELDS.split(", ")))


async def ask(
    session: WriteSession, *, camera_id: UUID, device_id: UUID, channel: str, permit_id: UUID, holder_id: UUID,
    number: int, interval: int, now: datetime,
) -> tuple[Snapshot, str]:  # fmt: skip
    """File a series; it and the secret of its address, which is kept nowhere."""
    key = secrets.token_urlsafe(24)
    found = await session.execute(
        text(
            "INSERT INTO gb_snapshots (id, camera_id, device_id, channel, permit_id, holder_id, session, key_sha256, "  # noqa: S608
            "wanted, state, created_at, expires_at) VALUES (:id, :camera, :device, :channel, :permit, :holder, "
            f":session, :key, :wanted, 'asked', :now, :expires) RETURNING {_FIELDS}"
        ),
        {
            "id": uuid7(),
            "camera": camera_id,
            "device": device_id,
            "channel": channel,
            "permit": permit_id,
            "holder": holder_id,
            "session": secrets.token_hex(20),
            "key": _digest(key),
            "wanted": number,
            "now": now,
            "expires": now + timedelta(minutes=UPLOAD_MINUTES, seconds=number * interval),
        },
    )
    return _snapshot(found.one()), key


async def one(session: ReadSession, snapshot_id: UUID, camera_id: UUID) -> Snapshot | None:
    """The series, if it is of this camera."""
    found = await session.execute(
        text(f"SELECT {_FIELDS} FROM gb_snapshots WHERE id = :id AND camera_id = :camera"),  # noqa: S608
        {"id": snapshot_id, "camera": camera_id},
    )
    row = found.first()
    return None if row is None else _snapshot(row)


async def failed(session: WriteSession, snapshot_id: UUID, now: datetime) -> None:
    """The device would not do it."""
    await session.execute(
        text("UPDATE gb_snapshots SET state = 'failed', finished_at = :now WHERE id = :id"),
        {"id": snapshot_id, "now": now},
    )


async def take_in(session: WriteSession, name: str, key: str, picture: bytes, place: Path, now: datetime) -> Snapshot:
    """A picture was posted: write its file, then count it. The row is locked, so that two at once get two numbers.

    Raises:
        Refusal: `connect.upload_unknown` (404, also for a wrong secret), `connect.upload_over` (410),
            `connect.upload_not_jpeg` (415).
    """
    found = await session.execute(
        text(f"SELECT {_FIELDS}, key_sha256 FROM gb_snapshots WHERE session = :name FOR UPDATE"),  # noqa: S608
        {"name": name},
    )
    row = found.first()
    if row is None or not secrets.compare_digest(bytes(row.key_sha256), _digest(key)):
        raise Refusal("connect.upload_unknown", status=404, rule="an address that was given out", operand="session")
    held = _snapshot(row)
    if held.received >= held.wanted or now >= held.expires_at or held.state == "failed":
        raise Refusal(
            "connect.upload_over", status=410, rule="as many pictures as asked for, in time", operand="session",
            expected=held.wanted, actual=held.received,
        )  # fmt: skip
    if not picture.startswith(JPEG) or len(picture) > PICTURE_MOST:
        raise Refusal(
            "connect.upload_not_jpeg", status=415, rule="JPEG", operand="body",
            expected=f"at most {PICTURE_MOST} bytes", actual=len(picture),
        )  # fmt: skip
    number = held.received + 1
    await asyncio.to_thread(_write, picture_path(place, held.id, number), picture)
    done = number == held.wanted or number == held.listed
    await session.execute(
        text(
            "UPDATE gb_snapshots SET received = :number, state = CASE WHEN :done THEN "
            "CASE WHEN :number >= wanted THEN 'done' ELSE 'partial' END ELSE state END, "
            "finished_at = CASE WHEN :done THEN CAST(:now AS timestamptz) ELSE finished_at END WHERE id = :id"
        ),
        {"id": held.id, "number": number, "done": done, "now": now},
    )
    return held


async def on_finished(database: Database, device: Device, message: Manscdp, now: datetime) -> None:
    """The device says which pictures it posted: fewer than were asked for is a partial failure. A picture that is
    still on its way is counted when it comes."""
    said = manscdp.item_fields(message.root)
    name = said.get("SessionID", "")
    files = message.root.find("SnapShotList")
    listed = len(files) if files is not None else 0
    async with database.write() as session:
        await session.execute(
            text(
                "UPDATE gb_snapshots SET listed = least(:listed, 1000), "
                "state = CASE WHEN received >= wanted THEN 'done' WHEN :listed = 0 THEN 'failed' "
                "WHEN received >= :listed THEN 'partial' ELSE state END, "
                "finished_at = CASE WHEN received >= least(:listed, wanted) THEN CAST(:now AS timestamptz) "
                "ELSE finished_at END "
                "WHERE session = :name AND device_id = :device AND state IN ('asked', 'partial')"
            ),
            {"name": name[:100], "device": device.id, "listed": min(listed, 1000), "now": now},
        )
    log.info("snapshots_posted", device=device.code, listed=listed)


async def purge(session: WriteSession, place: Path, now: datetime) -> int:
    """Delete the pictures of series whose time is long over; their rows stay. How many series."""
    found = await session.execute(
        text("SELECT id FROM gb_snapshots WHERE received > 0 AND expires_at < :before ORDER BY id LIMIT 500"),
        {"before": now - timedelta(hours=KEEP_HOURS)},
    )
    old: Sequence[UUID] = list(found.scalars())
    if old:
        await asyncio.to_thread(_delete, [place / str(snapshot_id) for snapshot_id in old])
        await session.execute(text("UPDATE gb_snapshots SET received = 0 WHERE id = ANY(:ids)"), {"ids": list(old)})
    return len(old)


def picture_path(place: Path, snapshot_id: UUID, number: int) -> Path:
    """Where a picture lies; `number` counts from 1."""
    return place / str(snapshot_id) / f"{number}.jpg"


def picture_of(body: bytes, content_type: str) -> bytes:
    """The picture in a request body: the body itself, or the first file of a form."""
    if not content_type.lower().startswith("multipart/"):
        return body
    head = f"Content-Type: {content_type[:500]}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    for part in message.walk():
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and payload.startswith(JPEG):
            return payload
    return b""


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _write(path: Path, picture: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = path.with_suffix(".part")
    with scratch.open("wb") as file:
        file.write(picture)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)


def _delete(folders: Sequence[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
