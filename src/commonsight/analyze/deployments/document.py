"""The report of a deployment as a document, in one language, and the document as a file."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from commonsight.analyze.deployments.board import Report, scene_cards
from commonsight.analyze.deployments.report import Figure
from commonsight.analyze.deployments.views import values_of
from commonsight.paper import fonts, pdf, workbook
from commonsight.paper.model import Block, Column, Document, Heading, Paragraph, Share, Table, Value
from commonsight.text import say

ON_PAPER: Final = 30
"""Rows of a table on paper; the workbook has them all."""

Say = Callable[..., str]


def of(made: Report, language: str, zone: ZoneInfo, by: str, now: datetime) -> Document:
    """What the report says."""

    def told(code: str, **values: Any) -> str:
        return say(f"analyze.deployment_doc_{code}", language, **values)

    one = made.deployment
    began = one.started_at or one.starts_at
    span = told("span", begin=_moment(began, zone), end=_moment(made.until, zone))
    facts = [span, told("facts", cameras=len(made.cameras), unit=one.unit or "—", by=by, at=_moment(now, zone))]
    if one.state.value == "running":
        facts.append(told("running"))
    blocks: list[Block] = [
        *_summary(made, told, zone), *_figures(made, language, told), *_incidents(made, language, told, zone),
        *_coverage(made, told), *_duty(made, told, zone), *_log(made, language, told, zone),
        Heading(told("method"), told("method")), *(Paragraph(told(f"method_{number}")) for number in range(1, 5)),
    ]  # fmt: skip
    return Document(one.name, told("title"), tuple(facts), blocks, one.name, told("page"), now)


def draw(document: Document, kind: str, language: str, text: Path | None, heading: Path | None) -> bytes:
    """The document as `pdf` or `xlsx`. A second or two of work: run it beside the event loop.

    Raises:
        Refusal: `paper.font_missing` (503), `paper.font_unfit` (422).
    """
    if kind == "xlsx":
        return workbook.draw(document)
    faces = fonts.pair(text, heading)
    return pdf.draw(document, *faces, language)


def _summary(made: Report, told: Say, zone: ZoneInfo) -> list[Block]:
    sums, one = made.incidents, made.deployment
    blocks: list[Block] = [Heading(told("summary"), told("summary"))]
    if one.purpose:
        blocks.append(Paragraph(one.purpose))
    coverage = "—" if made.coverage is None else f"{made.coverage:.1%}"
    blocks.append(Paragraph(told("said", coverage=coverage, total=sums.total, false=sums.false, open=sums.open)))
    if sums.taken_minutes is not None:
        blocks.append(Paragraph(told("taken", minutes=f"{sums.taken_minutes:.1f}", cases=sums.taken)))
    if sums.closed_minutes is not None:
        blocks.append(Paragraph(told("closed", minutes=f"{sums.closed_minutes:.1f}", cases=sums.closed)))
    missed = sum(each.missed for each in made.watched)
    faulty = sum(each.faulty > 0 for each in made.watched)
    blocks.append(Paragraph(told("missed", cameras=faulty, minutes=f"{missed:.0f}")))
    if made.gaps:
        spans = [f"{_moment(begin, zone)}–{_moment(end, zone)}" for begin, end in made.gaps[:10]]
        blocks.append(Paragraph(told("gaps", spans=spans)))
    return blocks


def _figures(made: Report, language: str, told: Say) -> list[Block]:
    if not made.figures:
        return [Heading(told("figures"), told("figures")), Paragraph(told("figures_none"))]
    cards = scene_cards(made.deployment)
    english = language.startswith("en")

    def row(one: Figure, first: str) -> tuple[Value, ...]:
        name = one.measure.en if english else one.measure.zh
        scene = cards[one.scene].en if english else cards[one.scene].zh
        value = None if one.value is None else round(one.value, 1)
        return (*((first,) if first else ()), scene, name, value, one.measure.unit, Share(one.coverage))

    heads = ("scene", "measure", "value", "unit", "coverage")
    days = tuple(row(one, one.day.isoformat() if one.day else "") for one in made.by_day)
    cameras = tuple(row(one, made.cameras[one.camera_id].name) for one in made.by_camera if one.camera_id is not None)
    return [
        Heading(told("figures"), told("figures")),
        Table(told("table_figures"), _columns(told, heads, 2), tuple(row(one, "") for one in made.figures)),
        *_long(told("table_days"), _columns(told, ("day", *heads), 3), days, told),
        *_long(told("table_cameras"), _columns(told, ("camera", *heads), 3), cameras, told),
        Paragraph(told("figures_note"), small=True),
    ]


def _incidents(made: Report, language: str, told: Say, zone: ZoneInfo) -> list[Block]:
    blocks: list[Block] = [Heading(told("incidents"), told("incidents"))]
    if not made.listed:
        return [*blocks, Paragraph(told("incidents_none"))]
    cards, english = scene_cards(made.deployment), language.startswith("en")
    rows = []
    for row in made.listed:
        kinds = {kind.code: kind for kind in cards[row.scene].incidents}
        kind = kinds.get(row.incident)
        name = row.incident if kind is None else kind.en if english else kind.zh
        said = "" if row.label is None else told("real" if row.label else "false")
        rows.append(
            (
                _moment(row.began_at, zone), name, row.name, f"#{row.number}" if row.number else "—",
                _minutes(row.began_at, row.taken_at), _minutes(row.began_at, row.closed_at), said,
            )
        )  # fmt: skip
    columns = _columns(told, ("began", "incident", "camera", "case", "taken", "closed", "label"), 4)
    return [*blocks, *_long(told("table_incidents"), columns, tuple(rows), told)]


def _coverage(made: Report, told: Say) -> list[Block]:
    rows = tuple(
        (
            made.cameras[one.camera_id].name, Share(one.coverage), round(one.unwatched, 1), round(one.faulty, 1),
            round(one.missed, 1),
        )
        for one in made.watched
    )  # fmt: skip
    columns = _columns(told, ("camera", "coverage", "unwatched", "faulty", "missed"), 1)
    return [
        Heading(told("coverage"), told("coverage")), *_long(told("table_coverage"), columns, rows, told),
        Paragraph(told("coverage_note"), small=True),
    ]  # fmt: skip


def _duty(made: Report, told: Say, zone: ZoneInfo) -> list[Block]:
    if not made.deployment.shifts:
        return []
    rows = tuple(
        (_moment(one.begin, zone), _moment(one.end, zone), *made.people.get(one.person, ("—", "")), one.role)
        for one in made.deployment.shifts
    )
    columns = _columns(told, ("from", "to", "person", "unit_of", "role"), 5)
    return [Heading(told("duty"), told("duty")), *_long(told("table_duty"), columns, rows, told)]


def _log(made: Report, language: str, told: Say, zone: ZoneInfo) -> list[Block]:
    rows = tuple(
        (_moment(line.at, zone), line.by_name or "—",
         line.words or say(f"analyze.deployment_log_{line.kind}", language, **values_of(line.detail)))
        for line in made.log
    )  # fmt: skip
    columns = (Column(told("head_at"), 1.2), Column(told("head_by"), 1), Column(told("head_words"), 4))
    return [Heading(told("log"), told("log")), *_long(told("table_log"), columns, rows, told)] if rows else []


def _long(title: str, columns: tuple[Column, ...], rows: tuple[tuple[Value, ...], ...], told: Say) -> list[Block]:
    """A table; of a long one the beginning on paper and the whole in the workbook."""
    if not rows:
        return []
    if len(rows) <= ON_PAPER:
        return [Table(title, columns, rows)]
    short = Paragraph(told("cut", rows=len(rows), most=ON_PAPER), small=True)
    return [short, Table(title, columns, rows, sheet_only=True), Table(title, columns, rows[:ON_PAPER])]


def _columns(told: Say, heads: Sequence[str], left: int) -> tuple[Column, ...]:
    wide = {"camera": 2.2, "measure": 1.6, "incident": 1.6, "began": 1.5, "from": 1.4, "to": 1.4, "day": 1.2}
    return tuple(
        Column(told(f"head_{head}"), wide.get(head, 1.0), "left" if number < left else "right")
        for number, head in enumerate(heads)
    )


def _minutes(begin: datetime, end: datetime | None) -> float | None:
    return None if end is None else round(max(0.0, (end - begin).total_seconds() / 60), 1)


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%m-%d %H:%M")
