"""From what a network puts out to boxes: one function for each kind of detection head.

Each takes the raw outputs by name, the card's head and the size of the network's input, and returns candidates in
pixels of that input: boxes (N, 4), scores (N,), class ids (N,). Only rows that reach `score` come back; nothing is
suppressed yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commonsight.vision.cards import Head


class Candidates(NamedTuple):
    """Boxes before suppression, in pixels of the network's input."""

    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    class_id: NDArray[np.int32]


Outputs = Mapping[str, NDArray[np.float32]]


@lru_cache(maxsize=64)
def _centres(width: int, height: int, stride: int) -> NDArray[np.float32]:
    """Centre of each cell in row order: float32 (cells, 2), pixels."""
    rows, columns = np.mgrid[0 : -(-height // stride), 0 : -(-width // stride)]
    centres = ((np.stack([columns.ravel(), rows.ravel()], axis=1) + 0.5) * stride).astype(np.float32)
    centres.flags.writeable = False
    return centres


def _best(
    scores: NDArray[np.float32], wanted: NDArray[np.int32], score: float
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.int32]]:
    """Cells whose best wanted class reaches `score`: their rows, scores and class ids."""
    considered = scores if len(wanted) == scores.shape[1] else scores[:, wanted]
    column = considered.argmax(axis=1)
    best = considered[np.arange(len(considered)), column]
    rows = np.flatnonzero(best >= score)
    return rows, best[rows], wanted[column[rows]]


def nanodet(
    outputs: Outputs, head: Head, width: int, height: int, wanted: NDArray[np.int32], score: float
) -> Candidates:
    """NanoDet (Generalized Focal Loss, arXiv:2006.04388).

    For each stride a score per class (already through the sigmoid) and, for each side of the box, a distribution over
    `bins` distances whose expectation, times the stride, is how far that side lies from the cell's centre.
    """
    found = []
    for stride, scores_name, distances_name in zip(head.strides, head.scores, head.distances, strict=True):
        rows, confidence, class_id = _best(outputs[scores_name][0], wanted, score)
        logits = outputs[distances_name][0][rows].reshape(len(rows), 4, head.bins)
        weights = np.exp(logits - logits.max(axis=2, keepdims=True))
        reach = (weights @ np.arange(head.bins, dtype=np.float32)) / weights.sum(axis=2) * stride
        centre = _centres(width, height, stride)[rows]
        found.append(Candidates(np.hstack([centre - reach[:, :2], centre + reach[:, 2:]]), confidence, class_id))
    return Candidates(*(np.concatenate(column) for column in zip(*found, strict=True)))


def fastestdet(
    outputs: Outputs, head: Head, width: int, height: int, wanted: NDArray[np.int32], score: float
) -> Candidates:
    """FastestDet: one map of objectness, box and class probabilities for each cell.

    Channels are objectness (after the sigmoid), centre offset in cells (before tanh), size as a share of the picture
    (before the sigmoid), then class probabilities (after the softmax). The score is objectness^0.6 * class^0.4, as the
    network was trained and evaluated.
    """
    cells = outputs[head.scores[0]][0]
    channels, rows_count, columns_count = cells.shape
    flat = cells.reshape(channels, -1).T
    joint = np.power(flat[:, :1], np.float32(0.6)) * np.power(flat[:, 5:], np.float32(0.4))
    rows, confidence, class_id = _best(joint, wanted, score)
    chosen = flat[rows]
    corner = np.stack([rows % columns_count, rows // columns_count], axis=1)
    centre = (corner + np.tanh(chosen[:, 1:3])) / np.array([columns_count, rows_count]) * np.array([width, height])
    size = np.array([width, height]) / (1 + np.exp(-chosen[:, 3:5]))
    xyxy = np.hstack([centre - size / 2, centre + size / 2]).astype(np.float32)
    return Candidates(xyxy, confidence, class_id)


HEADS: dict[str, Callable[..., Candidates]] = {"nanodet": nanodet, "fastestdet": fastestdet}
"""Kinds of head a card may name."""
