"""From rows of the database to the allocator's columns. Pure: everything it needs is given."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from commonsight.analyze.budget.allocate import Floats
from commonsight.analyze.budget.model import Terms
from commonsight.analyze.budget.worth import DEPTHS, Fleet, Scenes, Table, learned
from commonsight.analyze.model import SCENE, Hours
from commonsight.analyze.scenes.model import Decoding, Needs, SceneCard
from commonsight.analyze.scenes.runner import at_work

TRUSTED_LOOKS: Final = 10.0
"""So many pictures move what is known of a camera's activity and cost by 63 %."""
COSTLY: Final = (0.1, 10.0)
"""Decoding measured over foreseen is believed within these bounds: a busy machine's clock may say anything."""
NEVER: Final = math.inf
EVIDENCE: Final = "seconds"
"""Code of the parameter by which scenes say how long something must last before they report it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What the allocator needs of a scene's card. evidence: seconds it has to see before it reports, by default."""

    needs: Needs
    priority: float
    evidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Watched:
    """One camera as stored. What is None was never said or measured.

    Attributes:
        fps: of the document. scenes: its setups, JSON. lines, zones: ids drawn.
        state: of its lease while a worker holds it.
        tier, every_seconds, decoding, until, afoot: as last given, and whether that was for what was afoot.
        raised_at: when its tier last rose. levels: when it last had each tier above the one it has, by code.
        activity … decode_factor: as learned so far. pixels … keyframe: of its stream.
    """

    camera_id: UUID
    region: str
    fps: float | None
    scenes: Sequence[Mapping[str, Any]]
    drawn: Sequence[str]
    state: Mapping[str, Any]
    worker: str | None = None
    pool: str | None = None
    tier: str | None = None
    every_seconds: float | None = None
    decoding: str | None = None
    cost: float | None = None
    until: datetime | None = None
    raised_at: datetime | None = None
    levels: Mapping[str, str] = field(default_factory=dict)
    afoot: bool = False
    activity: float | None = None
    uncertainty: float | None = None
    looked_at: datetime | None = None
    look_seconds: float | None = None
    decode_factor: float | None = None
    pixels: float | None = None
    stream_fps: float | None = None
    hevc: bool | None = None
    keyframe: float | None = None


def kinds(cards: Mapping[str, SceneCard], factors: Mapping[str, float], terms: Terms, fps: float) -> dict[str, Kind]:
    """What each scene needs and is worth, counting at lines among them (`flow`).

    Args:
        factors: what people set by scene, 1 where nobody did.
        fps: pictures a second counting is given where the document says nothing.
    """
    made = {
        code: Kind(
            card.needs,
            terms.priority_of(kind.severity for kind in card.incidents) * factors.get(code, 1.0),
            next((p.default for p in card.parameters if p.code == EVIDENCE and p.unit == "s"), 0.0),
        )
        for code, card in cards.items()
    }
    counting = Needs(1 / fps, 1 / fps, Decoding.REFERENCE, classes=("person", "car"))
    made[SCENE] = Kind(counting, terms.priority["figures"] * factors.get(SCENE, 1.0))
    return made


def fleet(
    cameras: Sequence[Watched],
    known: Mapping[str, Kind],
    boosts: Mapping[UUID, tuple[float, datetime, str]],
    now: datetime,
    zone: ZoneInfo,
    terms: Terms,
) -> Fleet:
    """The columns, in the order of `cameras`; what the leases say of the last half minute is folded in."""
    local = now.astimezone(zone)
    looks = _column(cameras, lambda c: _number(c.state, "looks") * 30)
    looked = looks > 0

    def folded(before: Callable[[Watched], float | None], name: str) -> Floats:
        return np.where(
            looked, learned(_column(cameras, before), _column(cameras, lambda c: _number(c.state, name)), looks,
                            TRUSTED_LOOKS), _column(cameras, before),
        )  # fmt: skip

    activity, uncertainty = folded(lambda c: c.activity, "activity"), folded(lambda c: c.uncertainty, "uncertainty")
    inference = _column(cameras, lambda c: _number(c.state.get("cost") or {}, "inference") * 30)
    seen = np.divide(inference, looks, out=np.full(len(cameras), np.nan), where=looked)
    before = _column(cameras, lambda c: c.look_seconds)
    age = _column(cameras, lambda c: _age(c, now))
    return Fleet(
        activity=np.nan_to_num(activity),
        uncertainty=np.nan_to_num(uncertainty),
        age=np.where(looked, 0.0, age),
        afoot=np.array([_afoot(camera, now) for camera in cameras], bool),
        factor=_column(cameras, lambda c: boosts[c.camera_id][0] if c.camera_id in boosts else 1.0),
        pixels=_column(cameras, lambda c: c.pixels),
        fps=_column(cameras, lambda c: c.stream_fps),
        hevc=np.array([bool(camera.hevc) for camera in cameras], bool),
        keyframe=_column(cameras, lambda c: c.keyframe),
        look_seconds=np.where(looked, learned(before, seen, looks, TRUSTED_LOOKS), before),
        decode_factor=_column(cameras, lambda c: c.decode_factor),
        scenes=_scenes(cameras, known, now, local, terms),
    )


def decode_factors(cameras: Sequence[Watched], made: Table, terms: Terms) -> Floats:
    """Decoding measured over foreseen: as stored, moved by what the leases measured at the tier they were given (N,).

    A camera that looks closer than it was given, or whose tier has just changed, says nothing about its tier's cost.
    """
    stored = _column(cameras, lambda c: c.decode_factor)
    found = stored.copy()
    for row, camera in enumerate(cameras):
        state = camera.state
        tier = terms.place(camera.tier or "")
        looks = _number(state, "looks") * 30
        if tier == 0 or looks < 1 or state.get("tier") != camera.tier or state.get("decoding") != camera.decoding:
            continue
        every, foreseen = _number(state, "every"), made.decoding[row, tier]
        if camera.every_seconds is None or not 0.8 < every / max(camera.every_seconds, 1e-6) < 1.25 or foreseen <= 0:
            continue
        plain = foreseen / (1.0 if math.isnan(stored[row]) else stored[row])
        seen = min(max(_number(state.get("cost") or {}, "decoding") / plain, COSTLY[0]), COSTLY[1])
        found[row] = learned(stored[row : row + 1], np.array([seen]), np.array([looks]), TRUSTED_LOOKS)[0]
    return found


def _scenes(
    cameras: Sequence[Watched], known: Mapping[str, Kind], now: datetime, local: datetime, terms: Terms
) -> Scenes:
    """One row a scene at work now; a scene nobody knows needs nothing, its worker says why it does not run."""
    rows: list[tuple[int, float, float, float, int, bool, float, float]] = []
    counting = known[SCENE]
    for place, camera in enumerate(cameras):
        claimed: dict[str, bool] = {}
        for kind, setup in _at_work(camera.scenes, known, local):
            needs = kind.needs
            evidence = float((setup.get("settings") or {}).get(EVIDENCE, kind.evidence)) if kind.evidence else 0.0
            rows.append((place, kind.priority, needs.slowest_seconds, needs.burst_seconds,
                         DEPTHS.index(needs.decoding), bool(needs.classes),
                         _waited(camera, needs.slowest_seconds, now, terms), evidence))  # fmt: skip
            for target in (*setup.get("zones", ()), *setup.get("lines", ())):
                claimed[target] = claimed.get(target, False) or bool(needs.classes)
        if any(claimed.get(target, True) for target in camera.drawn):
            every = 1 / camera.fps if camera.fps else counting.needs.slowest_seconds
            rows.append((place, counting.priority, every, every, DEPTHS.index(counting.needs.decoding), True,
                         _waited(camera, every, now, terms), 0.0))  # fmt: skip
    columns = list(zip(*rows, strict=True)) or [()] * 8
    return Scenes(
        owner=np.array(columns[0], np.int64),
        priority=np.array(columns[1], np.float64),
        slowest=np.array(columns[2], np.float64),
        burst=np.array(columns[3], np.float64),
        depth=np.array(columns[4], np.int64),
        detector=np.array(columns[5], bool),
        waited=np.array(columns[6], np.float64),
        evidence=np.array(columns[7], np.float64),
    )


def _waited(camera: Watched, slowest: float, now: datetime, terms: Terms) -> float:
    """Seconds since a scene of this cadence last had it."""
    tiers = terms.tiers
    level = next((n for n, tier in enumerate(tiers) if 0 < tier.every_seconds <= slowest * 1.001), len(tiers) - 1)
    if terms.place(camera.tier or "") >= level:
        return 0.0
    moments = [camera.levels[tier.code] for tier in tiers[level:] if tier.code in camera.levels]
    return max((now - datetime.fromisoformat(max(moments))) / timedelta(seconds=1), 0.0) if moments else NEVER


def _at_work(
    setups: Sequence[Mapping[str, Any]], known: Mapping[str, Kind], local: datetime
) -> list[tuple[Kind, Mapping[str, Any]]]:
    running = [
        setup for setup in setups
        if setup.get("enabled", True) and setup.get("scene") in known
        and (not setup.get("hours") or at_work([Hours.of(span) for span in setup["hours"]], local))
    ]  # fmt: skip
    resting = {setup.get("instead") for setup in running}
    return [(known[setup["scene"]], setup) for setup in running if setup.get("id") not in resting]


def _afoot(camera: Watched, now: datetime) -> bool:
    held = camera.afoot and camera.until is not None and camera.until > now
    return held or bool(camera.state.get("afoot"))


def _age(camera: Watched, now: datetime) -> float:
    return NEVER if camera.looked_at is None else max((now - camera.looked_at) / timedelta(seconds=1), 0.0)


def _column(cameras: Sequence[Watched], of: Callable[[Watched], float | None]) -> Floats:
    """A column; NaN where there is no value."""
    return np.array([math.nan if (value := of(camera)) is None else value for camera in cameras], np.float64)


def _number(state: Mapping[str, Any], name: str) -> float:
    """A figure a worker told; 0 when it told none, or nonsense."""
    value = state.get(name)
    sane = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return max(float(value), 0.0) if sane and value is not None else 0.0
