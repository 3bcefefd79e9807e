"""Fine structure: grain, stripes, softness. All read from whole rows and columns of a picture."""

import numpy as np

from commonsight.vision.quality.model import Block, Look, Scores, tiles

STRONG = 12.0
"""Difference of brightness across eight pixels that makes an edge, at least; more where there is grain."""
REACH = 4
"""Pixels on either side of an edge over which it is measured."""
EDGES = 6
"""Edges a block must have to say how sharp it is."""
SHARPEST = 0.8
"""An edge this steep (share of its height within two pixels) is as sharp as a lens and a coder leave one."""
STRIPS = 6
"""Parts across a picture that stripes must run through in step."""


def texture(look: Look) -> Scores:
    """`noise`, `stripes` and, where there are edges to tell it by, `blur`."""
    grain = noise(look)
    scores = {"noise": grain, "stripes": stripes(look)}
    softness = blur(look, grain)
    if softness is not None:
        scores["blur"] = softness
    return scores


def noise(look: Look) -> float:
    """Standard deviation of the grain, from second differences along rows, where the picture is smoothest.

    Real structure is as strong as grain nearly everywhere in a rich scene, but hardly ever in its smoothest quarter.
    """
    rows = look.rows
    fine = rows[:, 1:-1] * 2 - rows[:, :-2] - rows[:, 2:]
    blocks = tiles(fine)
    spread = np.sqrt((blocks**2).mean(axis=(2, 3)) / 6)
    light = tiles(rows[:, 1:-1]).mean(axis=(2, 3))
    lit = (light > 6) & (light < 249)
    if lit.mean() < 0.1:
        return 0.0
    return float(np.percentile(spread[lit], 25))


def stripes(look: Look) -> float:
    """Amplitude of the strongest evenly spaced bands, lying or standing, that keep step through the whole picture."""
    return max(_bands(look.columns), _bands(look.rows))


def _bands(lines: Block) -> float:
    """`lines`: (lines, points). Each strip of lines has a spectrum; only what has one phase in all of them adds up."""
    count = min(STRIPS, lines.shape[0])
    length = lines.shape[1]
    if length < 64:
        return 0.0
    cut = lines[: lines.shape[0] // count * count].reshape(count, -1, length)
    profile = np.median(cut, axis=1)
    profile = profile - _smooth(profile, max(9, length // 24))
    spectrum = np.fft.rfft(profile * np.hanning(length), axis=1) * (4 / length)
    together = np.abs(spectrum.mean(axis=0))
    apart = np.sqrt((np.abs(spectrum) ** 2).mean(axis=0))
    first = 8
    if together.size <= first:
        return 0.0
    inside = (together * np.clip(2 * together / np.maximum(apart, 1e-6) - 1, 0, 1))[first:]
    return float(max(0.0, inside.max() - 3 * np.median(inside)))


def _smooth(lines: Block, width: int) -> Block:
    """Running mean of so many points along each line; the ends repeat."""
    half = width // 2
    padded = np.pad(lines, ((0, 0), (half + 1, half)), mode="edge")
    summed = np.cumsum(padded, axis=1, dtype=np.float64)
    return ((summed[:, 2 * half + 1 :] - summed[:, : -2 * half - 1]) / (2 * half + 1)).astype(np.float32)


def blur(look: Look, grain: float) -> float | None:
    """How soft strong edges are, the median over the blocks that have some; None where too few have.

    An edge's steepness is the share of its height that lies within its two middle pixels. It does not depend on the
    edge's height, so neither on contrast; the median over the picture leaves out characters laid over it.
    """
    shares = [share for lines in (look.rows, look.columns) for share in _steepness(lines, grain)]
    if len(shares) < 6:
        return None
    return float(np.clip(1 - np.median(shares) / SHARPEST, 0, 1))


def _steepness(lines: Block, grain: float) -> list[float]:
    """For each block with enough edges, how steep its steepest fifth is."""
    if lines.shape[1] < 4 * REACH:
        return []
    whole = lines[:, 2 * REACH :] - lines[:, : -2 * REACH]
    middle = lines[:, REACH + 1 : -REACH + 1] - lines[:, REACH - 1 : -REACH - 1]
    strong = np.abs(whole) > max(STRONG, 5 * grain)
    share = np.where(strong, middle / np.where(strong, whole, 1), 0)
    blocks, marks = tiles(share, 12, 16), tiles(strong, 12, 16)
    found = []
    for values, mark in zip(blocks.reshape(-1, *blocks.shape[2:]), marks.reshape(-1, *marks.shape[2:]), strict=True):
        edges = values[mark]
        if edges.size >= EDGES:
            found.append(float(np.percentile(edges, 80)))
    return found
