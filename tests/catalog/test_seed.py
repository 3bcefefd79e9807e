"""The demo region."""

import itertools

import shapely
from shapely.geometry import shape
from sqlalchemy import text

from commonsight.catalog import codes, lists, seed, vocabulary
from commonsight.catalog.model import Filters, Sort
from commonsight.catalog.seed_world import world
from commonsight.places import packaged
from commonsight.records.database import Database
from tests.catalog.conftest import SEEDED


def test_the_same_seed_makes_the_same_rows_wherever_one_begins() -> None:
    made = world(45)
    assert list(seed.rows(made, 4_990, 5_010)) == list(itertools.islice(seed.rows(made, 0, 5_010), 4_990, None))
    assert next(seed.rows(world(46), 0, 1)) != next(seed.rows(made, 0, 1))


def test_rows_are_plausible() -> None:
    rows = list(seed.rows(world(45), 0, 2_000))
    outlines = {f["properties"]["code"]: shape(f["geometry"]).buffer(0) for f in packaged.outlines("45")["features"]}
    assert len({row.code for row in rows}) == len({row.id for row in rows}) == len(rows)
    assert {row.region[:4] for row in rows} == set(outlines)
    for row in rows:
        assert codes.parse_camera(row.code).region == row.region[:6]
        assert codes.parse(row.code).industry == vocabulary.sectors()[row.sector].industry
        assert row.kind in vocabulary.kinds()
        assert shapely.contains_xy(outlines[row.region[:4]], *row.point)
        assert "{" not in row.name
        assert row.id.version == 7


async def test_seeding_twice_adds_nothing_and_a_larger_one_goes_on(seeded: Database) -> None:
    assert await seed.seed(seeded, SEEDED, lambda i: None) == 0
    assert await seed.seed(seeded, SEEDED + 50, lambda i: None) == 50
    async with seeded.read() as session:
        found = await session.execute(text("SELECT count(*), count(url), bool_and(demo) FROM cameras"))
        assert tuple(found.one()) == (SEEDED + 50, SEEDED, True)


async def test_what_was_seeded_is_found_by_search_and_counted(seeded: Database) -> None:
    row = next(seed.rows(world(45), 0, 1))
    async with seeded.read() as session:
        found = await lists.page(session, Filters(("45",), q=row.name), Sort.NAME, None, 10)
        assert row.id in [camera.id for camera in found.rows]
        kept = await session.execute(text("SELECT sum(total), sum(unknown) FROM camera_counts"))
        assert tuple(kept.one()) == (SEEDED, SEEDED)


async def test_watched_cameras_are_the_same_in_every_run(seeded: Database) -> None:
    wanted = [
        seed.Watched(
            "bikes", "南宁市青秀区民族大道-东", "450103", (108.366, 22.817), "rtsp://127.0.0.1:8654/watch/bikes"
        )
    ]
    ids = []
    for _ in range(2):
        async with seeded.write() as session:
            ids.append(await seed.add_watched(session, wanted))
    assert ids[0] == ids[1]
    assert await seed.seed(seeded, SEEDED, lambda i: None) == 0
