"""The supervisor with a real database: what is killed comes back, nothing acknowledged is lost, nothing stays."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commonsight.processes.plan import Plan
from commonsight.processes.supervisor import Supervisor
from commonsight.records import postgres_place
from commonsight.records.postgres_orphans import leftover, users_of
from commonsight.settings import Settings

SUPERVISE = """
import asyncio, os, signal, sys
from pathlib import Path
from commonsight.processes.plan import Plan, process
from commonsight.processes.supervisor import Supervisor
from commonsight.settings import load

async def told(url):
    Path(sys.argv[1]).write_text(url)

def planned(settings, config, url):
    writer = process("writer", "work", settings, config, url)
    words = list(writer.command)
    at = words.index("-m")
    words[at:] = ["-c", Path(sys.argv[2]).read_text(), *sys.argv[3:]]
    work = process("work-1", "work", settings, config, url)
    return [work, Plan("writer", "writer", tuple(words), writer.environment)]

asyncio.run(Supervisor(load(), migrated=told, planned=planned).run())
"""

WRITER = """
import os, signal, sys, time
import psycopg
# Commits one row a transaction and notes its number only once the server has acknowledged it; survives a lost server.
url, notes = os.environ["COMMONSIGHT_DATABASE__URL"], open(sys.argv[1], "a")
n = int(sys.argv[2]) if os.path.getsize(sys.argv[1]) == 0 else int(open(sys.argv[1]).read().split()[-1]) + 1000
while True:
    try:
        with psycopg.connect(url, autocommit=True) as c:
            c.execute("CREATE TABLE IF NOT EXISTS written (n int PRIMARY KEY)")
            while True:
                n += 1
                with c.transaction():
                    c.execute("INSERT INTO written VALUES (%s)", [n])
                    c.execute("SELECT pg_sleep(0.002)")
                notes.write(f"{n}\\n"); notes.flush()
    except psycopg.OperationalError:
        time.sleep(0.05)
"""


class Platform:
    """A supervisor in a process of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        self.notes = home / "notes"
        self.notes.touch()
        (home / "writer.py").write_text(WRITER)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self.home / "url").unlink(missing_ok=True)
        words = [self.home / "url", self.home / "writer.py", self.notes, 0]
        with (self.home / "terminal").open("ab") as terminal:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISE, *map(str, words)],
                env={**os.environ, "COMMONSIGHT_DATA_DIR": str(self.data)},
                cwd=self.home,
                stdout=subprocess.DEVNULL,
                stderr=terminal,
            )
        self.until(lambda: (self.home / "url").exists() and (self.home / "url").read_text())

    @property
    def url(self) -> str:
        return (self.home / "url").read_text()

    @property
    def acknowledged(self) -> list[int]:
        return [int(word) for word in self.notes.read_text().split("\n")[:-1]]

    def until(self, what: Callable[[], Any], seconds: float = 60) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := what()):
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"waited in vain; the terminal says: {(self.home / 'terminal').read_text()[-3000:]}"
                )
            time.sleep(0.05)
        return answer

    def grows(self) -> None:
        """Wait until the writer goes on."""
        before = len(self.notes.read_bytes())
        self.until(lambda: len(self.notes.read_bytes()) > before + 20)

    def nodes(self) -> dict[str, int]:
        """Names and process ids of the processes seen within the last seconds."""
        try:
            with psycopg.connect(self.url) as connection:
                rows = connection.execute("SELECT name, pid FROM nodes WHERE seen_at > now() - interval '5 seconds'")
                return dict(rows.fetchall())
        except psycopg.OperationalError:
            return {}

    def stored(self) -> set[int]:
        with psycopg.connect(self.url) as connection:
            return {n for (n,) in connection.execute("SELECT n FROM written")}

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.data / "logs" / "supervisor.log").read_text().splitlines()]

    def child(self, name: str) -> int:
        """Process id of a child, as last logged."""
        return int([e["pid"] for e in self.events() if e["event"] == "child_started" and e["child"] == name][-1])

    def ours(self) -> list[int]:
        """Every process that belongs to this platform: its data directory stands in the environment or is its own."""
        found = set(users_of(self.data / "postgres"))
        mark = f"COMMONSIGHT_DATA_DIR={self.data}".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes():
                    found.add(int(entry.name))
            except OSError:
                continue
        return sorted(found)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with tempfile.TemporaryDirectory(prefix="commonsight-run-test-") as path:
        Path(path).chmod(0o711)
        made = Platform(Path(path))
        try:
            yield made
        finally:
            if made.process is not None:
                if made.process.poll() is None:
                    made.process.kill()
                made.process.wait()
            made.until(lambda: not made.ours())
            for parent in (Path("/run"), Path("/tmp")):
                sockets = parent / f"commonsight-pg-{postgres_place.mark_of(made.data)}"
                if sockets.is_dir():
                    for file in sockets.iterdir():
                        file.unlink()
                    sockets.rmdir()


def test_whatever_is_killed_comes_back_and_nothing_acknowledged_is_lost(platform: Platform) -> None:
    platform.start()
    platform.grows()
    platform.until(lambda: "work-1" in platform.nodes())

    server = leftover(platform.data / "postgres")
    assert server is not None
    os.kill(server, signal.SIGKILL)
    platform.grows()
    assert leftover(platform.data / "postgres") not in (None, server)
    assert set(platform.acknowledged) <= platform.stored()

    for name in ("writer", "work-1"):
        before = platform.child(name)
        os.kill(before, signal.SIGKILL)
        platform.until(lambda before=before, name=name: platform.child(name) != before)
        platform.grows()
    killed = platform.child("work-1")
    platform.until(lambda: platform.nodes().get("work-1") == killed)
    assert set(platform.acknowledged) <= platform.stored()

    # Everything at once: the supervisor, the server and all children.
    assert platform.process is not None
    platform.process.kill()
    for pid in platform.ours():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    platform.process.wait()
    platform.start()
    platform.grows()
    assert set(platform.acknowledged) <= platform.stored()
    told = platform.acknowledged  # once: it grows while we look
    assert len(told) == len(set(told))


def stops_well(platform: Platform, number: signal.Signals) -> None:
    assert len(platform.ours()) >= 4
    assert platform.process is not None
    platform.process.send_signal(number)
    assert platform.process.wait(60) == 0
    assert platform.ours() == []
    assert not (platform.data / "postgres" / "postmaster.pid").exists()
    events = [event["event"] for event in platform.events()]
    assert events[-2:] == ["stopping", "stopped"]
    assert "child_overdue" not in events


def test_ctrl_c_leaves_nothing_behind(platform: Platform) -> None:
    platform.start()
    platform.grows()
    stops_well(platform, signal.SIGINT)


def test_a_second_platform_on_the_same_data_is_refused_and_disturbs_nothing(platform: Platform) -> None:
    platform.start()
    second = subprocess.run(
        [sys.executable, "-c", SUPERVISE, str(platform.home / "url2"), str(platform.home / "writer.py")],
        env={**os.environ, "COMMONSIGHT_DATA_DIR": str(platform.data)},
        cwd=platform.home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode != 0
    assert "records.already_running" in second.stderr
    platform.grows()
    stops_well(platform, signal.SIGTERM)


def test_children_do_not_outlive_a_killed_supervisor(platform: Platform) -> None:
    platform.start()
    platform.grows()
    assert platform.process is not None
    platform.process.kill()
    platform.process.wait()
    platform.until(lambda: not platform.ours(), 30)


async def test_migrations_from_two_processes_end_well(postgres_url: str) -> None:
    head, _, query = postgres_url.partition("?")
    name = f"both_{os.getpid()}"
    url = f"{head.rsplit('/', 1)[0]}/{name}?{query}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    code = "import sys; from commonsight.records.migrate import migrate; print('APPLIED', len(migrate(sys.argv[1])))"
    try:
        both = [
            await asyncio.create_subprocess_exec(sys.executable, "-c", code, url, stdout=asyncio.subprocess.PIPE)
            for _ in range(2)
        ]
        said = [(await asyncio.wait_for(process.communicate(), 60))[0].decode() for process in both]
        assert [process.returncode for process in both] == [0, 0]
        counts = sorted(int(text.rsplit("APPLIED", 1)[1]) for text in said)
        assert counts[0] == 0
        assert counts[1] >= 7
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def settings_for(url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database={"url": url})  # type: ignore[arg-type]


STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


async def test_an_own_server_is_migrated_and_the_hooks_are_told(database_url: str, tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    supervisor: Supervisor

    async def migrated(url: str) -> None:
        told.append(("migrated", url))

    async def serving(url: str) -> None:
        told.append(("serving", url))
        supervisor.stop()

    supervisor = Supervisor(
        settings_for(database_url, tmp_path), migrated=migrated, serving=serving, planned=lambda s, c, url: []
    )
    await asyncio.wait_for(supervisor.run(), 60)
    assert told == [("migrated", database_url), ("serving", database_url)]
    assert not (tmp_path / "postgres").exists()


async def test_asked_twice_it_does_not_wait(database_url: str, tmp_path: Path) -> None:
    plan = Plan("stubborn", "test", (sys.executable, "-I", "-c", STUBBORN), stop_seconds=600)
    supervisor = Supervisor(settings_for(database_url, tmp_path), planned=lambda s, c, url: [plan])
    running = asyncio.create_task(supervisor.run())
    log = tmp_path / "logs" / "stubborn.log"
    async with asyncio.timeout(60):
        while not (log.exists() and log.read_bytes()):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
    (child,) = supervisor.children
    supervisor.stop()
    await asyncio.sleep(0.2)
    assert child.pid is not None
    supervisor.stop()
    await asyncio.wait_for(running, 20)
    assert child.pid is None


async def test_a_server_that_does_not_answer_is_waited_for_until_a_stop(tmp_path: Path) -> None:
    supervisor = Supervisor(settings_for(f"postgresql://u@/d?host={tmp_path}", tmp_path), planned=lambda s, c, url: [])
    running = asyncio.create_task(supervisor.run())
    log = tmp_path / "logs" / "supervisor.log"
    async with asyncio.timeout(60):
        while not (log.exists() and b"database_not_there" in log.read_bytes()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    supervisor.stop()
    await asyncio.wait_for(running, 20)
