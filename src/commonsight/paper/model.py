"""A document: headings, sentences, tables, charts; what it says is decided before it is drawn. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


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
