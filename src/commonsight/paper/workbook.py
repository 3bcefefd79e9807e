"""A document as an Excel workbook: a sheet a section, numbers as numbers, charts as the spreadsheet's own.

The same document makes the same bytes: dates within the file and its archive are the figures'.
"""

import io
import re
import zipfile
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from commonsight.paper.model import Chart, Document, Heading, Paragraph, Points, Share, Table, Value

_THIN: Final = Side(style="thin", color="999999")
_FRAME: Final = Border(_THIN, _THIN, _THIN, _THIN)
_FILL: Final = PatternFill("solid", fgColor="E2E9F1")
_TEXT, _HEAD = "宋体", "黑体"
_NOT_IN_TITLES: Final = re.compile(r"[\[\]:*?/\\]")
_ALIGN: Final = {"left": "left", "right": "right", "centre": "center"}
_WIDTH_LEAST, _WIDTH_MOST = 9.0, 60.0


def draw(document: Document) -> bytes:
    """The document as a workbook."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    sheet, row = first, 1
    for block in document.blocks:
        match block:
            case Heading():
                title = _NOT_IN_TITLES.sub(" ", block.sheet)[:31]
                if sheet is first and row == 1:
                    first.title = title
                    row = _title(first, document)
                else:
                    sheet, row = book.create_sheet(title), 1
                _page(sheet)
                row = _words(sheet, row, block.text, 14, _HEAD) + 1
            case Paragraph():
                row = _words(sheet, row, block.text, 9 if block.small else 11, _TEXT)
            case Table():
                row = _table(sheet, row, block, document.unknown) + 1
            case Chart():
                row = _chart(sheet, row, block)
    book.properties.creator = "Commonsight"
    book.properties.title = f"{document.title} {document.subtitle}"
    book.properties.created = book.properties.modified = document.as_of.replace(tzinfo=None)
    body = io.BytesIO()
    book.save(body)
    return _settled(body.getvalue(), document)


def _title(sheet: Worksheet, document: Document) -> int:
    words = [
        (document.title, _HEAD, 20),
        (document.subtitle, _TEXT, 14),
        *((fact, _TEXT, 10) for fact in document.facts),
    ]
    for row, (text, font, size) in enumerate(words, start=1):
        _text(sheet, row, 1, text).font = Font(name=font, size=size)
    return len(words) + 2


def _text(sheet: Worksheet, row: int, column: int, text: str) -> Any:
    """A cell of text, whatever it begins with: never a formula."""
    cell: Any = sheet.cell(row, column, text)
    cell.data_type = "s"
    return cell


def _page(sheet: Worksheet) -> None:
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.sheet_view.showGridLines = False
    foot: Any = sheet.oddFooter
    foot.center.text = "&P / &N"


def _words(sheet: Worksheet, row: int, text: str, size: int, font: str) -> int:
    """A merged line of sentences, high enough for them; returns the row below."""
    cell = _text(sheet, row, 1, text)
    cell.font = Font(name=font, size=size)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=8)
    wide = sum(2 if ord(char) > 0x2E80 else 1 for char in text)
    sheet.row_dimensions[row].height = (size + 5) * max(1, -(-wide // 110))
    return row + 1


def _table(sheet: Worksheet, row: int, table: Table, unknown: str) -> int:
    _text(sheet, row, 1, table.title).font = Font(name=_HEAD, size=11)
    row += 1
    for number, column in enumerate(table.columns, start=1):
        head = _text(sheet, row, number, column.heading)
        head.font, head.fill, head.border = Font(name=_HEAD, size=10), _FILL, _FRAME
        head.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        letter = get_column_letter(number)
        wide = min(_WIDTH_MOST, max(_WIDTH_LEAST, 11 * column.weight))
        sheet.column_dimensions[letter].width = max(sheet.column_dimensions[letter].width or 0, wide)
    for values in table.rows:
        row += 1
        for number, (column, value) in enumerate(zip(table.columns, values, strict=True), start=1):
            cell: Any = sheet.cell(row, number)
            cell.value, cell.number_format = _plain(value, unknown)
            if isinstance(cell.value, str):
                cell.data_type = "s"  # never a formula
            cell.font, cell.border = Font(name=_TEXT, size=10), _FRAME
            cell.alignment = Alignment(horizontal=_ALIGN[column.align], vertical="center", wrap_text=True)
    return row + 1


def _plain(value: Value, unknown: str) -> tuple[str | int | float, str]:
    """A cell's value and how it is shown."""
    match value:
        case None | Share(value=None) | Points(value=None):
            return unknown, "@"
        case Share(value=float() | int() as share):
            return share, "0.00%"
        case Points(value=float() | int() as points):
            return round(points * 100, 4), "+0.00;-0.00;0.00"
        case str():
            return value, "@"
        case int():
            return value, "#,##0"
        case float():
            return value, "#,##0.0"
    raise TypeError(f"no cell for {value!r}")


def _chart(sheet: Worksheet, row: int, chart: Chart) -> int:
    """The chart above the numbers it is drawn from, which stand to its right, out of print."""
    aside = 14
    top = row
    for number, line in enumerate(chart.lines):
        _text(sheet, top, aside + 1 + number, line.name)
    for place, label in enumerate(chart.labels):
        _text(sheet, top + 1 + place, aside, label)
        for number, line in enumerate(chart.lines):
            cell = sheet.cell(top + 1 + place, aside + 1 + number, line.values[place])
            cell.number_format = "0.00%"
    last = top + len(chart.labels)
    made: Any = LineChart() if chart.kind == "lines" else BarChart()
    if chart.kind == "bars":
        made.type = "bar"
        made.y_axis.scaling.min = 0
        made.x_axis.scaling.orientation = "maxMin"
        made.legend = None
    made.title = chart.title
    made.y_axis.number_format = "0%" if chart.kind == "bars" else "0.0%"
    made.x_axis.delete = made.y_axis.delete = False
    made.dispBlanksAs = "gap"  # what is unknown is a gap
    data = Reference(sheet, min_col=aside + 1, max_col=aside + len(chart.lines), min_row=top, max_row=last)
    made.add_data(data, titles_from_data=True)
    made.set_categories(Reference(sheet, min_col=aside, min_row=top + 1, max_row=last))
    made.width, made.height = 24, 9.5 if chart.kind == "lines" else max(7.0, 0.75 * len(chart.labels))
    sheet.add_chart(made, f"A{row}")
    return int(row + round(made.height / 0.5) + 2)


def _settled(body: bytes, document: Document) -> bytes:
    """The same workbook with the figures' date on every entry, instead of the moment it was saved at."""
    at = document.as_of
    moment = (max(1980, at.year), at.month, at.day, at.hour, at.minute, at.second)
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    settled = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "docProps/core.xml":
                # openpyxl writes the moment of saving over what it was given.
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, content)
            info = zipfile.ZipInfo(entry.filename, moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, content)
    return settled.getvalue()
