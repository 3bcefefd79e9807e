"""From the figures of a month to a document in Chinese or English: titles, sentences, tables, charts. Pure."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from commonsight.inspect.assessment.model import explanations
from commonsight.inspect.assessment.views import step_words
from commonsight.inspect.reports.gather import LEAGUE, TREND
from commonsight.inspect.reports.model import Month
from commonsight.paper.model import (
    Block,
    Chart,
    Column,
    Document,
    Heading,
    Line,
    Paragraph,
    Points,
    Share,
    Table,
    Value,
    plain,
)
from commonsight.text import say

Figures = dict[str, Any]
Say = Callable[..., str]

_NUMERALS: Final = "一二三四五六七八九十"
_SECTIONS: Final = (
    "summary",
    "indicators",
    "league",
    "trend",
    "repairs",
    "assessment",
    "exemptions",
    "worst",
    "method",
)


def document(figures: Figures, language: str, unit: str, who: str, version: int, note: str) -> Document:
    """The report these figures make.

    Args:
        unit: the author, as it stands below the title.
        who: the person who had it made.
        version: of this month's report; above 1 it replaces an earlier one.
        note: why it was made anew, or empty.
    """

    def told(code: str, **values: Any) -> str:
        return say(f"inspect.report_{code}", language, **values)

    month = Month.of(figures["month"])
    zone = ZoneInfo(figures["zone"])
    as_of = datetime.fromisoformat(figures["as_of"])
    named = told("month", year=month.year, month=month.number)
    facts = [
        told("fact_unit", unit=unit or "-"),
        told("fact_span", first=_day(month.first, language), last=_day(month.last, language)),
        told("fact_as_of", at=_moment(as_of, zone), who=who or "-", version=version),
    ]
    if note:
        facts.append(told("fact_note", note=note))
    if not figures["over"]:
        facts.append(told("fact_running"))
    blocks: list[Block] = []
    makers: dict[str, Callable[[Figures, str, Say, ZoneInfo], list[Block]]] = {
        "summary": _summary, "indicators": _indicators, "league": _league, "trend": _trend, "repairs": _repairs,
        "assessment": _assessment, "exemptions": _exemptions, "worst": _worst, "method": _method,
    }  # fmt: skip
    for number, section in enumerate(_SECTIONS):
        name = told(f"section_{section}")
        mark = f"{_NUMERALS[number]}、" if language == "zh" else f"{number + 1}. "
        blocks.append(Heading(f"{mark}{name}", name))
        blocks.extend(makers[section](figures, language, told, zone))
    return Document(
        title=told("title", region=figures["region_name"]),
        subtitle=named,
        facts=tuple(facts),
        blocks=tuple(blocks),
        foot=told("foot", region=figures["region_name"], month=named, version=version),
        page_of=told("page_of"),
        as_of=as_of,
    )


# --- sections -------------------------------------------------------------------------------------------------------


def _summary(figures: Figures, language: str, told: Say, zone: ZoneInfo) -> list[Block]:  # noqa: ARG001
    month = Month.of(figures["month"])
    by_code = {one["code"]: one for one in figures["indicators"]}
    days = max((one["days"] for one in figures["indicators"]), default=0)
    first = [told("summary_cameras", region=figures["region_name"], cameras=f"{figures['cameras']:,}")]
    if not days:
        first.append(told("summary_nothing"))
    else:
        first.append(told("summary_days", days=days, of=month.days))
    sentences = [_sentence(by_code[code], language, told) for code in LEAGUE if code in by_code]
    unknown = [_name(by_code[code], language) for code in by_code if by_code[code]["value"] is None]
    if unknown:
        sentences.append(told("summary_unknown", names=_list(unknown, language)))
    blocks: list[Block] = [Paragraph("".join(first)), Paragraph("".join(one for one in sentences if one))]
    ranked = [row for row in figures["league"] if row["rank"] is not None]
    if len(ranked) > 1:
        best, last = ranked[0], ranked[-1]
        blocks.append(
            Paragraph(
                told(
                    "summary_league",
                    indicator=_name(by_code[LEAGUE[0]], language),
                    best=best["name"],
                    best_rate=plain(Share(best["values"][LEAGUE[0]])),
                    last=last["name"],
                    last_rate=plain(Share(last["values"][LEAGUE[0]])),
                )
            )
        )
    blocks.append(Paragraph("".join(_work(figures, language, told))))
    return blocks


def _sentence(one: dict[str, Any], language: str, told: Say) -> str:
    """One indicator in a sentence: its value, how it moved, whether it reaches its aim."""
    if one["value"] is None:
        return ""
    parts = [told("rate", name=_name(one, language), value=plain(Share(one["value"])))]
    if one["before"] is not None:
        moved = one["value"] - one["before"]
        code = "rate_same" if abs(moved) < 0.00005 else "rate_up" if moved > 0 else "rate_down"
        parts.append(told(code, points=f"{abs(moved) * 100:.2f}"))
    if one["aim"] is not None:
        reached = one["value"] >= one["aim"]
        parts.append(told("rate_reached" if reached else "rate_missed", aim=plain(Share(one["aim"]))))
    return told("comma").join(parts) + told("stop")


def _work(figures: Figures, language: str, told: Say) -> list[str]:
    began = sum(one["began"] for one in figures["faults"])
    said = []
    if figures["faults"]:
        kinds = [f"{one[language]} {one['began']:,}" for one in figures["faults"][:3] if one["began"]]
        said.append(told("summary_faults", count=f"{began:,}", kinds=_list(kinds, language) or "-"))
    else:
        said.append(told("summary_no_faults"))
    closed, dated = (sum(one[key] for one in figures["repairs"]) for key in ("closed", "dated"))
    in_time = sum(one["in_time"] for one in figures["repairs"])
    if figures["repairs"]:
        share = plain(Share(in_time / dated if dated else None))
        said.append(told("summary_repairs", closed=f"{closed:,}", share=share))
    if figures["feedbacks"]:
        rows = sum(one["rows"] or 0 for one in figures["feedbacks"])
        said.append(told("summary_feedbacks", lists=len(figures["feedbacks"]), rows=f"{rows:,}"))
    else:
        said.append(told("summary_no_feedbacks"))
    exempt = sum(one["cameras"] for one in figures["exemptions"])
    said.append(told("summary_exemptions", count=len(figures["exemptions"]), cameras=f"{exempt:,}"))
    return said


def _indicators(figures: Figures, language: str, told: Say, zone: ZoneInfo) -> list[Block]:  # noqa: ARG001
    rows: list[tuple[Value, ...]] = []
    defined: list[tuple[Value, ...]] = []
    for one in figures["indicators"]:
        moved = None if one["value"] is None or one["before"] is None else one["value"] - one["before"]
        rows.append(
            (_name(one, language), Share(one["value"]), Share(one["before"]), Points(moved),
             Share(one["aim"]) if one["aim"] is not None else "", one["numerator"], one["denominator"], one["unknown"])
        )  # fmt: skip
        defined.append((_name(one, language), one[f"formula_{language}"], one[f"definition_{language}"]))
    heads = ("indicator", "value", "before", "moved", "aim", "numerator", "denominator", "unknown")
    weights = (1.5, 1, 1, 1, 0.9, 1.4, 1.4, 1.2)
    return [
        Paragraph(told("note_sums"), small=True),
        Table(told("table_indicators"), _columns(told, heads, weights, 1), tuple(rows)),
        Table(
            told("table_definitions"),
            (
                Column(told("head_indicator"), 1.1),
                Column(told("head_formula"), 2.2),
                Column(told("head_definition"), 3.6),
            ),
            tuple(defined),
        ),
    ]


def _league(figures: Figures, language: str, told: Say, zone: ZoneInfo) -> list[Block]:  # noqa: ARG001
    if not figures["league"]:
        return [Paragraph(told("league_none"))]
    by_code = {one["code"]: one for one in figures["indicators"]}
    shown = [code for code in LEAGUE if code in by_code]
    columns = (
        Column(told("head_rank"), 0.6, "centre"),
        Column(told("head_region"), 1.5),
        Column(told("head_cameras"), 1, "right"),
        *(Column(_name(by_code[code], language), 1.15, "right") for code in shown),
        Column(told("head_moved"), 1.3, "right"),
    )
    rows: list[tuple[Value, ...]] = []
    for row in figures["league"]:
        value = row["values"].get(LEAGUE[0])
        moved = None if value is None or row["before"] is None else value - row["before"]
        rank = None if row["rank"] is None else f"{row['rank']}{'=' if row['tied'] else ''}"
        rows.append(
            (rank, row["name"], row["cameras"], *(Share(row["values"].get(code)) for code in shown), Points(moved))
        )
    names = tuple(row["name"] for row in figures["league"])
    bars = tuple(row["values"].get(LEAGUE[0]) for row in figures["league"])
    title = told("chart_league", indicator=_name(by_code[LEAGUE[0]], language))
    return [
        Paragraph(told("note_league"), small=True),
        Table(told("table_league"), columns, tuple(rows)),
        Chart(title, "bars", names, (Line(_name(by_code[LEAGUE[0]], language), bars),)),
    ]


def _trend(figures: Figures, language: str, told: Say, zone: ZoneInfo) -> list[Block]:  # noqa: ARG001
    by_code = {one["code"]: one for one in figures["indicators"]}
    shown = [code for code in TREND if any(v is not None for v in figures["trend"]["values"].get(code, ()))]
    if not shown:
        return [Paragraph(told("trend_none"))]
    days = figures["trend"]["days"]
    lines = tuple(Line(_name(by_code[code], language), tuple(figures["trend"]["values"][code])) for code in shown)
    labels = tuple(str(int(day[-2:])) for day in days)
    rows = tuple(
        (day, *(Share(figures["trend"]["values"][code][number]) for code in shown)) for number, day in enumerate(days)
    )
    columns = (Column(told("head_day"), 1), *(Column(line.name, 1, "right") for line in lines))
    return [
        Paragraph(told("note_trend"), small=True),
        Chart(told("chart_trend"), "lines", labels, lines),
        Table(told("table_trend"), columns, rows, sheet_only=True),
    ]


def _repairs(figures: Figures, language: str, told: Say, zone: ZoneInfo) -> list[Block]:  # noqa: ARG001
    blocks: list[Block] = []
    if figures["faults"]:
        faults = tuple((one[language], one["began"], one["ended"], one["lasting"]) for one in figures["faults"])
        columns = _columns(told, ("fault", "began", "ended", "lasting"), (2, 1, 1, 1), 1)
        blocks.append(Table(told("table_faults"), columns, faults))
    else:
        blocks.append(Paragraph(told("faults_none")))
    if figures["repairs"]:
        rows = tuple(
            (one["unit"] or told("unit_none"), one["opened"], one["closed"],
             Share(one["in_time"] / one["dated"] if one["dated"] else None), one["late"], one["hours"])
            for one in figures["repairs"]
        )  # fmt: skip
        heads = ("unit", "opened", "closed", "in_time", "late", "hours")
        blocks.append(Paragraph(told("note_repairs"), small=True))
        blocks.append(Table(told("table_repairs"), _columns(told, heads, (2.4, 1, 1, 1, 1, 1.3), 1), rows))
    else:
        blocks.append(Paragraph(told("repairs_none")))
    return blocks


def _assessment(figures: Figures, language: str, told: Say, zone: ZoneInfo) -> list[Block]:
    if not figures["feedbacks"]:
        return [Paragraph(told("feedbacks_none"))]
    blocks: list[Block] = [Paragraph(told("note_bridge"), small=True)]
    for one in figures["feedbacks"]:
        bridge = one["bridge"]
        theirs, ours = (bridge[0]["rate"], bridge[-1]["rate"]) if bridge else (None, None)
        blocks.append(
            Paragraph(
                told(
                    "feedback",
                    upper=one["upper"] or say("inspect.upper_unnamed", language),
                    name=one["name"],
                    at=_moment(datetime.fromisoformat(one["at"]), zone),
                    indicator=say(f"inspect.indicator_{one['indicator']}", language),
                    rows=f"{one['rows'] or 0:,}",
                    matched=f"{one['matched']:,}",
                    theirs=plain(Share(theirs)),
                    ours=plain(Share(ours)),
                )
            )
        )
        steps = tuple(
            (step_words(step["code"], language), step["rows"], Share(step["rate"]),
             Points(None if step["points"] is None else step["points"] / 10_000) if number else "")
            for number, step in enumerate(bridge)
        )  # fmt: skip
        if steps:
            columns = _columns(told, ("step", "about", "rate", "points"), (3, 1, 1, 1), 1)
            blocks.append(Table(told("table_bridge"), columns, steps))
        known = [(why, one["explained"][code]) for code, why in explanations().items() if code in one["explained"]]
        blocks.append(
            Table(
                told("table_explained"),
                (Column(told("head_why"), 1.4), Column(told("head_words"), 4), Column(told("head_rows"), 0.8, "right")),
                tuple(
                    (why.en, why.words_en, rows) if language == "en" else (why.zh, why.words_zh, rows)
                    for why, rows in known
                ),
            )
        )
    return blocks


def _exemptions(figures: Figures, language: str, told: Say, zone: ZoneInfo) -> list[Block]:
    if not figures["exemptions"]:
        return [Paragraph(told("exemptions_none"))]
    rows = tuple(
        (str(one["number"]), one[language], one["words"], one["cameras"],
         _moment(datetime.fromisoformat(one["starts_at"]), zone), _moment(datetime.fromisoformat(one["ends_at"]), zone),
         one["approved_by"] or "")
        for one in figures["exemptions"]
    )  # fmt: skip
    columns = (
        Column(told("head_number"), 0.7, "centre"),
        Column(told("head_kind"), 1.1),
        Column(told("head_words"), 2.8),
        Column(told("head_cameras"), 1, "right"),
        Column(told("head_from"), 2),
        Column(told("head_to"), 2),
        Column(told("head_approved"), 1),
    )
    return [Paragraph(told("note_exemptions"), small=True), Table(told("table_exemptions"), columns, rows)]


def _worst(figures: Figures, language: str, told: Say, zone: ZoneInfo) -> list[Block]:
    blocks: list[Block] = []
    by_code = {one["code"]: one for one in figures["indicators"]}
    if figures["worst_counties"]:
        rate = Column(_name(by_code["playable"], language), 1, "right")
        columns = (Column(told("head_region"), 2), Column(told("head_cameras"), 1, "right"), rate)
        rows = tuple((one["name"], one["cameras"], Share(one["value"])) for one in figures["worst_counties"])
        blocks.append(Table(told("table_worst_counties"), columns, rows))
    if figures["worst_cameras"]:
        offline = (
            Column(told("head_code"), 2.9), Column(told("head_name"), 3.8), Column(told("head_duty"), 2.7),
            Column(told("head_since"), 2),
        )  # fmt: skip
        cameras = tuple(
            (one["code"], one["name"], one["unit"], _moment(datetime.fromisoformat(one["since"]), zone))
            for one in figures["worst_cameras"]
        )
        at = _moment(datetime.fromisoformat(figures["as_of"]), zone)
        blocks.append(Table(told("table_worst_cameras", at=at), offline, cameras))
    return blocks or [Paragraph(told("worst_none"))]


def _method(figures: Figures, language: str, told: Say, zone: ZoneInfo) -> list[Block]:  # noqa: ARG001
    return [Paragraph(told(f"method_{number}")) for number in range(1, 7)]


# --- pieces ---------------------------------------------------------------------------------------------------------


def _name(one: dict[str, Any], language: str) -> str:
    return str(one[language])


def _columns(told: Say, heads: Sequence[str], weights: Sequence[float], left: int) -> tuple[Column, ...]:
    return tuple(
        Column(told(f"head_{head}"), weight, "left" if number < left else "right")
        for number, (head, weight) in enumerate(zip(heads, weights, strict=True))
    )


def _list(names: Sequence[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(names)


def _day(day: date, language: str) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if language == "zh" else day.isoformat()


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
