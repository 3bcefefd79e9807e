"""Waterlogging: a road that turns into water, held against itself when dry.

Wet asphalt keeps its own detail and is no water. Water takes the detail away and puts ripples, a mirrored sky or
nothing in its place; a kerb that is drawn goes under. What passes and what is parked is left out: vehicles by the
detector, everything else because it is there only now and then.
"""

from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from commonsight.analyze.model import Line
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.city.grid import box_of, cells_of, cells_under
from commonsight.analyze.scenes.environment.dry import Bools, Dry, Floats, Seen
from commonsight.analyze.scenes.environment.strip import plane_size, read
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import NOTHING, Figure, Look, Setup, Sighting
from commonsight.analyze.scenes.model import Seen as Given

FOLLOW_SECONDS: Final = 40.0
"""Over about so long a cell must look like water; cars that the detector misses come and go quicker."""
WET: Final = 0.6
"""Share of that time from which it is."""
SOLID: Final = 14.0
"""Steps of brightness within a cell that stands still, from which it is a thing that lies there and no water."""
STILL: Final = 4.0
"""Steps of brightness by which pixels of a thing that stands still differ from look to look at most."""
POINTS: Final = 48
"""Places along a kerb."""
REACH: Final = 6
"""Pixels aside of the line in which the kerb is looked for: nobody draws exactly."""
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
        self._dry = Dry()
        self._wet: Floats = np.zeros((0, 0), np.float32)
        self._areas: list[Bools] = []
        self._kerbs: dict[str, NDArray[np.float64]] = {}
        self._since: dict[str, float] = {}
        self._lasting = Lasting()

    def see(self, look: Look) -> Given:
        """Take in the next picture."""
        seen = self._dry.see(look, ~np.logical_or.reduce(self._areas) if self._areas else None)
        if seen is None:
            if self._dry.learning:
                self._kerbs = {}
            return NOTHING
        if self._wet.shape != seen.shape:
            self._wet = np.zeros(seen.shape, np.float32)
            self._areas = [cells_of(np.array(zone.polygon), seen.shape) for zone in self._setup.zones]
            self._kerbs = {}
        under = self._under(look, seen)
        self._soak(seen, under, look.elapsed)
        gone = {line.id: self._gone(line, look, seen, under) for line in self._setup.lines}
        shares = {line: share for line, share in gone.items() if share is not None}
        figures = [Figure(line, "edge_visible", "all", 1 - share) for line, share in shares.items()]
        said: list[Sighting] = []
        wet = ndimage.binary_closing(np.pad(self._wet > WET, 2), np.ones((3, 3), bool))[2:-2, 2:-2]
        for zone, area in zip(self._setup.zones, self._areas, strict=True):
            judged = area & seen.known
            if not judged.any():
                continue
            own = wet & area
            share = float((own & judged).sum() / judged.sum())
            figures.append(Figure(zone.id, "water_share", "all", share))
            said += self._tell(zone.id, own, share, max(shares.values(), default=None), look)
        return Given(figures, said, bool(self._since))

    def leave(self, at: datetime) -> list[Sighting]:
        """Nobody looks any more."""
        return self._lasting.end_all(at)

    def _under(self, look: Look, seen: Seen) -> Bools:
        """Cells under road users; the detector is asked only when something in the zones is not dry road."""
        anywhere = np.logical_or.reduce(self._areas)
        if not (seen.lost & anywhere).any():
            return np.zeros(seen.shape, bool)
        wide, high = look.size
        return cells_under(look.users.xyxy / np.array([wide, high, wide, high], np.float64), seen.shape)

    def _soak(self, seen: Seen, under: Bools, elapsed: float) -> None:
        solid = (seen.rough > SOLID) & (seen.moved < STILL)
        part = min(1.0, elapsed / FOLLOW_SECONDS)
        towards = np.where(seen.lost & ~solid, np.float32(1), np.float32(0))
        self._wet += np.where(under, 0, (towards - self._wet) * part).astype(np.float32)

    def _gone(self, line: Line, look: Look, seen: Seen, under: Bools) -> float | None:
        """Share of a kerb that was to be seen when dry and is not now; None when nobody can see enough of it."""
        along = (np.arange(POINTS) + 0.5) / POINTS
        across = read(look.luma(*plane_size(look.size)), line, along, np.arange(-float(REACH), REACH + 1))
        now = np.nanmax(np.abs(np.diff(ndimage.gaussian_filter1d(across, 1.0, axis=1), axis=1)), axis=1)
        dry = self._kerbs.setdefault(line.id, now)
        rows, columns = seen.shape
        row = np.clip(np.interp(along, [0, 1], [line.a[1], line.b[1]]) * rows, 0, rows - 1).astype(int)
        column = np.clip(np.interp(along, [0, 1], [line.a[0], line.b[0]]) * columns, 0, columns - 1).astype(int)
        free = ~under[row, column] & (dry >= CLEAR)
        if free.sum() < POINTS // 4:
            return None
        lost = float((now[free] < GONE * seen.gain * dry[free]).mean())
        if lost < 0.1:  # dry: follow the light and the season
            self._kerbs[line.id] = dry + (now - dry) * 0.02
        return lost

    def _tell(self, zone: str, own: Bools, share: float, hidden: float | None, look: Look) -> list[Sighting]:
        key, least = f"{zone}-water", self._share
        if key in self._lasting:
            is_water = share >= least / 2 and (hidden is None or hidden >= HIDDEN / 2)
        elif hidden is None:
            is_water = share >= least
        else:
            is_water = (share >= least and hidden >= HIDDEN) or (share >= least / 2 and hidden >= UNDER)
        if not is_water:
            self._since.pop(zone, None)
            return self._lasting.end(key, look.at)
        self._since[zone] = self._since.get(zone, 0.0) + look.elapsed
        if self._since[zone] < self._seconds and key not in self._lasting:
            return []
        score = 0.5 + 0.3 * min(1.0, max(0.0, share / least - 0.5)) + (0.2 if hidden else 0.0)
        detail = {"share": round(share, 3)} | ({} if hidden is None else {"edge_gone": round(hidden, 2)})
        return self._lasting.hold(key, "waterlogging", zone, look.at, score, (box_of(own),), detail)
