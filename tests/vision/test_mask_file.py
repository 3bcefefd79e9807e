"""Masking whole files in a process of their own."""

import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
from bench import mask_drawn

from commonsight.problem import Refusal
from commonsight.settings import load
from commonsight.vision.mask_encode import ffmpeg, h264_arguments
from commonsight.vision.mask_file import mask_file
from commonsight.vision.mask_policy import Policy, lacking
from commonsight.vision.store import ModelStore

FRAMES = 12
PLATE_FROM = 4


@pytest.fixture(scope="module")
def models() -> Path:
    found = load().models_dir
    if absent := lacking(Policy.PLATES, ModelStore(found)):
        pytest.skip(f"no weights: run `commonsight models install {absent[0]}`")
    if h264_arguments() is None:
        pytest.skip("no ffmpeg with an H.264 encoder on this machine")
    return found


def recording(path: Path) -> tuple[int, int, int, int]:
    """A red car on asphalt whose plate is seen from the fifth picture on, with sound; returns where the plate is."""
    box = (0, 0, 0, 0)
    raw = []
    for number in range(FRAMES):
        picture = np.full((240, 320, 3), 90, np.uint8)
        picture[90:210, 60:260] = (40, 40, 150)
        if number >= PLATE_FROM:
            box = mask_drawn.put(picture, 28, 116, 150)
        raw.append(picture.tobytes())
    command = [ffmpeg(), "-v", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", "320x240", "-r", "5", "-i", "-"]
    command += ["-f", "lavfi", "-i", "sine=duration=2", "-c:v", "libx264", "-crf", "10", "-pix_fmt", "yuv420p"]
    subprocess.run([*command, "-shortest", str(path)], input=b"".join(raw), check=True, timeout=60)
    return box


def test_a_recording_leaves_with_its_plate_covered_from_before_it_was_seen(models, tmp_path):
    box = recording(tmp_path / "given.mp4")
    shares: list[float] = []
    mask_file(tmp_path / "given.mp4", tmp_path / "masked.mp4", Policy.PLATES, models, shares.append)
    assert shares == sorted(shares)
    assert shares
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given.mp4", "masked.mp4"]
    with av.open(str(tmp_path / "masked.mp4")) as opened, av.open(str(tmp_path / "given.mp4")) as given:
        assert not opened.streams.audio
        masked = [(frame.time, frame.to_ndarray(format="gray")) for frame in opened.decode(video=0)]
        times = [frame.time for frame in given.decode(video=0)]
    assert [time for time, _ in masked] == pytest.approx(times)
    left, top, right, bottom = box
    for _, picture in masked:
        inside = picture[top:bottom, left:right].astype(int)
        assert inside.max() - inside.min() < 12
    assert masked[-1][1][20, 20] == pytest.approx(90, abs=6)


def test_what_is_no_recording_is_refused_and_leaves_nothing(models, tmp_path):
    (tmp_path / "given.mp4").write_bytes(b"no recording" * 100)
    with pytest.raises(Refusal) as refused:
        mask_file(tmp_path / "given.mp4", tmp_path / "masked.mp4", Policy.PLATES, models)
    assert refused.value.code == "vision.mask_file_failed"
    assert [path.name for path in tmp_path.iterdir()] == ["given.mp4"]


def test_who_gives_up_ends_the_process(models, tmp_path):
    recording(tmp_path / "given.mp4")

    def enough(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mask_file(tmp_path / "given.mp4", tmp_path / "masked.mp4", Policy.PLATES, models, enough)
    assert [path.name for path in tmp_path.iterdir()] == ["given.mp4"]


def test_without_the_models_nothing_is_begun(tmp_path):
    with pytest.raises(Refusal) as refused:
        mask_file(tmp_path / "given.mp4", tmp_path / "masked.mp4", Policy.FACES, tmp_path)
    assert refused.value.code == "vision.model_missing"
