"""Scenes over HTTP: the document, the list, packs. Trying a setup is a door: tests/house/test_doors.py tries it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI, Request

from commonsight.analyze import routes as documents
from commonsight.analyze.model import Analysis
from commonsight.analyze.scenes import pack_routes, routes
from commonsight.api import problem
from commonsight.clock import SystemClock
from commonsight.records.database import Database
from commonsight.settings import Settings
from tests.analyze.world import ZONE, add_camera
from tests.catalog.conftest import Somebody


class Analyst(Somebody):
    """Somebody the audit log can name."""

    address = None


ANALYST = Analyst(permissions=frozenset({"scenes.read", "cameras.read", "analysis.write"}))
ELSEWHERE = Analyst(regions=("4503",), permissions=ANALYST.permissions)
SETUP = {"id": "crowd-1", "scene": "gathering", "name": "广场聚集", "zones": ["all"], "settings": {"least": 12}}


@asynccontextmanager
async def calling(database: Database, caller: Somebody = ANALYST) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    for router in (documents.router, routes.router, pack_routes.router):
        app.include_router(router, prefix="/api/v1")
    problem.install(app)
    app.state.database, app.state.clock, app.state.settings = database, SystemClock(), Settings()

    async def authorize(_: Request, permission: str) -> Somebody:
        assert permission in caller.permissions
        return caller

    app.state.authorize = authorize
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t/api/v1") as client:
        yield client


async def put(client: httpx.AsyncClient, camera: object, **change: Any) -> httpx.Response:
    read = await client.get(f"/cameras/{camera}/analysis")
    keep = {key: value for key, value in read.json().items() if key in ("enabled", "model", "fps", "lines", "zones")}
    return await client.put(
        f"/cameras/{camera}/analysis", json=keep | change, headers={"If-Match": read.headers["etag"]}
    )


async def test_a_document_with_scenes_is_kept_and_found_again(database: Database) -> None:
    camera = await add_camera(database, analysis=Analysis(enabled=True, zones=(ZONE,)))
    async with calling(database) as client:
        refused = await put(client, camera, scenes=[SETUP | {"settings": {"least": 100_000}}])
        assert (refused.status_code, refused.json()["operand"]) == (422, "scenes.0.settings.least")
        assert refused.json()["actual"] == 100_000
        kept = await put(client, camera, scenes=[SETUP])
        assert kept.status_code == 200, kept.text
        assert kept.json()["scenes"][0]["settings"] == {"least": 12}
        # A page that knows nothing of scenes leaves them as they are, but cannot take away what they look at.
        again = await put(client, camera, fps=2)
        assert (again.json()["fps"], len(again.json()["scenes"])) == (2, 1)
        assert (await put(client, camera, zones=[])).json()["operand"] == "scenes.0.zones"
        listed = {one["code"]: one for one in (await client.get("/scenes")).json()["items"]}
        assert (listed["gathering"]["cameras"], listed["gathering"]["cameras_on"]) == (1, 1)
        assert listed["congestion"]["cameras"] == 0
        (use,) = (await client.get("/scenes/gathering/cameras")).json()["items"]
        assert (use["camera_id"], use["setup"], use["running"]) == (str(camera), "crowd-1", False)
        assert (await client.get("/scenes/nothing")).json()["code"] == "scenes.code_unknown"
    async with calling(database, ELSEWHERE) as client:
        assert (await client.get("/scenes/gathering")).json()["cameras"] == 0
        assert (await client.get("/scenes/gathering/cameras")).json()["items"] == []


async def test_a_pack_goes_to_other_cameras_and_back(database: Database) -> None:
    proven = await add_camera(database, 1, analysis=Analysis(enabled=True, zones=(ZONE,)))
    bare, changed = [await add_camera(database, number, analysis=Analysis()) for number in (2, 3)]
    async with calling(database) as client:
        await put(client, proven, scenes=[SETUP])
        body = {"cameras": [{"camera_id": str(proven)}], "name": "广场"}
        exported = await client.post("/scene-packs/export", json=body)
        assert exported.status_code == 200, exported.text
        pack = exported.json()
        meant = {"pack": pack, "cameras": [str(bare), str(changed)], "whole": True}
        seen = (await client.post("/scene-packs/check", json=meant)).json()
        assert [one["laid"] for one in seen["cameras"]] == [1, 1]
        assert (await client.get(f"/cameras/{bare}/analysis")).json()["scenes"] == []
        applied = await client.post("/scene-packs/apply", json=meant)
        assert applied.status_code == 201
        laid = (await client.get(f"/cameras/{bare}/analysis")).json()
        assert (laid["enabled"], laid["scenes"][0]["settings"], laid["scenes"][0]["zones"]) == (
            True, {"least": 12}, ["whole"]
        )  # fmt: skip
        assert (await put(client, changed, fps=3)).status_code == 200
        undo = f"/scene-packs/changes/{applied.json()['change']}/undo"
        assert (await client.post(undo)).json() == {"put_back": 1, "kept": 1}
        back = (await client.get(f"/cameras/{bare}/analysis")).json()
        assert (back["enabled"], back["scenes"], back["zones"]) == (False, [], [])
        assert len((await client.get(f"/cameras/{changed}/analysis")).json()["scenes"]) == 1
        assert (await client.post(undo)).json()["code"] == "scenes.change_undone"
        (told,) = (await client.get("/scene-packs/changes")).json()["items"]
        assert (told["cameras"], told["kept"], told["pack_name"]) == (2, 1, "广场")
    async with calling(database, ELSEWHERE) as client:
        assert (await client.get("/scene-packs/changes")).json()["items"] == []
        assert (await client.post(undo)).status_code == 404
