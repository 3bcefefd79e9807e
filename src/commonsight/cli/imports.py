"""`commonsight import`, `export` and `imports`: camera files from the terminal, whether the platform runs or not."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from commonsight.access.audit import LOCAL
from commonsight.catalog import export as exporting
from commonsight.catalog import secrets
from commonsight.catalog.imports import check, commit, service, store, template
from commonsight.catalog.imports.model import Existing, Format, Import, Rights, State
from commonsight.catalog.imports.reading import format_of
from commonsight.catalog.imports.rows import SYSTEMS
from commonsight.catalog.imports.views import ImportOut, ProblemOut
from commonsight.catalog.model import Filters
from commonsight.cli.database import opened, settings_of_platform
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, language, speak
from commonsight.clock import SystemClock
from commonsight.places.model import checked
from commonsight.records.database import Database
from commonsight.settings import Settings

app = typer.Typer(no_args_is_help=True, help="导入记录 · Imports: list, undo, template.")

PIECE_BYTES = 8_000_000
PROBLEMS_SHOWN = 20
NOBODY = UUID(int=0)

JsonOption = Annotated[bool, typer.Option("--json", help="For programs.")]


def import_file(
    file: Path,
    *,
    dry_run: bool,
    skip_refused: bool,
    existing: Existing,
    coordinates: str | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Check a file, say row by row what is wrong, and write it. Exit 1 when rows were refused or it cannot be read."""
    if coordinates is not None and coordinates not in SYSTEMS:
        raise typer.BadParameter(", ".join(SYSTEMS), param_hint="--coordinates")
    settings = settings_of_platform(config)
    secrets.install(settings.data_dir)
    made = asyncio.run(_bring(settings, file, dry_run, skip_refused, existing, coordinates, as_json))
    if made.state is State.FAILED or made.refused:
        raise typer.Exit(1)


async def _bring(
    settings: Settings,
    file: Path,
    dry_run: bool,
    skip_refused: bool,
    existing: Existing,
    coordinates: str | None,
    as_json: bool,
) -> Import:
    clock = SystemClock()
    # Whoever has a shell on this machine may do what its database lets them do anyway.
    rights = Rights((settings.region.code,), convert=True, loopback=True)
    system = None if coordinates is None else SYSTEMS[coordinates]
    async with opened(settings) as database:
        made = service.new(
            file.name, kind=None, existing=existing, system=system, by=LOCAL, rights=rights, now=clock.now()
        )
        async with database.write() as session:
            await service.open_(session, made)
        await _send(database, made.id, file)
        async with database.write() as session:
            await service.begin_check(session, made.id, clock.now())
        made = await check.check(database, clock, made.id, lambda now: _progress("import_checking", now))
        problems = [] if made.state is State.FAILED else await _problems(database, made)
        wanted = made.state is State.CHECKED and not dry_run and (skip_refused or not made.refused)
        if wanted:
            async with database.write() as session:
                await service.begin_commit(session, made.id, clock.now(), skip_refused=skip_refused)
            made = await commit.commit(database, clock, made.id, LOCAL, lambda now: _progress("import_writing", now))
            problems = await _problems(database, made)
        elif made.state is State.CHECKED:
            async with database.write() as session:
                await service.discard(session, made.id, clock.now())
        _tell(made, problems, as_json)
        return made


async def _send(database: Database, import_id: UUID, file: Path) -> None:
    offset = 0
    with file.open("rb") as source:
        while piece := await asyncio.to_thread(source.read, PIECE_BYTES):
            async with database.write() as session:
                offset = await service.receive(session, import_id, offset, piece)


async def _problems(database: Database, made: Import) -> list[ProblemOut]:
    async with database.read() as session:
        found = await store.problems(session, made.id, None, 500)
    return [ProblemOut.of(problem, language()) for _, problem in found[:500]]


def _progress(code: str, now: Import) -> None:
    speak(f"cli.{code}", err=True, done=now.done, rows=now.writes)


def _tell(made: Import, problems: list[ProblemOut], as_json: bool) -> None:
    out = ImportOut.of(made, SystemClock().now(), language())
    if as_json:
        said: dict[str, Any] = {"import": out.model_dump(mode="json")}
        _print_json(said | {"problems": [problem.model_dump(mode="json") for problem in problems]})
        return
    if out.problem is not None:
        typer.echo(out.problem.message, err=True)
        return
    for problem in problems[:PROBLEMS_SHOWN]:
        speak("cli.import_problem", err=True, row=problem.row, column=problem.column, message=problem.message)
    if made.refused and len(problems) > PROBLEMS_SHOWN:
        speak("cli.import_problems_more", err=True, count=made.refused)
    code = "cli.import_written" if made.state is State.COMMITTED else "cli.import_checked"
    speak(code, id=out.id, new=out.added, changed=out.changed, restored=out.restored, same=out.same, bad=out.refused)


def export_file(file: Path, *, region: str | None, archived: bool, kind: Format | None, config: Path | None) -> None:
    """Write the camera list into a file that can be brought in again; `-` is standard output. Passwords stay here."""
    kind = kind or (Format.CSV if str(file) == "-" else format_of(file.name))
    settings = settings_of_platform(config)
    filters = Filters((checked(region or settings.region.code),), archived=archived)
    asked = exporting.Asked(filters, language(), who=LOCAL.name, organisation="-", at=SystemClock().now(), sources=True)

    async def write() -> int:
        written = 0
        async with opened(settings) as database:
            with open(1, "wb", closefd=False) if str(file) == "-" else file.open("wb") as target:  # noqa: ASYNC230
                async for piece in exporting.lines(database, asked, kind):
                    written += await asyncio.to_thread(target.write, piece)
        return written

    speak("cli.exported", err=True, bytes=asyncio.run(write()), path=file)


@app.command("list")
@fail_on_refusal
def list_imports(
    limit: Annotated[int, typer.Option(min=1, max=500, help="行数 · Rows.")] = 20,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出导入记录 · Imports, newest first."""
    settings = settings_of_platform(config)

    async def found() -> list[Import]:
        async with opened(settings) as database, database.read() as session:
            return (await store.page(session, NOBODY, (settings.region.code,), None, limit))[:limit]

    now = SystemClock().now()
    every = [ImportOut.of(made, now, language()) for made in asyncio.run(found())]
    if as_json:
        _print_json({"items": [made.model_dump(mode="json") for made in every]})
        return
    for made in every:
        typer.echo(f"{made.created_at:%Y-%m-%d %H:%M}  {made.state:<10} {made.name}  {made.id}")


@app.command()
@fail_on_refusal
def undo(
    import_id: Annotated[UUID, typer.Argument(metavar="ID", help="导入编号 · The import's id.")],
    config: ConfigOption = None,
) -> None:
    """撤销一次导入 · Take a whole import back; refused when cameras were changed since."""
    settings = settings_of_platform(config)

    async def take_back() -> Import:
        clock = SystemClock()
        async with opened(settings) as database:
            async with database.write() as session:
                await service.begin_undo(session, import_id, clock.now())
            return await commit.undo(database, clock, import_id, LOCAL, lambda now: _progress("import_undoing", now))

    speak("cli.import_undone", rows=asyncio.run(take_back()).done)


@app.command("template")
@fail_on_refusal
def write_template(
    file: Annotated[Path, typer.Argument(help="cameras.xlsx, .csv, .json")],
) -> None:
    """导入模板 · Write an empty file with headings in both languages."""
    file.write_bytes(template.make(format_of(file.name), language()))
    speak("cli.exported", err=True, bytes=file.stat().st_size, path=file)


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
