"""What goes out comes back in: every format, every odd name, nothing changed."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from commonsight.catalog.imports.model import Format
from commonsight.catalog.xlsx_writer import XlsxWriter
from tests.catalog.conftest import Client, Somebody
from tests.catalog.imports.conftest import CONVERTER, WRITER, Desk

ODD = [
    {"name": "=HYPERLINK(1)", "address": "+1 路", "point": [108.366, 22.817], "system": "GCJ-02"},
    {"name": "'=已加撇号", "address": '带"引号",和逗号', "point": [1e-05, -0.5]},
    {"name": "@甲", "address": "-5", "url": "rtsp://u:hunter2@10.1.2.3/s?a=1&b=2", "organisation": "-单位"},
    {"name": "𠮷野家路口<&>", "place": "school", "direction": 360, "field_angle": 33.3, "view_distance": 80.5},
    {"name": "# 井号", "region": "450103001", "kind": "dome", "sector": "water"},
]


async def export(client: Client, kind: str, **params: Any) -> bytes:
    answer = await client.get(f"/cameras/export.{kind}", params=params)
    assert answer.status_code == 200, answer.text
    assert f'.{kind}"' in answer.headers["Content-Disposition"]
    return answer.content


@pytest.mark.parametrize("kind", list(Format))
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_file_that_comes_back_changes_nothing(desk: Desk, kind: Format, language: str) -> None:
    desk.may_convert()
    for odd in ODD:
        made = await desk.client.post("/cameras", json={"region": "450103"} | odd)
        assert made.status_code == 201, made.text
    desk.client.caller = Somebody(permissions=CONVERTER, language=language)
    body = await export(desk.client, kind)
    assert b"hunter2" not in body
    # Nothing is converted anew, so nobody needs the permission.
    desk.client.caller.permissions = WRITER
    again = await desk.bring(f"x.{kind}", body)
    assert (again["same"], again["refused"], again["changed"], again["added"]) == (len(ODD), 0, 0, 0), (
        await desk.problems(again),
        await desk.client.all(f"/imports/{again['id']}/rows"),
    )


async def test_an_export_says_when_by_whom_and_under_what(desk: Desk) -> None:
    await desk.client.post("/cameras", json={"name": "甲", "region": "450103"})
    document = json.loads(await export(desk.client, "json", region="4501", sector="other"))
    assert "韦警官" in document["about"][0]
    assert "region=4501; sector=other" in document["about"][1]
    assert document["cameras"][0]["kind"] == "unknown"
    book = openpyxl.load_workbook(io.BytesIO(await export(desk.client, "xlsx", region="4501")))
    sheet = book.worksheets[0]
    assert "韦警官" in str(sheet.cell(1, 1).value)
    code = sheet.cell(5, 1)
    assert (code.data_type, code.number_format, len(str(code.value))) == ("s", "@", 20)


async def test_addresses_are_told_only_to_who_may_change_them(desk: Desk) -> None:
    await desk.client.post("/cameras", json={"name": "甲", "region": "450103", "url": "rtsp://u:p@10.1.2.3/s"})
    assert b"10.1.2.3" in await export(desk.client, "csv")
    desk.client.caller = Somebody(permissions=frozenset({"cameras.read"}))
    for kind in Format:
        document = await export(desk.client, kind)
        if kind is not Format.XLSX:
            assert b"10.1.2.3" not in document
    rows = csv.reader(io.StringIO((await export(desk.client, "csv")).decode("utf-8-sig")))
    assert all("视频地址" not in row for row in rows)


def test_a_workbook_holds_text_and_numbers_and_no_formula(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["=1+1", "45010300001320000118", None, 1.5, 7, "a\x00b\ud800c", "  两边  ", "<&\"'>"]]
    writer = XlsxWriter("a/b:c", frozen=1)
    body = writer.rows(rows) + b"".join(writer.rows([[n]]) for n in range(3_000)) + writer.close()
    (tmp_path / "x.xlsx").write_bytes(body)
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    sheet = book.worksheets[0]
    assert sheet.title == "a b c"
    assert [cell.value for cell in sheet[1]] == ["=1+1", rows[0][1], None, 1.5, 7, "abc", "  两边  ", "<&\"'>"]
    assert {cell.data_type for cell in sheet[1]} == {"inlineStr", "n"} or sheet["A1"].data_type == "s"
    assert sheet["A1"].data_type != "f"
    assert sheet.max_row == 3_001
