"""Writing health: only changes, in order, told to listeners."""

import asyncio
from datetime import UTC, datetime, timedelta

from commonsight.catalog import lists
from commonsight.catalog.health import CHANNEL, record_health
from commonsight.catalog.model import Filters, Health, Sort
from commonsight.records.database import Database
from commonsight.records.notify import listen

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_only_changes_are_written_and_told(seeded: Database) -> None:
    async with seeded.read() as session:
        ids = [row.id for row in (await lists.page(session, Filters(("45",)), Sort.CODE, None, 400)).rows]
    heard: list[dict[str, object]] = []
    ready, whole = asyncio.Event(), asyncio.Event()

    async def hear() -> None:
        async for channel, payload in listen(seeded.dsn, [CHANNEL]):
            if channel:
                heard.append(payload)
                if sum(len(list(note["changes"])) for note in heard) == 401:  # type: ignore[call-overload]
                    whole.set()
            ready.set()

    listener = asyncio.create_task(hear())
    await ready.wait()
    async with seeded.write() as session:
        changed = await record_health(session, [(camera_id, Health.WORKS, NOW) for camera_id in ids])
        assert sorted(camera_id for camera_id, _ in changed) == sorted(ids)
    async with seeded.write() as session:
        later = NOW + timedelta(seconds=1)
        assert await record_health(session, [(camera_id, Health.WORKS, later) for camera_id in ids]) == []
    async with seeded.write() as session:
        early = NOW - timedelta(seconds=1)
        assert await record_health(session, [(ids[0], Health.OFFLINE, early)]) == []
        twice = [(ids[0], Health.OFFLINE, later), (ids[0], Health.BAD, NOW)]
        assert await record_health(session, twice) == [(ids[0], Health.OFFLINE)]
        assert await record_health(session, []) == []
    async with asyncio.timeout(10):
        await whole.wait()
    listener.cancel()
    assert [str(ids[0]), 3] in heard[-1]["changes"]  # type: ignore[operator]
    async with seeded.read() as session:
        row = (await lists.page(session, Filters(("45",)), Sort.CODE, None, 2)).rows[1]
        assert (row.health, row.health_at) == (Health.WORKS, NOW)
