"""Reading text drawn into a picture, with the real models."""

import shutil
import subprocess

import numpy as np
import pytest

from commonsight.media.watermark import font
from commonsight.problem import Refusal
from commonsight.settings import load
from commonsight.vision.ocr.look import TextLooker
from commonsight.vision.store import ModelStore

WIDTH, HEIGHT = 704, 576


@pytest.fixture(scope="module")
def looker() -> TextLooker:
    try:
        return TextLooker(ModelStore(load().models_dir))
    except Refusal as refusal:
        pytest.skip(f"no weights ({refusal.code}): run `commonsight models install {refusal.values.get('name')}`")


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """A grey wall with a clock on top and a label below."""
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("no ffmpeg")
    folder = tmp_path_factory.mktemp("osd")
    try:
        letters = font()
    except Refusal:
        pytest.skip("no font with Chinese characters")
    drawn = []
    for name, text, place in (
        ("clock", "2026-11-23 09:41:07", "x=20:y=18"),
        ("label", "人民路与建设路口", "x=w-tw-20:y=h-th-20"),
    ):
        (folder / name).write_text(text)
        drawn.append(
            f"drawtext=fontfile={letters}:textfile={folder / name}:fontsize=28:fontcolor=white:borderw=1:{place}"
        )
    command = [program, "-v", "error", "-f", "lavfi", "-i", f"color=gray:s={WIDTH}x{HEIGHT}", "-vf", ",".join(drawn)]
    raw = subprocess.run(
        [*command, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-"],
        capture_output=True,
        check=True,
        timeout=30,
    ).stdout
    return np.frombuffer(raw, np.uint8).reshape(HEIGHT, WIDTH)


@pytest.mark.weights
def test_clock_and_label_are_read_and_found_again_at_their_places(looker, picture):
    clock, label = looker.bands(picture)
    assert clock.text.replace(" ", "") == "2026-11-2309:41:07"
    assert label.text == "人民路与建设路口"
    assert clock.box[3] < 0.15
    assert label.box[0] > 0.5
    assert label.box[1] > 0.8
    again = looker.at(picture, [clock.box, label.box])
    assert [line.text for line in again] == [clock.text, label.text]


@pytest.mark.weights
def test_an_empty_wall_says_nothing(looker):
    wall = np.full((HEIGHT, WIDTH), 120, np.uint8)
    assert looker.bands(wall) == []
    assert looker.at(wall, [(0.0, 0.0, 0.5, 0.06)])[0].text == ""
