"""Syncs, vanished cameras and reports over HTTP."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from commonsight.catalog import intake_routes, intake_vanished, routes
from commonsight.catalog.intake_rules import Word
from commonsight.catalog.tasks import archive_vanished
from commonsight.records.database import Database
from commonsight.text import catalogue
from tests.catalog.conftest import Client, Somebody, speaking
from tests.catalog.test_intake import CLOCK, at, begin, camera, edit, item, open_source, sync, tell

MAY = frozenset({"cameras.read", "cameras.write", "gather.read", "gather.write"})


@pytest.fixture
async def http(filed: Database) -> AsyncIterator[Client]:
    async for made in speaking(filed, intake_routes.router, routes.router):
        made.caller = Somebody(permissions=MAY)
        yield made


async def vanish_some(database: Database) -> Any:
    source = await open_source(database)
    await sync(database, source, [item(n) for n in range(5)], at(0))
    await sync(database, source, [item(0), item(1)], at(100))
    return source


async def ok(answer: Any, status: int = 200) -> Any:
    found = await answer
    assert found.status_code == status, found.text
    return found.json()


async def test_a_sync_shows_how_far_it_is(http: Client, filed: Database) -> None:
    source = await open_source(filed)
    sync_id = await begin(filed, source, at(0))
    async with filed.write() as session:
        await session.execute(
            text("UPDATE syncs SET expected = 10, received = 5, pages = 5, started_at = now() - interval '1 minute'")
        )
    await tell(filed, source, *(Word("", item(n)["DeviceID"], at(0), sync_id, item(n)) for n in range(5)))
    (found,) = (await ok(http.get("/syncs")))["items"]
    assert (found["state"], found["step"], found["expected"], found["received"]) == ("running", "collecting", 10, 5)
    assert (found["filed"], found["added"], found["device_name"]) == (5, 5, "下级平台")
    assert found["progress"] == pytest.approx(0.5)
    assert found == await ok(http.get(f"/syncs/{sync_id}"))


async def test_syncs_by_page_and_device(http: Client, filed: Database) -> None:
    sources = [await open_source(filed, f"4501000000200000000{n}") for n in (1, 2)]
    for number in range(5):
        await sync(filed, sources[number % 2], [item(number)], at(number))
    found = await http.all("/syncs", limit=2)
    assert [one["asked_at"] for one in found] == sorted((one["asked_at"] for one in found), reverse=True)
    assert len({one["id"] for one in found}) == 5
    assert len(await http.all("/syncs", device=str(sources[0].id))) == 3
    http.caller = Somebody(permissions=MAY, regions=("4502",))
    assert await http.all("/syncs") == []
    assert (await http.get(f"/syncs/{found[0]['id']}")).status_code == 404


async def test_findings_are_said_in_both_languages(http: Client, filed: Database) -> None:
    source = await open_source(filed)
    findings = ({"code": "connect.gb_sync_short", "count": 3},)
    await sync(filed, source, [item(0)], at(0), complete=False, findings=findings)
    (found,) = (await ok(http.get("/syncs")))["items"]
    assert found["state"] == "incomplete"
    (finding,) = found["findings"]
    assert (finding["code"], finding["count"]) == ("connect.gb_sync_short", 3)
    assert "3" in finding["zh"]
    assert "3" in finding["en"]


def test_every_finding_has_its_words() -> None:
    kinds = ("short", "unanswered", "more_than_said", "uncounted", "too_many", "away", "unreadable", "refused")
    assert {f"connect.gb_sync_{kind}" for kind in kinds} <= catalogue().keys()


async def test_cancelling_is_asked_of_the_collector(http: Client, filed: Database) -> None:
    source = await open_source(filed)
    sync_id = await begin(filed, source, at(0))
    for _ in range(2):
        await ok(http.post(f"/syncs/{sync_id}/cancel"), 202)
    async with filed.read() as session:
        assert (await session.execute(text("SELECT cancel FROM syncs"))).scalar_one()
        assert (await session.execute(text("SELECT count(*) FROM audit"))).scalar_one() == 1


async def test_vanished_cameras_are_archived_together_and_brought_back(http: Client, filed: Database) -> None:
    await vanish_some(filed)
    found = await http.all("/cameras/vanished", limit=2)
    assert {one["code"] for one in found} == {item(n)["DeviceID"] for n in (2, 3, 4)}
    ids = [one["id"] for one in found]
    gone = await ok(http.post("/cameras/vanished/archive", json={"cameras": ids[:2]}))
    assert gone["archived"] == 2
    assert [one["id"] for one in await http.all("/cameras/vanished")] == ids[2:]
    assert len(await http.all("/cameras", archived=True)) == 2
    back = await ok(http.post("/cameras/vanished/restore", json={"undo": gone["undo"]}))
    assert back == {"restored": 2}
    assert len(await http.all("/cameras/vanished")) == 3
    again = await http.post("/cameras/vanished/restore", json={"undo": gone["undo"]})
    assert (again.status_code, again.json()["code"]) == (409, "catalog.archive_undone")
    assert (await http.post("/cameras/vanished/restore", json={"undo": str(uuid4())})).status_code == 404


async def test_only_what_vanished_inside_the_callers_regions_is_archived(http: Client, filed: Database) -> None:
    await vanish_some(filed)
    (present,) = [one for one in await http.all("/cameras") if one["code"] == item(0)["DeviceID"]]
    gone = await ok(http.post("/cameras/vanished/archive", json={"cameras": [present["id"]]}))
    assert gone == {"archived": 0, "undo": None}
    ids = [one["id"] for one in await http.all("/cameras/vanished")]
    http.caller = Somebody(permissions=MAY, regions=("4502",))
    assert await http.all("/cameras/vanished") == []
    assert (await ok(http.post("/cameras/vanished/archive", json={"cameras": ids})))["archived"] == 0


async def test_a_rule_archives_what_vanished_long_ago(filed: Database) -> None:
    await vanish_some(filed)
    assert await intake_vanished.archive_by_rule(filed, CLOCK, timedelta(days=1)) == 0
    assert await intake_vanished.archive_by_rule(filed, CLOCK, timedelta(seconds=-1)) == 3
    assert archive_vanished.name == "catalog:archive_vanished"


async def test_a_person_confirms_that_many_vanished(http: Client, filed: Database) -> None:
    source = await open_source(filed)
    await sync(filed, source, [item(n) for n in range(40)], at(0))
    done = await sync(filed, source, [item(0)], at(100))
    (finding,) = (await ok(http.get(f"/syncs/{done['id']}")))["findings"]
    assert finding["count"] == 39
    assert await ok(http.post(f"/syncs/{done['id']}/vanish")) == {"vanished": 39}
    assert len(await http.all("/cameras/vanished")) == 39
    later = await sync(filed, source, [item(n) for n in range(40)], at(200_000))
    assert later["returned"] == 39
    refused = await http.post(f"/syncs/{done['id']}/vanish")
    assert (refused.status_code, refused.json()["code"]) == (409, "catalog.sync_not_latest")


async def test_what_was_reported_stands_beside_what_people_made_of_it(http: Client, filed: Database) -> None:
    source = await open_source(filed)
    await sync(filed, source, [item(1, Name="报告名")], at(0))
    found = await camera(filed, item(1)["DeviceID"])
    await edit(filed, found["id"], name="人工名", address="人工地址")
    said = await ok(http.get(f"/cameras/{found['id']}/reported"))
    assert said["edited"] == ["name", "address"]
    assert (said["fields"]["Name"], said["status"], said["device_code"]) == ("报告名", "ON", source.code)
    await ok(http.post(f"/cameras/{found['id']}/reported/take", json={"fields": ["name"]}), 202)
    await tell(filed, source)
    after = await camera(filed, item(1)["DeviceID"])
    assert (after["name"], after["address"]) == ("报告名", "人工地址")
    await sync(filed, source, [item(1, Name="新报告名")], at(300))
    assert (await camera(filed, item(1)["DeviceID"]))["name"] == "新报告名"
    unknown = await http.post(f"/cameras/{found['id']}/reported/take", json={"fields": ["code"]})
    assert unknown.status_code == 422


async def test_a_camera_that_nobody_reported(http: Client) -> None:
    made = (await http.post("/cameras", json={"name": "自建", "region": "450103"})).json()
    answer = await http.get(f"/cameras/{made['id']}/reported")
    assert (answer.status_code, answer.json()["code"]) == (404, "catalog.not_reported")
    assert json.loads(answer.content)
