import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.model import AccessUnit, SourceError
from commonsight.connect.unit_queue import UnitQueue


def unit(number, keyframe=False, size=1):
    return AccessUnit(b"x" * size, number, keyframe, 0.0)


async def drain(queue):
    queue.end(None)
    found = []
    while (each := await queue.get()) is not None:
        found.append(each.pts)
    return found


async def test_nothing_before_the_first_keyframe():
    queue = UnitQueue()
    for number in range(5):
        queue.put(unit(number, keyframe=number == 2))
    assert await drain(queue) == [2, 3, 4]
    assert queue.skipped == 2


async def test_a_slow_reader_is_moved_on_to_the_newest_keyframe():
    queue = UnitQueue(max_units=10)
    for number in range(11):
        queue.put(unit(number, keyframe=number % 4 == 0))
    assert await drain(queue) == [8, 9, 10]
    assert queue.skipped == 8


async def test_without_a_newer_keyframe_it_waits_for_the_next():
    queue = UnitQueue(max_units=3)
    for number in range(8):
        queue.put(unit(number, keyframe=number in (0, 6)))
    assert await drain(queue) == [6, 7]
    assert queue.skipped == 6


async def test_bytes_are_bounded_too():
    queue = UnitQueue(max_bytes=100)
    queue.put(unit(0, True, 60))
    queue.put(unit(1, True, 60))
    assert await drain(queue) == [1]


async def test_what_is_queued_is_read_before_the_error():
    queue = UnitQueue()
    queue.put(unit(0, True))
    queue.end(SourceError("lost", "first"))
    queue.end(SourceError("protocol", "second"))
    assert (await queue.get()).pts == 0
    with pytest.raises(SourceError, match="first"):
        await queue.get()


async def test_a_waiting_reader_wakes():
    queue = UnitQueue()
    reading = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put(unit(7, True))
    assert (await reading).pts == 7


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=60))
async def test_what_is_read_always_continues_a_group(puts):
    """Between a unit that is not a keyframe and the one before it, nothing is ever missing."""
    queue = UnitQueue(max_units=7, max_bytes=80)
    for number, (keyframe, size) in enumerate(puts):
        queue.put(unit(number, keyframe, size))
        assert len(queue._units) <= 7
        assert queue._bytes == sum(len(u.data) for u in queue._units) <= 80
    found = await drain(queue)
    assert len(found) + queue.skipped == len(puts)
    for before, after in zip([None, *found], found, strict=False):
        assert puts[after][0] or before == after - 1
