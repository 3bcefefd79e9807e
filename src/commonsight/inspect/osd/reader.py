"""Reading clock and label while pictures are diagnosed, and keeping what was read."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

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


class OsdReader:
    """A reader of diagnosis. Each thread gets models of its own, loaded when it first reads.

    Args:
        looker: makes what finds and reads text; the installed models when not given.
    """

    def __init__(self, settings: Settings, clock: Clock, looker: Callable[[], Looker] | None = None) -> None:
        self._settings, self._clock = settings, clock
        self._zone = ZoneInfo(settings.region.timezone)
        self._make = looker or self._installed
        self._able = settings.osd.enabled and (looker is not None or installed(settings))
        if settings.osd.enabled and not self._able:
            log.info("osd_not_read", reason="models missing", models=[FIND, READ])
        self._here = threading.local()
        self._read: list[Reading] = []
        self._lock = threading.Lock()

    async def prepare(self, session: ReadSession, cameras: Sequence[UUID]) -> Mapping[UUID, Subject]:
        """Those of the cameras that are due."""
        if not self._able:
            return {}
        return await store.due(
            session, cameras, self._clock.now() - timedelta(seconds=self._settings.osd.interval_seconds)
        )

    def read(self, known: Subject, look: Look, at: datetime) -> Scored:
        """Read one picture, on a thread."""
        offset = at.astimezone(self._zone).utcoffset() or timedelta()
        try:
            found = read(self._looker(), look.planes.luma, known, at, offset)
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
        await store.write(session, found)

    def _looker(self) -> Looker:
        if not hasattr(self._here, "looker"):
            self._here.looker = self._make()
        looker: Looker = self._here.looker
        return looker

    def _installed(self) -> Looker:
        vision = self._settings.vision
        return TextLooker(ModelStore(self._settings.models_dir), providers=vision.providers)
