"""A report as a document: headings, sentences, tables, charts; what it says is decided before it is drawn. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from commonsight.problem import Refusal

FIRST_YEAR: Final = 2000
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of the region's zone."""

    year: int
    number: int

    @classmethod
    def of(cls, said: str) -> "Month":
        """From `2026-10`. Raises Refusal `inspect.report_month_invalid` (422)."""
        found = _MONTH.fullmatch(said)
        if found is None or int(found[1]) < FIRST_YEAR:
            raise Refusal("inspect.report_month_invalid", status=422, rule="YYYY-MM", operand="month", actual=said[:20])
        return cls(int(found[1]), int(found[2]))

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after.first - timedelta(days=1)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Month":
        """The month before."""
        return Month(self.year - 1, 12) if self.number == 1 else Month(self.year, self.number - 1)

    @property
    def after(self) -> "Month":
        """The month after."""
        return Month(self.year + 1, 1) if self.number == 12 else Month(self.year, self.number + 1)

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its begin and its end, which is the begin of the next, in UTC."""
        begin = datetime(self.year, self.number, 1, tzinfo=zone)
        end = datetime(self.after.year, self.after.number, 1, tzinfo=zone)
        return begin.astimezone(UTC), end.astimezone(UTC)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class Share:
    """A rate, 0 to 1; None is unknown and drawn as a dash, never as zero."""

    value: float | None


@dataclass(frozen=True, slots=True)
class Points:
    """A difference of two rates; None is unknown."""

    value: float | None


Value = str | int | float | Share | Points | None
Align = Literal["left", "right", "centre"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `weight`: its share of the width."""

    heading: str
    weight: float = 1.0
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Heading:
    """A section begins. In the workbook a sheet of its own."""

    text: str
    sheet: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences."""

    text: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings. `sheet_only`: too long for paper, so in the workbook alone."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    sheet_only: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: a share for each place on the axis, None where nothing is known."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over days, or bars over names."""

    title: str
    kind: Literal["lines", "bars"]
    labels: tuple[str, ...]
    lines: tuple[Line, ...]


Block = Heading | Paragraph | Table | Chart


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report. `facts`: what stands below the title. `foot`: at the foot of every page."""

    title: str
    subtitle: str
    facts: tuple[str, ...]
    blocks: Sequence[Block]
    foot: str
    page_of: str
    as_of: datetime
    unknown: str = "—"


def plain(value: Value, unknown: str = "—") -> str:
    """A cell as a person reads it on paper."""
    if isinstance(value, (Share, Points)):
        if value.value is None:
            return unknown
        if isinstance(value, Share):
            return f"{value.value * 100:.2f}%"
        return f"{value.value * 100:+.2f}" if round(value.value, 6) else "0.00"
    if value is None:
        return unknown
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
