"""The tree of business groups, as lower platforms report it: rings, lost parents, cameras in several groups."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from commonsight.records.database import Database
from tests.catalog.conftest import Client, Somebody

SOURCE = UUID(int=7)


@pytest.fixture
async def grouped(seeded: Database) -> list[str]:
    """Two trees of groups over the first cameras; returns the ids of those, in the order they were put in."""
    async with seeded.write() as session:
        ids = list(
            (
                await session.execute(text("SELECT id FROM cameras WHERE region LIKE '4501%' ORDER BY id LIMIT 6"))
            ).scalars()
        )
        await session.execute(
            text(
                "INSERT INTO intake_sources (id, code, name, region, protocol, url_prefix) "
                "VALUES (:id, '45010000002000000001', '南宁平台', '4501', 'gb28181', 'gb28181://x/')"
            ),
            {"id": SOURCE},
        )
        for code, parent, name in (
            ("G1", None, "民生"),
            ("G11", "G1", "医院"),
            ("G111", "G11", "第一医院"),
            ("G2", "lost", "没有上级"),
            ("R1", "R2", "环一"),
            ("R2", "R1", "环二"),
        ):
            await session.execute(
                text(
                    "INSERT INTO camera_groups (source_id, code, kind, name, parent) "
                    "VALUES (:source, :code, 'group', :name, :parent)"
                ),
                {"source": SOURCE, "code": code, "name": name, "parent": parent},
            )
        for code, number in (("G1", 0), ("G11", 1), ("G111", 1), ("G111", 2), ("G2", 3), ("R1", 4), ("R2", 5)):
            await session.execute(
                text("INSERT INTO camera_group_members (source_id, code, camera_id) VALUES (:source, :code, :id)"),
                {"source": SOURCE, "code": code, "id": ids[number]},
            )
        await session.execute(text("UPDATE cameras SET health = 3 WHERE id = :id"), {"id": ids[2]})
    return [str(camera_id) for camera_id in ids]


async def tree(client: Client, parent: str | None = None) -> list[tuple[str, int, int, int]]:
    answer = await client.get("/cameras/groups", params={} if parent is None else {"parent": parent})
    assert answer.status_code == 200, answer.text
    return [(node["name"], node["total"], node["offline"], node["children"]) for node in answer.json()["items"]]


async def test_groups_count_each_camera_below_them_once(client: Client, grouped: list[str]) -> None:
    assert await tree(client) == [("南宁平台", 6, 1, 2)]
    assert await tree(client, str(SOURCE)) == [("民生", 3, 1, 1), ("没有上级", 1, 0, 0)]
    assert await tree(client, f"{SOURCE}:G1") == [("医院", 2, 1, 1)]
    assert await tree(client, f"{SOURCE}:G11") == [("第一医院", 2, 1, 0)]
    assert await tree(client, str(uuid4())) == []


async def test_a_ring_of_groups_ends_nobodys_patience(client: Client, grouped: list[str]) -> None:
    assert await tree(client, f"{SOURCE}:R1") == [("环二", 2, 0, 1)]


async def test_lists_and_maps_narrow_to_a_group(client: Client, grouped: list[str]) -> None:
    group = f"{SOURCE}:G11"
    assert {camera["id"] for camera in await client.all("/cameras", group=group)} == set(grouped[1:3])
    found = (await client.get("/cameras", params={"group": group})).json()
    assert found["total"] == 2
    box = {"bbox": "100,15,115,30", "zoom": 6, "group": group}
    assert sum(cell[1] for cell in (await client.get("/cameras/map", params=box)).json()["cells"]) == 2
    refused = await client.get("/cameras", params={"group": "x"})
    assert (refused.status_code, refused.json()["operand"]) == (422, "group")


async def test_groups_show_only_cameras_of_the_callers_regions(client: Client, grouped: list[str]) -> None:
    client.caller = Somebody(regions=("4503",))
    assert await tree(client, str(SOURCE)) == [("民生", 0, 0, 1), ("没有上级", 0, 0, 0)]
