"""A region of simulated cameras for `bench.budget`: what happens, what can be seen of it, and what looking costs.

Everything here is the truth; the allocator sees only what `World.seen` gives for cameras that were looked at. The world
is drawn from one seed. What it assumes is in `Assumed`; the benchmark varies each of them.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from commonsight.analyze.budget.allocate import Flags, Floats, Ints
from commonsight.analyze.budget.model import Terms
from commonsight.analyze.budget.worth import DEPTHS, Fleet, Scenes
from commonsight.analyze.scenes.model import Decoding

STEP: Final = 30.0
"""Seconds between two rounds."""
DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Happening:
    """A scene and what it watches for: needs as a card says them, and the truth of its events.

    lasting: mean length of an event, s. a_day: events a camera and day. share: of the cameras that have the scene.
    evidence: seconds it has to be watched without a gap before it reports anything.
    """

    code: str
    severity: int
    slowest: float
    burst: float
    depth: Decoding
    detector: bool
    lasting: float
    a_day: float
    share: float
    evidence: float
    night: bool = False


HAPPENINGS: Final = (
    Happening("congestion", 3, 1.0, 0.5, Decoding.REFERENCE, True, 900, 3.0, 0.25, 120),
    Happening("stopped_vehicle", 2, 2.0, 0.5, Decoding.KEYFRAMES, True, 300, 0.6, 0.20, 60),
    Happening("wrong_way", 1, 0.4, 0.2, Decoding.REFERENCE, True, 20, 0.05, 0.10, 0),
    Happening("gathering", 2, 10.0, 1.0, Decoding.KEYFRAMES, True, 1200, 0.3, 0.25, 60),
    Happening("intrusion", 2, 2.0, 0.5, Decoding.KEYFRAMES, True, 90, 0.3, 0.15, 5, night=True),
    Happening("garbage", 4, 120.0, 30.0, Decoding.KEYFRAMES, False, 10_800, 0.5, 0.30, 300),
    Happening("left_object", 3, 10.0, 2.0, Decoding.KEYFRAMES, True, 1_800, 0.1, 0.20, 120),
    Happening("smoke_fire", 1, 10.0, 1.0, Decoding.KEYFRAMES, True, 600, 0.02, 0.20, 10),
)


@dataclass(frozen=True, slots=True)
class Assumed:
    """What the world takes for granted.

    Attributes:
        telling: 0..1, how far activity in the picture tells of events; 0: nothing.
        softness: a look at a cadence too slow for its scene finds (slowest / every) ** softness of what a good one
            does; 0: a look is a look; infinity: nothing.
        hit: chance that a good look at an event finds it.
        warned: share of events that a look which misses them at least finds suspicious.
        idle: looks at nothing that are found suspicious.
        hot: share of a camera's events that fall into its busy hours of the day.
        spread: how unequal cameras are (standard deviation of the logarithm of their events).
        capacity: cores, as a share of what giving every scene its cadence would take.
        cost_error: standard deviation of the logarithm of true over foreseen cost.
        lasting: how long events last, times what `HAPPENINGS` says.
    """

    telling: float = 0.6
    softness: float = 1.0
    hit: float = 0.8
    warned: float = 0.5
    idle: float = 0.002
    hot: float = 0.4
    spread: float = 1.0
    capacity: float = 0.05
    cost_error: float = 0.3
    lasting: float = 1.0


@dataclass(frozen=True, slots=True)
class Events:
    """All events of the day, by beginning: arrays (E,). `row`: of the scene, `camera`: of the camera."""

    row: Ints
    camera: Ints
    begin: Floats
    end: Floats
    value: Floats

    def __len__(self) -> int:
        return len(self.row)


class World:
    """Cameras in cities' pools, their scenes, their events, and what they cost in truth."""

    def __init__(self, cameras: int, pools: int, assumed: Assumed, terms: Terms, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.assumed, self.terms, self.cameras = assumed, terms, cameras
        sizes = 1 / np.arange(1, pools + 1)
        self.pool: Ints = self.rng.choice(pools, cameras, p=sizes / sizes.sum())
        self.pools = pools
        told = self.rng.standard_normal(cameras)
        hidden = self.rng.standard_normal(cameras)
        mixed = assumed.telling * told + np.sqrt(1 - assumed.telling**2) * hidden
        self.eventful: Floats = np.exp(assumed.spread * mixed - assumed.spread**2 / 2)
        self.busy: Floats = np.exp(0.6 * told)
        self.hot_begin: Floats = self.rng.uniform(0, DAY - 5400, (cameras, 2))
        self.hot_shown: Flags = self.rng.random(cameras) < assumed.telling
        self.scenes, self.kind = self._scenes()
        self.fleet = self._fleet()
        self.true_look: Floats = np.exp(assumed.cost_error * self.rng.standard_normal(cameras))
        self.true_decode: Floats = np.exp(assumed.cost_error * self.rng.standard_normal(cameras))
        self.events = self._events()

    def _scenes(self) -> tuple[Scenes, Ints]:
        has = self.rng.random((self.cameras, len(HAPPENINGS))) < np.array([h.share for h in HAPPENINGS])
        # A camera that is watched is watched for something.
        nothing = np.flatnonzero(~has.any(axis=1))
        has[nothing, self.rng.integers(0, len(HAPPENINGS), len(nothing))] = True
        owner, kind = np.nonzero(has)

        def of(read: Any, dtype: Any = np.float64) -> NDArray[Any]:
            return np.array([read(h) for h in HAPPENINGS], dtype)[kind]

        scenes = Scenes(
            owner, of(lambda h: self.terms.priority_of([h.severity])), of(lambda h: h.slowest), of(lambda h: h.burst),
            of(lambda h: DEPTHS.index(h.depth), np.int64), of(lambda h: h.detector, bool), np.full(len(owner), np.inf),
            of(lambda h: h.evidence),
        )  # fmt: skip
        return scenes, kind

    def _fleet(self) -> Fleet:
        """As the allocator first knows it: sizes from checks, nothing measured, nothing seen."""
        count, unknown = self.cameras, np.full(self.cameras, np.nan)
        sizes = self.rng.choice([640 * 360, 1280 * 720, 1920 * 1080], count, p=[0.5, 0.2, 0.3]).astype(np.float64)
        return Fleet(
            activity=np.zeros(count), uncertainty=np.zeros(count), age=np.full(count, np.inf),
            afoot=np.zeros(count, bool), factor=np.ones(count), pixels=sizes,
            fps=self.rng.choice([15.0, 25.0], count), hevc=self.rng.random(count) < 0.4,
            keyframe=self.rng.choice([1.0, 2.0, 4.0], count), look_seconds=unknown, decode_factor=unknown,
            scenes=self.scenes,
        )  # fmt: skip

    def true_fleet(self) -> Fleet:
        """The same with what cameras cost in truth."""
        prior, detector = self.terms.prior, np.zeros(self.cameras, bool)
        np.logical_or.at(detector, self.scenes.owner, self.scenes.detector)
        look = np.where(detector, prior.detector_seconds, prior.plain_seconds) * self.true_look
        return replace(self.fleet, look_seconds=look, decode_factor=self.true_decode)

    def _events(self) -> Events:
        a_day = np.array([h.a_day for h in HAPPENINGS])[self.kind] * self.eventful[self.scenes.owner]
        counts = self.rng.poisson(a_day)
        row = np.repeat(np.arange(len(counts)), counts)
        camera, total = self.scenes.owner[row], int(counts.sum())
        night = np.array([h.night for h in HAPPENINGS])[self.kind][row]
        usual = np.where(night, _drawn(self.rng, total, night=True), _drawn(self.rng, total, night=False))
        window = self.hot_begin[camera, self.rng.integers(0, 2, total)] + self.rng.uniform(0, 5400, total)
        begin = np.where(self.rng.random(total) < self.assumed.hot, window, usual)
        mean = np.array([h.lasting for h in HAPPENINGS])[self.kind][row] * self.assumed.lasting
        # Lengths fall off otherwise than the allocator takes them to: lognormal, not exponential.
        lasting = mean * np.exp(0.8 * self.rng.standard_normal(total) - 0.32)
        order = np.argsort(begin, kind="stable")
        value = self.scenes.priority[row] * self.rng.uniform(0.5, 1.5, total)
        return Events(row[order], camera[order], begin[order], (begin + lasting)[order], value[order])

    def activity(self, now: float) -> Floats:
        """Share of looks at which something moves, by camera: what the picture shows, not what it means."""
        hot = ((now >= self.hot_begin) & (now < self.hot_begin + 5400)).any(axis=1) & self.hot_shown
        level = 0.3 * self.busy * (0.15 + 0.85 * diurnal(now)) + 0.4 * hot
        return np.clip(level + 0.05 * self.rng.standard_normal(self.cameras), 0, 1)

    def watched_on(self, before: Floats, every: Floats) -> Floats:
        """Seconds each scene was watched without a gap at the end of a step, `before` at its beginning (S,).

        A cadence is without gaps for a scene when it has its own, or at least two looks within what it must see.
        """
        scenes, mine = self.scenes, every[self.scenes.owner]
        without = (mine > 0) & (mine <= np.maximum(scenes.slowest * 1.001, scenes.evidence / 2))
        return np.where(without, before + STEP, 0.0)

    def found(self, active: Ints, every: Floats, now: float) -> Floats:
        """Chance (E',) that events `active` are found in the step from `now`, their cameras looked at `every` s."""
        events, assumed = self.events, self.assumed
        until = np.minimum(events.end[active], now + STEP)
        there = np.maximum(until - np.maximum(events.begin[active], now), 0.0)
        mine = every[events.camera[active]]
        with np.errstate(divide="ignore", invalid="ignore"):
            looks = np.where(mine > 0, there / mine, 0.0)
            ratio = np.where(mine > 0, np.minimum(self.scenes.slowest[events.row[active]] / mine * 1.001, 1.0), 0.0)
        if np.isinf(assumed.softness):
            quality = assumed.hit * (ratio >= 1)
        else:
            quality = np.where(ratio > 0, assumed.hit * ratio**assumed.softness, 0.0)
        # Less than one look in the step is a look with that chance.
        return np.where(looks < 1, looks * quality, 1 - (1 - quality) ** looks)


def diurnal(now: float) -> float:
    """How much goes on at a time of day, 0..1: two rush hours, quiet nights."""
    hour = now / 3600 % 24
    rush = np.exp(-((hour - 8.0) ** 2) / 3) + np.exp(-((hour - 18.0) ** 2) / 5)
    return float(min(0.08 + 0.5 * max(np.sin((hour - 6) / 17 * np.pi), 0) + 0.5 * rush, 1.0))


def _drawn(rng: np.random.Generator, count: int, *, night: bool) -> Floats:
    """Times of day with that density, or its opposite."""
    grid = np.arange(0, DAY, 300.0)
    density = np.array([1.1 - diurnal(t) if night else diurnal(t) for t in grid])
    place: Floats = rng.choice(grid, count, p=density / density.sum()) + rng.uniform(0, 300, count)
    return place
