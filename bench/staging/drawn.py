"""Drawn places and actors, and what light and a camera's chip do to them.

Everything takes and gives pictures as uint8 (height, width, 3), blue first; positions are pixels. Shapes are drawn four
times as large and shrunk, so that their edges are as soft as those of a lens.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from commonsight.vision.picture import Bgr

Colour = tuple[int, int, int]
Floats = NDArray[np.float64]
Draw = Callable[[ImageDraw.ImageDraw, float], None]
"""Draws into an image so many times as large as the sprite."""

FINER = 4


def seed(*parts: object) -> np.random.Generator:
    """A generator of its own for every name; the same in every run and every process."""
    text = " ".join(str(part) for part in parts)
    return np.random.default_rng(list(text.encode()))


def rough(size: tuple[int, int], random: np.random.Generator, grain: float, patch: float) -> Floats:
    """Unevenness of a surface (height, width): fine grain and large patches, each with its standard deviation."""
    wide, high = size
    fine = ndimage.gaussian_filter(random.normal(0, 1, (high, wide)), 0.7)
    large = ndimage.zoom(random.normal(0, 1, (high // 24 + 2, wide // 24 + 2)), 24, order=1)[:high, :wide]
    return fine / fine.std() * grain + large / large.std() * patch


def street(size: tuple[int, int], random: np.random.Generator) -> Bgr:
    """A street seen from above at a slant: a wall with windows, a pavement of slabs, a kerb, asphalt with markings."""
    wide, high = size
    wall, kerb = round(high * 0.28), round(high * 0.5)
    picture = np.zeros((high, wide, 3))
    picture[:wall] = (120, 130, 150)
    picture[wall:kerb] = (135, 142, 146)
    picture[kerb:] = (88, 86, 84)
    for left in range(round(wide * 0.04), wide, round(wide * 0.125)):
        top, low, right = round(high * 0.06), round(high * 0.2), left + round(wide * 0.06)
        picture[top:low, left:right] = (70, 62, 56)
        picture[top : top + 3, left:right] = (160, 165, 170)
    slab = max(8, wide // 24)
    picture[wall:kerb:slab] -= 22
    picture[wall:kerb, ::slab] -= 22
    picture[kerb - 4 : kerb + 2] = (165, 168, 170)
    picture[kerb + 2 : kerb + 5] -= 30
    mark = round(high * 0.75)
    for left in range(0, wide, wide // 6):
        picture[mark : mark + max(3, high // 110), left : left + wide // 12] = (200, 205, 205)
    return np.clip(np.rint(picture + rough(size, random, 5.0, 4.0)[..., None]), 0, 255).astype(np.uint8)


def lit(picture: Bgr, gain: float = 1.0, offset: float = 0.0) -> Bgr:
    """The picture in another light. gain: of the light; offset: what the air or the lens adds."""
    return np.clip(np.rint(picture * np.float32(gain) + np.float32(offset)), 0, 255).astype(np.uint8)


def shadow(picture: Bgr, polygon: Sequence[tuple[float, float]], depth: float = 0.55, soft: float = 2.0) -> Bgr:
    """A shadow on the picture: the light within the polygon times `depth`, its edge `soft` pixels wide."""
    high, wide = picture.shape[:2]
    image = Image.new("L", (wide, high), 0)
    ImageDraw.Draw(image).polygon([(float(x), float(y)) for x, y in polygon], fill=255)
    cover = ndimage.gaussian_filter(np.asarray(image, np.float32) / 255, soft)
    return np.clip(np.rint(picture * (1 - cover * (1 - depth))[..., None]), 0, 255).astype(np.uint8)


def grained(picture: Bgr, random: np.random.Generator, deviation: float = 2.0) -> Bgr:
    """With the noise of a camera's chip."""
    noise = random.standard_normal(picture.shape[:2], np.float32) * np.float32(deviation)
    return np.clip(np.rint(picture + noise[..., None]), 0, 255).astype(np.uint8)


def sprite(size: tuple[float, float], draw: Draw, random: np.random.Generator | None = None) -> NDArray[np.uint8]:
    """A small picture with cover, uint8 (height, width, 4), red first. `random`: some unevenness on it."""
    wide, high = max(2, round(size[0])), max(2, round(size[1]))
    image = Image.new("RGBA", (wide * FINER, high * FINER), (0, 0, 0, 0))
    draw(ImageDraw.Draw(image), float(FINER))
    small = np.array(image.resize((wide, high), Image.Resampling.BOX))
    if random is not None:
        uneven = ndimage.gaussian_filter(random.normal(0, 1, (high, wide)), 1.0)
        uneven *= 9 / max(float(uneven.std()), 1e-6)
        small[..., :3] = np.clip(small[..., :3] + uneven[..., None], 0, 255)
    return small


def paste(picture: Bgr, actor: NDArray[np.uint8], left: float, top: float) -> tuple[float, float, float, float]:
    """Lay a sprite over the picture, in place; parts outside are cut off.

    Returns:
        Its box in pixels, not cut.
    """
    x, y = round(left), round(top)
    high, wide = actor.shape[:2]
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(picture.shape[1], x + wide), min(picture.shape[0], y + high)
    if x1 > x0 and y1 > y0:
        part = actor[y0 - y : y1 - y, x0 - x : x1 - x].astype(np.float32)
        cover = part[..., 3:] / 255
        under = picture[y0:y1, x0:x1].astype(np.float32)
        picture[y0:y1, x0:x1] = np.rint(under + (part[..., 2::-1] - under) * cover).astype(np.uint8)
    return float(x), float(y), float(x + wide), float(y + high)


@lru_cache(256)
def person(high: int, coat: Colour = (60, 70, 110), step: int = 0) -> NDArray[np.uint8]:
    """Somebody on foot, `high` pixels tall. coat: red, green, blue; step: 0..7, where the legs are."""
    wide = max(4, round(high * 0.42))
    swing = np.sin(step / 8 * 2 * np.pi) * 0.13

    def draw(on: ImageDraw.ImageDraw, scale: float) -> None:
        w, h = wide * scale, high * scale
        on.line([(w * 0.5, h * 0.55), (w * (0.5 + swing), h * 0.99)], fill=(45, 45, 55, 255), width=round(w * 0.2))
        on.line([(w * 0.5, h * 0.55), (w * (0.5 - swing), h * 0.99)], fill=(35, 35, 45, 255), width=round(w * 0.2))
        on.ellipse([w * 0.22, h * 0.15, w * 0.78, h * 0.64], fill=(*coat, 255))
        on.ellipse([w * 0.34, 0, w * 0.66, h * 0.17], fill=(205, 160, 130, 255))
        on.chord([w * 0.34, 0, w * 0.66, h * 0.17], 180, 360, fill=(40, 30, 25, 255))

    return sprite((wide, high), draw)


@lru_cache(64)
def car(wide: int, paint: Colour = (150, 40, 40)) -> NDArray[np.uint8]:
    """A car from the side, `wide` pixels long."""
    high = max(6, round(wide * 0.38))

    def draw(on: ImageDraw.ImageDraw, scale: float) -> None:
        w, h = wide * scale, high * scale
        on.polygon(
            [(w * 0.2, h * 0.45), (w * 0.32, h * 0.05), (w * 0.7, h * 0.05), (w * 0.84, h * 0.45)], (*paint, 255)
        )
        glass = [(w * 0.26, h * 0.42), (w * 0.35, h * 0.12), (w * 0.67, h * 0.12), (w * 0.77, h * 0.42)]
        on.polygon(glass, (50, 60, 70, 255))
        on.rounded_rectangle([w * 0.01, h * 0.4, w * 0.99, h * 0.84], radius=h * 0.12, fill=(*paint, 255))
        for middle in (0.22, 0.78):
            r = h * 0.18
            on.ellipse([w * middle - r, h * 0.8 - r, w * middle + r, h * 0.8 + r], fill=(25, 25, 25, 255))
            on.ellipse([w * middle - r / 2, h * 0.8 - r / 2, w * middle + r / 2, h * 0.8 + r / 2], (120, 120, 120, 255))

    return sprite((wide, high), draw)


def bag(wide: int, high: int, colour: Colour, random: np.random.Generator) -> NDArray[np.uint8]:
    """A full sack, tied at the top, with folds that shine."""
    folds = random.uniform(0.15, 0.85, (5, 2))

    def draw(on: ImageDraw.ImageDraw, scale: float) -> None:
        w, h = wide * scale, high * scale
        on.ellipse([0, h * 0.18, w, h], fill=(*colour, 255))
        on.polygon([(w * 0.36, h * 0.25), (w * 0.5, 0), (w * 0.64, h * 0.25)], fill=(*colour, 255))
        bright = tuple(min(255, value + 45) for value in colour)
        for x, y in folds:
            on.line(
                [(w * x, h * (0.3 + y * 0.5)), (w * (x + 0.12), h * (0.2 + y * 0.5))], (*bright, 255), round(w * 0.04)
            )

    return sprite((wide, high), draw, random)


def box(wide: int, high: int, colour: Colour, random: np.random.Generator) -> NDArray[np.uint8]:
    """A carton or a suitcase: a face, a lid, a strap."""

    def draw(on: ImageDraw.ImageDraw, scale: float) -> None:
        w, h = wide * scale, high * scale
        dark = tuple(value * 2 // 3 for value in colour)
        on.rectangle([0, h * 0.2, w, h], fill=(*colour, 255))
        on.polygon([(0, h * 0.2), (w * 0.12, 0), (w * 0.95, 0), (w, h * 0.2)], fill=(*dark, 255))
        on.line([(w * 0.5, h * 0.2), (w * 0.5, h)], fill=(*dark, 255), width=round(w * 0.07))

    return sprite((wide, high), draw, random)
