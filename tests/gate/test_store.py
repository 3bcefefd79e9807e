from datetime import timedelta

import pytest

from commonsight.gate import export, service, store
from tests.access import people

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def register(database, camera):
    """Six retrievals a minute apart: two people, two cameras, one of them in another city."""
    here, there = await camera("here", "450103"), await camera("there", "4502")
    one, two = await people.add(database, "one"), await people.add(database, "two")
    async with database.write() as session:
        start = await store.moment(session)
        for number in range(6):
            await service.issue(
                session,
                caller=(one, two)[number % 2],
                cameras=[(here, there)[number // 3]],
                purpose_code="incident",
                purpose_text=f"=HYPERLINK({number})",
                now=start + timedelta(minutes=number),
            )
    return {"here": here, "there": there, "one": one, "two": two, "start": start}


async def found(database, regions=("45",), after=None, limit=100, **more):
    async with database.read() as session:
        return await store.register_page(session, store.Filter(regions, **more), after=after, limit=limit)


async def test_the_register_is_read_newest_first_page_by_page(database, register):
    whole = await found(database)
    assert [row.asked_at for row in whole] == sorted((row.asked_at for row in whole), reverse=True)
    pages, after = [], None
    while page := await found(database, after=after, limit=4):
        pages += page
        after = (page[-1].asked_at, page[-1].id)
    assert [row.id for row in pages] == [row.id for row in whole]


async def test_it_is_narrowed_by_what_is_asked_and_by_what_one_may_see(database, register):
    assert len(await found(database, camera=register["there"])) == 3
    assert len(await found(database, person=register["one"].id)) == 3
    assert len(await found(database, since=register["start"] + timedelta(minutes=4))) == 2
    assert len(await found(database, until=register["start"] + timedelta(minutes=4))) == 4
    assert len(await found(database, purpose="incident")) == 6
    assert len(await found(database, holder_kind="system")) == 0
    assert {row.region for row in await found(database, regions=("4501",))} == {"450103"}
    assert await found(database, regions=()) == []


async def test_an_export_says_when_by_whom_and_under_what_and_holds_no_formula(database, register):
    lines = export.register_csv(
        database, store.Filter(("45",)), language="zh", at=register["start"], by="李娜", under="purpose=incident"
    )
    written = b"".join([chunk async for chunk in lines])
    assert written.startswith(b"\xef\xbb\xbf")
    text = written.decode("utf-8-sig").splitlines()
    assert "李娜" in text[1]
    assert "purpose=incident" in text[1]
    assert "第十六条" in text[1]
    assert text[2].startswith("申请时间,姓名,单位")
    assert len(text) == 3 + 6
    assert all("'=HYPERLINK" in line for line in text[3:])


async def test_an_export_that_is_cut_says_so(database, register):
    lines = export.register_csv(
        database, store.Filter(("45",)), language="en", at=register["start"], by="x", under="", most=4
    )
    text = b"".join([chunk async for chunk in lines]).decode("utf-8-sig").splitlines()
    assert len(text) == 3 + 4 + 1
    assert "4 rows" in text[-1]
