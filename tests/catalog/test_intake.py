"""Filing reports: against a real database with the real region tree."""

import asyncio
import itertools
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.access.audit import Actor
from commonsight.catalog import intake, intake_store, intake_syncs, service
from commonsight.catalog.intake import Ended
from commonsight.catalog.intake_rules import Word
from commonsight.catalog.intake_store import Source
from commonsight.clock import ManualClock
from commonsight.records.base import uuid7
from commonsight.records.database import Database

T0 = datetime(2026, 7, 1, tzinfo=UTC)
DEVICE = "45010000002000000001"
CLOCK = ManualClock(T0 + timedelta(days=1))


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def item(serial: int, **more: str) -> dict[str, str]:
    """A camera of Qingxiu, Nanning, as a platform of 2022 reports it."""
    fields = {
        "DeviceID": f"450103000013200{serial:05}",
        "Name": f"民族大道{serial}号",
        "Manufacturer": "Acme",
        "CivilCode": "450103",
        "Address": "民族大道",
        "Parental": "0",
        "ParentID": DEVICE,
        "Status": "ON",
        "Longitude": f"{108.36 + serial / 10_000:.6f}",
        "Latitude": "22.817",
        "Info/PTZType": "3",
    }
    return fields | {name.replace("__", "/"): value for name, value in more.items()}


async def open_source(database: Database, code: str = DEVICE, **more: Any) -> Source:
    source = Source(uuid7(), code, "下级平台", "45", None, "gb28181", f"gb28181://{code}/", **more)
    async with database.write() as session:
        await intake_store.put_source(session, source)
    return source


async def begin(database: Database, source: Source, now: datetime) -> UUID:
    async with database.write() as session:
        sync_id, new = await intake_syncs.ask(session, source.id, "asked", now)
        assert new
        await intake_syncs.progress(session, sync_id, {"state": "collecting", "started_at": now})
    return sync_id


async def tell(database: Database, source: Source, *words: Word) -> None:
    async with database.write() as session:
        await intake.deliver(session, [(source.id, word) for word in words])
    await intake.file_all(database, CLOCK)


async def sync(
    database: Database, source: Source, items: Sequence[dict[str, str]], now: datetime, **ended: Any
) -> dict[str, Any]:
    """A whole catalogue; returns the sync's row."""
    sync_id = await begin(database, source, now)
    end = Ended(**({"complete": True, "expected": len({i["DeviceID"] for i in items})} | ended))
    await tell(
        database,
        source,
        *(Word("", each["DeviceID"], now, sync_id, each) for each in items),
        end.word(sync_id, now),
    )
    return await row(database, "SELECT * FROM syncs WHERE id = :id", id=sync_id)


async def rows(database: Database, sql: str, **values: Any) -> list[dict[str, Any]]:
    async with database.read() as session:
        return [dict(each._mapping) for each in await session.execute(text(sql), values)]


async def row(database: Database, sql: str, **values: Any) -> dict[str, Any]:
    found = await rows(database, sql, **values)
    assert len(found) == 1, found
    return found[0]


async def camera(database: Database, code: str) -> dict[str, Any]:
    return await row(
        database,
        "SELECT c.*, c.location[0] AS lon, c.location[1] AS lat FROM gb_channels AS ch "
        "JOIN cameras AS c ON c.id = ch.camera_id WHERE ch.code = :code",
        code=code,
    )


async def edit(database: Database, camera_id: UUID, **values: Any) -> None:
    by = service.Changer(Actor(uuid7(), "wei", None), ("45",))
    async with database.write() as session:
        await service.change(session, camera_id, service.Given.of(**values), by, lambda _: None, at(0))


async def test_items_become_cameras_with_every_field_kept(filed: Database) -> None:
    source = await open_source(filed)
    done = await sync(filed, source, [item(1, Password="hidden", Info__GrassrootsCode="000000"), item(2)], at(0))
    assert (done["state"], done["added"], done["filed"], done["cameras"]) == ("complete", 2, 2, 2)
    found = await camera(filed, item(1)["DeviceID"])
    assert (found["code"], found["name"], found["region"]) == (item(1)["DeviceID"], "民族大道1号", "450103")
    assert (found["kind"], found["sector"], found["address"]) == ("fixed", "public_security", "民族大道")
    assert (round(found["lon"], 6), round(found["lat"], 6)) == (108.3601, 22.817)
    assert found["url"] == f"gb28181://{DEVICE}/{found['code']}"
    assert found["record"]["Info/GrassrootsCode"] == "000000"
    assert "hidden" not in str(found["record"])
    assert (await row(filed, "SELECT sum(total) AS n FROM camera_counts"))["n"] == 2


async def test_the_same_catalogue_again_changes_nothing(filed: Database) -> None:
    source = await open_source(filed)
    await sync(filed, source, [item(1), item(2)], at(0))
    before = await rows(filed, "SELECT * FROM cameras ORDER BY id")
    done = await sync(filed, source, [item(2), item(1), item(2)], at(100))
    assert (done["added"], done["changed"], done["vanished"], done["state"]) == (0, 0, 0, "complete")
    assert await rows(filed, "SELECT * FROM cameras ORDER BY id") == before


async def test_what_a_person_edited_stays_and_what_was_reported_is_kept_beside_it(filed: Database) -> None:
    source = await open_source(filed)
    await sync(filed, source, [item(1)], at(0))
    before = await camera(filed, item(1)["DeviceID"])
    await edit(filed, before["id"], name="古城路口-东")
    await sync(filed, source, [item(1, Name="改名", Address="长湖路")], at(100))
    after = await camera(filed, item(1)["DeviceID"])
    assert (after["name"], after["address"]) == ("古城路口-东", "长湖路")
    assert after["record"]["Name"] == "改名"
    assert after["version"] > before["version"]
    await sync(filed, source, [item(1, Name="又改名")], at(200))
    assert (await camera(filed, item(1)["DeviceID"]))["name"] == "古城路口-东"


async def test_an_empty_report_does_not_blank_what_is_known(filed: Database) -> None:
    source = await open_source(filed)
    await sync(filed, source, [item(1)], at(0))
    await sync(filed, source, [item(1, Address="", Longitude="0", Latitude="0", Info__PTZType="")], at(100))
    found = await camera(filed, item(1)["DeviceID"])
    assert (found["address"], found["kind"], round(found["lat"], 3)) == ("民族大道", "fixed", 22.817)


async def test_absent_from_a_complete_catalogue_is_marked_and_comes_back(filed: Database) -> None:
    source = await open_source(filed)
    await sync(filed, source, [item(1), item(2)], at(0))
    done = await sync(filed, source, [item(1)], at(100))
    assert done["vanished"] == 1
    gone = await camera(filed, item(2)["DeviceID"])
    assert gone["vanished_at"] is not None
    assert gone["archived_at"] is None
    done = await sync(filed, source, [item(1), item(2)], at(200_000))
    assert (done["returned"], done["vanished"]) == (1, 0)
    assert (await camera(filed, item(2)["DeviceID"]))["vanished_at"] is None


@pytest.mark.parametrize("ended", [{"complete": False}, {"complete": True, "expected": 3}, {"cancelled": True}])
async def test_an_incomplete_catalogue_marks_nothing(filed: Database, ended: dict[str, Any]) -> None:
    source = await open_source(filed)
    await sync(filed, source, [item(1), item(2)], at(0))
    done = await sync(filed, source, [item(1), item(3)], at(100), **({"complete": False} | ended))
    assert done["state"] == ("cancelled" if "cancelled" in ended else "incomplete")
    assert (done["vanished"], done["added"]) == (0, 1)
    assert await rows(filed, "SELECT 1 FROM cameras WHERE vanished_at IS NOT NULL") == []


async def test_an_answer_that_would_empty_the_file_marks_nothing_by_itself(filed: Database) -> None:
    source = await open_source(filed)
    await sync(filed, source, [item(n) for n in range(60)], at(0))
    done = await sync(filed, source, [], at(100))
    assert (done["state"], done["vanished"]) == ("complete", 0)
    assert done["findings"] == [{"code": "catalog.sync_many_missing", "count": 60, "of": 60}]


async def test_a_deletion_that_was_said_archives_and_a_later_report_restores(filed: Database) -> None:
    source = await open_source(filed)
    code = item(1)["DeviceID"]
    await sync(filed, source, [item(1), item(2)], at(0))
    await tell(filed, source, Word("DEL", code, at(50)), Word("DEL", code, at(51)))
    assert (await camera(filed, code))["archived_at"] == at(51)
    # A page of a query that was sent before the deletion does not bring it back.
    await tell(filed, source, Word("", code, at(40), None, item(1)))
    assert (await camera(filed, code))["archived_at"] == at(51)
    await tell(filed, source, Word("ADD", code, at(60), None, item(1)))
    assert (await camera(filed, code))["archived_at"] is None


async def test_what_a_person_archived_stays_archived(filed: Database) -> None:
    source = await open_source(filed)
    await sync(filed, source, [item(1)], at(0))
    found = await camera(filed, item(1)["DeviceID"])
    by = service.Changer(Actor(uuid7(), "wei", None), ("45",))
    async with filed.write() as session:
        await service.archive(session, found["id"], by, lambda _: None, at(10))
    await sync(filed, source, [item(1)], at(100))
    assert (await camera(filed, item(1)["DeviceID"]))["archived_at"] == at(10)


async def test_events_apply_in_order(filed: Database) -> None:
    source = await open_source(filed)
    code = item(1)["DeviceID"]
    await sync(filed, source, [item(1)], at(0))
    await tell(filed, source, Word("OFF", code, at(10)))
    assert (await camera(filed, code))["health"] == 3
    await tell(filed, source, Word("ON", code, at(20)))
    assert (await camera(filed, code))["health"] == 0  # ON does not prove that it works
    await tell(filed, source, Word("UPDATE", code, at(30), None, {"DeviceID": code, "Address": "新址"}))
    found = await camera(filed, code)
    assert (found["address"], found["name"]) == ("新址", "民族大道1号")
    await tell(filed, source, Word("VLOST", code, at(40)), Word("DEFECT", code, at(41)))
    assert (await row(filed, "SELECT status FROM gb_channels"))["status"] == "DEFECT"


async def test_a_code_that_two_platforms_report_is_two_cameras(filed: Database) -> None:
    first, second = await open_source(filed), await open_source(filed, "45010000002000000002")
    await sync(filed, first, [item(1)], at(0))
    await sync(filed, second, [item(1), item(2)], at(0))
    found = await rows(filed, "SELECT code, reported_code, url FROM cameras ORDER BY url")
    assert [each["code"] == item(1)["DeviceID"] for each in found] == [True, False, False]
    assert [each["reported_code"] for each in found] == [None, item(1)["DeviceID"], None]


async def test_an_identifier_of_a_vendors_own_making_gets_one_of_ours(filed: Database) -> None:
    source = await open_source(filed)
    await sync(filed, source, [item(1) | {"DeviceID": "ch-01"}], at(0))
    found = await camera(filed, "ch-01")
    assert found["reported_code"] == "ch-01"
    assert len(found["code"]) == 20


async def test_a_camera_that_was_filed_before_is_adopted(filed: Database) -> None:
    by = service.Changer(Actor(uuid7(), "wei", None), ("45",))
    given = service.Given.of(name="规划点位", code=item(1)["DeviceID"], region="450103")
    async with filed.write() as session:
        made = await service.add(session, given, by, "45", at(0))
    source = await open_source(filed)
    await sync(filed, source, [item(1)], at(100))
    found = await camera(filed, item(1)["DeviceID"])
    assert found["id"] == made.row.id
    assert (found["name"], found["address"], found["kind"]) == ("规划点位", "民族大道", "fixed")
    assert found["url"] == f"gb28181://{DEVICE}/{found['code']}"


async def test_groups_and_organisations_in_any_order(filed: Database) -> None:
    group, above, below = (f"450103000021{n}" + "0000001" for n in ("5", "6", "6"))
    below = below[:-1] + "2"
    tree = [
        {"DeviceID": group, "Name": "公安", "ParentID": DEVICE},
        {"DeviceID": above, "Name": "青秀", "BusinessGroupID": group},
        {"DeviceID": below, "Name": "南湖", "ParentID": above, "BusinessGroupID": group},
        item(1, ParentID=f"{DEVICE}/{below}"),
        item(2, Info__BusinessGroupID=group),
    ]
    for each in itertools.permutations(tree, 5):
        if each[0] not in tree[3:]:
            continue
        source = await open_source(filed)
        await sync(filed, source, each, at(0))
        break
    found = await rows(filed, "SELECT code, kind, parent FROM camera_groups ORDER BY code")
    assert [(g["code"], g["kind"], g["parent"]) for g in found] == [
        (group, "group", None),
        (above, "organisation", group),
        (below, "organisation", above),
    ]
    members = await rows(
        filed, "SELECT m.code, c.code AS camera FROM camera_group_members AS m JOIN cameras AS c ON c.id = m.camera_id"
    )
    assert {(m["code"], m["camera"]) for m in members} == {
        (below, item(1)["DeviceID"]),
        (group, item(2)["DeviceID"]),
    }


async def test_townships_come_from_the_grassroots_code_and_unknown_regions_from_the_source(filed: Database) -> None:
    known = await row(
        filed, "SELECT code FROM regions WHERE parent IN (SELECT code FROM regions WHERE parent = '450103') LIMIT 1"
    )
    source = await open_source(filed)
    items = [
        item(1, Info__GrassrootsCode=known["code"][6:]),
        item(2, Info__GrassrootsCode="999999"),
        item(3, CivilCode="450100"),
        item(4, CivilCode="110101") | {"DeviceID": "x-4"},
    ]
    await sync(filed, source, items, at(0))
    found = [(await camera(filed, each["DeviceID"]))["region"] for each in items]
    assert found == [known["code"], "450103", "4501", "45"]


async def test_coordinates_of_another_system_are_converted_only_where_the_source_says_so(filed: Database) -> None:
    source = await open_source(filed, system="GCJ-02")
    await sync(filed, source, [item(1)], at(0))
    found = await camera(filed, item(1)["DeviceID"])
    assert found["system"] == "GCJ-02"
    assert found["original"] != found["location"]
    await sync(filed, source, [item(1)], at(100))
    assert (await camera(filed, item(1)["DeviceID"]))["version"] == found["version"]


async def test_an_organisation_named_by_the_item_is_filed(filed: Database) -> None:
    source = await open_source(filed)
    await sync(filed, source, [item(n, Info__ManagementUnit="南宁市公安局青秀分局") for n in (1, 2)], at(0))
    await sync(filed, source, [item(n, Info__ManagementUnit="南宁市公安局青秀分局") for n in (1, 2)], at(100))
    found = await rows(filed, "SELECT u.name, c.version FROM cameras AS c JOIN units AS u ON u.id = c.unit_id")
    assert [(each["name"], each["version"]) for each in found] == [("南宁市公安局青秀分局", 1)] * 2


async def test_hostile_text_is_filed_harmlessly(filed: Database) -> None:
    source = await open_source(filed)
    nasty = item(1, Name="a\\t\tb\nc\x00d\\N", Address="{\"'},\\.", Info__X="\x00\\")
    await sync(filed, source, [nasty], at(0))
    found = await camera(filed, nasty["DeviceID"])
    assert found["name"] == "a\\t b c d\\N"
    assert found["address"] == "{\"'},\\."


async def test_a_person_editing_meanwhile_wins_or_is_told(filed: Database) -> None:
    """A batch decided from what is no longer there is decided again."""
    source = await open_source(filed)
    await sync(filed, source, [item(1)], at(0))
    found = await camera(filed, item(1)["DeviceID"])
    async with filed.write() as session:
        word = Word("UPDATE", found["code"], at(50), None, item(1, Name="报告", Address="新"))
        await intake.deliver(session, [(source.id, word)])
    async with filed.write() as session:
        by = service.Changer(Actor(uuid7(), "wei", None), ("45",))
        await service.change(session, found["id"], service.Given.of(name="人工"), by, lambda _: None, at(0))
        filing = asyncio.create_task(intake.file_all(filed, CLOCK))
        await asyncio.sleep(0.3)
        assert not filing.done()
    await filing
    after = await camera(filed, item(1)["DeviceID"])
    assert (after["name"], after["address"]) == ("人工", "新")


async def test_an_event_about_what_nobody_reported_is_dropped_unless_a_catalogue_is_coming(filed: Database) -> None:
    source = await open_source(filed)
    await tell(filed, source, Word("OFF", item(1)["DeviceID"], at(0)))
    assert await rows(filed, "SELECT 1 FROM gb_channels") == []
    sync_id = await begin(filed, source, at(10))
    await tell(filed, source, Word("DEL", item(1)["DeviceID"], at(11), sync_id))
    await tell(filed, source, Word("", item(1)["DeviceID"], at(10), sync_id, item(1)))
    assert (await camera(filed, item(1)["DeviceID"]))["archived_at"] == at(11)


FILER = """
import asyncio, sys
from commonsight.catalog import intake
from commonsight.clock import SystemClock
from commonsight.records.database import Database
asyncio.run(intake.file_all(Database(sys.argv[1]), SystemClock()))
"""


async def test_a_kill_while_filing_is_done_again(filed: Database) -> None:
    """kill -9 of whoever files, wherever it is: the log is cut together with what it became, or not at all."""
    source = await open_source(filed)
    sync_id = await begin(filed, source, at(0))
    count = 2 * intake.BATCH + 500
    words = [Word("", item(n)["DeviceID"], at(0), sync_id, item(n)) for n in range(count)]
    words.append(Ended(complete=True, expected=count).word(sync_id, at(1)))
    async with filed.write() as session:
        await intake.deliver(session, [(source.id, word) for word in words])
    filer = await asyncio.create_subprocess_exec(sys.executable, "-c", FILER, filed.url)
    try:
        async with asyncio.timeout(120):
            while not (there := len(await rows(filed, "SELECT 1 FROM cameras"))):
                assert filer.returncode is None
                await asyncio.sleep(0.01)
    finally:
        filer.kill()
        await filer.wait()
    left = await row(filed, "SELECT count(*) AS n FROM intake_log")
    assert (there % intake.BATCH, left["n"] > 0) == (0, True)
    await intake.file_all(filed, CLOCK)
    done = await row(filed, "SELECT * FROM syncs")
    assert (done["state"], done["added"], done["filed"], done["vanished"]) == ("complete", count, count, 0)
    assert (await row(filed, "SELECT sum(total) AS n FROM camera_counts"))["n"] == count
    assert await rows(filed, "SELECT 1 FROM intake_log") == []
