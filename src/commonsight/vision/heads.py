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


def centerface(
    outputs: Outputs, head: Head, width: int, height: int, wanted: NDArray[np.int32], score: float
) -> Candidates:
    """CenterFace (arXiv:1911.03599): a map of face middles, at each the logarithm of the size and the middle's offset.

    Maps of size and offset are (vertical, horizontal), both in cells of the one stride.
    """
    del width, height
    stride = np.float32(head.strides[0])
    heat = outputs[head.scores[0]][0, 0]
    rows, columns = np.nonzero(heat >= score)
    size = np.exp(outputs[head.distances[0]][0][:, rows, columns]) * stride
    middle = (np.stack([rows, columns]) + outputs[head.offsets[0]][0][:, rows, columns] + np.float32(0.5)) * stride
    top_left, bottom_right = middle - size / 2, middle + size / 2
    xyxy = np.stack([top_left[1], top_left[0], bottom_right[1], bottom_right[0]], axis=1).astype(np.float32)
    return Candidates(xyxy, heat[rows, columns], np.full(len(rows), wanted[0], np.int32))


@lru_cache(maxsize=16)
def _priors(
    width: int, height: int, strides: tuple[int, ...], sides: tuple[tuple[int, ...], ...]
) -> NDArray[np.float32]:
    """Middle and side of each prior, in the order the network puts them out: float32 (priors, 3), pixels."""
    levels = []
    for stride, here in zip(strides, sides, strict=True):
        centres = np.repeat(_centres(width, height, stride), len(here), axis=0)
        lengths = np.tile(np.array(here, np.float32), len(centres) // len(here))
        levels.append(np.column_stack([centres, lengths]))
    priors = np.concatenate(levels).astype(np.float32)
    priors.flags.writeable = False
    return priors


def retinaface(
    outputs: Outputs, head: Head, width: int, height: int, wanted: NDArray[np.int32], score: float
) -> Candidates:
    """RetinaFace (arXiv:1905.00641) for one class: a score and a shift and stretch for each prior.

    The second column of the scores is the class, the first the background. Shifts are in tenths of the prior's side,
    stretches in fifths of a natural logarithm, as the network was trained.
    """
    confidence = outputs[head.scores[0]][0, :, 1]
    rows = np.flatnonzero(confidence >= score)
    prior = _priors(width, height, head.strides, head.priors)[rows]
    given = outputs[head.distances[0]][0][rows]
    middle = prior[:, :2] + given[:, :2] * np.float32(0.1) * prior[:, 2:]
    size = prior[:, 2:] * np.exp(given[:, 2:] * np.float32(0.2))
    xyxy = np.hstack([middle - size / 2, middle + size / 2]).astype(np.float32)
    return Candidates(xyxy, confidence[rows], np.full(len(rows), wanted[0], np.int32))


HEADS: dict[str, Callable[..., Candidates]] = {
    "nanodet": nanodet,
    "fastestdet": fastestdet,
    "centerface": centerface,
    "retinaface": retinaface,
}
"""Kinds of head a card may name."""
