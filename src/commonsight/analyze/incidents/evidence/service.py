"""Use cases of evidence: ask for it, fetch it in a job, let it go."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter

from commonsight import jobs
from commonsight.analyze.incidents import store as incidents
from commonsight.analyze.incidents.evidence import files, store, taking
from commonsight.analyze.incidents.evidence.model import SEGMENT_WAIT, Kind, covered, span_of
from commonsight.analyze.incidents.evidence.store import Made
from commonsight.analyze.incidents.model import Incident
from commonsight.catalog import service as catalog
from commonsight.gate import service as gate
from commonsight.gate.model import Action, Permit
from commonsight.jobs import House
from commonsight.media.client import StreamEnded, packets
from commonsight.media.recordings.library import Library
from commonsight.problem import Refusal
from commonsight.records.database import WriteSession
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

HOLDER: Final = "incidents"
PURPOSE: Final = "analysis"
LANES: Final = 4
"""Pieces of evidence fetched at the same time at most, on all machines together: pictures for viewers go before."""
COVERED_LEAST: Final = 0.5
"""A recorded clip that shows less of its span does not replace a live one."""

MADE = Counter("commonsight_incident_evidence", "Pieces of evidence by what became of them", ["kind", "outcome"])


async def ask(session: WriteSession, incident: Incident, settings: Settings, now: datetime) -> None:
    """Ask for an incident's picture and clip: at once from the live stream, later from what was recorded."""
    if not settings.incidents.evidence:
        return
    begin, end = span_of(incident, settings.incidents)
    await store.want(session, incident.id, Kind.STILL, incident.began_at, incident.began_at)
    await store.want(session, incident.id, Kind.CLIP, begin, end)
    lane = f"analyze.evidence.{incident.id.int % LANES}"
    given = {"incident_id": str(incident.id)}
    await jobs.enqueue(session, "analyze:take_evidence", given, lock=lane)
    filed = end + timedelta(seconds=settings.recording.segment_seconds) + SEGMENT_WAIT
    await jobs.enqueue(session, "analyze:cut_evidence", given, lock=lane, at=max(filed, now))


class Maker:
    """Fetches evidence in a `work` process."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._settings = house.settings
        self._place = files.place_of(house.settings.data_dir)

    async def take(self, incident_id: UUID) -> None:
        """A picture and a clip from the live stream, from now on; where there is none, its reason is written down."""
        found = await self._incident(incident_id)
        if found is None:
            return
        seconds, mask, models = (
            self._settings.incidents.after_seconds, self._settings.incidents.mask, self._settings.models_dir,
        )  # fmt: skip
        try:
            permit, ticket = await self._permit(found.camera_id, frozenset({Action.LIVE}))
            async with packets(self._house.database, ticket, found.camera_id) as stream:
                taken = await taking.live(stream, seconds, self._house.clock)
        except (Refusal, StreamEnded) as error:
            reason = error.code if isinstance(error, Refusal) else f"media.{error.code}"
            for kind in Kind:
                await self._lack(found, kind, reason)
            return
        async with self._room() as room:
            await self._still(found, permit, taken, mask, models)
            plain, made = room / "plain.mp4", room / "made.mp4"
            try:
                await asyncio.to_thread(taking.film, taken, plain)
                await asyncio.to_thread(taking.masked_film, plain, made, mask, models)
            except Refusal as refusal:
                await self._lack(found, Kind.CLIP, refusal.code)
            else:
                ends = taken.began_at + timedelta(seconds=taken.seconds)
                await self._keep(found, Kind.CLIP, made, permit, mask, (taken.began_at, ends))

    async def _still(self, found: Incident, permit: Permit, taken: taking.Live, mask: str, models: Path) -> None:
        try:
            data = await asyncio.to_thread(taking.still_of, taken, mask, models)
        except Refusal as refusal:
            await self._lack(found, Kind.STILL, refusal.code)
        else:
            await self._keep(found, Kind.STILL, data, permit, mask, (taken.began_at, taken.began_at))

    async def cut(self, incident_id: UUID) -> None:
        """The picture of the moment and the clip around it, where they were recorded: better than what came later."""
        found = await self._incident(incident_id)
        if found is None:
            return
        begin, end = span_of(found, self._settings.incidents)
        library = Library(self._house.database, self._settings.recordings_dir)
        recordings = await library.recordings(found.camera_id, begin, end)
        spans = [(one.starts_at, one.ends_at) for one in recordings]
        paths = [library.path(one) for one in recordings]
        here = [path for path in paths if await asyncio.to_thread(path.is_file)]
        if covered(spans, begin, end) < COVERED_LEAST or not here:
            await self._lack(found, Kind.CLIP, "media.nothing_recorded")
            return
        permit, _ = await self._permit(found.camera_id, frozenset({Action.DOWNLOAD}))
        async with self._house.database.write() as session:
            line = await gate.open_retrieval(
                session, permit, found.camera_id, node="work", action=Action.DOWNLOAD, footage=(begin, end)
            )
            brief = await catalog.camera_brief(session, found.camera_id)
        mask, reason = self._settings.incidents.mask, "evidence_failed"
        seconds = 0.0
        try:
            async with self._room() as room:
                still = await asyncio.to_thread(taking.recorded_still, here, found.began_at, mask, room, self._settings)
                await self._keep(found, Kind.STILL, still, permit, mask, (found.began_at, found.began_at))
                name = "" if brief is None else brief.name
                mark = taking.incident_mark(found.id, name, self._settings.region.timezone)
                made = room / "made.mp4"
                shown = await taking.recorded_clip(here, begin, end, made, mark, self._settings, _nothing)
                await self._keep(found, Kind.CLIP, made, permit, mask, shown)
                reason, seconds = "evidence_made", (shown[1] - shown[0]).total_seconds()
        except (Refusal, OSError) as error:
            code = error.code if isinstance(error, Refusal) else "analyze.evidence_disk"
            for kind in Kind:
                await self._lack(found, kind, code)
        finally:
            async with self._house.database.write() as session:
                await gate.close_retrieval(session, line, seconds=seconds, bytes=0, reason=reason)

    async def tidy(self) -> None:
        """Let evidence go whose time is over, or that there is no room for; delete what no row names."""
        now, settings = self._house.clock.now(), self._settings.incidents
        async with self._house.database.write() as session:
            gone = await store.expire(session, now - timedelta(days=settings.evidence_days))
            gone += await store.make_room(session, settings.evidence_bytes)
        async with self._house.database.read() as session:
            wanted = await store.names(session)
        deleted = await asyncio.to_thread(files.purge, self._place, wanted, now.timestamp() - 3_600)
        if gone or deleted:
            log.info("incident_evidence_gone", rows=gone, files=deleted)

    async def _incident(self, incident_id: UUID) -> Incident | None:
        async with self._house.database.read() as session:
            return await incidents.one(session, incident_id)

    async def _permit(self, camera_id: UUID, actions: frozenset[Action]) -> tuple[Permit, str]:
        async with self._house.database.write() as session:
            issued = await gate.issue_system(
                session, name=HOLDER, purpose_code=PURPOSE, cameras=[camera_id], hours=1, actions=actions
            )
        return issued.permit, issued.ticket

    @asynccontextmanager
    async def _room(self) -> AsyncIterator[Path]:
        """A directory of our own, gone afterwards, on the disk the evidence lies on."""
        await asyncio.to_thread(self._place.mkdir, parents=True, exist_ok=True, mode=0o700)
        made = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix=".making-", dir=self._place)
        try:
            yield Path(made.name)
        finally:
            await asyncio.to_thread(made.cleanup)

    async def _keep(
        self, found: Incident, kind: Kind, data: bytes | Path, permit: Permit, mask: str,
        shown: tuple[datetime, datetime],
    ) -> None:  # fmt: skip
        suffix, media_type = ("jpg", "image/jpeg") if kind is Kind.STILL else ("mp4", "video/mp4")
        name, size, digest = await asyncio.to_thread(files.keep, self._place, found.id, suffix, data)
        made = Made(name, media_type, size, digest, mask, permit.id, *shown)
        async with self._house.database.write() as session:
            await store.keep(session, found.id, kind, made, self._house.clock.now())
        MADE.labels(kind.value, "kept").inc()

    async def _lack(self, found: Incident, kind: Kind, reason: str) -> None:
        async with self._house.database.write() as session:
            await store.lack(session, found.id, kind, reason, self._house.clock.now())
        MADE.labels(kind.value, "none").inc()
        log.info("incident_without_evidence", incident=str(found.id), kind=kind.value, reason=reason)


async def _nothing() -> None:
    """Nobody waits for this clip's progress."""
