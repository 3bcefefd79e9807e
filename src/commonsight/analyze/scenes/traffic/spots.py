"""Places where a vehicle stands, whatever the tracker makes of it.

A detector loses a parked car for seconds and minutes: behind a lorry, in rain, at dusk. The tracker then gives it a new
number, or gives its number to a car that drives past. So what stands is known by its place, not by its track: a box
near it is the same vehicle, and while there is no box the picture itself is asked whether it still looks the same.
One vehicle that stands is one spot from when it stops until it is really gone.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from commonsight.analyze.kalman import Floats
from commonsight.analyze.road_users import CLASSES, PEOPLE, overlaps
from commonsight.analyze.scenes.model import Look
from commonsight.analyze.scenes.traffic.course import Course, Courses, present

SPOTS_MOST: Final = 64
LOOK_WIDTH: Final = 480
"""Width at which the picture is asked, pixels."""
PATCH: Final = (16, 16)
"""Rows and columns of what is remembered of a spot's looks."""
ALIKE: Final = 0.75
"""Correlation from which the place looks as it did."""
UNLIKE: Final = 0.4
"""Below it the place looks different. Between the two nobody knows."""
SHIFTS: Final = ((0, 0), (2, 0), (-2, 0), (0, 2), (0, -2), (2, 2), (-2, -2), (2, -2), (-2, 2))
"""How far a mast may have swayed, pixels of the small picture; the likeliest first."""
PLAIN: Final = 4.0
"""A patch with less contrast, grey levels, tells nothing: fog, night, a white roof in the sun."""
REFRESH_SECONDS: Final = 20.0
"""What a spot looks like is taken anew this often while a box confirms it: the sun wanders."""
RARE_SECONDS: Final = 1.0
"""Between looks this far apart one vehicle can drive off and another take its place."""
OTHER_LOOKS: Final = 2
NEAR_OVERLAP: Final = 0.4
NEAR_SIZES: Final = 0.35
LEAVE_SECONDS: Final = 4.0
"""A vehicle whose track drove away is gone after this long without a box here: the track may be another's."""
DIFFERENT_SECONDS: Final = 10.0
"""So it is when the place looks different for this long, without a box and without anybody before it."""
HIDDEN_SECONDS: Final = 120.0
"""Behind something for longer than this it is asked for like any other."""
HIDDEN_SHARE: Final = 0.3
PASS_SIZES: Final = 8.0
"""Who drives past within this, in box sizes, passes."""
PASS_WAY: Final = 2.0
"""And has come so far, box sizes: a number that changes between two standing vehicles moves, too, but only once."""
PASSED_MOST: Final = 64


@dataclass(slots=True)
class Spot:
    """One standing vehicle.

    Attributes:
        name: by its place, so that it is the same after this worker was started anew.
        since, since_at: when it came to stand: the stream's time, s, and UTC.
        box: where, pixels.
        arrived: it was seen driving before.
        heading: where it went before it stood; a unit vector in the picture, None when nobody saw.
        votes: looks at each class.
        confirmed, confirmed_at: when a box or the picture last said that it is there.
        proof: watched seconds since then.
        different: watched seconds the place has looked different.
        hidden: watched seconds something else has been before it.
        others: looks one after the other at which a box was there that looked different.
        away: its track was seen driving off.
        replaced: another vehicle has taken its place.
        blocked: when another one last stood before it.
        duty: share of the recent looks with a box here, 0..1; passing vehicles before it do not count.
        passed: when others drove past it in its direction, s; the latest `PASSED_MOST`.
    """

    key: int
    name: str
    track: int
    since: float
    since_at: datetime
    box: Floats
    arrived: bool
    heading: tuple[float, float] | None
    votes: Floats
    confirmed: float
    confirmed_at: datetime
    proof: float = 0.0
    different: float = 0.0
    hidden: float = 0.0
    others: int = 0
    away: bool = False
    replaced: bool = False
    blocked: float = -math.inf
    duty: float = 1.0
    patch: Floats | None = None
    patch_box: Floats = field(default_factory=lambda: np.zeros(4))
    patch_at: float = 0.0
    passed: deque[float] = field(default_factory=lambda: deque(maxlen=PASSED_MOST))
    sides: dict[int, bool] = field(default_factory=dict)

    @property
    def foot(self) -> Floats:
        """Its bottom centre, pixels."""
        return np.array([(self.box[0] + self.box[2]) / 2, self.box[3]])

    @property
    def size(self) -> float:
        """sqrt(width x height), pixels."""
        return float(np.sqrt(max((self.box[2] - self.box[0]) * (self.box[3] - self.box[1]), 1.0)))

    @property
    def kind(self) -> str:
        """Its class, by vote."""
        return CLASSES[int(self.votes.argmax())]

    def stood(self, time: float) -> float:
        """For how long as far as anybody saw, s: what was not confirmed since does not count."""
        return max(min(self.confirmed, time) - self.since, 0.0)

    def confirm(self, look: Look) -> None:
        """It is there now."""
        self.confirmed, self.confirmed_at = look.time, look.at
        self.proof = self.different = self.hidden = 0.0
        self.away = False

    def remember(self, look: Look) -> None:
        """Take its looks."""
        self.patch, self.patch_box, self.patch_at = looks_of(look, self.box), self.box.copy(), look.time


class Spots:
    """All standing vehicles of one picture.

    Args:
        lost_seconds: an unconfirmed spot ends after this much watched time.
    """

    def __init__(self, lost_seconds: float) -> None:
        self._lost = lost_seconds
        self._next = 1
        self.all: dict[int, Spot] = {}

    def take(self, look: Look, courses: Courses) -> list[Spot]:
        """Take in a look; returns the spots that ended with it."""
        tracks = look.tracks
        vehicles = tracks.seen & tracks.believed & (tracks.kind != PEOPLE)
        rows = np.flatnonzero(vehicles).tolist()
        found = {row: course for row in rows if (course := courses.get(int(tracks.id[row]))) is not None}
        stands = {row: course.stands() for row, course in found.items()}
        matched = self._match(look, found)
        self._pass(look, found, stands)
        for spot in self.all.values():
            self._confirm(look, spot, matched.get(spot.key, []), stands, found)
        self._begin(look, found, stands, matched)
        ended = [spot for spot in self.all.values() if self._over(spot)]
        for spot in ended:
            del self.all[spot.key]
        return ended

    # -- the same vehicle --------------------------------------------------------------------------------------------

    def _match(self, look: Look, found: dict[int, Course]) -> dict[int, list[int]]:
        """Rows of tracks whose box lies at each spot."""
        if not self.all or not found:
            return {}
        spots, rows = list(self.all.values()), list(found)
        boxes = look.tracks.box[rows]
        here = np.stack([spot.box for spot in spots])
        iou, _ = overlaps(here, boxes)
        feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
        sizes = np.sqrt(np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 1.0))
        out: dict[int, list[int]] = {}
        for place, spot in enumerate(spots):
            off = np.hypot(*(feet - spot.foot).T)
            alike = (sizes > 0.6 * spot.size) & (sizes < 1.6 * spot.size)
            near = (iou[place] >= NEAR_OVERLAP) | ((off <= NEAR_SIZES * spot.size) & alike)
            if near.any():
                out[spot.key] = [rows[index] for index in np.flatnonzero(near)]
        return out

    def _confirm(
        self, look: Look, spot: Spot, rows: list[int], stands: dict[int, bool], found: dict[int, Course]
    ) -> None:
        # A box that moves through this place is somebody before it, unless it is this vehicle itself setting off.
        tracks = look.tracks
        calm = [row for row in rows if stands[row] or found[row].sizes() < 0.2 or not found[row].known()]
        before = [row for row in rows if row not in calm]
        own = np.flatnonzero(tracks.id == spot.track)
        if len(own) and tracks.seen[own[0]]:
            off = float(np.hypot(*(tracks.at[own[0]] - spot.foot)))
            spot.away = off > 0.8 * spot.size and own[0] not in calm
        if calm:
            row = max(calm, key=lambda each: float(tracks.score[each]))
            spot.track = int(tracks.id[row])
            spot.box += 0.1 * (tracks.box[row] - spot.box)
            spot.votes[int(tracks.kind[row])] += float(tracks.score[row])
            spot.confirm(look)
            spot.duty += 0.05 * (1.0 - spot.duty)
            self._keep_looks(look, spot)
        elif (before or _covered(look, spot)) and spot.hidden < HIDDEN_SECONDS:
            spot.hidden += look.elapsed  # neither there nor gone
        else:
            spot.proof += look.elapsed
            spot.duty -= 0.05 * spot.duty
            same = alike(look, spot)
            if same is not None and same >= ALIKE:
                spot.confirm(look)
            elif same is not None and same < UNLIKE:
                spot.different += look.elapsed

    def _keep_looks(self, look: Look, spot: Spot) -> None:
        """Take its looks anew now and then; notice when another vehicle has taken its place between two rare looks."""
        if look.elapsed < RARE_SECONDS and spot.patch is not None and look.time - spot.patch_at < REFRESH_SECONDS:
            return
        same = alike(look, spot)
        if look.elapsed >= RARE_SECONDS and same is not None and same < UNLIKE:
            spot.others += 1
            if spot.others < OTHER_LOOKS:
                return
            # It looks different look after look though a box is always there: a queue moved on by one.
            spot.replaced = True
        spot.others = 0
        spot.remember(look)

    def _over(self, spot: Spot) -> bool:
        if spot.replaced or (spot.away and spot.proof >= LEAVE_SECONDS):
            return True
        return spot.proof >= self._lost or spot.different >= DIFFERENT_SECONDS

    def _begin(
        self, look: Look, found: dict[int, Course], stands: dict[int, bool], matched: dict[int, list[int]]
    ) -> None:
        tracks = look.tracks
        taken = {row for rows in matched.values() for row in rows}
        for row, course in found.items():
            if not stands[row] or row in taken or len(self.all) >= SPOTS_MOST:
                continue
            box = tracks.box[row].copy()
            points = course.recent(2.0, 3)
            since = points[0][0]
            votes = np.zeros(len(CLASSES))
            votes[int(tracks.kind[row])] = float(tracks.score[row])
            spot = Spot(
                self._next, self._name(look, box), int(tracks.id[row]), since, _earlier(look, look.time - since), box,
                course.moved, course.heading, votes, look.time, look.at,
            )  # fmt: skip
            spot.remember(look)
            self.all[self._next] = spot
            self._next += 1

    def _name(self, look: Look, box: Floats) -> str:
        width, height = look.size
        column, line = int(32 * (box[0] + box[2]) / 2 / width), int(18 * box[3] / height)
        taken = {spot.name for spot in self.all.values()}
        name = f"at-{column}-{line}"
        return next(each for number in range(SPOTS_MOST + 1) if (each := f"{name}-{number}") not in taken)

    # -- who drives past ---------------------------------------------------------------------------------------------

    def _pass(self, look: Look, found: dict[int, Course], stands: dict[int, bool]) -> None:
        """Note who went from behind a spot to before it, along its own way."""
        alive = set(look.tracks.id.tolist())
        tracks = look.tracks
        moving = [
            (row, course.heading, course.pixels())
            for row, course in found.items()
            if not stands[row] and course.heading is not None and course.sizes() >= 0.5 and course.travelled(PASS_WAY)
        ]
        for spot in self.all.values():
            for row, heading, (vx, vy) in moving:
                track = int(tracks.id[row])
                if track == spot.track or not _along(spot.heading, heading):
                    continue
                off = tracks.at[row] - spot.foot
                ahead = float(off @ np.array(heading))
                if np.hypot(*off) > PASS_SIZES * spot.size:
                    continue
                # At rare looks a fast one is first seen when it is past: where was it when nobody saw it yet?
                came = math.hypot(vx, vy) * (look.time - float(tracks.born[row]) + 1.5 * look.elapsed)
                before = spot.sides.get(track, ahead > came)
                if ahead > 0 and not before:
                    spot.passed.append(look.time)
                spot.sides[track] = ahead > 0
            for gone in [track for track in spot.sides if track not in alive]:
                del spot.sides[gone]


def ahead_of(spot: Spot, others: Sequence[Spot], heading: tuple[float, float]) -> bool:
    """Does another one stand before it in its lane, so that it can only wait?"""
    way = np.array(heading)
    for other in others:
        off = other.foot - spot.foot
        along, across = float(off @ way), abs(float(off @ np.array([-way[1], way[0]])))
        size = max(spot.size, other.size)
        if other is not spot and 0.3 * size < along < 3.0 * size and across < 0.8 * size:
            return True
    return False


def others_near(spot: Spot, others: Sequence[Spot], sizes: float) -> bool:
    """Does anything else stand near it?"""
    return any(
        other is not spot and np.hypot(*(other.foot - spot.foot)) < sizes * max(spot.size, other.size)
        for other in others
    )


def people_at(look: Look, spot: Spot) -> bool:
    """Is somebody at the vehicle: their feet within its box widened by half its width, beside or before it?"""
    tracks = look.tracks
    rows = present(look) & (tracks.kind == PEOPLE)
    if not rows.any():
        return False
    feet = tracks.at[rows]
    x0, y0, x1, y1 = spot.box
    wide, high = 0.5 * (x1 - x0), 0.35 * (y1 - y0)
    beside = (feet[:, 0] > x0 - wide) & (feet[:, 0] < x1 + wide)
    return bool((beside & (feet[:, 1] > y0 + high) & (feet[:, 1] < y1 + high)).any())


def correlation(a: Floats | None, b: Floats | None) -> float | None:
    """How alike two patches are, -1..1, whatever their brightness and contrast; None when either tells nothing."""
    if a is None or b is None or a.shape != b.shape:
        return None
    one, other = a - a.mean(), b - b.mean()
    power, other_power = float((one * one).sum()), float((other * other).sum())
    if min(power, other_power) < PLAIN**2 * a.size:
        return None
    return float((one * other).sum()) / math.sqrt(power * other_power)


def _covered(look: Look, spot: Spot) -> bool:
    """Does another road user's box lie over it?"""
    tracks = look.tracks
    rows = tracks.seen & (tracks.id != spot.track)
    if not rows.any():
        return False
    _, inside = overlaps(spot.box[None], tracks.box[rows])
    return bool(inside.max() > HIDDEN_SHARE)


def looks_of(look: Look, box: Floats, shift: tuple[int, int] = (0, 0)) -> Floats | None:
    """What a place looks like, shifted by some pixels of the small picture; None where it is too small to tell."""
    width, height = look.size
    columns = min(LOOK_WIDTH, width)
    rows = max(round(height * columns / width), 1)
    scale = columns / width
    x0, y0, x1, y1 = (round(float(value) * scale) for value in box)
    x0, x1 = max(x0 + shift[0], 0), min(x1 + shift[0], columns)
    y0, y1 = max(y0 + shift[1], 0), min(y1 + shift[1], rows)
    if x1 - x0 < 6 or y1 - y0 < 5:
        return None
    cut = look.luma(columns, rows)[y0:y1, x0:x1].astype(np.float64)
    down = np.linspace(0, cut.shape[0], min(PATCH[0], cut.shape[0]), endpoint=False).astype(int)
    across = np.linspace(0, cut.shape[1], min(PATCH[1], cut.shape[1]), endpoint=False).astype(int)
    parts = np.diff(np.append(down, cut.shape[0]))[:, None] * np.diff(np.append(across, cut.shape[1]))[None, :]
    return np.asarray(np.add.reduceat(np.add.reduceat(cut, down, axis=0), across, axis=1) / parts)


def alike(look: Look, spot: Spot) -> float | None:
    """How much the place looks as it did: the best of some shifts, because masts sway."""
    if spot.patch is None:
        return None
    best: float | None = None
    for shift in SHIFTS:
        found = correlation(spot.patch, looks_of(look, spot.patch_box, shift))
        if found is not None and (best is None or found > best):
            best = found
        if best is not None and best >= ALIKE:
            break
    return best


def _along(heading: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    """Do they go the same way, within 60 degrees? Unknown counts as yes."""
    return heading is None or other is None or heading[0] * other[0] + heading[1] * other[1] > 0.5


def _earlier(look: Look, seconds: float) -> datetime:
    return look.at - timedelta(seconds=max(seconds, 0.0))
