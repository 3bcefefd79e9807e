"""A document as files: lines that break where they may, axes that hold all, a workbook with numbers, a PDF."""

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from commonsight.inspect.reports import compose
from commonsight.paper import breaking, charts, fonts, pdf, workbook
from commonsight.paper.model import Column, Document, Heading, Paragraph, Share, Table
from commonsight.problem import Refusal
from tests.inspect.reports.figures import figures


def measured(text: str) -> float:
    """Chinese characters are two wide, others one."""
    return float(sum(2 if ord(char) > 0x2E80 else 1 for char in text))


def test_numbers_hold_together_and_punctuation_stays_with_its_word() -> None:
    lines = breaking.lines("在线率96.12%，较上月上升（0.89）个百分点。", 12, measured)
    assert lines == ["在线率", "96.12%，较上", "月上升", "（0.89）个百", "分点。"]


@given(st.text(alphabet="率在，。（）%9.a -", max_size=80), st.integers(4, 30))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = breaking.lines(text, width, measured)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    for line in lines:
        assert measured(line) <= width or len(line) == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_an_axis_holds_all_values(values: list[float]) -> None:
    least, most, step = charts.scale(values)
    assert 0 <= least < most
    assert most <= 1 + step
    for value in values:
        assert least - 1e-6 <= value <= most + 1e-6
    assert round((most - least) / step) <= 12


def test_the_workbook_has_a_sheet_a_section_and_numbers_as_numbers() -> None:
    document = compose.document(figures(), "zh", "某中心", "韦警官", 1, "")
    body = workbook.draw(document)
    assert workbook.draw(document) == body
    book = load_workbook(io.BytesIO(body))
    assert book.sheetnames[:4] == ["概述", "主要指标", "分地区情况", "逐日变化"]
    rows = list(book["主要指标"].iter_rows(values_only=True))
    (online,) = [row for row in rows if row[0] == "在线率" and isinstance(row[1], float)]
    assert online[1] == pytest.approx(0.9612)
    assert online[6] == 620_000
    (recording,) = [row for row in rows if row[0] == "录像完整率" and row[1] == "—"]
    assert recording[5] == "—"
    # What paper has no room for is here: every day.
    days = [row for row in book["逐日变化"].iter_rows(values_only=True) if str(row[0]).startswith("2026-10-")]
    assert len(days) == 31
    assert len(book["逐日变化"]._charts) == 1


def test_texts_are_never_formulas() -> None:
    document = compose.document(figures() | {"region_name": "=1+1"}, "zh", '=HYPERLINK("x")', "", 1, "")
    book = load_workbook(io.BytesIO(workbook.draw(document)))
    for sheet in book:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)


def test_the_same_document_makes_the_same_pdf_with_its_fonts_inside() -> None:
    try:
        face = fonts.find("text")
    except Refusal:
        pytest.skip("no font with Chinese characters")
    whole = compose.document(figures(), "zh", "某中心", "韦警官", 1, "")
    many = tuple((f"第{number}行", Share(None)) for number in range(60))
    long = Table("表：长", (Column("名称", 3), Column("值", 1, "right")), many)
    short = Document(
        whole.title, whole.subtitle, whole.facts, (Heading("一、概述", "概述"), Paragraph("在线率96.12%。"), long),
        whole.foot, whole.page_of, whole.as_of,
    )  # fmt: skip
    body = pdf.draw(short, face, face, "zh")
    assert body.startswith(b"%PDF-")
    assert body == pdf.draw(short, face, face, "zh")
    assert b"/FontFile3" in body or b"/FontFile2" in body
    # A subset: the whole font has megabytes.
    assert len(body) < 400_000
    assert len(re.findall(rb"/Type /Page\b", body)) == 2


def test_a_file_that_is_no_font_for_chinese_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ttf"
    path.write_bytes(b"no font")
    with pytest.raises(Refusal) as caught:
        fonts.chosen(path)
    assert caught.value.code == "paper.font_unfit"


def test_without_any_font_the_refusal_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_PLACES", {"text": (), "heading": ()})
    monkeypatch.setattr(fonts.shutil, "which", lambda name: None)
    with pytest.raises(Refusal) as caught:
        fonts.find.__wrapped__("text")
    assert (caught.value.code, caught.value.operand) == ("paper.font_missing", "fonts-noto-cjk")
