"""What every process does at its start and end, so that a kind's own module holds only what is its own.

Reads settings, logs, opens the database, beats, offers `/metrics`, runs, and stops on SIGTERM or SIGINT.
Exit codes: 0 stopped as asked, 1 failed, 3 refused (the log says which rule).
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import prometheus_client
import structlog
from sqlalchemy.exc import DBAPIError

from commonsight import network
from commonsight.clock import Clock, SystemClock
from commonsight.problem import Refusal
from commonsight.processes import logs
from commonsight.processes.addresses import own_ports
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.settings import Settings, load

log = structlog.get_logger(__name__)

STOP_SECONDS: Final = 9.0
"""A process that has not ended this long after being asked ends itself; the supervisor would kill it a second later."""

SUPERVISED: Final = "COMMONSIGHT_SUPERVISED"
REFUSED: Final = 3


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a process works with."""

    name: str
    kind: str
    settings: Settings
    database: Database
    clock: Clock
    stop: asyncio.Event


Serve = Callable[[Runtime], Awaitable[None]]


def main(kind: str, serve: Serve, *, metrics: bool = True) -> None:
    """Run one process from its command line; does not return.

    Args:
        kind: `api`, `media`, `see`, `work`, `simulate`.
        serve: runs until `runtime.stop` is set.
        metrics: offer Prometheus figures on a loopback port of the system's choice, announced in the nodes table.
            False where the process has its own HTTP server.
    """
    parser = argparse.ArgumentParser(prog=f"python -m commonsight.processes.{kind}")
    parser.add_argument("--name", required=True, help="unique name of this process, e.g. media-1")
    parser.add_argument("--config", type=Path, help="settings file")
    given = parser.parse_args()
    supervised = os.environ.pop(SUPERVISED, None) == "1"
    try:
        settings = prepare(given.name, given.config, supervised=supervised)
        asyncio.run(_run(kind, given.name, settings, serve, metrics=metrics, supervised=supervised))
    except Refusal as refusal:
        log.error("refused", code=refusal.code, **{k: str(v) for k, v in refusal.facts().items()})
        sys.exit(REFUSED)
    except Exception:
        log.exception("process_failed")
        sys.exit(1)
    sys.exit(0)


def prepare(name: str, config: Path | None, *, supervised: bool) -> Settings:
    """What has to be done once in a process before anything else of ours runs in it; returns its settings.

    Raises:
        Refusal: the settings break a rule.
    """
    settings = load(config)
    logs.configure(settings, name=name, supervised=supervised)
    network.install(settings.network.allow, own_ports(settings))
    return settings


async def _run(kind: str, name: str, settings: Settings, serve: Serve, *, metrics: bool, supervised: bool) -> None:
    stop = asyncio.Event()
    _stop_on_signals(stop)
    await live(kind, name, settings, serve, stop, metrics=metrics, supervised=supervised)


async def live(
    kind: str,
    name: str,
    settings: Settings,
    serve: Serve,
    stop: asyncio.Event,
    *,
    metrics: bool = True,
    supervised: bool = False,
) -> None:
    """The life of one process: database, heartbeat, figures, work until `stop`, and a good-bye.

    Raises:
        Refusal: `processes.database_url_missing`, or what `serve` raises. RuntimeError: it ended without being asked.
    """
    if settings.database.url is None:
        raise Refusal("processes.database_url_missing", operand="database.url", expected="postgresql://…")
    if not supervised:
        # Started alone, on another machine perhaps: nobody has brought the schema up to this program for us.
        # Imported here: it brings Alembic, a fifth of the start-up time of every process that does not need it.
        from commonsight.records.migrate import migrate_async

        await migrate_async(settings.database.url)
    database = Database(settings.database.url, pool_size=settings.database.pool_size, name=f"commonsight {name}")
    detail: dict[str, Any] = {}
    server = None
    if metrics:
        server, _ = prometheus_client.start_http_server(0, "127.0.0.1")
        detail["metrics"] = f"http://127.0.0.1:{server.server_port}/metrics"
    beating = asyncio.create_task(_beat(database, name, kind, detail))
    log.info("process_started", kind=kind, pid=os.getpid())
    try:
        await serve(Runtime(name, kind, settings, database, SystemClock(), stop))
        if not stop.is_set():
            raise RuntimeError(f"{name} ended without being asked to")
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        with contextlib.suppress(DBAPIError, OSError, TimeoutError):
            async with asyncio.timeout(1):
                await nodes.leave(database, name)
        await database.close()
        if server is not None:
            server.shutdown()
            server.server_close()
        log.info("process_stopped", kind=kind)


def _stop_on_signals(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT ask for a graceful end; a timer on a thread ends us even if the event loop hangs."""

    def asked() -> None:
        if stop.is_set():
            os._exit(130)  # asked twice: now
        stop.set()
        timer = threading.Timer(STOP_SECONDS, os._exit, [1])
        timer.daemon = True
        timer.start()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked)


async def _beat(database: Database, name: str, kind: str, detail: Mapping[str, Any]) -> None:
    """Tell that we live; a lost database is worth one line, not one every two seconds."""
    lost = False
    while True:
        try:
            await nodes.beat(database, name, kind, None, detail)
            if lost:
                log.info("database_back")
            lost = False
        except (DBAPIError, OSError, TimeoutError) as error:
            if not lost:
                log.warning("database_lost", error=type(error).__name__)
            lost = True
        await asyncio.sleep(nodes.BEAT_SECONDS)
