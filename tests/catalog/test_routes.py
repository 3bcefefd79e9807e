"""The camera file over HTTP."""

import csv
import io
from uuid import uuid4

import pytest
from sqlalchemy import text

from commonsight.catalog import service
from commonsight.catalog.model import Total
from commonsight.catalog.views import AtLeast, CamerasOut
from commonsight.records.database import Database
from tests.catalog.conftest import SEEDED, Client, Somebody

NEW = {
    "name": "民族大道古城路口-东",
    "region": "450103",
    "url": "rtsp://admin:hunter2@10.1.2.3:554/s",
    "point": [108.366, 22.817],
    "organisation": "南宁市公安局青秀分局",
}


async def test_a_camera_is_filed_changed_archived_and_restored(empty_client: Client, filed: Database) -> None:
    made = await empty_client.post("/cameras", json=NEW)
    assert made.status_code == 201, made.text
    camera = made.json()
    assert camera["source"] == {"protocol": "rtsp", "url": "rtsp://10.1.2.3:554/s", "username": "admin"}
    assert "hunter2" not in made.text
    assert camera["code"][:8] == "45010300"
    assert [region["name"] for region in camera["path"]] == ["广西壮族自治区", "南宁市", "青秀区"]
    assert camera["health"] == "unknown"
    path = made.headers["Location"]
    found = await empty_client.get(path)
    assert found.json() == camera
    async with filed.read() as session:
        source = await service.camera_source(session, camera["id"])
        assert source is not None
        assert source.password == "hunter2"
        stored = await session.execute(text("SELECT secret FROM cameras WHERE id = :id"), {"id": camera["id"]})
        assert b"hunter2" not in bytes(stored.scalar_one())

    etag = found.headers["ETag"]
    assert (await empty_client.patch(path, json={"name": "x"})).status_code == 428
    changed = await empty_client.patch(path, json={"name": "新名"}, headers={"If-Match": etag})
    assert changed.status_code == 200
    assert changed.json()["name"] == "新名"
    assert changed.json()["address"] == ""
    assert (await empty_client.patch(path, json={"name": "y"}, headers={"If-Match": etag})).status_code == 412
    assert [c["id"] for c in await empty_client.all("/cameras", q="新名")] == [camera["id"]]
    assert await empty_client.all("/cameras", q="古城") == []

    assert (await empty_client.delete(path)).status_code == 204
    assert (await empty_client.delete(path)).status_code == 204
    assert await empty_client.all("/cameras") == []
    assert [c["id"] for c in await empty_client.all("/cameras", archived="true")] == [camera["id"]]
    assert (await empty_client.get(path)).json()["archived_at"] is not None
    assert (await empty_client.post(f"{path}/restore")).json()["archived_at"] is None
    assert len(await empty_client.all("/cameras")) == 1
    async with filed.read() as session:
        audit = await session.execute(text("SELECT action FROM audit ORDER BY at, id"))
        assert set(audit.scalars()) == {
            f"catalog.camera_{verb}" for verb in ("added", "changed", "archived", "restored")
        }


async def test_an_address_alone_is_enough(empty_client: Client) -> None:
    made = await empty_client.post("/cameras", json={"url": "rtsp://10.1.2.3/s"})
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["region"]["code"]) == ("10.1.2.3", "45")


async def test_changing_the_address_forgets_password_and_health(empty_client: Client, filed: Database) -> None:
    path = (await empty_client.post("/cameras", json=NEW)).headers["Location"]
    changed = await empty_client.patch(path, json={"url": "rtsp://10.9.9.9/s"}, headers={"If-Match": "*"})
    assert changed.json()["source"] == {"protocol": "rtsp", "url": "rtsp://10.9.9.9/s", "username": None}
    async with filed.read() as session:
        assert (await session.execute(text("SELECT secret FROM cameras"))).scalar_one() is None


async def test_a_write_sent_twice_happens_once(empty_client: Client) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await empty_client.post("/cameras", json=NEW, headers=headers)
    second = await empty_client.post("/cameras", json=NEW, headers=headers)
    assert first.json()["id"] == second.json()["id"]
    assert len(await empty_client.all("/cameras")) == 1


async def test_bad_input_is_refused_naming_the_field(empty_client: Client) -> None:
    for change, operand in [
        ({"url": "ftp://10.1.2.3/"}, "url"),
        ({"url": "rtsp://127.0.0.1/"}, "url"),
        ({"region": "4599"}, "region"),
        ({"region": "x"}, "region"),
        ({"code": "1"}, "code"),
        ({"kind": "spy"}, "kind"),
        ({"sector": "spy"}, "sector"),
        ({"point": [200, 0]}, "point"),
        ({"platform_id": str(uuid4())}, "platform_id"),
        ({"name": "\u0007"}, "name"),
        ({"colour": "red"}, "colour"),
    ]:
        refused = await empty_client.post("/cameras", json=NEW | change)
        assert refused.status_code == 422, (change, refused.text)
        assert refused.json()["operand"] == operand
        assert "hunter2" not in refused.text


async def test_an_identifier_belongs_to_one_camera(empty_client: Client) -> None:
    code = "45010300001320000118"
    assert (await empty_client.post("/cameras", json=NEW | {"code": code})).status_code == 201
    refused = await empty_client.post("/cameras", json=NEW | {"code": code})
    assert (refused.status_code, refused.json()["code"]) == (409, "catalog.code_taken")


async def test_gcj_coordinates_are_converted_when_told_and_kept(empty_client: Client) -> None:
    refused = await empty_client.post("/cameras", json=NEW | {"system": "GCJ-02"})
    assert (refused.status_code, refused.json()["expected"]) == (403, "cameras.convert")
    empty_client.caller.permissions |= {"cameras.convert"}
    made = (await empty_client.post("/cameras", json=NEW | {"system": "GCJ-02"})).json()
    assert made["original"] == [108.366, 22.817]
    assert made["system"] == "GCJ-02"
    assert made["point"] != made["original"]
    assert abs(made["point"][0] - 108.366) < 0.01


async def test_nobody_sees_or_writes_beyond_their_regions(client: Client, seeded: Database) -> None:
    everything = await client.all("/cameras", limit=500)
    outside = next(camera for camera in everything if not camera["region"]["code"].startswith("4501"))
    client.caller = Somebody(regions=("4501",))
    for sort in ("name", "-name", "code", "health_at", "-health_at"):
        seen = await client.all("/cameras", sort=sort)
        assert {camera["region"]["code"][:4] for camera in seen} == {"4501"}
        assert len(seen) == sum(camera["region"]["code"].startswith("4501") for camera in everything)
    assert await client.all("/cameras", q=outside["name"]) == []
    assert (await client.get("/cameras", params={"region": "4502"})).status_code == 403
    assert (await client.get(f"/cameras/{outside['id']}")).status_code == 404
    assert (await client.delete(f"/cameras/{outside['id']}")).status_code == 404
    patched = await client.patch(f"/cameras/{outside['id']}", json={"name": "x"}, headers={"If-Match": "*"})
    assert patched.status_code == 404
    assert (await client.post("/cameras", json=NEW | {"region": "4502"})).status_code == 403
    tree = (await client.get("/cameras/tree", params={"parent": "45"})).json()["items"]
    assert [node["code"] for node in tree if node["total"]] == ["4501"]
    assert (await client.get("/cameras/summary")).json()["total"] == len(seen)
    box = {"bbox": "100,15,115,30"}
    points = (await client.get("/cameras/map", params=box | {"zoom": 9})).json()["points"]
    assert {point[3] for point in points} == {camera["id"] for camera in seen}
    cells = (await client.get("/cameras/map", params=box | {"zoom": 6})).json()["cells"]
    assert sum(cell[1] for cell in cells) == len(seen)
    exported = (await client.get("/cameras/export.csv")).text
    assert outside["code"] not in exported


async def test_the_map_changes_from_cells_to_points(client: Client, seeded: Database) -> None:
    far = (await client.get("/cameras/map", params={"bbox": "104,20,113,27", "zoom": 6})).json()
    assert (far["mode"], far["resolution"]) == ("density", 5)
    assert sum(cell[1] for cell in far["cells"]) == SEEDED
    part = (await client.get("/cameras/map", params={"bbox": "108,22,109,23.5", "zoom": 8})).json()
    assert 0 < len(part["cells"]) < len(far["cells"])
    near = (await client.get("/cameras/map", params={"bbox": "104,20,113,27", "zoom": 9.5})).json()
    assert (near["mode"], near["truncated"], len(near["points"])) == ("points", False, SEEDED)
    camera = (await client.get(f"/cameras/{near['points'][0][3]}")).json()
    assert camera["point"] == pytest.approx(near["points"][0][:2], abs=1e-5)
    for bbox in ("", "1,2,3", "2,1,1,2", "nan,1,2,3", "x,1,2,3"):
        refused = await client.get("/cameras/map", params={"bbox": bbox, "zoom": 5})
        assert (refused.status_code, refused.json()["operand"]) == (422, "bbox")


async def test_a_list_looks_as_its_schema_says(client: Client, seeded: Database) -> None:
    found = await client.get("/cameras", params={"limit": 20})
    assert CamerasOut.model_validate(found.json()).items[0].region.name
    assert CamerasOut.model_validate(CamerasOut.body([], None, Total(5, exact=False))).total == AtLeast(atLeast=5)


async def test_a_cursor_of_another_order_is_refused(client: Client, seeded: Database) -> None:
    after = (await client.get("/cameras", params={"sort": "name", "limit": 5})).json()["next"]
    refused = await client.get("/cameras", params={"sort": "code", "after": after})
    assert refused.json()["code"] == "http.cursor_invalid"


async def test_the_export_says_what_it_is_and_starts_no_formula(empty_client: Client) -> None:
    await empty_client.post("/cameras", json=NEW | {"name": "=HYPERLINK(1)", "address": "+1 路"})
    answer = await empty_client.get("/cameras/export.csv", params={"region": "4501"})
    assert answer.content.startswith(b"\xef\xbb\xbf# ")
    lines = answer.text.lstrip("\ufeff").splitlines()
    heading = [line for line in lines if line.startswith("#")]
    assert "韦警官" in heading[0]
    assert "region=4501" in heading[1]
    rows = list(csv.DictReader(io.StringIO("\n".join(lines[len(heading) :]))))
    assert rows[0]["名称"] == "'=HYPERLINK(1)"
    assert rows[0]["安装地址"] == "'+1 路"
    assert rows[0]["国标编码"].strip().isdigit()


async def test_words_and_platforms_are_listed(client: Client, seeded: Database) -> None:
    words = (await client.get("/cameras/vocabulary")).json()
    assert {"code": "dome", "zh": "球机", "en": "Dome (PTZ)"} in words["kinds"]
    assert len((await client.get("/platforms")).json()["items"]) == 14
