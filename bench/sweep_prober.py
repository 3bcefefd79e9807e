"""The process of bench.sweep whose CPU time is counted: the sweep engine over one kind of camera, as jobs run it.

    python -m bench.sweep_prober --config commonsight.toml rtsp|gb28181|…

Reads the cameras from the database by the beginning of their address, works through them in one shard, and says on
standard output what came of each and what that cost. Whatever is loaded and connected once is loaded before.
"""

import argparse
import asyncio
import json
import logging
import resource
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from commonsight import jobs
from commonsight.catalog.source import Source
from commonsight.clock import SystemClock
from commonsight.inspect.model import health_after
from commonsight.inspect.sweep import ShardRun
from commonsight.inspect.sweeps import store
from commonsight.inspect.tasks import prober
from commonsight.media.door import door
from commonsight.media.probe import ProbeResult
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.settings import load


def cpu() -> dict[str, float]:
    """Seconds of this process so far, and of the event loop's thread alone."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    loop = time.clock_gettime(time.pthread_getcpuclockid(threading.main_thread().ident or 0))
    return {"all": used.ru_utime + used.ru_stime, "system": used.ru_stime, "loop": loop}


async def sweep(config: Path, protocol: str) -> dict[str, Any]:
    """One shard of all cameras of a protocol."""
    settings, clock = load(config), SystemClock()
    assert settings.database.url is not None
    database = Database(settings.database.url)
    found: dict[UUID, ProbeResult] = {}
    async with door(settings, database, "bench-prober") as line:
        probe = await prober(jobs.House(settings, database, clock))
        async with database.read() as session:
            chosen = text("SELECT id FROM cameras WHERE protocol = :protocol AND name LIKE 'bench %' ORDER BY id")
            ids = list((await session.execute(chosen, {"protocol": protocol})).scalars())
        async with database.write() as session:
            await store.open_sweep(session, uuid7(), clock.now(), [ids])
            held = await store.claim(session, clock.now(), clock.now() - timedelta(hours=1))
        assert held is not None

        async def noted(camera_id: UUID, source: Source, picture: bool) -> ProbeResult:
            found[camera_id] = result = await probe(camera_id, source, picture)
            return result

        before, began = cpu(), time.perf_counter()
        tries = await ShardRun(database, clock, settings.inspect, held, noted).run()
        seconds, after = time.perf_counter() - began, cpu()
        left = line.ports_taken
        async with database.write() as session:
            await store.close_finished(session, clock.now())
    await database.close()
    return {
        "tries": tries,
        "seconds": seconds,
        "cpu": {name: after[name] - before[name] for name in after},
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000,
        "ports_left": left,
        "found": {str(camera_id): _plain(result) for camera_id, result in found.items()},
    }


def _plain(result: ProbeResult) -> dict[str, Any]:
    health = health_after(result, 1, 1)
    return {
        "health": None if health is None else health.name.lower(),
        "error": result.error,
        "ms": result.milliseconds,
        "first_frame_ms": result.first_frame_ms,
        "codec": result.codec,
        "size": [result.width, result.height],
        "received": result.received,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sweep_prober")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("protocol")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    print(json.dumps(asyncio.run(sweep(given.config, given.protocol))))


if __name__ == "__main__":
    main()
