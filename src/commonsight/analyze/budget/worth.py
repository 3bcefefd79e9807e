"""What each tier costs and is worth, camera by camera: columns in, tables (cameras, tiers) out. Pure."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from commonsight.analyze.budget.allocate import Flags, Floats, Ints
from commonsight.analyze.budget.model import Terms
from commonsight.analyze.scenes.model import Decoding

DEPTHS: Final = (Decoding.KEYFRAMES, Decoding.REFERENCE, Decoding.FULL)
LEAST_COST: Final = 2e-6
"""Cores between two tiers, at least: allocation wants costs that rise."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """Scenes of all cameras, one row a scene (S,).

    Attributes:
        owner: row of the camera.
        priority: worth of an event, times what people set.
        slowest, burst: seconds between pictures, as the scene's card says.
        depth: index in `DEPTHS`.
        detector: whether it needs one.
        waited: seconds since it last had its cadence: 0 while it has, inf for never.
        evidence: seconds it has to see without a gap before it says anything.
    """

    owner: Ints
    priority: Floats
    slowest: Floats
    burst: Floats
    depth: Ints
    detector: Flags
    waited: Floats
    evidence: Floats


@dataclass(frozen=True, slots=True)
class Fleet:
    """All cameras that are to be watched, one row a camera (N,).

    Attributes:
        activity, uncertainty: 0..1, as last seen; `age`: seconds since then, inf for never.
        afoot: a scene said so at the last look.
        factor: of deployments, 1 without.
        pixels, fps, hevc: of the stream; NaN where nobody knows.
        keyframe: seconds between keyframes; NaN where nobody knows.
        look_seconds: of a core, one picture's inference, measured; NaN: not yet.
        decode_factor: decoding measured over foreseen; NaN: not yet.
    """

    activity: Floats
    uncertainty: Floats
    age: Floats
    afoot: Flags
    factor: Floats
    pixels: Floats
    fps: Floats
    hevc: Flags
    keyframe: Floats
    look_seconds: Floats
    decode_factor: Floats
    scenes: Scenes

    def __len__(self) -> int:
        return len(self.activity)


@dataclass(frozen=True, slots=True)
class Table:
    """What the allocator works on, and what explains its answer.

    Attributes:
        every: seconds between pictures (N, T); 0: none.
        depth: index in `DEPTHS` (N, T).
        costs: cores (N, T). decoding: of it for decoding (N, T).
        values: worth (N, T); `scenes` of it by scenes, the rest by looking at all.
        need: least tier at which every scene of the camera has its cadence (N,).
        served: whether a scene has it, by scene and tier (S, T).
        eagerness: what events are multiplied by for activity and doubt (N,); stale: for not having been looked at.
    """

    every: Floats
    depth: Ints
    costs: Floats
    decoding: Floats
    values: Floats
    scenes: Floats
    need: Ints
    served: Flags
    eagerness: Floats
    stale: Floats


def table(fleet: Fleet, terms: Terms) -> Table:
    """Cost and worth of every tier of every camera."""
    every = _every(fleet, terms)
    scenes = fleet.scenes
    # A little slack: 0.2 s stored as a 4-byte number and read again is not exactly 0.2 s.
    served = (every[scenes.owner] > 0) & (every[scenes.owner] <= scenes.slowest[:, None] * 1.001)
    depth = _depth(fleet, terms, every, served)
    costs, decoding = costs_of(fleet, terms, every, depth)
    eagerness, stale = _eagerness(fleet, terms)
    worth = _summed(scenes.owner, _events(fleet, terms, every, served), len(fleet))
    worth *= (eagerness * fleet.factor)[:, None]
    looking = terms.worth.look_worth * (stale * fleet.factor)[:, None] * caught(terms.worth.look_seconds, every)
    need = np.argmin(_summed(scenes.owner, ~served, len(fleet))[:, 1:], axis=1) + 1
    return Table(every, depth, costs, decoding, worth + looking, worth, need, served, eagerness, stale)


def caught(lasting: Floats | float, every: Floats) -> Floats:
    """Share of events seen at all when one looks every `every` s (0: never) at events of mean length `lasting` s.

    For lengths that fall off exponentially and looks at steady times: x (1 - exp(-1/x)) with x = lasting / every. It
    rises with the rate of looks, ever less: twice the looks never find twice the events.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(every > 0, lasting / every, 0.0)
        return np.where(x > 0, -x * np.expm1(-1 / x), 0.0)


def dwell(fleet: Fleet, made: Table, tier: Ints, terms: Terms) -> Floats:
    """Seconds a camera keeps a tier it was raised to (N,): a turn shorter than what its scenes must see is no turn."""
    scenes = fleet.scenes
    served = made.served[np.arange(len(scenes.owner)), tier[scenes.owner]]
    longest = np.zeros(len(fleet))
    np.maximum.at(longest, scenes.owner, np.where(served, scenes.evidence, 0.0))
    return np.clip(longest * terms.steady.evidence_factor, terms.steady.dwell_seconds, terms.steady.dwell_most)


def _summed(owner: Ints, rows: Floats | Flags, owners: int) -> Floats:
    """Rows (S, T) added up by owner: (N, T)."""
    return np.stack([np.bincount(owner, column, owners) for column in rows.T], axis=1).astype(np.float64)


def _every(fleet: Fleet, terms: Terms) -> Floats:
    """Seconds between pictures: the tier's, but no faster than the camera's most demanding scene asks for.

    Closer than that is not more accurate. While something is afoot the highest tier pays for what the scenes ask then.
    """
    scenes = fleet.scenes
    every = np.tile(np.array([tier.every_seconds for tier in terms.tiers]), (len(fleet), 1))
    quickest, burst = np.full(len(fleet), np.inf), np.full(len(fleet), np.inf)
    np.minimum.at(quickest, scenes.owner, scenes.slowest)
    np.minimum.at(burst, scenes.owner, np.minimum(scenes.burst, scenes.slowest))
    every[:, 1:] = np.maximum(every[:, 1:], np.where(np.isinf(quickest), 0.0, quickest)[:, None])
    every[:, -1] = np.minimum(every[:, -1], quickest)
    return np.where(fleet.afoot[:, None] & (np.arange(every.shape[1]) == every.shape[1] - 1), burst[:, None], every)


def _depth(fleet: Fleet, terms: Terms, every: Floats, served: Flags) -> Ints:
    """How much is decoded: the tier's, what the scenes whose cadence is met need, and no more than any of them asks."""
    scenes = fleet.scenes
    most = np.zeros(len(fleet), np.int64)
    np.maximum.at(most, scenes.owner, scenes.depth)
    # A burst looks between keyframes.
    between = (every < 1) & (every > 0) & fleet.afoot[:, None]
    depth = np.tile(np.array([DEPTHS.index(tier.decoding) for tier in terms.tiers], np.int64), (len(fleet), 1))
    for index in range(1, len(DEPTHS)):
        asks = _summed(scenes.owner, served & (scenes.depth == index)[:, None], len(fleet))
        depth = np.where(asks > 0, np.maximum(depth, index), depth)
    return np.minimum(depth, np.where(between, np.maximum(most, 1)[:, None], most[:, None]))


def costs_of(fleet: Fleet, terms: Terms, every: Floats, depth: Ints) -> tuple[Floats, Floats]:
    """Cores (N, T) at these cadences and depths, and what of them is decoding; 0 where there are no pictures."""
    prior = terms.prior
    with np.errstate(divide="ignore"):
        looks = np.where(every > 0, 1 / every, 0.0)
    pixels = np.where(np.isnan(fleet.pixels), prior.width * prior.height, fleet.pixels)
    fps = np.where(np.isnan(fleet.fps), prior.fps, fleet.fps)
    codec = np.where(fleet.hevc, prior.hevc_factor, 1.0)
    whole = prior.full_share * pixels / (1280 * 720) * fps / 30 * codec
    keyframe = prior.keyframe_seconds * pixels / (1920 * 1080) * codec
    # A look needs one keyframe; there are no more of them than the camera sends.
    sent = np.where(np.isnan(fleet.keyframe) | (fleet.keyframe <= 0), 1.0, 1 / np.maximum(fleet.keyframe, 0.02))
    by_keyframes = keyframe[:, None] * np.minimum(looks, sent[:, None])
    decoding = np.choose(
        depth, [by_keyframes, whole[:, None] * prior.reference_share, np.broadcast_to(whole[:, None], every.shape)]
    )
    decoding = decoding * np.where(np.isnan(fleet.decode_factor), 1.0, fleet.decode_factor)[:, None]
    detector = np.zeros(len(fleet), bool)
    np.logical_or.at(detector, fleet.scenes.owner, fleet.scenes.detector)
    foreseen = np.where(detector, prior.detector_seconds, prior.plain_seconds)
    look = np.where(np.isnan(fleet.look_seconds), foreseen, fleet.look_seconds)
    costs = np.where(looks > 0, prior.stream_share + decoding + looks * look[:, None], 0.0)
    decoding = np.where(looks > 0, decoding, 0.0)
    # Two tiers of one camera may come out the same (a person set a slow pace); allocation wants them to rise.
    costs[:, 1:] += LEAST_COST * np.arange(1, costs.shape[1])
    return np.maximum.accumulate(costs, axis=1) + LEAST_COST * np.arange(costs.shape[1]), decoding


def _eagerness(fleet: Fleet, terms: Terms) -> tuple[Floats, Floats]:
    """How much is expected to happen, and how long nobody has looked.

    What was seen fades: after a while without a look a quiet camera is taken for an ordinary one whose state nobody
    knows, so that it is looked at again before a busy one is looked at still closer.
    """
    worth = terms.worth
    fresh = np.exp2(-fleet.age / worth.activity_seconds)
    activity = worth.activity_prior + (fleet.activity - worth.activity_prior) * fresh
    doubt = 1 + (fleet.uncertainty - 1) * fresh
    eagerness = (worth.activity_floor + (1 - worth.activity_floor) * activity) * (1 + worth.uncertainty_weight * doubt)
    return eagerness, np.minimum(1 + fleet.age / worth.stale_seconds, worth.stale_most)


def _events(fleet: Fleet, terms: Terms, every: Floats, served: Flags) -> Floats:
    """Worth of events by scene and tier (S, T), before the camera's own factors.

    In units of what comes anew within the horizon: that, and what came while the scene had not its cadence and still
    lasts. A scene that has just had its turn is worth little, one that waited long is worth as much as may have
    gathered: where there is not enough for all, scenes of lasting events take turns, those of short ones do not gain
    by waiting.
    """
    scenes, worth = fleet.scenes, terms.worth
    afoot = fleet.afoot[scenes.owner]
    lasting = np.maximum(worth.lasting_factor * scenes.slowest, worth.lasting_least)
    # What is afoot is there now, however lately one has looked.
    gathered = lasting * np.where(afoot, 1.0, -np.expm1(-scenes.waited / lasting))
    priority = scenes.priority * np.where(afoot, worth.afoot_factor, 1.0) * (1 + gathered / worth.horizon_seconds)
    pace = np.where(afoot, np.minimum(scenes.burst, scenes.slowest), scenes.slowest)
    return np.where(served, priority[:, None] * caught(20 * pace[:, None], every[scenes.owner]), 0.0)


def learned(before: Floats, seen: Floats, looks: Floats, trusted: float) -> Floats:
    """A running mean: `looks` pictures of `seen` move it, `trusted` of them by 63 %; where it is NaN, `seen`."""
    return np.where(np.isnan(before), seen, before + (seen - before) * -np.expm1(-looks / trusted))
