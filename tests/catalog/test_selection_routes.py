"""A set of cameras that every list understands."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from commonsight.catalog import selection_store
from commonsight.records.database import Database
from tests.catalog.conftest import SEEDED, Client, Somebody

AREA = {"type": "Polygon", "coordinates": [[[108.0, 22.3], [109.0, 22.3], [109.0, 23.2], [108.0, 23.2], [108.0, 22.3]]]}
ROUTE = {"type": "LineString", "coordinates": [[108.0, 22.6], [108.4, 22.85], [109.2, 23.1]]}


async def chosen(client: Client, body: dict[str, Any], **params: Any) -> dict[str, Any]:
    answer = await client.post("/cameras/selections", params=params, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def listed(client: Client, selection: str, **params: Any) -> set[str]:
    return {camera["id"] for camera in await client.all("/cameras", selection=selection, limit=50, **params)}


async def test_an_area_a_route_and_names_become_sets_that_lists_understand(client: Client, seeded: Database) -> None:
    inside = (await client.post("/cameras/select", params={"limit": 5_000}, json={"polygon": AREA})).json()["items"]
    made = await chosen(client, {"polygon": AREA})
    assert 0 < made["total"] == len(inside) < SEEDED
    assert await listed(client, made["id"]) == set(inside)

    route = {"line": ROUTE, "metres": 3_000}
    beside = (await client.post("/cameras/along", params={"limit": 500}, json=route)).json()["items"]
    made = await chosen(client, route)
    assert await listed(client, made["id"]) == {camera["id"] for camera in beside}

    made = await chosen(client, {"cameras": [*inside[:3], inside[0], str(uuid4())]})
    assert made["total"] == 3
    assert await listed(client, made["id"]) == set(inside[:3])
    found = await client.get(f"/cameras/selections/{made['id']}")
    assert found.json() == made


async def test_filters_narrow_what_is_chosen_and_what_is_shown(client: Client, seeded: Database) -> None:
    every = await chosen(client, {"polygon": AREA})
    traffic = await chosen(client, {"polygon": AREA}, sector="traffic")
    assert 0 < traffic["total"] < every["total"]
    assert await listed(client, every["id"], sector="traffic") == await listed(client, traffic["id"])
    shown = await client.get("/cameras", params={"selection": every["id"], "limit": 1})
    assert shown.json()["total"] == every["total"]


async def test_a_colleague_sees_their_own_part(client: Client, seeded: Database) -> None:
    made = await chosen(client, {"polygon": AREA})
    every = await listed(client, made["id"])
    client.caller = Somebody(regions=("4503",))
    assert await listed(client, made["id"]) < every


async def test_what_is_wrong_is_refused_and_leaves_nothing(
    client: Client, seeded: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for body in ({}, {"polygon": AREA, "line": ROUTE}):
        assert (await client.post("/cameras/selections", json=body)).json()["code"] == "catalog.selection_empty"
    monkeypatch.setattr(selection_store, "MEMBERS_MOST", 5)
    crowded = await client.post("/cameras/selections", json={"polygon": AREA})
    assert (crowded.status_code, crowded.json()["code"]) == (422, "catalog.selection_crowded")
    async with seeded.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM camera_selections")) == 0
    unknown = await client.get(f"/cameras/selections/{uuid4()}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "catalog.selection_unknown")


async def test_a_person_keeps_the_newest_and_the_expired_go(client: Client, seeded: Database) -> None:
    ids = [camera["id"] for camera in await client.all("/cameras", limit=50)]
    made = [await chosen(client, {"cameras": [ids[n]]}) for n in range(selection_store.PERSONS_MOST + 2)]
    states = [(await client.get(f"/cameras/selections/{one['id']}")).status_code for one in made]
    assert states == [404, 404] + [200] * selection_store.PERSONS_MOST
    async with seeded.write() as session:
        await session.execute(text("UPDATE camera_selections SET expires_at = now() - interval '1 second'"))
    assert (await client.get(f"/cameras/selections/{made[-1]['id']}")).status_code == 404
    await chosen(client, {"cameras": ids[:1]})
    async with seeded.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM camera_selection_members")) == 1
