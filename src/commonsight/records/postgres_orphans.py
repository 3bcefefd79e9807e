"""Servers that outlived their supervisor: found, and stopped before another is started on the same data."""

import os
import signal
import time
from pathlib import Path
from typing import Final

import structlog

from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

FAST_SECONDS: Final = 60.0
IMMEDIATE_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.05
TELL_SECONDS: Final = 5.0


def users_of(data: Path) -> list[int]:
    """Processes that work in `data`. PostgreSQL's processes have their data directory as working directory."""
    found = []
    wanted = os.path.realpath(data)
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str((entry / "cwd").readlink()) == wanted:
                found.append(int(entry.name))
        except OSError:  # gone meanwhile, or somebody else's
            continue
    return sorted(found)


def leftover(data: Path) -> int | None:
    """Process id of the server running on `data`, from its pid file; None when the file is missing or stale.

    A number alone proves nothing, after a restart of the machine it may be anybody's: the process must work in `data`.
    """
    try:
        pid = int((data / "postmaster.pid").read_text("utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if pid in users_of(data) else None


def stop_leftover(data: Path) -> None:
    """Stop a server that still runs on `data`, wait for its children, and clear a pid file that has become stale.

    Never SIGKILL: it would leave the children of a killed server writing.

    Raises:
        Refusal: `records.leftover_stays` when processes on `data` outlive both kinds of stop.
    """
    pid = leftover(data)
    if pid is not None:
        log.warning("postgres_leftover", pid=pid, data=str(data), action="fast stop")
        _signal(pid, signal.SIGINT)
    elif users_of(data):
        # Children of a server that was killed: they notice within moments and end by themselves.
        log.warning("postgres_children_left", pids=users_of(data)[:20])
    if _gone(data, FAST_SECONDS):
        # Nobody uses the data, so the file only speaks of a dead process. If that number now belongs to another process
        # of the same account, the server would refuse to start.
        (data / "postmaster.pid").unlink(missing_ok=True)
        return
    for other in users_of(data):
        _signal(other, signal.SIGQUIT)
    if not _gone(data, IMMEDIATE_SECONDS):
        raise Refusal("records.leftover_stays", operand=str(data), actual=users_of(data))
    (data / "postmaster.pid").unlink(missing_ok=True)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _gone(data: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    told = time.monotonic()
    while users_of(data):
        if time.monotonic() > deadline:
            return False
        if time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            log.info("postgres_leftover_stopping", pids=users_of(data)[:20])
        time.sleep(POLL_SECONDS)
    return True
