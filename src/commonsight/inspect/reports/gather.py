"""The figures of a month, as plain JSON: everything a report says is in here, so the same figures draw the same report.

A source that has nothing is told as unknown (null), never as zero.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from commonsight.inspect.exemptions.model import kinds
from commonsight.inspect.indicators import service as indicators
from commonsight.inspect.indicators.league import places
from commonsight.inspect.indicators.model import Figure
from commonsight.inspect.reports import store
from commonsight.inspect.reports.model import Month
from commonsight.places import store as places_store
from commonsight.places.model import DIGITS, Level, level_of
from commonsight.records.database import ReadSession
from commonsight.respond.maintenance.model import sort_of

LEAGUE: Final = ("online", "playable", "intact", "complete", "clock", "recording")
"""Indicators shown for each city, the one it is ranked by first."""

TREND: Final = ("online", "playable", "intact", "complete")
WORST_COUNTIES: Final = 10
WORST_CAMERAS: Final = 20
COUNTY_LEAST: Final = 20
"""A county with fewer cameras is not told to be among the worst: one fault more or less would move it far."""

Told = Callable[[float, str], Awaitable[None]]
"""Hears how far the gathering is: a share, and a step's code."""


async def gather(
    session: ReadSession, month: Month, region: str, zone: ZoneInfo, at: datetime, told: Told
) -> dict[str, Any]:
    """Everything a report of this month and region says.

    Args:
        at: the present moment: what is only known of now (who is offline longest) is as of it.
    """
    begin, end = month.span(zone)
    chosen = await indicators.chosen(session)
    keys = {one.key: code for code, one in chosen.items()}
    names = await places_store.names(session, [region])
    await told(0.1, "indicators")
    now = await _sums(session, [region], keys, month)
    before = await _sums(session, [region], keys, month.before)
    shown = []
    for code, one in chosen.items():
        mine, past = now.get((region, code)), before.get((region, code))
        shown.append(
            {
                "code": code,
                "zh": one.indicator.zh, "en": one.indicator.en,
                "definition_zh": one.variant.definition_zh, "definition_en": one.variant.definition_en,
                "formula_zh": one.variant.worded("zh"), "formula_en": one.variant.worded("en"),
                "aim": one.aim, "alert": one.alert, "unit": one.variant.unit,
                **_rate(mine),
                "days": 0 if mine is None else mine["days"],
                "before": None if past is None else _rate(past)["value"],
            }
        )  # fmt: skip
    await told(0.3, "league")
    league = await _league(session, region, keys, month)
    await told(0.45, "trend")
    trend = await _trend(session, region, keys, month)
    await told(0.6, "maintenance")
    repairs = await store.repairs(session, region, begin, end)
    await told(0.75, "assessment")
    return {
        "month": str(month),
        "region": region,
        "region_name": names.get(region, region),
        "as_of": at.isoformat(timespec="seconds"),
        "zone": str(zone),
        "over": end <= at,
        "cameras": await store.cameras_in_use(session, region),
        "indicators": shown,
        "league": league,
        "trend": trend,
        "faults": [_fault(row) for row in await store.faults(session, region, begin, end)],
        "repairs": [
            {"unit": row.unit, "opened": row.opened, "closed": row.closed, "dated": row.dated, "in_time": row.in_time,
             "late": row.late, "hours": None if row.hours is None else round(float(row.hours), 1)}
            for row in repairs
        ],
        "feedbacks": [
            {"name": row.name, "upper": row.upper_name, "indicator": row.indicator, "rows": row.rows,
             "matched": row.matched, "wrong": row.wrong, "reported": row.reported, "bridge": row.bridge or [],
             "explained": row.explained or {}, "at": row.created_at.isoformat(timespec="seconds")}
            for row in await store.feedbacks(session, region, begin, end)
        ],
        "exemptions": [_exemption(row) for row in await store.exemptions(session, region, begin, end)],
        "worst_counties": await _worst(session, region, keys, month),
        "worst_cameras": [
            {"code": row.code, "name": row.name, "unit": row.unit, "since": row.health_at.isoformat(timespec="minutes")}
            for row in await store.longest_offline(session, region, at, WORST_CAMERAS)
        ],
    }  # fmt: skip


Sums = dict[tuple[str, str], dict[str, int]]


async def _sums(session: ReadSession, scopes: list[str], keys: dict[str, str], month: Month) -> Sums:
    rows = await store.sums(session, scopes, list(keys), month.first, month.last)
    return {
        (row.scope, keys[row.indicator]): {
            "numerator": int(row.numerator), "denominator": int(row.denominator), "unknown": int(row.unknown),
            "exempt": int(row.exempt), "days": int(row.days),
        }
        for row in rows
    }  # fmt: skip


def _rate(found: dict[str, int] | None) -> dict[str, Any]:
    if found is None:
        return {"value": None, "numerator": None, "denominator": None, "unknown": None, "exempt": None}
    value = found["numerator"] / found["denominator"] if found["denominator"] else None
    return {"value": value} | {key: found[key] for key in ("numerator", "denominator", "unknown", "exempt")}


async def _league(session: ReadSession, region: str, keys: dict[str, str], month: Month) -> list[dict[str, Any]]:
    level = level_of(region)
    if level >= Level.COUNTY:
        return []
    below = await store.regions_below(session, region, DIGITS[Level(level + 1)])
    codes = [row.code for row in below]
    now = await _sums(session, codes, keys, month)
    before = await _sums(session, codes, keys, month.before)
    blank = {"numerator": 0, "denominator": 0, "unknown": 0, "exempt": 0}
    figures = {}
    for code in codes:
        told = now.get((code, LEAGUE[0]), blank)
        # Of a mean day: the same cameras counted thirty times are not thirty times as many for the error.
        daily = {key: round(number / max(1, told.get("days", 1))) for key, number in told.items()}
        figures[code] = Figure(
            LEAGUE[0], "", daily["numerator"], daily["denominator"], daily["unknown"], daily["exempt"], None
        )
    known = {row.code: row for row in below}
    rows = []
    for place in places(figures):
        past = _rate(before.get((place.code, LEAGUE[0])))["value"]
        rows.append(
            {
                "code": place.code, "name": known[place.code].name, "rank": place.rank, "tied": place.tied,
                "cameras": int(known[place.code].cameras), "exempt": figures[place.code].exempt, "before": past,
                "values": {code: _rate(now.get((place.code, code)))["value"] for code in LEAGUE},
            }
        )  # fmt: skip
    return rows


async def _trend(session: ReadSession, region: str, keys: dict[str, str], month: Month) -> dict[str, Any]:
    wanted = {key: code for key, code in keys.items() if code in TREND}
    rows = await store.by_day(session, region, list(wanted), month.first, month.last)
    days = [month.first.replace(day=number + 1) for number in range(month.days)]
    values: dict[str, list[float | None]] = {code: [None] * month.days for code in TREND}
    for row in rows:
        if row.denominator:
            values[wanted[row.indicator]][row.day.day - 1] = float(row.numerator / row.denominator)
    return {"days": [day.isoformat() for day in days], "values": values}


async def _worst(session: ReadSession, region: str, keys: dict[str, str], month: Month) -> list[dict[str, Any]]:
    if level_of(region) >= Level.COUNTY:
        return []
    below = {row.code: row for row in await store.regions_below(session, region, DIGITS[Level.COUNTY])}
    rates = {
        code: _rate(found)
        for (code, indicator), found in (await _sums(session, list(below), keys, month)).items()
        if indicator == "playable" and below[code].cameras >= COUNTY_LEAST
    }
    known = sorted((rate["value"], code) for code, rate in rates.items() if rate["value"] is not None)
    return [
        {"code": code, "name": below[code].name, "cameras": int(below[code].cameras), "value": value}
        for value, code in known[:WORST_COUNTIES]
    ]


def _fault(row: Any) -> dict[str, Any]:
    try:
        sort = sort_of(row.code)
        names = {"zh": sort.said("zh"), "en": sort.said("en")}
    except ValueError:  # kept by an older program
        names = {"zh": row.code, "en": row.code}
    return names | {"code": row.code, "began": row.began, "ended": row.ended, "lasting": row.lasting}


def _exemption(row: Any) -> dict[str, Any]:
    kind = kinds().get(row.kind)
    return {
        "number": row.number, "zh": kind.zh if kind else row.kind, "en": kind.en if kind else row.kind,
        "words": row.words, "cameras": row.cameras, "starts_at": row.starts_at.isoformat(timespec="minutes"),
        "ends_at": row.ends_at.isoformat(timespec="minutes"), "asked_by": row.asked_by_name,
        "approved_by": row.decided_by_name,
    }  # fmt: skip
