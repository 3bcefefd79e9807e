"""Main streams are encoded once, in the coding, the size and with the distance of keyframes they are planned with."""

import hashlib

import pytest

from commonsight.connect.wire.codec import Codec
from commonsight.problem import Refusal
from commonsight.simulate import main_streams
from commonsight.simulate.footage import Clip
from commonsight.simulate.main_streams import MainStream
from commonsight.simulate.reel import load
from commonsight.vision.decode import Decoder


@pytest.fixture
def clips(tmp_path, stream):
    source = tmp_path / "installed.h264"
    source.write_bytes(stream)
    digest = hashlib.sha256(stream).hexdigest()
    missing = Clip("missing", "pkg", "1", "nowhere", "m", "", "0", "none", 640, 360, 10)
    return [missing, Clip("test", "pkg", "1", "debian", "m", str(source), digest, "none", 160, 90, 10)]


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_a_stream_is_cut_as_planned_and_made_once(codec, tmp_path, clips, monkeypatch):
    monkeypatch.setattr(main_streams.footage, "_from_deb", refuse)
    planned = MainStream(codec, 300, 1, 2, 0, 320, 192)
    path = main_streams.prepare(planned, tmp_path, lambda line: None, clips)
    data = path.read_bytes()
    reel = load("made", data, codec, main_streams.FRAME_RATE)
    assert [n for n, picture in enumerate(reel.pictures) if picture.keyframe] == [0, 25]
    assert len(reel.pictures) == 50
    frame = (decoder := Decoder(codec.value)).feed(data, 0) or decoder.flush()
    assert (frame[0].width, frame[0].height) == (320, 192)
    said = []
    assert main_streams.prepare(planned, tmp_path, said.append, clips) == path
    assert not any("encoding" in line for line in said)
    other = MainStream(codec, 300, 2, 2, 0, 320, 192)
    monkeypatch.setattr(main_streams, "run", refuse)
    with pytest.raises(Refusal):  # another plan is another file
        main_streams.prepare(other, tmp_path, lambda line: None, clips)


def refuse(*_):
    raise Refusal("simulate.footage_unavailable", operand="missing", reason="not here")
