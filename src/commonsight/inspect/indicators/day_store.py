"""SQL of what is kept by day and hour, of the recordings of the last whole day, and of what operators chose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.inspect.indicators.model import ScopeKind
from commonsight.records.database import ReadSession, WriteSession

WRITE_MOST: Final = 5_000
DAYS_MOST: Final = 800
"""Days of one trend, at most."""


@dataclass(frozen=True, slots=True)
class Day:
    """What was counted of an indicator in a scope on a day. `indicator`: its code, `.variant` behind it if unusual."""

    day: date
    kind: ScopeKind
    scope: str
    region: str
    indicator: str
    numerator: int
    denominator: int
    unknown: int
    exempt: int


@dataclass(frozen=True, slots=True)
class Run:
    """When a day was last counted."""

    day: date
    as_of: datetime
    cameras: int
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Choice:
    """What an operator set for an indicator; None: as it ships."""

    variant: str | None
    aim: float | None
    alert: float | None
    by_name: str
    at: datetime
    version: int


def _day(row: Row[Any]) -> Day:
    return Day(
        row.day, ScopeKind(row.scope_kind), row.scope, row.region, row.indicator, int(row.numerator),
        int(row.denominator), int(row.unknown), int(row.exempt),
    )  # fmt: skip


# --- days -----------------------------------------------------------------------------------------------------------


async def put(session: WriteSession, rows: Sequence[Day]) -> None:
    """Write what was counted; a row that is there is replaced, one that says the same is left alone."""
    for first in range(0, len(rows), WRITE_MOST):
        some = rows[first : first + WRITE_MOST]
        await session.execute(
            text("""
                INSERT INTO indicator_days AS kept
                    (day, scope_kind, scope, region, indicator, numerator, denominator, unknown, exempt)
                SELECT * FROM unnest(CAST(:days AS date[]), CAST(:kinds AS text[]), CAST(:scopes AS text[]),
                    CAST(:regions AS text[]), CAST(:indicators AS text[]), CAST(:over AS bigint[]),
                    CAST(:under AS bigint[]), CAST(:unknown AS bigint[]), CAST(:exempt AS integer[]))
                ON CONFLICT (scope_kind, scope, region, indicator, day) DO UPDATE SET
                    numerator = excluded.numerator, denominator = excluded.denominator, unknown = excluded.unknown,
                    exempt = excluded.exempt
                WHERE (kept.numerator, kept.denominator, kept.unknown, kept.exempt)
                    IS DISTINCT FROM (excluded.numerator, excluded.denominator, excluded.unknown, excluded.exempt)
            """),
            {
                "days": [row.day for row in some],
                "kinds": [row.kind.value for row in some],
                "scopes": [row.scope for row in some],
                "regions": [row.region for row in some],
                "indicators": [row.indicator for row in some],
                "over": [row.numerator for row in some],
                "under": [row.denominator for row in some],
                "unknown": [row.unknown for row in some],
                "exempt": [row.exempt for row in some],
            },
        )


async def drop_vanished(session: WriteSession, day: date, kept: Iterable[tuple[str, str, str]]) -> None:
    """Take out of a day that is counted anew the scopes that have no camera any more: (kind, scope, region)."""
    kinds, scopes, regions = ([*column] for column in zip(*kept, strict=True)) if kept else ([], [], [])
    await session.execute(
        text("""
            DELETE FROM indicator_days AS d WHERE d.day = :day AND NOT EXISTS (
                SELECT 1 FROM unnest(CAST(:kinds AS text[]), CAST(:scopes AS text[]), CAST(:regions AS text[]))
                    AS k (kind, scope, region)
                WHERE k.kind = d.scope_kind AND k.scope = d.scope AND k.region = d.region)
        """),
        {"day": day, "kinds": kinds, "scopes": scopes, "regions": regions},
    )


async def on(
    session: ReadSession, day: date, kind: ScopeKind, indicators: Sequence[str], regions: Sequence[str],
    scope: str | None = None,
) -> list[Day]:  # fmt: skip
    """What was counted on a day; `regions`: whose region begins with one of these prefixes."""
    found = await session.execute(
        text("""
            SELECT * FROM indicator_days WHERE day = :day AND scope_kind = :kind AND indicator = ANY(:indicators)
                AND region ^@ ANY(CAST(:regions AS text[])) AND (CAST(:scope AS text) IS NULL OR scope = :scope)
        """),
        {
            "day": day, "kind": kind.value, "indicators": list(indicators), "regions": list(regions), "scope": scope,
        },
    )  # fmt: skip
    return [_day(row) for row in found]


async def series(
    session: ReadSession, kind: ScopeKind, scopes: Sequence[str], regions: Sequence[str], indicator: str, first: date,
    last: date,
) -> list[Day]:  # fmt: skip
    """An indicator by day, oldest first, summed over `scopes` and the parts whose region begins with one of `regions`.

    Of a region the scopes are regions that do not lie in one another.
    """
    found = await session.execute(
        text("""
            SELECT day, CAST(:kind AS text) AS scope_kind, '' AS scope, '' AS region, CAST(:indicator AS text) AS
                indicator, sum(numerator) AS numerator, sum(denominator) AS denominator, sum(unknown) AS unknown,
                sum(exempt) AS exempt
            FROM indicator_days WHERE scope_kind = :kind AND scope = ANY(:scopes) AND indicator = :indicator
                AND region ^@ ANY(CAST(:regions AS text[])) AND day BETWEEN :first AND :last
            GROUP BY day ORDER BY day LIMIT :most
        """),
        {
            "kind": kind.value, "scopes": list(scopes), "regions": list(regions), "indicator": indicator,
            "first": first, "last": last, "most": DAYS_MOST,
        },
    )  # fmt: skip
    return [_day(row) for row in found]


async def run_of(session: ReadSession, day: date) -> Run | None:
    """When a day was last counted; None: never."""
    found = await session.execute(text("SELECT * FROM indicator_runs WHERE day = :day"), {"day": day})
    row = found.first()
    return None if row is None else Run(row.day, row.as_of, row.cameras, row.milliseconds)


async def put_run(session: WriteSession, run: Run) -> None:
    """Note that a day was counted."""
    await session.execute(
        text("""
            INSERT INTO indicator_runs VALUES (:day, :as_of, :cameras, :milliseconds)
            ON CONFLICT (day) DO UPDATE SET as_of = excluded.as_of, cameras = excluded.cameras,
                milliseconds = excluded.milliseconds
        """),
        {"day": run.day, "as_of": run.as_of, "cameras": run.cameras, "milliseconds": run.milliseconds},
    )


async def forget(session: WriteSession, before: date) -> None:
    """Let go of days that are kept no longer."""
    for table in ("indicator_days", "indicator_runs"):
        await session.execute(text(f"DELETE FROM {table} WHERE day < :before"), {"before": before})  # noqa: S608


# --- hours ----------------------------------------------------------------------------------------------------------


async def put_hour(
    session: WriteSession, hour: datetime, rows: Mapping[tuple[ScopeKind, str, str], tuple[int, int]]
) -> None:
    """Note (online, checked) of each (kind, scope, region) at a full hour; an hour that is noted stays as it is."""
    keys = list(rows)
    await session.execute(
        text("""
            INSERT INTO indicator_hours SELECT :hour, * FROM unnest(CAST(:kinds AS text[]), CAST(:scopes AS text[]),
                CAST(:regions AS text[]), CAST(:online AS integer[]), CAST(:checked AS integer[]))
            ON CONFLICT DO NOTHING
        """),
        {
            "hour": hour,
            "kinds": [kind.value for kind, _, _ in keys],
            "scopes": [scope for _, scope, _ in keys],
            "regions": [region for _, _, region in keys],
            "online": [rows[key][0] for key in keys],
            "checked": [rows[key][1] for key in keys],
        },
    )


async def hours(
    session: ReadSession, first: datetime, end: datetime
) -> dict[tuple[ScopeKind, str, str], dict[str, int]]:
    """The hours from `first` to before `end`, summed, as counts `online_hours` and `checked_hours`."""
    found = await session.execute(
        text("""
            SELECT scope_kind, scope, region, sum(online) AS online, sum(checked) AS checked FROM indicator_hours
            WHERE hour >= :first AND hour < :end GROUP BY 1, 2, 3
        """),
        {"first": first, "end": end},
    )
    return {
        (ScopeKind(row.scope_kind), row.scope, row.region): {
            "online_hours": int(row.online),
            "checked_hours": int(row.checked),
        }
        for row in found
    }


async def forget_hours(session: WriteSession, before: datetime) -> None:
    """Let go of hours whose day is over."""
    await session.execute(text("DELETE FROM indicator_hours WHERE hour < :before"), {"before": before})


# --- recordings -----------------------------------------------------------------------------------------------------


async def segments(
    session: ReadSession, cameras: Sequence[UUID], begin: datetime, end: datetime
) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """When recordings on file begin and end, of those that touch a span, by camera."""
    found = await session.execute(
        text("""
            SELECT camera_id, starts_at, ends_at FROM recordings
            WHERE camera_id = ANY(:cameras) AND deleted_at IS NULL AND starts_at < :end AND ends_at > :begin
                AND starts_at > CAST(:begin AS timestamptz) - interval '1 hour'
        """),
        {"cameras": list(cameras), "begin": begin, "end": end},
    )
    by_camera: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for row in found:
        by_camera.setdefault(row.camera_id, []).append((row.starts_at, row.ends_at))
    return by_camera


async def put_recordings(session: WriteSession, day: date, rows: Mapping[UUID, tuple[int, int]]) -> None:
    """What of a day's plan is on file: camera -> seconds (recorded, missing). Replaces the day before."""
    ids = list(rows)
    for first in range(0, len(ids), WRITE_MOST):
        some = ids[first : first + WRITE_MOST]
        await session.execute(
            text("""
                INSERT INTO indicator_recordings
                SELECT camera_id, :day, recorded, missing FROM unnest(CAST(:ids AS uuid[]),
                    CAST(:recorded AS integer[]), CAST(:missing AS integer[])) AS n (camera_id, recorded, missing)
                ON CONFLICT (camera_id) DO UPDATE SET day = excluded.day, recorded = excluded.recorded,
                    missing = excluded.missing
            """),
            {
                "day": day,
                "ids": some,
                "recorded": [rows[one][0] for one in some],
                "missing": [rows[one][1] for one in some],
            },
        )
    await session.execute(text("DELETE FROM indicator_recordings WHERE day <> :day"), {"day": day})


# --- choices --------------------------------------------------------------------------------------------------------


async def choices(session: ReadSession) -> dict[str, Choice]:
    """What operators set, by indicator."""
    found = await session.execute(text("SELECT * FROM indicator_choices"))
    return {row.indicator: Choice(row.variant, row.aim, row.alert, row.by_name, row.at, row.version) for row in found}


async def choose(session: WriteSession, indicator: str, made: Choice) -> None:
    """Set how an indicator is counted and what it is held against."""
    await session.execute(
        text("""
            INSERT INTO indicator_choices VALUES (:indicator, :variant, :aim, :alert, :by_name, :at, :version)
            ON CONFLICT (indicator) DO UPDATE SET variant = excluded.variant, aim = excluded.aim,
                alert = excluded.alert, by_name = excluded.by_name, at = excluded.at, version = excluded.version
        """),
        {
            "indicator": indicator, "variant": made.variant, "aim": made.aim, "alert": made.alert,
            "by_name": made.by_name, "at": made.at, "version": made.version,
        },
    )  # fmt: skip
