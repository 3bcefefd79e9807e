"""Footage is verified, transcoded once and kept; what cannot be had is named."""

import hashlib
from dataclasses import replace

import pytest

from commonsight.clock import SystemClock
from commonsight.problem import Refusal
from commonsight.simulate import footage
from commonsight.simulate.city import City
from commonsight.simulate.fleet import Fleet, Mix
from commonsight.simulate.footage import Clip


@pytest.fixture
def clip(tmp_path, stream):
    source = tmp_path / "installed.h264"
    source.write_bytes(stream)
    digest = hashlib.sha256(stream).hexdigest()
    return Clip("test", "pkg", "1", "debian", "m", str(source), digest, "none", 160, 90, 10)


def test_a_clip_is_made_once(clip, tmp_path):
    said = []
    made = footage.prepare(clip, tmp_path / "data", said.append)
    assert made.parent == tmp_path / "data" / "footage"
    assert any("transcoding" in line for line in said)
    said.clear()
    assert footage.prepare(clip, tmp_path / "data", said.append) == made
    assert said == []
    assert [p.name for p in made.parent.iterdir()] == [made.name]


def test_another_recipe_is_another_file(clip, tmp_path):
    assert footage.path(clip, tmp_path) != footage.path(replace(clip, width=320), tmp_path)


def test_changed_footage_is_refused(clip, tmp_path):
    with pytest.raises(Refusal) as caught:
        footage.prepare(replace(clip, sha256="0" * 64), tmp_path, lambda line: None)
    assert caught.value.code == "simulate.footage_changed"
    assert list((tmp_path / "footage").iterdir()) == []


def test_what_is_no_video_is_refused_with_the_program_s_own_words(clip, tmp_path):
    source = tmp_path / "text"
    source.write_text("no video")
    wrong = replace(clip, installed=str(source), sha256=hashlib.sha256(b"no video").hexdigest())
    with pytest.raises(Refusal) as caught:
        footage.prepare(wrong, tmp_path, lambda line: None)
    assert caught.value.code == "simulate.transcode_failed"
    assert caught.value.values["reason"]


async def test_one_missing_clip_is_left_out_and_none_at_all_is_refused(clip, tmp_path, monkeypatch):
    missing = replace(clip, name="missing", installed="", registry="debian")
    program = footage.ffmpeg()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(footage, "ffmpeg", lambda: program)
    monkeypatch.setattr(footage, "clips", lambda: [missing, clip])
    said = []
    city = City(Fleet(1, 100, mix=Mix(0, 0, 0, 0, 0, 0, 0)), SystemClock())
    assert [name async for name in city.bring(tmp_path, said.append)] == ["test"]
    assert any("missing: left out" in line for line in said)
    assert city.resolve("watch/missing") is None
    assert city.resolve("watch/test") is not None
    # A fleet camera whose clip is missing plays another one.
    assert city.resolve(f"fleet/{next(i for i in range(100) if city.fleet.reel(i, 2) == 0)}") is not None
    monkeypatch.setattr(footage, "clips", lambda: [missing])
    with pytest.raises(Refusal) as caught:
        _ = [name async for name in City(Fleet(1, 1), SystemClock()).bring(tmp_path, said.append)]
    assert caught.value.code == "simulate.footage_unavailable"
