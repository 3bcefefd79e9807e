"""The fields of the camera file that have no column of their own, in and out by file."""

from tests.catalog.imports.conftest import Desk

HEAD = "名称,行政区划代码,点位类别,PointType备注,安装时间,MAC 地址,维护单位\n"


async def test_fields_come_in_are_checked_and_can_be_taken_back(desk: Desk) -> None:
    body = HEAD + "甲,450103,一类点,,2021/3/5,3c-ef-8c-01-02-03,某运维公司\n乙,450103,7,,2021-03-05,,\n"
    done = await desk.bring("x.csv", body.encode())
    assert (done["added"], done["refused"]) == (1, 1)
    assert [(p["row"], p["field"], p["code"]) for p in await desk.problems(done)] == [
        (3, "point_class", "catalog.field_invalid")
    ]
    await desk.commit(done, skip_refused=True)
    camera = (await desk.client.get("/cameras")).json()["items"][0]
    file = (await desk.client.get(f"/cameras/{camera['id']}")).json()["file"]
    assert file == {
        "point_class": "1",
        "install_time": "2021-03-05",
        "mac": "3C:EF:8C:01:02:03",
        "maintenance_unit": "某运维公司",
    }
    # An empty cell leaves what is on file; another field is added to it; the undo puts the file back.
    again = await desk.bring("y.csv", "名称,行政区划代码,杆号,维护单位\n甲,450103,P-1,\n".encode())
    await desk.commit(again)
    path = f"/cameras/{camera['id']}"
    assert (await desk.client.get(path)).json()["file"] == file | {"pole": "P-1"}
    history = (await desk.client.get(f"{path}/history")).json()["items"]
    assert [(h["field"], h["became"], h["source"], h["why"]) for h in history] == [("pole", "P-1", "import", "y.csv")]
    await desk.undo(again)
    assert (await desk.client.get(path)).json()["file"] == file
