"""Reading clock and label while pictures are diagnosed, and keeping what was read."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from commonsight.catalog.rules import service as rules
from commonsight.clock import Clock
from commonsight.inspect.diagnosis.looking import Reading as Scored
from commonsight.inspect.osd import store
from commonsight.inspect.osd.model import Looker, Reading, Subject, read
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession
from commonsight.settings import Settings
from commonsight.vision.ocr.look import FIND, READ, TextLooker
from commonsight.vision.quality.model import Look
from commonsight.vision.store import ModelStore

log = structlog.get_logger(__name__)


def installed(settings: Settings) -> bool:
    """Whether the models that find and read text are here."""
    models = ModelStore(settings.models_dir)
    return all(models.show(name).state == "installed" for name in (FIND, READ))


class Lookers:
    """What finds and reads text, at most `most` of them: each takes a moment to make and some 150 MB to keep.

    Who wants one while all are busy waits; several jobs may diagnose at once in one process.
    """

    def __init__(self, make: Callable[[], Looker], most: int) -> None:
        self._make = make
        self._idle: list[Looker] = []
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(most)

    @contextmanager
    def borrowed(self) -> Iterator[Looker]:
        """One for the caller alone."""
        with self._free:
            with self._lock:
                looker = self._idle.pop() if self._idle else None
            looker = looker or self._make()
            try:
                yield looker
            finally:
                with self._lock:
                    self._idle.append(looker)


@cache
def _lookers(directory: Path, providers: tuple[str, ...], most: int) -> Lookers:
    """Those of this process: checks of single cameras must not load the models each time."""
    return Lookers(lambda: TextLooker(ModelStore(directory), providers=providers), most)


class OsdReader:
    """A reader of diagnosis.

    Args:
        looker: makes what finds and reads text; the installed models when not given.
    """

    def __init__(self, settings: Settings, clock: Clock, looker: Callable[[], Looker] | None = None) -> None:
        self._settings, self._clock = settings, clock
        self._zone = ZoneInfo(settings.region.timezone)
        most = settings.diagnosis.threads
        own = _lookers(settings.models_dir, tuple(settings.vision.providers), most)
        self._lookers = own if looker is None else Lookers(looker, most)
        self._able = settings.osd.enabled and (looker is not None or installed(settings))
        if settings.osd.enabled and not self._able:
            log.info("osd_not_read", reason="models missing", models=[FIND, READ])
        self._read: list[Reading] = []
        self._lock = threading.Lock()

    async def prepare(self, session: ReadSession, cameras: Sequence[UUID]) -> Mapping[UUID, Subject]:
        """Those of the cameras that are due."""
        if not self._able:
            return {}
        since = self._clock.now() - timedelta(seconds=self._settings.osd.interval_seconds)
        return await store.due(session, cameras, since)

    def read(self, known: Subject, look: Look, at: datetime) -> Scored:
        """Read one picture, on a thread."""
        offset = at.astimezone(self._zone).utcoffset() or timedelta()
        try:
            with self._lookers.borrowed() as looker:
                found = read(looker, look.planes.luma, known, at, offset)
        except Refusal as refusal:
            # The models were taken away while we ran; other items are judged all the same.
            log.warning("osd_not_read", camera=str(known.id), reason=refusal.code)
            return Scored({}, {})
        with self._lock:
            self._read.append(found)
        return Scored(found.scores(), found.details())

    async def keep(self, session: WriteSession) -> None:
        """Write what was read since the last call, in the transaction of the verdicts."""
        with self._lock:
            found, self._read = self._read, []
        for camera_id, label in await store.write(session, found):
            await rules.note_label(session, camera_id, label)
