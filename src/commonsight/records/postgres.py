"""The embedded PostgreSQL 18: our own child, on a private Unix socket, with a password nobody types.

`prepare` makes the cluster (once), `command` is what the supervisor runs, `ready` waits for it.
The supervisor keeps it alive; `start` and `stop` are for tests and one-off commands.
"""

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

import psycopg
import structlog

from commonsight.problem import Refusal
from commonsight.records import archive, launch
from commonsight.records.postgres_orphans import leftover, stop_leftover
from commonsight.records.postgres_place import FALLBACK, SOCKET_NAME, Place, is_cluster, make_data_dir, settle
from commonsight.settings import Backup, Settings

log = structlog.get_logger(__name__)

VERSION: Final = "18"
USER: Final = "commonsight"
DATABASE: Final = "commonsight"
LOCK: Final = "postgres.lock"
"""File in the data directory that a running supervisor holds a lock on."""
POLL_SECONDS: Final = 0.05
TELL_SECONDS: Final = 5.0
STOP_SECONDS: Final = 60.0
"""A fast stop writes a checkpoint; on a slow disk that takes a while and must not be cut short."""

OPTIONS: Final[Mapping[str, str]] = {
    "listen_addresses": "",  # the socket only
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "cluster_name": "commonsight",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a ",
    "log_min_duration_statement": "2s",
    "log_lock_waits": "on",
    "log_checkpoints": "off",
    "lc_messages": "C",  # `ready` reads the server's words
    "logging_collector": "off",  # our supervisor reads standard error and rotates it like everybody's
    # A transaction left open holds back vacuum for everybody; ours are short.
    "idle_in_transaction_session_timeout": "60s",
    # A client that goes away while it connects (a cancelled task) holds its place and a `DROP DATABASE` this long.
    "authentication_timeout": "10s",
    "jit": "off",  # compiling costs more than our short queries take
    "wal_compression": "on",
    "shared_buffers": "256MB",
    "random_page_cost": "1.1",  # the disks it meets have no heads to move
    "autovacuum_vacuum_cost_delay": "1ms",
}


def is_held(data_dir: Path) -> bool:
    """Whether a supervisor runs on this data directory."""
    try:
        with (data_dir / LOCK).open(encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


class EmbeddedPostgres:
    """One embedded server under `data_dir`.

    Args:
        data_dir: the platform's data directory; the cluster is `postgres` in it, if the server's account can reach it.
        runtime_dir: a short path; the socket's directory is made beside it.
        options: server settings on top of `OPTIONS`.
        durable: False gives up safety for speed (tests): no fsync.
        fallback: where the cluster goes when `data_dir` is closed to the server's account.
        backup: where every change is archived, if it is.
    """

    def __init__(
        self,
        data_dir: Path,
        runtime_dir: Path,
        *,
        options: Mapping[str, str] | None = None,
        durable: bool = True,
        fallback: Path = FALLBACK,
        backup: Backup | None = None,
    ) -> None:
        self._backup = backup or Backup()
        self.data_dir = data_dir
        self.runtime_dir = runtime_dir
        self.durable = durable
        self.fallback = fallback
        hasty = {} if durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        self.options = {**OPTIONS, **hasty, **(options or {})}
        self._place: Place | None = None
        self._password = ""
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def of(cls, settings: Settings) -> "EmbeddedPostgres":
        """The server of these settings; nothing is touched yet."""
        return cls(settings.data_dir, settings.runtime_dir, backup=settings.backup)

    @property
    def place(self) -> Place:
        """Where the server lies; known once `prepare` has run."""
        assert self._place is not None, "prepare() comes first"
        return self._place

    @property
    def url(self) -> str:
        """`postgresql://` URL of the platform's database, password included: never log it."""
        return self._url(DATABASE)

    def _url(self, database: str) -> str:
        return f"postgresql://{USER}:{self._password}@/{database}?host={quote(str(self.place.sockets), safe='')}"

    def prepare(self) -> None:
        """Make everything ready for the server's start; called before every start. Blocks, the first time for seconds.

        Takes a lock on `data_dir` that this object holds until `release`: one supervisor a data directory.

        Raises:
            Refusal: `records.already_running`, `records.cluster_version`, `records.initdb_failed`, or as `settle`.
        """
        make_data_dir(self.data_dir)
        held = self._lock is not None
        self._take_lock()
        try:
            self._place = settle(self.data_dir, self.runtime_dir, fallback=self.fallback)
            self._make_ready(self._place)
        except BaseException:
            if not held:
                self.release()
            raise

    def take_place(self) -> Place:
        """Take the lock on `data_dir` and settle where the server lies, without making a cluster: for putting one back.
        `release` or `stop` lets go.

        Raises:
            Refusal: `records.already_running`, or as `settle`.
        """
        make_data_dir(self.data_dir)
        self._take_lock()
        self._place = settle(self.data_dir, self.runtime_dir, fallback=self.fallback)
        stop_leftover(self._place.data)
        return self._place

    def use(self, place: Place) -> None:
        """Speak to a server that another process of ours runs at `place`."""
        self._place = place
        self._password = self._read_password()

    @property
    def password(self) -> str:
        """The server's password; made if there is none yet."""
        return self._read_password()

    def refuse_unless_running(self) -> None:
        """Raise `records.postgres_failed`, with its last words, when a server that `start` began has ended."""
        if self._process is not None and (code := self._process.poll()) is not None:
            words = (self.data_dir / "postgres.start.log").read_text("utf-8", "replace").strip().splitlines()[-3:]
            raise Refusal("records.postgres_failed", actual=code, reason=" | ".join(words))

    def _make_ready(self, place: Place) -> None:
        self._password = self._read_password()
        # Whatever a supervisor that was killed has left running on this data: two servers never share a cluster.
        stop_leftover(place.data)
        # The server takes the number in a socket's lock file for a living server when it is merely in use: by a zombie
        # that nobody reaps (containers), or by anybody after a restart. The directory is this cluster's alone.
        for stale in place.sockets.glob(f"{SOCKET_NAME}*"):
            stale.unlink(missing_ok=True)
        if not is_cluster(place.data):
            self._initialise(place)
        found = (place.data / "PG_VERSION").read_text("ascii").strip()
        if found != VERSION:
            raise Refusal(
                "records.cluster_version", rule="same_major", operand=str(place.data), expected=VERSION, actual=found
            )
        if self._backup.dir is not None:
            wal = archive.prepare(self._backup.dir.resolve(), place)
            self.options |= archive.options(wal, self._backup.archive_seconds)

    def command(self) -> list[str]:
        """The argument vector of the server, through `launch` (account, and an end when the supervisor ends)."""
        place = self.place
        options = {**self.options, "unix_socket_directories": str(place.sockets)}
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        # SIGINT is a fast stop: clients are cut off, everything committed is on disk.
        return self._launched([str(place.programs / "postgres"), "-D", str(place.data), *settings], signal.SIGINT)

    def attempt(self) -> str | None:
        """Try once to connect and to have our database; None when done, else what the server said. Blocks briefly.

        Raises:
            Refusal: `records.password_mismatch` when the password file does not belong to this cluster.
        """
        try:
            with psycopg.connect(self._url("postgres"), connect_timeout=5, autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                    connection.execute(f'CREATE DATABASE "{DATABASE}"')
        except psycopg.Error as error:
            if "password authentication failed" in str(error):
                raise Refusal("records.password_mismatch", operand=str(self._password_file)) from error
            return str(error).strip().splitlines()[-1]
        return None

    async def ready(self, alive: Callable[[], bool]) -> bool:
        """Wait until the server takes connections; False when `alive` says it has ended.

        There is no time limit: recovery after a crash takes as long as it takes, and the log tells what it waits for.
        """
        began = told = time.monotonic()
        while alive():
            said = await asyncio.to_thread(self.attempt)
            if said is None:
                return True
            if time.monotonic() - told > TELL_SECONDS:
                told = time.monotonic()
                log.info("postgres_waits", seconds=round(told - began), says=said)
            await asyncio.sleep(POLL_SECONDS)
        return False

    def start(self) -> str:
        """Prepare, run and wait (blocking); returns the URL. For tests and one-off commands, from the main thread.

        What the server says goes to `postgres.start.log` in the data directory, written anew each time.

        Raises:
            Refusal: `records.postgres_failed` when the server ends instead of coming up, or what `prepare` raises.
        """
        self.prepare()
        try:
            log_file = self.data_dir / "postgres.start.log"
            with log_file.open("wb") as output:
                process = self._process = subprocess.Popen(
                    self.command(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd="/",
                    start_new_session=True,
                )
            while self.attempt() is not None:
                if process.poll() is not None:
                    words = log_file.read_text("utf-8", "replace").strip().splitlines()[-3:]
                    raise Refusal("records.postgres_failed", actual=process.returncode, reason=" | ".join(words))
                time.sleep(POLL_SECONDS)
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """End a server that `start` began, and let go of the data directory."""
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)  # immediate stop: recovery at the next start, nothing lost
                process.wait()
        self._process = None
        self.release()

    @property
    def pid(self) -> int | None:
        """Process id of the running server, from its own pid file."""
        return leftover(self.place.data)

    def release(self) -> None:
        """Let another supervisor have this data directory."""
        if self._lock is None:
            return
        self._lock.close()
        self._lock = None
        if self._place is not None:
            with contextlib.suppress(OSError):  # not empty: a server still uses it
                self._place.sockets.rmdir()

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        lock = (self.data_dir / LOCK).open("a+", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read(20).strip() or "?"
            lock.close()
            raise Refusal(
                "records.already_running", operand="data_dir", actual=str(self.data_dir), pid=holder
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    @property
    def _password_file(self) -> Path:
        return self.data_dir / "postgres.password"

    def _read_password(self) -> str:
        """The superuser's password; made before the cluster is, so that no crash leaves a cluster without one."""
        path = self._password_file
        if not path.exists():
            scratch = path.with_name(f"{path.name}.new")
            scratch.unlink(missing_ok=True)
            with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))
                file.flush()
                os.fsync(file.fileno())
            scratch.rename(path)
        return path.read_text("ascii").strip()

    def _initialise(self, place: Place) -> None:
        """`initdb` into a directory beside, then rename: a killed initdb never looks like a cluster."""
        began = time.monotonic()
        scratch = place.data.with_name(place.data.name + ".new")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        place.give(scratch, 0o700)
        # A pipe of root's cannot be opened by the account, so the password passes through its own private directory.
        secret = place.sockets / "initial-password"
        secret.unlink(missing_ok=True)
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self._password)
        place.give(secret, 0o600)
        command = [str(place.programs / "initdb"), "-D", str(scratch), "-U", USER, f"--pwfile={secret}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--locale=C", "--no-instructions", *([] if self.durable else ["--no-sync"])]
        try:
            done = subprocess.run(
                self._launched(command, 0),
                cwd="/",
                env=_bare_environment(),
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            secret.unlink(missing_ok=True)
        if done.returncode != 0:
            raise Refusal(
                "records.initdb_failed", operand=str(place.data), actual=done.returncode, reason=done.stderr[-2000:]
            )
        scratch.rename(place.data)
        (self.data_dir / "postgres.made").touch()
        log.info("cluster_made", data=str(place.data), seconds=round(time.monotonic() - began, 2))

    def _launched(self, command: list[str], ends_by: int) -> list[str]:
        account = self.place.account
        who = f"{account.uid}:{account.gid}" if account else "-"
        return [sys.executable, "-I", "-S", launch.__file__, who, str(int(ends_by)), str(os.getpid()), *command]


def _bare_environment() -> dict[str, str]:
    """No `PG*` variable of the user's may steer the server, and no foreign locale its messages."""
    return {"PATH": os.defpath, "LC_ALL": "C"}
