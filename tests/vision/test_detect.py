"""The detector, on a made-up model and on the real ones."""

import hashlib
from pathlib import Path

import av
import numpy as np
import onnx
import onnx.numpy_helper
import pytest

from commonsight.problem import Refusal
from commonsight.vision.detect import Detector


@pytest.fixture
def detector(small, tmp_path):
    (tmp_path / "model.onnx").write_bytes(small.onnx)

    def make(**options):
        return Detector(small.card, tmp_path / "model.onnx", classes=None, **options)

    return make


def night(width=64, height=64, *lights):
    """A black picture with white squares of 8 pixels at these cells."""
    picture = np.zeros((height, width, 3), np.uint8)
    for column, row in lights:
        picture[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8] = 255
    return picture


def test_it_finds_what_the_model_finds_where_it_is(detector):
    found = detector().detect(night(64, 64, (2, 5)), 0.9)
    assert found.labels() == ["person"]
    np.testing.assert_allclose(found.xyxy, [[12, 36, 28, 52]], atol=0.01)
    assert found.names == ("person", "car")


def test_boxes_are_in_pixels_of_the_given_picture(detector):
    large = np.repeat(np.repeat(night(64, 64, (2, 5)), 4, axis=0), 4, axis=1)
    found = detector().detect(large, 0.9)
    np.testing.assert_allclose(found.xyxy, [[48, 144, 112, 208]], atol=0.1)


def test_boxes_end_at_the_pictures_edge(detector):
    found = detector().detect(night(64, 64, (0, 0)), 0.9)
    assert found.xyxy.tolist() == [[0, 0, 12, 12]]


def test_a_dark_picture_has_nothing(detector):
    found = detector().detect(night(), 0.9)
    assert len(found) == 0
    assert found.names == ("person", "car")


def test_neighbours_that_overlap_are_one_object(detector):
    lights = night(64, 64, (2, 2), (3, 2))
    assert len(detector().detect(lights, 0.9, iou=0.3)) == 1
    assert len(detector().detect(lights, 0.9, iou=0.4)) == 2
    assert len(detector().detect(lights, 0.9, iou=0.3, agnostic=True)) == 1


def test_the_same_picture_gives_the_same_detections(detector):
    picture = np.random.default_rng(45).integers(0, 256, (100, 200, 3), dtype=np.uint8)
    first, second = (detector().detect(picture, 0.45) for _ in range(2))
    assert len(first) > 0
    assert np.array_equal(first.xyxy, second.xyxy)
    assert np.array_equal(first.confidence, second.confidence)


def test_pictures_of_changing_size_are_taken_by_one_detector(detector):
    watching = detector()
    for width, height in ((64, 64), (33, 90), (1280, 720), (64, 64)):
        assert len(watching.detect(np.full((height, width, 3), 255, np.uint8), 0.9)) > 0


def many(content):
    """The model with a free first axis: what a card of somebody's own may bring."""
    made = onnx.load_from_string(content)
    made.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "pictures"
    for output in made.graph.output:
        output.type.tensor_type.shape.dim[0].dim_param = "pictures"
    del made.graph.value_info[:]
    for tensor in made.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype == np.int64 and values.ndim == 1 and len(values) == 3 and values[0] == 1 and -1 in values:
            # 0: as many as come.
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.array([0, *values[1:]], np.int64), tensor.name))
    return made.SerializeToString()


@pytest.mark.parametrize("together", [False, True])
def test_several_pictures_give_what_each_gives_alone(small, tmp_path, together):
    content = many(small.onnx) if together else small.onnx
    (tmp_path / "model.onnx").write_bytes(content)
    weights = small.card.weights.model_copy(update={"sha256": hashlib.sha256(content).hexdigest()})
    made = Detector(small.card.model_copy(update={"weights": weights}), tmp_path / "model.onnx", classes=None)
    assert made.batches is together
    pictures = [night(64, 64, (2, 5)), night(128, 64), night(64, 64, (5, 3), (1, 1))]
    found = made.detect_many(pictures, 0.9)
    assert [len(one) for one in found] == [1, 0, 2]
    for one, picture in zip(found, pictures, strict=True):
        alone = made.detect(picture, 0.9)
        np.testing.assert_allclose(one.xyxy, alone.xyxy, atol=0.01)
        np.testing.assert_allclose(one.confidence, alone.confidence, atol=1e-5)


def test_a_larger_size_can_be_asked_for(detector):
    small_light = np.zeros((64, 64, 3), np.uint8)
    small_light[20:24, 20:24] = 255
    assert len(detector().detect(small_light, 0.7)) == 0
    assert len(detector(size=(128, 128)).detect(small_light, 0.7)) == 1


@pytest.mark.parametrize("size", [(60, 64), (0, 0), (8192, 64)])
def test_a_size_the_network_does_not_take_is_refused(detector, size):
    with pytest.raises(Refusal) as refused:
        detector(size=size)
    assert refused.value.code == "vision.size_invalid"


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros((0, 10, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(detector, picture):
    with pytest.raises(ValueError, match="a picture is uint8"):
        detector().detect(picture)


def test_missing_and_changed_weights_are_refused(small, tmp_path):
    with pytest.raises(Refusal) as refused:
        Detector(small.card, tmp_path / "none.onnx", classes=None)
    assert refused.value.code == "vision.model_missing"
    (tmp_path / "model.onnx").write_bytes(small.onnx[:-1])
    with pytest.raises(Refusal) as refused:
        Detector(small.card, tmp_path / "model.onnx", classes=None)
    assert refused.value.code == "vision.model_changed"


def test_providers_fall_back_and_unknown_ones_are_refused(detector):
    assert detector(providers=("NoSuchProvider", "CPUExecutionProvider")).provider == "CPUExecutionProvider"
    with pytest.raises(Refusal) as refused:
        detector(providers=("NoSuchProvider",))
    assert refused.value.code == "vision.provider_missing"


def test_only_known_classes_can_be_asked_for(small, tmp_path):
    (tmp_path / "model.onnx").write_bytes(small.onnx)
    assert len(Detector(small.card, tmp_path / "model.onnx", classes=["car"]).detect(night(64, 64, (2, 2)), 0.9)) == 0
    for classes in (["zebra"], []):
        with pytest.raises(Refusal) as refused:
            Detector(small.card, tmp_path / "model.onnx", classes=classes)
        assert refused.value.code == "vision.label_unknown"


BOTH = pytest.mark.parametrize("weights", ["nanodet-coco-416", "fastestdet-coco-352"], indirect=True)
STREET = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")


@pytest.mark.weights
@BOTH
def test_real_weights_see_nothing_in_an_even_picture(weights):
    assert len(Detector(*weights).detect(np.full((288, 352, 3), 128, np.uint8))) == 0


@pytest.mark.weights
@BOTH
def test_real_weights_find_the_people_of_a_real_street(weights):
    """At 10 s six people of at least 55 pixels are on this clip, counted by hand, and one at the border."""
    if not STREET.exists():
        pytest.skip("no footage: it is in the Debian package opencv-doc")
    with av.open(str(STREET)) as clip:
        frame = next(frame for index, frame in enumerate(clip.decode(video=0)) if index == 100)
    people = Detector(*weights).detect(frame.to_ndarray(format="bgr24")).of("person")
    tall = people.select(people.xyxy[:, 3] - people.xyxy[:, 1] >= 55)
    assert 4 <= len(tall) <= 8
