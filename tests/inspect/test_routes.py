"""Health over HTTP."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from commonsight.catalog import routes as catalog
from commonsight.inspect import routes, tasks
from commonsight.inspect.model import Tried
from commonsight.inspect.sweeps import store
from commonsight.inspect.verdicts import write_tries
from commonsight.jobs import House
from commonsight.outbox import Entry
from tests.catalog.conftest import Client, Somebody, speaking
from tests.inspect.test_model import ANSWERS, PLAYS, SILENT


@pytest.fixture
async def health(house: House) -> AsyncIterator[Client]:
    """A client of the health routes, with three cameras in three states."""
    async with house.database.write() as session:
        three = (await store.next_cameras(session))[:3]
        for _ in range(2):
            tried = [Tried(c, house.clock.now(), r) for c, r in zip(three, (PLAYS, ANSWERS, SILENT), strict=True)]
            await write_tries(session, tried, house.settings.inspect)
    async for made in speaking(house.database, catalog.router, routes.router):
        yield made


async def test_probes_are_shown_and_asked_for(health: Client, house: House) -> None:
    camera = (await health.get("/cameras", params={"health": "offline"})).json()["items"][0]
    probes = (await health.get(f"/cameras/{camera['id']}/probes")).json()["items"]
    assert [probe["error"] for probe in probes] == ["unreachable", "unreachable"]
    asked = await health.post(f"/cameras/{camera['id']}/probes")
    assert (asked.status_code, asked.json()["queued"]) == (202, True)
    assert (await health.post(f"/cameras/{camera['id']}/probes")).json()["queued"] is False
    health.caller = Somebody(regions=("4599",))
    assert (await health.get(f"/cameras/{camera['id']}/probes")).status_code == 404
    assert (await health.post(f"/cameras/{camera['id']}/probes")).status_code == 404


async def test_a_camera_without_a_source_cannot_be_checked(health: Client) -> None:
    made = (await health.post("/cameras", json={"name": "无地址"})).json()
    refused = await health.post(f"/cameras/{made['id']}/probes")
    assert (refused.status_code, refused.json()["code"]) == (409, "inspect.no_source")


async def test_the_sweep_tells_how_far_it_is(health: Client, house: House) -> None:
    assert (await health.get("/health/sweep")).json() is None
    async with house.database.write() as session:
        await tasks.plan_sweep(session, house)
    found = (await health.get("/health/sweep")).json()
    assert (found["cameras"], found["done"], found["finished_at"]) == (600, 0, None)


async def test_a_new_camera_is_checked_without_waiting(health: Client, house: House) -> None:
    made = (await health.post("/cameras", json={"url": "rtsp://10.1.2.3/s"})).json()
    async with house.database.write() as session:
        written = await session.execute(text("SELECT id, at, topic, payload, digest FROM outbox"))
        for row in written.all():
            await tasks.check_new(session, Entry(row.id, row.at, row.topic, row.payload, row.digest))
        queued = await session.execute(text("SELECT args->>'camera_id' FROM procrastinate_jobs"))
        assert list(queued.scalars()) == [made["id"]]
