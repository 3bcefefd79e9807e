"""The fragments are played back by libavformat, which had no part in making them."""

import io
import struct

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.connect.model import Codec
from commonsight.connect.wire.codec import NAL_CODECS
from commonsight.media.fmp4 import Init, MuxError, fragment, init_segment, parameter_sets

from .conftest import TICKS, Footage, make_footage


def init_of(footage: Footage) -> Init:
    return init_segment(footage.codec, footage.info.parameter_sets, footage.width, footage.height)


def stream_of(footage: Footage, first: int = 0, count: int = 30) -> bytes:
    """Init segment and fragments of units `first` …, as a browser gets them."""
    parts = [init_of(footage).segment]
    for index in range(first, first + count):
        data, keyframe = footage.units[index]
        parts.append(
            fragment(
                footage.codec,
                data,
                sequence=index,
                decode_time=90_000 + index * TICKS,
                duration=TICKS,
                offset=7_200,
                keyframe=keyframe,
            )
        )
    return b"".join(parts)


def boxes(data: bytes) -> list[tuple[str, bytes]]:
    """Top-level boxes as (type, body); fails when they do not fill `data`."""
    found = []
    while data:
        size, kind = struct.unpack_from(">I4s", data)
        assert 8 <= size <= len(data)
        found.append((kind.decode(), data[8:size]))
        data = data[size:]
    return found


def test_mime_names_profile_and_level(h264: Footage, h265: Footage) -> None:
    sps = parameter_sets(Codec.H264, h264.units[0][0])[0]
    assert init_of(h264).mime == f'video/mp4; codecs="avc1.{sps[1:4].hex().upper()}"'
    assert init_of(h265).mime.startswith('video/mp4; codecs="hvc1.1.6.L')


def test_every_picture_decodes_with_its_times(footage: Footage) -> None:
    with av.open(io.BytesIO(stream_of(footage)), format="mp4") as played:
        stream = played.streams.video[0]
        packets = [packet for packet in played.demux(stream) if packet.size]
        assert [packet.pts for packet in packets] == [97_200 + index * TICKS for index in range(30)]
        assert [packet.dts for packet in packets] == [90_000 + index * TICKS for index in range(30)]
        assert [packet.is_keyframe for packet in packets] == [keyframe for _, keyframe in footage.units[:30]]
    with av.open(io.BytesIO(stream_of(footage)), format="mp4") as played:
        frames = list(played.decode(video=0))
    assert len(frames) == 30
    assert {(frame.width, frame.height) for frame in frames} == {(footage.width, footage.height)}
    assert not any(frame.is_corrupt for frame in frames)


def test_late_joiner_starts_at_any_keyframe(footage: Footage) -> None:
    with av.open(io.BytesIO(stream_of(footage, first=20, count=15)), format="mp4") as played:
        assert len(list(played.decode(video=0))) == 15


def test_parameter_sets_and_delimiters_stay_out_of_the_samples(footage: Footage) -> None:
    data, _ = footage.units[0]
    (_, _), (_, body) = boxes(
        fragment(footage.codec, data, sequence=0, decode_time=0, duration=TICKS, offset=0, keyframe=True)
    )
    kinds = []
    while body:
        (length,) = struct.unpack_from(">I", body)
        kinds.append(body[4] & 0x1F if footage.codec is Codec.H264 else body[4] >> 1)
        body = body[4 + length :]
    assert not set(kinds) & ({7, 8, 9} if footage.codec is Codec.H264 else {32, 33, 34, 35})
    assert kinds


@given(
    nals=st.lists(st.binary(min_size=1, max_size=40).filter(lambda nal: b"\x00\x00\x00\x01" not in nal), max_size=6),
    codec=st.sampled_from(NAL_CODECS),
    sequence=st.integers(0, 1 << 40),
    decode_time=st.integers(0, (1 << 64) - 1),
    duration=st.integers(0, (1 << 32) - 1),
    offset=st.integers(-(1 << 31), (1 << 31) - 1),
    keyframe=st.booleans(),
)
@settings(max_examples=100)
def test_fragment_of_any_bytes_is_two_boxes_that_agree(
    nals: list[bytes], codec: Codec, sequence: int, decode_time: int, duration: int, offset: int, keyframe: bool
) -> None:
    unit = b"".join(b"\x00\x00\x00\x01" + nal for nal in nals)
    made = fragment(
        codec, unit, sequence=sequence, decode_time=decode_time, duration=duration, offset=offset, keyframe=keyframe
    )
    (moof, head), (mdat, body) = boxes(made)
    assert (moof, mdat) == ("moof", "mdat")
    (mfhd, _), (traf, inside) = boxes(head)
    (tfhd, _), (tfdt, times), (trun, run) = boxes(inside)
    assert (mfhd, traf, tfhd, tfdt, trun) == ("mfhd", "traf", "tfhd", "tfdt", "trun")
    assert struct.unpack(">IQ", times)[1] == decode_time
    _, samples, data_offset, *sample = struct.unpack(">IIIIIIi", run)
    assert samples == 1
    assert made[data_offset:] == body
    assert sample[0] == duration
    assert sample[1] == len(body)
    assert (sample[2] == 0x02000000) is keyframe
    assert sample[3] == offset


@pytest.mark.parametrize("field", ["decode_time", "duration"])
def test_time_out_of_range_is_named(field: str) -> None:
    times = {"decode_time": 0, "duration": 0, "offset": 0} | {field: -1}
    with pytest.raises(ValueError, match="time does not fit"):
        fragment(Codec.H264, b"\x00\x00\x00\x01\x65", sequence=0, keyframe=True, **times)


@pytest.mark.parametrize("before", [b"", b"\x42\x01\x01\x00\x00\x01"])
def test_an_sps_that_ends_too_early_is_refused_and_holds_nobody_up(before: bytes) -> None:
    vps, _, pps = make_footage(Codec.H265).info.parameter_sets
    # Found by the test below: libavformat took a number from behind its end for that of its reference pictures.
    sps = bytes.fromhex("42010101600000030090000003000003003ca00a3fb271555338c36a33909d03c0")
    with pytest.raises(MuxError, match="SPS"):
        init_segment(Codec.H265, [vps, before + sps, pps], 20, 1452)


@given(
    data=st.binary(max_size=200),
    codec=st.sampled_from(NAL_CODECS),
    at=st.integers(0, 100),
    size=st.tuples(st.integers(-1, 20_000), st.integers(-1, 20_000)),
)
@settings(max_examples=200, deadline=None)
def test_hostile_parameter_sets_never_crash_the_muxer(
    data: bytes, codec: Codec, at: int, size: tuple[int, int]
) -> None:
    good = make_footage(codec).info.parameter_sets
    for sets in (
        [data],
        [*good, data],
        [nal[:at] + data for nal in good],
        [nal[:at] + data + nal[at:] for nal in good],
    ):
        try:
            init = init_segment(codec, sets, *size)
        except MuxError:
            continue
        assert init.segment[4:8] == b"ftyp"


def test_hevc_says_that_all_parameter_sets_are_in_the_header(h265: Footage) -> None:
    segment = init_of(h265).segment
    with av.open(io.BytesIO(stream_of(h265)), format="mp4") as played:
        assert played.streams.video[0].codec_context.codec_tag == "hvc1"
        record = played.streams.video[0].codec_context.extradata
    assert record is not None
    assert record in segment
    assert record[22] == 3
    assert record[23] & 0x80


def test_size_must_be_known(h264: Footage) -> None:
    with pytest.raises(MuxError, match="size is unknown"):
        init_segment(Codec.H264, h264.info.parameter_sets, 0, 0)
