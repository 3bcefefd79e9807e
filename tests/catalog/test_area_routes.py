"""Cameras chosen by shape, compared with what the same cameras are by simple arithmetic."""

from typing import Any

import pytest
import shapely
from shapely.geometry import Polygon, shape

from commonsight.catalog.areas import metres
from commonsight.records.database import Database
from tests.catalog.conftest import SEEDED, Client, Somebody

STAR = [[108.0, 22.3], [108.35, 22.75], [109.0, 22.7], [108.45, 22.95], [108.6, 23.6], [108.2, 23.0], [108.0, 22.3]]
HOLE = [[108.3, 22.78], [108.4, 22.78], [108.4, 22.86], [108.3, 22.86], [108.3, 22.78]]
WHOLE = [[104.0, 20.0], [113.0, 20.0], [113.0, 27.0], [104.0, 27.0], [104.0, 20.0]]


async def every(client: Client) -> dict[str, Any]:
    return {camera["id"]: camera for camera in await client.all("/cameras", limit=500) if camera["point"]}


async def selected(client: Client, polygon: dict[str, Any], **params: Any) -> tuple[set[str], dict[str, Any]]:
    ids: list[str] = []
    after = None
    while True:
        answer = await client.post(
            "/cameras/select", params=params | ({"after": after} if after else {}), json={"polygon": polygon}
        )
        assert answer.status_code == 200, answer.text
        body = answer.json()
        ids += body["items"]
        after = body["next"]
        if after is None:
            assert len(ids) == len(set(ids))
            return set(ids), body["counts"]


@pytest.mark.parametrize(
    "polygon",
    [
        {"type": "Polygon", "coordinates": [STAR]},
        {"type": "Polygon", "coordinates": [STAR, HOLE]},
        {"type": "MultiPolygon", "coordinates": [[STAR, HOLE], [[[109, 23], [110, 23], [110, 24], [109, 23]]]]},
    ],
)
async def test_a_polygon_chooses_just_the_cameras_inside(client: Client, seeded: Database, polygon: Any) -> None:
    cameras = await every(client)
    area = shape(polygon)
    inside = {key for key, camera in cameras.items() if shapely.contains_xy(area, *camera["point"])}
    found, counts = await selected(client, polygon, limit=7)
    assert found == inside
    assert 0 < counts["total"] == len(inside) < SEEDED
    traffic = {key for key in inside if cameras[key]["sector"] == "traffic"}
    assert (await selected(client, polygon, sector="traffic"))[0] == traffic


async def test_a_polygon_of_many_corners_doubles_no_camera_on_its_cuts(client: Client, seeded: Database) -> None:
    corners = [list(point) for point in Polygon(WHOLE).segmentize(0.02).exterior.coords]
    found, counts = await selected(client, {"type": "Polygon", "coordinates": [corners]}, limit=500)
    assert len(found) == counts["total"] == SEEDED


async def test_a_selection_stays_within_the_callers_regions(client: Client, seeded: Database) -> None:
    client.caller = Somebody(regions=("4503",))
    found, counts = await selected(client, {"type": "Polygon", "coordinates": [WHOLE]}, limit=500)
    assert counts["total"] == len(found) == len(await client.all("/cameras", limit=500)) < SEEDED
    refused = await client.post("/cameras/select", json={"polygon": {"type": "Polygon", "coordinates": [STAR[:-1]]}})
    assert (refused.status_code, refused.json()["rule"]) == (422, "closed ring")


async def test_the_nearest_are_the_nearest_in_metres(client: Client, seeded: Database) -> None:
    cameras = await every(client)
    here = (108.37, 22.82)
    expected = sorted((metres(here, camera["point"]), key) for key, camera in cameras.items())
    answer = await client.get(
        "/cameras/nearest", params={"lon": here[0], "lat": here[1], "within": 100_000, "limit": 30}
    )
    items = answer.json()["items"]
    assert [item["id"] for item in items] == [key for _, key in expected[:30]]
    assert [item["metres"] for item in items] == pytest.approx([far for far, _ in expected[:30]], abs=0.1)
    close = await client.get("/cameras/nearest", params={"lon": here[0], "lat": here[1], "within": 2_000, "limit": 500})
    assert len(close.json()["items"]) == sum(far <= 2_000 for far, _ in expected)
    domes = await client.get(
        "/cameras/nearest", params={"lon": here[0], "lat": here[1], "within": 100_000, "kind": "dome", "limit": 3}
    )
    assert {item["kind"] for item in domes.json()["items"]} == {"dome"}


async def test_cameras_along_a_route_come_in_its_order(client: Client, seeded: Database) -> None:
    cameras = await every(client)
    line = {"type": "LineString", "coordinates": [[108.0, 22.6], [108.4, 22.85], [109.2, 23.1]]}
    params, body = {"limit": 10}, {"line": line, "metres": 3_000}
    items, after = [], None
    while True:
        answer = await client.post("/cameras/along", params=params | ({"after": after} if after else {}), json=body)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        after = answer.json()["next"]
        if after is None:
            break
    total = answer.json()["counts"]["total"]
    assert len(items) == total == len({item["id"] for item in items}) > 10
    assert [item["along"] for item in items] == sorted(item["along"] for item in items)
    # Beside the way: walking it in steps of a few metres finds the same cameras.
    track = shape(line).segmentize(0.0005)
    near = {
        key
        for key, camera in cameras.items()
        if min(metres(camera["point"], step) for step in track.coords) <= 3_000 - 30
    }
    assert near <= {item["id"] for item in items}
    for item in items:
        assert min(metres(item["point"], step) for step in track.coords) == pytest.approx(item["metres"], abs=40)


async def test_a_kind_of_place_narrows_list_map_and_tree_alike(client: Client, seeded: Database) -> None:
    some = [camera["id"] for camera in (await client.all("/cameras", limit=500))[:5]]
    for camera_id in some:
        changed = await client.patch(f"/cameras/{camera_id}", json={"place": "stadium"}, headers={"If-Match": "*"})
        assert changed.json()["place"] == "stadium"
    assert {camera["id"] for camera in await client.all("/cameras", place="stadium")} == set(some)
    box = {"bbox": "100,15,115,30", "place": "stadium"}
    points = (await client.get("/cameras/map", params=box | {"zoom": 9})).json()["points"]
    assert {point[3] for point in points} == set(some)
    cells = (await client.get("/cameras/map", params=box | {"zoom": 6})).json()["cells"]
    assert sum(cell[1] for cell in cells) == 5
    assert (await client.get("/cameras", params={"place": "moon"})).json()["operand"] == "place"
    tree = (await client.get("/cameras/tree", params={"parent": "45", "place": "stadium"})).json()["items"]
    assert sum(node["total"] for node in tree) == 5
    counted = (await client.get("/cameras/summary", params={"place": "stadium"})).json()
    assert (counted["total"], counted["unknown"]) == (5, 5)
    traffic = await client.all("/cameras", sector="traffic", limit=500)
    tree = (await client.get("/cameras/tree", params={"parent": "45", "sector": "traffic"})).json()["items"]
    assert sum(node["total"] for node in tree) == len(traffic) < SEEDED
    tree = (await client.get("/cameras/tree", params={"parent": "45", "health": "offline"})).json()["items"]
    assert {node["total"] for node in tree} == {0}
