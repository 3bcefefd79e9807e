"""An area over two days, with gates on two cameras, against a real database."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from commonsight.analyze import archive, store
from commonsight.analyze.areas import routes, service
from commonsight.analyze.model import Analysis, Line, Observation, SceneSetup
from commonsight.clock import ManualClock
from commonsight.records.database import Database
from tests.analyze.world import add_camera
from tests.catalog.conftest import Client, Somebody, filed, filed_url, key, speaking

__all__ = ["filed", "filed_url", "key"]

MORNING = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
"""Nine o'clock in Asia/Shanghai."""
EDITOR = Somebody(permissions=frozenset({"scenes.read", "analysis.write"}))


async def count(database: Database, camera: UUID, line: str, start: datetime, into: float, out: float) -> None:
    """What a camera's scene wrote of one minute."""
    figures = {"visitors_in": into, "visitors_out": out, "visitors_inferred": 0.0}
    rows = [
        Observation(camera, "450103", "visitors", line, start, 60, measure, "person", value, 1.0)
        for measure, value in figures.items()
    ]
    async with database.write() as session:
        await store.put(session, camera, "450103", rows)


async def tick(database: Database, area: str, now: datetime) -> Any:
    async with database.write() as session:
        return await service.tick(session, UUID(area), now)


async def told(database: Database) -> list[tuple[str, str]]:
    async with database.read() as session:
        rows = await session.execute(text("SELECT incident, state FROM incidents ORDER BY incident"))
        return [(row.incident, row.state) for row in rows]


async def speak(client: Client, clock: ManualClock) -> None:
    client.caller = EDITOR
    transport: Any = client._transport
    transport.app.state.clock = clock


async def test_an_area_fills_warns_is_counted_and_empties(filed: Database) -> None:
    async with filed.write() as session:
        await archive.make_partitions(session, MORNING.date())
    gate = Line("gate", "北门", (0.0, 0.5), (1.0, 0.5))
    scene = SceneSetup("gates", "visitors", "客流", lines=("gate",))
    north = await add_camera(filed, 1, "450103", Analysis(enabled=True, lines=(gate,), scenes=(scene,)))
    south = await add_camera(filed, 2, "450103", Analysis())
    clock = ManualClock(MORNING)
    async for client in speaking(filed, routes.router):
        await speak(client, clock)
        body = {
            "name": "青秀山", "region": "450103", "capacity": 100,
            "gates": [{"camera": str(north), "line": "gate"}, {"camera": str(south), "line": "door", "inward": "out"}],
        }  # fmt: skip
        drawn = (await client.get("/visitor-gates")).json()["items"]
        assert [(one["camera"], one["line"], one["line_name"]) for one in drawn] == [(str(north), "gate", "北门")]
        unseen = body | {"gates": [{"camera": str(UUID(int=5)), "line": "gate"}]}
        assert (await client.post("/visitor-areas", json=unseen)).json()["code"] == "analyze.camera_unknown"
        assert (await client.post("/visitor-areas", json=body | {"region": "11"})).status_code == 403
        twice = body | {"gates": [body["gates"][0], body["gates"][0]]}  # type: ignore[index]
        assert (await client.post("/visitor-areas", json=twice)).json()["operand"] == "gates.1"
        made = await client.post("/visitor-areas", json=body)
        assert made.status_code == 201, made.text
        area, path = made.json()["id"], f"/visitor-areas/{made.json()['id']}"
        assert made.json()["now"] is None

        # Twenty come in a minute, half of them through the gate that is drawn the other way round.
        for minute in range(4):
            start = MORNING + timedelta(minutes=minute)
            await count(filed, north, "gate", start, 12, 2)
            await count(filed, south, "door", start, 0, 12)
        now = MORNING + timedelta(minutes=4)
        clock.advance((now - clock.now()).total_seconds())
        standing = await tick(filed, area, now)
        assert standing.inside == 88
        assert not standing.settled
        assert (await tick(filed, area, now)).inside == 88
        assert await told(filed) == [("capacity_warning", "open")]
        shown = (await client.get(path)).json()
        assert (shown["level"], shown["now"]["inside"], shown["now"]["coverage"]) == ("warning", 88, 1.0)
        assert shown["now"]["error"] > 0

        # People count 102: it goes on from there, and that is too many.
        counted = await client.post(f"{path}/counts", json={"count": 102, "note": "清点"})
        assert (counted.status_code, counted.json()["thought"]) == (201, 88)
        await count(filed, north, "gate", now, 3, 0)
        now += timedelta(minutes=1)
        standing = await tick(filed, area, now)
        assert standing.inside == 105
        assert standing.settled
        assert await told(filed) == [("capacity_alarm", "open"), ("capacity_warning", "open")]

        # What is still inside by the book at four in the morning is drift.
        now = datetime(2026, 5, 1, 20, 5, tzinfo=UTC)
        clock.advance((now - clock.now()).total_seconds())
        standing = await tick(filed, area, now)
        assert standing.inside == 0
        assert await told(filed) == [("capacity_alarm", "over"), ("capacity_warning", "over")]
        curve = (await client.get(f"{path}/curve", params={"hours": 24})).json()
        assert [one["kind"] for one in curve["counts"]] == ["empty", "count"]
        assert max(one["most"] for one in curve["items"]) == 105
        assert curve["items"][-1]["inside"] == 0

        tag = (await client.get(path)).headers["etag"]
        stale = await client.put(path, json=body | {"capacity": 200}, headers={"If-Match": '"old"'})
        assert stale.status_code == 412
        changed = await client.put(path, json=body | {"capacity": 200}, headers={"If-Match": tag})
        assert changed.json()["capacity"] == 200
        assert [one["id"] for one in (await client.get("/visitor-areas")).json()["items"]] == [area]
        gone = await client.delete(path, headers={"If-Match": changed.headers["etag"]})
        assert gone.status_code == 204
        assert (await client.get(path)).json()["code"] == "areas.unknown"
