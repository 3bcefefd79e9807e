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

from commonsight.records import postgres_place
from commonsight.records.postgres_orphans import leftover, users_of

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
    assert len(platform.acknowledged) == len(set(platform.acknowledged))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_graceful_stop_leaves_nothing_behind(platform: Platform, number: signal.Signals) -> None:
    platform.start()
    platform.grows()
    assert len(platform.ours()) >= 4
    assert platform.process is not None
    platform.process.send_signal(number)
    assert platform.process.wait(60) == 0
    assert platform.ours() == []
    assert not (platform.data / "postgres" / "postmaster.pid").exists()
    events = [event["event"] for event in platform.events()]
    assert events[-2:] == ["stopping", "stopped"]
    assert "child_overdue" not in events


def test_children_do_not_outlive_a_killed_supervisor(platform: Platform) -> None:
    platform.start()
    platform.grows()
    assert platform.process is not None
    platform.process.kill()
    platform.process.wait()
    platform.until(lambda: not platform.ours(), 30)


def test_two_platforms_do_not_share_a_data_directory(platform: Platform) -> None:
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
    assert leftover(platform.data / "postgres") is not None


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
