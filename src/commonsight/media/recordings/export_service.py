"""Use cases of exports: ask, make, hand out, expire."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog

import commonsight
from commonsight import jobs, outbox
from commonsight.access.audit import Actor, record
from commonsight.catalog import service as catalog
from commonsight.clock import Clock
from commonsight.gate import service as gate
from commonsight.gate.model import MINUTES_MOST, Action, Issued, Standing
from commonsight.http import Caller
from commonsight.media.recordings import clip, export_store, store
from commonsight.media.recordings.certificate import Signer, digests
from commonsight.media.recordings.export_store import Export
from commonsight.media.recordings.library import Library, nothing
from commonsight.media.recordings.model import ExportState, checked_span, clipped, gaps, joined
from commonsight.media.recordings.model import Held as Span
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database, ReadSession, WriteSession
from commonsight.settings import Settings

CAMERAS_MOST: Final = 16
"""Cameras of one export."""
BEAT_SECONDS: Final = 1.0
"""An export that runs looks this often whether it is still wanted, and its permit still good."""
LOST_MINUTES: Final = 5
"""An export nobody has worked on for so long is begun anew."""
EXPIRE_BATCH: Final = 50

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to have: cameras, from when to when, and why."""

    cameras: tuple[UUID, ...]
    begin: datetime
    end: datetime
    purpose_code: str
    purpose_text: str


async def ask(
    session: WriteSession, caller: Caller, by: Actor, asked: Asked, settings: Settings, now: datetime
) -> UUID:  # fmt: skip
    """Ask for an export, under one of the caller's grants; each camera's line of the register is opened with it.

    Raises:
        Refusal: `media.span_invalid`, `media.export_cameras`, `media.nothing_recorded`, `media.export_room`,
            `media.limit_unsupported`, and what the gate refuses (`gate.no_grant`, a purpose that is missing …).
    """
    cameras = tuple(dict.fromkeys(asked.cameras))
    if not 1 <= len(cameras) <= CAMERAS_MOST:
        raise Refusal(
            "media.export_cameras", status=422, rule=f"1..{CAMERAS_MOST}", operand="cameras", expected=CAMERAS_MOST,
            actual=len(cameras),
        )  # fmt: skip
    span = checked_span(asked.begin, asked.end, timedelta(hours=settings.recording.export_hours_max))
    issued = await gate.issue(
        session, caller=caller, cameras=cameras, purpose_code=asked.purpose_code, purpose_text=asked.purpose_text,
        minutes=MINUTES_MOST, action=Action.DOWNLOAD, footage=span, now=now,
    )  # fmt: skip
    permit = issued.permit
    if permit.limits.resolution is not None or permit.limits.fps is not None:
        raise Refusal(
            "media.limit_unsupported", status=501, rule="limits", operand="resolution, fps",
            expected=permit.limits.as_json(),
        )  # fmt: skip
    await _room(session, cameras, span, settings)
    export_id = uuid7()
    lines = [
        await gate.open_retrieval(
            session, permit, camera, node="export", action=Action.DOWNLOAD, footage=span, now=now
        )
        for camera in cameras
    ]  # fmt: skip
    briefs = [await catalog.camera_brief(session, camera) for camera in cameras]
    await export_store.insert(
        session,
        {
            "id": export_id, "permit_id": permit.id, "retrievals": lines, "by_id": caller.id, "viewer": permit.holder,
            "cameras": list(cameras), "region": _common([brief.region for brief in briefs if brief]),
            "begins_at": span[0], "ends_at": span[1], "source": "own", "purpose_code": permit.purpose_code,
            "purpose_text": permit.purpose_text, "mask": permit.limits.mask, "asked_at": now,
        },
    )  # fmt: skip
    await record(
        session, by, "media.export_asked", now, kind="export", subject_id=export_id,
        cameras=[str(camera) for camera in cameras], span=[moment.isoformat() for moment in span],
    )  # fmt: skip
    await jobs.enqueue(
        session, "media:make_export", {"export_id": str(export_id)}, queueing_lock=f"media.export.{export_id}"
    )
    return export_id


async def _room(
    session: ReadSession, cameras: Sequence[UUID], span: tuple[datetime, datetime], settings: Settings
) -> None:
    found = [one for camera in cameras for one in await store.between(session, camera, *span)]
    if not found:
        raise nothing(*span)
    taken, most = await export_store.room_taken(session), settings.recording.export_bytes_max
    wanted = sum(one.size for one in found)
    if taken + wanted > most:
        raise Refusal(
            "media.export_room", status=409, rule="recording.export_bytes_max", operand="span", expected=most - taken,
            actual=wanted,
        )  # fmt: skip


def _common(regions: Sequence[str]) -> str:
    """The longest region code that holds them all."""
    if not regions:
        return ""
    low, high = min(regions), max(regions)
    same = next(
        (place for place, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high))
    )
    return low[:same]


async def seen(session: ReadSession, export_id: UUID, caller: Caller, *, lock: bool = False) -> Export:
    """An export of the caller's own; who reads the register sees those of their regions.

    Raises:
        Refusal: `media.export_unknown` (404).
    """
    found = await export_store.one(session, export_id, lock=lock)
    reads = "pictures.register" in caller.permissions
    if found is None or not (
        found.by_id == caller.id or (reads and any(found.region.startswith(mine) for mine in caller.regions))
    ):
        raise Refusal("media.export_unknown", status=404, operand="export", actual=str(export_id))
    return found


async def cancel(session: WriteSession, found: Export, by: Actor, now: datetime) -> None:
    """Stop making it, or let its files go before their time. Doing so twice changes nothing."""
    if await export_store.end(session, found.id, ExportState.CANCELLED, now):
        await _close(session, found, 0, "export_cancelled", now)
        await record(session, by, "media.export_cancelled", now, kind="export", subject_id=found.id)
    elif found.state is ExportState.DONE:
        await export_store.expire(session, found.id, now)


async def link(session: WriteSession, found: Export, caller: Caller, viewer: str | None, now: datetime) -> Issued:
    """A permit to fetch the files, under a grant that covers them now and for the purpose they were made for.

    Raises:
        Refusal: `media.export_not_ready`, `media.export_unknown` for somebody else's, and what the gate refuses.
    """
    if found.by_id != caller.id:
        raise Refusal("media.export_unknown", status=404, operand="export", actual=str(found.id))
    if found.state is not ExportState.DONE:
        raise Refusal("media.export_not_ready", status=409, operand="state", expected="done", actual=found.state.value)
    return await gate.issue(
        session, caller=caller, cameras=found.cameras, purpose_code=found.purpose_code,
        purpose_text=found.purpose_text, action=Action.DOWNLOAD, footage=(found.begins_at, found.ends_at),
        viewer=viewer, now=now,
    )  # fmt: skip


class _Unwanted(Exception):
    """Nobody wants the export any more, or nobody may have it. The text is why."""


class Maker:
    """Makes exports in a `work` process."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock, self._settings = database, clock, settings
        self._library = Library(database, settings.recordings_dir)
        self._beat_at = 0.0

    async def make(self, export_id: UUID) -> None:
        """Make one. Whatever keeps it from being made is written beside it; nothing half-made is left."""
        async with self._database.write() as session:
            if not await export_store.begin(session, export_id, self._clock.now()):
                return
            found = await export_store.one(session, export_id)
        assert found is not None
        home = directory(self._settings, export_id)
        try:
            files = await self._files(found, home)
            await self._finish(found, files)
        except _Unwanted as unwanted:
            await self._fail(found, home, ExportState.CANCELLED, {"code": f"media.{unwanted}"})
        except Refusal as refusal:
            await self._fail(found, home, ExportState.FAILED, {"code": refusal.code, **_plain(refusal.facts())})
        except OSError as error:
            log.error("export_disk", export=str(export_id), error=str(error))
            await self._fail(found, home, ExportState.FAILED, {"code": "media.export_disk", "reason": str(error)[:200]})

    async def _files(self, found: Export, home: Path) -> list[dict[str, Any]]:
        await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)
        await asyncio.to_thread(home.mkdir, parents=True, mode=0o700)
        made = []
        for number, camera in enumerate(found.cameras):

            async def progress(share: float, number: int = number) -> None:
                await self._beat(found, (number + share) / len(found.cameras))

            await self._beat(found, number / len(found.cameras), now=True)
            made.append(await self._file(found, camera, home / f"{number + 1}.mp4", progress))
        return made

    async def _file(self, found: Export, camera: UUID, target: Path, progress: clip.Progress) -> dict[str, Any]:
        async with self._database.read() as session:
            brief = await catalog.camera_brief(session, camera)
        name, code, region = (brief.name, brief.code, brief.region) if brief else ("", "", "")
        recordings = await self._library.recordings(camera, found.begins_at, found.ends_at)
        mark = clip.Mark(found.viewer, name, str(found.id), self._settings.region.timezone)
        await clip.make(
            [self._library.path(one) for one in recordings], found.begins_at, found.ends_at, target, mark, found.mask,
            self._settings, progress,
        )  # fmt: skip
        held = [Span("own", one.starts_at, one.ends_at) for one in recordings]
        parts = clipped(joined(held), found.begins_at, found.ends_at)
        digest = await asyncio.to_thread(digests, target)
        return {
            "name": target.name, "bytes": digest.size, "sha256": digest.sha256, "sm3": digest.sm3,
            "camera": {"id": str(camera), "code": code, "name": name, "region": region},
            "parts": [{"from": one.begin.isoformat(), "to": one.end.isoformat()} for one in parts],
            "gaps": [
                {"from": low.isoformat(), "to": high.isoformat()}
                for low, high in gaps(parts, found.begins_at, found.ends_at)
            ],
            "segments": [
                {
                    "recording": str(one.id), "node": one.node, "from": one.starts_at.isoformat(),
                    "to": one.ends_at.isoformat(), "sha256": one.sha256.hex(),
                }
                for one in recordings
            ],
        }  # fmt: skip

    async def _beat(self, found: Export, share: float, *, now: bool = False) -> None:
        """Say how far it is, and give up when nobody wants it any more."""
        if not now and self._clock.monotonic() - self._beat_at < BEAT_SECONDS:
            return
        self._beat_at = self._clock.monotonic()
        async with self._database.write() as session:
            wanted = await export_store.beat(session, found.id, share, self._clock.now())
            standing = await gate.standing(session, found.permit_id)
        if not wanted:
            raise _Unwanted("export_cancelled")
        if standing is not Standing.VALID:
            raise _Unwanted("permit_revoked" if standing is Standing.REVOKED else "permit_expired")

    async def _finish(self, found: Export, files: list[dict[str, Any]]) -> None:
        await self._beat(found, 1.0, now=True)
        now = self._clock.now()
        signer = await asyncio.to_thread(Signer, self._settings.data_dir)
        certificate = signer.sign(
            {
                "export": str(found.id), "made_at": now.isoformat(), "platform": self._settings.sip.id,
                "software": f"commonsight {commonsight.__version__}",
                "from": found.begins_at.isoformat(), "to": found.ends_at.isoformat(),
                "viewer": found.viewer, "purpose": {"code": found.purpose_code, "text": found.purpose_text},
                "permit": str(found.permit_id), "retrievals": [str(line) for line in found.retrievals],
                "watermark": True, "mask": found.mask, "files": files,
            }
        )  # fmt: skip
        expires = now + timedelta(days=self._settings.recording.export_days)
        size = sum(int(one["bytes"]) for one in files)
        async with self._database.write() as session:
            await export_store.keep_key(session, signer.public, "work", now)
            await export_store.finish(session, found.id, now, expires, files, certificate)
            await _close(session, found, size, "export_made", now)
            await outbox.append(
                session, "media.export_made",
                {
                    "export": str(found.id), "permit": str(found.permit_id),
                    "files": [{"camera": one["camera"]["id"], "sha256": one["sha256"]} for one in files],
                },
            )  # fmt: skip
        log.info("export_made", export=str(found.id), files=len(files), bytes=size)

    async def _fail(self, found: Export, home: Path, state: ExportState, problem: dict[str, Any]) -> None:
        await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)
        now = self._clock.now()
        async with self._database.write() as session:
            await export_store.end(session, found.id, state, now, problem)
            await _close(session, found, 0, problem["code"].rpartition(".")[2], now)
        log.warning("export_not_made", export=str(found.id), code=problem["code"])

    async def tidy(self) -> None:
        """Delete files that have been kept long enough; begin those anew whose worker was lost."""
        now = self._clock.now()
        async with self._database.write() as session:
            expired = await export_store.due(session, now, EXPIRE_BATCH)
            for one in expired:
                await outbox.append(
                    session, "media.export_expired",
                    {"export": str(one.id), "files": [{"sha256": file["sha256"]} for file in one.files]},
                )  # fmt: skip
            for export_id in await export_store.lost(session, now - timedelta(minutes=LOST_MINUTES)):
                await jobs.enqueue(
                    session, "media:make_export", {"export_id": str(export_id)},
                    queueing_lock=f"media.export.{export_id}",
                )  # fmt: skip
        for one in expired:
            await asyncio.to_thread(shutil.rmtree, directory(self._settings, one.id), ignore_errors=True)


async def _close(session: WriteSession, found: Export, size: int, reason: str, now: datetime) -> None:
    seconds = (found.ends_at - found.begins_at).total_seconds() if size else 0.0
    for line in found.retrievals:
        await gate.close_retrieval(session, line, seconds=seconds, bytes=size, reason=reason, now=now)


def directory(settings: Settings, export_id: UUID) -> Path:
    """Where the files of an export lie."""
    return settings.recordings_dir / "exports" / str(export_id)


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, str | int | float | bool) else str(value) for key, value in facts.items()}
