"""`commonsight backup`: make one, list them, go back to a moment, and prove that one could."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from commonsight.cli.database import settings_of_platform
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, speak
from commonsight.problem import Refusal
from commonsight.records import backup, restore
from commonsight.records.backup import Backup
from commonsight.records.postgres import EmbeddedPostgres
from commonsight.records.postgres_place import settle
from commonsight.settings import Settings

app = typer.Typer(no_args_is_help=True, help="备份 · Backups: make, list, go back to a moment, drill.")

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Passphrase = Annotated[
    Path | None,
    typer.Option("--passphrase-file", exists=True, dir_okay=False, help="口令文件 · Encrypts the keys in the backup."),
]


@app.command()
@fail_on_refusal
def create(passphrase_file: Passphrase = None, as_json: AsJson = False, config: ConfigOption = None) -> None:
    """立即备份 · Back the database and the keys up now; the platform may go on running."""
    settings, root = _where(config)
    with _server(settings) as server:
        made = backup.create(
            root,
            server.place,
            settings.data_dir,
            server.password,
            keep=timedelta(days=settings.backup.keep_days),
            passphrase=_passphrase(passphrase_file),
            progress=lambda step: speak(f"cli.backup_{step}", err=True),
        )
    if as_json:
        typer.echo(json.dumps(_row(made), ensure_ascii=False))
        return
    rows = sum(count for count, _ in made.tables.values())
    speak("cli.backup_made", id=made.id, mb=_mb(made.bytes), tables=len(made.tables), rows=rows)
    speak("cli.backup_keys_sealed" if made.sealed else "cli.backup_keys_plain", place=made.place)
    speak("cli.backup_without", place=settings.data_dir)


@app.command("list")
@fail_on_refusal
def list_(as_json: AsJson = False, config: ConfigOption = None) -> None:
    """备份列表 · List the backups and the moments one can go back to."""
    settings, root = _where(config)
    known = backup.found(root)
    if as_json:
        typer.echo(json.dumps([_row(each) for each in known], ensure_ascii=False, indent=2))
        return
    if not known:
        speak("cli.backup_empty")
        return
    for each in known:
        sealed = "*" if each.sealed else " "
        typer.echo(f"{each.id}  {_shown(each.point_at, settings)}  {_mb(each.bytes):>9} MB {sealed}")
    speak("cli.backup_reach", since=_shown(known[0].point_at, settings), place=root)


@app.command("restore")
@fail_on_refusal
def restore_(
    at: Annotated[
        str | None, typer.Option(help="时刻，如 2026-05-01T08:00:00+08:00 · The moment; default: as far as it leads.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问 · Do not ask.")] = False,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
    config: ConfigOption = None,
) -> None:
    """恢复到某一时刻 · Put the database back to a moment. The platform must be stopped; what is there is kept aside."""
    settings, root = _where(config)
    moment = None if at is None else _moment(at, settings)
    chosen = restore.choose(backup.found(root), moment)
    shown = speak_moment(moment, settings)
    if not yes:
        speak("cli.backup_about", err=True, data=settings.data_dir, moment=shown, id=chosen.id)
        typer.confirm("?", abort=True, err=True)
    done = restore.restore(
        root, EmbeddedPostgres.of(settings), chosen, at=moment, passphrase=_passphrase(passphrase_file)
    )
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "backup": chosen.id,
                    "reached": done.reached and done.reached.isoformat(),
                    "seconds": done.seconds,
                    "aside": done.aside and str(done.aside),
                    "keys": done.keys,
                }
            )
        )
        return
    reached = _shown(done.reached or chosen.point_at, settings)
    speak("cli.backup_restored", id=chosen.id, reached=reached, seconds=done.seconds)
    if done.aside is not None:
        speak("cli.backup_aside", aside=done.aside)


@app.command()
@fail_on_refusal
def drill(
    scratch: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="临时目录 · Where there is room; default: backup.dir."),
    ] = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
    config: ConfigOption = None,
) -> None:
    """恢复演练 · Restore the newest backup on the side, start it, compare it; exit 1 when something is wrong."""
    settings, root = _where(config)
    chosen = restore.choose(backup.found(root), None)
    password = settings.data_dir / "postgres.password"
    done = restore.drill(
        root,
        chosen,
        scratch=scratch and scratch.resolve(),
        password=password.read_text("ascii").strip() if password.is_file() else None,
        passphrase=_passphrase(passphrase_file),
        progress=lambda step: speak(f"cli.drill_{step}", err=True),
    )
    reached = done.reached or chosen.point_at
    behind = max(0, round((datetime.now(UTC) - reached).total_seconds()))
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "backup": chosen.id,
                    "good": not done.wrong,
                    "seconds": done.seconds,
                    "recovery_point": reached.isoformat(),
                    "behind_seconds": behind,
                    "tables": done.tables,
                    "rows": done.rows,
                    "wrong": done.wrong,
                },
                ensure_ascii=False,
            )
        )
    elif done.wrong:
        speak("cli.drill_wrong", id=chosen.id, seconds=done.seconds)
        for line in done.wrong:
            typer.echo(f"  {line}")
    else:
        speak("cli.drill_good", id=chosen.id, seconds=done.seconds, tables=done.tables, rows=done.rows)
        speak("cli.drill_point", reached=_shown(reached, settings), behind=behind)
    if done.wrong:
        sys.exit(1)


def speak_moment(moment: datetime | None, settings: Settings) -> str:
    """A moment for a person; `…` for as far as the archive leads."""
    return "…" if moment is None else _shown(moment, settings)


def _where(config: Path | None) -> tuple[Settings, Path]:
    """The settings and the backups' directory.

    Raises:
        Refusal: `records.backup_own_server`, `records.backup_off`.
    """
    settings = settings_of_platform(config)
    if settings.database.url is not None:
        raise Refusal("records.backup_own_server", operand="database.url", actual=str(settings.data_dir))
    if settings.backup.dir is None:
        raise Refusal("records.backup_off", operand="backup.dir")
    return settings, settings.backup.dir.resolve()


@contextmanager
def _server(settings: Settings) -> Iterator[EmbeddedPostgres]:
    """The server that runs, or one that runs for as long as this does."""
    server = EmbeddedPostgres.of(settings)
    try:
        server.start()
    except Refusal as refusal:
        if refusal.code != "records.already_running":
            raise
        server.use(settle(settings.data_dir, settings.runtime_dir))
        yield server
        return
    try:
        yield server
    finally:
        server.stop()


def _moment(text: str, settings: Settings) -> datetime:
    """A moment as people write it; without a zone it is the region's.

    Raises:
        Refusal: `cli.moment_invalid`.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal("cli.moment_invalid", rule="RFC 3339", operand="--at", actual=text[:60]) from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(settings.region.timezone))


def _shown(moment: datetime, settings: Settings) -> str:
    return moment.astimezone(ZoneInfo(settings.region.timezone)).strftime("%Y-%m-%d %H:%M:%S %z")


def _passphrase(path: Path | None) -> str | None:
    return None if path is None else path.read_text("utf-8").strip()


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f}"


def _row(made: Backup) -> dict[str, Any]:
    return {
        "id": made.id,
        "place": str(made.place),
        "at": made.point_at.isoformat(),
        "bytes": made.bytes,
        "tables": len(made.tables),
        "keys": "encrypted" if made.sealed else "0600",
    }
