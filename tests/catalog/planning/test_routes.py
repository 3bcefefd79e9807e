"""Before you build, over HTTP: what is seen, what is decided, what was saved."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from commonsight.records.database import Database
from tests.catalog.conftest import Client, Somebody

HERE = [108.366, 22.817]
PLAN = {"point": HERE, "direction": 90, "field_angle": 60, "view_distance": 80}
POINT = PLAN | {"name": "古城路口西南角", "region": "450103", "cost": 12_000.50, "note": "=1+1"}


@pytest.fixture
async def watched(empty_client: Client, filed: Database) -> Client:
    """Two cameras that look along the road, one of them broken, and one of which nobody knows where it looks."""
    for number, (name, more) in enumerate(
        (
            ("东向", {"direction": 90, "field_angle": 60, "view_distance": 80, "kind": "fixed"}),
            ("坏的", {"direction": 90, "field_angle": 90, "view_distance": 90, "kind": "fixed"}),
            ("不知", {"kind": "fixed"}),
        )
    ):
        said = {"name": name, "region": "450103", "point": [HERE[0] + number * 1e-5, HERE[1]]} | more
        assert (await empty_client.post("/cameras", json=said)).status_code == 201
    async with filed.write() as session:
        await session.execute(text("UPDATE cameras SET health = CASE name WHEN '坏的' THEN 3 ELSE 1 END"))
    return empty_client


async def test_coverage_names_the_cameras_that_make_it_a_duplicate(watched: Client) -> None:
    found = (await watched.post("/planning/coverage", json=PLAN)).json()
    assert found["seen"] == pytest.approx(1, abs=0.01)
    assert found["working"] == pytest.approx(1, abs=0.01)
    assert (found["unknown"], found["duplicates"]) == (1, 2)
    assert {camera["name"] for camera in found["cameras"] if camera["duplicate"]} == {"东向", "坏的"}
    assert found["finding"]["code"] == "catalog.coverage_covered"
    assert "100%" in found["finding"]["message"]
    english = await watched.post("/planning/coverage", json=PLAN, headers={"Accept-Language": "en"})
    assert "flat ground" in english.json()["assumptions"]
    away = (await watched.post("/planning/coverage", json=PLAN | {"direction": 270})).json()
    assert away["seen"] < 0.05


async def test_cameras_that_do_not_work_are_to_be_mended_first(watched: Client, filed: Database) -> None:
    async with filed.write() as session:
        await session.execute(text("UPDATE cameras SET health = 3"))
    found = (await watched.post("/planning/coverage", json=PLAN)).json()
    assert (found["finding"]["code"], found["working"]) == ("catalog.coverage_broken", 0)


async def test_blind_spots_are_told_for_an_area(watched: Client) -> None:
    ring = [[108.364, 22.815], [108.368, 22.815], [108.368, 22.819], [108.364, 22.819], [108.364, 22.815]]
    body = {"polygon": {"type": "Polygon", "coordinates": [ring]}, "cell_metres": 10}
    found = (await watched.post("/planning/blind-spots", json=body)).json()
    assert (found["cameras"], found["unknown"], found["truncated"]) == (2, 1, False)
    assert 0 < found["seen"] < 0.1
    assert len(found["blind"]) == round(found["cells"] * (1 - found["seen"]))
    # A camera outside the area whose field reaches into it counts.
    east = [[108.3664, 22.8165], [108.368, 22.8165], [108.368, 22.8175], [108.3664, 22.8175], [108.3664, 22.8165]]
    beyond = await watched.post(
        "/planning/blind-spots", json=body | {"polygon": {"type": "Polygon", "coordinates": [east]}}
    )
    assert beyond.json()["seen"] > 0
    refused = await watched.post("/planning/blind-spots", json=body | {"polygon": {"type": "Point"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "catalog.shape_invalid")


async def decide(client: Client, made: Any, **said: Any) -> Any:
    return await client.post(f"{made.headers['Location']}/decision", json=said, headers={"If-Match": "*"})


async def test_a_point_is_planned_changed_and_saved_with_its_evidence(watched: Client, filed: Database) -> None:
    made = await watched.post("/planning/points", json=POINT)
    assert made.status_code == 201, made.text
    path = made.headers["Location"]
    assert (made.json()["state"], made.json()["cost"], made.json()["region"]["name"]) == ("planned", 12_000.5, "青秀区")
    assert (await watched.patch(path, json={"note": "x"})).status_code == 428
    etag = (await watched.get(path)).headers["ETag"]
    changed = await watched.patch(path, json={"view_distance": 60}, headers={"If-Match": etag})
    assert (changed.json()["view_distance"], changed.json()["note"]) == (60, "=1+1")
    assert (await watched.patch(path, json={"note": "y"}, headers={"If-Match": etag})).status_code == 412

    saved = (await decide(watched, made, state="saved", reason="已有两台覆盖")).json()
    assert (saved["state"], saved["decided_by"], saved["reason"]) == ("saved", "wei", "已有两台覆盖")
    assert saved["evidence"]["seen"] == pytest.approx(1, abs=0.01)
    assert {camera["name"] for camera in saved["evidence"]["cameras"]} == {"东向", "坏的"}
    refused = await decide(watched, made, state="built", reason="还是建了")
    assert (refused.status_code, refused.json()["code"]) == (409, "catalog.point_decided")
    assert (await watched.patch(path, json={"note": "z"}, headers={"If-Match": "*"})).status_code == 409
    again = (await decide(watched, made, state="planned", reason="撤回")).json()
    assert (again["state"], again["evidence"], again["decided_at"]) == ("planned", None, None)
    async with filed.read() as session:
        audit = await session.execute(text("SELECT action FROM audit WHERE subject_kind = 'planned_point' ORDER BY id"))
        assert list(audit.scalars()) == [
            "catalog.point_planned",
            "catalog.point_changed",
            "catalog.point_decided",
            "catalog.point_decided",
        ]


async def test_savings_are_added_up_listed_and_exported(watched: Client) -> None:
    for number in range(3):
        made = await watched.post("/planning/points", json=POINT | {"name": f"点{number}"})
        await decide(watched, made, state="saved" if number else "built", reason="=有了")
    found = (await watched.get("/planning/savings", params={"region": "4501", "limit": 1})).json()
    assert (found["points"], found["priced"], found["cost"]) == (2, 2, 24_001.0)
    assert len(await watched.all("/planning/savings", limit=1)) == 2
    assert len(await watched.all("/planning/points", limit=1)) == 3
    assert [point["state"] for point in await watched.all("/planning/points", state="built")] == ["built"]
    answer = await watched.get("/planning/savings/export.csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    heading = [line for line in lines if line.startswith("#")]
    assert "韦警官" in heading[0]
    rows = list(csv.DictReader(io.StringIO("\n".join(lines[len(heading) :]))))
    assert [(row["预计造价（元）"], row["理由"], row["备注"]) for row in rows] == [("12000.5", "'=有了", "'=1+1")] * 2
    book = openpyxl.load_workbook(io.BytesIO((await watched.get("/planning/savings/export.xlsx")).content))
    assert book.worksheets[0].max_row == len(heading) + 1 + 2


async def test_a_saving_has_a_price_and_nobody_plans_beyond_their_regions(watched: Client) -> None:
    made = await watched.post("/planning/points", json={k: v for k, v in POINT.items() if k != "cost"})
    refused = await decide(watched, made, state="saved", reason="有了")
    assert (refused.status_code, refused.json()["operand"]) == (422, "cost")
    assert (await decide(watched, made, state="saved", reason="有了", cost=5)).json()["cost"] == 5
    watched.caller = Somebody(regions=("4503",))
    assert (await watched.get(made.headers["Location"])).status_code == 404
    assert (await watched.get("/planning/savings")).json()["points"] == 0
    assert (await watched.post("/planning/points", json=POINT)).json()["code"] == "catalog.region_outside"
    assert (await watched.post("/planning/coverage", json=PLAN)).json()["cameras"] == []
