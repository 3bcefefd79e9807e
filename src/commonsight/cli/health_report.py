"""`commonsight health report`: a month's report as PDF and Excel, from the terminal."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from commonsight.cli.database import opened, settings_of_platform
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, speak
from commonsight.clock import SystemClock
from commonsight.inspect.reports import service
from commonsight.inspect.reports.gather import gather
from commonsight.inspect.reports.model import Month
from commonsight.inspect.reports.store import Report
from commonsight.places.model import checked
from commonsight.problem import Refusal
from commonsight.settings import Settings


@fail_on_refusal
def report(
    month: Annotated[str, typer.Option(help="月份 · Month, like 2026-10.")],
    out: Annotated[Path, typer.Option(help="目录或文件 · A directory, or a file ending in .pdf or .xlsx.")] = Path(),
    region: Annotated[str | None, typer.Option(help="行政区划代码 · Division code; default: the whole region.")] = None,
    unit: Annotated[str, typer.Option(help="编制单位 · The author.")] = "",
    language: Annotated[str, typer.Option(help="zh | en")] = "zh",
    config: ConfigOption = None,
) -> None:
    """月报 · The report of a month. It is written here and not kept among the platform's own reports."""
    if language not in ("zh", "en"):
        raise typer.BadParameter(f"{language}: zh, en")
    settings = settings_of_platform(config)
    asked = _asked(settings, Month.of(month), checked(region or settings.region.code), unit, language)
    figures = asyncio.run(_gathered(settings, asked))
    files = service.drawn(figures, asked, settings.reports)
    for path, body in _targets(out, f"report-{asked.region}-{asked.month}", files):
        path.write_bytes(body)
        typer.echo(str(path))


def _targets(out: Path, name: str, files: service.Files) -> list[tuple[Path, bytes]]:
    bodies = {".pdf": files.pdf, ".xlsx": files.xlsx}
    if out.suffix in bodies:
        return [(out, bodies[out.suffix])]
    if not out.is_dir():
        raise typer.BadParameter(f"{out}: .pdf, .xlsx, or a directory")
    return [(out / f"{name}{suffix}", body) for suffix, body in bodies.items()]


def _asked(settings: Settings, month: Month, region: str, unit: str, language: str) -> Report:
    """What a report asked for on the page is; nobody keeps this one."""
    now = SystemClock().now()
    begin, _ = month.span(ZoneInfo(settings.region.timezone))
    if begin > now:
        raise Refusal("inspect.report_future", status=422, rule="begun", operand="month", actual=str(month))
    blank: dict[str, Any] = dict.fromkeys(Report.__slots__)
    return Report(
        **blank
        | {
            "id": UUID(int=0), "month": str(month), "region": region, "language": language, "version": 1,
            "unit": unit or settings.reports.unit, "note": "", "asked_by_name": "", "asked_at": now, "as_of": now,
            "state": "running", "progress": 0.0, "step": "",
        }
    )  # fmt: skip


async def _gathered(settings: Settings, asked: Report) -> dict[str, Any]:
    async def told(progress: float, step: str) -> None:
        speak("inspect.report_step", err=True, percent=round(progress * 100), step=step)

    zone = ZoneInfo(settings.region.timezone)
    async with opened(settings) as database, database.read() as session:
        return await gather(session, Month.of(asked.month), asked.region, zone, _minute(asked.as_of), told)


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
