"""`commonsight health`: how the cameras do, in figures that say how they are known."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import typer

from commonsight.cli.database import opened, settings_of_platform
from commonsight.cli.health_report import report
from commonsight.cli.health_sample import sample
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, language, settings_of
from commonsight.clock import SystemClock
from commonsight.inspect.indicators import service
from commonsight.inspect.indicators.definitions import known
from commonsight.inspect.indicators.model import Figure, Scope, scope_kind
from commonsight.inspect.indicators.service import Chosen, Standing
from commonsight.inspect.indicators.words import scope_name
from commonsight.places.model import checked
from commonsight.records.database import ReadSession
from commonsight.text import say

app = typer.Typer(no_args_is_help=True, help="健康 · Health: indicators, league tables, samples.")
app.command()(sample)
app.command()(report)

T = TypeVar("T")
JsonOption = Annotated[bool, typer.Option("--json", help="For programs.")]
RegionOption = Annotated[str | None, typer.Option(help="行政区划代码 · Division code; default: the whole region.")]


@app.command()
@fail_on_refusal
def show(region: RegionOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """各项指标 · The indicators of a region: value, what it is made of, coverage, error."""
    code = checked(region or settings_of(config).region.code)

    async def ask(session: ReadSession, zone: ZoneInfo, now: datetime) -> tuple[dict[str, Chosen], dict[str, Figure]]:
        return await service.chosen(session), await service.figures(session, Scope.region(code), now, zone=zone)

    every, found = _with_database(config, ask)
    if as_json:
        _print({"region": code, "indicators": [_figure(every[name], one) for name, one in found.items()]})
        return
    for name, one in found.items():
        chosen = every[name]
        title = chosen.indicator.en if language() == "en" else chosen.indicator.zh
        parts = f"{one.numerator}/{one.denominator}"
        typer.echo(
            f"{name:<13}{_percent(one.value):>8}  {parts:>17}  {say('inspect.cli_unknown', language(), n=one.unknown)}"
            f"  {title}  {chosen.variant.worded(language())}"
        )


@app.command()
@fail_on_refusal
def league(
    parent: RegionOption = None,
    kind: Annotated[str, typer.Option(help="region | sector | unit | platform | maintenance")] = "region",
    by: Annotated[str, typer.Option(help="按哪项指标 · The indicator it is ordered by.")] = "playable",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """排名 · Who is ahead: the regions below one, or its sectors, units, platforms, firms."""
    code = checked(parent or settings_of(config).region.code)
    known(by)

    async def ask(session: ReadSession, zone: ZoneInfo, now: datetime) -> list[Standing]:
        return await service.league(session, scope_kind(kind), code, (code,), by, now, zone=zone)

    found = _with_database(config, ask)
    if as_json:
        _print({"parent": code, "kind": kind, "by": by, "rows": [_row(kind, one) for one in found]})
        return
    for one in found:
        named = scope_name(kind, one.place.code, one.name)
        name = "—" if named is None else named.en if language() == "en" else named.zh
        figure = one.figures[by]
        week = next((c.value for c in one.changes.get(by, ()) if c.days == service.CHANGES[0]), None)
        rank = "—" if one.place.rank is None else f"{one.place.rank}{'=' if one.place.tied else ''}"
        moved = "" if week is None else f"  {week * 100:+.1f}"
        typer.echo(f"{rank:>4}  {_percent(figure.value):>7}  {figure.denominator:>7}/{one.total:<7}{name}{moved}")


def _with_database(config: Path | None, ask: Callable[[ReadSession, ZoneInfo, datetime], Awaitable[T]]) -> T:
    settings = settings_of_platform(config)

    async def run() -> T:
        async with opened(settings) as database, database.read() as session:
            return await ask(session, ZoneInfo(settings.region.timezone), SystemClock().now())

    return asyncio.run(run())


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share * 100:.2f}%"


def _figure(chosen: Chosen, one: Figure) -> dict[str, Any]:
    low, high = one.interval or (None, None)
    return {
        "code": one.indicator, "variant": one.variant, "value": one.value, "numerator": one.numerator,
        "denominator": one.denominator, "unknown": one.unknown, "exempt": one.exempt, "coverage": one.coverage,
        "low": low, "high": high, "unit": one.unit, "formula": chosen.variant.formula, "aim": chosen.aim,
        "alert": chosen.alert, "as_of": None if one.as_of is None else one.as_of.isoformat(),
    }  # fmt: skip


def _row(kind: str, one: Standing) -> dict[str, Any]:
    named = scope_name(kind, one.place.code, one.name)
    return {
        "code": one.place.code, "name": None if named is None else named._asdict(), "rank": one.place.rank,
        "tied": one.place.tied, "total": one.total, "exempt": one.exempt,
        "figures": {
            code: {"value": each.value, "numerator": each.numerator, "denominator": each.denominator,
                   "unknown": each.unknown, "changes": {c.days: c.value for c in one.changes.get(code, ())}}
            for code, each in one.figures.items()
        },
    }  # fmt: skip


def _print(document: dict[str, Any]) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
