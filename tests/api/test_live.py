"""The live socket's parts without a network: rings, queues, resuming, and what a slow listener costs."""

import asyncio
import contextlib
import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.api.live import CHANNELS, QUEUE, RING, Channel, Client, Hub, Message, Source
from commonsight.api.topics import CHANGES_MOST, Pending
from commonsight.catalog.model import Health
from commonsight.clock import ManualClock
from commonsight.problem import Refusal


class Feed:
    """A source that gives what a test puts in."""

    def __init__(self):
        self.value, self.reads, self.opened, self.fail = 0, 0, 0, False

    @contextlib.asynccontextmanager
    async def open(self, scope):
        self.opened += 1

        async def read():
            self.reads += 1
            if self.fail:
                raise ConnectionError
            return {"as_of": self.reads, "value": self.value}

        try:
            yield read
        finally:
            self.opened -= 1


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


def texts(client):
    return [json.loads(message.text) for message in client._waiting]


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def feed():
    return Feed()


@pytest.fixture
def channel(feed, clock):
    made = Channel("counts", ("45",), Source("counts.read", feed.open), clock, poll=2)
    yield made
    made.stop()


async def test_only_what_changed_is_published(channel, feed, clock):
    client = Client()
    channel.join(client, None)
    for value in (0, 0, 0, 1, 1):
        feed.value = value
        await settle()
        clock.advance(2)
        await settle()
    assert [text["data"]["value"] for text in texts(client)] == [0, 1]
    first, second = (text["sequence"] for text in texts(client))
    assert second == first + 1


async def test_a_source_is_looked_at_only_while_somebody_listens(channel, feed, clock):
    one, other = Client(), Client()
    channel.join(one, None)
    channel.join(other, None)
    await settle()
    assert feed.opened == 1
    channel.leave(one)
    await settle()
    assert feed.opened == 1
    channel.leave(other)
    await settle()
    assert feed.opened == 0
    reads = feed.reads
    clock.advance(60)
    await settle()
    assert feed.reads == reads


async def test_who_comes_back_gets_what_came_after(channel, feed, clock):
    first = Client()
    channel.join(first, None)
    await settle()
    seen = texts(first)[-1]["sequence"]
    for value in (1, 2, 3):
        channel.publish({"value": value}, clock.now())
    back = Client()
    channel.join(back, seen)
    assert [text["data"]["value"] for text in texts(back)] == [1, 2, 3]
    assert back._missed == {}


async def test_who_comes_back_too_late_is_told_how_many_are_missing(channel, clock):
    channel.join(Client(), None)
    await settle()
    seen = channel._sequence
    for value in range(RING + 5):
        channel.publish({"value": value}, clock.now())
    back = Client()
    channel.join(back, seen)
    note, *rest = [json.loads(text) for text in await back.next()]
    assert note == {"topic": "counts", "missed": 5}
    assert len(texts(back)) + len(rest) == RING


@pytest.mark.parametrize("after", [0, 5, 2**60])
async def test_a_sequence_of_another_run_is_answered_with_nobody_knows(channel, clock, after):
    channel.publish({"value": 1}, clock.now())
    back = Client()
    channel.join(back, after)
    assert json.loads((await back.next())[0]) == {"topic": "counts", "missed": None}


async def test_after_a_pause_nobody_is_told_that_nothing_happened(channel, feed, clock):
    client = Client()
    channel.join(client, None)
    await settle()
    seen = texts(client)[-1]["sequence"]
    channel.leave(client)
    await settle()
    back = Client()
    channel.join(back, seen)
    await settle()
    assert back._missed == {} or back._missed["counts"]
    assert [text["sequence"] for text in texts(back)] == [seen + 2]


async def test_a_source_that_fails_is_tried_again_and_costs_no_listener(channel, feed, clock):
    client = Client()
    feed.fail = True
    channel.join(client, None)
    await settle()
    feed.fail = False
    clock.advance(10)
    await settle()
    assert len(texts(client)) == 1


async def test_a_slow_client_loses_the_oldest_and_is_told():
    client = Client()
    for number in range(QUEUE + 7):
        client.offer(Message("counts", number, json.dumps(number)))
    assert len(client._waiting) == QUEUE
    note, first = [json.loads(text) for text in await client.next()]
    assert note == {"topic": "counts", "missed": 7}
    assert first == 7


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=200))
def test_every_message_is_delivered_or_counted_as_missed(steps):
    async def run():
        client, sent, got, missed = Client(limit=3), 0, 0, 0
        for topic, take in steps:
            client.offer(Message(topic, sent, json.dumps({"n": sent})))
            sent += 1
            if take:
                for text in await client.next():
                    said = json.loads(text)
                    missed += said.get("missed", 0)
                    got += "n" in said
            assert len(client._waiting) <= 3
        while client._waiting or client._missed:
            for text in await client.next():
                said = json.loads(text)
                missed += said.get("missed", 0)
                got += "n" in said
        assert got + missed == sent

    asyncio.run(run())


async def test_channels_are_bounded_and_idle_ones_make_room(feed, clock):
    hub = Hub({"counts": Source("counts.read", feed.open)}, clock)
    clients = []
    for number in range(CHANNELS):
        client = Client()
        hub.channel("counts", (f"{number:04}",)).join(client, None)
        clients.append((hub.channel("counts", (f"{number:04}",)), client))
    with pytest.raises(Refusal, match=r"http.live_full"):
        hub.channel("counts", ("9999",))
    clients[0][0].leave(clients[0][1])
    assert hub.channel("counts", ("9999",)).scope == ("9999",)
    hub.close()


async def test_topics_that_do_not_differ_by_region_share_one_channel(feed, clock):
    hub = Hub({"system": Source("system.read", feed.open, scoped=False)}, clock)
    assert hub.channel("system", ("45",)) is hub.channel("system", ("4501",))
    with pytest.raises(Refusal, match=r"http.topic_unknown"):
        hub.channel("cases", ("45",))


def test_changes_of_health_are_bounded_and_the_last_state_counts():
    pending, camera = Pending(), uuid4()
    pending.hear({"changes": [[str(camera), 3]]})
    pending.hear({"changes": [[str(camera), 1]]})
    assert pending.take() == ({camera: Health.WORKS}, False)
    pending.hear({"changes": [[str(uuid4()), 3] for _ in range(CHANGES_MOST + 1)]})
    changes, reload = pending.take()
    assert (len(changes), reload) == (CHANGES_MOST, True)
    pending.hear({})
    assert pending.take() == ({}, True)
