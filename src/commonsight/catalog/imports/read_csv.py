"""CSV as spreadsheets save it: UTF-8 or GB18030 (UTF-16 too), commas, semicolons or tabs."""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from commonsight.catalog.imports.model import Line
from commonsight.catalog.imports.sheet import Sheet, bare, refused

LINE_MOST = 200_000
"""Characters of one line."""

_CHUNK = 1 << 20
_DELIMITERS = ",\t;，"


def encoding_of(path: Path) -> str:
    """The encoding: what a mark says, else UTF-8 if the whole file is, else GB18030 (which holds GBK and GB2312).

    Raises:
        Refusal: `catalog.file_unreadable`, naming the place of the first byte that fits neither.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8", "gb18030"]
    wrong = 0
    for encoding in candidates:
        found = _first_wrong(path, encoding)
        if found is None:
            return encoding
        wrong = found
    raise refused("encoding", expected=", ".join(candidates), actual=f"byte {wrong}")


def _first_wrong(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return offset + error.start
            if not chunk:
                return None
            offset += len(chunk)


def lines(path: Path, sheet: Sheet) -> Iterator[Line]:
    """The lines of the file; `sheet` learns the headings.

    Raises:
        Refusal: `catalog.file_unreadable`.
    """
    with path.open(encoding=encoding_of(path), newline="") as file:
        yield from sheet.lines(_rows(file), plain=bare)


def _rows(file: TextIO) -> Iterator[tuple[int, list[str]]]:
    first = next(_bounded(file), "")
    file.seek(0)
    delimiter = _delimiter(first)
    if first.startswith("#"):
        # Above an export's headings stand sentences; the delimiter is the headings' own.
        delimiter = _delimiter(next((line for line in _bounded(file) if not line.lstrip("\ufeff").startswith("#")), ""))
        file.seek(0)
    reader = csv.reader(_bounded(file), delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refused("CSV", expected="quoted cells of bounded length", actual=str(error)[:100]) from error
        yield reader.line_num, cells


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=lambda mark: (line.count(mark), -_DELIMITERS.index(mark)))


def _bounded(file: TextIO) -> Iterator[str]:
    number = 0
    while line := file.readline(LINE_MOST + 1):
        number += 1
        if len(line) > LINE_MOST:
            raise refused("length of a line", expected=f"at most {LINE_MOST} characters", actual=f"line {number}")
        yield line
