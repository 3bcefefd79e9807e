"""Program streams against ffmpeg, against what devices bend, and against hostile bytes."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.nal import START_CODE, split
from commonsight.connect.wire.ps import AudioCodec, Demuxer, Muxer, Picture, Sound, payloads
from commonsight.connect.wire.ps_format import CLOCK_MASK, decode_clock, encode_clock
from tests.connect.wire.streams import TICKS, ffmpeg, is_key, packs, pictures, sounds

BOTH = pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])


def read(pieces: list[bytes], *, marker: bool = False) -> tuple[Demuxer, list[Picture], list[Sound]]:
    demuxer, found = Demuxer(), []
    for piece in pieces:
        for payload in payloads(piece):
            found += demuxer.feed(payload)
        if marker:
            found += demuxer.cut(sure=False)
    found += demuxer.cut(sure=True)
    return demuxer, [e for e in found if isinstance(e, Picture)], [e for e in found if isinstance(e, Sound)]


@BOTH
@pytest.mark.parametrize("audio", [None, *AudioCodec])
def test_what_is_muxed_comes_back(codec: Codec, audio: AudioCodec | None) -> None:
    demuxer, seen, heard = read(packs(codec, audio))
    assert [each.data for each in seen] == list(pictures(codec))
    assert [each.pts for each in seen] == [90_000 + n * TICKS for n in range(len(seen))]
    assert [each.keyframe for each in seen] == [is_key(codec, unit) for unit in pictures(codec)]
    assert (demuxer.codec, demuxer.audio, demuxer.broken, demuxer.garbage) == (codec, audio, 0, 0)
    if audio is not None:
        assert [each.data for each in heard] == [data for data, _ in sounds(audio)]


@BOTH
@pytest.mark.parametrize("audio", [None, AudioCodec.AAC])
def test_ffmpeg_reads_what_is_muxed(codec: Codec, audio: AudioCodec | None, tmp_path: Path) -> None:
    file = tmp_path / "made.ps"
    file.write_bytes(b"".join(packs(codec, audio)) + Muxer.end())
    command = ["ffprobe", "-v", "error", "-count_frames", "-of", "json", "-show_entries"]
    shown = subprocess.run([*command, "stream=codec_name,nb_read_frames", str(file)], check=True, capture_output=True)
    assert shown.stderr == b""
    streams = {each["codec_name"]: int(each["nb_read_frames"]) for each in json.loads(shown.stdout)["streams"]}
    name = "h264" if codec is Codec.H264 else "hevc"
    assert streams.pop(name) == len(pictures(codec))
    assert list(streams) == ([] if audio is None else ["aac"])


@BOTH
@pytest.mark.parametrize("audio", [False, True])
def test_what_ffmpeg_muxes_is_read(codec: Codec, audio: bool, tmp_path: Path) -> None:
    """ffmpeg writes no map and cuts packets anywhere: the coding is guessed, pictures are found by their slices."""
    name = "h264" if codec is Codec.H264 else "hevc"
    raw, made = tmp_path / f"raw.{name}", tmp_path / "made.ps"
    raw.write_bytes(b"".join(pictures(codec)))
    tone = ("-f", "lavfi", "-i", "sine=duration=2", "-c:a", "mp2") if audio else ()
    ffmpeg("-r", "25", "-f", name, "-i", str(raw), *tone, "-c:v", "copy", "-f", "vob", str(made))
    demuxer, seen, _ = read([made.read_bytes()])
    assert (demuxer.codec, demuxer.broken) == (codec, 0)
    assert [split(each.data) for each in seen] == [split(unit) for unit in pictures(codec)]
    times = [each.pts for each in seen if each.pts is not None]
    assert times == sorted(times)
    assert len(times) > 10  # of those that share a packet only the first has a time


@BOTH
def test_the_marker_gives_a_picture_before_the_next_one_comes(codec: Codec) -> None:
    demuxer = Demuxer()
    for pack, unit in zip(packs(codec), pictures(codec), strict=True):
        found = [each for payload in payloads(pack) for each in demuxer.feed(payload)]
        assert found == []
        assert [each.data for each in demuxer.cut(sure=False)] == [unit]


def test_markers_on_every_packet_of_a_picture_are_seen_through() -> None:
    """One PES packet a slice, each ended by a marker, all with one time: only the first picture is lost to them."""
    unit = pictures(Codec.H264)[0]
    sets, slices = split(unit)[:-1], split(unit)[-1]
    muxer, demuxer, found = Muxer(Codec.H264), Demuxer(), []
    for number in range(4):
        pts = 90_000 + number * TICKS
        pieces = [START_CODE + each for each in (*sets, slices)]
        pieces.append(START_CODE + slices[:1] + b"\x20" + slices[2:])  # a further slice: not the picture's first
        for piece in pieces:
            found += demuxer.feed(muxer.video(piece, pts, keyframe=False))
            found += demuxer.cut(sure=False)
    found += demuxer.cut(sure=True)
    whole = [each for each in found if len(split(each.data)) == len(sets) + 2]
    assert len(whole) == 3
    assert demuxer.broken <= 1


@BOTH
def test_a_gap_costs_the_open_picture_and_nothing_else(codec: Codec) -> None:
    demuxer, found = Demuxer(), []
    for number, pack in enumerate(packs(codec)):
        pieces = payloads(pack, 400)
        for index, piece in enumerate(pieces):
            if number == 25 and index == 1:
                demuxer.gap()
                continue
            found += demuxer.feed(piece)
        found += demuxer.cut(sure=False)
    units = list(pictures(codec))
    assert [each.data for each in found] == units[:25] + units[26:]
    assert demuxer.broken == 1


def test_a_map_that_names_the_wrong_coding_is_overruled() -> None:
    units = pictures(Codec.H265)
    lying = Muxer(Codec.H264)
    made = [lying.video(u, n * TICKS + TICKS, keyframe=is_key(Codec.H265, u)) for n, u in enumerate(units)]
    demuxer, seen, _ = read(made, marker=True)
    assert demuxer.codec is Codec.H265
    assert [each.data for each in seen] == list(units)


def test_packets_without_times_are_divided_by_their_first_slices() -> None:
    units = pictures(Codec.H264)
    head = Muxer(Codec.H264).video(units[0], 0, keyframe=True)
    before = head[: head.index(b"\x00\x00\x01\xe0")]
    pes = [b"\x00\x00\x01\xe0" + (3 + len(u)).to_bytes(2, "big") + b"\x80\x00\x00" + u for u in units]
    _, seen, _ = read([before + pes[0], *pes[1:]])
    assert [each.data for each in seen] == list(units)
    assert {each.pts for each in seen} == {None}


def test_sound_in_a_coding_nobody_knows_is_left_out() -> None:
    """G.722.1 and others are not taken for the coding that came before."""
    made = packs(Codec.H264, AudioCodec.G711A)
    unknown = [pack.replace(b"\x90\xc0\x00\x00", b"\x92\xc0\x00\x00") for pack in made]
    demuxer, seen, heard = read(unknown)
    assert (len(seen), heard, demuxer.audio) == (len(pictures(Codec.H264)), [], None)


def test_private_streams_and_unbounded_packets_are_passed_over() -> None:
    units = pictures(Codec.H264)
    private = b"\x00\x00\x01\xbd\x00\x08\x00\x00\x01\xe0abcd"
    made = []
    for pack in packs(Codec.H264):
        at = pack.index(b"\x00\x00\x01\xe0")
        made.append(pack[:at] + private + pack[at : at + 4] + b"\x00\x00" + pack[at + 6 :])
    _, seen, _ = read(made)
    assert [split(each.data) for each in seen] == [split(unit) for unit in units]


@given(st.lists(st.binary(max_size=300), max_size=40), st.randoms())
def test_hostile_bytes_never_crash_it(pieces: list[bytes], random: object) -> None:
    demuxer = Demuxer()
    for piece in pieces:
        demuxer.feed(piece)
        if getattr(random, "random")() < 0.2:  # noqa: B009
            demuxer.cut(sure=getattr(random, "random")() < 0.5)  # noqa: B009
        if getattr(random, "random")() < 0.1:  # noqa: B009
            demuxer.gap()


@given(st.data())
def test_damaged_streams_never_crash_it_and_it_recovers(data: st.DataObject) -> None:
    stream = bytearray(b"".join(packs(Codec.H264, AudioCodec.G711A)[:20]))
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(stream) - 1))
        kind = data.draw(st.sampled_from(["flip", "cut", "double"]))
        if kind == "flip":
            stream[at] ^= data.draw(st.integers(1, 255))
        elif kind == "cut":
            del stream[at : at + data.draw(st.integers(1, 2_000))]
        else:
            stream[at:at] = stream[at : at + data.draw(st.integers(1, 500))]
        if not stream:
            return
    demuxer = Demuxer()
    for piece in payloads(bytes(stream), data.draw(st.integers(1, 3_000))):
        demuxer.feed(piece)
    demuxer.gap()
    found = [each for pack in packs(Codec.H264)[25:] for each in [*demuxer.feed(pack), *demuxer.cut(sure=False)]]
    found += demuxer.cut(sure=True)
    assert [each.data for each in found if isinstance(each, Picture)][-5:] == list(pictures(Codec.H264)[-5:])


def test_memory_is_bounded_by_a_picture_that_never_ends() -> None:
    demuxer = Demuxer()
    head = packs(Codec.H264)[0]
    demuxer.feed(head[: head.index(b"\x00\x00\x01\xe0") + 4] + b"\x00\x00" + b"\x80\x00\x00")
    for _ in range(200):
        demuxer.feed(b"\x11" * 65_536)
        assert len(demuxer._video) <= 8 * 1024 * 1024
    assert demuxer.broken >= 1


@given(st.integers(0, CLOCK_MASK))
def test_clocks_survive(clock: int) -> None:
    assert decode_clock(encode_clock(2, clock), 0) == clock
