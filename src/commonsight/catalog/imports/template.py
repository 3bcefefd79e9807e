"""The empty file that people fill in: headings in both languages, notes, vocabulary, lists to choose from."""

import csv
import io
import json
from collections.abc import Callable, Mapping

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from commonsight.catalog import vocabulary
from commonsight.catalog.imports.columns import Column, written
from commonsight.catalog.imports.model import ROWS_MOST, Format
from commonsight.catalog.vocabulary import Kind, Place, Sector
from commonsight.places.coordinates import System
from commonsight.text import say

WORDS: Mapping[str, Callable[[], Mapping[str, Kind | Sector | Place]]] = {
    "kind": vocabulary.kinds,
    "sector": vocabulary.sectors,
    "place": vocabulary.places,
}
_NEEDED = ("name",)
_LISTED_ROWS = 10_000
"""Lists to choose from reach down to this row; below, words are typed."""


def heading(column: Column) -> str:
    """Both languages, whatever the reader's: files go from hand to hand."""
    return f"{'*' if column.key in _NEEDED else ''}{column.zh} / {column.en}"


def make(kind: Format, language: str) -> bytes:
    """The template as a file."""
    if kind is Format.XLSX:
        return _workbook(language)
    return _csv(language) if kind is Format.CSV else _json(language)


def notes(language: str) -> list[tuple[Column, str]]:
    """Every column with what there is to know about it."""
    return [(column, column.note(language)) for column in written()]


def _csv(language: str) -> bytes:
    buffer = io.StringIO()
    buffer.write("\ufeff")
    for line in _sentences(language):
        buffer.write(f"# {line}\r\n")
    for column, note in notes(language):
        said = f"# {column.zh} / {column.en}: {note or '-'}"
        buffer.write(" ".join(said.split()).replace('"', "'") + "\r\n")
    csv.writer(buffer, lineterminator="\r\n").writerow([heading(column) for column in written()])
    return buffer.getvalue().encode()


def _json(language: str) -> bytes:
    document = {
        "about": _sentences(language),
        "columns": [
            {"key": column.key, "zh": column.zh, "en": column.en, "note": note, "example": column.example}
            for column, note in notes(language)
        ],
        "vocabulary": {
            key: [{"code": word.code, "zh": word.zh, "en": word.en} for word in words().values()]
            for key, words in WORDS.items()
        },
        "cameras": [],
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def _sentences(language: str) -> list[str]:
    return [say(f"catalog.template_{part}", language, rows=f"{ROWS_MOST:,}") for part in ("what", "empty", "twice")]


def _workbook(language: str) -> bytes:
    book = openpyxl.Workbook(write_only=False)
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(say("catalog.template_sheet", language))
    fill, bold = PatternFill("solid", fgColor="DDE7F3"), Font(bold=True)
    for number, (column, note) in enumerate(notes(language), start=1):
        cell = sheet.cell(1, number, heading(column))
        cell.fill, cell.font, cell.alignment = fill, bold, Alignment(wrap_text=True, vertical="top")
        if note:
            cell.comment = Comment(note, "Commonsight", width=260, height=90)
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = max(12, len(column.zh) * 2 + 4)
        # Text, or the spreadsheet makes numbers of identifiers and loses their last five digits.
        sheet.column_dimensions[letter].number_format = "@"
        for row in range(2, 202):
            sheet.cell(row, number).number_format = "@"
    sheet.freeze_panes = "A2"
    _words_sheet(book, language)
    for number, column in enumerate(written(), start=1):
        if source := _choices(column):
            choose = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=False)
            letter = get_column_letter(number)
            choose.add(f"{letter}2:{letter}{_LISTED_ROWS}")
            sheet.add_data_validation(choose)
    _notes_sheet(book, language)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _choices(column: Column) -> str | None:
    if column.key == "system":
        return '"' + ",".join(system.value for system in System) + '"'
    if column.key in WORDS:
        letter = get_column_letter(list(WORDS).index(column.key) * 3 + 1)
        return f"words!${letter}$2:${letter}${len(WORDS[column.key]()) + 1}"
    return None


def _words_sheet(book: openpyxl.Workbook, language: str) -> None:
    sheet = book.create_sheet("words")
    for place, (key, words) in enumerate(WORDS.items()):
        first = place * 3 + 1
        for number, title in enumerate((key, "zh", "en")):
            sheet.cell(1, first + number, title).font = Font(bold=True)
        for row, word in enumerate(words().values(), start=2):
            for number, text in enumerate((word.en if language == "en" else word.zh, word.zh, word.en)):
                sheet.cell(row, first + number, text)


def _notes_sheet(book: openpyxl.Workbook, language: str) -> None:
    sheet = book.create_sheet(say("catalog.template_notes", language))
    for line in _sentences(language):
        sheet.append([line])
    sheet.append([])
    for column, note in notes(language):
        sheet.append([column.zh, column.en, note, column.example])
    for letter, width in (("A", 18), ("B", 20), ("C", 70), ("D", 30)):
        sheet.column_dimensions[letter].width = width
