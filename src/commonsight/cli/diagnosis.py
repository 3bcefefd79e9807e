"""`commonsight diagnosis`: thresholds from what was seen here, and back."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import typer

from commonsight.catalog.vocabulary import kinds
from commonsight.cli.database import opened, settings_of_platform
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, language, speak
from commonsight.clock import SystemClock
from commonsight.inspect.calibrate import service
from commonsight.inspect.calibrate.model import Proposal
from commonsight.inspect.diagnosis.model import items
from commonsight.settings import Settings
from commonsight.text import say

app = typer.Typer(no_args_is_help=True, help="画面诊断 · Diagnosis: calibrate thresholds, take that back.")

JsonOption = Annotated[bool, typer.Option("--json", help="For programs.")]


def _item(code: str | None) -> str | None:
    """A code that is none is wrong use, exit 2."""
    if code is not None and code not in items():
        raise typer.BadParameter(say("cli.diagnosis_item", language(), actual=code, expected=", ".join(items())))
    return code


def _kind(kind: str) -> str:
    if kind and kind not in kinds():
        raise typer.BadParameter(say("cli.diagnosis_kind", language(), actual=kind, expected=", ".join(kinds())))
    return kind


@app.command()
@fail_on_refusal
def calibrate(
    item: Annotated[
        str | None, typer.Option(callback=_item, help="诊断项目代码 · Only this item; default: all.")
    ] = None,
    kind: Annotated[str, typer.Option(callback=_kind, help="摄像机类型代码 · Only this kind of camera.")] = "",
    rate: Annotated[
        float, typer.Option(min=0.0001, max=0.2, help="允许的误报率 · Wanted share of false alarms among good looks.")
    ] = 0.005,
    apply: Annotated[bool, typer.Option("--apply", help="启用建议的阈值 · Make the proposals apply.")] = False,
    note: Annotated[str, typer.Option(help="说明 · Why, for the list of changes.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """校准阈值 · Propose thresholds from kept looks and people's feedback; show what they would change."""
    settings = settings_of_platform(config)
    codes = [item] if item is not None else list(items())
    made, changes = asyncio.run(_calibrate(settings, codes, kind, rate, apply, note))
    if as_json:
        document = {
            "rate": rate,
            "proposals": [asdict(one) for one in made],
            "changes": [str(change) for change in changes],
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    _table(made)
    if changes:
        speak("cli.diagnosis_applied", err=True, count=len(changes), ids=" ".join(str(change) for change in changes))
    elif apply:
        speak("cli.diagnosis_nothing", err=True)
    elif any(one.proposed is not None for one in made):
        speak("cli.diagnosis_how_apply", err=True)


@app.command()
@fail_on_refusal
def undo(
    changes: Annotated[list[UUID], typer.Argument(help="变更编号 · The changes, as `calibrate --apply` names them.")],
    config: ConfigOption = None,
) -> None:
    """撤销 · Take changes of thresholds back: what applied before applies again."""
    asyncio.run(_undo(settings_of_platform(config), changes))
    speak("cli.diagnosis_undone", err=True, count=len(changes))


async def _calibrate(
    settings: Settings, codes: list[str], kind: str, rate: float, apply: bool, note: str
) -> tuple[list[Proposal], list[UUID]]:
    async with opened(settings) as database:
        async with database.read() as session:
            made = await service.proposals(session, codes, kind, rate)
        if not apply:
            return made, []
        async with database.write() as session:
            return made, await service.apply(session, made, note, SystemClock().now())


async def _undo(settings: Settings, changes: list[UUID]) -> None:
    async with opened(settings) as database, database.write() as session:
        await service.undo(session, changes, SystemClock().now())


def _table(made: list[Proposal]) -> None:
    names = ("item", "light", "looks", "said", "now", "proposed", "rate", "flagged", "lost", "why")
    head = [say(f"cli.diagnosis_column_{name}", language()) for name in names]
    rows = [head, *(_row(one) for one in made)]
    widths = [max(_columns(row[place]) for row in rows) for place in range(len(head))]
    for row in rows:
        typer.echo("  ".join(text + " " * (width - _columns(text)) for text, width in zip(row, widths, strict=True)))


def _row(one: Proposal) -> list[str]:
    item = items()[one.item]
    words = item.zh if language() == "zh" else item.en
    shares = [_percent(one.rate_now), *([] if one.proposed is None else [_percent(one.rate_then)])]
    why = "" if one.lacking is None else say(f"cli.diagnosis_lacking_{one.lacking}", language(), needed=one.needed)
    return [
        f"{words.name} ({one.item})",
        say(f"cli.diagnosis_{one.phase}", language()),
        str(one.looks),
        str(one.said),
        f"{one.now:g}",
        "—" if one.proposed is None else f"{one.proposed:g}",
        " → ".join(shares),
        f"{one.flagged_now} → {one.flagged_then}",
        str(one.lost),
        why,
    ]


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share * 100:.2g} %"


def _columns(text: Any) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)
