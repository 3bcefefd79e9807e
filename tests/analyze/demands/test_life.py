"""A need from its filing to its review, against a real database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from commonsight.analyze import store as analyses
from commonsight.analyze.demands import routes, service, tasks
from commonsight.analyze.model import Analysis, Line, SceneSetup
from commonsight.clock import ManualClock
from commonsight.jobs import House
from commonsight.outbox import Entry
from commonsight.records.database import Database
from commonsight.settings import Settings
from tests.access import people
from tests.analyze.world import add_camera
from tests.catalog.conftest import Client, Somebody, filed, filed_url, key, speaking

__all__ = ["filed", "filed_url", "key"]

NOON = datetime(2026, 10, 1, 4, tzinfo=UTC)
GATE = Line("gate", "Gate", (0.0, 0.5), (1.0, 0.5))
FLOW = SceneSetup("flow", "people_flow", "Flow", lines=("gate",))
READS = frozenset({"demands.read", "demands.write"})


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


async def place(database: Database, camera: Any, lon: float, direction: float | None) -> None:
    async with database.write() as session:
        await session.execute(
            text("""
                UPDATE cameras SET location = point(:lon, 22.8), direction = :direction, field_angle = 60,
                    view_distance = 60, health = 1, kind = 'bullet' WHERE id = :id"""),
            {"id": camera, "lon": lon, "direction": direction},
        )


async def test_a_need_is_matched_accepted_run_judged_and_published(filed: Database, tmp_path: Path) -> None:
    running = await add_camera(filed, 1, "450103", Analysis(enabled=True, lines=(GATE,), scenes=(FLOW,)))
    off = SceneSetup("off", "people_flow", "Off", lines=("gate",), enabled=False)
    drawn = await add_camera(filed, 2, "450103", Analysis(lines=(GATE,), scenes=(off,)))
    away = await add_camera(filed, 3, "450103", Analysis())
    # Two look at the east gate from 30 m, the third the other way.
    for camera, direction in ((running, 90.0), (drawn, 90.0), (away, 270.0)):
        await place(filed, camera, 108.3000, direction)
    east = 108.3000 + 30 / (111_320 * 0.922)
    clock = ManualClock(NOON)
    house = House(Settings(data_dir=tmp_path), filed, clock)
    officer = await people.add(filed, "wei", roles=("officer",))
    operator = await people.add(filed, "li", roles=("operator",))
    asker = Somebody(id=officer.id, permissions=READS, organisation="文旅局")
    decider = Somebody(id=operator.id, permissions=READS | {"analysis.write"}, organisation="视频中心")
    before = await _documents(filed, running, drawn, away)
    async for client in speaking(filed, routes.router):
        await _speak(client, asker, clock)
        body = {
            "title": "节假日东门客流", "scene": "people_flow", "region": "450103", "reason": "假日客流疏导",
            "points": [{"name": "东门", "at": [east, 22.8]}, {"name": "北门", "at": [108.9, 22.8]}],
            "starts_at": at(1).isoformat(), "ends_at": at(9).isoformat(), "error_most": 0.1,
        }  # fmt: skip
        made = await client.post("/demands", json=body)
        assert made.status_code == 201, made.text
        need, path = made.json(), f"/demands/{made.json()['id']}"
        assert (need["state"], need["actions"], need["saved"]) == ("matched", ["withdraw"], 1)
        east_gate, north_gate = need["found"]["points"]
        assert [one["camera"] for one in east_gate["offers"]] == [str(running), str(drawn)]
        assert north_gate["offers"] == []
        offers = {one["id"]: one for one in need["found"]["cameras"]}
        assert (offers[str(running)]["scene"], offers[str(running)]["cores"]) == ("running", 0)
        assert offers[str(drawn)]["scene"] == "there"
        assert offers[str(drawn)]["cores"] > 0
        refused = await client.post(f"{path}/steps", json={"action": "accept"}, headers={"If-Match": "*"})
        assert refused.json()["code"] == "analyze.demand_not_yours"

        client.caller = decider
        accepted = await client.post(
            f"{path}/steps", json={"action": "accept", "cameras": [str(running), str(drawn)]},
            headers={"If-Match": made.headers["ETag"]},
        )  # fmt: skip
        assert accepted.json()["state"] == "accepted", accepted.text
        await tasks.tend(house)
        assert await _documents(filed, running, drawn, away) == before
        clock.advance(3600)
        await tasks.tend(house)
        found = (await client.get(path)).json()
        assert [(one["reused"], one["state"]) for one in found["members"]] == [(True, "on"), (False, "on")]
        worn = await _documents(filed, running, drawn, away)
        assert worn[running] == before[running]
        assert [one.instead for one in worn[drawn].scenes if one.source] == ["off"]

        async with filed.write() as session:
            await session.execute(
                text("""
                    INSERT INTO observations (camera_id, target, measure, class, start, seconds, place, scene, value,
                        coverage)
                    VALUES (:camera, 'gate', 'people_in', 'all', :at, 60, '450103', 'people_flow', 9, 0.5)"""),
                {"camera": drawn, "at": at(2)},
            )
        clock.advance(3 * 3600)
        async with filed.write() as session:
            await service.tally(session, _id(need), clock.now())
        async with filed.write() as session:
            # Observations are gone by now, and the same hours are not counted twice.
            await session.execute(text("DELETE FROM observations"))
            await service.tally(session, _id(need), clock.now())
        clock.advance(6 * 3600)
        await tasks.tend(house)
        assert await _documents(filed, running, drawn, away) == before
        client.caller = asker
        over = await client.get(path)
        assert (over.json()["benefit"]["figures"], over.json()["benefit"]["coverage"]) == (1, 0.5)
        review = {"action": "review", "words": "数据可用", "mark": 4}
        judged = await client.post(f"{path}/steps", json=review, headers={"If-Match": over.headers["ETag"]})
        assert (judged.json()["state"], judged.json()["mark"]) == ("reviewed", 4)
        client.caller = decider
        assert (await client.put(f"{path}/case", json={"words": "东门一条线即可"})).json()["published"] is True
        library = (await client.get("/demands/library")).json()
        assert [(one["title"], one["mark"]) for one in library["cases"]] == [("节假日东门客流", 4)]
        assert any(one["scene"] == "people_flow" and one["installed"] for one in library["recipes"])
        assert (await client.delete(f"{path}/case")).json()["published"] is False
    await _told(filed, officer.id, operator.id)


async def _told(database: Database, officer: Any, operator: Any) -> None:
    async with database.write() as session:
        rows = list(await session.execute(text("SELECT id, topic, payload FROM outbox WHERE topic LIKE '%.demand_%'")))
        for row in rows:
            await tasks.tell(session, Entry(row.id, NOON, row.topic, row.payload, b""))
        told = list(await session.execute(text("SELECT person_id, type FROM notices")))
    assert {(row.person_id, row.type) for row in told} == {
        (operator, "demand_filed"), (officer, "demand_decided"), (officer, "demand_stopped"),
    }  # fmt: skip


def _id(need: dict[str, Any]) -> Any:
    return UUID(need["id"])


async def _documents(database: Database, *cameras: Any) -> dict[Any, Analysis]:
    async with database.read() as session:
        return await analyses.documents(session, cameras)


async def _speak(client: Client, caller: Somebody, clock: ManualClock) -> None:
    client.caller = caller
    transport: Any = client._transport
    transport.app.state.clock = clock
