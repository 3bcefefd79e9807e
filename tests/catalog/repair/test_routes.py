"""From a wrong record over its finding and its repair to its history, over HTTP and a real database."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from commonsight.catalog import routes
from commonsight.catalog.repair import service
from commonsight.catalog.rules import run, store
from commonsight.clock import ManualClock
from commonsight.records.database import Database
from tests.catalog.conftest import Client, Somebody, speaking

RIGHTS = frozenset({"cameras.read", "cameras.write"})


class Office:
    """Somebody who keeps the file in order."""

    def __init__(self, client: Client, database: Database) -> None:
        self.client, self.database, self.clock = client, database, ManualClock()

    async def add(self, **said: Any) -> str:
        answer = await self.client.post("/cameras", json={"region": "450103001", "name": "青秀区甲路口-东"} | said)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def check(self) -> int:
        async with self.database.read() as session:
            ids = await store.stale(session, 100)
        return await run.check_some(self.database, self.clock, "45", ids, service.propose)

    async def found(self, camera: str) -> set[tuple[str, str]]:
        items = await self.client.all("/records/findings", camera=camera)
        return {(each["rule"], each["field"]) for each in items if each["rule"] != "mandatory"}

    async def repair(self, **chosen: Any) -> dict[str, Any]:
        answer = await self.client.post("/records/repairs", json={"why": "核对"} | chosen)
        assert answer.status_code == 202, answer.text
        return await self.worked(answer.json()["id"])

    async def undo(self, batch: str) -> dict[str, Any]:
        answer = await self.client.post(f"/records/repairs/{batch}/undo")
        assert answer.status_code == 202, answer.text
        return await self.worked(batch)

    async def worked(self, batch: str) -> dict[str, Any]:
        await service.work(self.database, self.clock, batch)  # type: ignore[arg-type]
        found: dict[str, Any] = (await self.client.get(f"/records/repairs/{batch}")).json()
        return found

    async def camera(self, camera: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.client.get(f"/cameras/{camera}")).json()
        return found


@pytest.fixture
async def office(filed: Database) -> AsyncIterator[Office]:
    async for client in speaking(filed, routes.router):
        client.caller = Somebody(permissions=RIGHTS)
        yield Office(client, filed)


async def test_a_wrong_record_is_found_repaired_and_taken_back_with_its_history(office: Office) -> None:
    wrong = await office.add(name="青秀区Ａ座", file={"record_days": "90", "point_class": "2"})
    right = await office.add(name="青秀区乙路口-东")
    assert await office.check() == 2
    assert ("name_form", "name") in await office.found(wrong)
    assert await office.found(right) == set()
    preview = (await office.client.post("/records/repairs/preview", json={"certain": True})).json()
    # Both lack the grassroots code that their region says.
    assert (preview["proposals"], preview["cameras"]) == (3, 2)
    done = await office.repair(certain=True, rule="name_form")
    assert (done["state"], done["applied"], done["conflicts"], done["progress"]) == ("applied", 1, 0, 1.0)
    assert (await office.camera(wrong))["name"] == "青秀区A座"
    assert await office.check() == 1
    assert await office.found(wrong) == set()
    history = await office.client.all(f"/cameras/{wrong}/history")
    assert [(h["field"], h["was"], h["became"], h["source"], h["who"], h["why"], h["batch"]) for h in history] == [
        ("name", "青秀区Ａ座", "青秀区A座", "repair", "wei", "核对", done["id"])
    ]
    back = await office.undo(done["id"])
    assert (back["state"], back["undone"], back["kept"]) == ("undone", 1, 0)
    assert (await office.camera(wrong))["name"] == "青秀区Ａ座"
    assert [h["became"] for h in await office.client.all(f"/cameras/{wrong}/history")] == ["青秀区Ａ座", "青秀区A座"]


async def test_what_somebody_changed_meanwhile_is_neither_overwritten_nor_taken_back(office: Office) -> None:
    first = await office.add(name="青秀区Ａ座")
    second = await office.add(name="青秀区Ｂ座")
    await office.check()
    for camera, name in ((first, "青秀区丙座"),):
        await office.client.patch(f"/cameras/{camera}", json={"name": name}, headers={"If-Match": "*"})
    done = await office.repair(rule="name_form")
    assert (done["applied"], done["conflicts"]) == (1, 1)
    await office.client.patch(f"/cameras/{second}", json={"name": "青秀区丁座"}, headers={"If-Match": "*"})
    back = await office.undo(done["id"])
    assert (back["undone"], back["kept"]) == (0, 1)
    kept = await office.client.all(f"/records/repairs/{done['id']}/items", outcome="kept")
    assert [item["camera"]["id"] for item in kept] == [second]
    assert (await office.camera(second))["name"] == "青秀区丁座"


async def test_figures_count_what_is_missing_and_wrong_and_what_nobody_has_looked_at(office: Office) -> None:
    whole = {"point_class": "3", "grassroots_code": "001000"}
    await office.add(file=whole, address="青秀区1号", url="rtsp://192.0.2.1/1")
    await office.add(file=whole | {"contact": "13800138000"}, name="通道1", url="rtsp://192.0.2.1/2")
    await office.check()
    await office.add(name="青秀区丙路口")
    figures = (await office.client.get("/records/figures")).json()
    assert figures["completeness"] == {"total": 2, "complete": 1, "mandatory": 12, "filled": 11, "unknown": 1}
    assert figures["accuracy"] == {"total": 2, "accurate": 1, "unknown": 1}
    address = next(each for each in figures["fields"] if each["field"] == "address")
    assert (address["due"], address["missing"], address["wrong"]) == (2, 1, 0)
    league = (await office.client.get("/records/league", params={"by": "county"})).json()["items"]
    assert [(row["key"], row["name"], row["accuracy"]["accurate"]) for row in league] == [("450103", "青秀区", 1)]
    office.client.caller = Somebody(permissions=RIGHTS, regions=("4503",))
    assert (await office.client.get("/records/figures")).json()["completeness"]["total"] == 0
    assert (await office.client.get("/records/findings")).json()["items"] == []


async def test_a_duplicate_is_known_again_when_either_changes(office: Office) -> None:
    first = await office.add(url="rtsp://192.0.2.1/1")
    second = await office.add(url="rtsp://192.0.2.1/1", name="青秀区乙路口-东")
    await office.check()
    assert ("duplicate_source", "url") in await office.found(second)
    await office.client.patch(f"/cameras/{first}", json={"url": "rtsp://192.0.2.9/1"}, headers={"If-Match": "*"})
    assert await office.check() == 1
    assert await office.found(second) == set()


async def test_reported_values_are_kept_and_a_persons_word_goes_before_them(office: Office) -> None:
    camera = await office.add()

    async def report(record: str) -> dict[str, str]:
        async with office.database.write() as session:
            await session.execute(text("UPDATE cameras SET record = CAST(:said AS jsonb)"), {"said": record})
        return dict((await office.camera(camera))["file"])

    assert await report('{"Info/RecordSaveDays": "30", "Manufacturer": "甲"}') == {
        "record_days": "30",
        "manufacturer": "甲",
    }
    assert (await report('{"Info/RecordSaveDays": "", "Manufacturer": "乙"}')) == {
        "record_days": "30",
        "manufacturer": "乙",
    }
    said = {"file": {"manufacturer": "丙", "record_days": None}}
    await office.client.patch(f"/cameras/{camera}", json=said, headers={"If-Match": "*"})
    assert await report('{"Info/RecordSaveDays": "60", "Manufacturer": "丁"}') == {"manufacturer": "丙"}


async def test_certain_repairs_run_by_themselves_only_where_somebody_said_so(office: Office) -> None:
    camera = await office.add(name="青秀区Ａ座")
    await office.check()
    async with office.database.write() as session:
        assert await service.by_rule(session, "45", office.clock.now()) == []
    assert (await office.client.put("/records/rules/point_zero", json={"auto": True})).status_code == 422
    assert (await office.client.put("/records/rules/name_form", json={"auto": True})).status_code == 200
    async with office.database.write() as session:
        made = await service.by_rule(session, "45", office.clock.now())
    assert len(made) == 1
    await office.worked(str(made[0]))
    assert (await office.camera(camera))["name"] == "青秀区A座"
    office.client.caller = Somebody(permissions=RIGHTS, regions=("4501",))
    assert (await office.client.put("/records/rules/name_form", json={"auto": False})).status_code == 403


async def test_converting_by_rule_takes_the_permission_to_convert(office: Office) -> None:
    office.client.caller = Somebody(permissions=RIGHTS, regions=("45",))
    refused = await office.client.put("/records/rules/point_system", json={"auto": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "catalog.conversion_forbidden")
    office.client.caller = Somebody(permissions=RIGHTS | {"cameras.convert"}, regions=("45",))
    assert (await office.client.put("/records/rules/point_system", json={"auto": True})).status_code == 200
