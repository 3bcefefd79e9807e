"""A setup tried on a camera's live pictures for some seconds: what it would see, and what that costs.

The pictures are taken from the media node under a permit of our own; the person's permit and the line of the register
under it were written when the try was asked for, and that line says how long was looked.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import numpy as np
import structlog

from commonsight.analyze.engine.picture import Glance
from commonsight.analyze.model import Analysis, SceneSetup, parse_lines, parse_zones
from commonsight.analyze.road_users import CLASSES, RoadUsers, road_users
from commonsight.analyze.scenes import document, store
from commonsight.analyze.scenes.model import Figure, Fold, Look, Measured, Phase, Sighting
from commonsight.analyze.scenes.registry import installed
from commonsight.analyze.scenes.runner import Run, Runner
from commonsight.analyze.track import Tracker
from commonsight.gate import service as gate
from commonsight.gate import store as gate_store
from commonsight.jobs import House
from commonsight.media.client import PacketStream, StreamEnded, packets
from commonsight.problem import Refusal
from commonsight.settings import Settings
from commonsight.vision.cards import card
from commonsight.vision.decode import Decoder, Frame
from commonsight.vision.detect import Detector
from commonsight.vision.store import ModelStore

log = structlog.get_logger(__name__)

TICKS: Final = 90_000
TELL_SECONDS: Final = 0.6
"""What was seen is written this often: as often as the page asks."""
PATIENCE_SECONDS: Final = 45.0
"""A camera may take this long to open, beside the seconds of the try."""
GAP_PACES: Final = 2.5
"""Pictures further apart than this many paces leave a gap that was not watched."""
SIGHTINGS_KEPT: Final = 60
FIGURES_KEPT: Final = 200
BOXES_SHOWN: Final = 100


@dataclass(slots=True)
class _Folded:
    """One figure's values of the try as one."""

    measure: Measured
    seconds: float = 0.0
    total: float = 0.0
    weighted: float = 0.0
    most: float = 0.0
    last: float = 0.0
    count: int = 0

    def add(self, value: float, elapsed: float) -> None:
        self.most = value if self.count == 0 else max(self.most, value)
        self.count += 1
        self.total += value
        self.weighted += value * elapsed
        self.seconds += elapsed
        self.last = value

    @property
    def value(self) -> float:
        match self.measure.fold:
            case Fold.SUM:
                return self.total
            case Fold.MAX:
                return self.most
            case Fold.LAST:
                return self.last
        return self.weighted / self.seconds if self.seconds else self.last


@dataclass(slots=True)
class Seen:
    """What a try has seen so far. `told()` is its JSON form."""

    watched: float = 0.0
    looks: int = 0
    decoding: float = 0.0
    looking: float = 0.0
    size: tuple[int, int] = (0, 0)
    afoot: bool = False
    reason: str | None = None
    boxes: list[list[Any]] = field(default_factory=list)
    sightings: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    figures: dict[tuple[str, str, str], _Folded] = field(default_factory=dict)

    def take(self, run: Run, look: Look, reason: str | None) -> None:
        """Add what one picture gave."""
        self.looks += 1
        self.watched += look.elapsed
        self.size, self.afoot, self.reason = look.size, run.afoot, reason
        for _, figure, measured in run.figures:
            self._figure(figure, measured, look.elapsed)
        for _, sighting in run.sightings:
            self.sight(sighting)

    def sight(self, sighting: Sighting) -> None:
        """Add a sighting; the same thing told again replaces what was said of it."""
        key = (sighting.incident, sighting.key)
        if key not in self.sightings and len(self.sightings) >= SIGHTINGS_KEPT:
            return
        before = self.sightings.get(key, {})
        began = sighting.at.isoformat() if sighting.phase is Phase.BEGAN else before.get("began_at")
        self.sightings[key] = {
            "incident": sighting.incident, "key": sighting.key, "target": sighting.target,
            "phase": sighting.phase.value, "began_at": began or sighting.at.isoformat(),
            "ended_at": sighting.at.isoformat() if sighting.phase is Phase.ENDED else None,
            "score": round(sighting.score, 3), "detail": dict(sighting.detail) or before.get("detail", {}),
            "boxes": [list(box) for box in sighting.boxes] or before.get("boxes", []),
        }  # fmt: skip

    def _figure(self, figure: Figure, measured: Measured, elapsed: float) -> None:
        key = (figure.target, figure.measure, figure.kind)
        if key not in self.figures:
            if len(self.figures) >= FIGURES_KEPT:
                return
            self.figures[key] = _Folded(measured)
        self.figures[key].add(float(figure.value), elapsed)

    def told(self) -> dict[str, Any]:
        """As it is stored and answered."""
        span = max(self.watched, 1e-9)
        return {
            "watched": round(self.watched, 2),
            "looks": self.looks,
            "size": list(self.size),
            "afoot": self.afoot,
            "reason": self.reason,
            "boxes": self.boxes,
            "cost": {"decoding": round(self.decoding / span, 4), "looking": round(self.looking / span, 4)}
            if self.watched > 1
            else None,
            "figures": [
                {"target": target, "measure": measure, "kind": kind, "value": round(one.value, 4), "last": one.last}
                for (target, measure, kind), one in self.figures.items()
            ],
            "sightings": list(self.sightings.values()),
        }


def analysis_of(told: Mapping[str, Any]) -> tuple[Analysis, SceneSetup]:
    """The document of a try and its setup.

    Raises:
        Refusal: `analyze.document_invalid` (422) naming element, rule and value.
    """
    (setup,) = document.parse_scenes([told["setup"] | {"enabled": True, "hours": [], "source": None, "instead": None}])
    analysis = Analysis(
        enabled=False,
        model=told.get("model"),
        lines=parse_lines(told["lines"]),
        zones=parse_zones(told["zones"]),
        scenes=(setup,),
        ground=document.parse_ground(told["ground"]),
    )
    document.check(analysis, installed().cards)
    return analysis, setup


class Trial:
    """Runs one setup over decoded pictures, at the pace the scene asks for when something is afoot."""

    def __init__(self, analysis: Analysis, setup: SceneSetup, settings: Settings, house: House) -> None:
        self.seen = Seen()
        needs = installed().cards[setup.scene].needs
        self._house = house
        self._every = needs.burst_seconds
        self._runner = Runner(analysis, installed(), settings.region.timezone)
        self._tracker = Tracker() if needs.tracks else None
        self._score = settings.see.score
        self._detector: Detector | None = None
        if needs.classes:
            name = analysis.model or installed().cards[setup.scene].model or settings.vision.model
            path = ModelStore(settings.models_dir).path(name)
            self._detector = Detector(
                card(name), path, threads=settings.vision.threads, providers=settings.vision.providers, classes=CLASSES
            )
        self._time: float | None = None
        self._size: tuple[int, int] | None = None

    def feed(self, decoder: Decoder, data: bytes, pts: int) -> None:
        """Decode one unit, and look at what is due. Runs in a thread."""
        began = time.thread_time()
        frames = decoder.feed(data, pts)
        self.seen.decoding += time.thread_time() - began
        for frame in frames:
            at = frame.pts / TICKS
            if self._time is None or not 0 <= at - self._time < self._every * 0.95:
                began = time.thread_time()
                self._look(frame, at)
                self.seen.looking += time.thread_time() - began

    def finish(self) -> None:
        """The try is over: what still lasts has lasted until now."""
        for _, sighting in self._runner.leave(self._house.clock.now()):
            if sighting.phase is not Phase.ENDED:
                self.seen.sight(sighting)

    def _look(self, frame: Frame, at: float) -> None:
        size = (frame.width, frame.height)
        step = 0.0 if self._time is None else at - self._time
        if self._tracker is not None and (size != self._size or step < 0):
            self._tracker = Tracker()
        self._time, self._size = at, size
        elapsed = step if 0 < step <= self._every * GAP_PACES else 0.0
        follow = self._follow(at, size)
        look = Glance(frame, self._house.clock.now(), at, elapsed, lambda: self._users(frame), follow)
        run = self._runner.take(look)
        self.seen.take(run, look, self._runner.reason)
        self.seen.boxes = self._boxes(look) if self._detector is not None else []

    def _follow(self, at: float, size: tuple[int, int]) -> Any:
        tracker = self._tracker
        return None if tracker is None else lambda users: tracker.update(users, at, size)

    def _users(self, frame: Frame) -> RoadUsers:
        if self._detector is None:
            raise Refusal("vision.model_missing", status=503, operand="model")
        return road_users(self._detector.detect(frame, self._score))

    def _boxes(self, look: Look) -> list[list[Any]]:
        if self._tracker is not None:
            tracks = look.tracks
            there = tracks.believed & (look.time - tracks.last <= 2 * self._every)
            boxes, kinds, scores = tracks.xyxy[there], tracks.kind[there], tracks.score[there]
            ids: list[int | None] = tracks.id[there].tolist()
        else:
            users = look.users
            boxes, kinds, scores = users.xyxy, users.votes.argmax(axis=1), users.score
            ids = [None] * len(users)
        shares = np.clip(boxes / np.array([*look.size, *look.size]), 0, 1).round(4).tolist()
        rows = zip(shares, kinds.tolist(), scores.tolist(), ids, strict=True)
        return [[*box, CLASSES[kind], round(score, 2), track] for box, kind, score, track in rows][:BOXES_SHOWN]


async def run(house: House, try_id: UUID) -> None:
    """Do one try that is queued, and write what becomes of it."""
    async with house.database.read() as session:
        asked = await store.one_try(session, try_id)
    if asked is None or asked.state != "queued":
        return
    state, problem = "done", None
    try:
        async with asyncio.timeout(asked.seconds + PATIENCE_SECONDS):
            await _watch(house, asked)
    except Refusal as refusal:
        state, problem = "failed", {"code": refusal.code} | refusal.facts()
    except StreamEnded as ended:
        state, problem = "failed", {"code": f"media.{ended.code}"}
    except TimeoutError:
        state, problem = "failed", {"code": "analyze.no_pictures"}
    async with house.database.write() as session:
        await store.end_try(session, try_id, state, house.clock.now(), problem)
    log.info("scene_tried", camera=str(asked.camera_id), state=state, problem=problem)


async def _watch(house: House, asked: store.Try) -> None:
    analysis, setup = analysis_of(asked.document)
    trial = await asyncio.to_thread(Trial, analysis, setup, house.settings, house)
    async with house.database.write() as session:
        own = await gate.issue_system(
            session, name="scenes", purpose_code="analysis", cameras=[asked.camera_id], hours=1
        )
        permit = await gate_store.permit_by_id(session, asked.permit_id)
        if permit is None:
            raise Refusal("gate.ticket_unknown", status=404, rule="permit", operand="ticket")
        # Refused here when the person's grant was revoked, or the permit ran out while the try was queued.
        line = await gate.open_retrieval(session, permit, asked.camera_id, node="scenes")
    reason = "scene_try_failed"
    try:
        async with packets(house.database, own.ticket, asked.camera_id) as stream:
            async with house.database.write() as session:
                await gate.first_frame(session, line)
            await _look_on(house, asked, stream, trial)
        reason = "scene_try"
    finally:
        async with house.database.write() as session:
            await gate.close_retrieval(session, line, seconds=trial.seen.watched, bytes=0, reason=reason)
            await gate.revoke(session, own.permit.id, "done")


async def _look_on(house: House, asked: store.Try, stream: PacketStream, trial: Trial) -> None:
    """Until the seconds are over, or nobody wants to know any more."""
    codec = stream.info.codec
    decoder = Decoder(codec.value)
    told = began = house.clock.monotonic()
    looked: float | None = None
    async for unit in stream:
        if stream.info.codec != codec:
            codec = stream.info.codec
            decoder = Decoder(codec.value)
        await asyncio.to_thread(trial.feed, decoder, unit.data, unit.pts)
        now = house.clock.monotonic()
        if looked is None and trial.seen.looks:
            looked = now
        if now - told >= TELL_SECONDS:
            told = now
            async with house.database.write() as session:
                if not await store.tell(session, asked.id, trial.seen.told() | {"since": round(now - began, 1)}):
                    return
        if looked is not None and now - looked >= asked.seconds:
            break
    trial.finish()
    async with house.database.write() as session:
        await store.tell(session, asked.id, trial.seen.told())
