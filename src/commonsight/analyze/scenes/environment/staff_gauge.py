"""A staff gauge: where along a drawn scale the water's edge is, in metres, and how sure that is."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from scipy import ndimage

from commonsight.analyze.model import Line
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.environment.strip import Floats, length, plane_size, read
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import NOTHING, Figure, Look, Seen, Setup, Sighting

STEPS: Final = 240
BEYOND: Final = 0.08
"""The scale is read so far beyond both marks, in lengths of the line: the water may be there."""
WIDE: Final = 0.05
"""Half the width of the strip that is read, in lengths of the line."""
REMEMBERED: Final = 6
"""Looks whose brightness is compared: water moves, a scale does not."""
LEAST_PIXELS: Final = 40
"""A scale that is shorter in the picture cannot be read."""
LEAST_PART: Final = 10
"""Steps that must lie above and below the edge."""
SURE: Final = 0.9
"""Drop of the cost of a step, in natural logarithms, from which there is an edge at all: noise alone stays below."""
ALIKE: Final = 12.0
"""Steps that say the same thing: neighbours on a smooth strip are not independent."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where scale and water meet. at: 0 at the lower mark, 1 at the upper; error: half the 95 % interval, likewise."""

    at: float
    error: float


def edge(strips: Floats) -> Edge | None:
    """The edge in looks at a scale, (looks, `STEPS`, width); the last one is the newest. None when there is none.

    Above the edge there are marks that stand still; below it less of them, another brightness, and motion. The place is
    taken that cuts these measures into the two evenest parts.
    """
    rows = np.flatnonzero(np.isfinite(strips).all(axis=(0, 2)))
    if len(rows) < 4 * LEAST_PART:
        return None
    first, last = int(rows[0]), int(rows[-1]) + 1
    strips = strips[:, first:last]
    even = strips / np.maximum(np.median(strips, axis=(1, 2), keepdims=True), 1)
    newest = even[-1]
    marks = np.log(np.abs(np.gradient(newest, axis=0)).mean(axis=1) + 2e-3)
    measures = [newest.mean(axis=1), marks]
    if len(strips) >= 3:
        measures.append(np.log(even.std(axis=0).mean(axis=1) + 2e-3))
    part = np.stack([ndimage.uniform_filter1d(measure, 7) for measure in measures])
    part = (part - part.mean(axis=1, keepdims=True)) / (part.std(axis=1, keepdims=True) + 1e-9)
    cost = _cost(part)
    if not np.isfinite(cost).any():
        return None
    best = int(np.nanargmin(cost))
    below, above = part[:, :best].mean(axis=1), part[:, best:].mean(axis=1)
    # Water has fewer marks than the scale above it, or moves more; the other way round it is something else.
    turned = above[1] > below[1] or (len(part) > 2 and below[2] > above[2])
    if cost[best] > -SURE or not turned:
        return None
    near = np.flatnonzero((cost - cost[best]) * part.shape[1] / ALIKE < 1.92)
    near = near[np.abs(near - best) < part.shape[1] // 4]
    place = _places()[first:last]
    half = (place[near[-1]] - place[near[0]]) / 2 + 1 / STEPS
    return Edge(float(place[best]), float(half))


def _places() -> Floats:
    return np.linspace(-BEYOND, 1 + BEYOND, STEPS)


def _cost(part: Floats) -> Floats:
    """For each place to cut (between `place - 1` and `place`): mean logarithm of the variance left, all measures."""
    count = part.shape[1]
    made = np.full(count, np.nan)
    sums, squares = np.cumsum(part, axis=1), np.cumsum(part * part, axis=1)
    for cut in range(LEAST_PART, count - LEAST_PART):
        low = squares[:, cut - 1] - sums[:, cut - 1] ** 2 / cut
        rest = count - cut
        over = sums[:, -1] - sums[:, cut - 1]
        top = squares[:, -1] - squares[:, cut - 1] - over**2 / rest
        # One variance for both parts: two would let a few even steps at an end win.
        made[cut] = np.log((low + top) / count + 0.02).sum()
    return made


class StaffGauge:
    """One level for each drawn scale, and an incident while it stands above the alarm level."""

    card = packaged("staff_gauge")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._settings = setup.settings
        self._strips: dict[str, deque[Floats]] = {line.id: deque(maxlen=REMEMBERED) for line in setup.lines}
        self._levels: dict[str, deque[float]] = {line.id: deque(maxlen=5) for line in setup.lines}
        self._above: dict[str, float] = {}
        self._lasting = Lasting()
        self._size = (0, 0)

    def see(self, look: Look) -> Seen:
        """Take in the next picture."""
        size = plane_size(look.size)
        if size != self._size:
            self._size = size
            for line in self._setup.lines:
                self._strips[line.id].clear()
                self._levels[line.id].clear()
        plane = look.luma(*size)
        figures: list[Figure] = []
        said: list[Sighting] = []
        for line in self._setup.lines:
            long = length(line, size)
            if long < LEAST_PIXELS:
                continue
            across = np.linspace(-WIDE * long, WIDE * long, 9)
            strips = self._strips[line.id]
            strips.append(read(plane, line, _places(), across))
            found = edge(np.stack(strips))
            if found is not None:
                level, error = self._level(line, found)
                figures += [
                    Figure(line.id, "level", "all", level),
                    Figure(line.id, "level_error", "all", error),
                ]
                said += self._alarm(line, level, error, look)
        return Seen(figures, said) if figures or said else NOTHING

    def leave(self, at: datetime) -> list[Sighting]:
        """Nobody reads the scale any more."""
        return self._lasting.end_all(at)

    def _level(self, line: Line, found: Edge) -> tuple[float, float]:
        """Metres and their error: the middle of the last five readings, and the larger of what one and all say."""
        low, high = self._settings["low_m"], self._settings["high_m"]
        kept = self._levels[line.id]
        kept.append(found.at)
        at = float(np.median(kept))
        spread = 1.96 * 1.4826 * float(np.median(np.abs(np.array(kept) - at)))
        return low + at * (high - low), max(found.error, spread) * abs(high - low)

    def _alarm(self, line: Line, level: float, error: float, look: Look) -> list[Sighting]:
        key, alarm = f"{line.id}-high", self._settings["alarm_m"]
        held = key in self._lasting
        # What has begun ends clearly below, not at the next ripple.
        if level < alarm - (max(0.02, error) if held else 0.0):
            self._above.pop(line.id, None)
            return self._lasting.end(key, look.at)
        self._above[line.id] = self._above.get(line.id, 0.0) + look.elapsed
        if self._above[line.id] < self._settings["seconds"] and not held:
            return []
        score = 0.5 + 0.5 * min(1.0, max(0.0, (level - alarm) / max(error, 0.01)))
        box = _box(line)
        detail = {"level_m": round(level, 2), "error_m": round(error, 2), "alarm_m": alarm}
        return self._lasting.hold(key, "level_high", line.id, look.at, score, (box,), detail)


def _box(line: Line) -> tuple[float, float, float, float]:
    (ax, ay), (bx, by) = line.a, line.b
    return max(0.0, min(ax, bx) - 0.01), min(ay, by), min(1.0, max(ax, bx) + 0.01), max(ay, by)
