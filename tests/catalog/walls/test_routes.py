"""Walls over HTTP: kept, shared within an organisation, remembered; favourites."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from commonsight.catalog.walls import model, routes
from commonsight.records.database import Database
from tests.catalog.conftest import Client, Somebody, speaking

POLICE, TRAFFIC = uuid4(), uuid4()


@pytest.fixture
async def client(seeded: Database) -> AsyncIterator[Client]:
    """A client of the walls, who is a person on file."""
    async with seeded.write() as session:
        for organisation, name in ((POLICE, "南宁市公安局"), (TRAFFIC, "南宁市交通运输局")):
            await session.execute(
                text("INSERT INTO organisations (id, name, created_at) VALUES (:id, :name, now())"),
                {"id": organisation, "name": name},
            )
    async for made in speaking(seeded, routes.router):
        await person(seeded, made.caller, POLICE)
        yield made


async def person(database: Database, who: Somebody, organisation: UUID | None) -> Somebody:
    async with database.write() as session:
        await session.execute(
            text(
                "INSERT INTO people (id, name, display_name, organisation_id, password_hash, must_change_password, "
                "language, active, roles, regions, created_at, updated_at, revision) VALUES (:id, :name, :shown, "
                ":unit, '', false, 'zh', true, '{officer}', '{45}', now(), now(), 1)"
            ),
            {"id": who.id, "name": who.id.hex, "shown": who.display_name, "unit": organisation},
        )
    return who


async def ids(database: Database, most: int, region: str = "4501") -> list[str]:
    async with database.read() as session:
        found = await session.execute(
            text("SELECT id FROM cameras WHERE starts_with(region, :region) ORDER BY code LIMIT :most"),
            {"region": region, "most": most},
        )
        return [str(row.id) for row in found]


def layout(*cells: list[str] | None, size: int = 4, tour: list[str] | None = None) -> dict[str, Any]:
    hung: list[Any] = [None if cell is None else {"cameras": cell, "seconds": 10} for cell in cells]
    hung += [None] * (size - len(hung))
    return {"size": size, "cells": hung, "tour": None if tour is None else {"cameras": tour, "seconds": 20}}


async def test_a_wall_is_kept_changed_and_forgotten(client: Client, seeded: Database) -> None:
    one, two, three = await ids(seeded, 3)
    said = {"name": " 路口 ", "layout": layout([one], None, [two, three])}
    made = await client.post("/walls", json=said)
    assert made.status_code == 201, made.text
    wall = made.json()
    assert (wall["name"], wall["mine"], wall["shared"]) == ("路口", True, False)
    assert wall["layout"]["cells"][2] == {"cameras": [two, three], "seconds": 10}
    assert [camera["id"] for camera in wall["cameras"]] == [one, two, three]
    assert (await client.post("/walls", json=said)).json()["code"] == "catalog.wall_name_taken"

    place = made.headers["Location"]
    unasked = await client.patch(place, json={"name": "新名"})
    assert unasked.status_code == 428
    changed = await client.patch(
        place, json={"layout": layout([two], size=9, tour=[one, three])}, headers={"If-Match": made.headers["ETag"]}
    )
    assert changed.json()["layout"]["size"] == 9
    late = await client.patch(place, json={"name": "新名"}, headers={"If-Match": made.headers["ETag"]})
    assert late.status_code == 412
    (item,) = await client.all("/walls")
    assert (item["size"], item["cameras"], item["tours"]) == (9, 3, True)

    await client.post("/walls", json=said | {"name": "另一面"})
    clash = await client.patch(place, json={"name": "另一面"}, headers={"If-Match": "*"})
    assert (clash.status_code, clash.json()["code"]) == (409, "catalog.wall_name_taken")
    assert (await client.delete(place)).status_code == 204
    assert (await client.get(place)).status_code == 404
    assert [item["name"] for item in await client.all("/walls", limit=1)] == ["另一面"]


async def test_what_cannot_hang_is_refused(client: Client, seeded: Database) -> None:
    (one,) = await ids(seeded, 1)
    wrong = {"size": 4, "cells": [None], "tour": None}
    assert (await client.post("/walls", json={"name": "a", "layout": wrong})).json()["code"] == "catalog.wall_cells"
    stranger = str(uuid4())
    refused = await client.post("/walls", json={"name": "a", "layout": layout([one, stranger])})
    assert (refused.json()["code"], refused.json()["actual"]) == ("catalog.wall_cameras_unknown", [stranger])
    many = layout(*[[str(uuid4()) for _ in range(model.TOUR_MOST)] for _ in range(3)])
    assert (await client.post("/walls", json={"name": "a", "layout": many})).json()["code"] == "catalog.wall_crowded"
    for field in (
        {"size": 5},
        {"cells": [{"cameras": [], "seconds": 10}] * 4},
        {"tour": {"cameras": [one], "seconds": 1}},
    ):
        assert (await client.post("/walls", json={"name": "a", "layout": layout() | field})).status_code == 422
    assert (await client.post("/walls", json={"name": "a\x00", "layout": layout()})).status_code == 422
    # Outside the caller's regions a camera is as unknown as one that does not exist.
    client.caller.regions = ("4509",)
    assert (await client.post("/walls", json={"name": "a", "layout": layout([one])})).status_code == 422


async def test_a_wall_is_shared_within_the_organisation_only(client: Client, seeded: Database) -> None:
    one, two = await ids(seeded, 2)
    made = await client.post("/walls", json={"name": "勤务", "shared": True, "layout": layout([one], [two])})
    place, owner = made.headers["Location"], client.caller

    client.caller = await person(seeded, Somebody(regions=("4503",), display_name="黄警官"), POLICE)
    (item,) = await client.all("/walls")
    assert (item["mine"], item["owner"]) == (False, owner.display_name)
    seen = await client.get(place)
    assert seen.status_code == 200
    # A colleague elsewhere sees where something hangs, but not what.
    assert seen.json()["cameras"] == []
    refused = await client.patch(place, json={"name": "x"}, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json()["code"]) == (403, "catalog.wall_not_own")
    assert (await client.delete(place)).status_code == 403

    client.caller = await person(seeded, Somebody(), TRAFFIC)
    assert await client.all("/walls") == []
    assert (await client.get(place)).status_code == 404

    # Whoever moves on takes their wall along, but does not show it to the new colleagues.
    async with seeded.write() as session:
        await session.execute(
            text("UPDATE people SET organisation_id = :unit WHERE id = :id"), {"unit": TRAFFIC, "id": owner.id}
        )
    assert await client.all("/walls") == []
    client.caller = owner
    assert len(await client.all("/walls")) == 1
    unshared = await client.patch(place, json={"shared": False}, headers={"If-Match": "*"})
    assert unshared.json()["shared"] is False

    client.caller = await person(seeded, Somebody(), None)
    alone = await client.post("/walls", json={"name": "勤务", "shared": True, "layout": layout()})
    assert alone.json()["code"] == "catalog.wall_no_organisation"


async def test_ones_wall_is_there_again_at_the_next_login(client: Client, seeded: Database) -> None:
    first = (await client.get("/walls/current")).json()
    assert (first["layout"]["size"], first["cameras"], first["wall_id"]) == (4, [], None)
    one, two = await ids(seeded, 2)
    made = await client.post("/walls", json={"name": "勤务", "layout": layout([one])})
    now = {"layout": layout([one], [two], size=9), "wall_id": made.json()["id"]}
    assert (await client.put("/walls/current", json=now)).status_code == 204
    found = (await client.get("/walls/current")).json()
    assert (found["layout"]["size"], found["wall_name"]) == (9, "勤务")
    assert [camera["id"] for camera in found["cameras"]] == [one, two]

    # A camera that goes out of use is left out, and keeps nothing else from being remembered.
    async with seeded.write() as session:
        await session.execute(text("UPDATE cameras SET archived_at = now() WHERE id = :id"), {"id": one})
    assert (await client.put("/walls/current", json=now)).status_code == 204
    assert [camera["id"] for camera in (await client.get("/walls/current")).json()["cameras"]] == [two]

    mine = client.caller
    client.caller = await person(seeded, Somebody(), TRAFFIC)
    assert (await client.put("/walls/current", json=now)).status_code == 404
    assert (await client.get("/walls/current")).json()["cameras"] == []
    client.caller = mine
    await client.delete(made.headers["Location"])
    assert (await client.get("/walls/current")).json()["wall_name"] is None


async def test_favourites_are_ones_own(client: Client, seeded: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    marked = await ids(seeded, 3)
    for camera in (*marked, marked[0]):
        assert (await client.put(f"/favourites/{camera}")).status_code == 204
    assert {camera["id"] for camera in await client.all("/favourites", limit=2)} == set(marked)
    assert (await client.put(f"/favourites/{uuid4()}")).status_code == 404
    for _ in range(2):
        assert (await client.delete(f"/favourites/{marked[0]}")).status_code == 204
    assert len(await client.all("/favourites")) == 2

    monkeypatch.setattr("commonsight.catalog.walls.service.FAVOURITES_MOST", 2)
    refused = await client.put(f"/favourites/{marked[0]}")
    assert (refused.status_code, refused.json()["code"]) == (422, "catalog.favourites_many")
    assert len(await client.all("/favourites")) == 2

    client.caller = await person(seeded, Somebody(), POLICE)
    assert await client.all("/favourites") == []


async def test_a_person_keeps_a_bounded_number_of_walls(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commonsight.catalog.walls.service.WALLS_MOST", 1)
    assert (await client.post("/walls", json={"name": "一", "layout": layout()})).status_code == 201
    assert (await client.post("/walls", json={"name": "二", "layout": layout()})).json()["code"] == "catalog.walls_many"
