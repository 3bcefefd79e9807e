"""From a file to the camera file and back, over HTTP, with the jobs a worker runs."""

import io
import json
from uuid import uuid4

import openpyxl
import pytest
from sqlalchemy import text

from commonsight.catalog import service
from commonsight.catalog.imports import tasks
from commonsight.records.database import Database
from tests.catalog.conftest import Somebody
from tests.catalog.imports.conftest import WRITER, Desk

HEADINGS = (
    "国标编码,名称,行政区划代码,安装地址,管理单位,类型,行业,经度,纬度,朝向,水平视场角,可视距离,视频地址,用户名,口令"
)
ROW = (
    "45010300001320000118,民族大道古城路口-东,450103,民族大道 100 号,南宁市公安局青秀分局,球机,公安,"
    "108.366,22.817,东,60,80,rtsp://10.1.2.3/s,admin,hunter2"
)
SECOND = ",古城小学门口,450103,古城路 5 号,,固定枪机,教育,108.35,22.81,180,90,40,,,"


def csv_of(*rows: str, headings: str = HEADINGS) -> bytes:
    return ("\r\n".join((headings, *rows)) + "\r\n").encode()


async def test_a_file_is_checked_written_and_taken_back(desk: Desk, filed: Database) -> None:
    made = await desk.bring("青秀.csv", csv_of(ROW, SECOND))
    assert (made["state"], made["rows"], made["added"], made["refused"]) == ("checked", 2, 2, 0), await desk.problems(
        made
    )
    assert (await desk.client.get("/cameras/summary")).json()["total"] == 0
    planned = await desk.client.all(f"/imports/{made['id']}/rows")
    assert [(row["row"], row["action"], row["name"]) for row in planned] == [
        (2, "add", "民族大道古城路口-东"),
        (3, "add", "古城小学门口"),
    ]

    done = await desk.commit(made)
    assert (done["state"], done["done"], done["can_undo"]) == ("committed", 2, True)
    first, second = await desk.client.all("/cameras", sort="-name")
    assert first["code"] == "45010300001320000118"
    assert (first["kind"], first["sector"], first["point"]) == ("dome", "public_security", [108.366, 22.817])
    assert first["organisation"] == "南宁市公安局青秀分局"
    assert second["code"][:10] == "4501030011"
    async with filed.read() as session:
        source = await service.camera_source(session, first["id"])
        assert source is not None
        assert (source.username, source.password) == ("admin", "hunter2")
        views = await session.execute(
            text("SELECT direction, field_angle, view_distance FROM cameras ORDER BY name DESC")
        )
        assert [tuple(row) for row in views] == [(90, 60, 80), (180, 90, 40)]
        kept = await session.execute(text("SELECT count(*) FROM import_parts"))
        assert kept.scalar_one() == 0
        written = await session.execute(text("SELECT string_agg(fields::text, '') FROM import_rows"))
        assert "hunter2" not in written.scalar_one()

    undone = await desk.undo(done)
    assert (undone["state"], undone["can_undo"]) == ("undone", False)
    assert await desk.client.all("/cameras") == []
    assert len(await desk.client.all("/cameras", archived="true")) == 2
    async with filed.read() as session:
        audit = await session.execute(text("SELECT action FROM audit ORDER BY at, id"))
        assert set(audit.scalars()) == {"catalog.import_committed", "catalog.import_undone"}


async def test_bringing_a_file_twice_changes_nothing(desk: Desk) -> None:
    await desk.commit(await desk.bring("a.csv", csv_of(ROW, SECOND)))
    again = await desk.bring("a.csv", csv_of(ROW, SECOND))
    assert (again["same"], again["added"], again["changed"], again["refused"]) == (2, 0, 0, 0)


async def test_every_wrong_cell_is_named_with_its_rule(desk: Desk) -> None:
    made = await desk.bring(
        "a.csv",
        csv_of(
            ROW.replace("球机", "圆机").replace("108.366", "208.366"),
            ROW.replace("45010300001320000118", "4501030000132"),
            SECOND.replace("450103", "459999"),
            SECOND.replace("古城小学门口", "").replace("450103", ""),
            "4.50103E+19,某处,450103,,,,,,,,,,,,",
            ROW.replace("45010300001320000118", "45010300001320000119").replace(",22.817", ","),
            ROW.replace("45010300001320000118", "45010300001320000120").replace(
                "rtsp://10.1.2.3/s", "rtsp://127.0.0.1/s"
            ),
        ),
    )
    assert (made["state"], made["added"], made["refused"]) == ("checked", 0, 7)
    found = [(p["row"], p["field"], p["code"]) for p in await desk.problems(made)]
    assert found == [
        (2, "kind", "catalog.word_unknown"),
        (2, "lon", "catalog.number_invalid"),
        (3, "code", "catalog.code_invalid"),
        (4, "region", "places.region_unknown"),
        (5, "name", "catalog.name_missing"),
        (6, "code", "catalog.code_as_number"),
        (7, "lat", "catalog.point_half"),
        (8, "url", "catalog.address_invalid"),
    ]
    told = (await desk.problems(made))[0]
    assert (told["column"], told["actual"]) == ("类型", "圆机")
    assert "圆机" in told["message"]
    english = await desk.client.get(f"/imports/{made['id']}/problems", headers={"Accept-Language": "en"})
    assert english.json()["items"][0]["column"] == "kind"
    sheet = (await desk.client.get(f"/imports/{made['id']}/problems.csv")).text
    assert "圆机" in sheet
    assert "hunter2" not in sheet


async def test_good_rows_are_written_without_the_bad_ones_only_when_somebody_says_so(desk: Desk) -> None:
    made = await desk.bring("a.csv", csv_of(ROW, SECOND.replace("固定枪机", "圆机")))
    refused = await desk.client.post(f"/imports/{made['id']}/commit")
    assert (refused.status_code, refused.json()["code"]) == (409, "catalog.import_refused_rows")
    assert (await desk.commit(made, skip_refused=True))["done"] == 1


async def test_an_import_changes_only_what_the_file_says(desk: Desk, filed: Database) -> None:
    await desk.commit(await desk.bring("a.csv", csv_of(ROW)))
    made = await desk.bring("b.csv", csv_of("45010300001320000118,新名,", headings="国标编码,名称,安装地址"))
    assert made["changed"] == 1
    rows = await desk.client.all(f"/imports/{made['id']}/rows")
    assert rows[0]["fields"] == ["name"]
    done = await desk.commit(made)
    (camera,) = await desk.client.all("/cameras", q="新名")
    assert camera["address"] == "民族大道 100 号"
    async with filed.read() as session:
        source = await service.camera_source(session, camera["id"])
        assert source is not None
        assert source.password == "hunter2"
    await desk.undo(done)
    assert [c["name"] for c in await desk.client.all("/cameras")] == ["民族大道古城路口-东"]
    assert await desk.client.all("/cameras", q="新名") == []


async def test_an_undo_refuses_when_people_changed_a_camera_since(desk: Desk) -> None:
    done = await desk.commit(await desk.bring("a.csv", csv_of(ROW, SECOND)))
    (camera,) = await desk.client.all("/cameras", q="古城小学")
    path = f"/cameras/{camera['id']}"
    assert (await desk.client.patch(path, json={"address": "改过"}, headers={"If-Match": "*"})).status_code == 200
    refused = await desk.client.post(f"/imports/{done['id']}/undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "catalog.import_changed_since")
    assert "古城小学门口" in refused.text
    assert len(await desk.client.all("/cameras")) == 2
    # Once it is again as the import wrote it, nothing would be lost.
    await desk.client.patch(path, json={"address": "古城路 5 号"}, headers={"If-Match": "*"})
    assert (await desk.undo(done))["state"] == "undone"


async def test_health_and_analysis_do_not_stand_in_the_way_of_an_undo(desk: Desk, filed: Database) -> None:
    done = await desk.commit(await desk.bring("a.csv", csv_of(ROW)))
    async with filed.write() as session:
        await session.execute(text("UPDATE cameras SET health = 1, health_at = now(), analysis = true"))
    assert (await desk.undo(done))["state"] == "undone"


async def test_a_camera_changed_between_check_and_commit_is_left_alone(desk: Desk) -> None:
    await desk.commit(await desk.bring("a.csv", csv_of(ROW, SECOND)))
    made = await desk.bring("b.csv", csv_of(ROW.replace("100 号", "101 号"), SECOND.replace("5 号", "6 号")))
    (camera,) = await desk.client.all("/cameras", q="古城小学")
    await desk.client.patch(f"/cameras/{camera['id']}", json={"address": "改过"}, headers={"If-Match": "*"})
    done = await desk.commit(made)
    assert (done["done"], done["refused"], done["changed"]) == (1, 1, 1)
    assert [p["code"] for p in await desk.problems(done)] == ["catalog.camera_changed"]
    assert {c["address"] for c in await desk.client.all("/cameras")} == {"改过", "民族大道 101 号"}


async def test_an_archived_camera_comes_back_and_goes_again(desk: Desk) -> None:
    await desk.undo(await desk.commit(await desk.bring("a.csv", csv_of(ROW))))
    again = await desk.bring("a.csv", csv_of(ROW))
    assert (again["restored"], again["added"]) == (1, 0)
    done = await desk.commit(again)
    assert len(await desk.client.all("/cameras")) == 1
    await desk.undo(done)
    assert await desk.client.all("/cameras") == []


async def test_cameras_on_file_may_be_skipped_or_refused(desk: Desk) -> None:
    await desk.commit(await desk.bring("a.csv", csv_of(ROW)))
    other = csv_of(ROW.replace("100 号", "102 号"), SECOND)
    skipped = await desk.bring("b.csv", other, existing="skip")
    assert (skipped["added"], skipped["changed"], skipped["same"]) == (1, 0, 1)
    refused = await desk.bring("b.csv", other, existing="refuse")
    assert (refused["added"], refused["refused"]) == (1, 1)
    assert [p["code"] for p in await desk.problems(refused)] == ["catalog.code_taken"]


async def test_two_rows_may_not_mean_one_camera(desk: Desk) -> None:
    made = await desk.bring("a.csv", csv_of(ROW, SECOND, ROW.replace("100 号", "101 号"), SECOND))
    assert [(p["row"], p["code"], p["expected"]) for p in await desk.problems(made)] == [
        (4, "catalog.row_twice", 2),
        (5, "catalog.row_twice", 3),
    ]


@pytest.mark.parametrize("said", ["row", "file"])
async def test_coordinates_are_converted_only_where_the_source_says_so_and_with_the_permission(
    desk: Desk, said: str
) -> None:
    headings = "名称,行政区划代码,经度,纬度" + (",坐标系" if said == "row" else "")
    body = csv_of("甲,450103,108.366,22.817" + (",GCJ-02" if said == "row" else ""), headings=headings)
    params = {} if said == "row" else {"system": "GCJ-02"}
    if said == "row":
        refused = await desk.bring("a.csv", body)
        assert [p["code"] for p in await desk.problems(refused)] == ["catalog.conversion_forbidden"]
    else:
        answer = await desk.client.post("/imports", json={"name": "a.csv"} | params)
        assert (answer.status_code, answer.json()["code"]) == (403, "catalog.conversion_forbidden")
    desk.may_convert()
    done = await desk.commit(await desk.bring("a.csv", body, **params))
    assert done["added"] == 1
    (camera,) = await desk.client.all("/cameras")
    detail = (await desk.client.get(f"/cameras/{camera['id']}")).json()
    assert (detail["system"], detail["original"]) == ("GCJ-02", [108.366, 22.817])
    assert detail["point"] != [108.366, 22.817]
    # The same file again needs no permission: nothing is converted anew.
    desk.client.caller.permissions = WRITER
    if said == "row":
        again = await desk.bring("a.csv", body)
        assert (again["same"], again["refused"]) == (1, 0)


async def test_nobody_writes_beyond_their_regions(desk: Desk) -> None:
    await desk.commit(await desk.bring("a.csv", csv_of(ROW)))
    desk.client.caller = Somebody(regions=("4503",), permissions=WRITER)
    made = await desk.bring("b.csv", csv_of(ROW.replace(",450103,", ",450303,"), SECOND))
    assert [p["code"] for p in await desk.problems(made)] == ["catalog.code_taken", "catalog.region_outside"]
    # Nor do they see the imports of others who may do more.
    desk.client.caller = Somebody(regions=("4501",), permissions=WRITER)
    assert (await desk.client.get(f"/imports/{made['id']}")).status_code == 404
    assert await desk.client.all("/imports") == []


async def test_a_file_comes_in_pieces_and_each_of_them_may_come_twice(desk: Desk) -> None:
    body = csv_of(ROW, SECOND)
    made = await desk.open("a.csv")
    path = f"/imports/{made['id']}"
    assert (await desk.client.post(f"{path}/check")).status_code == 422
    await desk.client.put(f"{path}/file", params={"offset": 0}, content=body[:100])
    for _ in range(2):
        sent = await desk.client.put(f"{path}/file", params={"offset": 100}, content=body[100:])
        assert sent.json() == {"bytes": len(body)}
    gap = await desk.client.put(f"{path}/file", params={"offset": 5_000}, content=b"x")
    assert (gap.status_code, gap.json()["expected"]) == (409, len(body))
    assert (await desk.client.post(f"{path}/check")).status_code == 202
    assert (await desk.client.put(f"{path}/file", params={"offset": len(body)}, content=b"x")).status_code == 409
    await tasks.check_import(made["id"])
    assert (await desk.now(made["id"]))["added"] == 2


async def test_excel_and_json_say_the_same_as_csv(desk: Desk) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["# 某市 2026 年点位表"])
    sheet.append(["名称", "Longitude", "Latitude", "CivilCode", "PTZType", "国标编码", "备注"])
    sheet.append(["甲", 108.366, 22.817, 450103, 1, "45010300001320000118", "不认识的列"])
    buffer = io.BytesIO()
    book.save(buffer)
    made = await desk.bring("甲.xlsx", buffer.getvalue())
    assert (made["added"], made["unknown_columns"]) == (1, ["备注"]), made
    await desk.commit(made)
    document = {
        "cameras": [{"code": "45010300001320000118", "name": "甲", "kind": "dome", "lon": 108.366, "lat": 22.817}]
    }
    again = await desk.bring("甲.json", json.dumps(document).encode())
    assert (again["same"], again["refused"]) == (1, 0)


async def test_a_file_that_cannot_be_read_says_why(desk: Desk) -> None:
    made = await desk.bring("a.xlsx", b"PK\x03\x04 not a workbook")
    assert made["state"] == "failed"
    assert made["problem"]["code"] == "catalog.file_unreadable"
    assert made["problem"]["facts"]["rule"] == "Excel workbook"
    refused = await desk.client.post("/imports", json={"name": "a.pdf"})
    assert (refused.status_code, refused.json()["actual"]) == (422, ".pdf")


async def test_an_address_that_nobody_may_type_in_may_stay_where_it_is(desk: Desk, filed: Database) -> None:
    await desk.commit(await desk.bring("a.csv", csv_of(ROW)))
    url = "gb28181://45010000002000000001/45010300001320000118"
    async with filed.write() as session:
        await session.execute(text("UPDATE cameras SET url = :url, protocol = 'gb28181', secret = NULL"), {"url": url})
    headings = "国标编码,名称,视频地址,用户名"
    same = await desk.bring("b.csv", csv_of(f"45010300001320000118,民族大道古城路口-东,{url},admin", headings=headings))
    assert (same["same"], same["refused"]) == (1, 0)
    for other in (url + "9", "rtsp://127.0.0.1/x"):
        moved = await desk.bring("c.csv", csv_of(f"45010300001320000118,甲,{other},", headings=headings))
        assert [(p["field"], p["code"]) for p in await desk.problems(moved)] == [("url", "catalog.address_invalid")]
    # So may an identifier as a device bends it.
    bent = "45010300009990000118"
    async with filed.write() as session:
        await session.execute(text("UPDATE cameras SET code = :code"), {"code": bent})
    kept = await desk.bring(
        "e.csv", csv_of(f"{bent},民族大道古城路口-东,,", f"{bent[:-1]}9,另一台,,", headings=headings)
    )
    assert (kept["same"], [(p["row"], p["code"]) for p in await desk.problems(kept)]) == (
        1,
        [(3, "catalog.code_invalid")],
    )
    new = await desk.bring("d.csv", csv_of(f",新的,{url},", headings=headings))
    assert [p["code"] for p in await desk.problems(new)] == ["catalog.address_invalid"]


async def test_an_import_can_be_given_up_but_not_once_it_is_written(desk: Desk, filed: Database) -> None:
    made = await desk.bring("a.csv", csv_of(ROW))
    assert (await desk.client.delete(f"/imports/{made['id']}")).status_code == 204
    assert (await desk.client.post(f"/imports/{made['id']}/commit")).status_code == 409
    async with filed.read() as session:
        assert (await session.execute(text("SELECT count(*) FROM import_rows"))).scalar_one() == 0
    done = await desk.commit(await desk.bring("a.csv", csv_of(ROW)))
    assert (await desk.client.delete(f"/imports/{done['id']}")).status_code == 409
    assert (await desk.client.delete(f"/imports/{uuid4()}")).status_code == 404
