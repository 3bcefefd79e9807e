"""Faults put into good pictures, each at several strengths, from hardly visible to gross.

Every fault takes planes in the range of video (16 to 235) and gives planes. What is random comes from a seed made of
clip, fault, strength and picture. Sizes that belong to the lens (blur) go with the picture's width; those that belong
to the line or the coder (bands, macroblocks) are in pixels.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bench.diagnosis_footage import coded
from commonsight.vision.decode import Frame
from commonsight.vision.picture import Converter, Planes

Plane = NDArray[np.float32]
Make = Callable[[Planes, np.random.Generator], Planes]


@dataclass(frozen=True)
class Fault:
    """One fault at one strength. `rank`: 0 is the weakest of its item."""

    item: str
    name: str
    rank: int
    make: Make


def seed(*parts: object) -> np.random.Generator:
    """A generator that is the same in every run."""
    return np.random.default_rng(zlib.crc32("/".join(map(str, parts)).encode()))


def _planes(luma: Plane, blue: Plane, red: Plane) -> Planes:
    def back(plane: Plane, top: int) -> NDArray[np.uint8]:
        return np.clip(np.rint(plane), 16, top).astype(np.uint8)

    return Planes(back(luma, 235), back(blue, 240), back(red, 240))


def _floats(picture: Planes) -> tuple[Plane, Plane, Plane]:
    luma, blue, red = (plane.astype(np.float32) for plane in (picture.luma, picture.blue, picture.red))
    return luma, blue, red


# --- no picture -----------------------------------------------------------------------------------------------------


def screen(luma: float, blue: float, red: float, *, words: bool = False, grain: float = 0.0) -> Make:
    """A plain screen, with characters in it or a little grain of an analogue line."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:
        y, b, r = _floats(picture)
        y[:], b[:], r[:] = luma, blue, red
        if words:
            _write(y, random)
        if grain:
            y += random.normal(0, grain, y.shape).astype(np.float32)
        return _planes(y, b, r)

    return make


def bars(picture: Planes, random: np.random.Generator) -> Planes:  # noqa: ARG001 - one form for all
    """Colour bars."""
    y, b, r = _floats(picture)
    colours = (
        (180, 128, 128),
        (162, 44, 142),
        (131, 156, 44),
        (112, 72, 58),
        (84, 184, 198),
        (65, 100, 212),
        (35, 212, 114),
    )
    for plane, part in ((y, 0), (b, 1), (r, 2)):
        edges = np.linspace(0, plane.shape[1], 8).astype(int)
        for index, colour in enumerate(colours):
            plane[:, edges[index] : edges[index + 1]] = colour[part]
    return _planes(y, b, r)


def _write(y: Plane, random: np.random.Generator) -> None:
    """Rows of blocks like characters, in the middle of a screen and where a clock stands."""
    high, wide = y.shape
    size = max(6, high // 24)
    for top, left, count in ((high // 2, wide // 3, 9), (size, wide - 14 * size, 16)):
        for index in range(count):
            x = left + index * size * 3 // 4
            glyph = random.random((5, 3)) < 0.55
            block = np.kron(glyph, np.ones((max(1, size // 5), max(1, size // 5))))
            area = y[top : top + block.shape[0], x : x + block.shape[1]]
            area[block[: area.shape[0], : area.shape[1]] > 0] = 220


# --- light and colour -----------------------------------------------------------------------------------------------


def darker(gain: float) -> Make:
    """Too little light: brightness times `gain`, with the grain of an amplifier that tries."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:
        y, b, r = _floats(picture)
        y = 16 + (y - 16) * gain + random.normal(0, 1.5, y.shape).astype(np.float32)
        return _planes(y, 128 + (b - 128) * gain, 128 + (r - 128) * gain)

    return make


def brighter(share: float) -> Make:
    """Over-exposed: all brightness moved towards white by `share`, cut off there."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:  # noqa: ARG001
        y, b, r = _floats(picture)
        y = y + (255 - 16) * share
        return _planes(y, 128 + (b - 128) * (1 - share), 128 + (r - 128) * (1 - share))

    return make


def flatter(share: float) -> Make:
    """Fog or a dirty dome: contrast times `share`, around a light grey."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:  # noqa: ARG001
        y, b, r = _floats(picture)
        return _planes(150 + (y - 150) * share, 128 + (b - 128) * share, 128 + (r - 128) * share)

    return make


def tinted(blue: float, red: float) -> Make:
    """A wrong white balance: all colours moved by so much, less where it is dark."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:  # noqa: ARG001
        y, b, r = _floats(picture)
        light = np.clip((y[::2, ::2][: b.shape[0], : b.shape[1]] - 16) / 90, 0, 1)
        return _planes(y, b + blue * light, r + red * light)

    return make


# --- fine structure -------------------------------------------------------------------------------------------------


def grainy(sigma: float, share: float = 0.0) -> Make:
    """Grain of this strength; or snow: `share` of the points replaced by anything."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:
        y, b, r = _floats(picture)
        y = y + random.normal(0, sigma, y.shape).astype(np.float32)
        if share:
            where = random.random(y.shape) < share
            y = np.where(where, random.uniform(16, 235, y.shape), y).astype(np.float32)
            b, r = (128 + (plane - 128) * (1 - share) for plane in (b, r))
        return _planes(y, b, r)

    return make


def striped(amplitude: float, period: float, slope: float = 0.0, *, standing: bool = False) -> Make:
    """Bands: `period` in pixels (below 1: of the picture's height), `slope` in pixels a pixel."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:
        y, b, r = _floats(picture)
        rows, columns = np.indices(y.shape, dtype=np.float32)
        across, along = (columns, rows) if standing else (rows, columns)
        length = period if period > 1 else period * y.shape[0]
        wave = np.sin((across + slope * along) * (2 * np.pi / length) + random.uniform(0, 6.28))
        return _planes(y + amplitude * wave.astype(np.float32), b, r)

    return make


def softer(thousandths: float, *, disk: bool = False) -> Make:
    """Out of focus: spread in thousandths of the width, as a bell or, as a lens does, as a disk."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:
        sigma = thousandths / 1000 * picture.width
        spread = []
        for plane, part in zip(_floats(picture), (1.0, 0.5, 0.5), strict=True):
            if disk:
                reach = max(1, round(2 * sigma * part))
                x, y = np.mgrid[-reach : reach + 1, -reach : reach + 1]
                kernel = ((x**2 + y**2) <= (2 * sigma * part) ** 2).astype(np.float32)
                kernel /= kernel.sum()
                spread.append(ndimage.convolve(plane, kernel, mode="nearest"))
            else:
                spread.append(ndimage.gaussian_filter(plane, sigma * part, mode="nearest"))
        luma, blue, red = spread
        # The sensor behind the lens still has its grain.
        luma = luma + random.normal(0, 0.8, luma.shape).astype(np.float32)
        return _planes(luma, blue, red)

    return make


# --- broken coding --------------------------------------------------------------------------------------------------


def damaged(hits: int) -> Make:
    """A stream that lost bytes on its way: an H.264 keyframe of many slices with so many of its bytes overwritten,
    decoded by a decoder that guesses, as a recorder does before it passes the picture on."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:
        wide, high = picture.width // 2 * 2, picture.height // 2 * 2
        raw = b"".join(
            plane[: rows // part, : columns // part].tobytes()
            for plane, part in ((picture.luma, 1), (picture.blue, 2), (picture.red, 2))
            for rows, columns in ((high, wide),)
        )
        data = bytearray(coded(raw, wide, high, ("-qp", "28", "-g", "1", "-bf", "0", "-slices", "8")))
        begin = data.find(b"\x00\x00\x01\x65") + 40
        for place in random.integers(begin, len(data) - 4, hits):
            data[place : place + 3] = random.integers(1, 255, 3, dtype=np.uint8).tobytes()
        context = av.CodecContext.create("h264", "r")
        frames = [*context.decode(av.Packet(bytes(data))), *context.decode(None)]
        return Frame(frames[0], Converter()).still() if frames else picture

    return make


def slabs(share: float) -> Make:
    """Runs of macroblocks that came as plain grey or in the colour of their neighbour."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:
        y, b, r = _floats(picture)
        high, wide = y.shape[0] // 16, y.shape[1] // 16
        left = round(share * high * wide)
        while left > 0:
            row, column, length = random.integers(high), random.integers(wide), int(random.integers(4, wide))
            length = min(length, left, wide - column)
            grey = random.random() < 0.5
            for plane, side in ((y, 16), (b, 8), (r, 8)):
                x = slice(column * side, (column + length) * side)
                area = plane[row * side : (row + 1) * side, x]
                area[:] = (126 if side == 16 else 128) if grey else area[0, 0]
            left -= length
        return _planes(y, b, r)

    return make


def smeared(share: float) -> Make:
    """From a row downwards the picture hangs on the last good line, over this share of its height."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:
        y, b, r = _floats(picture)
        rows = max(1, round(share * (y.shape[0] // 16)))
        first = int(random.integers(1, max(2, y.shape[0] // 16 - rows)))
        for plane, side in ((y, 16), (b, 8), (r, 8)):
            plane[first * side : (first + rows) * side] = plane[first * side - 1]
        return _planes(y, b, r)

    return make


# --- what stands in front, where it looks ---------------------------------------------------------------------------


def covered(share: float, *, soft: bool = True) -> Make:
    """Something near and out of focus before the lens, over this share of the picture, from one side."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:
        side = int(random.integers(4))
        light = float(random.uniform(30, 120))
        made = []
        for plane, part, value in zip(_floats(picture), (1, 2, 2), (light, 126.0, 131.0), strict=True):
            high, wide = plane.shape
            rows, columns = np.mgrid[0 : 1 : high * 1j, 0 : 1 : wide * 1j]
            depth = (rows, 1 - rows, columns, 1 - columns)[side]
            edge = 0.06 if soft else 0.01
            mask = np.clip((share - depth) / edge + 0.5, 0, 1).astype(np.float32)
            front = value + 6 * (rows + columns) + random.normal(0, 1.0 / part, plane.shape)
            made.append((plane * (1 - mask) + front * mask).astype(np.float32))
        luma, blue, red = made
        return _planes(luma, blue, red)

    return make


def turned(share: float) -> Make:
    """The camera turned: the picture moved sideways by this share of its width, mirrored in at the edge."""

    def make(picture: Planes, random: np.random.Generator) -> Planes:  # noqa: ARG001
        made = []
        for plane in _floats(picture):
            moved = round(share * plane.shape[1])
            padded = np.pad(plane, ((0, 0), (0, moved)), mode="reflect" if moved < plane.shape[1] else "symmetric")
            made.append(padded[:, moved : moved + plane.shape[1]])
        luma, blue, red = made
        return _planes(luma, blue, red)

    return make


def faults() -> Sequence[Fault]:
    """All of them, the weakest of each item first."""
    made: list[Fault] = []

    def add(item: str, *ways: tuple[str, Make]) -> None:
        made.extend(Fault(item, name, rank, make) for rank, (name, make) in enumerate(ways))

    add(
        "signal_loss", ("black, grain 2", screen(17, 128, 128, grain=2)),
        ("blue, characters", screen(41, 240, 110, words=True)), ("black, characters", screen(16, 128, 128, words=True)),
        ("grey", screen(126, 128, 128)), ("colour bars", bars),
    )  # fmt: skip
    add("too_dark", *((f"light x {gain}", darker(gain)) for gain in (0.3, 0.2, 0.12, 0.06)))
    add("too_bright", *((f"+{share:.0%}", brighter(share)) for share in (0.35, 0.5, 0.65, 0.8)))
    add("low_contrast", *((f"contrast x {share}", flatter(share)) for share in (0.4, 0.25, 0.15, 0.08)))
    add(
        "colour_cast", ("green 12", tinted(-9, -9)), ("blue 20", tinted(20, -6)), ("red 30", tinted(-10, 30)),
        ("purple 40", tinted(28, 30)), ("green 45", tinted(-32, -32)),
    )  # fmt: skip
    add(
        "noise", *((f"grain {sigma}", grainy(sigma)) for sigma in (8, 14, 22, 35)), ("snow 30 %", grainy(0, 0.3)),
        ("snow 90 %", grainy(0, 0.9)),
    )  # fmt: skip
    add(
        "stripes", ("lying, 3", striped(3, 0.05)), ("lying, 6", striped(6, 0.08)),
        ("standing, 6", striped(6, 12, standing=True)),
        ("slanting, 8", striped(8, 16, 0.3)), ("lying, 12", striped(12, 0.05)), ("lying, 25", striped(25, 0.12)),
    )  # fmt: skip
    add(
        "blur", *((f"bell {part} o/oo", softer(part)) for part in (1, 2, 4, 8)),
        ("disk 2 o/oo", softer(2, disk=True)), ("disk 4 o/oo", softer(4, disk=True)),
    )  # fmt: skip
    add("corruption", ("2 hits", damaged(2)), ("6 hits", damaged(6)), ("20 hits", damaged(20)),
        ("slabs 5 %", slabs(0.05)), ("slabs 15 %", slabs(0.15)), ("slabs 40 %", slabs(0.4)),
        ("smear 15 %", smeared(0.15)), ("smear 40 %", smeared(0.4)))  # fmt: skip
    add("occlusion", *((f"{share:.0%}", covered(share)) for share in (0.25, 0.4, 0.6, 0.9)))
    add("scene_change", *((f"{share:.0%} of the width", turned(share)) for share in (0.1, 0.25, 0.5, 1.0)))
    return tuple(made)
