"""An analysis worker: takes cameras under leases, watches them, gives them back."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Gauge
from sqlalchemy.exc import DBAPIError

from commonsight.analyze import archive, store
from commonsight.analyze.budget.pools import served_by
from commonsight.analyze.engine import feed
from commonsight.analyze.engine.feed import Stream
from commonsight.analyze.engine.workload import BUDGET
from commonsight.analyze.road_users import CLASSES
from commonsight.analyze.store import Lease, LeaseLost
from commonsight.analyze.traits.collect import Traits
from commonsight.analyze.traits.plates import PlateReader
from commonsight.analyze.watch import Tools, Watch
from commonsight.clock import Clock
from commonsight.gate import service as gate
from commonsight.media.client import StreamEnded, packets
from commonsight.problem import Refusal
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.settings import Settings
from commonsight.vision.cards import card
from commonsight.vision.detect import Detector
from commonsight.vision.store import ModelStore

log = structlog.get_logger(__name__)

TAKE_SECONDS: Final = 1.0
"""Looked this often for cameras nobody watches."""
TELL_SECONDS: Final = 5.0
"""What a worker does and costs is told this often."""
PERMIT_HOURS: Final = 24.0
RENEW_PERMIT_SECONDS: Final = 3600.0 * 12
RESTART_SECONDS: Final = 5.0
"""A camera whose watching failed without a known reason is tried again after this."""

WATCHED = Gauge("commonsight_see_cameras", "Cameras this worker watches")


async def serve(settings: Settings, database: Database, clock: Clock, name: str, stop: asyncio.Event) -> None:
    """Watch cameras until `stop`, then write what is left and give the leases back."""
    with (
        ThreadPoolExecutor(1, "inference") as inference,
        ThreadPoolExecutor(1, "decoding") as decoding,
    ):
        permit = Permit(database, clock, name)
        detectors = Detectors(settings)
        Traits.reader = Plates(settings).get
        tools = Tools(
            database, clock, settings.see, permit.stream, detectors.get, inference, decoding
        )  # fmt: skip
        worker = Worker(name, tools, settings)
        await worker.run(stop)


class Permit:
    """This worker's key to pictures, renewed before it ends. What it opens is written into the register by media."""

    def __init__(self, database: Database, clock: Clock, name: str) -> None:
        self._database, self._clock, self._name = database, clock, name
        self._ticket: str | None = None
        self._issued = 0.0
        self._lock = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def stream(self, camera_id: UUID) -> AsyncIterator[Stream]:
        """A camera's packets from the media node that holds it.

        Raises:
            StreamEnded: a word about the permit itself makes the next attempt ask for a new one.
        """
        try:
            async with packets(self._database, await self._current(), camera_id) as stream:
                yield stream
        except StreamEnded as ended:
            if ended.code.startswith("permit_"):
                self._ticket = None
            raise

    async def _current(self) -> str:
        async with self._lock:
            age = self._clock.monotonic() - self._issued
            if self._ticket is None or age > RENEW_PERMIT_SECONDS:
                async with self._database.write() as session:
                    issued = await gate.issue_system(
                        session, name=self._name, purpose_code="analysis", hours=PERMIT_HOURS
                    )
                self._ticket, self._issued = issued.ticket, self._clock.monotonic()
            return self._ticket


class Detectors:
    """One detector a model, made when first asked for, in the inference thread that alone uses it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._models = ModelStore(settings.models_dir)
        self._made: dict[str, Detector] = {}

    def get(self, name: str | None) -> Detector:
        """The detector of a model, None for the settings'.

        Raises:
            Refusal: unknown card, weights missing or changed; asked again later it may succeed.
        """
        vision = self._settings.vision
        name = name or vision.model
        if name not in self._made:
            self._made[name] = Detector(
                card(name), self._models.path(name), threads=vision.threads, providers=vision.providers, classes=CLASSES
            )
        return self._made[name]


class Plates:
    """What reads plates, made when a camera's setup first asks for it, in the inference thread that alone uses it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: PlateReader | None = None

    def get(self) -> PlateReader | None:
        """The reader; None while its weights are missing: everything else is collected all the same."""
        vision = self._settings.vision
        if self._made is None:
            try:
                self._made = PlateReader(self._settings.models_dir, threads=vision.threads, providers=vision.providers)
            except Refusal as refusal:
                log.warning("plates_not_read", code=refusal.code)
        return self._made


class Worker:
    """Keeps as many cameras watched as its budget allows."""

    def __init__(self, name: str, tools: Tools, settings: Settings) -> None:
        self._name, self._tools, self._settings = name, tools, settings
        self._watching: dict[UUID, asyncio.Task[None]] = {}
        self._told: int | None = None
        self._told_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Take cameras until `stop`; then let each write and go."""
        await self._try(self._prepare)
        stopper = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await self._try(self._take)
                WATCHED.set(len(self._watching))
                pause = asyncio.create_task(self._tools.clock.sleep(TAKE_SECONDS))
                await asyncio.wait([stopper, pause], return_when=asyncio.FIRST_COMPLETED)
                pause.cancel()
        finally:
            stopper.cancel()
            for task in self._watching.values():
                task.cancel()
            await asyncio.gather(*self._watching.values(), return_exceptions=True)

    async def _try(self, step: Callable[[], Awaitable[None]]) -> None:
        """A database that is away is waited for; leases and epochs sort out what happened meanwhile."""
        try:
            await step()
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("worker_waits_for_database", step=step.__name__, error=type(error).__name__)

    async def _prepare(self) -> None:
        async with self._tools.database.write() as session:
            await store.reclaim(session, self._name)
            await archive.make_partitions(session, self._tools.clock.now().date())

    def capacity(self) -> int:
        """Cameras this worker can keep up with, from the measured cost of a picture; at least one."""
        see = self._settings.see
        affordable = math.floor(BUDGET / (see.fps * max(self._tools.workload.seconds_looking, 1e-4)))
        return min(max(affordable, 1), see.cameras_max)

    async def _take(self) -> None:
        see, workload = self._settings.see, self._tools.workload
        async with self._tools.database.read() as session:
            pools = await served_by(session, see.pool, self._tools.clock.now())
            wanted, undecided = await store.watched(session, pools)
            alive = await nodes.alive(session, "see")
        beside = [node for node in alive if node.detail.get("pool", "") in (see.pool, *pools[1:])]
        # An even share, so that the first worker does not take all before the second has started.
        share = math.ceil(wanted / max(len(beside), 1))
        # What a camera costs the budget knows better; where it has not decided, the mean cost of a picture tells.
        most, cores = (self.capacity(), math.inf) if undecided else (see.cameras_max, workload.free(see.cores))
        room = min(most, share) - len(self._watching) if cores > 0 else 0
        await self._tell(room)
        others = [int(node.detail.get("room", 0)) for node in beside if node.name != self._name]
        staying = [camera_id for camera_id, task in self._watching.items() if not task.cancelling()]
        if staying and (len(staying) > share or cores < 0) and max(others, default=0) > 0:
            # One a look, the one taken last: the next one may be another worker's to give.
            log.info("camera_given_back", camera=str(staying[-1]))
            self._watching[staying[-1]].cancel()
        if room < 1:
            return
        async with self._tools.database.write() as session:
            leases = await store.take(session, self._name, room, see.lease_seconds, pools, cores)
        for lease in leases:
            log.info("camera_taken", camera=str(lease.camera_id), epoch=lease.epoch)
            self._watching[lease.camera_id] = asyncio.create_task(self._watch(lease))

    async def _tell(self, room: int) -> None:
        """Say how it goes, and how many cameras more this worker could take: some may hold more than their share."""
        now = self._tools.clock.monotonic()
        if room != self._told or now - self._told_at > TELL_SECONDS:
            see = self._settings.see
            told = {"room": room, "pool": see.pool, "capacity": self._tools.workload.told(see.cores)}
            await nodes.beat(self._tools.database, self._name, "see", detail=told | feed.totals())
            self._told, self._told_at = room, now

    async def _watch(self, lease: Lease) -> None:
        watch = Watch(lease, self._tools)
        try:
            await watch.run()
            log.info("analysis_changed", camera=str(lease.camera_id))
        except LeaseLost:
            log.info("lease_lost", camera=str(lease.camera_id), epoch=lease.epoch)
            return
        except Refusal as refusal:
            log.error("watch_refused", camera=str(lease.camera_id), code=refusal.code)
            await self._tools.clock.sleep(RESTART_SECONDS)
        except Exception:
            log.exception("watch_failed", camera=str(lease.camera_id))
            await self._tools.clock.sleep(RESTART_SECONDS)
        finally:
            await watch.leave()
            self._watching.pop(lease.camera_id, None)
