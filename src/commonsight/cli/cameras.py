"""`commonsight cameras` and `commonsight add`: the camera file from the terminal."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from commonsight.access.audit import LOCAL
from commonsight.catalog import codes, lists, secrets, seed, service, store
from commonsight.catalog.model import Camera, CameraRow, Filters, Health, Sort
from commonsight.catalog.source import Source
from commonsight.cli.database import opened, settings_of_platform
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, language, speak
from commonsight.clock import SystemClock
from commonsight.gate import service as gate
from commonsight.inspect.model import Tried
from commonsight.inspect.verdicts import write_tries
from commonsight.media import probe as probing
from commonsight.media.probe import ProbeResult
from commonsight.places.model import checked
from commonsight.problem import Refusal
from commonsight.records.database import Database, ReadSession
from commonsight.settings import Settings
from commonsight.simulate.demo import fleet_of
from commonsight.text import say

app = typer.Typer(no_args_is_help=True, help="摄像机 · Cameras: list, show, bring the demo region in.")

JsonOption = Annotated[bool, typer.Option("--json", help="For programs.")]


def add(url: str, *, name: str | None, region: str | None, config: Path | None) -> None:
    """File the camera behind `url`, look whether it plays, and say so. Exit 1 when it does not; it is filed anyway."""
    settings = settings_of_platform(config)
    if not asyncio.run(_add(settings, url, name, region)):
        raise typer.Exit(1)


async def _add(settings: Settings, url: str, name: str | None, region: str | None) -> bool:
    secrets.install(settings.data_dir)
    clock = SystemClock()
    async with opened(settings) as database:
        given = {"url": url} | ({"name": name} if name else {}) | ({"region": region} if region else {})
        # Whoever has a shell on this machine reaches its ports anyway.
        by = service.Changer(LOCAL, (settings.region.code,), loopback=True)
        async with database.write() as session:
            camera = await service.add(session, service.Given.of(**given), by, settings.region.code, clock.now())
        speak("catalog.added", name=camera.row.name, gb_code=camera.row.code, id=camera.row.id)
        speak("catalog.checking", err=True, seconds=round(settings.inspect.timeout_seconds))
        result = await _probe(settings, database, camera.row.id)
        typer.echo(found_in_words(result))
        return result.first_frame


async def _probe(settings: Settings, database: Database, camera_id: UUID) -> ProbeResult:
    """One try under a permit, kept like those of a sweep."""
    clock = SystemClock()
    async with database.write() as session:
        issued = await gate.issue_system(session, name="add", purpose_code="health_check", cameras=[camera_id], hours=1)
        source = await service.camera_source(session, camera_id)
    assert isinstance(source, Source)
    timeout = settings.inspect.timeout_seconds
    result = await probing.probe(issued.permit, camera_id, source, timeout=timeout, clock=clock)
    async with database.write() as session:
        await write_tries(session, [Tried(camera_id, clock.now(), result)], settings.inspect)
    return result


def found_in_words(result: ProbeResult) -> str:
    """What a probe found, for a person who wants to know what to do next."""
    if result.first_frame:
        return say(
            "inspect.probe_plays",
            language(),
            codec=(result.codec or "?").upper(),
            width=result.width,
            height=result.height,
            milliseconds=result.milliseconds,
        )
    return say(f"inspect.probe_{result.error}", language(), milliseconds=result.milliseconds)


@app.command("list")
@fail_on_refusal
def list_cameras(
    region: Annotated[str | None, typer.Option(help="行政区划代码 · Division code.")] = None,
    health: Annotated[str | None, typer.Option(help="unknown, works, bad, offline")] = None,
    q: Annotated[
        str, typer.Option("--query", "-q", help="名称、地址或编码 · Part of name or address, start of code.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="行数 · Rows.")] = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出摄像机 · Cameras in use."""
    if health is not None and health not in [state.word for state in Health]:
        raise typer.BadParameter("unknown, works, bad, offline", param_hint="--health")
    settings = settings_of_platform(config)
    filters = Filters((checked(region or settings.region.code),), Health.of(health) if health else None, q)

    async def found() -> tuple[lists.Slice, int, bool]:
        async with opened(settings) as database, database.read() as session:
            page, total = await service.page(session, filters, Sort.NAME, None, limit)
            return page, total.count, total.exact

    page, count, exact = asyncio.run(found())
    if as_json:
        _print_json({"items": [_plain(row) for row in page.rows], "total": count if exact else {"atLeast": count}})
        return
    for row in page.rows:
        typer.echo(f"{_mark(row.health)} {row.code}  {row.name}  {row.id}")
    speak("catalog.listed", err=True, shown=len(page.rows), count=f"{'' if exact else '≥ '}{count}")


@app.command()
@fail_on_refusal
def show(
    camera: Annotated[str, typer.Argument(help="编号或国标编码 · Id or GB/T 28181 code.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """摄像机档案 · Everything the file holds about a camera, but never its password."""
    settings = settings_of_platform(config)

    async def found() -> Camera:
        async with opened(settings) as database, database.read() as session:
            return await service.camera(session, await _id_of(session, camera), (settings.region.code,))

    detail = asyncio.run(found())
    fields = _plain(detail.row) | {
        "url": detail.url,
        "username": detail.username,
        "system": detail.system.value,
        "archived_at": detail.archived_at and detail.archived_at.isoformat(),
    }
    if as_json:
        _print_json(fields)
        return
    for key, value in fields.items():
        typer.echo(f"{key:<14}{'' if value is None else value}")


@app.command("import-demo")
@fail_on_refusal
def import_demo(
    count: Annotated[int, typer.Argument(min=1, max=250_000, help="数量 · How many there shall be.")] = 20_000,
    config: ConfigOption = None,
) -> None:
    """导入演示摄像机 · Bring the demo region up to so many cameras; they are marked demo."""
    settings = settings_of_platform(config)
    fleet = fleet_of(settings.model_copy(update={"simulate": settings.simulate.model_copy(update={"cameras": count})}))

    def progress(done: int, wanted: int) -> None:
        speak("cli.seeding", err=True, done=done, count=wanted)

    async def bring() -> int:
        async with opened(settings) as database:
            return await seed.seed(database, count, fleet.address, seed=settings.simulate.seed, progress=progress)

    speak("catalog.demo_imported", added=asyncio.run(bring()), count=count)


async def _id_of(session: ReadSession, said: str) -> UUID:
    """The camera meant by an id or an identifier."""
    try:
        return UUID(said)
    except ValueError:
        found = await store.id_of(session, str(codes.parse(said)))
    if found is None:
        raise Refusal("catalog.camera_unknown", status=404, operand="camera", actual=said)
    return found


def _mark(health: Health) -> str:
    return {Health.WORKS: "●", Health.BAD: "◐", Health.OFFLINE: "○", Health.UNKNOWN: "·"}[health]


def _plain(row: CameraRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "code": row.code,
        "name": row.name,
        "region": row.region,
        "region_name": row.region_name,
        "address": row.address,
        "platform": row.platform and row.platform.name,
        "organisation": row.organisation,
        "kind": row.kind,
        "sector": row.sector,
        "place": row.place,
        "point": row.point,
        "health": row.health.word,
        "health_at": row.health_at and row.health_at.isoformat(),
        "has_source": row.has_source,
        "demo": row.demo,
    }


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
