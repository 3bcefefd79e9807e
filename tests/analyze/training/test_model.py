"""The honest split, shares with intervals, the filter that is trained here, COCO files and average precision."""

import hashlib
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.analyze.training import coco
from commonsight.analyze.training.head import Head, evaluate, features_of, train
from commonsight.analyze.training.model import LABEL_LEAST, Part, Sample, counts, refuse_few, share_of, split
from commonsight.analyze.training.precision import Found, average_precision, gain
from commonsight.problem import Refusal

START = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
ZONE = "Asia/Shanghai"
BOX = (0.1, 0.2, 0.3, 0.4)


def sample(
    number: int, label: bool, *, camera: int = 1, day: int = 0, first: dict[str, object] | None = None
) -> Sample:
    at = START + timedelta(days=day, minutes=number % 600)
    said = first or {"score": 0.8 if label else 0.4, "boxes": [list(BOX)], "detail": {"seconds": 100.0 + number % 7}}
    return Sample(
        UUID(int=number + 1), UUID(int=number + 10_001), UUID(int=camera), "450102", "standing", "stands", label, at,
        said, (BOX,), "", "", 0, 0, False,
    )  # fmt: skip


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 6), st.booleans()), max_size=60))
def test_a_day_of_a_camera_is_never_split(drawn: list[tuple[int, int, bool]]) -> None:
    made = [sample(n, label, camera=camera, day=day) for n, (camera, day, label) in enumerate(drawn)]
    parts = split(made, ZONE)
    assert parts.keys() == {one.id for one in made}
    days = {(one.camera_id, (one.at + timedelta(hours=8)).date(), parts[one.id]) for one in made}
    assert len(days) == len({(camera, day) for camera, day, _ in days})
    assert split(made[::-1], ZONE) == parts


def test_a_third_is_held_out_of_each_label() -> None:
    made = [sample(n, n % 3 == 0, camera=n % 6, day=n % 11) for n in range(300)]
    counted = counts(made, split(made, ZONE))
    for label in ("true", "false"):
        whole = counted[f"train_{label}"] + counted[f"held_{label}"]
        assert 0.2 < counted[f"held_{label}"] / whole < 0.5


def test_nothing_is_concluded_from_too_little() -> None:
    with pytest.raises(Refusal) as refused:
        refuse_few({"train_true": 50, "train_false": 50, "held_true": LABEL_LEAST, "held_false": LABEL_LEAST - 1})
    assert refused.value.operand == "held_false"


@pytest.mark.parametrize(
    ("k", "n", "low", "high"), [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)]
)
def test_a_share_carries_its_interval(k: int, n: int, low: float, high: float) -> None:
    assert (share_of(k, n).low, share_of(k, n).high) == (low, high)


def leaves(number: int) -> Sample:
    """False alarms low in the picture and at noon; real ones anywhere. Both are as sure."""
    label = number % 2 == 0
    left = (number * 37 % 60) / 100
    top = 0.1 + (number * 53 % 40) / 100 if label else 0.75 + (number % 10) / 100
    first = {
        "score": 0.5 + number % 10 / 100,
        "boxes": [[left, top, left + 0.1, top + 0.1]],
        "detail": {"seconds": 130},
    }
    return sample(number, label, camera=number % 7, day=number % 9, first=first)


def test_a_filter_learns_where_false_alarms_lie_and_keeps_the_true_ones() -> None:
    made = [leaves(number) for number in range(160)]
    parts = split(made, ZONE)
    learned = [one for one in made if parts[one.id] is Part.TRAIN]
    held = [one for one in made if parts[one.id] is Part.HELD]
    head = train(
        [(o.first, o.at) for o in learned], [o.label for o in learned], [str(o.camera_id) for o in learned], ZONE
    )
    found = evaluate(head, [(o.first, o.at) for o in held], [o.label for o in held])
    assert found["false_removed"]["value"] > 0.9
    assert found["true_kept"]["value"] > 0.9
    assert found["precision"]["value"] > found["precision_before"]["value"]
    again = train(
        [(o.first, o.at) for o in learned], [o.label for o in learned], [str(o.camera_id) for o in learned], ZONE
    )
    assert Head.of(json.loads(json.dumps(head.as_json()))) == head == again


def test_a_filter_that_knows_nothing_takes_nothing_away() -> None:
    made = [sample(number, number % 2 == 0, camera=number % 5, first={"score": 0.5}) for number in range(60)]
    head = train([(o.first, START) for o in made], [o.label for o in made], [str(o.camera_id) for o in made], ZONE)
    assert evaluate(head, [(o.first, START) for o in made], [o.label for o in made])["false_removed"]["value"] == 0


def test_features_are_what_is_known_at_the_beginning() -> None:
    known = features_of(
        {"score": 0.7, "boxes": [[0.1, 0.2, 0.3, 0.6]], "detail": {"seconds": 9, "odd": "x"}}, START, ZONE
    )
    assert known["detail.seconds"] == 9
    assert (round(known["x"], 3), round(known["bottom"], 3), round(known["height"], 3)) == (0.2, 0.6, 0.4)
    assert "detail.odd" not in known
    assert "x" not in features_of({"score": 0.7}, START, ZONE)


def test_the_same_samples_make_the_same_file(tmp_path: Path) -> None:
    body = b"\xff\xd8 a picture"
    digest = hashlib.sha256(body).hexdigest()
    (tmp_path / "p.jpg").write_bytes(body)
    shown = {"picture": f"{digest}.jpg", "sha256": digest, "width": 200, "height": 100}
    real, wrong = replace(sample(1, True), **shown), replace(sample(2, False), **shown)  # type: ignore[arg-type]
    chosen = [(real, Part.TRAIN), (wrong, Part.TRAIN), (sample(3, True), Part.HELD)]
    made = [
        coco.write(tmp_path / name, chosen, {digest: tmp_path / "p.jpg"}, None, {"number": 1})
        for name in ("a.zip", "b.zip")
    ]
    assert made[0] == made[1]
    with zipfile.ZipFile(tmp_path / "a.zip") as file:
        train_part = json.loads(file.read("annotations_train.json"))
        assert json.loads(file.read("annotations_held.json"))["images"] == []
        assert file.read(f"pictures/{digest}.jpg") == body
    assert [image["label"] for image in train_part["images"]] == [True, False]
    [box] = train_part["annotations"]
    assert (box["bbox"], box["image_id"], train_part["categories"][0]["name"]) == ([20, 20, 40, 20], 1, "stands")


def test_average_precision_is_that_of_coco() -> None:
    truth = [[BOX], [BOX], []]
    right, wrong = Found((BOX,), (0.9,)), Found(((0.6, 0.6, 0.9, 0.9),), (0.9,))
    nothing = Found((), ())
    assert average_precision(truth, [right, right, nothing]) == 1
    assert average_precision(truth, [right, nothing, nothing]) == pytest.approx(0.505, abs=0.001)
    assert average_precision(truth, [wrong, wrong, wrong]) == 0
    assert average_precision([[]], [right]) == 0
    found = gain(truth * 4, [right, right, nothing] * 4, [wrong, right, nothing] * 4, draws=20)
    assert found["low"] <= found["value"] <= found["high"]
    assert found["value"] > 0.3
