"""Lists: whatever the filters, the order and the step that answers, the pages hold exactly the right cameras."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from commonsight.catalog import health, lists, overview, seed, service
from commonsight.catalog.lists import After
from commonsight.catalog.model import Box, CameraRow, Filters, Health, Sort
from commonsight.records.database import Database

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def mixed(seeded: Database) -> Database:
    """The seeded cameras in all states, most of them checked."""
    async with seeded.write() as session:
        found = await lists.page(session, Filters(("45",)), Sort.CODE, None, 600)
        changes = [
            (row.id, Health(number % 4), START + timedelta(seconds=number // 3))
            for number, row in enumerate(found.rows)
        ]
        await health.record_health(session, changes)
    return seeded


async def walk(database: Database, filters: Filters, sort: Sort, limit: int = 170) -> tuple[list[CameraRow], int]:
    """All pages of a list."""
    rows: list[CameraRow] = []
    after = None
    async with database.read() as session:
        while True:
            found, total = await service.page(session, filters, sort, after, limit)
            rows += found.rows
            if not found.more:
                return rows, total.count
            last = found.rows[-1]
            after = After({"name": last.name, "code": last.code, "health_at": last.health_at}[sort.field], last.id)


def key(sort: Sort) -> Callable[[CameraRow], Any]:
    never = datetime.min.replace(tzinfo=UTC)
    return {
        "name": lambda row: (row.name.encode(), row.id.int),
        "code": lambda row: row.code,
        "health_at": lambda row: (row.health_at or never, row.id.int),
    }[sort.field]


FILTERS = [
    {},
    {"regions": ("4501",)},
    {"regions": ("450103",)},
    {"regions": ("450103001",)},
    {"regions": ("4501", "4502")},
    {"health": Health.OFFLINE},
    {"health": Health.UNKNOWN, "regions": ("4501",)},
    {"kind": "dome"},
    {"sector": "traffic", "health": Health.WORKS},
    {"q": "路"},
    {"q": "青秀"},
    {"q": "南宁 大道"},
    {"q": "4501"},
    {"q": "民族大道", "regions": ("4501",)},
    {"q": "鱻"},
    {"platform": seed.seeded_id(2, 4501, 45)},
    {"platform": seed.seeded_id(2, 4501, 45), "health": Health.WORKS, "regions": ("4501",)},
    {"health": Health.BAD, "regions": ("450103",)},
    {"demo": True},
    {"demo": False},
    {"has_source": True, "regions": ("4501",)},
    {"analysis": True},
    {"archived": True},
]


@pytest.mark.parametrize("small", [False, True], ids=["gathered", "walked"])
async def test_pages_hold_exactly_what_is_asked(mixed: Database, monkeypatch: pytest.MonkeyPatch, small: bool) -> None:
    everything, _ = await walk(mixed, Filters(("45",)), Sort.CODE, 600)
    if small:
        monkeypatch.setattr(lists, "GATHER", 5)
        monkeypatch.setattr(lists, "WALK", 60)
    for given, sort in itertools.product(FILTERS, Sort):
        filters = Filters(**({"regions": ("45",)} | given))
        rows, total = await walk(mixed, filters, sort)
        expected = [row for row in everything if matches(row, filters)]
        expected.sort(key=key(sort), reverse=sort.descending)
        assert [row.id for row in rows] == [row.id for row in expected], (given, sort)
        assert total == len(expected) or (small and total == 5 <= len(expected)), (given, sort)


def matches(row: CameraRow, filters: Filters) -> bool:
    held = all(
        word in row.name or word in row.address or (word.isdigit() and row.code.startswith(word))
        for word in filters.q.split()
    )
    return (
        row.region.startswith(filters.regions)
        and held
        and filters.health in (None, row.health)
        and filters.kind in (None, row.kind)
        and filters.sector in (None, row.sector)
        and (filters.platform is None or (row.platform is not None and row.platform.id == filters.platform))
        and filters.demo in (None, row.demo)
        and filters.has_source in (None, row.has_source)
        and filters.analysis in (None, row.analysis)
        and not filters.archived
    )


async def test_no_region_is_no_camera(mixed: Database) -> None:
    assert await walk(mixed, Filters(()), Sort.NAME) == ([], 0)
    async with mixed.read() as session:
        assert await overview.density(session, Filters(())) == []
        assert await overview.points_json(session, Filters(()), Box(-180, -90, 180, 90)) == ("[]", 0)
        assert (await overview.summary(session, ())).total == 0


async def test_counts_are_the_same_whichever_way_they_are_counted(mixed: Database) -> None:
    everything, _ = await walk(mixed, Filters(("45",)), Sort.CODE, 600)
    async with mixed.read() as session:
        whole = await overview.summary(session, ("45",))
        assert (whole.total, whole.works) == (600, sum(row.health is Health.WORKS for row in everything))
        nodes = await overview.tree(session, "45", ("45",))
        assert sum(node.counts.total for node in nodes) == 600
        for node in nodes:
            inside = [row for row in everything if row.region.startswith(node.code)]
            assert node.counts.total == len(inside)
            assert node.counts.offline == sum(row.health is Health.OFFLINE for row in inside)
            assert await lists.count(session, Filters((node.code,))) == len(inside)
        scoped = await overview.tree(session, "45", ("450103",))
        assert [node.code for node in scoped if node.counts.total] == ["4501"]
        assert await overview.tree(session, "450103001001", ("45",)) == []


async def test_density_is_the_same_from_counts_index_and_rows(mixed: Database) -> None:
    async with mixed.read() as session:
        by_counts = await overview.density(session, Filters(("45",)))
        by_rows = await overview.density(session, Filters(("45",), q="市"))
        assert by_counts == by_rows
        assert sum(counts.total for _, counts in by_counts) == 600
        offline = await overview.density(session, Filters(("45",), health=Health.OFFLINE))
        assert sum(counts.total for _, counts in offline) == sum(counts.offline for _, counts in by_counts)
        assert all(counts.total == counts.offline for _, counts in offline)


async def test_counts_follow_every_change(mixed: Database) -> None:
    async with mixed.write() as session:
        await session.execute(text("UPDATE cameras SET region = '450103', cell = 0 WHERE kind = 'dome'"))
        await session.execute(text("UPDATE cameras SET archived_at = now() WHERE kind = 'fixed'"))
        await session.execute(text("DELETE FROM cameras WHERE kind = 'split'"))
        differences = await session.execute(
            text("""
                SELECT * FROM (
                    SELECT region, cell, count(*) AS total, count(*) FILTER (WHERE health = 1) AS works,
                        count(*) FILTER (WHERE health = 2) AS bad, count(*) FILTER (WHERE health = 3) AS offline,
                        count(*) FILTER (WHERE health = 0) AS unknown
                    FROM cameras WHERE archived_at IS NULL GROUP BY region, cell
                ) AS real FULL JOIN camera_counts AS kept USING (region, cell)
                WHERE (real.total, real.works, real.bad, real.offline, real.unknown)
                    IS DISTINCT FROM (kept.total, kept.works, kept.bad, kept.offline, kept.unknown)
                    AND coalesce(kept.total, 0) <> 0
            """)
        )
        assert differences.all() == []
