"""A deployment from its plan to its report, against a real database; every hour of it passes in an instant."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from commonsight.analyze import store as analyses
from commonsight.analyze.deployments import checking, routes, service, store, tasks, tending
from commonsight.analyze.deployments.model import Deployment, Shift, State
from commonsight.analyze.deployments.service import Said
from commonsight.analyze.model import Analysis, SceneSetup
from commonsight.analyze.switching import Wanted
from commonsight.gate.grant_model import Selection
from commonsight.outbox import Entry
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from tests.access import people
from tests.analyze.world import ZONE, add_camera
from tests.catalog.conftest import Client, Somebody, speaking

NOON = datetime(2026, 10, 1, 4, tzinfo=UTC)
ZONE_OF = ZoneInfo("Asia/Shanghai")
CALLER = Somebody(permissions=frozenset({"deployments.read", "deployments.write"}))
OWN = Analysis(zones=(ZONE,), scenes=(SceneSetup("bags", "left_object", "Bags", ("all",), enabled=False),))


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


@dataclass
class Square:
    """Two cameras, one with the scene set up and switched off, and two people."""

    database: Database
    first: UUID
    second: UUID
    wei: UUID
    li: UUID

    def said(self, **more: Any) -> Said:
        given: dict[str, Any] = {
            "name": "国庆广场", "starts_at": at(1), "ends_at": at(5), "choice": Selection(regions=("4501",)),
            "scenes": (Wanted("left_object", {"seconds": 30}), Wanted("people_flow")), "factor": 4,
            "shifts": (Shift(self.wei, at(1), at(3), "值班长"), Shift(self.li, at(3), at(5))),
        }  # fmt: skip
        return Said(**given | more)

    async def plan(self, **more: Any) -> Deployment:
        async with self.database.write() as session:
            return await service.add(session, CALLER, self.said(**more), NOON)

    async def tend(self, hours: float) -> None:
        await tending.tend(self.database, ZONE_OF, at(hours))

    async def rows(self, query: str, **values: Any) -> list[Any]:
        async with self.database.write() as session:
            return list(await session.execute(text(query), values))

    async def do(self, query: str, **values: Any) -> None:
        async with self.database.write() as session:
            await session.execute(text(query), values)

    async def documents(self) -> dict[UUID, Analysis]:
        async with self.database.read() as session:
            return await analyses.documents(session, [self.first, self.second])

    async def one(self, made: Deployment) -> Deployment:
        async with self.database.read() as session:
            found = await store.one(session, made.id)
        assert found is not None
        return found


@pytest.fixture
async def square(database: Database) -> Square:
    first = await add_camera(database, 1, "450102", OWN)
    second = await add_camera(database, 2, "450103", Analysis())
    await add_camera(database, 3, "450200", Analysis())
    async with database.write() as session:
        await session.execute(text("UPDATE cameras SET health = 3 WHERE id = :id"), {"id": second})
    wei, li = await people.add(database, "wei"), await people.add(database, "li")
    return Square(database, first, second, wei.id, li.id)


async def test_it_takes_back_exactly_what_it_put_on_even_when_it_was_cut_off(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await square.documents()
    made = await square.plan()
    async with square.database.read() as session:
        findings = await checking.check(session, await service.as_draft(session, made), NOON)
        assert await store.boosts(session, at(2)) == {}
    assert [one.code.rpartition("check_")[2] for one in findings] == ["offline", "drawn", "unknown", "compute_unknown"]
    await square.tend(0.5)
    assert (await square.one(made)).state is State.PLANNED

    # The job dies at the second camera: nothing of its transaction stays, and the next turn does it all.
    whole = service.move
    done: list[UUID] = []

    async def dies(session: Any, found: Any, camera_id: UUID, state: str, now: datetime) -> None:
        if done:
            raise ConnectionError("killed")
        done.append(camera_id)
        await whole(session, found, camera_id, state, now)

    monkeypatch.setattr(service, "move", dies)
    with pytest.raises(ConnectionError):
        await square.tend(1)
    assert await square.documents() == before
    monkeypatch.setattr(service, "move", whole)
    await square.tend(1.1)
    worn = (await square.documents())[square.first]
    assert [(one.scene, one.instead, one.settings) for one in worn.scenes if one.source] == [
        ("left_object", "bags", {"seconds": 30.0})
    ]
    async with square.database.read() as session:
        found = await store.boosts(session, at(2))
        assert found[square.first] == (4.0, at(5), "国庆广场")
        # Its time is over, and no job has come: it boosts nothing all the same.
        assert await store.boosts(session, at(5)) == {}
        states = {one.camera_id: (one.state, one.missing) for one in await store.members(session, made.id)}
    assert states[square.second] == ("on", ({"scene": "people_flow", "what": "drawn"},))

    await square.tend(5)
    over = await square.one(made)
    assert (over.state, over.ended_at) == (State.OVER, at(5))
    assert await square.documents() == before
    await square.tend(5.1)
    assert await square.documents() == before


async def test_people_on_duty_are_told_and_the_report_says_what_was_missed(square: Square) -> None:
    made = await square.plan(scenes=(Wanted("left_object"), Wanted("visitors")))
    await square.tend(1)
    await square.do("""
        INSERT INTO analysis_leases (camera_id, worker, epoch, until, state)
        VALUES (:camera, 'see-1', 1, :until, '{"running": true, "coverage": 0.9}')""",
        camera=square.first, until=at(9))  # fmt: skip
    case, incident = uuid7(), uuid7()
    await square.do("""
        INSERT INTO cases (id, kind, severity, state, subject, source, key, scope, region, first_at, last_at, opened_at,
            changed_at, deadline_at, camera_id, words, place)
        VALUES (:id, 'incident', 3, 'assigned', 'x', 'scene', 'k', 's', '450102', :at, :at, :at, :at, :at, :camera,
            '', '')""",
        id=case, at=at(2), camera=square.first)  # fmt: skip
    await square.do("""
        INSERT INTO case_steps (id, case_id, at, action, before, after, by_name)
        VALUES (:id, :case, :at, 'assign', 'open', 'assigned', 'wei')""",
        id=uuid7(), case=case, at=at(2.1))  # fmt: skip
    await square.do("""
        INSERT INTO incidents (id, camera_id, place, setup, scene, incident, target, key, state, began_at, again_at,
            told_at, score, severity, epoch, case_id)
        VALUES (:id, :camera, '450102', 's', 'left_object', 'left_object', 'all', 'bag', 'open', :at, :at, :at, 0.8, 3,
            1, :case)""",
        id=incident, camera=square.first, at=at(2), case=case)  # fmt: skip
    await square.do("""
        INSERT INTO observations (camera_id, target, measure, class, start, seconds, place, scene, value, coverage)
        VALUES (:camera, 'gate', 'visitors_in', 'all', :at, 60, '450102', 'visitors', 12, 0.5)""",
        camera=square.first, at=at(2))  # fmt: skip
    async with square.database.write() as session:
        entry = Entry(7, at(2), "respond.case_opened", {"case": str(case), "number": 41}, b"")
        await tasks.tell_case(session, entry)
    # Two looks a minute apart, the second one after the change of shifts.
    await square.tend(2.99)
    await square.tend(3.01)
    for row in await square.rows("SELECT id, topic, payload FROM outbox WHERE topic LIKE 'analyze.deployment%'"):
        async with square.database.write() as session:
            await tasks.tell(session, Entry(100 + row.id, at(3), row.topic, row.payload, b""))
    told = await square.rows("SELECT person_id, type FROM notices ORDER BY at, type")
    assert {(row.person_id, row.type) for row in told} == {
        (square.wei, "deployment_started"), (square.wei, "deployment_case"), (square.li, "deployment_handed"),
    }  # fmt: skip
    async with square.database.read() as session:
        kinds = [line.kind for line in await store.log_page(session, made.id, None, 20)]
    assert kinds == ["handover", "down", "case", "started"]
    async for client in _client(square.database, at(4)):
        found = (await client.get(f"/deployments/{made.id}/report")).json()
        assert found["incidents"] | {"closed_minutes": None} == {
            "total": 1, "cases": 1, "real": 0, "false": 0, "open": 1, "taken": 1, "taken_minutes": 6.0, "closed": 0,
            "closed_minutes": None,
        }  # fmt: skip
        (figure,) = [one for one in found["figures"] if one["measure"] == "visitors_in"]
        assert (figure["value"], figure["coverage"]) == (12, 0.5)
        worst = found["watched"][0]
        assert (worst["camera"], worst["coverage"]) == (str(square.second), 0.0)
        assert worst["missed"] == worst["unwatched"] > 0
        board = (await client.get(f"/deployments/{made.id}/board")).json()
        assert [(one["name"], one["number"], one["case_state"]) for one in board["incidents"]] == [
            ("遗留物", board["incidents"][0]["number"], "assigned")
        ]
        assert [one["name"] for one in board["on_duty"]] == ["Li"]
        assert board["coverage_now"] == 0.45
        file = await client.get(f"/deployments/{made.id}/report/file", params={"format": "xlsx"})
        assert file.content.startswith(b"PK")


async def test_who_sees_only_a_part_may_look_at_it_and_change_nothing(square: Square) -> None:
    async for client in _client(square.database, at(0)):
        body = {
            "name": "国庆广场", "starts_at": at(1).isoformat(), "ends_at": at(5).isoformat(),
            "cameras": {"regions": ["4501"]}, "scenes": [{"scene": "left_object"}],
            "shifts": [{"person": str(square.wei), "from": at(1).isoformat(), "to": at(5).isoformat()}],
        }  # fmt: skip
        checked = await client.post("/deployments/check", json=body)
        assert checked.json()["cameras"] == 2
        made = await client.post("/deployments", json=body)
        assert made.status_code == 201, made.text
        path = f"/deployments/{made.json()['id']}"
        assert (await client.put(path, json=body | {"name": "改名"})).status_code == 428
        renamed = await client.put(path, json=body | {"name": "改名"}, headers={"If-Match": made.headers["ETag"]})
        assert renamed.json()["name"] == "改名"
        assert (await client.post(f"{path}/steps", json={"action": "cancel"})).json()["actions"] == ["resume"]
        assert (await client.post(f"{path}/steps", json={"action": "resume"})).json()["state"] == "planned"
        assert (await client.post(f"{path}/steps", json={"action": "start"})).json()["state"] == "running"
        client.caller = Somebody(regions=("450103",), permissions=CALLER.permissions)
        seen = (await client.get(path)).json()
        assert seen["wide"] is False
        assert [one["id"] for one in (await client.get(f"{path}/board")).json()["cameras"]] == [str(square.second)]
        refused = await client.post(f"{path}/steps", json={"action": "end"})
        assert (refused.status_code, refused.json()["code"]) == (403, "analyze.deployment_wider")
        assert (await client.post(f"{path}/log", json={"words": "东门限流"})).status_code == 201
        client.caller = Somebody(regions=("4502",), permissions=CALLER.permissions)
        assert (await client.get(path)).status_code == 404
        assert (await client.get("/deployments")).json()["items"] == []


async def _client(database: Database, now: datetime) -> AsyncIterator[Client]:
    async for client in speaking(database, routes.router):
        client.caller = CALLER
        app: Any = client._transport
        app.app.state.clock.__init__(now)
        yield client
