"""Waterlogging: a road that turns into water, held against itself when dry.

Wet asphalt keeps its own detail and is no water. Water takes the detail away and puts ripples, a mirrored sky or
nothing in its place; a kerb that is drawn goes under. What passes and what is parked is left out: vehicles by the
detector, everything else because it is there only now and then.
"""

from datetime import datetime
from typing import Final

import numpy as np
from scipy import ndimage

from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.city.background import Background, Change
from commonsight.analyze.scenes.city.compare import Bools, Floats, View, hold
from commonsight.analyze.scenes.city.grid import box_of, cells_of, cells_under
from commonsight.analyze.scenes.environment.strip import plane_size, read
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import NOTHING, Figure, Look, Seen, Setup, Sighting

FOLLOW_SECONDS: Final = 40.0
"""Over about so long a cell must look like water; cars that the detector misses come and go quicker."""
WET: Final = 0.6
"""Share of that time from which it is."""
RIPPLE: Final = 2.5
"""Steps of brightness beyond the noise by which a cell's pixels must move from look to look; light moves none."""
RESTLESS: Final = 2.0
"""... and so many times what they move by on dry road."""
CALM_SECONDS: Final = 120.0
SOLID: Final = 9.0
"""Steps of brightness within a cell that stands still, from which it is a thing and no flat water."""
SMOOTHER: Final = 0.6
"""Standing water has less than this part of the detail the dry road has, where it has any."""
POINTS: Final = 48
"""Places along a kerb."""
CLEAR: Final = 4.0
"""Steps of brightness across a kerb from which it can be seen at all."""
GONE: Final = 0.45
"""Part of them below which it is gone."""
HIDDEN: Final = 0.5
"""Share of a kerb that must be gone to bear out water; `UNDER` alone, with half the area, is enough."""
UNDER: Final = 0.75


class Waterlogging:
    """Water in each drawn zone; lines are kerbs or other edges that water covers."""

    card = packaged("waterlogging")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._seconds = setup.settings["seconds"]
        self._share = setup.settings["share"]
        # A flood may change most of the picture; only a camera that is turned changes all of it.
        self._background = Background(turned=0.95, apart=[zone.polygon for zone in setup.zones])
        self._wet: Floats | None = None
        self._before: View | None = None
        self._calm: Floats | None = None
        self._areas: list[Bools] = []
        self._kerbs: dict[str, tuple[np.ndarray[tuple[int], np.dtype[np.float64]], float]] = {}
        self._since: dict[str, float] = {}
        self._lasting = Lasting()

    def see(self, look: Look) -> Seen:
        """Take in the next picture."""
        change = self._background.see(look)
        if change is None:
            self._kerbs = {} if self._background.learning else self._kerbs
            return NOTHING
        if self._wet is None or self._wet.shape != change.shape:
            self._wet = np.zeros(change.shape, np.float32)
            self._areas = [cells_of(np.array(zone.polygon), change.shape) for zone in self._setup.zones]
            self._kerbs = {}
        under = self._under(look, change)
        self._soak(change, under, look.elapsed)
        figures: list[Figure] = []
        said: list[Sighting] = []
        gone = self._gone(look, change, under)
        figures += [Figure(line, "edge_visible", "all", 1 - share) for line, share in gone.items()]
        hidden = max(gone.values(), default=None)
        wet = ndimage.binary_closing(np.pad(self._wet > WET, 2), np.ones((3, 3), bool), iterations=1)[2:-2, 2:-2]
        for zone, area in zip(self._setup.zones, self._areas, strict=True):
            own = wet & area
            share = float(own.sum() / area.sum())
            figures.append(Figure(zone.id, "water_share", "all", share))
            said += self._tell(zone.id, own, share, hidden, look)
        return Seen(figures, said, bool(self._since))

    def leave(self, at: datetime) -> list[Sighting]:
        """Nobody looks any more."""
        return self._lasting.end_all(at)

    def _under(self, look: Look, change: Change) -> Bools:
        """Cells under road users; the detector is asked only when something in the zones is not dry road."""
        anywhere = np.logical_or.reduce(self._areas)
        if not ((change.moving | (change.age > 0)) & anywhere).any():
            return np.zeros(change.shape, bool)
        wide, high = look.size
        return cells_under(look.users.xyxy / np.array([wide, high, wide, high], np.float64), change.shape)

    def _soak(self, change: Change, under: Bools, elapsed: float) -> None:
        assert self._wet is not None
        ripples = self._ripples(change, under, elapsed)
        rough, dry = change.now.rough, change.ground.rough
        flat = (change.age > 0) & ((rough < SOLID / 2) | ((rough < SMOOTHER * dry) & (rough < SOLID)))
        seems = change.moving | flat | ripples
        part = min(1.0, elapsed / FOLLOW_SECONDS)
        towards = np.where(seems, np.float32(1), np.float32(0))
        self._wet += np.where(under, 0, (towards - self._wet) * part).astype(np.float32)

    def _ripples(self, change: Change, under: Bools, elapsed: float) -> Bools:
        """Cells whose own pixels move more from look to look than they did on dry road."""
        before, self._before = self._before, change.now
        if before is None or before.luma.shape != change.now.luma.shape:
            return np.zeros(change.shape, bool)
        held = hold(change.now, before, calm=self._background.calm)
        if self._calm is None or self._calm.shape != change.shape:
            self._calm = held.structure.copy()
        made: Bools = held.structure > np.maximum(RIPPLE + held.noise, RESTLESS * self._calm)
        dry = ~made & ~under & ~change.moving & (change.age <= 0)
        part = min(1.0, elapsed / CALM_SECONDS)
        self._calm[dry] += (held.structure[dry] - self._calm[dry]) * part
        return made

    def _gone(self, look: Look, change: Change, under: Bools) -> dict[str, float]:
        """For each kerb the share of it that was to be seen when dry and is not now; without those nobody can see."""
        found: dict[str, float] = {}
        size = plane_size(look.size)
        for line in self._setup.lines:
            along = (np.arange(POINTS) + 0.5) / POINTS
            plane = look.luma(*size)
            reach = np.arange(-6.0, 7.0)
            steps = np.abs(np.diff(ndimage.gaussian_filter1d(read(plane, line, along, reach), 1.0, axis=1), axis=1))
            # Strongest step across the kerb, which may lie some pixels beside the line as it was drawn.
            now = np.nanmax(steps, axis=1)
            if line.id not in self._kerbs:
                self._kerbs[line.id] = (now, 1.0)
            dry, _ = self._kerbs[line.id]
            rows, columns = change.shape
            x = np.interp(along, [0, 1], [line.a[0], line.b[0]])
            y = np.interp(along, [0, 1], [line.a[1], line.b[1]])
            row = np.clip((y * rows).astype(int), 0, rows - 1)
            column = np.clip((x * columns).astype(int), 0, columns - 1)
            free = ~under[row, column] & (dry >= CLEAR)
            if free.sum() < POINTS // 4:
                continue
            light = change.held.gain
            lost = now[free] < GONE * light * dry[free]
            found[line.id] = float(lost.mean())
            if found[line.id] < 0.1:  # dry: follow the light and the season
                self._kerbs[line.id] = (dry + (now - dry) * 0.02, light)
        return found

    def _tell(self, zone: str, own: Bools, share: float, hidden: float | None, look: Look) -> list[Sighting]:
        key = f"{zone}-water"
        least = self._share
        if hidden is None:
            is_water = share >= least
        else:
            is_water = (share >= least and hidden >= HIDDEN) or (share >= least / 2 and hidden >= UNDER)
        if key in self._lasting:
            is_water = share >= least / 2 and (hidden is None or hidden >= HIDDEN / 2)
        if not is_water:
            self._since.pop(zone, None)
            return self._lasting.end(key, look.at)
        self._since[zone] = self._since.get(zone, 0.0) + look.elapsed
        if self._since[zone] < self._seconds and key not in self._lasting:
            return []
        score = min(1.0, 0.5 + 0.3 * min(1.0, share / max(least, 0.01) - 0.5) + (0.2 if hidden else 0.0))
        detail = {"share": round(share, 3)} | ({} if hidden is None else {"edge_gone": round(hidden, 2)})
        boxes = (box_of(own),) if own.any() else ()
        return self._lasting.hold(key, "waterlogging", zone, look.at, score, boxes, detail)
