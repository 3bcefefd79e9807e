"""Going back: the cluster as it was at a moment, and the drill that proves it can be done.

A restore never destroys: the present cluster is moved aside, and its last pieces of the log, which were not archived
yet, are read from there.
"""

import contextlib
import hashlib
import json
import shutil
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict

from commonsight.problem import Refusal
from commonsight.records import archive, backup
from commonsight.records.backup import Backup
from commonsight.records.backup_keys import put_back, unpack
from commonsight.records.postgres import EmbeddedPostgres
from commonsight.records.postgres_place import Place

log = structlog.get_logger(__name__)

RECOVERY_SECONDS: Final = 6 * 3_600.0
"""Replaying is given up after this."""
PIECE: Final = 1 << 20
WRONG_MOST: Final = 20
POLL: Final = 0.1


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `reached`: the last change that was replayed; None when there was none after the backup."""

    backup: Backup
    reached: datetime | None
    seconds: float
    aside: Path | None
    keys: list[str]


@dataclass(frozen=True, slots=True)
class Drilled:
    """What a drill found. `wrong`: what differs, in words; empty when the backup is good."""

    backup: Backup
    seconds: float
    reached: datetime | None
    tables: int
    rows: int
    wrong: list[str]


def choose(known: list[Backup], at: datetime | None) -> Backup:
    """The newest backup that a moment can be reached from.

    Raises:
        Refusal: `records.backup_none`, `records.backup_none_before`.
    """
    if not known:
        raise Refusal("records.backup_none", rule="a finished backup", operand="backup.dir")
    if at is None:
        return known[-1]
    before = [each for each in known if each.point_at <= at]
    if not before:
        raise Refusal(
            "records.backup_none_before", rule="a backup before that", operand="--at",
            expected=known[0].point_at.isoformat(), actual=at.isoformat(),
        )  # fmt: skip
    return before[-1]


def restore(
    root: Path, server: EmbeddedPostgres, chosen: Backup, *, at: datetime | None, passphrase: str | None = None
) -> Restored:
    """Put the cluster of `server` back to what it was at `at` (None: as far as the archive leads). Blocks.

    Raises:
        Refusal: `records.already_running` while the platform runs, `records.restore_failed`, `records.backup_broken`,
            `records.backup_sealed`.
    """
    began = time.monotonic()
    mark = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    place = server.take_place()
    try:
        files = unpack(chosen.place, passphrase)
        fresh = _laid_out(chosen, place, place.data.with_name(f"{place.data.name}.restored"))
        aside = None
        if place.data.exists():
            aside = place.data.with_name(f"{place.data.name}.before-{mark}")
            place.data.rename(aside)
        keys = put_back(files, server.data_dir, mark)
        besides = None if aside is None else aside / "pg_wal"
        target = {} if at is None else {"recovery_target_time": at.astimezone(UTC).isoformat()}
        wal = root / chosen.identifier / "wal"
        _recover(fresh, place, archive.fetch_command(wal, besides), target | {"recovery_target_action": "promote"})
        fresh.rename(place.data)
        (server.data_dir / "postgres.made").touch()
        try:
            url = server.start()
            reached = _promoted(url, server)
        except Refusal as refusal:
            if refusal.code == "records.postgres_failed":
                # The cluster that was is put back: nothing is better than half of something.
                server.stop()
                shutil.rmtree(place.data, ignore_errors=True)
                if aside is not None:
                    aside.rename(place.data)
                raise Refusal(
                    "records.restore_failed", rule="recovery", operand="--at", actual=at and at.isoformat(),
                    reason=refusal.values.get("reason", ""),
                ) from refusal  # fmt: skip
            raise
    finally:
        server.stop()
    return Restored(chosen, reached, round(time.monotonic() - began, 1), aside, keys)


def drill(
    root: Path,
    chosen: Backup,
    *,
    scratch: Path | None = None,
    password: str | None = None,
    passphrase: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Drilled:
    """Restore a backup into a scratch directory, start it, hold it against what was noted when it was made, then replay
    the archive to its end. The platform may go on running meanwhile. Blocks.

    Args:
        scratch: where there is room for the cluster; default: beside the backups.
        password: of the server, where the backup's keys are sealed and there is no passphrase.
    """
    began = time.monotonic()
    wrong: list[str] = []
    home = Path(tempfile.mkdtemp(prefix="drill-", dir=scratch or root))
    home.chmod(0o711)
    server = EmbeddedPostgres(
        home / "data", home / "run", options={"shared_buffers": "64MB"}, durable=False, fallback=home / "elsewhere"
    )
    tables: dict[str, tuple[int, str]] = {}
    reached = None
    try:
        progress("files")
        wrong += verified(chosen)
        place = server.take_place()
        sealed = chosen.sealed and passphrase is None
        files = {"postgres.password": (password or "").encode()} if sealed else unpack(chosen.place, passphrase)
        put_back({name: files[name] for name in ("postgres.password",) if name in files}, server.data_dir, "drill")
        _laid_out(chosen, place, place.data)
        fetch = archive.fetch_command(root / chosen.identifier / "wal")
        progress("start")
        paused = {"recovery_target_name": chosen.point, "recovery_target_action": "pause"}
        _recover(place.data, place, fetch, paused)
        url = server.start()
        _until(url, server, "SELECT pg_get_wal_replay_pause_state() = 'paused'")
        progress("sums")
        with _connection(url) as connection:
            tables = backup.sums(connection)
        wrong += differences(chosen.tables, tables)
        server.stop()
        progress("replay")
        server = EmbeddedPostgres(
            home / "data", home / "run", options={"shared_buffers": "64MB"}, durable=False, fallback=home / "elsewhere"
        )
        _recover(place.data, place, fetch, {"recovery_target_action": "promote"})
        reached = _promoted(server.start(), server)
    except Refusal as refusal:
        wrong.append(f"{refusal.code}: {refusal.values.get('reason') or refusal}")
    except (psycopg.Error, OSError, tarfile.TarError, EOFError, ValueError, KeyError, zlib.error) as error:
        wrong.append(f"{type(error).__name__}: {error}")
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
    rows = sum(count for count, _ in tables.values())
    return Drilled(chosen, round(time.monotonic() - began, 1), reached, len(tables), rows, wrong)


def differences(noted: dict[str, tuple[int, str]], there: dict[str, tuple[int, str]]) -> list[str]:
    """What of a restored cluster differs from what was noted when it was backed up."""
    wrong = [f"{name}: the table is missing" for name in sorted(noted.keys() - there.keys())]
    for name in sorted(noted.keys() & there.keys()):
        if noted[name][0] != there[name][0]:
            wrong.append(f"{name}: {there[name][0]} rows, noted were {noted[name][0]}")
        elif noted[name][1] != there[name][1]:
            wrong.append(f"{name}: the sum over {noted[name][0]} rows differs")
    return wrong


def verified(chosen: Backup) -> list[str]:
    """What of a backup's files is not what its manifest says (SHA-256 of every file, and of the manifest itself).

    Read here, because the `pg_verifybackup` that comes with the server ends in a crash on compressed tar files.
    """
    text = (chosen.place / "backup_manifest").read_bytes()
    manifest = json.loads(text)
    body = text[: text.rindex(b'"Manifest-Checksum"')]
    if hashlib.sha256(body).hexdigest() != manifest["Manifest-Checksum"]:
        return ["files: the manifest itself has changed"]
    expected = {entry["Path"]: entry for entry in manifest["Files"] if "Path" in entry}
    wrong: list[str] = []
    with tarfile.open(chosen.place / "base.tar.gz", "r|gz") as tar:
        for member in tar:
            entry = expected.pop(member.name.removeprefix("./"), None) if member.isfile() else None
            if entry is None:
                continue
            file = tar.extractfile(member)
            assert file is not None
            digest = hashlib.sha256()
            while piece := file.read(PIECE):
                digest.update(piece)
            if member.size != entry["Size"] or digest.hexdigest() != entry["Checksum"]:
                wrong.append(f"files: {member.name} has changed")
    wrong += [f"files: {name} is missing" for name in sorted(expected)]
    return wrong[:WRONG_MOST]


def _laid_out(chosen: Backup, place: Place, into: Path) -> Path:
    """Unpack a backup's files for the server's account."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(mode=0o700, parents=True)
    try:
        for name, where in (("base.tar.gz", into), ("pg_wal.tar.gz", into / "pg_wal")):
            with tarfile.open(chosen.place / name) as tar:
                tar.extractall(where, filter="data")
    except (OSError, tarfile.TarError, EOFError) as error:
        shutil.rmtree(into, ignore_errors=True)
        raise Refusal("records.backup_broken", operand=str(chosen.place), reason=str(error)) from error
    for path in [into, *into.rglob("*")]:
        place.give(path, 0o700 if path.is_dir() else 0o600)
    return into


def _recover(data: Path, place: Place, fetch: str, target: dict[str, str]) -> None:
    """Tell a cluster to recover, and how far. Replaces what an earlier call told it."""
    conf, kept = data / "postgresql.auto.conf", []
    if conf.is_file():
        kept = [line for line in conf.read_text("utf-8").splitlines() if not line.startswith(("restore_", "recovery_"))]
    told = {"restore_command": fetch, "recovery_target_timeline": "latest"} | target
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in told.items()]
    conf.write_text("\n".join([*kept, *lines]) + "\n", "utf-8")
    place.give(conf, 0o600)
    (data / "recovery.signal").touch()
    place.give(data / "recovery.signal", 0o600)


def _promoted(url: str, server: EmbeddedPostgres) -> datetime | None:
    """Wait until recovery has ended, and have the server forget that it was told to; the last change replayed."""
    _until(url, server, "SELECT NOT pg_is_in_recovery()")
    with _connection(url) as connection:
        reached = _one(connection, "SELECT pg_last_xact_replay_timestamp()")
        for name in ("restore_command", "recovery_target_timeline", "recovery_target_time", "recovery_target_action"):
            connection.execute(f"ALTER SYSTEM RESET {name}")
    return None if reached is None else reached.astimezone(UTC)


def _until(url: str, server: EmbeddedPostgres, question: str) -> None:
    """Ask until the answer is yes. Raises `records.postgres_failed` when the server ends instead, with its words."""
    until = time.monotonic() + RECOVERY_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(psycopg.OperationalError), _connection(url) as connection:
            if _one(connection, question):
                return
        server.refuse_unless_running()
        time.sleep(POLL)
    raise Refusal("records.postgres_failed", actual="-", reason=f"still recovering after {RECOVERY_SECONDS:g} s")


def _connection(url: str) -> psycopg.Connection:
    return psycopg.connect(**conninfo_to_dict(url), autocommit=True, connect_timeout=10)  # type: ignore[arg-type]


def _one(connection: psycopg.Connection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    return None if row is None else row[0]
