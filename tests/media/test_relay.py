"""One camera, many readers: what each of them gets, and when the camera is opened and closed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from commonsight.clock import SystemClock
from commonsight.connect.model import AccessUnit, AudioCodec, Sound, SourceError, StreamInfo
from commonsight.connect.service import Opened, Waiting
from commonsight.media.model import Boxes, End, Track, Unit, boxes_message
from commonsight.media.relay import Relay

from .conftest import GROUP, Footage

CAMERA = UUID(int=7)
IDLE = 0.05


class ScriptedSource:
    """A camera that plays what the test puts in."""

    def __init__(self, info: StreamInfo) -> None:
        self.info = info
        self.closed = 0
        self._events: asyncio.Queue[Opened | AccessUnit | Waiting | SourceError | None] = asyncio.Queue()

    @property
    def session(self) -> "ScriptedSource":
        return self

    def put(self, *events: Opened | AccessUnit | Waiting | SourceError | None) -> None:
        for event in events:
            self._events.put_nowait(event)

    def fail(self, code: str) -> None:
        self.put(Waiting(SourceError(code), 1, 0.0))

    async def __aiter__(self) -> AsyncIterator[Opened | AccessUnit | Waiting]:
        while (event := await self._events.get()) is not None:
            if isinstance(event, SourceError):
                raise event
            yield event

    def listen(self, listener: Callable[[Sound], None]) -> None:
        self.say = listener

    async def close(self) -> None:
        self.closed += 1


class Notebook:
    """A reader that writes down what it gets."""

    def __init__(self, *, browser: bool = True, sound: bool = False) -> None:
        self.browser = browser
        self.sound = sound
        self.heard: list[bytes] = []
        self.audibles: list[bool] = []
        self.tracks: list[Track] = []
        self.units: list[Unit] = []
        self.told: list[str] = []
        self.ended: list[End] = []
        self.seen: list[Boxes] = []

    def start(self, track: Track, group: Sequence[Unit], *, audible: bool) -> None:
        assert track.init is not None or not self.browser or (self.sound and audible and track.sounding is not None)
        self.audibles.append(audible)
        assert group[0].keyframe
        self.tracks.append(track)
        self.units.extend(group)

    def take(self, unit: Unit) -> None:
        self.units.append(unit)

    def hear(self, message: bytes) -> None:
        self.heard.append(message)

    def audible(self) -> None:
        self.told.append("sound")

    def boxes(self, boxes: Boxes) -> None:
        self.seen.append(boxes)

    def state(self, code: str) -> None:
        self.told.append(code)

    def end(self, code: End) -> None:
        self.ended.append(code)


class World:
    """One relay over a scripted camera."""

    def __init__(self, footage: Footage, group_bytes: int = 10_000_000) -> None:
        self.footage = footage
        self.source = ScriptedSource(footage.info)
        self.opened = 0
        self.closed: list[Relay] = []
        self.relay = Relay(
            CAMERA, self._open, SystemClock(), group_bytes=group_bytes, idle_seconds=IDLE, on_closed=self.closed.append
        )

    async def _open(self) -> ScriptedSource:
        self.opened += 1
        return self.source

    async def play(self, first: int, count: int = 1) -> None:
        self.source.put(*(self.footage.unit(index) for index in range(first, first + count)))
        await self.until(lambda: self.source._events.empty())

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110  what is waited for has no event
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.03)  # the relay hands on what it took last


@pytest.fixture
async def world(h264: Footage) -> AsyncIterator[World]:
    made = World(h264)
    yield made
    await made.relay.close()


async def test_opened_once_for_many_and_all_get_the_same_bytes(world: World) -> None:
    readers = [Notebook() for _ in range(5)]
    for reader in readers:
        world.relay.attach(reader)
    await world.play(0, 25)
    assert world.opened == 1
    assert [unit.sequence for unit in readers[0].units] == list(range(25))
    for reader in readers[1:]:
        assert all(a.message() is b.message() for a, b in zip(reader.units, readers[0].units, strict=True))


async def test_late_joiner_gets_the_cached_group_at_once(world: World) -> None:
    first = Notebook()
    world.relay.attach(first)
    await world.play(0, GROUP + 4)
    late = Notebook()
    world.relay.attach(late)
    assert [unit.sequence for unit in late.units] == [GROUP, GROUP + 1, GROUP + 2, GROUP + 3]
    await world.play(GROUP + 4, 1)
    assert [unit.sequence for unit in late.units] == [unit.sequence for unit in first.units][GROUP:]


async def test_group_beyond_its_bound_is_not_kept(h264: Footage) -> None:
    world = World(h264, group_bytes=len(h264.units[0][0]) + 1)
    first, late = Notebook(), Notebook()
    world.relay.attach(first)
    await world.play(0, 3)
    world.relay.attach(late)
    assert len(first.units) == 3
    assert late.units == []
    await world.play(3, GROUP)
    assert [unit.sequence for unit in late.units][:1] == [GROUP]
    await world.relay.close()


async def test_idle_camera_is_closed_and_a_quick_return_keeps_it(world: World) -> None:
    reader = Notebook()
    world.relay.attach(reader)
    await world.play(0, 2)
    world.relay.detach(reader)
    again = Notebook()
    world.relay.attach(again)
    await asyncio.sleep(3 * IDLE)
    assert not world.relay.closed
    assert len(again.units) == 2
    world.relay.detach(again)
    await world.until(lambda: world.closed)
    assert world.source.closed == 1
    assert (reader.ended, again.ended) == ([], [])


async def test_times_go_on_across_a_reconnect_and_viewers_begin_anew(world: World, h264: Footage) -> None:
    reader = Notebook()
    world.relay.attach(reader)
    await world.play(0, 5)
    world.source.fail("lost")
    world.source.put(Opened(h264.info, 1))
    await world.play(100, 5)
    assert reader.told == ["reconnecting"]
    assert len(reader.tracks) == 2
    assert reader.tracks[0] is reader.tracks[1]
    assert [unit.pts - reader.units[0].pts for unit in reader.units] == [
        index * 3_600 for index in (0, 1, 2, 3, 4, 100, 101, 102, 103, 104)
    ]
    for before, after in zip(reader.units, reader.units[1:], strict=False):
        assert after.dts >= before.dts + before.duration
    assert world.relay.totals.reconnects == 1


async def test_who_joins_while_the_camera_is_away_is_told_and_gets_no_old_picture(world: World) -> None:
    reader, late = Notebook(), Notebook()
    world.relay.attach(reader)
    await world.play(0, 5)
    world.source.fail("lost")
    await world.until(lambda: reader.told)
    world.relay.attach(late)
    assert (late.units, late.told) == ([], ["reconnecting"])
    await world.play(100, 1)
    assert [unit.sequence for unit in late.units] == [5]


async def test_camera_that_restarts_is_waited_for_and_one_with_a_new_password_is_not(world: World) -> None:
    reader = Notebook()
    world.relay.attach(reader)
    await world.play(0, 2)
    for code in ("lost", "refused", "not_found", "no_video"):
        world.source.fail(code)
    await world.until(lambda: world.relay.totals.reconnects == 4)
    assert (reader.told, reader.ended) == (["reconnecting"], [])
    world.source.fail("unauthorized")
    await world.until(lambda: world.closed)
    assert reader.ended == ["unauthorized"]


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("unauthorized", "unauthorized"),
        ("not_found", "not_found"),
        ("no_video", "no_video"),
        ("unsupported_codec", "unsupported_codec"),
        ("timeout", "unreachable"),
        ("refused", "unreachable"),
    ],
)
async def test_a_camera_that_cannot_be_opened_says_why(world: World, code: str, end: str) -> None:
    reader = Notebook()
    world.relay.attach(reader)
    world.source.fail(code)
    await world.until(lambda: world.closed)
    assert reader.ended == [end]
    assert world.source.closed == 1


async def test_new_parameter_sets_begin_a_new_stream(world: World) -> None:
    from .conftest import make_footage

    other = make_footage(world.footage.codec, "176x144")
    reader, analysis = Notebook(), Notebook(browser=False)
    world.relay.attach(reader)
    world.relay.attach(analysis)
    await world.play(0, 5)
    world.source.info = other.info
    world.source.put(*(replace(other.unit(index), pts=(100 + index) * 3_600) for index in range(5)))
    await world.until(lambda: len(analysis.units) == 10 and len(reader.units) == 10)
    assert [(track.width, track.height) for track in reader.tracks] == [(320, 240), (176, 144)]
    assert len(analysis.tracks) == 2
    assert reader.tracks[0].init != reader.tracks[1].init


async def test_analysis_alone_needs_no_init_segment_and_no_fragments(world: World) -> None:
    analysis = Notebook(browser=False)
    world.relay.attach(analysis)
    await world.play(0, 5)
    assert analysis.tracks[0].init is None
    assert all(unit._message is None for unit in analysis.units)
    late = Notebook()
    world.relay.attach(late)
    assert len(late.units) == 5


async def test_picture_no_browser_can_play_ends_browsers_only(world: World) -> None:
    reader, analysis = Notebook(), Notebook(browser=False)
    world.relay.attach(reader)
    world.relay.attach(analysis)
    world.source.info = StreamInfo(world.footage.codec, (b"\x67\x00", b"\x68"), 0, 0)
    world.source.put(AccessUnit(b"\x00\x00\x00\x01\x67\x00\x00\x00\x00\x01\x65\x01", 0, True, 0.0))
    await world.until(lambda: reader.ended)
    assert reader.ended == ["unsupported_codec"]
    assert (analysis.ended, len(analysis.units)) == ([], 1)


async def test_boxes_reach_started_readers_in_order(world: World) -> None:
    reader, waiting = Notebook(), Notebook()
    world.relay.attach(reader)
    await world.play(0, 3)
    sent = [boxes_message(pts, [], []) for pts in (1, 2, 3)]
    world.relay.readers[waiting] = False
    for boxes in sent:
        world.relay.boxes(boxes)
    assert reader.seen == sent
    assert waiting.seen == []


async def test_a_stopping_node_tells_everybody(world: World) -> None:
    readers = [Notebook() for _ in range(3)]
    for reader in readers:
        world.relay.attach(reader)
    await world.play(0, 1)
    await world.relay.close("node_stopping")
    assert [reader.ended for reader in readers] == [["node_stopping"]] * 3
    assert world.source.closed == 1


def piece(world: World, index: int) -> Sound:
    return Sound(AudioCodec.G711A, b"\xd5" * 320, world.footage.unit(index).pts, 0.0)


async def test_sound_is_for_those_who_asked_and_begins_with_what_they_see(world: World) -> None:
    quiet, listening = Notebook(), Notebook(sound=True)
    world.relay.attach(quiet)
    await world.play(0)
    world.source.say(piece(world, 0))
    await world.play(1, 5)
    world.relay.attach(listening)
    for index in range(5, GROUP):
        await world.play(index + 1)
        world.source.say(piece(world, index))
    assert quiet.audibles == [False]
    assert quiet.told == ["sound"]
    assert quiet.heard == []
    assert listening.audibles == [True]
    assert len(listening.heard) >= 4
    world.relay.detach(listening)
    assert world.relay._sound is None


async def test_who_asked_for_sound_begins_anew_when_there_is_some(world: World) -> None:
    listening = Notebook(sound=True)
    world.relay.attach(listening)
    await world.play(0, 2)
    assert listening.audibles == [False]
    world.source.say(piece(world, 1))
    await world.play(2, GROUP)
    assert listening.audibles == [False, True]


async def test_the_sound_of_a_camera_that_falls_silent_goes_on_as_silence(world: World) -> None:
    """A Media Source would stop the picture otherwise."""
    listening = Notebook(sound=True)
    await world.play(0)
    world.source.say(piece(world, 0))
    world.relay.attach(listening)
    before = len(listening.heard)
    await world.play(1, 3 * GROUP)
    assert len(listening.heard) > before
