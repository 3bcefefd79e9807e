"""JSON, read object by object: an array of them, `{"cameras": [...]}` as an export writes it, or one object a line."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from commonsight.catalog.imports.columns import columns, key_of
from commonsight.catalog.imports.model import COLUMNS_MOST, ROWS_MOST, Line
from commonsight.catalog.imports.sheet import Sheet, refused, too_many_rows

OBJECT_MOST = 200_000
"""Characters of one camera, and of what stands in front of the array."""

_WANTED = 'an array of objects, {"cameras": [...]}, or one object a line'
_CHUNK = 1 << 16
_BETWEEN = re.compile(r"[ \t\r\n,]*")
_CAMERAS = re.compile(r'"cameras"\s*:\s*\[')
_DECODER = json.JSONDecoder()


def lines(path: Path, sheet: Sheet) -> Iterator[Line]:
    """The lines of the file, numbered from 1; `sheet` learns the headings.

    Raises:
        Refusal: `catalog.file_unreadable`.
    """
    known: dict[str, str | None] = {}
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, said in enumerate(_objects(file), start=1):
                if number > ROWS_MOST:
                    raise too_many_rows()
                cells = _cells(said, number, known, sheet)
                if cells:
                    yield Line(number, cells)
    except UnicodeDecodeError as error:
        raise refused("encoding", expected="utf-8", actual=f"byte {error.start}") from error


def _cells(said: Mapping[str, Any], number: int, known: dict[str, str | None], sheet: Sheet) -> dict[str, str]:
    cells: dict[str, str] = {}
    for heading, value in said.items():
        if heading not in known:
            if len(known) >= COLUMNS_MOST:
                raise refused("columns of one file", expected=f"at most {COLUMNS_MOST}", actual=heading[:100])
            known[heading] = key_of(heading)
            if known[heading] is None:
                sheet.unknown.append(heading[:100])
        key = known[heading]
        if key is None or columns()[key].shown or value is None:
            continue
        if isinstance(value, (dict, list)):
            raise refused(
                "plain values", expected="text, number, true, false or null", actual=f"{number}: {heading}"[:100]
            )
        if key in cells:
            raise refused("one column a heading", actual=heading[:100])
        text = (str(int(value)) if isinstance(value, bool) else str(value)).strip()
        if text:
            cells[key] = text
    return cells


def _objects(file: TextIO) -> Iterator[dict[str, Any]]:
    """One object after another, never more than one and a chunk in memory."""
    buffer, place, ended = _opening(file), 0, False
    while True:
        place = _BETWEEN.match(buffer, place).end()  # type: ignore[union-attr]  # it matches nothing at least
        if buffer.startswith("]", place):
            return
        if place < len(buffer):
            try:
                found, place = _DECODER.raw_decode(buffer, place)
            except RecursionError as error:
                raise refused("JSON", expected="objects without depth") from error
            except ValueError as error:
                # Either it is broken or the rest of it has not been read yet.
                if ended or len(buffer) - place > OBJECT_MOST:
                    raise refused("JSON", expected=_WANTED, actual=buffer[place : place + 60]) from error
            else:
                if not isinstance(found, dict):
                    raise refused("JSON", expected=_WANTED, actual=str(found)[:60])
                yield found
                continue
        elif ended:
            return
        chunk = file.read(_CHUNK)
        buffer, place, ended = buffer[place:] + chunk, 0, not chunk


def _opening(file: TextIO) -> str:
    """What follows the bracket that opens the array; for one object a line, everything."""
    buffer = ""
    while len(buffer) <= OBJECT_MOST and (chunk := file.read(_CHUNK)):
        buffer = (buffer + chunk).lstrip()
        if buffer.startswith("["):
            return buffer[1:]
        if found := _CAMERAS.search(buffer):
            return buffer[found.end() :]
        try:
            if isinstance(_DECODER.raw_decode(buffer)[0], dict):
                return buffer
        except (ValueError, RecursionError):
            continue
        break
    raise refused("JSON", expected=_WANTED, actual=buffer[:60])
