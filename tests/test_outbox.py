"""The outbox: nothing skipped, nothing out of order, whoever writes meanwhile."""

import asyncio
import contextlib
import random
import sys
from typing import Any

import pytest
from sqlalchemy import text

from commonsight import outbox
from commonsight.outbox import BATCH, Dispatcher, Entry, HandlerFailed, Subscription, append, deliver, number
from commonsight.records.canonical import digest
from commonsight.records.database import Database, WriteSession


class Notebook:
    """A handler that writes down what it gets."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    async def __call__(self, session: WriteSession, entry: Entry) -> None:
        self.entries.append(entry)

    @property
    def numbers(self) -> list[Any]:
        return [entry.payload.get("n") for entry in self.entries]


async def write(db: Database, *numbers: int, topic: str = "t") -> None:
    async with db.write() as session:
        for n in numbers:
            await append(session, topic, {"n": n})


async def test_an_entry_stands_or_falls_with_its_transaction(database: Database) -> None:
    async def half() -> None:
        async with database.write() as session:
            await append(session, "t", {"n": 1})
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await half()
    await write(database, 2)
    assert await number(database) == 1


async def test_the_digest_is_of_the_canonical_form(database: Database) -> None:
    payload = {"b": [1.0, "桥"], "a": None}
    async with database.write() as session:
        await append(session, "t", payload)
    await number(database)
    notes = Notebook()
    await deliver(database, Subscription("s", (), notes))
    (entry,) = notes.entries
    assert entry.digest == digest({"payload": payload, "topic": "t"})
    assert entry.digest == digest({"payload": entry.payload, "topic": entry.topic})  # it survives the database


async def test_topics_are_chosen_and_positions_are_kept(database: Database) -> None:
    await write(database, 1, 2)
    await write(database, 3, topic="other")
    await number(database)
    notes, everything = Notebook(), Notebook()
    assert await deliver(database, Subscription("s", ("t",), notes)) == 2
    assert await deliver(database, Subscription("s", ("t",), notes)) == 0
    assert await deliver(database, Subscription("all", (), everything)) == 3
    assert notes.numbers == [1, 2]
    assert everything.numbers == [1, 2, 3]
    assert [entry.sequence for entry in everything.entries] == [1, 2, 3]


async def test_a_new_subscription_may_begin_at_the_end(database: Database) -> None:
    await write(database, 1)
    await number(database)
    notes = Notebook()
    late = Subscription("late", (), notes, from_now=True)
    await deliver(database, late)
    await write(database, 2)
    await number(database)
    await deliver(database, late)
    assert notes.numbers == [2]


async def test_a_transaction_that_commits_late_is_not_skipped(database: Database) -> None:
    notes = Notebook()
    subscription = Subscription("s", (), notes)
    async with database.write() as slow:
        await append(slow, "t", {"n": 1})  # takes the lower id
        await write(database, 2)  # takes the higher id and commits first
        await number(database)
        await deliver(database, subscription)
        assert notes.numbers == [2]
    await number(database)
    await deliver(database, subscription)
    assert notes.numbers == [2, 1]
    assert [entry.sequence for entry in notes.entries] == [1, 2]


async def test_concurrent_writers_lose_nothing_and_keep_their_own_order(database: Database) -> None:
    writers, each = 4, 60
    chance = random.Random(45)
    notes = Notebook()
    stop = asyncio.Event()

    async def writer(w: int) -> None:
        for n in range(each):
            if chance.random() < 0.1:
                with contextlib.suppress(ZeroDivisionError):  # a transaction that takes an id and is rolled back
                    async with database.write() as session:
                        await append(session, "t", {"n": -1})
                        raise ZeroDivisionError
            async with database.write() as session:
                await append(session, "t", {"n": w * 1000 + n})
                await asyncio.sleep(chance.random() / 200)

    dispatchers = [
        asyncio.create_task(Dispatcher(database, [Subscription("s", (), notes)]).run(stop)) for _ in range(2)
    ]
    await asyncio.gather(*(writer(w) for w in range(writers)))
    async with asyncio.timeout(30):
        while len(notes.entries) < writers * each:  # noqa: ASYNC110 - what is waited for lies outside this loop
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.gather(*dispatchers)
    assert sorted(notes.numbers) == [w * 1000 + n for w in range(writers) for n in range(each)]
    for w in range(writers):
        mine = [n for n in notes.numbers if n // 1000 == w]
        assert mine == sorted(mine)
    assert [entry.sequence for entry in notes.entries] == list(range(1, writers * each + 1))


async def test_a_failing_handler_stops_its_own_subscription_only(database: Database) -> None:
    await write(database, 1, 2, 3)
    await number(database)
    seen: list[int] = []
    broken = True

    async def handler(session: WriteSession, entry: Entry) -> None:
        await session.execute(text("INSERT INTO seen VALUES (:n)"), {"n": entry.payload["n"]})
        if broken and entry.payload["n"] == 2:
            raise ValueError("not now")
        seen.append(entry.payload["n"])

    async with database.write() as session:
        await session.execute(text("CREATE TABLE seen (n int)"))
    subscription = Subscription("s", (), handler)
    for failures in (1, 2):
        with pytest.raises(HandlerFailed):
            await deliver(database, subscription)
        async with database.read() as reader:
            cursor = await reader.get_one(outbox.Cursor, "s")
            assert (cursor.position, cursor.failures, cursor.error) == (1, failures, "ValueError: not now")
            assert list(await reader.scalars(text("SELECT n FROM seen ORDER BY n"))) == [1]
    notes = Notebook()
    assert await deliver(database, Subscription("other", (), notes)) == 3
    broken = False
    assert await deliver(database, subscription) == 2
    assert seen == [1, 2, 3]
    async with database.read() as reader:
        assert (await reader.get_one(outbox.Cursor, "s")).error is None
        assert list(await reader.scalars(text("SELECT n FROM seen ORDER BY n"))) == [1, 2, 3]


async def test_batches_are_bounded(database: Database) -> None:
    await write(database, *range(BATCH + 1))
    assert await number(database) == BATCH + 1
    notes = Notebook()
    subscription = Subscription("s", (), notes)
    assert await deliver(database, subscription) == BATCH
    assert await deliver(database, subscription) == 1
    assert notes.numbers == list(range(BATCH + 1))


async def test_the_dispatcher_wakes_by_notification(database: Database) -> None:
    notes = Notebook()
    stop = asyncio.Event()
    running = asyncio.create_task(Dispatcher(database, [Subscription("s", (), notes)]).run(stop))
    await asyncio.sleep(0.3)
    await write(database, 7)
    async with asyncio.timeout(outbox.POLL_SECONDS - 1):
        while not notes.entries:  # noqa: ASYNC110 - what is waited for lies outside this loop
            await asyncio.sleep(0.01)
    stop.set()
    await running


async def test_what_has_no_canonical_form_is_refused_before_it_is_written(database: Database) -> None:
    async with database.write() as session:
        with pytest.raises(ValueError, match="not a JSON number"):
            await append(session, "t", {"n": float("nan")})
    assert await number(database) == 0


HANDING_ON = """
import asyncio, sys
from sqlalchemy import text
from commonsight.outbox import Dispatcher, Subscription
from commonsight.records.database import Database

async def handler(session, entry):
    await session.execute(text("INSERT INTO taken (n) VALUES (:n)"), {"n": entry.payload["n"]})
    await asyncio.sleep(0.002)

async def main():
    print("up", flush=True)
    await Dispatcher(Database(sys.argv[1]), [Subscription("s", (), handler)]).run(asyncio.Event())

asyncio.run(main())
"""


async def test_a_dispatcher_killed_in_the_middle_neither_skips_nor_doubles(database: Database) -> None:
    count = 3 * BATCH
    async with database.write() as session:
        await session.execute(text("CREATE TABLE taken (at bigint GENERATED ALWAYS AS IDENTITY, n int)"))
    for start in range(0, count, BATCH):
        await write(database, *range(start, start + BATCH))

    async def taken() -> list[int]:
        async with database.read() as session:
            return list(await session.scalars(text("SELECT n FROM taken ORDER BY at")))

    async with asyncio.timeout(90):
        for _ in range(3):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", HANDING_ON, database.url, stdout=asyncio.subprocess.PIPE
            )
            assert child.stdout is not None
            await child.stdout.readline()
            before = len(await taken())
            while len(await taken()) == before < count:  # noqa: ASYNC110 - another process works on it
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.15)  # into the next batch
            child.kill()
            await child.communicate()
        stop = asyncio.Event()

        async def handler(session: WriteSession, entry: Entry) -> None:
            await session.execute(text("INSERT INTO taken (n) VALUES (:n)"), {"n": entry.payload["n"]})

        running = asyncio.create_task(Dispatcher(database, [Subscription("s", (), handler)]).run(stop))
        while len(await taken()) < count:  # noqa: ASYNC110 - another task works on it
            await asyncio.sleep(0.05)
        stop.set()
        await running
    assert await taken() == list(range(count))
