"""Closed hours go to the lake once, and days leave PostgreSQL only after that."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from commonsight.analyze import archive, store, tasks
from commonsight.analyze.model import Measure, Observation
from commonsight.lake.table import Lake
from commonsight.records.database import Database
from tests.analyze.world import add_camera

HOUR = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


async def fill(database: Database, hours: int = 3) -> int:
    """Two figures a minute for `hours`; returns how many a full hour has."""
    camera = await add_camera(database)
    rows = [
        Observation(camera, "450102", "flow", "middle", HOUR + timedelta(minutes=m), 60, measure, "car", m % 7, 0.75)
        for m in range(hours * 60)
        for measure in (Measure.CROSSINGS_IN, Measure.CROSSINGS_OUT)
    ]
    async with database.write() as session:
        await archive.make_partitions(session, HOUR.date())
        await store.put(session, camera, "450102", rows)
    return 120


async def test_closed_hours_are_exported_once(database: Database, tmp_path: Path) -> None:
    full = await fill(database)
    lake = Lake(str(tmp_path))
    now = HOUR + timedelta(hours=2, minutes=15)
    assert await tasks.export_hours(database, lake, now) == [HOUR, HOUR + timedelta(hours=1)]
    assert await tasks.export_hours(database, lake, now) == []
    assert len(lake.scan("observations").collect()) == 2 * full


async def test_tidying_puts_files_together_and_keeps_every_row(database: Database, tmp_path: Path) -> None:
    full = await fill(database)
    lake = Lake(str(tmp_path))
    tasks.tidy_lake(lake)  # nothing there yet
    await tasks.export_hours(database, lake, HOUR + timedelta(hours=3, minutes=15))
    before = lake.verify("observations")
    tasks.tidy_lake(lake)
    after = lake.verify("observations")
    assert (before.files, after.files) == (3, 1)
    assert after.rows == 3 * full


async def test_an_hour_just_over_waits(database: Database, tmp_path: Path) -> None:
    await fill(database)
    now = HOUR + timedelta(hours=1, minutes=9)
    assert await tasks.export_hours(database, Lake(str(tmp_path)), now) == []


async def test_a_run_that_died_before_its_note_does_not_double(database: Database, tmp_path: Path) -> None:
    full = await fill(database, hours=1)
    lake = Lake(str(tmp_path))
    now = HOUR + timedelta(hours=2)
    await tasks.export_hours(database, lake, now)
    async with database.write() as session:
        await session.execute(text("DELETE FROM observation_exports"))
    assert await tasks.export_hours(database, lake, now) == [HOUR]
    assert len(lake.scan("observations").collect()) == full


async def test_what_is_read_back_differs_from_what_was_written(database: Database, tmp_path: Path) -> None:
    await fill(database, hours=1)
    lake = Lake(str(tmp_path))
    now = HOUR + timedelta(hours=2)
    await tasks.export_hours(database, lake, now)
    async with database.write() as session:
        await session.execute(text("DELETE FROM observation_exports"))
        await session.execute(text("UPDATE observations SET value = value + 1"))
    with pytest.raises(tasks.NotVerified):
        await tasks.export_hours(database, lake, now)


async def test_a_day_is_dropped_only_when_it_lies_in_the_lake(database: Database, tmp_path: Path) -> None:
    await fill(database)
    lake = Lake(str(tmp_path))
    later = HOUR + timedelta(days=9)

    async def left() -> int:
        async with database.read() as session:
            return int(await session.scalar(text("SELECT count(*) FROM observations")) or 0)

    await tasks.drop_days(database, later, 7)
    assert await left() == 360
    await tasks.export_hours(database, lake, later)
    await tasks.drop_days(database, HOUR + timedelta(days=2), 7)
    assert await left() == 360
    await tasks.drop_days(database, later, 7)
    assert await left() == 0
    assert len(lake.scan("observations").collect()) == 360


async def test_a_day_with_rows_written_after_its_export_stays(database: Database, tmp_path: Path) -> None:
    await fill(database, hours=1)
    later = HOUR + timedelta(days=9)
    await tasks.export_hours(database, Lake(str(tmp_path)), later)
    async with database.write() as session:
        await session.execute(
            text("""INSERT INTO observations
                    SELECT camera_id, 'late', measure, class, start, seconds, place, scene, value, coverage
                      FROM observations LIMIT 1""")
        )
    await tasks.drop_days(database, later, 7)
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM observations")) == 121
