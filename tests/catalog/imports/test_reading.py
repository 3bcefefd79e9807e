"""Files as people and their spreadsheets make them, and as somebody with bad intentions does."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonsight.catalog.imports import read_xlsx
from commonsight.catalog.imports.model import Format, Line
from commonsight.catalog.imports.reading import format_of, lines
from commonsight.catalog.imports.sheet import Sheet
from commonsight.problem import Refusal

NAMES = "名称,行政区划代码,安装地址"
Read = Callable[..., list[Line]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads bytes as a file of some format."""

    def reading(body: bytes, kind: Format = Format.CSV, sheet: Sheet | None = None) -> list[Line]:
        path = tmp_path / "file"
        path.write_bytes(body)
        return list(lines(path, kind, sheet or Sheet()))

    return reading


def refusal_of(read: Read, body: bytes, kind: Format = Format.CSV) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        read(body, kind)
    assert refusal.value.code == "catalog.file_unreadable"
    return refusal.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_in_the_encoding_and_form_it_came_in(read: Read, encoding: str, delimiter: str) -> None:
    text = f"{NAMES}\r\n古城路口,450103,民族大道\r\n".replace(",", delimiter)
    (line,) = read(text.encode(encoding))
    assert line == Line(2, {"name": "古城路口", "region": "450103", "address": "民族大道"})


def test_rare_characters_survive_gb18030(read: Read) -> None:
    (line,) = read(f"{NAMES}\n𠮷野家㐂路口,450103,\n".encode("gb18030"))
    assert line.cells["name"] == "𠮷野家㐂路口"


def test_rows_are_counted_as_a_person_counts_them(read: Read) -> None:
    body = f'# 说明\n# 说明二\n{NAMES}\n\n甲,450103,"两\n行"\n,,\n乙,450103,x\n'.encode()
    assert [(line.number, line.cells["name"]) for line in read(body)] == [(6, "甲"), (8, "乙")]


def test_headings_are_known_in_both_languages_and_by_the_names_of_the_standard(read: Read) -> None:
    sheet = Sheet()
    (line,) = read(
        "* 名称 / name,DeviceID,Longitude,纬度（必填）,水平视场角,颜色\n甲,1,2,3,4,红\n".encode(), Format.CSV, sheet
    )
    assert line.cells == {"name": "甲", "code": "1", "lon": "2", "lat": "3", "field_angle": "4"}
    assert sheet.unknown == ["颜色"]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "headings"),
        ("名称\n甲\n".encode(), "headings"),
        ("名称,name\n甲,乙\n".encode(), "one column a heading"),
        (NAMES.encode() + b"\n\xff\xff\xff\n", "encoding"),
        (NAMES.encode() + b"\n" + b"x" * 300_000, "length of a line"),
        (NAMES.encode() + b'\n"' + b"x\n" * 100_000, "CSV"),
    ],
)
def test_a_csv_that_cannot_be_read_names_the_rule(read: Read, body: bytes, rule: str) -> None:
    assert refusal_of(read, body).rule == rule


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "甲", "region": 450103}]',
        '{"about": ["x"], "cameras": [\n{"name": "甲", "region": "450103"}\n]}\n',
        '{"name": "甲", "region": "450103"}\n',
        '{\n"name": "甲",\n"region": "450103"\n}\n{"name": null}',
    ],
)
def test_json_is_read_as_array_export_or_lines(read: Read, text: str) -> None:
    assert read(text.encode(), Format.JSON) == [Line(1, {"name": "甲", "region": "450103"})]


def test_json_is_read_across_chunks(read: Read) -> None:
    cameras = [{"name": f"甲{n}", "region": "450103", "address": "路" * (n % 300)} for n in range(2_000)]
    found = read(json.dumps({"cameras": cameras}, ensure_ascii=False).encode(), Format.JSON)
    assert [line.cells["name"] for line in found] == [camera["name"] for camera in cameras]
    assert read("\n".join(json.dumps(c) for c in cameras).encode(), Format.JSON) == found


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "JSON"),
        ("7", "JSON"),
        ("[1]", "JSON"),
        ('[{"name": "x"', "JSON"),
        ('[{"name": {"x": 1}}]', "plain values"),
        ('[{"name": "a", "Name": "b"}]', "one column a heading"),
        ("[" * 100_000, "JSON"),
        ('[{"name": "' + "x" * 300_000, "JSON"),
        ('{"cameras": 5}', "JSON"),
        ("[" + json.dumps({f"k{n}": 1 for n in range(200)}) + "]", "columns of one file"),
    ],
)
def test_json_that_cannot_be_read_names_the_rule(read: Read, text: str, rule: str) -> None:
    if text == '{"cameras": 5}':
        # An object without a known field is a camera about which nothing is said.
        assert read(text.encode(), Format.JSON) == []
    else:
        assert refusal_of(read, text.encode(), Format.JSON).rule == rule


def workbook(*sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for rows in sheets:
        made = book.create_sheet()
        for row in rows:
            made.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_a_workbook_is_read_from_its_first_sheet_with_headings(read: Read) -> None:
    body = workbook(
        [["封面"]], [["# 说明"], ["名称", "行政区划代码", "经度"], ["甲", 450103, 108.5], [None], ["乙", 450103.0]]
    )
    assert read(body, Format.XLSX) == [
        Line(3, {"name": "甲", "region": "450103", "lon": "108.5"}),
        Line(5, {"name": "乙", "region": "450103"}),
    ]


def repacked(body: bytes, path: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, content if name == path else source.read(name))
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
OPEN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (OPEN + b"<row><c><v>" + b"9" * 3_000_000 + b"</v></c></row></sheetData></worksheet>", "length of a cell"),
        (OPEN + b"<row>" + b"<c/>" * 6_000_000 + b"</row></sheetData></worksheet>", "length of a row"),
        (OPEN + b"<row><c", "Excel workbook"),
        (
            b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + OPEN + b"<row><c><v>&b;</v></c></row>",
            "Excel workbook",
        ),
        (OPEN + b'<row r="999999999999"><c><v>1</v></c></row></sheetData></worksheet>', "headings"),
    ],
)
def test_a_workbook_made_to_fill_memory_is_refused(read: Read, content: bytes, rule: str) -> None:
    body = repacked(workbook([["名称", "经度"]]), SHEET, content)
    assert len(body) < 100_000
    assert refusal_of(read, body, Format.XLSX).rule == rule


def test_an_archive_is_judged_by_what_it_claims_before_it_is_unpacked(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = workbook([["名称", "经度"], ["甲", 1]])
    monkeypatch.setattr(read_xlsx, "UNPACKED_MOST", 1_000)
    assert refusal_of(read, body, Format.XLSX).rule == "size of a workbook, unpacked"
    monkeypatch.setattr(read_xlsx, "ENTRIES_MOST", 3)
    assert refusal_of(read, body, Format.XLSX).rule == "entries of a workbook"
    monkeypatch.undo()
    monkeypatch.setattr(read_xlsx, "STRINGS_MOST", 10)
    with zipfile.ZipFile(buffer := io.BytesIO(body), "a") as archive:
        archive.writestr("xl/sharedStrings.xml", "<sst><si><t>名称</t></si></sst>")
    assert refusal_of(read, buffer.getvalue(), Format.XLSX).rule == "size of shared strings"


def test_too_many_rows_are_refused_however_they_come(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    from commonsight.catalog.imports import read_json, sheet

    for module in (sheet, read_json):
        monkeypatch.setattr(module, "ROWS_MOST", 3)
    rows = [[f"甲{n}", "450103", ""] for n in range(4)]
    text = io.StringIO()
    csv.writer(text).writerows([NAMES.split(","), *rows])
    assert refusal_of(read, text.getvalue().encode()).rule == "rows of one file"
    assert refusal_of(read, workbook([NAMES.split(","), *rows]), Format.XLSX).rule == "rows of one file"
    objects = json.dumps([{"name": row[0]} for row in rows]).encode()
    assert refusal_of(read, objects, Format.JSON).rule == "rows of one file"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.binary(max_size=400), st.sampled_from(list(Format)), st.booleans())
def test_hostile_bytes_are_read_or_refused_and_nothing_else(
    read: Read, body: bytes, kind: Format, headed: bool
) -> None:
    heading = {Format.CSV: f"{NAMES}\n".encode(), Format.JSON: b'[{"name": ', Format.XLSX: b"PK\x03\x04"}[kind]
    try:
        found = read(heading + body if headed else body, kind)
    except Refusal as refusal:
        assert refusal.code == "catalog.file_unreadable"  # noqa: PT017 - either way is right
    else:
        assert all(line.cells for line in found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.integers(0, 4_000), st.binary(min_size=1, max_size=8), st.sampled_from([SHEET, "xl/workbook.xml"]))
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(
    read: Read, place: int, damage: bytes, part: str
) -> None:
    whole = workbook([NAMES.split(","), ["甲", 450103, "路"]])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        content = archive.read(part)
    place %= len(content)
    body = repacked(whole, part, content[:place] + damage + content[place + len(damage) :])
    try:
        read(body, Format.XLSX)
    except Refusal as refusal:
        assert refusal.code == "catalog.file_unreadable"  # noqa: PT017 - either way is right


@given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_what_csv_writes_csv_reads(read: Read, rows: list[list[str]]) -> None:
    rows = [[cell.replace("\x00", "") for cell in row] for row in rows]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([NAMES.split(","), *rows])
    try:
        body = text.getvalue().encode()
    except UnicodeEncodeError:
        return
    found = [line.cells.get("name", "") for line in read(body)]
    from commonsight.catalog.imports.sheet import bare

    assert found == [bare(row[0]) for row in rows if any(map(bare, row))]


def test_the_format_is_told_from_the_name() -> None:
    assert [format_of(name) for name in ("a.XLSX", "b.csv", "c.tsv", "d.jsonl")] == [
        Format.XLSX,
        Format.CSV,
        Format.CSV,
        Format.JSON,
    ]
    for name in ("a.xls", "noending", ""):
        with pytest.raises(Refusal):
            format_of(name)
