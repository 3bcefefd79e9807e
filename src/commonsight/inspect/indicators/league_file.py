"""A league table as a file: exactly what is seen, with who asked, when, and what each column means in front."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from commonsight.catalog.export import cell
from commonsight.catalog.xlsx_writer import Cell, XlsxWriter
from commonsight.inspect.indicators.service import CHANGES, Chosen, Standing
from commonsight.inspect.indicators.words import scope_name
from commonsight.text import say

MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Ending = Literal["csv", "xlsx"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, how they read, and what the table shows."""

    language: str
    who: str
    organisation: str
    at: datetime
    kind: str
    parent: str
    by: str
    shown: Sequence[Chosen]


def head(asked: Asked) -> list[str]:
    """What stands in front of the table."""
    language = asked.language
    order = next((one for one in asked.shown if one.indicator.code == asked.by), None)
    name = asked.by if order is None else _name(order, language)
    lines = [
        say("catalog.export_who", language, who=asked.who, organisation=asked.organisation,
            at=asked.at.isoformat(timespec="seconds")),
        say("inspect.league_about", language, kind=say(f"inspect.scope_{asked.kind}", language), parent=asked.parent,
            by=name),
        *(
            say("inspect.league_definition", language, name=_name(one, language), formula=one.variant.worded(language),
                definition=one.variant.definition_en if language == "en" else one.variant.definition_zh)
            for one in asked.shown
        ),
    ]  # fmt: skip
    return [" ".join(line.split()) for line in lines]


def columns(asked: Asked) -> list[str]:
    """The headings."""
    language = asked.language
    made = [say(f"inspect.league_{word}", language) for word in ("rank", "code", "name", "total", "exempt")]
    for one in asked.shown:
        name = _name(one, language)
        made.append(f"{name} %")
        made += [say("inspect.league_change", language, name=name, days=days) for days in CHANGES]
        made += [say(f"inspect.league_{word}", language, name=name) for word in ("measured", "coverage", "low", "high")]
    return made


def values(row: Standing, asked: Asked) -> list[Cell]:
    """A row. Percentages to two decimals; what is unknown is empty, never zero."""
    named = scope_name(asked.kind, row.place.code, row.name)
    made: list[Cell] = [
        None if row.place.rank is None else f"{row.place.rank}{'=' if row.place.tied else ''}",
        row.place.code,
        None if named is None else named.en if asked.language == "en" else named.zh,
        row.total,
        row.exempt,
    ]
    for one in asked.shown:
        figure = row.figures[one.indicator.code]
        low, high = figure.interval or (None, None)
        moved = {change.days: change.value for change in row.changes.get(one.indicator.code, ())}
        made += [_percent(figure.value), *(_percent(moved.get(days)) for days in CHANGES)]
        made += [figure.denominator, _percent(figure.coverage), _percent(low), _percent(high)]
    return made


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 2)


def _name(one: Chosen, language: str) -> str:
    name, variant = (one.indicator.en, one.variant.en) if language == "en" else (one.indicator.zh, one.variant.zh)
    return name if one.variant == one.indicator.usual else f"{name} ({variant})"


def body(rows: Sequence[Standing], asked: Asked, ending: Ending) -> bytes:
    """The file."""
    above, headings = head(asked), columns(asked)
    if ending == "xlsx":
        writer = XlsxWriter(say("inspect.league_sheet", asked.language), frozen=len(above) + 1)
        top: list[list[Cell]] = [[f"# {line}"] for line in above]
        return writer.rows([*top, list(headings), *(values(row, asked) for row in rows)]) + writer.close()
    buffer = io.StringIO()
    # The mark lets spreadsheets know UTF-8.
    buffer.write("\ufeff" + "".join(f"# {line}\r\n" for line in above))
    writer_csv = csv.writer(buffer, lineterminator="\r\n")
    writer_csv.writerow(headings)
    for row in rows:
        writer_csv.writerow([cell(value) for value in values(row, asked)])
    return buffer.getvalue().encode()
