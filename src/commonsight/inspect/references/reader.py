"""Holding pictures against their cameras' references while they are diagnosed."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight.inspect.diagnosis.light import phase
from commonsight.inspect.diagnosis.looking import Reading
from commonsight.inspect.references import store
from commonsight.inspect.references.model import TURNING, Kept, Seen, State, after
from commonsight.records.database import ReadSession, WriteSession
from commonsight.settings import Settings
from commonsight.vision.quality.model import Look
from commonsight.vision.quality.tone import colourless


class ReferenceReader:
    """A reader of diagnosis: judges occlusion and change of scene, builds and follows references."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.references
        self._zone = ZoneInfo(settings.region.timezone)
        self._seen: list[Seen] = []
        self._lock = threading.Lock()

    async def prepare(self, session: ReadSession, cameras: Sequence[UUID]) -> Mapping[UUID, store.Subject]:
        """Those of the cameras that stand still."""
        if not self._settings.enabled:
            return {}
        known = await store.subjects(session, cameras)
        return {camera_id: one for camera_id, one in known.items() if one.kind not in TURNING}

    def read(self, known: store.Subject, look: Look, at: datetime) -> Reading:
        """Hold one picture against its reference, on a thread."""
        light = phase(at, known.point, self._zone, colourless=colourless(look))
        kept = known.kept.get(light) or Kept(known.id, light, 1, None, 0, False)
        needed = self._settings.looks
        seen = after(kept, look, at, needed=needed, trusted=known.trusted)
        with self._lock:
            self._seen.append(seen)
        if seen.comparison is None or kept.state(needed) is not State.READY:
            return Reading()
        said: dict[str, Any] = {key: value for key, value in (seen.as_json() or {}).items() if key != "heat"}
        scores = seen.comparison.scores()
        return Reading(scores, {item: {**said, "phase": light.value} for item in scores})

    async def keep(self, session: WriteSession) -> None:
        """Write what looks made of references since the last call, in the transaction of the verdicts."""
        with self._lock:
            seen, self._seen = self._seen, []
        await store.write(session, seen)
