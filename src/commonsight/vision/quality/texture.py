"""Fine structure: grain, and how soft edges are."""

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from commonsight.vision.quality.model import Block, Look, tiles

STRONG = 20.0
"""Difference of brightness (0..255) that makes an edge, at least; more where there is grain."""
REACH = 13
"""Points of the small picture within which an edge rises."""
EDGES = 4
"""Edges a block must have to say how sharp it is."""
LEAST_BLOCKS = 5
"""Blocks that must say so."""


def noise(look: Look) -> float:
    """Standard deviation of the grain, from second differences along rows, where the picture is smoothest.

    Real structure is as strong as grain nearly everywhere in a rich scene, but hardly ever in its smoothest quarter.
    """
    rows = look.rows
    fine = rows[:, 1:-1] * 2 - rows[:, :-2] - rows[:, 2:]
    spread = np.sqrt((tiles(fine) ** 2).mean(axis=(2, 3)) / 6)
    light = tiles(rows[:, 1:-1]).mean(axis=(2, 3))
    lit = (light > 6) & (light < 249)
    if lit.mean() < 0.1:
        return 0.0
    return float(np.percentile(spread[lit], 25))


def blur(look: Look, grain: float) -> float | None:
    """Width of edges in thousandths of the picture's width, the median over its blocks; None where few have edges.

    An edge's width is its height divided by its steepest step, so it does not depend on contrast; of each block the
    sharper edges count, because shadows and round things are soft in any picture; the median over the picture leaves
    out characters laid over it.
    """
    found = [width for lines in (look.small[::2], look.small[:, ::2].T) for width in _widths(lines, grain)]
    if len(found) < LEAST_BLOCKS:
        return None
    return float(np.median(found) * 1000 / look.small.shape[1])


def _widths(lines: Block, grain: float) -> list[float]:
    """For each block with enough edges along the lines, the width of its sharper ones, in points."""
    if lines.shape[1] < 2 * REACH:
        return []
    lines = np.ascontiguousarray(lines)
    step = np.abs(np.diff(lines, axis=1))
    height = maximum_filter1d(lines, REACH, axis=1) - minimum_filter1d(lines, REACH, axis=1)
    height = np.maximum(height[:, 1:], height[:, :-1])
    steepest = step >= maximum_filter1d(step, REACH, axis=1)
    edges = steepest & (height > max(STRONG, 6 * grain)) & (step > 0)
    row, column = np.nonzero(edges)
    width = height[row, column] / step[row, column]
    across = max(1, lines.shape[1] // 12)
    block = (row * 9 // lines.shape[0]) * 16 + column // across
    order = np.lexsort((width, block))
    block, width = block[order], width[order]
    starts = np.flatnonzero(np.r_[True, block[1:] != block[:-1]])
    counts = np.diff(np.r_[starts, block.size])
    enough = counts >= EDGES
    return [float(width[start + count // 4]) for start, count in zip(starts[enough], counts[enough], strict=True)]
