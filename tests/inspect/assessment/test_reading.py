"""Feedback lists as files: Excel and CSV, headings in odd places, times without a zone, rows refused by field."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from commonsight.catalog.imports.model import Format, Line, Problem
from commonsight.inspect.assessment import reading
from commonsight.inspect.assessment.model import Said
from commonsight.problem import Refusal

ZONE = ZoneInfo("Asia/Shanghai")
LATEST = datetime(2026, 11, 1, tzinfo=UTC)
READER = reading.Reader("online", ZONE, None, LATEST)
CODE = "45010300001320000118"


def excel(path: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_excel_with_a_title_above_and_datetimes_in_cells(tmp_path: Path) -> None:
    path = excel(
        tmp_path / "a.xlsx",
        [
            ["2026年10月视频图像在线率考核反馈清单"],
            ["单位：某省公安厅"],
            ["序号", "设备国标编码", "设备名称", "在线状态", "检测时间", "离线原因"],
            [1, CODE, "民族大道", "离线", datetime(2026, 10, 5, 10, 5), "注册超时"],  # noqa: DTZ001 - a cell has no zone
            [2, None, "朝阳广场", "在线", "2026/10/5 10:06", None],
        ],
    )
    table = reading.List()
    rows = [READER.read(line) for line in reading.lines(path, Format.XLSX, table)]
    first = Said(
        4, CODE, "民族大道", "", "离线", "offline", datetime(2026, 10, 5, 2, 5, tzinfo=UTC), "注册超时"
    )  # fmt: skip
    assert rows[0] == first
    assert isinstance(rows[1], Said)
    assert (rows[1].code, rows[1].verdict, rows[1].at.minute) == ("", "online", 6)
    assert table.mapping["code"] == "设备国标编码"
    assert "序号" in table.headings


def test_headings_nobody_knows_are_told_and_can_be_mapped(tmp_path: Path) -> None:
    body = io.StringIO()
    csv.writer(body).writerows([["SB", "JG", "SJ"], [CODE, "离线", "20261005100500"]])
    path = tmp_path / "a.csv"
    path.write_text(body.getvalue(), "gb18030")
    table = reading.List()
    with pytest.raises(Refusal) as caught:
        list(reading.lines(path, Format.CSV, table))
    assert (caught.value.code, caught.value.rule) == ("catalog.file_unreadable", "headings")
    assert table.headings == ["SB", "JG", "SJ"]
    mapped = reading.List(mapping={"code": "SB", "result": "JG", "at": "SJ"})
    (row,) = [READER.read(line) for line in reading.lines(path, Format.CSV, mapped)]
    assert isinstance(row, Said)
    assert row.at == datetime(2026, 10, 5, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cells", "operand"),
    [
        ({"code": "4501", "result": "离线", "at": "2026-10-05"}, "code"),
        ({"result": "离线", "at": "2026-10-05"}, "code"),
        ({"code": CODE, "result": "待定", "at": "2026-10-05"}, "result"),
        ({"code": CODE, "result": "离线"}, "at"),
        ({"code": CODE, "result": "离线", "at": "昨天"}, "at"),
        ({"code": CODE, "result": "离线", "at": "2027-10-05"}, "at"),
    ],
)
def test_a_row_is_refused_by_the_field_that_is_wrong(cells: dict[str, str], operand: str) -> None:
    wrong = READER.read(Line(7, cells))
    assert isinstance(wrong, Problem)
    assert (wrong.row, wrong.field, wrong.code) == (7, operand, "inspect.upper_list_cell")


def test_a_verdict_that_says_nothing_of_the_indicator_is_refused() -> None:
    reader = reading.Reader("playable", ZONE, datetime(2026, 10, 1, tzinfo=UTC), LATEST)
    assert isinstance(reader.read(Line(2, {"code": CODE, "result": "在线"})), Problem)
    row = reader.read(Line(2, {"code": CODE, "result": "点播失败"}))
    assert isinstance(row, Said)
    assert row.at == reader.default


@pytest.mark.parametrize(
    "text",
    ["2026-10-05 10:05:00", "2026/10/05 10:05", "2026/10/5 10:05:00", "20261005100500", "2026-10-05T10:05:00+08:00",
     "2026年10月5日 10:05", "2026年10月05日10时05分", "2026-10-05T02:05:00Z", "2026-10-05 10：05"],
)  # fmt: skip
def test_times_are_read_as_lists_write_them(text: str) -> None:
    assert reading.time_of(text, ZONE) == datetime(2026, 10, 5, 2, 5, tzinfo=UTC)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    found = reading.time_of(text, ZONE)
    assert found is None or found.utcoffset() == timedelta(0)
