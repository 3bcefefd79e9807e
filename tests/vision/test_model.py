"""Columns of detections."""

import sys
from types import ModuleType

import numpy as np
import pytest

from commonsight.vision.model import Detections


def three():
    return Detections(
        xyxy=np.array([[0, 0, 10, 20], [5, 5, 15, 25], [20, 10, 40, 30]], np.float32),
        confidence=np.array([0.9, 0.6, 0.4], np.float32),
        class_id=np.array([1, 0, 1], np.int32),
        names=("person", "car"),
        tracker_id=np.array([7, 8, 9]),
    )


def test_rows_are_selected_together():
    found = three().select(np.array([True, False, True]))
    assert len(found) == 2
    assert found.labels() == ["car", "car"]
    assert found.tracker_id.tolist() == [7, 9]


def test_rows_are_selected_by_label():
    assert three().of("person").confidence.tolist() == [np.float32(0.6)]
    assert len(three().of("zebra")) == 0


def test_boxes_as_shares_of_the_picture_and_points_on_the_ground():
    assert three().relative(40, 40)[2].tolist() == [0.5, 0.25, 1.0, 0.75]
    assert three().relative(40, 40).dtype == np.float32
    assert three().anchors().tolist() == [[5, 20], [10, 25], [30, 30]]


def test_nothing_found_has_the_same_columns():
    none = Detections.empty(("person",))
    assert len(none) == 0
    assert none.relative(10, 10).shape == (0, 4)
    assert none.anchors().shape == (0, 2)
    assert none.labels() == []


@pytest.mark.parametrize("column", ["xyxy", "class_id", "tracker_id"])
def test_columns_of_unequal_length_are_refused(column):
    columns = {name: getattr(three(), name) for name in ("xyxy", "confidence", "class_id", "names", "tracker_id")}
    columns[column] = columns[column][:1]
    with pytest.raises(ValueError, match=column):
        Detections(**columns)


def test_it_converts_to_supervision(monkeypatch):
    """With a stand-in: the package is a peer of the benchmarks, not something this one needs."""
    peer = ModuleType("supervision")
    peer.Detections = lambda **columns: columns
    monkeypatch.setitem(sys.modules, "supervision", peer)
    columns = three().tracked(np.array([1, 2, 3])).to_supervision()
    assert columns["tracker_id"].tolist() == [1, 2, 3]
    assert columns["data"]["class_name"].tolist() == ["car", "person", "car"]
    assert columns["class_id"].dtype == int
