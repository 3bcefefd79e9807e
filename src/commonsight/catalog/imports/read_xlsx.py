"""Excel workbooks: the first sheet with headings, read row by row, after a look at what the archive claims to hold."""

import math
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl

from commonsight.catalog.imports.model import COLUMNS_MOST, Line
from commonsight.catalog.imports.sheet import HEADING_WITHIN, Sheet, refused
from commonsight.problem import Refusal

ENTRIES_MOST = 2_000
UNPACKED_MOST = 1_000_000_000
"""Bytes of all entries together, unpacked. A full file of 300,000 rows has about a third of it."""
STRINGS_MOST = 200_000_000
"""Bytes of the table of shared strings, unpacked: openpyxl keeps it in memory."""
ELEMENT_MOST = 1_000_000
"""Bytes between two tags."""
ROW_MOST = 16_000_000
"""Bytes between the ends of two rows."""
ROWS_OF_A_SHEET = 1_048_576

_CHUNK = 1 << 18


def lines(path: Path, sheet: Sheet) -> Iterator[Line]:
    """The lines of the first sheet that has headings, in the order of the workbook; `sheet` learns them.

    Formulas count with the value that was saved with them; none is computed.

    Raises:
        Refusal: `catalog.file_unreadable`, also for archives that unpack beyond all measure.
    """
    check_archive(path)
    with path.open("rb") as file:
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            yield from sheet.lines(_rows(_headed(book)))
        except Refusal:
            raise
        except Exception as error:
            # openpyxl has no error of its own for hostile input: from KeyError to an XML library's own, all come out.
            raise refused("Excel workbook", expected=".xlsx", actual=type(error).__name__) from error


def check_archive(path: Path) -> None:
    """Refuse an archive that would fill memory or disk.

    Sizes come from its directory, beyond which nothing is unpacked. Every part that is parsed is looked through once:
    no tag or text, and no row, may be longer than is sensible, because a parser holds these in memory.

    Raises:
        Refusal: `catalog.file_unreadable`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > ENTRIES_MOST:
                raise refused("entries of a workbook", expected=f"at most {ENTRIES_MOST}", actual=len(entries))
            total = sum(entry.file_size for entry in entries)
            if total > UNPACKED_MOST:
                raise refused("size of a workbook, unpacked", expected=f"at most {UNPACKED_MOST} bytes", actual=total)
            for entry in entries:
                name = entry.filename.lower()
                if name.endswith("sharedstrings.xml") and entry.file_size > STRINGS_MOST:
                    raise refused(
                        "size of shared strings", expected=f"at most {STRINGS_MOST} bytes", actual=entry.file_size
                    )
                if name.endswith((".xml", ".rels")):
                    _look_through(archive, entry)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise refused("Excel workbook", expected=".xlsx", actual=type(error).__name__) from error
    except zipfile.error as error:
        raise refused("Excel workbook", expected=".xlsx", actual=type(error).__name__) from error


def _look_through(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    sheet = "worksheets/" in entry.filename.lower()
    since_tag = since_row = 0
    with archive.open(entry) as file:
        while chunk := file.read(_CHUNK):
            since_tag, longest = _since(chunk, b"<", since_tag)
            if longest > ELEMENT_MOST:
                raise refused("length of a cell", expected=f"at most {ELEMENT_MOST} bytes", actual=entry.filename[:100])
            if sheet:
                since_row, longest = _since(chunk, b"</row", since_row)
                if longest > ROW_MOST:
                    raise refused("length of a row", expected=f"at most {ROW_MOST} bytes", actual=entry.filename[:100])
            elif entry.file_size > _CHUNK and b"<!DOCTYPE" in chunk:
                raise refused("Excel workbook", expected="no document type", actual=entry.filename[:100])


def _since(chunk: bytes, mark: bytes, before: int) -> tuple[int, int]:
    """Bytes since the last mark, and the longest stretch without one that ends in this chunk or is still open."""
    first, last = chunk.find(mark), chunk.rfind(mark)
    if first < 0:
        return before + len(chunk), before + len(chunk)
    return len(chunk) - last, before + first


def _headed(book: Any) -> Any:
    """The first sheet with headings; the first of all if none has."""
    for worksheet in book.worksheets[:20]:
        rows = (cells for cells in _cells(worksheet) if not (cells and cells[0].startswith("#")))
        if any(Sheet().take_headings(cells) for cells in islice(rows, HEADING_WITHIN + 1)):
            return worksheet
    return book.worksheets[0]


def _cells(worksheet: Any) -> Iterator[list[str]]:
    if not hasattr(worksheet, "reset_dimensions"):
        raise refused("Excel workbook", expected="a sheet with cells")
    # What a file says about its own size need not be so.
    worksheet.reset_dimensions()
    for number, row in enumerate(worksheet.iter_rows(max_col=COLUMNS_MOST, values_only=True)):
        if number >= ROWS_OF_A_SHEET:
            raise refused("rows of a sheet", expected=f"at most {ROWS_OF_A_SHEET}")
        yield [_text(value) for value in row]


def _rows(worksheet: Any) -> Iterator[tuple[int, list[str]]]:
    return enumerate(_cells(worksheet), start=1)


def _text(value: object) -> str:
    """A cell as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if math.isfinite(value) and value == int(value) and abs(value) < 1e15 else repr(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value)
