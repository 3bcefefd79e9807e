"""A table that comes in piece by piece: finds its headings, then turns rows into lines."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from commonsight.catalog.imports.columns import columns, key_of
from commonsight.catalog.imports.model import COLUMNS_MOST, ROWS_MOST, Line
from commonsight.problem import Refusal

HEADING_WITHIN = 30
"""Headings stand in one of the first rows: above them an export says when and by whom."""

_KEPT = re.compile("'+[=+\\-@\t\r]")


def refused(rule: str, *, expected: object = None, actual: object = None, **values: Any) -> Refusal:
    """A file that cannot be read as a whole."""
    return Refusal(
        "catalog.file_unreadable",
        status=422,
        rule=rule,
        operand="file",
        expected=expected,
        actual=actual,
        **values,
    )


def too_many_rows() -> Refusal:
    """A file with more rows than an import takes."""
    return refused("rows of one file", expected=f"at most {ROWS_MOST}")


def bare(text: str) -> str:
    """A cell of a CSV without what exports put in front of it against spreadsheets: an apostrophe before a formula."""
    text = text.strip()
    return text[1:] if _KEPT.match(text) else text


@dataclass(slots=True)
class Sheet:
    """What is known of a table's headings. `unknown`: headings that mean no column; they are told, not refused."""

    places: list[tuple[int, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def take_headings(self, cells: Sequence[str]) -> bool:
        """Whether `cells` are the headings; if so they are remembered.

        Raises:
            Refusal: `catalog.file_unreadable` when two headings mean the same column, or there are too many.
        """
        keys = [(place, key_of(cell)) for place, cell in enumerate(cells) if cell.strip()]
        if sum(key is not None for _, key in keys) < 2:
            return False
        if len(keys) > COLUMNS_MOST:
            raise refused("columns of one file", expected=f"at most {COLUMNS_MOST}", actual=len(keys))
        seen: dict[str, str] = {}
        for place, key in keys:
            heading = cells[place].strip()[:100]
            if key is None:
                self.unknown.append(heading)
            elif key in seen:
                raise refused("one column a heading", expected=seen[key], actual=heading)
            else:
                seen[key] = heading
                if not columns()[key].shown:
                    self.places.append((place, key))
        return True

    def lines(
        self, rows: Iterable[tuple[int, Sequence[str]]], *, plain: Callable[[str], str] = str.strip
    ) -> Iterator[Line]:
        """The lines below the headings. `rows` are (number as a person counts, cells); `plain` undresses a cell.

        Raises:
            Refusal: `catalog.file_unreadable` without headings, or with too many rows.
        """
        headed = False
        count = 0
        seen = 0
        for number, cells in rows:
            if not headed:
                # A template tells of each of its columns in a line of its own: those are not counted.
                if cells and cells[0].lstrip().startswith("#"):
                    continue
                headed, seen = self.take_headings(cells), seen + 1
                if not headed and seen > HEADING_WITHIN:
                    break
                continue
            found = {key: text for place, key in self.places if place < len(cells) and (text := plain(cells[place]))}
            if not found:
                continue
            count += 1
            if count > ROWS_MOST:
                raise too_many_rows()
            yield Line(number, found)
        if not headed:
            raise refused("headings", expected=f"at least two known headings in the first {HEADING_WITHIN} rows")
