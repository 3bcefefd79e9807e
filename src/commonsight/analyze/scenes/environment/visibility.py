"""Haze and fog: how much contrast is left of a far target, a near one telling what the camera itself takes away.

In haze the contrast of a target at distance d falls with exp(-b d). The ratio of a far to a near target's contrast,
held against the same ratio in clear air, leaves exp(-b (far - near)): light, exposure and a dirty lens act on both and
fall out. Visibility is then 3 / b, the distance at which 5 % of the contrast is left.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
from scipy import ndimage

from commonsight.analyze.model import Zone
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.city.grid import box_of, cells_of, cells_under
from commonsight.analyze.scenes.environment.strip import plane_size
from commonsight.analyze.scenes.lasting import Lasting
from commonsight.analyze.scenes.model import NOTHING, Figure, Look, Seen, Setup, Sighting
from commonsight.vision.picture import Bgr, Plane

FIVE_PERCENT: Final = 3.0
"""-ln 0.05: what is left at the distance called visibility."""
DARK: Final = 30.0
"""Mean brightness of the near target below which it is too dark to say anything."""
CONTRAST_LEAST: Final = 2.0
"""Steps of brightness a clear target must vary by; below, it is no target."""
UNSEEN: Final = 3.0
"""Steps of brightness of the far target below which its contrast is the coder's."""
HOUR: Final = 3600.0
CLEAR_SECONDS: Final = 7 * 24 * HOUR
"""The clearest air is remembered about this long: a hedge grows, a wall is painted."""
LOOKS: Final = 9
"""Looks whose middle value counts: one lorry before a target changes nothing."""
FARTHEST: Final = 10_000.0
"""Metres beyond which it only says that it is clear."""
HELD: Final = 1.25
"""What has begun ends when this much clearer."""


@dataclass(slots=True)
class _Target:
    """One drawn target. clear: its contrast in the clearest air known."""

    zone: Zone
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=LOOKS))
    clear: float = 0.0

    @property
    def contrast(self) -> float:
        return float(np.median(self.recent))


class Visibility:
    """The first zone is the near target, the second the far one."""

    card = packaged("visibility")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._settings = setup.settings
        self._near, self._far = (_Target(zone) for zone in setup.zones[:2])
        self._clear = 0.0
        self._low = 0.0
        self._lasting = Lasting()
        self._masks: tuple[Plane, ...] = ()
        self._size = (0, 0)

    def see(self, look: Look) -> Seen:
        """Take in the next picture."""
        size = plane_size(look.size)
        if size != self._size:
            self._size = size
            rows, columns = size[1], size[0]
            self._masks = tuple(
                cells_of(np.array(one.zone.polygon), (rows, columns)).astype(np.uint8)
                for one in (self._near, self._far)
            )
            self._clear = 0.0
            self._near.recent.clear()
            self._far.recent.clear()
        plane = look.luma(*size).astype(np.float32)
        if float(plane[self._masks[0] > 0].mean()) < DARK:
            return NOTHING
        under = cells_under(_boxes(look), plane.shape)
        for target, mask in zip((self._near, self._far), self._masks, strict=True):
            free = (mask > 0) & ~under
            if free.sum() < 0.5 * mask.sum():
                return NOTHING
            target.recent.append(contrast(plane, free))
        near, far = self._near.contrast, self._far.contrast
        if near < CONTRAST_LEAST or len(self._near.recent) < 3:
            return NOTHING
        ratio = max(far, UNSEEN) / near
        # The clearest air counts as clear, and is forgotten slowly.
        self._clear *= float(np.exp(-look.elapsed / CLEAR_SECONDS))
        self._clear = max(self._clear, ratio)
        kept = min(1.0, ratio / self._clear)
        figures = [Figure(self._far.zone.id, "contrast_kept", "all", kept)]
        metres = self._metres(kept)
        # Of a target that cannot be seen any more it is only known that visibility is less than this.
        if metres is not None and far >= UNSEEN:
            figures.append(Figure(self._far.zone.id, "visibility", "all", metres))
        figures.append(Figure(self._setup.id, "haze_index", "all", haze(look.bgr(80, 60))))
        return Seen(figures, self._tell(kept, metres, look))

    def leave(self, at: datetime) -> list[Sighting]:
        """Nobody looks any more."""
        return self._lasting.end_all(at)

    def _metres(self, kept: float) -> float | None:
        """Visibility in metres; None where the distances are not known."""
        apart = self._settings["far_m"] - self._settings["near_m"]
        if self._settings["far_m"] <= 0 or apart <= 0:
            return None
        fading = -float(np.log(max(kept, 1e-3))) / apart
        return min(FARTHEST, FIVE_PERCENT / fading) if fading > 0 else FARTHEST

    def _tell(self, kept: float, metres: float | None, look: Look) -> list[Sighting]:
        held = "air" in self._lasting
        room = HELD if held else 1.0
        low = kept < self._settings["kept"] * room if metres is None else metres < self._settings["least_m"] * room
        if not low:
            self._low = 0.0
            return self._lasting.end("air", look.at)
        self._low += look.elapsed
        if self._low < self._settings["seconds"] and not held:
            return []
        detail = {"contrast_kept": round(kept, 3)} | ({} if metres is None else {"metres": round(metres)})
        box = box_of(self._masks[1] > 0)
        return self._lasting.hold("air", "low_visibility", self._far.zone.id, look.at, 1 - kept, (box,), detail)


def contrast(
    plane: np.ndarray[tuple[int, int], np.dtype[np.float32]], free: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
) -> float:
    """How much brightness varies within a target, its chip's noise taken out: a robust spread after a small blur."""
    rows, columns = np.nonzero(free)
    crop = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    even, own = ndimage.gaussian_filter(plane[crop], 1.0), free[crop]
    values = even[own]
    low, high = np.percentile(values, [5, 95])
    grain = float(np.median(np.abs(plane[crop] - even)[own])) * 1.48 * 0.3
    return float(np.sqrt(max((high - low) ** 2 - (3.3 * grain) ** 2, 0.0)))


def haze(picture: Bgr) -> float:
    """0 clear to 1 all haze: the dark channel. In clear air nearly every patch has something dark in some colour."""
    dark = ndimage.minimum_filter(picture.min(axis=2), 5).astype(np.float64)
    air = float(np.percentile(dark, 99))
    # The sky is bright without any haze: what counts is the middle of the picture's patches.
    return float(np.clip(np.median(dark) / max(air, 40.0), 0, 1))


def _boxes(look: Look) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    wide, high = look.size
    return look.users.xyxy / np.array([wide, high, wide, high], np.float64)
