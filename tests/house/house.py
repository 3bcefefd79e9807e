"""The whole platform as its user starts it, in processes of its own, and what a test may do to it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import psycopg

from commonsight.records import postgres_place
from commonsight.records.postgres_orphans import users_of
from commonsight.settings import Settings
from tests.ports import free_ports

PATIENCE: Final = 120.0
"""Longest wait for anything, s. Generous: it is what a crowded machine needs, not what the platform promises."""

POLL: Final = 0.1

Rows = list[tuple[Any, ...]]


class House:
    """One platform on its own data directory and ports.

    Args:
        home: a directory others may pass through; the data go into `home/data`.
        command: arguments of `commonsight`.
        settings: further `COMMONSIGHT_*` variables, without the prefix.
    """

    def __init__(self, home: Path, command: Sequence[str], settings: dict[str, str] | None = None) -> None:
        self.home = home
        self.data = home / "data"
        self.terminal = home / "terminal"
        self.terminal.touch()
        self.command = [sys.executable, "-m", "commonsight", *command]
        # The last but one: where the demo's cameras that are off do not listen.
        api, media, cameras, _, sip = free_ports(5)
        self.ports = {"api": api, "media": media, "simulate": cameras}
        chosen = {f"{kind.upper()}__PORT": str(port) for kind, port in self.ports.items()}
        chosen |= {"SIP__ZONES": json.dumps([{"name": "local", "port": sip}])} | (settings or {})
        plain = {key: value for key, value in os.environ.items() if not key.startswith("COMMONSIGHT_")}
        self.environment = plain | {f"COMMONSIGHT_{key}": value for key, value in chosen.items()}
        self.environment |= {"COMMONSIGHT_DATA_DIR": str(self.data), "LC_ALL": "C.UTF-8"}
        self.process: subprocess.Popen[bytes] | None = None
        self._url = ""
        self._known = 0  # lines of the supervisor's log that speak of earlier starts

    # -- starting and stopping ---------------------------------------------------------------------------------------

    def start(self) -> float:
        """Start and wait until every process is there; returns the seconds it took."""
        began = time.monotonic()
        self.launch()
        self.until(self._serves, "serving", 2 * PATIENCE)
        return time.monotonic() - began

    def launch(self) -> None:
        """Start without waiting for anything."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        self._known = len(self.log())
        with self.terminal.open("ab") as terminal:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=terminal,
            )

    def again(self, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run the same command a second time beside this one, with other settings, until it ends by itself."""
        environment = self.environment | {f"COMMONSIGHT_{key}": value for key, value in settings.items()}
        return subprocess.run(
            self.command,
            env=environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask the platform to stop; returns its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def clear(self) -> None:
        """End everything, however the test went, and leave nothing in shared directories."""
        self.cut_power()
        settings = Settings(data_dir=self.data)
        shutil.rmtree(settings.runtime_dir, ignore_errors=True)
        for parent in (Path("/run"), settings.runtime_dir.parent, Path("/tmp")):
            shutil.rmtree(parent / f"commonsight-pg-{postgres_place.mark_of(self.data)}", ignore_errors=True)

    # -- killing -----------------------------------------------------------------------------------------------------

    def kill(self, name: str) -> None:
        """kill -9 one of the platform's processes, and wait until the supervisor has started it anew."""
        before = self.pid(name)
        os.kill(before, signal.SIGKILL)
        self.until(lambda: self.pid(name) != before, f"{name} started anew")

    def kill_supervisor(self) -> None:
        """kill -9 the supervisor; everything has to end with it."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.until(lambda: not self.processes(), "everything ends with the supervisor")

    def cut_power(self) -> None:
        """kill -9 everything at once: nobody writes a last word."""
        if self.process is not None:
            self.process.kill()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
        self.until(lambda: not self.processes(), "everything is gone")

    # -- looking -----------------------------------------------------------------------------------------------------

    @property
    def pid_of_supervisor(self) -> int:
        """Process id of the command that was started."""
        assert self.process is not None
        return self.process.pid

    def pid(self, name: str) -> int:
        """Process id of a child, as the supervisor last told."""
        told = [e["pid"] for e in self.log() if e["event"] == "child_started" and e["child"] == name]
        return int(told[-1])

    def said(self, event: str) -> list[dict[str, Any]]:
        """What the supervisor has logged under this name since the last start."""
        return [entry for entry in self.log()[self._known :] if entry["event"] == event]

    def processes(self) -> list[int]:
        """Everything that belongs to this platform: its data directory stands in the environment or is where it works.

        A process nobody has waited for yet does not count: it has no environment any more.
        """
        found = set(users_of(self.data / "postgres"))
        mark = f"COMMONSIGHT_DATA_DIR={self.data}".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(int(entry.name))
        return sorted(found)

    def alive(self) -> dict[str, int]:
        """Names and process ids of the processes that have beaten lately; empty while the database is away."""
        try:
            return dict(self.rows("SELECT name, pid FROM nodes WHERE seen_at > now() - interval '5 seconds'"))
        except psycopg.OperationalError:
            return {}

    def complete(self) -> bool:
        """Whether every child that was started last is the one that beats now."""
        alive = self.alive()
        children = {e["child"] for e in self.said("child_started")} - {"postgres"}
        return bool(children) and all(alive.get(name) == self.pid(name) for name in children)

    def rows(self, query: str, values: Sequence[Any] = ()) -> Rows:
        """Ask the database itself, past every cache and route. Raises psycopg.OperationalError while it is away."""
        with self.connect() as connection:
            done = connection.execute(query, values)
            return done.fetchall() if done.description else []

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection of one's own. The address is what the supervisor gave its children."""
        if not self._url:
            given = Path(f"/proc/{self.pid('api')}/environ").read_bytes().split(b"\0")
            mark = b"COMMONSIGHT_DATABASE__URL="
            self._url = next(v.removeprefix(mark).decode() for v in given if v.startswith(mark))
        return psycopg.connect(self._url, connect_timeout=5)

    def until(self, what: Callable[[], Any], why: str, seconds: float = PATIENCE) -> Any:
        """Wait until `what` answers something true, and return it.

        Raises:
            AssertionError: it did not within `seconds`; with the last words of the platform.
        """
        deadline = time.monotonic() + seconds
        while not (answer := what()):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds:g} s in vain: {why}; {self.last_words()}")
            time.sleep(POLL)
        return answer

    def _serves(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"ended with exit code {self.process.returncode}; {self.last_words()}")
        return bool(self.said("serving"))

    def last_words(self) -> str:
        """The end of what the terminal shows, for whoever has to find out why a test failed."""
        return f"the terminal says:\n{self.terminal.read_text('utf-8', 'replace')[-8000:]}"

    def log(self) -> list[dict[str, Any]]:
        """Everything the supervisor has logged, oldest first."""
        lines: list[str] = []
        for path in sorted((self.data / "logs").glob("supervisor.log*"), key=lambda path: path.stat().st_mtime):
            lines += path.read_text("utf-8", "replace").splitlines()
        found = []
        for line in lines:
            with contextlib.suppress(ValueError):  # one line may be half written
                found.append(json.loads(line))
        return found
