"""The door: no grant no row, the register before the first row, one's own search only, and gone in time."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.analyze.traits import service, store
from commonsight.analyze.traits.model import Criteria, Trait
from commonsight.clock import SystemClock
from commonsight.gate import service as gate
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from tests.access import people
from tests.analyze.world import add_camera
from tests.gate.given import give

NOW = SystemClock().now()
WHY = {"purpose_code": "missing_person", "purpose_text": "查找走失老人，红色上衣"}


def trait(minutes_ago: float, **more: object) -> Trait:
    at = NOW - timedelta(minutes=minutes_ago)
    given = {"kind": "car", "score": 0.8, "box": (0.1, 0.1, 0.3, 0.3), **more}
    return Trait(id=uuid7(), began_at=at, ended_at=at + timedelta(seconds=5), **given)  # type: ignore[arg-type]


def criteria(**more: object) -> Criteria:
    given = {"begin": NOW - timedelta(days=2), "end": NOW + timedelta(minutes=1), **more}
    return Criteria(**given)  # type: ignore[arg-type]


async def keep(database: Database, camera: UUID, *rows: Trait, days: float = 3.0) -> None:
    async with database.write() as session:
        await store.put(session, camera, [("s", days, row) for row in rows])


async def search(
    database: Database, caller: object, cameras: list[UUID], asked: Criteria, limit: int = 50
) -> list[Trait]:
    async with database.write() as session:
        made = await service.search(session, caller, cameras=cameras, criteria=asked, **WHY)  # type: ignore[arg-type]
    async with database.read() as session:
        found = await service.rows(session, caller, made.search.id, None, limit)  # type: ignore[arg-type]
    return [one.trait for one in found]


async def test_what_fits_is_found_under_a_grant_and_the_register_knows_of_it(database: Database) -> None:
    officer = await people.add(database, "officer.traits", roles=("officer",), now=NOW)
    here, there = await add_camera(database, 1), await add_camera(database, 2)
    red = trait(5, colour="red", plate="桂A12345", plate_score=0.9)
    walker = trait(10, kind="person", upper="red", lower="black")
    await keep(database, here, red, trait(7, colour="blue", plate="桂A12945"), walker)
    await keep(database, here, red)  # said twice
    await keep(database, there, trait(6, colour="red"))
    with pytest.raises(Refusal) as refused:
        await search(database, officer, [here], criteria())
    assert refused.value.code == "gate.no_grant"
    await give(database, officer)

    assert [one.id for one in await search(database, officer, [here], criteria(colour="red"))] == [red.id]
    assert [one.id for one in await search(database, officer, [here], criteria(plate="桂A12345"))] == [red.id]
    assert len(await search(database, officer, [here], criteria(plate="桂A12?45"))) == 2
    assert len(await search(database, officer, [here], criteria(plate="*2345"))) == 1
    assert [one.id for one in await search(database, officer, [here], criteria(upper="red"))] == [walker.id]
    assert len(await search(database, officer, [here, there], criteria(kinds=("car",)))) == 3

    async with database.read() as session:
        lines = (await session.execute(text("SELECT purpose_text, closed_at FROM retrievals"))).all()
        said = (await session.execute(text("SELECT detail FROM audit WHERE action = 'traits.searched'"))).scalars()
        assert len(lines) == 7, "a line for each camera of each search, and none for the one refused"
        assert all(line.purpose_text == WHY["purpose_text"] and line.closed_at for line in lines)
        assert {one["plate"] for one in said} == {None, "桂A12345", "桂A12?45", "*2345"}


async def test_a_search_is_its_makers_and_ends_with_its_permit_and_rows_are_gone_in_time(database: Database) -> None:
    officer = await people.add(database, "officer.traits", roles=("officer",), now=NOW)
    other = await people.add(database, "other.traits", roles=("officer",), now=NOW)
    await give(database, officer)
    await give(database, other)
    camera = await add_camera(database)
    await keep(database, camera, *(trait(n, colour="white") for n in range(1, 6)))
    await keep(database, camera, trait(60 * 36, colour="white"), days=1)
    async with database.write() as session:
        made = await service.search(session, officer, cameras=[camera], criteria=criteria(), **WHY)
    async with database.read() as session:
        first = await service.rows(session, officer, made.search.id, None, 2)
        rest = await service.rows(session, officer, made.search.id, (first[-1].trait.began_at, first[-1].trait.id), 9)
        assert [len(first), len(rest)] == [2, 3], "one is past its time and shown to nobody, deleted or not"
        with pytest.raises(Refusal) as refused:
            await service.rows(session, other, made.search.id, None, 2)
        assert refused.value.code == "traits.search_unknown"
    async with database.write() as session:
        await gate.revoke(session, made.search.permit_id, "test")
    async with database.read() as session:
        with pytest.raises(Refusal) as refused:
            await service.rows(session, officer, made.search.id, None, 2)
    assert refused.value.code == "traits.search_over"
    async with database.write() as session:
        assert await store.forget(session, NOW, 100) == 1
        assert await store.forget(session, NOW + timedelta(days=4), 3) == 3, "in batches"
        await store.forget_searches(session, NOW + timedelta(days=2))
        assert (await session.execute(text("SELECT count(*) FROM trait_searches"))).scalar_one() == 0
