"""The list of appeals (申诉清单): what we have to say against their list, row by row, with what proves it."""

import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.properties import PageSetupProperties
from sqlalchemy import Row

from commonsight.inspect.assessment.model import explanations
from commonsight.inspect.assessment.store import Feedback
from commonsight.text import say

_COLUMNS: Final = (
    ("row", 7), ("code", 24), ("name", 34), ("camera_code", 24), ("camera_name", 34), ("region", 12), ("said", 14),
    ("at", 20), ("reason", 24), ("match", 16), ("ours", 10), ("explanation", 20), ("words", 44), ("before", 26),
    ("after", 26), ("standing", 28), ("exemption", 12),
)  # fmt: skip
_THIN: Final = Side(style="thin", color="999999")
_FONT: Final = "宋体"


def appealed() -> list[str]:
    """Explanations that are put forward against their list."""
    return [one.code for one in explanations().values() if one.appeal]


def workbook(held: Feedback, rows: Iterable[Row[Any]], language: str, zone: ZoneInfo, who: str, at: datetime) -> bytes:
    """The list as an Excel workbook, ready to be sent.

    Args:
        rows: as of `store.rows_page`, those with an explanation that is appealed.
        who: name and unit of whoever asks for it.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(say("inspect.appeal_sheet", language))
    for number, (_, width) in enumerate(_COLUMNS):
        sheet.column_dimensions[_letter(number)].width = width
    sheet.freeze_panes = "D5"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "4:4"

    def cell(value: str | int, **style: Any) -> Cell:
        made = WriteOnlyCell(sheet, value)  # type: ignore[no-untyped-call, unused-ignore]
        made.font = Font(name=_FONT, size=style.pop("size", 10), bold=style.pop("bold", False))
        made.alignment = Alignment(wrap_text=True, vertical="center", horizontal=style.pop("horizontal", None))
        if style.pop("framed", True):
            made.border = Border(_THIN, _THIN, _THIN, _THIN)
        if style.pop("filled", False):
            made.fill = PatternFill("solid", fgColor="DDE6F0")
        if isinstance(value, str):
            # Text stays text: twenty digits are no number, and nothing is a formula.
            made.data_type, made.number_format = "s", "@"
        return made

    title = say("inspect.appeal_title", language, upper=held.upper_name or say("inspect.upper_unnamed", language))
    sheet.append([cell(title, size=16, bold=True, framed=False)])
    about = say(
        "inspect.appeal_about", language, name=held.name, who=who, at=_time(at, zone), rows=held.rows or 0,
        indicator=say(f"inspect.indicator_{held.indicator}", language),
    )  # fmt: skip
    sheet.append([cell(about, framed=False)])
    sheet.append([])
    sheet.append(
        [
            cell(say(f"inspect.appeal_{key}", language), bold=True, filled=True, horizontal="center")
            for key, _ in _COLUMNS
        ]
    )
    for row in rows:
        said = _said(row, language, zone)
        sheet.append([cell(said[key]) for key, _ in _COLUMNS])
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def _said(row: Row[Any], language: str, zone: ZoneInfo) -> dict[str, str | int]:
    seen: dict[str, Any] = row.evidence
    why = explanations()[row.explanation]
    health = seen.get("health")
    since = seen.get("health_at")
    return {
        "row": row.row,
        "code": row.code,
        "name": row.name,
        "camera_code": seen.get("camera_code", ""),
        "camera_name": seen.get("camera_name", ""),
        "region": row.region,
        "said": row.said,
        "at": _time(row.at, zone),
        "reason": row.reason,
        "match": say(f"inspect.match_{row.match}", language),
        "ours": say(f"inspect.ours_{row.ours}", language),
        "explanation": why.en if language == "en" else why.zh,
        "words": why.words_en if language == "en" else why.words_zh,
        "before": _tried(seen.get("before"), language, zone),
        "after": _tried(seen.get("after"), language, zone),
        "standing": ""
        if health is None
        else say(
            "inspect.appeal_since", language, health=say(f"catalog.health_{health}", language), at=_iso(since, zone)
        ),
        "exemption": "" if seen.get("exemption") is None else f"{seen['exemption']}",
    }


def _tried(one: dict[str, Any] | None, language: str, zone: ZoneInfo) -> str:
    if one is None:
        return ""
    return say("inspect.appeal_tried_well" if one["good"] else "inspect.appeal_tried_ill", language,
               at=_iso(one["at"], zone))  # fmt: skip


def _iso(at: str | None, zone: ZoneInfo) -> str:
    return "-" if at is None else _time(datetime.fromisoformat(at), zone)


def _time(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _letter(number: int) -> str:
    return chr(ord("A") + number)
