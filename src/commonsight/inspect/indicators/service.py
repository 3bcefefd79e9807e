"""Use cases of indicators: what a scope's figures are now, on a day, over days, and beside those of others.

What changes with every check (online, playable) is counted when asked of a region or one scope; the rest is counted by
a job again and again and kept by day (`tasks.count_day`). A figure's `as_of` says when. Before the first count of a
day, and of what days are not kept of, it is counted when asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from commonsight.inspect.indicators import day_store, store
from commonsight.inspect.indicators.day_store import Choice, Day
from commonsight.inspect.indicators.definitions import Indicator, Variant, indicators, known
from commonsight.inspect.indicators.league import Change, Place, change, places
from commonsight.inspect.indicators.model import Figure, Scope, ScopeKind, added, figure
from commonsight.inspect.indicators.sources import HEALTH, HOURLY, needed
from commonsight.inspect.indicators.store import By
from commonsight.places import store as regions_store
from commonsight.places.model import DIGITS, Level, covers, level_of, narrowed
from commonsight.records.database import ReadSession

ZONE: Final = ZoneInfo("Asia/Shanghai")
CHANGES: Final = (7, 30)
"""Days back that a league table compares with."""

Figures = dict[str, Figure]
"""By indicator."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An indicator as it is counted here: the variant and bars an operator chose, or those that ship."""

    indicator: Indicator
    variant: Variant
    aim: float | None
    alert: float | None
    version: int
    by_name: str | None = None
    at: datetime | None = None

    @property
    def key(self) -> str:
        """Under which it is kept by day."""
        return kept_as(self.indicator, self.variant)


@dataclass(frozen=True, slots=True)
class Standing:
    """A scope in a league table. `name` None: its cameras do not say. `total`: its cameras in use, exempt ones too."""

    place: Place
    name: str | None
    figures: Figures
    changes: Mapping[str, tuple[Change, ...]]
    total: int
    exempt: int


def kept_as(indicator: Indicator, variant: Variant) -> str:
    """Under which a variant is kept by day: the indicator's code for the usual one, `code.variant` for others."""
    return indicator.code if variant == indicator.usual else f"{indicator.code}.{variant.code}"


def chosen_of(code: str, choice: Choice | None) -> Chosen:
    """An indicator with what an operator chose for it."""
    indicator = indicators()[code]
    if choice is None:
        return Chosen(indicator, indicator.usual, indicator.aim, indicator.alert, 0)
    # A variant that a newer version does not have any more is none; the usual one is taken then.
    variant = indicator.variants.get(choice.variant or "", indicator.usual)
    return Chosen(indicator, variant, choice.aim, choice.alert, choice.version, choice.by_name, choice.at)


async def chosen(session: ReadSession) -> dict[str, Chosen]:
    """Every indicator as it is counted here, in the order they are shown."""
    said = await day_store.choices(session)
    return {code: chosen_of(code, said.get(code)) for code in indicators()}


def local_day(at: datetime, zone: ZoneInfo = ZONE) -> date:
    """The day it is in the region."""
    return at.astimezone(zone).date()


async def value(
    session: ReadSession, indicator: str, scope: Scope, at: datetime | date, *, zone: ZoneInfo = ZONE
) -> Figure:
    """An indicator of a scope: as it is at `at` (the present moment), or as it was on a day.

    Raises:
        Refusal: `inspect.indicator_unknown`.
    """
    known(indicator)
    if isinstance(at, datetime):
        return (await figures(session, scope, at, zone=zone, only=[indicator]))[indicator]
    found = await trend(session, scope, indicator, at, at)
    made = (await chosen(session))[indicator]
    return found[0][1] if found else figure(made.indicator, made.variant, {}, None)


async def figures(
    session: ReadSession, scope: Scope, at: datetime, *, zone: ZoneInfo = ZONE, only: Sequence[str] | None = None
) -> Figures:
    """The indicators of a scope as they are at `at`, the present moment."""
    by = By(ScopeKind.REGION) if scope.kind is ScopeKind.REGION else By(scope.kind)
    code = None if scope.kind is ScopeKind.REGION else scope.code
    found = await measured(session, by, scope.regions, at, zone=zone, only=only, code=code)
    every = await chosen(session)
    nothing = {code: figure(one.indicator, one.variant, {}, at) for code, one in every.items() if _asked(code, only)}
    return nothing | found.get("" if code is None else code, {})


def _asked(code: str, only: Sequence[str] | None) -> bool:
    return only is None or code in only


async def measured(
    session: ReadSession, by: By, regions: tuple[str, ...], at: datetime, *, zone: ZoneInfo = ZONE,
    only: Sequence[str] | None = None, code: str | None = None,
) -> dict[str, Figures]:  # fmt: skip
    """Figures by key of `by`, of the cameras in `regions`; scopes without a camera are left out."""
    wanted = {key: one for key, one in (await chosen(session)).items() if _asked(key, only)}
    # By region, health is kept by the database itself; by anything else it takes a pass over all cameras.
    at_once = {
        key: one
        for key, one in wanted.items()
        if one.variant.counts <= set(HEALTH.counts) and (by.kind is ScopeKind.REGION or code is not None)
    }
    rest = {key: one for key, one in wanted.items() if key not in at_once}
    found: dict[str, Figures] = {}

    def put(asked: Mapping[str, Chosen], counted: Mapping[str, Mapping[str, int]], exempt: Mapping[str, int]) -> None:
        for one in asked.values():
            for scope, said in counted.items():
                # What is counted hour by hour cannot be counted now.
                told = {} if one.variant.counts & HOURLY else said
                made = figure(one.indicator, one.variant, told, at, exempt.get(scope, 0))
                found.setdefault(scope, {})[one.indicator.code] = made

    exempt: dict[str, int] | None = None
    if at_once:
        exempt = await store.exempt(session, by, regions, at, code)
        put(at_once, await store.counted(session, by, [HEALTH], regions, at, code), exempt)
    kept, missing = await _kept(session, by, regions, at, zone, rest, code)
    for scope, said in kept.items():
        found.setdefault(scope, {}).update(said)
    if missing:
        if exempt is None:
            exempt = await store.exempt(session, by, regions, at, code)
        sources = needed(count for one in missing.values() for count in one.variant.counts)
        put(missing, await store.counted(session, by, sources, regions, at, code), exempt)
    return found


async def _kept(
    session: ReadSession, by: By, regions: tuple[str, ...], at: datetime, zone: ZoneInfo, wanted: Mapping[str, Chosen],
    code: str | None,
) -> tuple[dict[str, Figures], Mapping[str, Chosen]]:  # fmt: skip
    """What is kept of today, by key, and what has to be counted because nothing is kept of these regions."""
    run = await day_store.run_of(session, local_day(at, zone)) if wanted else None
    if run is None or not _is_kept(by, regions):
        return {}, wanted
    keys = {one.key: one for one in wanted.values()}
    rows = await day_store.on(session, run.day, by.kind, list(keys), regions, code)
    parts: dict[tuple[str, str], list[Day]] = {}
    for row in rows:
        if by.kind is ScopeKind.REGION:
            if by.digits and len(row.scope) != by.digits:
                continue
            if not by.digits and row.scope not in regions:
                continue
            parts.setdefault((row.scope if by.digits else "", row.indicator), []).append(row)
        else:
            parts.setdefault((row.scope, row.indicator), []).append(row)
    found: dict[str, Figures] = {}
    for (scope, key), days in parts.items():
        found.setdefault(scope, {})[keys[key].indicator.code] = _summed(keys[key], days, run.as_of)
    return found, {}


def _is_kept(by: By, regions: tuple[str, ...]) -> bool:
    """Whether days are kept as finely as this: regions by county, the rest by city."""
    if by.kind is not ScopeKind.REGION:
        return all(len(region) <= DIGITS[Level.CITY] for region in regions)
    finest = DIGITS[Level.COUNTY]
    return by.digits <= finest and all(len(region) <= (by.digits or finest) for region in regions)


def _summed(one: Chosen, days: Iterable[Day], as_of: datetime | None) -> Figure:
    whole = added({"over": d.numerator, "under": d.denominator, "unknown": d.unknown, "exempt": d.exempt} for d in days)
    return Figure(
        one.indicator.code, one.variant.code, whole.get("over", 0), whole.get("under", 0), whole.get("unknown", 0),
        whole.get("exempt", 0), as_of, one.variant.unit,
    )  # fmt: skip


def is_kept(scope: Scope) -> bool:
    """Whether days are kept as finely as this scope is cut."""
    return _is_kept(By(scope.kind), scope.regions)


async def trend(
    session: ReadSession, scope: Scope, indicator: str, first: date, last: date
) -> list[tuple[date, Figure]]:
    """An indicator by day, both days included; days that were not counted are left out.

    Raises:
        Refusal: `inspect.indicator_unknown`.
    """
    known(indicator)
    one = (await chosen(session))[indicator]
    region = scope.kind is ScopeKind.REGION
    if not is_kept(scope):
        return []
    scopes = scope.regions if region else (scope.code,)
    rows = await day_store.series(session, scope.kind, scopes, scope.regions, one.key, first, last)
    return [(row.day, _summed(one, [row], None)) for row in rows]


async def league(
    session: ReadSession, kind: ScopeKind, parent: str, scope: tuple[str, ...], indicator: str, at: datetime, *,
    zone: ZoneInfo = ZONE, only: Sequence[str] | None = None, compare: bool = True,
) -> list[Standing]:  # fmt: skip
    """The regions below `parent`, or the sectors, units, platforms, firms in it: in order of an indicator, best first.

    Args:
        scope: what the asker may see; nothing beyond it is counted.
        only: these indicators; None: all.
        compare: with the days of `CHANGES`, too.

    Raises:
        Refusal: `inspect.indicator_unknown`; `places.code_malformed`.
    """
    known(indicator)
    regions = tuple(narrowed(scope, parent))
    by, names = await _members(session, kind, parent, regions)
    found = await measured(session, by, regions, at, zone=zone, only=only)
    every = {code: one for code, one in (await chosen(session)).items() if _asked(code, only)}
    nothing = {code: figure(one.indicator, one.variant, {}, at) for code, one in every.items()}
    if kind is ScopeKind.REGION:
        found = {code: nothing | found.get(code, {}) for code in names}
    else:
        found = {code: nothing | said for code, said in found.items()}
        names = await store.names(session, kind, list(found))
        if kind in (ScopeKind.SECTOR, ScopeKind.MAINTENANCE):
            names = {code: code for code in found if code != store.NONE}
    changes = await _changes(session, by, regions, found, every, local_day(at, zone)) if compare else {}
    blank = figure(indicators()[indicator], indicators()[indicator].usual, {}, at)
    order = places({code: said.get(indicator, blank) for code, said in found.items()})
    totals = await _totals(session, by, regions, at, zone)
    return [
        Standing(
            place, names.get(place.code), found[place.code], changes.get(place.code, {}),
            totals.get(place.code, (0, 0))[0], totals.get(place.code, (0, 0))[1],
        )
        for place in order
    ]  # fmt: skip


async def _members(
    session: ReadSession, kind: ScopeKind, parent: str, regions: tuple[str, ...]
) -> tuple[By, dict[str, str]]:
    if kind is not ScopeKind.REGION:
        return By(kind), {}
    level = level_of(parent)
    if level is Level.VILLAGE:
        return By(kind, DIGITS[level]), {}
    below = await regions_store.below(session, parent)
    names = {
        one.code: one.name
        for one in below
        if covers(regions, one.code) or any(region.startswith(one.code) for region in regions)
    }
    return By(kind, DIGITS[Level(level + 1)]), names


async def _totals(
    session: ReadSession, by: By, regions: tuple[str, ...], at: datetime, zone: ZoneInfo
) -> dict[str, tuple[int, int]]:
    """Cameras in use and those of them that are exempt, by key."""
    if by.kind is not ScopeKind.REGION:
        # Whatever an operator chose, the usual online rate is about every camera that is not exempt.
        every = {"online": chosen_of("online", None)}
        kept, missing = await _kept(session, by, regions, at, zone, every, None)
        if not missing:
            return {
                code: (one.denominator + one.unknown + one.exempt, one.exempt)
                for code, said in kept.items()
                for one in said.values()
            }
    counted = await store.counted(session, by, [HEALTH], regions, at)
    exempt = await store.exempt(session, by, regions, at)
    return {
        code: (sum(counted.get(code, {}).values()) + exempt.get(code, 0), exempt.get(code, 0))
        for code in counted.keys() | exempt.keys()
    }


async def _changes(
    session: ReadSession,
    by: By,
    regions: tuple[str, ...],
    now: Mapping[str, Figures],
    wanted: Mapping[str, Chosen],
    today: date,
) -> dict[str, dict[str, tuple[Change, ...]]]:
    every = {one.key: one for one in wanted.values()}
    before: dict[int, dict[str, Figures]] = {}
    for days in CHANGES:
        before[days] = {}
        if not _is_kept(by, regions):
            continue
        parts: dict[tuple[str, str], list[Day]] = {}
        for row in await day_store.on(session, today - timedelta(days=days), by.kind, list(every), regions):
            if by.kind is not ScopeKind.REGION or len(row.scope) == by.digits:
                parts.setdefault((row.scope, row.indicator), []).append(row)
        for (scope, key), rows in parts.items():
            before[days].setdefault(scope, {})[every[key].indicator.code] = _summed(every[key], rows, None)
    return {
        scope: {
            code: tuple(change(one, before[days].get(scope, {}).get(code), days) for days in CHANGES)
            for code, one in said.items()
        }
        for scope, said in now.items()
    }
