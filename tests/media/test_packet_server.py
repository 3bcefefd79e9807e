"""The node as analysis meets it, over the real socket, with the real client where the database allows."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from commonsight.connect.model import AccessUnit
from commonsight.media import packets as wire
from commonsight.media.client import PacketStream, StreamEnded, packets
from commonsight.problem import Refusal
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.settings import Media
from commonsight.vision.decode import Decoder

from .world import World, browser, camera_id, footage, refusal


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path, Media(idle_seconds=0.3, open_timeout=3, viewer_bytes=100_000))
    made.gate.system = True
    made.cameras.add("h264", footage())
    made.cameras.add("large", footage(size="1280x720"))
    async with made.running():
        yield made


@asynccontextmanager
async def joined(world: World, path: str, ticket: str = "t") -> AsyncIterator[PacketStream]:
    reader, writer = await asyncio.open_unix_connection(world.socket)
    writer.write(wire.control(wire.HELLO, {"ticket": ticket, "camera": str(camera_id(path))}))
    try:
        yield PacketStream(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


async def take(stream: PacketStream, count: int) -> list[AccessUnit]:
    units = []
    async with asyncio.timeout(10):
        async for unit in stream:
            units.append(unit)
            if len(units) == count:
                break
    return units


async def until_keyframes(stream: PacketStream) -> list[AccessUnit]:
    """Units up to the second keyframe in a row."""
    units: list[AccessUnit] = []
    while len(units) < 2 or not (units[-1].keyframe and units[-2].keyframe):
        units += await take(stream, 1)
    return units


async def test_who_patrols_is_sent_keyframes_only_and_gets_the_group_when_all_is_wanted_again(world: World) -> None:
    async with joined(world, "h264") as stream:
        await take(stream, 5)
        await stream.want(keyframes=True)
        patrol = await until_keyframes(stream)
        # What was on its way when it was asked for still comes; from then on there are only keyframes.
        assert len(patrol) < 40
        assert [unit.keyframe for unit in await take(stream, 3)] == [True] * 3
        await stream.want(keyframes=False)
        units = await take(stream, 25)
    again = next(place for place, unit in enumerate(units) if not unit.keyframe)
    assert units[again - 1].keyframe
    assert all(one.pts < other.pts for one, other in itertools.pairwise(units[again - 1 :]))


async def test_units_decode_and_go_on_by_the_clock(world: World) -> None:
    async with joined(world, "h264") as stream:
        units = await take(stream, 20)
    assert stream.info.codec == "h264"
    assert (stream.info.width, stream.info.height) == (320, 240)
    assert len(stream.info.parameter_sets) == 2
    assert units[0].keyframe
    assert {b.pts - a.pts for a, b in itertools.pairwise(units)} == {3_600}
    decoder = Decoder("h264")
    frames = [frame for unit in units for frame in decoder.feed(unit.data, unit.pts)] + decoder.flush()
    assert [frame.pts for frame in frames] == [unit.pts for unit in units]
    assert decoder.errors == 0


async def test_boxes_reach_viewers_on_the_viewers_timeline(world: World) -> None:
    async with joined(world, "h264") as stream, browser(world.url("h264")) as viewer:
        await viewer.pictures(1)
        [unit] = await take(stream, 1)
        for track in range(3):
            await stream.boxes(unit.pts, [[0.1, 0.2, 0.3, 0.4, "person", 0.9, track]], [{"id": "l", "in": 1, "out": 2}])
        await viewer.read(lambda browser: sum(text["type"] == "boxes" for text in browser.texts) == 3)
    said = [text for text in viewer.texts if text["type"] == "boxes"]
    assert [text["boxes"][0][6] for text in said] == [0, 1, 2]
    assert said[0]["time"] == pytest.approx(unit.pts / 90_000)
    assert said[0]["lines"] == [{"id": "l", "in": 1, "out": 2}]
    assert world.cameras.opened["h264"] == 1


async def test_a_persons_permit_may_not_send_boxes(world: World) -> None:
    world.gate.system = False
    async with joined(world, "h264") as stream:
        [unit] = await take(stream, 1)
        await stream.boxes(unit.pts, [])
        with pytest.raises(StreamEnded, match="protocol"):
            await take(stream, 1_000)


async def test_without_a_permit_nothing_is_opened(world: World) -> None:
    world.gate.refused["bad"] = refusal("gate.ticket_unknown")
    async with joined(world, "h264", "bad") as stream:
        with pytest.raises(StreamEnded, match="permit_refused"):
            await take(stream, 1)
    assert not world.cameras.opened
    assert not world.hub.relays


async def test_slow_reader_is_moved_on_and_told(world: World) -> None:
    async with joined(world, "large") as stream:
        await take(stream, 1)
        async with asyncio.timeout(15):
            while not any(reading.reader.outlet.skips for reading in world.hub.readings):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        before = None
        async with asyncio.timeout(15):
            async for unit in stream:
                if stream.frames_skipped:
                    assert unit.keyframe
                    break
                before = unit
        assert before is not None
        assert unit.pts - before.pts == 3_600 * (stream.frames_skipped + 1)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xff\xff\xffH",
        wire.control(wire.BOXES, {}),
        wire.control(wire.HELLO, {}),
        wire.control(wire.HELLO, {"ticket": "t", "camera": "x"}),
        wire.control(wire.HELLO, {"ticket": "t", "camera": str(camera_id("h264"))})
        + wire.control(wire.BOXES, {"pts": "now"}),
        wire.control(wire.HELLO, {"ticket": "t", "camera": str(camera_id("h264"))}) + b"\x00\x00\x00\x01Z",
    ],
)
async def test_hostile_clients_are_shown_the_door_and_harm_nobody(world: World, said: bytes) -> None:
    async with joined(world, "h264") as good:
        await take(good, 1)
        reader, writer = await asyncio.open_unix_connection(world.socket)
        writer.write(said)
        if said in (b"", b"\x00"):
            writer.write_eof()
        async with asyncio.timeout(5):
            while await reader.read(65_536):
                pass
        writer.close()
        await take(good, 5)


async def test_node_that_goes_away_is_told_from_an_ended_stream(world: World) -> None:
    async with joined(world, "h264") as stream:
        await take(stream, 1)
        await world.hub.stop()
        with pytest.raises(StreamEnded, match="node_stopping"):
            await take(stream, 1_000)
    assert [seen.reason for seen in world.gate.endings] == ["node_stopping"]


async def test_client_finds_the_node_that_holds_the_camera(world: World, database: Database) -> None:
    with pytest.raises(Refusal, match=r"media\.no_node"):
        async with packets(database, "t", camera_id("h264")):
            pass
    await nodes.beat(database, "media-1", "media", "127.0.0.1:1", {"packets": str(world.socket)})
    async with packets(database, "t", camera_id("h264")) as stream:
        assert stream.info.codec == "h264"
        assert len(await take(stream, 3)) == 3
    with pytest.raises(StreamEnded, match="not_found"):
        async with packets(database, "t", camera_id("nowhere")):
            pass
    assert world.packet_server.tcp is not None
    elsewhere = {"packets": "/nowhere.sock", "packets_tcp": list(world.packet_server.tcp)}
    await nodes.beat(database, "media-1", "media", "127.0.0.1:1", elsewhere)
    async with packets(database, "t", camera_id("h264")) as stream:
        assert len(await take(stream, 3)) == 3
    await nodes.beat(database, "media-1", "media", "127.0.0.1:1", elsewhere | {"packets_tcp": None})
    with pytest.raises(StreamEnded, match="node_lost"):
        async with packets(database, "t", camera_id("h264")):
            pass
