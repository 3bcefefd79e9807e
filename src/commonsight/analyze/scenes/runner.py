"""The scenes of one camera at work: one picture in, figures and sightings out. Knows no network and no database."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import structlog
from prometheus_client import Counter

from commonsight.analyze.model import Analysis, Hours, SceneSetup
from commonsight.analyze.scenes import ground
from commonsight.analyze.scenes.document import check_setup
from commonsight.analyze.scenes.model import (
    Decoding,
    Figure,
    Ground,
    Look,
    Measured,
    Needs,
    Phase,
    Scene,
    SceneCard,
    Seen,
    Setup,
    Sighting,
)
from commonsight.analyze.scenes.registry import Registry
from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

OPEN_MOST: Final = 256
"""Sightings of one setup that last at once; what begins beyond it is dropped and counted."""
APART_MOST: Final = 2_000
"""Rows scenes keep apart that wait for the database; beyond it the oldest are given up."""
FIGURES_MOST: Final = 512
"""Figures of one setup from one picture; more is a scene out of hand."""
MOST_DECODING: Final = (Decoding.KEYFRAMES, Decoding.REFERENCE, Decoding.FULL)

FAILED = Counter(
    "commonsight_scene_failures", "Scenes switched off because they raised or broke the contract", ["scene"]
)
DROPPED = Counter("commonsight_scene_sightings_dropped", "Sightings beyond the bound of one setup", ["scene"])


@dataclass(frozen=True, slots=True)
class Run:
    """What one picture gave all scenes of the camera."""

    figures: tuple[tuple[Setup, Figure, Measured], ...] = ()
    sightings: tuple[tuple[Setup, Sighting], ...] = ()
    afoot: bool = False


class _Kept:
    """One setup with its scene, and what of it lasts."""

    def __init__(self, told: SceneSetup, setup: Setup, made: type[Scene]) -> None:
        self.told, self.setup, self.made = told, setup, made
        self.scene: Scene | None = None
        self.open: dict[str, Sighting] = {}
        self.measures: dict[str, Measured] = {measure.code: measure for measure in made.card.measures}
        self.incidents = {kind.code for kind in made.card.incidents}


class Runner:
    """Runs the scenes of one camera's document.

    A scene that raises, or gives what its card does not name, is switched off for this camera and told in `off`; the
    others go on. A scene is made anew when its hours begin and when the picture's size or time jumps.

    Args:
        analysis: the document; setups that are not enabled, or that another stands in for, rest.
        registry: the scenes that can run here.
        timezone: of the hours.
    """

    def __init__(self, analysis: Analysis, registry: Registry, timezone: str = "Asia/Shanghai") -> None:
        self.off: dict[str, str] = {}
        """Setups that do not run: id to the code of a message."""
        self._zone = ZoneInfo(timezone)
        self._size: tuple[int, int] | None = None
        self._time: float | None = None
        way = self._ground(analysis)
        self._kept: list[_Kept] = []
        self.apart: deque[tuple[Setup, object]] = deque(maxlen=APART_MOST)
        """Rows of scenes with a method `drain`, neither figures nor sightings; whoever stores them takes them out."""
        for told in analysis.scenes:
            if not told.enabled:
                continue
            made = registry.scenes.get(told.scene)
            reason = "scenes.unknown" if made is None else self._unfit(told, made.card, way)
            if made is None or reason is not None:
                self.off[told.id] = reason or "scenes.unknown"
                continue
            self._kept.append(_Kept(told, setup_of(analysis, told, made.card, way, timezone), made))

    @property
    def needs(self) -> Needs | None:
        """What all scenes together need: the fastest pace, the most decoding; None when no scene runs."""
        cards = [kept.made.card for kept in self._kept if kept.setup.id not in self.off]
        return combined([card.needs for card in cards])

    def needs_at(self, at: datetime) -> Needs | None:
        """The same for the scenes whose hours it is at this moment (UTC)."""
        resting = self._resting(at)
        return combined([kept.made.card.needs for kept in self._kept if kept.setup.id not in resting])

    @property
    def reason(self) -> str | None:
        """A message code when a scene of this camera does not run as it should; None when all do."""
        return next(iter(self.off.values()), None)

    def take(self, look: Look) -> Run:
        """Show every scene the next picture."""
        figures: list[tuple[Setup, Figure, Measured]] = []
        sightings: list[tuple[Setup, Sighting]] = []
        afoot = False
        anew = self._size is not None and (look.size != self._size or look.time < (self._time or 0.0))
        self._size, self._time = look.size, look.time
        resting = self._resting(look.at)
        for kept in self._kept:
            if anew or kept.setup.id in resting:
                sightings += self._rest(kept, look.at)
            if kept.setup.id in resting:
                continue
            try:
                if kept.scene is None:
                    kept.scene = kept.made(kept.setup)
                seen = kept.scene.see(look)
                self._apart(kept, kept.scene)
                found = self._figures(kept, seen)
                told = self._sightings(kept, seen.sightings)
            # A scene may come from anybody: what it raises must not stop the others, nor the counting.
            except Exception as error:
                sightings += self._fail(kept, look.at, error)
                continue
            figures += found
            sightings += told
            afoot = afoot or seen.afoot
        return Run(tuple(figures), tuple(sightings), afoot)

    def leave(self, at: datetime) -> tuple[tuple[Setup, Sighting], ...]:
        """The camera is given back or the document changes: `ended` for whatever lasts."""
        return tuple(pair for kept in self._kept for pair in self._rest(kept, at))

    # -- one scene ---------------------------------------------------------------------------------------------------

    def _figures(self, kept: _Kept, seen: Seen) -> list[tuple[Setup, Figure, Measured]]:
        if len(seen.figures) > FIGURES_MOST:
            raise ValueError(f"{len(seen.figures)} figures from one picture")
        # A scene that cannot say gives a value that is not finite, or none: either way nothing is folded.
        return [(kept.setup, one, kept.measures[one.measure]) for one in seen.figures if np.isfinite(one.value)]

    def _sightings(self, kept: _Kept, given: Sequence[Sighting]) -> list[tuple[Setup, Sighting]]:
        told = []
        for one in given:
            if one.incident not in kept.incidents:
                raise KeyError(one.incident)
            if one.phase is Phase.ENDED:
                kept.open.pop(one.key, None)
            elif one.key not in kept.open and len(kept.open) >= OPEN_MOST:
                DROPPED.labels(kept.setup.scene).inc()
                continue
            else:
                kept.open[one.key] = one
            told.append((kept.setup, one))
        return told

    def _rest(self, kept: _Kept, at: datetime) -> list[tuple[Setup, Sighting]]:
        if kept.scene is None:
            return []
        scene, kept.scene = kept.scene, None
        try:
            told = self._sightings(kept, scene.leave(at))
            self._apart(kept, scene)
        except Exception as error:
            return self._fail(kept, at, error)
        return told + self._ended(kept, at)

    def _apart(self, kept: _Kept, scene: Scene) -> None:
        drain = getattr(scene, "drain", None)
        if drain is not None:
            self.apart.extend((kept.setup, row) for row in drain())

    def _fail(self, kept: _Kept, at: datetime, error: Exception) -> list[tuple[Setup, Sighting]]:
        FAILED.labels(kept.setup.scene).inc()
        log.error("scene_failed", setup=kept.setup.id, scene=kept.setup.scene, exc_info=error)
        self.off[kept.setup.id] = "scenes.failed"
        kept.scene = None
        return self._ended(kept, at)

    def _ended(self, kept: _Kept, at: datetime) -> list[tuple[Setup, Sighting]]:
        """Nobody looks any more: what still lasts must not stay open for ever."""
        ended = [
            (kept.setup, replace(one, phase=Phase.ENDED, at=max(at, one.at), boxes=())) for one in kept.open.values()
        ]
        kept.open.clear()
        return ended

    def _resting(self, at: datetime) -> set[str]:
        local = at.astimezone(self._zone)
        resting = {k.setup.id for k in self._kept if k.setup.id in self.off or not at_work(k.told.hours, local)}
        stood_in_for = {k.told.instead for k in self._kept if k.told.instead and k.setup.id not in resting}
        return resting | stood_in_for

    def _ground(self, analysis: Analysis) -> Ground | None:
        if not analysis.ground:
            return None
        try:
            return ground.homography(analysis.ground)
        except Refusal as refusal:
            log.error("ground_unfit", rule=refusal.rule)
            return None

    def _unfit(self, told: SceneSetup, card: SceneCard, way: Ground | None) -> str | None:
        """Stored long ago, perhaps under another card: what no longer fits does not run, and says so."""
        try:
            check_setup(told.id, told, card, grounded=way is not None)
        except Refusal as refusal:
            log.error("setup_unfit", setup=told.id, scene=told.scene, rule=refusal.rule, operand=refusal.operand)
            return "scenes.unfit"
        return None


def setup_of(analysis: Analysis, told: SceneSetup, card: SceneCard, way: Ground | None, timezone: str) -> Setup:
    """What a scene is given: zones and lines themselves, every parameter with a value."""
    settings: Mapping[str, float] = {one.code: told.settings.get(one.code, one.default) for one in card.parameters}
    return Setup(
        id=told.id,
        scene=told.scene,
        zones=tuple(zone for zone in analysis.zones if zone.id in told.zones),
        lines=tuple(line for line in analysis.lines if line.id in told.lines),
        settings=settings,
        ground=way,
        zone=timezone,
    )


def combined(needs: Sequence[Needs]) -> Needs | None:
    """What satisfies all of them; None of nothing."""
    if not needs:
        return None
    return Needs(
        slowest_seconds=min(one.slowest_seconds for one in needs),
        burst_seconds=min(one.burst_seconds for one in needs),
        decoding=max((one.decoding for one in needs), key=MOST_DECODING.index),
        classes=tuple(sorted({name for one in needs for name in one.classes})),
        tracks=any(one.tracks for one in needs),
        ground=any(one.ground for one in needs),
    )


def at_work(hours: Sequence[Hours], local: datetime) -> bool:
    """Whether one of the stretches holds at this local time; without any it is always so."""
    return not hours or any(span.holds(local) for span in hours)
