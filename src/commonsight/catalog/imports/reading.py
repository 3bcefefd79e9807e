"""Files of any format as lines."""

from collections.abc import Iterator
from pathlib import Path

from commonsight.catalog.imports import read_csv, read_json, read_xlsx
from commonsight.catalog.imports.model import Format, Line
from commonsight.catalog.imports.sheet import Sheet, refused

_READERS = {Format.CSV: read_csv.lines, Format.JSON: read_json.lines, Format.XLSX: read_xlsx.lines}
_ENDINGS = {
    ".xlsx": Format.XLSX,
    ".xlsm": Format.XLSX,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".txt": Format.CSV,
    ".json": Format.JSON,
    ".jsonl": Format.JSON,
    ".ndjson": Format.JSON,
}


def format_of(name: str) -> Format:
    """The format that a file's name says.

    Raises:
        Refusal: `catalog.file_unreadable`, also for the old `.xls`, which has to be saved as `.xlsx`.
    """
    ending = Path(name).suffix.lower()
    if ending not in _ENDINGS:
        raise refused("format", expected=".xlsx, .csv, .json", actual=ending or name[:60])
    return _ENDINGS[ending]


def lines(path: Path, kind: Format, sheet: Sheet) -> Iterator[Line]:
    """The lines of a file, one at a time; `sheet` learns its headings.

    Raises:
        Refusal: `catalog.file_unreadable`, naming the rule that the file breaks; perhaps after some lines.
    """
    return _READERS[kind](path, sheet)
