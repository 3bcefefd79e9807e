"""Identifiers checked and given out, and coordinates taken for another system, over HTTP."""

from sqlalchemy import text

from commonsight.places.coordinates import System, to_wgs84
from commonsight.records.database import Database
from tests.catalog.conftest import Client, Somebody

CODE = "45010300001320000118"


async def test_an_identifier_is_taken_apart_or_its_rule_named(empty_client: Client) -> None:
    await empty_client.post("/cameras", json={"name": "甲", "region": "450103", "code": CODE})
    asked = [CODE, "45010300001320000119", "4501030000132", "45010300002000000001", "99010300001320000118"]
    found = (await empty_client.post("/codes/check", json={"codes": asked})).json()["items"]
    assert [(item["valid"], item["taken"]) for item in found] == [
        (True, True),
        (True, False),
        (False, False),
        (False, False),
        (False, False),
    ]
    parts = found[0]["parts"]
    assert (parts["region"], parts["region_name"], parts["type"], parts["serial"]) == ("450103", "青秀区", 132, 118)
    assert parts["type_name"]["zh"] == "网络摄像机（IPC）"
    assert "20" in str(found[2]["problem"]["expected"])
    assert found[3]["problem"]["actual"] == 200
    platform = await empty_client.post("/codes/check", json={"codes": [asked[3]], "camera": False})
    assert platform.json()["items"][0]["parts"]["type_name"]["en"] == "Platform"


async def test_identifiers_are_given_out_once(empty_client: Client) -> None:
    first = (
        await empty_client.post("/codes/generate", json={"region": "450103", "sector": "traffic", "count": 50})
    ).json()
    second = (await empty_client.post("/codes/generate", json={"region": "450103", "sector": "traffic"})).json()
    given = first["codes"] + second["codes"]
    assert len(set(given)) == 51
    assert {code[:14] for code in given} == {"45010300041322"}
    checked = (await empty_client.post("/codes/check", json={"codes": given})).json()["items"]
    assert all(item["valid"] and not item["taken"] for item in checked)
    empty_client.caller = Somebody(regions=("4503",))
    refused = await empty_client.post("/codes/generate", json={"region": "450103"})
    assert (refused.status_code, refused.json()["code"]) == (403, "catalog.region_outside")


async def test_coordinates_are_read_anew_and_never_converted_twice(empty_client: Client, filed: Database) -> None:
    empty_client.caller.permissions |= {"cameras.convert"}
    made = await empty_client.post("/cameras", json={"name": "甲", "region": "450103", "point": [108.366, 22.817]})
    path = made.headers["Location"]
    said = {"region": "450103", "system": "GCJ-02", "because": "平台来函"}
    tried = (await empty_client.post("/cameras/convert", json=said | {"dry_run": True})).json()
    assert tried["moved"] == 1
    assert 100 < tried["metres"][1] < 700
    assert (await empty_client.get(path)).json()["point"] == [108.366, 22.817]
    for moved in (1, 0):
        done = (await empty_client.post("/cameras/convert", json=said)).json()
        assert (done["moved"], done["same"]) == (moved, 1 - moved)
        camera = (await empty_client.get(path)).json()
        lon, lat = to_wgs84(108.366, 22.817, System.GCJ02)
        assert camera["point"] == [round(lon, 6), round(lat, 6)]
        assert (camera["system"], camera["original"]) == ("GCJ-02", [108.366, 22.817])
    await empty_client.post("/cameras/convert", json=said | {"system": "WGS-84", "because": "来函有误"})
    assert (await empty_client.get(path)).json()["point"] == [108.366, 22.817]
    kept = (await empty_client.get(f"{path}/conversions")).json()["items"]
    assert [(line["from_system"], line["to_system"], line["because"]) for line in kept] == [
        ("GCJ-02", "WGS-84", "来函有误"),
        ("WGS-84", "GCJ-02", "平台来函"),
    ]
    async with filed.read() as session:
        audit = await session.execute(text("SELECT count(*) FROM audit WHERE action = 'catalog.coordinates_converted'"))
        assert audit.scalar_one() == 2


async def test_a_conversion_names_what_it_is_about(empty_client: Client) -> None:
    empty_client.caller.permissions |= {"cameras.convert"}
    refused = await empty_client.post("/cameras/convert", json={"system": "GCJ-02", "because": "?"})
    assert (refused.status_code, refused.json()["code"]) == (422, "catalog.conversion_unbounded")
