"""From cells that are new and stay to things: which cells belong together, and whether that is a thing at all.

No model of any thing is used. A group of cells is a thing when it stays, is no light, is not the gap left by something
that was taken away, and is nobody whom the detector knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy import ndimage

from commonsight.analyze.model import Point
from commonsight.analyze.scenes.city.background import Background, Change
from commonsight.analyze.scenes.city.compare import CELL, Bools, only_light, pixels
from commonsight.analyze.scenes.city.grid import Box, box_of, cells_of, cells_under
from commonsight.analyze.scenes.model import Look

MOST: Final = 32
"""Things followed at a time in one setup; the smallest beyond it are left out."""
RIPE: Final = 3.0
"""s for which a cell must have shown the same before it belongs to a thing."""
COVERED: Final = 0.5
"""Share of a thing's cells under somebody's box from which it is that somebody."""
ATTENDED: Final = 0.35
"""Share of the looks in which a thing was somebody, from which it is no thing: a detector misses who stands still."""
REMAINS: Final = 0.6
"""Part of its cells below which what is left of a thing is another one."""
GONE: Final = 1.25
"""So much more contour in the ground than in the picture, and it is the gap of something that was taken away."""
NEAR: Final = 0.8
"""Within so many of their own heights somebody is with a thing."""
PASSING: Final = 6.0
"""s near a thing that make nobody its keeper."""
ABSENT: Final = 2
"""Looks without anybody near from which nobody is."""
JUDGED: Final = {True: 10.0, False: 3.0}
"""s until it is judged anew whether a thing is one, by what was said last: at first somebody still stands beside it."""
APPEARED: Final = 8.0
"""s around a thing's appearance in which somebody near it has brought it."""


@dataclass(slots=True, eq=False)
class Thing:
    """Something new that stays.

    Attributes:
        id: rising, never used again.
        mask: its cells.
        box: 0..1 of the picture.
        since: on the look's clock, when it was first seen.
        age: s seen, the middle of its cells.
        brought: how sure it is that somebody brought it, 0..1: 1 somebody was seen with it as it appeared, 0.5
            something moved there.
        alone: s without anybody staying near. attended: s that somebody has been near by now; absent: looks since.
        looks, somebody: looks at it with the detector, and those in which it was somebody.
    """

    id: int
    mask: Bools
    box: Box
    since: float
    age: float = 0.0
    brought: float = 0.0
    alone: float = 0.0
    attended: float = 0.0
    absent: int = 0
    looks: int = 0
    somebody: int = 0
    largest: int = 0
    verdict: tuple[float, bool] = field(default=(-1e9, False))

    @property
    def is_somebody(self) -> bool:
        """Whether the detector has known somebody in its place too often."""
        return self.somebody > ATTENDED * max(self.looks, 1)


class Things:
    """Follows the things in one or more areas of a camera.

    Args:
        areas: polygons, 0..1; what lies outside of all of them is left out.
        least: cells a thing must have.
    """

    def __init__(self, areas: Sequence[Sequence[Point]], least: int = 3) -> None:
        self.background = Background()
        self._areas = [np.array(area, np.float64) for area in areas]
        self._least = least
        self._cells: list[Bools] = []
        self._known: list[Thing] = []
        self._next = 1
        self._people: list[tuple[float, np.ndarray[tuple[int, int], np.dtype[np.float64]]]] = []

    def update(self, look: Look, *, watch: bool) -> tuple[Change | None, list[Thing]]:
        """Take in the next picture.

        Args:
            watch: ask the detector who is there, when something moves or stands in the areas.

        Returns:
            What changed, and the things there are, by id; a thing's `mask` may be larger than it was.
        """
        change = self.background.see(look)
        if change is None:
            return None, []
        if not self._cells or self._cells[0].shape != change.shape:
            self._cells = [cells_of(area, change.shape) for area in self._areas]
            self._known = []
        anywhere = np.logical_or.reduce(self._cells)
        groups = self._groups((change.age >= RIPE) & anywhere)
        self._match(groups, change)
        if watch and (self._known or (change.moving & anywhere).sum() >= self._least):
            self._attend(look, change)
        return change, list(self._known)

    def area(self, place: int) -> Bools:
        """Cells of one of the areas; only after a change was given."""
        return self._cells[place]

    def stands(self, thing: Thing, change: Change, time: float) -> bool:
        """Whether it is a thing and neither light nor a gap. Worked out anew every `JUDGED` seconds."""
        when, said = thing.verdict
        if time - when < JUDGED[said] and thing.mask.sum() <= 1.2 * thing.largest:
            return said
        thing.largest = int(thing.mask.sum())
        if gap(change, thing.mask):
            self.background.absorb(thing.mask)
            said = False
        else:
            said = not only_light(change.now, change.ground, thing.mask, change.held)
        thing.verdict = (time, said)
        return said

    def _groups(self, ripe: Bools) -> list[Bools]:
        joined = ndimage.binary_closing(np.pad(ripe, 1), np.ones((3, 3), bool))[1:-1, 1:-1] | ripe
        labels, count = ndimage.label(joined, np.ones((3, 3), bool))
        found = []
        for label in range(1, count + 1):
            mask = labels == label
            if (mask & ripe).sum() >= self._least:
                found.append(ndimage.binary_fill_holes(mask))
        found.sort(key=lambda mask: -int(mask.sum()))
        return found[:MOST]

    def _match(self, groups: list[Bools], change: Change) -> None:
        free = list(self._known)
        kept: list[Thing] = []
        for mask in groups:
            shared = [(int((thing.mask & mask).sum()), -thing.id, thing) for thing in free]
            best = max(shared, key=lambda one: one[:2], default=(0, 0, None))
            own = mask & (change.age > 0)
            thing = best[2]
            if thing is None or best[0] == 0:
                since = float(np.median(change.since[own]))
                thing = Thing(self._next, mask, (0, 0, 0, 0), since)
                self._next += 1
                thing.brought = self._brought(mask, change, since)
            else:
                free.remove(thing)
                if mask.sum() < REMAINS * thing.mask.sum():
                    # Somebody stood against it and has gone: what is left was never him.
                    thing.looks = thing.somebody = 0
            thing.mask, thing.box = mask, box_of(mask)
            thing.age = float(np.median(change.age[own])) if own.any() else thing.age
            kept.append(thing)
        self._known = sorted(kept, key=lambda one: one.id)

    def _brought(self, mask: Bools, change: Change, since: float) -> float:
        box = box_of(mask)
        for time, people in self._people:
            if abs(time - since) <= APPEARED and len(people) and near(box, people).any():
                return 1.0
        around = ndimage.binary_dilation(mask, iterations=3)
        return 0.5 if (change.moving & around).any() else 0.0

    def _attend(self, look: Look, change: Change) -> None:
        wide, high = look.size
        people = look.users.xyxy / np.array([wide, high, wide, high], np.float64)
        self._people = [row for row in self._people if look.time - row[0] <= 3 * APPEARED][-64:]
        self._people.append((look.time, people))
        under = cells_under(people, change.shape)
        for thing in self._known:
            own = thing.mask.sum()
            here = bool((under & thing.mask).sum() >= COVERED * own)
            # Who passes before it says nothing about it.
            if (change.moving & thing.mask).sum() < COVERED * own:
                thing.looks += 1
                thing.somebody += here
            if thing.looks > 40:  # what it was long ago counts ever less
                thing.looks, thing.somebody = thing.looks // 2, thing.somebody // 2
            with_it = bool(len(people) and near(thing.box, people).any())
            if with_it and look.time - thing.since <= APPEARED:
                thing.brought = 1.0
            # Who passes by is near for a moment; who is missed by the detector once has not gone.
            thing.absent = 0 if with_it or here else thing.absent + 1
            thing.attended = thing.attended + look.elapsed if thing.absent < ABSENT else 0.0
            if thing.attended <= PASSING:
                thing.alone += look.elapsed


def near(box: Box, people: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Bools:
    """Who of `people` (N, 4) is with what lies in the box: within their own height of it, at their feet."""
    tall = people[:, 3] - people[:, 1]
    feet = people[:, 3]
    aside = np.maximum(np.maximum(box[0] - people[:, 2], people[:, 0] - box[2]), 0)
    along = np.maximum(np.maximum(box[1] - feet, feet - box[3]), 0)
    made: Bools = np.hypot(aside, along) <= NEAR * tall
    return made


def gap(change: Change, mask: Bools) -> bool:
    """Whether these cells are where something was taken away: then its contour is in the ground, not in the picture."""
    rows, columns = np.nonzero(mask)
    y0, y1 = max(0, int(rows.min()) - 1) * CELL, (int(rows.max()) + 2) * CELL
    x0, x1 = max(0, int(columns.min()) - 1) * CELL, (int(columns.max()) + 2) * CELL
    now = ndimage.gaussian_filter(change.now.luma[y0:y1, x0:x1], 1.0)
    then = ndimage.gaussian_filter(change.ground.luma[y0:y1, x0:x1] * change.held.gain, 1.0)
    within = pixels(mask)[y0:y1, x0:x1]
    body = within & (np.abs(now - then) > max(8.0, 2 * change.held.noise))
    if body.sum() < CELL:
        return False
    body = ndimage.binary_fill_holes(ndimage.binary_closing(body, iterations=2))
    contour = ndimage.binary_dilation(body, iterations=1) & ~ndimage.binary_erosion(body, iterations=2)
    edges = [float(ndimage.gaussian_gradient_magnitude(plane, 1.0)[contour].mean()) for plane in (now, then)]
    return edges[1] > GONE * edges[0]
