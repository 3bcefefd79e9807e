"""A feedback list as rows: Excel or CSV, its headings guessed or mapped by hand, each row read or refused by field."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from commonsight.catalog.imports import read_csv, read_xlsx
from commonsight.catalog.imports.model import COLUMNS_MOST, Format, Line, Problem
from commonsight.catalog.imports.sheet import HEADING_WITHIN, Sheet, refused
from commonsight.inspect.assessment.model import BAD, GOOD, Said, columns, guess, verdict_of

TEXT_MOST: Final = 300
_CODE: Final = re.compile(r"\d{20}")
_TIMES: Final = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S", "%Y-%m-%d",
    "%Y/%m/%d", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日%H时%M分", "%Y年%m月%d日",
)  # fmt: skip
_LEAST: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class List(Sheet):
    """The table of a feedback list. `mapping`: column -> heading as a person said; empty: guessed from the names.

    `headings`: what stands above the columns, also when they are not understood: a person then maps them.
    """

    mapping: dict[str, str] = field(default_factory=dict)
    headings: list[str] = field(default_factory=list)
    rows_most: int = 300_000

    def take_headings(self, cells: Sequence[str]) -> bool:
        """Whether `cells` are the headings; if so they are remembered."""
        plain = [cell.strip()[:100] for cell in cells[:COLUMNS_MOST]]
        if sum(bool(cell) for cell in plain) < 2:
            return False
        meant = dict(self.mapping) or guess([cell for cell in plain if cell])
        if not set(meant.values()) <= set(plain) or missing(meant):
            # What may be headings all the same: the row with most filled cells among the first.
            if sum(map(bool, plain)) > sum(map(bool, self.headings)):
                self.headings = [cell for cell in plain if cell]
            return False
        self.headings = [cell for cell in plain if cell]
        self.mapping = meant
        places = {heading: place for place, heading in reversed(list(enumerate(plain)))}
        self.places.extend((places[heading], key) for key, heading in meant.items())
        return True

    def lines(
        self, rows: Iterable[tuple[int, Sequence[str]]], *, plain: Callable[[str], str] = str.strip
    ) -> Iterator[Line]:
        """The lines below the headings, at most `rows_most`.

        Raises:
            Refusal: `catalog.file_unreadable` without headings, or with too many rows.
        """
        headed = False
        count = 0
        for seen, (number, cells) in enumerate(rows):
            if not headed:
                headed = self.take_headings(cells)
                if not headed and seen >= HEADING_WITHIN:
                    break
                continue
            found = {key: text for place, key in self.places if place < len(cells) and (text := plain(cells[place]))}
            if found:
                count += 1
                if count > self.rows_most:
                    raise refused("rows of one list", expected=f"at most {self.rows_most}")
                yield Line(number, found)
        if not headed:
            raise refused("headings", expected="; ".join(column.zh for column in columns().values()))


def missing(mapping: Mapping[str, str]) -> list[str]:
    """Columns without which a list cannot be read: the result, and something that says which camera."""
    lacking = [key for key, column in columns().items() if column.needed and key not in mapping]
    return lacking if "code" in mapping or "name" in mapping else [*lacking, "code"]


def lines(path: Path, kind: Format, table: List) -> Iterator[Line]:
    """The lines of a file; `table` learns the headings.

    Raises:
        Refusal: `catalog.file_unreadable`, naming the rule that the file breaks.
    """
    reader = {Format.CSV: read_csv.lines, Format.XLSX: read_xlsx.lines}.get(kind)
    if reader is None:
        raise refused("format", expected=".xlsx, .csv", actual=kind.value)
    return reader(path, table)


def time_of(text: str, zone: ZoneInfo) -> datetime | None:
    """A time as lists write it, in UTC; without a zone of its own it is one of `zone`. None when it is no time."""
    plain = " ".join(text.replace("T", " ").replace("：", ":").split())
    try:
        found = datetime.fromisoformat(plain)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    for pattern in _TIMES:
        try:
            return datetime.strptime(plain, pattern).replace(tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns lines into rows. `default`: the time of rows that name none; `latest`: later times are mistakes."""

    indicator: str
    zone: ZoneInfo
    default: datetime | None
    latest: datetime

    def read(self, line: Line) -> Said | Problem:
        """The row, or what is wrong with it: the first field that breaks a rule."""
        cells = {key: text[:TEXT_MOST] for key, text in line.cells.items()}
        code = cells.get("code", "").strip("\t '`")
        if code and not _CODE.fullmatch(code) and "name" not in cells:
            return _wrong(line, "code", "20 digits", code)
        if not code and not cells.get("name"):
            return _wrong(line, "code", "identifier or name", "")
        verdict = verdict_of(cells.get("result", ""))
        if verdict is None:
            return _wrong(line, "result", "a result we know", cells.get("result", ""))
        if verdict not in GOOD[self.indicator] | BAD[self.indicator]:
            return _wrong(line, "result", f"says something of {self.indicator}", cells["result"])
        said_at = cells.get("at", "")
        at = time_of(said_at, self.zone) if said_at else self.default
        if at is None:
            return _wrong(line, "at", "time", said_at)
        if not _LEAST <= at <= self.latest:
            return _wrong(line, "at", f"{_LEAST.year} - {self.latest.isoformat(timespec='minutes')}", said_at)
        region = "".join(char for char in cells.get("region", "") if char.isdigit())[:12]
        return Said(
            line.number, code if _CODE.fullmatch(code) else "", cells.get("name", ""), region, cells["result"],
            verdict, at, cells.get("reason", ""),
        )  # fmt: skip


LATEST_AHEAD: Final = timedelta(days=2)
"""A zone or clock that is off puts times ahead by hours: that is an explanation. Beyond this it is a mistake."""


def _wrong(line: Line, operand: str, rule: str, actual: str) -> Problem:
    return Problem(
        line.number, operand, "inspect.upper_list_cell", {"rule": rule, "operand": operand, "actual": actual}
    )
