"""Sending upward: program streams a foreign reader understands, paths of each kind, recordings from our own files."""

import asyncio
import contextlib
import io
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import pytest

from commonsight.clock import SystemClock
from commonsight.connect.gb28181.media_ports import Ports
from commonsight.connect.model import Codec
from commonsight.connect.wire import rtp
from commonsight.connect.wire.rfc4571 import Deframer, frame
from commonsight.media.bridge import path as bridge_path
from commonsight.media.bridge.film import OwnFilm, info_of
from commonsight.media.bridge.path import NoPath, Paced
from commonsight.media.bridge.reader import BridgeReader
from commonsight.media.fmp4 import fragment, init_segment, sets_in
from commonsight.media.model import Track, Unit
from commonsight.media.recordings.segment import About, Writer, read
from commonsight.problem import Refusal

from .conftest import TICKS, Footage, make_footage

START = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
PATIENCE = 30.0


class Sink(asyncio.WriteTransport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""
        self.waiting = 0

    def write(self, data: Any) -> None:
        self.data += bytes(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return False

    @property
    def packets(self) -> list[rtp.RtpPacket]:
        found = [rtp.parse(packet) for packet in Deframer().feed(self.data)]
        return [packet for packet in found if packet is not None]


def units(footage: Footage, count: int) -> list[Unit]:
    return [
        Unit(footage.codec, one.data, one.pts, one.pts, TICKS, one.keyframe, one.received, number)
        for number, one in ((number, footage.unit(number)) for number in range(count))
    ]


def track(footage: Footage) -> Track:
    return Track(footage.codec, footage.info.parameter_sets, footage.width, footage.height)


def reader(first: list[int] | None = None) -> BridgeReader:
    told = first if first is not None else []
    return BridgeReader(
        SystemClock(), 4_000_000, ssrc=100_004_321, payload_type=96, on_first=lambda: told.append(1)
    )  # fmt: skip


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
async def test_a_foreign_reader_finds_every_picture_in_what_is_sent(codec: Codec) -> None:
    footage, first, sink = make_footage(codec), [], Sink()
    made = reader(first)
    given = units(footage, 50)
    made.start(track(footage), given[:3], audible=False)
    for unit in given[3:12]:
        made.take(unit)  # a new group begins at 10: the older one is not worth sending
    assert made.opened.result().codec is codec
    assert not first
    made.go(sink)
    assert first == [1]
    for unit in given[12:]:
        made.take(unit)
    packets = sink.packets
    assert {(packet.ssrc, packet.payload_type) for packet in packets} == {(100_004_321, 96)}
    steps = {(b.sequence - a.sequence) & 0xFFFF for a, b in pairwise(packets)}
    assert steps == {1}
    assert sum(packet.marker for packet in packets) == 40
    stream = b"".join(bytes(packet.payload) for packet in packets)
    with av.open(io.BytesIO(stream), format="mpeg") as opened:
        assert sum(1 for _ in opened.decode(video=0)) == 40
    assert made.outlet.frames == 40


async def test_pictures_of_a_kind_a_program_stream_has_no_place_for_end_it() -> None:
    made = reader()
    made.start(Track(Codec.JPEG, (), 320, 240), [], audible=False)
    assert made.ended.result() == "unsupported_codec"


async def test_a_receiver_that_does_not_follow_goes_on_at_a_keyframe() -> None:
    footage, sink = make_footage(Codec.H264), Sink()
    made = reader()
    given = units(footage, 50)
    made.start(track(footage), given[:1], audible=False)
    made.go(sink)
    sink.waiting = 10_000_000
    for unit in given[1:15]:
        made.take(unit)
    assert made.outlet.frames == 1
    sink.waiting = 0
    for unit in given[15:25]:
        made.take(unit)
    assert made.outlet.frames == 6  # from the keyframe at 20
    assert made.outlet.skips == 1


# --- paths ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ports() -> Ports:
    return Ports("127.0.0.1", 46_000, 46_400)


class Taker(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.packets.append(data)


async def test_datagrams_arrive_whole_and_in_order_and_not_in_one_burst(ports: Ports) -> None:
    taker = Taker()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: taker, ("127.0.0.1", 0))
    host, port = transport.get_extra_info("sockname")
    taken = ports.take()
    path = bridge_path.datagrams(taken, host, port, lambda: None)
    sent = [number.to_bytes(2, "big") * 600 for number in range(200)]
    path.write(b"".join(frame(each) for each in sent))
    assert 0 < path.get_write_buffer_size() < sum(map(len, sent))
    async with asyncio.timeout(PATIENCE):
        while len(taker.packets) < len(sent):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert taker.packets == sent
    assert path.get_write_buffer_size() == 0
    path.abort()
    path.write(frame(b"late"))
    await asyncio.sleep(0.05)
    assert len(taker.packets) == len(sent)
    transport.close()
    taken.close()


async def test_a_receiver_that_is_not_there_is_noticed(ports: Ports) -> None:
    gone: list[int] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    taken = ports.take()
    path: Paced = bridge_path.datagrams(taken, "127.0.0.1", port, lambda: gone.append(1))
    async with asyncio.timeout(PATIENCE):
        while not gone:
            path.write(frame(b"x" * 100) * 20)
            await asyncio.sleep(0.005)
    path.abort()
    taken.close()
    assert gone == [1]


async def test_only_the_receiver_itself_may_connect(ports: Ports) -> None:
    taken = ports.take()
    waiting = asyncio.create_task(bridge_path.accepted(taken, "127.0.0.1", lambda: None))
    stranger, strange = await asyncio.open_connection("127.0.0.1", taken.port, local_addr=("127.0.0.2", 0))
    assert await asyncio.wait_for(stranger.read(), PATIENCE) == b""
    ours, writer = await asyncio.open_connection("127.0.0.1", taken.port)
    path = await asyncio.wait_for(waiting, PATIENCE)
    path.write(frame(b"hello"))
    assert await asyncio.wait_for(ours.readexactly(7), PATIENCE) == b"\x00\x05hello"
    path.abort()
    for each in (writer, strange):
        each.close()
        with contextlib.suppress(OSError):
            await each.wait_closed()
    taken.close()


async def test_a_receiver_that_waits_is_connected_to_and_one_that_does_not_is_tried_thrice(monkeypatch: Any) -> None:
    monkeypatch.setattr(bridge_path, "CONNECT_PAUSE", 0.01)
    came = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        came.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    path = await bridge_path.connected("127.0.0.1", port, "127.0.0.1", lambda: None)
    path.abort()
    await asyncio.wait_for(came.wait(), PATIENCE)
    server.close()
    await server.wait_closed()
    tries = 0
    real = asyncio.get_running_loop().create_connection

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal tries
        tries += 1
        return await real(*args, **kwargs)

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", counted)
    with pytest.raises(NoPath):
        await bridge_path.connected("127.0.0.1", port, "127.0.0.1", lambda: None)
    assert tries == bridge_path.CONNECT_TRIES


# --- recordings -------------------------------------------------------------------------------------------------------


def record(directory: Path, footage: Footage, start: datetime, count: int) -> Path:
    info = footage.info
    init = init_segment(info.codec, info.parameter_sets, info.width, info.height)
    about = About(UUID(int=1), start, init.mime, info.codec.value, info.width, info.height, False, "continuous")
    writer = Writer(directory / f"{start:%H%M%S}.mp4", about, init.segment)
    for number in range(count):
        unit = footage.unit(number)
        writer.write(
            fragment(
                footage.codec, unit.data, sequence=number, decode_time=number * TICKS, duration=TICKS, offset=0,
                keyframe=unit.keyframe,
            )
        )  # fmt: skip
    return writer.close(start + timedelta(seconds=count * TICKS / 90_000)).path


async def taken_of(film: OwnFilm, most: int = 1_000) -> list[Any]:
    found = []
    async with asyncio.timeout(PATIENCE):
        async for unit in film:
            found.append(unit)
            if len(found) == most:
                break
    return found


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
async def test_our_own_recordings_play_whole_over_a_hole(codec: Codec, tmp_path: Path) -> None:
    footage = make_footage(codec)
    files = [record(tmp_path, footage, START, 30), record(tmp_path, footage, START + timedelta(seconds=60), 20)]
    film = await OwnFilm.open(files, (START, START + timedelta(seconds=90)), SystemClock(), 16.0)
    assert film.info.parameter_sets == footage.info.parameter_sets
    found = await taken_of(film)
    assert len(found) == 50
    assert [unit.keyframe for unit in found[:11]] == [True] + [False] * 9 + [True]
    assert [b.pts > a.pts for a, b in pairwise(found)] == [True] * 49
    decoder = av.CodecContext.create("h264" if codec is Codec.H264 else "hevc", "r")
    pictures = sum(len(decoder.decode(av.Packet(unit.data))) for unit in found) + len(decoder.decode(None))  # type: ignore[attr-defined]
    assert pictures == 50


async def test_a_recording_begins_at_the_keyframe_before_what_is_asked_for_and_moves(tmp_path: Path) -> None:
    footage = make_footage(Codec.H264)
    files = [record(tmp_path, footage, START, 50)]
    begin = START + timedelta(seconds=0.5)
    film = await OwnFilm.open(files, (begin, START + timedelta(seconds=1.8)), SystemClock(), 16.0)
    pictures = aiter(film)
    assert (await anext(pictures)).keyframe
    await film.seek(1.0)
    moved = [await anext(pictures) for _ in range(3)]
    assert any(unit.keyframe for unit in moved)
    await film.pause()
    waiting = asyncio.ensure_future(anext(pictures))
    done, _ = await asyncio.wait({waiting}, timeout=0.3)
    assert not done
    await film.speed(2.0)
    await film.play()
    await asyncio.wait_for(waiting, PATIENCE)
    await film.close()
    with pytest.raises(Refusal):
        await film.speed(-1)


async def test_nothing_recorded_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no film at all")
    with pytest.raises(Refusal) as told:
        await OwnFilm.open(
            [tmp_path / "broken.mp4", tmp_path / "gone.mp4"], (START, START + timedelta(1)), SystemClock(), 1.0
        )
    assert told.value.code == "media.bridge_nothing_recorded"


def test_what_a_decoder_needs_is_read_from_a_file_and_cut_records_give_what_is_whole(tmp_path: Path) -> None:
    for codec in (Codec.H264, Codec.H265):
        footage = make_footage(codec)
        segment = read(record(tmp_path, footage, START, 2))
        assert info_of(segment).parameter_sets == footage.info.parameter_sets
        with av.open(io.BytesIO(segment.init), format="mp4") as opened:
            whole = opened.streams.video[0].codec_context.extradata or b""
        for end in range(len(whole)):
            assert len(sets_in(codec, whole[:end])) <= len(footage.info.parameter_sets)
        segment.path.unlink()


async def test_a_film_is_sent_no_faster_than_it_is_taken() -> None:
    footage, sink = make_footage(Codec.H264), Sink()

    class Film:
        info = footage.info
        given = 0

        async def __aiter__(self) -> AsyncIterator[Any]:
            for number in range(30):
                Film.given = number + 1
                yield footage.unit(number)

    made = reader()
    made.go(sink)
    sink.waiting = 1_000_000
    playing = asyncio.create_task(made.play(Film()))  # type: ignore[arg-type]
    await asyncio.sleep(0.2)
    assert Film.given == 1
    sink.waiting = 0
    await asyncio.wait_for(playing, PATIENCE)
    assert made.outlet.frames == 30
