"""The coordinator's doings over HTTP: pools, loans with preview and undo, priorities, and the question why."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from commonsight.analyze.budget import routes, service
from commonsight.analyze.model import Analysis
from commonsight.api import problem
from commonsight.clock import SystemClock
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.settings import Settings
from tests.analyze.world import ZONE, add_camera
from tests.catalog.conftest import Somebody

CLOCK = SystemClock()
COORDINATOR = Somebody(permissions=frozenset({"compute.read", "compute.write", "cameras.read"}))
GUILIN = Somebody(regions=("4503",), permissions=COORDINATOR.permissions)
COUNTED = Analysis(enabled=True, fps=1.0, zones=(ZONE,))


@asynccontextmanager
async def calling(database: Database, caller: Somebody) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(routes.router, prefix="/api/v1")
    problem.install(app)
    app.state.database, app.state.clock, app.state.settings = database, CLOCK, Settings()

    async def authorize(_: Request, permission: str) -> Somebody:
        assert permission in caller.permissions
        return caller

    app.state.authorize = authorize
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t/api/v1") as client:
        yield client


async def made(answer: Awaitable[httpx.Response], status: int = 200) -> Any:
    found = await answer
    assert found.status_code == status, found.text
    return found.json() if found.content else None


@pytest.mark.asyncio
async def test_a_coordinator_lends_foresees_and_takes_back(database: Database) -> None:
    cameras = [await add_camera(database, n, region="450102", analysis=COUNTED) for n in range(1, 9)]
    await nodes.beat(database, "see-1", "see", detail={"pool": "nanning", "capacity": {"available": 0.3}})
    await nodes.beat(database, "see-2", "see", detail={"pool": "guilin", "capacity": {"available": 2.0}})
    async with calling(database, COORDINATOR) as client:
        for name, label, region in (("nanning", "南宁", "4501"), ("guilin", "桂林", "4503")):
            body = {"label": label, "region": region}
            assert (await client.put(f"/compute/pools/{name}", json=body)).status_code == 428
            await made(client.put(f"/compute/pools/{name}", json=body, headers={"If-Match": "*"}))
        await service.round_(database, Settings(), CLOCK)
        pools = {pool["name"]: pool for pool in (await made(client.get("/compute/pools")))["items"]}
        assert set(pools) == {"", "nanning", "guilin"}
        assert pools["nanning"]["round"]["cameras"] == 8
        assert pools["nanning"]["round"]["shed"] > 4
        shed = await made(client.get("/compute/pools/nanning/cameras", params={"shed": True, "limit": 3}))
        assert len(shed["items"]) == 3
        assert shed["next"]
        why = await made(client.get(f"/cameras/{shed['items'][0]['id']}/budget"))
        assert (why["why"], why["need"], why["pool_label"]) == ("outbid", "watch", "南宁")
        assert why["next"]["cores"] > 0

        ends = (CLOCK.now() + timedelta(hours=2)).isoformat()
        loan = {"lender": "guilin", "borrower": "nanning", "cores": 1.0, "ends_at": ends, "words": "三月三"}
        foreseen = await made(client.post("/compute/loans/preview", json=loan))
        before = {each["pool"]: each for each in foreseen["items"]}
        assert before["nanning"]["shed_after"] == 0 < before["nanning"]["shed_before"]
        assert foreseen["worth_after"] > foreseen["worth_before"]
        assert (await made(client.get("/compute/loans")))["items"] == []
        lent = await made(client.post("/compute/loans", json=loan), 201)
        outcome = await service.round_(database, Settings(), CLOCK)
        assert outcome is not None
        assert {each.pool: each.shed for each in outcome.rounds}["nanning"] == before["nanning"]["shed_after"]

        refused = await made(client.post("/compute/loans", json=loan | {"cores": 9}), 409)
        assert (refused["code"], refused["operand"]) == ("analyze.nothing_to_lend", "cores")
        back = await made(client.post(f"/compute/loans/{lent['id']}/take-back"))
        assert back["taken_back_by"] == "韦警官"
        assert not back["running"]
        (listed,) = (await made(client.get("/compute/loans")))["items"]
        assert listed == back

        (first, *_) = (await made(client.get("/compute/priorities")))["items"]
        raised = await made(
            client.put(f"/compute/priorities/{first['scene']}", json={"factor": 3}, headers={"If-Match": first["etag"]})
        )
        assert (raised["factor"], raised["base"]) == (3.0, first["base"])
        gone = client.delete("/compute/pools/guilin", headers={"If-Match": pools["guilin"]["etag"]})
        await made(gone, 204)
        assert (await made(client.get("/compute/pools")))["idle_workers"] == ["see-2"]
    assert len(cameras) == 8


@pytest.mark.asyncio
async def test_a_city_moves_its_own_compute_only(database: Database) -> None:
    camera = await add_camera(database, 1, region="450102", analysis=COUNTED)
    await nodes.beat(database, "see-1", "see", detail={"pool": "nanning", "capacity": {"available": 2.0}})
    async with calling(database, COORDINATOR) as client:
        body = {"label": "南宁", "region": "4501"}
        await made(client.put("/compute/pools/nanning", json=body, headers={"If-Match": "*"}))
    async with calling(database, GUILIN) as client:
        assert [pool["name"] for pool in (await made(client.get("/compute/pools")))["items"]] == [""]
        await made(client.get("/compute/pools/nanning/rounds"), 404)
        await made(client.get(f"/cameras/{camera}/budget"), 404)
        outside = {"label": "柳州", "region": "4502"}
        refused = await made(client.put("/compute/pools/liuzhou", json=outside, headers={"If-Match": "*"}), 403)
        assert refused["code"] == "analyze.pool_outside_scope"
        own = {"label": "桂林", "region": "4503"}
        await made(client.put("/compute/pools/guilin", json=own, headers={"If-Match": "*"}))
        ends = (CLOCK.now() + timedelta(hours=2)).isoformat()
        taken = {"lender": "nanning", "borrower": "guilin", "cores": 0.5, "ends_at": ends}
        await made(client.post("/compute/loans", json=taken), 403)
