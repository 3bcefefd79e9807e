"""One pace for all who watch; who comes late begins with a keyframe; who is slow waits for one."""

import asyncio

import pytest

from commonsight.clock import ManualClock
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.rtp import parse
from commonsight.connect.wire.rtsp_message import Reader
from commonsight.simulate.player import MAX_BEHIND, Player
from commonsight.simulate.reel import load


class Pipe:
    """A transport that keeps what is written."""

    def __init__(self):
        self.data = b""
        self.unsent = 0
        self.closing = False

    def write(self, data):
        self.data += data

    def get_write_buffer_size(self):
        return self.unsent

    def is_closing(self):
        return self.closing

    def pictures(self, channel=0):
        frames = [parse(f.payload) for f in Reader().feed(self.data) if f.channel == channel]
        return [p.sequence for p in frames if p.marker]


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
async def player(stream, clock):
    made = Player(load("clip", stream, Codec.H264, 10), clock)
    clock.advance(0.05)  # between two pictures, so that sums of tenths may err
    yield made
    await made.close()


async def pass_time(clock, seconds):
    for _ in range(round(seconds * 10)):
        clock.advance(0.1)
        for _ in range(5):
            await asyncio.sleep(0)


async def test_a_newcomer_gets_the_group_from_its_keyframe_and_then_the_pace(player, clock):
    clock.advance(1.2)
    pipe = Pipe()
    player.join(pipe, 0)
    marks = [player.reel.sequence(n) + len(player.reel.pictures[n].payloads) - 1 for n in range(20)]
    assert pipe.pictures() == marks[10:13]
    await pass_time(clock, 0.5)
    assert pipe.pictures() == marks[10:18]


async def test_all_viewers_share_the_packets_on_their_own_channels(player, clock):
    one, two = Pipe(), Pipe()
    player.join(one, 0)
    await pass_time(clock, 0.3)
    player.join(two, 4)
    await pass_time(clock, 0.3)
    assert one.pictures() == two.pictures(4)
    assert two.pictures(0) == []


async def test_a_slow_viewer_waits_for_a_keyframe_and_harms_nobody(player, clock):
    slow, fast = Pipe(), Pipe()
    player.join(slow, 0)
    player.join(fast, 0)
    slow.unsent = MAX_BEHIND + 1
    await pass_time(clock, 0.5)
    slow.unsent = 0
    await pass_time(clock, 0.3)
    assert len(slow.pictures()) == 1
    assert len(fast.pictures()) == 9
    await pass_time(clock, 0.4)
    assert slow.pictures()[1:] == fast.pictures()[10:]


async def test_nothing_runs_while_nobody_watches(player, clock):
    pipe = Pipe()
    viewer = player.join(pipe, 0)
    player.leave(viewer)
    await pass_time(clock, 0.3)
    assert player._task.done()
    clock.advance(60)
    again = Pipe()
    player.join(again, 0)
    assert len(again.pictures()) <= 10


async def test_a_viewer_whose_connection_closes_is_forgotten(player, clock):
    pipe = Pipe()
    player.join(pipe, 0)
    pipe.closing = True
    await pass_time(clock, 0.3)
    assert len(pipe.pictures()) == 1
    assert player._task.done()
