"""Following road users from frame to frame.

Three things differ from the usual tracker, each because of what fixed public cameras give:

* Association is by where a road user can have got to on the picture plane in the time that passed
  (Mahalanobis distance of position and size), not by overlap: at a few frames a second the boxes
  of a fast, small vehicle do not overlap at all.
* Identity does not depend on the class: every box votes, and a van called truck, car and truck
  again stays one vehicle.
* Everything is in seconds and box sizes, so frame rate and resolution may change underneath.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from commonsight.analyze.kalman import Floats, Motion, from_xyxy, to_xyxy
from commonsight.analyze.road_users import CLASSES, GROUPS, VEHICLES, RoadUsers, overlaps

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """What the tracker takes for granted. Lengths are in box sizes: size = sqrt(width x height).

    Attributes:
        birth: a track that never had a box of this score is weak: it is associated last, starts only where no believed
            track stands, and is believed by its travel alone.
        high: boxes from this score on are associated first, with the wide gate.
        low: boxes below this score are not used at all.
        evidence: a track is believed once its scores sum to this (and it was seen twice).
        travel, travel_seconds: a weak track is believed once it has steadily moved this many sizes in at least this
            time and its scores sum to `weak_evidence`: clutter trembles on the spot, road users go somewhere.
        keep_seconds: a believed track not seen for this long ends.
        doubt_seconds: the same for a track not yet believed.
        top_speed: standard deviation of the speed of a new track by group, sizes/s.
        manoeuvre: standard deviation of acceleration noise by group, sizes/s² per root hertz.
        box_error: standard deviation of the detector's box edges, sizes.
        gate: largest Mahalanobis distance of position; `young_gate`: the same for a track seen only once or twice.
        most: tracks kept at once; beyond it the weakest end.
    """

    birth: float = 0.4
    high: float = 0.3
    low: float = 0.3
    evidence: float = 0.8
    weak_evidence: float = 5.0
    travel: float = 1.5
    travel_seconds: float = 0.8
    keep_seconds: float = 2.2
    doubt_seconds: float = 0.4
    top_speed: tuple[float, float, float] = (0.5, 1.2, 1.2)
    manoeuvre: tuple[float, float, float] = (0.6, 1.0, 1.0)
    box_error: float = 0.08
    gate: float = 2.5
    young_gate: float = 4.0
    most: int = 512


@dataclass(frozen=True, slots=True)
class Tracks:
    """Columns over the N tracks alive after a frame; a row's place may change between frames, its id never.

    Attributes:
        id: int64 (N,), rising in order of birth, never used again.
        xyxy: float64 (N, 4) filtered box, pixels.
        box: float64 (N, 4) the last box as it was detected, pixels.
        at: float64 (N, 2) filtered bottom centre, pixels.
        velocity: float64 (N, 2) of the bottom centre, pixels/s.
        size: float64 (N,) sqrt(width x height), pixels.
        kind: int64 (N,) index into `CLASSES`, by vote.
        score: float64 (N,) score of the last box.
        believed: bool (N,) enough evidence to count it.
        seen: bool (N,) a box was associated in this very frame.
        born, last: float64 (N,) time of the first and the last box, s.
        weight: float64 (N,) score-seconds: the scores of its boxes, each times the time since the box before.
        path: float64 (N,) distance between the first and the present bottom centre, pixels.
    """

    id: Ints
    xyxy: Floats
    box: Floats
    at: Floats
    velocity: Floats
    size: Floats
    kind: Ints
    score: Floats
    believed: Bools
    seen: Bools
    born: Floats
    last: Floats
    weight: Floats
    path: Floats

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def none(cls) -> "Tracks":
        """No tracks."""
        return Tracker().update(RoadUsers(np.zeros((0, 4)), np.zeros(0), np.zeros((0, len(CLASSES)))), 0.0)


@dataclass(slots=True)
class _Columns:
    """Everything about each track but its motion."""

    id: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    votes: Floats = field(default_factory=lambda: np.zeros((0, len(CLASSES))))
    score: Floats = field(default_factory=lambda: np.zeros(0))
    best: Floats = field(default_factory=lambda: np.zeros(0))
    evidence: Floats = field(default_factory=lambda: np.zeros(0))
    hits: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    born: Floats = field(default_factory=lambda: np.zeros(0))
    last: Floats = field(default_factory=lambda: np.zeros(0))
    origin: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    way: Floats = field(default_factory=lambda: np.zeros(0))
    spot: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    box: Floats = field(default_factory=lambda: np.zeros((0, 4)))
    weight: Floats = field(default_factory=lambda: np.zeros(0))

    def select(self, chosen: Bools) -> "_Columns":
        return _Columns(*(getattr(self, name)[chosen] for name in self.__slots__))

    def join(self, other: "_Columns") -> "_Columns":
        return _Columns(*(np.concatenate([getattr(self, n), getattr(other, n)]) for n in self.__slots__))


UNMATCHED = 7.0
"""Cost from which on leaving a track without a box is the better explanation."""
STEP_MOST = 0.25
"""A box vouches for this much time before it at most, s."""
ALONE = 0.5
"""A weak box with a larger share of its area over a believed track is a part or a shadow of that road user."""
STRAIGHT = 0.7
"""Least share of the way walked that must lie between a weak track's two ends."""
WEIGHTS = np.array([1.0, 2.5, 2.5, 1.0, 0.6, 0.6])
"""Weight of each class's votes: riders are often seen as persons only, so a two-wheeler seen now and then is one; cars
are so much more frequent that a doubtful bus or truck is a car."""
OTHER_GROUP = 5.0
"""Added cost of a box of another group (a rider seen as a person, then as a motorcycle)."""


class Tracker:
    """Keeps the tracks of one camera. Feed frames in order of time."""

    def __init__(self, settings: TrackSettings | None = None) -> None:
        self.settings = settings or TrackSettings()
        self._motion = Motion.empty()
        self._columns = _Columns()
        self._time: float | None = None
        self._next_id = 1
        self._top_speed = np.array(self.settings.top_speed)
        self._manoeuvre = np.array(self.settings.manoeuvre)

    def update(self, users: RoadUsers, time: float, frame: tuple[int, int] | None = None) -> Tracks:
        """Take in the road users seen at `time` (s, not before the last frame) in a `frame` of (width, height) pixels.

        Raises:
            ValueError: time runs backwards.
        """
        if self._time is not None and time < self._time:
            raise ValueError(f"frame at {time} s after one at {self._time} s: frames come in order of time")
        elapsed = 0.0 if self._time is None else time - self._time
        self._time = time
        self._predict(elapsed)
        self._end(time, elapsed, frame)
        if len(users):
            high = np.flatnonzero(users.score >= self.settings.high)
            low = np.flatnonzero((users.score < self.settings.high) & (users.score >= self.settings.low))
            strong = self._columns.best >= self.settings.birth
            high = self._associate(users, high, strong, time, wide=True)
            low = self._associate(users, low, strong & self._believed(), time, wide=False)
            left = self._associate(users, np.union1d(high, low), ~strong, time, wide=True)
            self._begin(users, self._may_begin(users, left), time)
            self._end_doubles(time)
            self._end_shadows()
        return self._report(time)

    # -- the steps of a frame -------------------------------------------------------------------

    def _groups(self) -> Ints:
        if not len(self._motion):
            return np.zeros(0, np.int64)
        groups: Ints = np.take(GROUPS, self._columns.votes.argmax(axis=1))
        return groups

    def _sizes(self) -> Floats:
        sizes: Floats = np.sqrt(np.maximum(self._motion.at[:, 2], 1) * np.maximum(self._motion.at[:, 3], 1))
        return sizes

    def _predict(self, elapsed: float) -> None:
        if not len(self._motion) or elapsed <= 0:
            return
        noise = np.empty((len(self._motion), 4))
        sizes = self._sizes()
        noise[:, :2] = ((self._manoeuvre[self._groups()] * sizes) ** 2)[:, None]
        noise[:, 2:] = ((0.4 * sizes) ** 2)[:, None]
        self._motion.predict(elapsed, noise)
        self._motion.rate[:, 2:] *= np.exp(-elapsed)

    def _associate(self, users: RoadUsers, boxes: Ints, among: Bools, time: float, *, wide: bool) -> Ints:
        """Give `boxes` to those tracks `among` that have none yet, best explanation of the whole frame.

        Returns the boxes left over.
        """
        tracks = np.flatnonzero(among & (self._columns.last < time))
        if not len(boxes) or not len(tracks):
            return boxes
        cost = self._costs(users, tracks, boxes, wide=wide)
        rows, columns = linear_sum_assignment(np.minimum(cost, UNMATCHED))
        good = cost[rows, columns] < UNMATCHED
        rows, columns = rows[good], columns[good]
        self._correct(users, tracks[rows], boxes[columns], time)
        return np.delete(boxes, columns)

    def _costs(self, users: RoadUsers, tracks: Ints, boxes: Ints, *, wide: bool) -> Floats:
        """Negative log likelihood (up to constants) of each box being each track; infinite beyond the gate."""
        at, spread = self._motion.at[tracks], self._motion.spread[tracks, :, 0]
        measured = from_xyxy(users.xyxy[boxes])
        sizes = self._sizes()[tracks]
        unit = (sizes**2)[:, None]
        error = (self.settings.box_error**2) * unit
        off = measured[None, :, :] - at[:, None, :]
        total = (spread + error)[:, None, :]
        place = (off[:, :, :2] ** 2 / total[:, :, :2]).sum(axis=2)
        # A box cut by what stands before it changes size at once, so size is judged mildly.
        extent = (off[:, :, 2:] ** 2 / (total[:, :, 2:] + 0.04 * unit[:, :, None])).sum(axis=2)
        ratio = np.sqrt(measured[:, 2] * measured[:, 3])[None, :] / sizes[:, None]
        cost = place + extent + np.log(total[:, :, 0] * total[:, :, 1] / unit**2)
        overlap, _ = overlaps(to_xyxy(at), users.xyxy[boxes])
        # Seen but twice, a fast one's speed is not known yet: the prior pulls it towards standing still.
        gate = np.where(self._columns.hits[tracks] <= 2, self.settings.young_gate, self.settings.gate)[:, None]
        inside = place < (gate if wide else gate / 1.5) ** 2
        inside &= (ratio > 0.45) & (ratio < 2.2)
        inside |= overlap > 0.5
        cost = np.where(overlap > 0.3, np.minimum(cost, 6 - 8 * overlap), cost)
        mine = GROUPS[self._columns.votes[tracks].argmax(axis=1)][:, None]
        theirs = GROUPS[users.votes[boxes].argmax(axis=1)][None, :]
        cost = cost + np.where(mine == theirs, 0.0, OTHER_GROUP)
        # A person is never a car; a rider may be seen as either person or two-wheeler.
        inside &= (mine == theirs) | ((mine != VEHICLES) & (theirs != VEHICLES)) | (overlap > 0.6)
        return np.where(inside, cost, 1e6)

    def _correct(self, users: RoadUsers, tracks: Ints, boxes: Ints, time: float) -> None:
        measured = from_xyxy(users.xyxy[boxes])
        score = users.score[boxes]
        sizes = self._sizes()[tracks]
        # Weak boxes are placed worse: the error doubles from a score of 0.6 to one of 0.15.
        error = np.repeat(((self.settings.box_error * sizes * np.clip(1.4 - score, 0.7, 1.4)) ** 2)[:, None], 4, axis=1)
        off = np.abs(measured - self._motion.at[tracks])
        expected = np.sqrt(self._motion.spread[tracks, :, 0] + error)
        error *= np.maximum(1.0, off / (3 * expected)) ** 2
        kept = self._columns
        self._motion.correct(tracks, measured, error)
        kept.way[tracks] += np.hypot(*(self._motion.at[tracks, :2] - kept.spot[tracks]).T)
        kept.spot[tracks] = self._motion.at[tracks, :2]
        kept.votes[tracks] += users.votes[boxes]
        kept.score[tracks] = score
        kept.box[tracks] = users.xyxy[boxes]
        kept.best[tracks] = np.maximum(kept.best[tracks], score)
        kept.evidence[tracks] += score
        kept.weight[tracks] += score * np.minimum(time - kept.last[tracks], STEP_MOST)
        kept.hits[tracks] += 1
        kept.last[tracks] = time

    def _may_begin(self, users: RoadUsers, boxes: Ints) -> Ints:
        """Of the boxes nobody wants, those that may be somebody new: strong ones, and weak ones that stand alone."""
        strong = users.score[boxes] >= self.settings.birth
        known = to_xyxy(self._motion.at[self._believed() & (self._columns.best >= self.settings.birth)])
        if not len(known):
            return boxes
        _, inside = overlaps(users.xyxy[boxes], known)
        chosen: Ints = boxes[strong | (inside.max(axis=1) < ALONE)]
        return chosen

    def _begin(self, users: RoadUsers, boxes: Ints, time: float) -> None:
        room = self.settings.most - len(self._motion)
        boxes = boxes[: max(room, 0)]
        if not len(boxes):
            return
        at = from_xyxy(users.xyxy[boxes])
        sizes = np.sqrt(at[:, 2] * at[:, 3])
        speed = self._top_speed[GROUPS[users.votes[boxes].argmax(axis=1)]] * sizes
        spread = np.zeros((len(boxes), 4, 3))
        spread[:, :, 0] = ((self.settings.box_error * sizes) ** 2)[:, None]
        spread[:, :2, 2] = (speed**2)[:, None]
        spread[:, 2:, 2] = ((0.3 * sizes) ** 2)[:, None]
        self._motion = self._motion.join(Motion(at, np.zeros_like(at), spread))
        count = len(boxes)
        ids = np.arange(self._next_id, self._next_id + count)
        self._next_id += count
        score = users.score[boxes]
        times = np.full(count, time)
        self._columns = self._columns.join(
            _Columns(
                ids, users.votes[boxes].copy(), score.copy(), score.copy(), score.copy(), np.ones(count, np.int64),
                times, times.copy(), at[:, :2].copy(), np.zeros(count), at[:, :2].copy(), users.xyxy[boxes].copy(),
                np.zeros(count),
            )
        )  # fmt: skip

    def _believed(self) -> Bools:
        kept, settings = self._columns, self.settings
        strong = (kept.evidence >= settings.evidence) & (kept.best >= settings.birth)
        if not len(strong):
            return strong
        path = np.hypot(*(self._motion.at[:, :2] - kept.origin).T)
        steady = (path >= settings.travel * self._sizes()) & (path >= STRAIGHT * kept.way)
        steady &= (kept.last - kept.born >= settings.travel_seconds) & (kept.evidence >= settings.weak_evidence)
        believed: Bools = (kept.hits >= 2) & (strong | steady)
        return believed

    def _end(self, time: float, elapsed: float, frame: tuple[int, int] | None) -> None:
        """End what was not seen for too long or has left the picture."""
        if not len(self._motion):
            return
        silent = time - self._columns.last
        # At a low frame rate doubt lasts one picture at least.
        doubt = max(self.settings.doubt_seconds, 1.5 * elapsed)
        keep = silent <= np.where(self._believed(), max(self.settings.keep_seconds, doubt), doubt)
        if frame is not None:
            x, y = self._motion.at[:, 0], self._motion.at[:, 1]
            size = self._sizes()
            keep &= (x > -size / 2) & (x < frame[0] + size / 2) & (y > 0) & (y < frame[1] + size)
        self._select(keep)

    def _end_doubles(self, time: float) -> None:
        """Two tracks that lie on each other are one road user: the younger ends and leaves its votes."""
        if len(self._motion) < 2:
            return
        xyxy = to_xyxy(self._motion.at)
        iou, _ = overlaps(xyxy, xyxy)
        group = self._groups()
        same = (iou > 0.6) & (group[:, None] == group[None, :])
        np.fill_diagonal(same, val=False)
        if not same.any():
            return
        kept, keep = self._columns, np.ones(len(self._motion), dtype=bool)
        order = np.lexsort((kept.id, -kept.evidence))
        for i in order:
            if not keep[i]:
                continue
            for j in np.flatnonzero(same[i] & keep):
                # Both seen in this frame: the detector says they are two, unless they nearly coincide.
                if kept.last[i] == time and kept.last[j] == time and iou[i, j] < 0.8:
                    continue
                keep[j] = False
                kept.votes[i] += kept.votes[j]
        self._select(keep)

    def _end_shadows(self) -> None:
        """End weak tracks that have come to lie over a believed one: parts and shadows of that road user."""
        strong = self._columns.best >= self.settings.birth
        sure = strong & self._believed()
        if strong.all() or not sure.any():
            return
        xyxy = to_xyxy(self._motion.at)
        _, inside = overlaps(xyxy, xyxy[sure])
        self._select(strong | (inside.max(axis=1) < ALONE))

    def _select(self, keep: Bools) -> None:
        if not keep.all():
            self._motion = self._motion.select(keep)
            self._columns = self._columns.select(keep)

    def _report(self, time: float) -> Tracks:
        kept, at = self._columns, self._motion.at
        return Tracks(
            id=kept.id.copy(),
            xyxy=to_xyxy(at),
            box=kept.box.copy(),
            at=at[:, :2].copy(),
            velocity=self._motion.rate[:, :2].copy(),
            size=self._sizes(),
            kind=(kept.votes * WEIGHTS).argmax(axis=1) if len(at) else np.zeros(0, np.int64),
            score=kept.score.copy(),
            believed=self._believed(),
            seen=kept.last == time,
            born=kept.born.copy(),
            last=kept.last.copy(),
            weight=kept.weight.copy(),
            path=np.hypot(*(at[:, :2] - kept.origin).T) if len(at) else np.zeros(0),
        )
