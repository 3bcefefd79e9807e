"""Backups of the embedded server: the whole cluster as it stands, the keys beside it, and sums to prove it by.

A backup is a directory `base/<id>`: `base.tar.gz` and `pg_wal.tar.gz` from `pg_basebackup`, `backup_manifest` (SHA-256
of every file), `keys.tar` (what lies beside the database: without `secret.key` the passwords of cameras stay shut;
mode 0600, or encrypted with a passphrase) and `backup.json`. The sums in it are taken under locks that let everybody
read and nobody write, for as long as summing takes, and a restore point is set at that very moment: a drill restores
to exactly there and finds the same.
"""

import contextlib
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import structlog
from psycopg import sql

from commonsight.problem import Refusal
from commonsight.records import archive
from commonsight.records.backup_keys import pack
from commonsight.records.base import uuid7
from commonsight.records.postgres import DATABASE, USER
from commonsight.records.postgres_place import Place

log = structlog.get_logger(__name__)

SUMMED_ROWS: Final = 2_000_000
"""Tables estimated larger are only found again by the server itself: summing them would hold writers up too long."""
UNSUMMED: Final = ("procrastinate_%", "nodes")
"""The queue and the heartbeats must not wait, and nobody misses them."""
LOCK_TRIES: Final = 60
ARCHIVED_SECONDS: Final = 120.0
PROGRAM_SECONDS: Final = 24 * 3_600


@dataclass(frozen=True, slots=True)
class Backup:
    """One finished backup. `tables`: rows and sum of each, at `point`."""

    id: str
    place: Path
    identifier: str
    started_at: datetime
    point_at: datetime
    point: str
    first_segment: str
    timeline: int
    bytes: int
    sealed: bool
    tables: dict[str, tuple[int, str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As kept in `backup.json`."""
        document = asdict(self) | {"started_at": self.started_at.isoformat(), "point_at": self.point_at.isoformat()}
        del document["place"]
        return document


def read(place: Path) -> Backup | None:
    """The backup in this directory; None when it is none of ours or not finished."""
    try:
        document = json.loads((place / "backup.json").read_text("utf-8"))
        return Backup(
            **document
            | {
                "place": place,
                "started_at": datetime.fromisoformat(document["started_at"]).astimezone(UTC),
                "point_at": datetime.fromisoformat(document["point_at"]).astimezone(UTC),
                "tables": {name: (int(rows), str(total)) for name, (rows, total) in document["tables"].items()},
            }
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def found(root: Path, identifier: str | None = None) -> list[Backup]:
    """Finished backups below `root`, oldest first; of one cluster, or of all."""
    places = root.glob(f"{identifier or '*'}/base/*/backup.json") if root.is_dir() else ()
    return sorted((b for p in places if (b := read(p.parent)) is not None), key=lambda b: (b.point_at, b.id))


def create(
    root: Path,
    place: Place,
    data_dir: Path,
    password: str,
    *,
    keep: timedelta,
    passphrase: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Backup:
    """Back the running server up, then remove what `keep` no longer needs. Blocks; minutes for a large cluster.

    Raises:
        Refusal: `records.backup_no_archive` (the server was started before `backup.dir` was set),
            `records.backup_failed`, `records.backup_busy`, `records.archive_stuck`, or as `archive.prepare`.
    """
    began = datetime.now(UTC)
    wal = archive.prepare(root, place)
    home = wal.parent
    name = f"{began:%Y%m%dT%H%M%SZ}-{uuid7().hex[-6:]}"
    part, final = home / "base" / f".{name}.part", home / "base" / name
    part.parent.mkdir(mode=0o700, exist_ok=True)
    for stale in part.parent.glob(".*.part"):
        if time.time() - stale.stat().st_mtime > PROGRAM_SECONDS:
            shutil.rmtree(stale, ignore_errors=True)
    part.mkdir(mode=0o700)
    try:
        with _connected(place, password) as connection:
            if _one(connection, "SHOW archive_mode") != "on":
                raise Refusal("records.backup_no_archive", rule="archive_mode", operand="backup.dir", actual=str(root))
            progress("base")
            _base(place, password, part)
            progress("sums")
            point = f"commonsight-{name}"
            tables, point_at, position = _summed(connection, point)
            timeline = int(_one(connection, "SELECT timeline_id FROM pg_control_checkpoint()"))
            progress("archive")
            _wait_archived(connection, wal, archive.segment_of(timeline, position))
        sealed = pack(data_dir, part, passphrase)
        first_timeline, first = _first_segment(part)
        made = Backup(
            id=name,
            place=final,
            identifier=archive.identifier(place),
            started_at=began,
            point_at=point_at,
            point=point,
            first_segment=archive.segment_of(first_timeline, first),
            timeline=timeline,
            bytes=sum(path.stat().st_size for path in part.iterdir()),
            sealed=sealed,
            tables=tables,
        )
        _write(part / "backup.json", json.dumps(made.to_json(), ensure_ascii=False, indent=1))
        part.rename(final)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    forget(root, made.identifier, keep, began)
    log.info("backup_made", id=name, bytes=made.bytes, tables=len(tables))
    return made


def forget(root: Path, identifier: str, keep: timedelta, now: datetime) -> int:
    """Remove backups that no moment within `keep` needs, and the changes before the oldest that stays; returns how many
    backups went. One that is older than `keep` stays: the moments after it lean on it."""
    known = found(root, identifier)
    older = [backup for backup in known if backup.point_at <= now - keep]
    gone = older[:-1]
    for backup in gone:
        (backup.place / "backup.json").unlink(missing_ok=True)  # no backup any more, whatever happens next
        shutil.rmtree(backup.place, ignore_errors=True)
    left = known[len(gone) :]
    if left:
        archive.forget_before(root / identifier / "wal", min(left, key=lambda b: b.first_segment[8:]).first_segment)
    return len(gone)


@contextlib.contextmanager
def _connected(place: Place, password: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(
            host=str(place.sockets), user=USER, password=password, dbname=DATABASE, autocommit=True, connect_timeout=10,
            application_name="commonsight backup",
        )  # fmt: skip
    except psycopg.Error as error:
        raise Refusal("records.backup_failed", operand="database", reason=str(error).strip()) from error
    with connection:
        yield connection


def _base(place: Place, password: str, part: Path) -> None:
    command = [
        str(place.programs / "pg_basebackup"), "-h", str(place.sockets), "-U", USER, "-D", str(part), "-F", "tar",
        "-Z", "gzip:1", "-X", "stream", "-c", "fast", "--no-password", "--manifest-checksums=SHA256",
    ]  # fmt: skip
    environment = {"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": password}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd="/", timeout=PROGRAM_SECONDS
    )
    if done.returncode != 0:
        raise Refusal("records.backup_failed", operand="pg_basebackup", reason=done.stderr.strip()[-1000:])


def _summed(connection: psycopg.Connection, point: str) -> tuple[dict[str, tuple[int, str]], datetime, str]:
    """Rows and sums of the tables, the moment, and the log's position of a restore point set at that moment."""
    for attempt in range(LOCK_TRIES):
        try:
            with connection.transaction():
                # Short: who waits for a lock of ours while we wait for one of theirs is let go before anybody
                # takes the two of us for a deadlock.
                connection.execute("SET LOCAL lock_timeout = '100ms'")
                for name in _tables(connection):
                    connection.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(sql.Identifier(name)))
                tables = sums(connection)
                position = str(_one(connection, "SELECT pg_create_restore_point(%s)", point))
                return tables, _one(connection, "SELECT clock_timestamp()").astimezone(UTC), position
        except psycopg.errors.LockNotAvailable:
            time.sleep(random.uniform(0.1, 0.5))  # noqa: S311 - no secret: two who meet must not meet again
            log.info("backup_waits_for_writers", attempt=attempt + 1)
    raise Refusal("records.backup_busy", rule="a moment without writers", actual=LOCK_TRIES)


def sums(connection: psycopg.Connection) -> dict[str, tuple[int, str]]:
    """Rows and an order-independent sum over the text of every row, for each table that is not too large."""
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute("SET extra_float_digits = 1")
    found: dict[str, tuple[int, str]] = {}
    for name in _tables(connection):
        row = connection.execute(
            sql.SQL(
                "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM ONLY {} AS t"
            ).format(sql.Identifier(name))
        ).fetchone()
        assert row is not None
        found[name] = (int(row[0]), str(row[1]))
    return found


def _tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
        "AND reltuples <= %s AND NOT relname LIKE ANY (%s) ORDER BY relname",
        [SUMMED_ROWS, list(UNSUMMED)],
    ).fetchall()
    return [str(row[0]) for row in rows]


def _wait_archived(connection: psycopg.Connection, wal: Path, segment: str) -> None:
    """Until the piece of the log with the restore point is in the archive."""
    connection.execute("SELECT pg_switch_wal()")
    until = time.monotonic() + ARCHIVED_SECONDS
    while not archive.holds(wal, segment):
        if time.monotonic() > until:
            last = connection.execute("SELECT last_failed_wal, failed_count FROM pg_stat_archiver").fetchone()
            raise Refusal("records.archive_stuck", operand=str(wal), expected=segment, actual=last and last[0])
        time.sleep(0.1)


def _first_segment(part: Path) -> tuple[int, str]:
    """Timeline and position from which the backup needs the log, by its manifest."""
    ranges = json.loads((part / "backup_manifest").read_text("utf-8"))["WAL-Ranges"]
    return int(ranges[0]["Timeline"]), str(ranges[0]["Start-LSN"])


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _one(connection: psycopg.Connection, query: str, *values: object) -> Any:
    row = connection.execute(query, values or None).fetchone()
    return None if row is None else row[0]
