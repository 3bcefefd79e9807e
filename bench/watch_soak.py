"""Whether an analysis worker grows while cameras come and go: memory, file handles, dropped frames.

    python -m bench.watch_soak [--seconds N] [--small]

Runs a real PostgreSQL, a media node, a process of virtual RTSP cameras (H.264, 1280x720, 25 fps) and one analysis
worker with the packaged detector. Every second a camera is switched on or off, gets another line, or is given another
tier of the budget (patrol on keyframes, watch, follow, none). The worker's memory and handles are read from the system;
what it dropped it tells in its heartbeat.

There is no peer: nothing else does the same under a budget. The figure is the worker's growth an hour.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psutil
from sqlalchemy import text

from bench.database import empty_database
from bench.live_world import free_port, process
from bench.media import START_SECONDS, _seed
from bench.media_soak import _slope
from commonsight.analyze import store
from commonsight.analyze.model import Analysis, Line, Zone
from commonsight.records.database import Database
from commonsight.settings import load

CAMERAS: Final = 10
SECONDS: Final = 240.0
SMALL_SECONDS: Final = 40.0
WARM_SHARE: Final = 0.4
"""Of the soak, before growth is measured: pools, caches and the allocator's arenas fill first."""
FIRST_SECONDS: Final = 300.0
"""Longest wait for the first picture: on a busy machine the processes take their time to start."""
QUIET_SECONDS: Final = 15.0
SEED: Final = 45
TIERS: Final = {"patrol": (10.0, "keyframes"), "watch": (1.0, "reference"), "follow": (0.2, "full"), "": (0.0, "")}
ZONE: Final = Zone("all", "All", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)))


async def bench(seconds: float) -> dict[str, Any]:
    """Run the soak; returns the JSON line."""
    async with empty_database() as (directory, url):
        rtsp_port, media_port, out_port = free_port(), free_port(), free_port()
        config = directory / "commonsight.toml"
        config.write_text(
            f'data_dir = "{directory / "data"}"\n[media]\nport = {media_port}\nrtsp_port = {out_port}\n'
            f'idle_seconds = 1\n[vision]\nmodels_dir = "{load().models_dir}"\n[see]\ncameras_max = {CAMERAS}\n'
            '[log]\nlevel = "warning"\n[recording]\nenabled = false\n'
        )
        database = Database(url)
        try:
            async with process(sys.executable, "-m", "bench.live_world", "rtsp", str(rtsp_port)) as cameras:
                assert cameras.stdout is not None
                await asyncio.wait_for(cameras.stdout.readline(), START_SECONDS)
                made = await _seed(database, rtsp_port, CAMERAS)
                async with _ours("media", config, url), _ours("see", config, url) as worker:
                    return await soak(database, psutil.Process(worker.pid), made, seconds)
        finally:
            await database.close()


def _ours(kind: str, config: Path, url: str) -> Any:
    command = (sys.executable, "-m", f"commonsight.processes.{kind}", "--name", f"{kind}-1", "--config", str(config))
    return process(*command, COMMONSIGHT_DATABASE__URL=url)


async def soak(database: Database, worker: psutil.Process, cameras: list[UUID], seconds: float) -> dict[str, Any]:
    """Stir for `seconds` and watch the worker."""
    chance, done = random.Random(SEED), dict.fromkeys(("on", "off", "line", "tier"), 0)
    for camera in cameras[: len(cameras) // 2]:
        await _write(database, camera, chance, on=True)
    began = time.perf_counter()
    async with asyncio.timeout(FIRST_SECONDS):
        while not (await _told(database)).get("looks"):  # noqa: ASYNC110 - what is waited for lies in the database
            await asyncio.sleep(0.2)
    waited = time.perf_counter() - began
    handles_before, memory_before = worker.num_fds(), worker.memory_info().rss
    samples: list[tuple[float, int, int, int]] = []
    began = time.perf_counter()
    cpu = _cpu(worker)
    while (passed := time.perf_counter() - began) < seconds:
        samples.append((passed, worker.memory_info().rss, worker.num_fds(), worker.num_threads()))
        await _stir(database, cameras, chance, done)
        await asyncio.sleep(1.0)
    cpu = (_cpu(worker) - cpu) / (time.perf_counter() - began)
    for camera in cameras:
        await _write(database, camera, chance, on=False)
    await asyncio.sleep(QUIET_SECONDS)
    told = await _told(database)
    slope, error = _slope([(at, memory) for at, memory, _, _ in samples if at >= seconds * WARM_SHARE])
    looks, dropped = int(told.get("looks", 0)), int(told.get("dropped", 0))
    return {
        "figure": "bench-watch-soak",
        "ours": round(slope * 3600 / 1e6, 2),
        "peer": None,
        "ratio": None,
        "unit": "MB an hour by which the worker grows while cameras come and go",
        "context": {
            "peer_absent": "nothing else watches cameras under a budget that changes",
            "error": round(error * 3600 / 1e6, 2),
            "seconds": round(seconds),
            "cameras": len(cameras),
            "changes": done,
            "first_look_s": round(waited, 1),
            "cores_used": round(cpu, 2),
            "memory_mb": {
                "before": round(memory_before / 1e6, 1),
                "highest": round(max(memory for _, memory, _, _ in samples) / 1e6, 1),
                "after": round(worker.memory_info().rss / 1e6, 1),
            },
            "handles": {
                "before": handles_before, "highest": max(h for _, _, h, _ in samples), "after": worker.num_fds(),
            },
            "threads": {"highest": max(t for *_, t in samples), "after": worker.num_threads()},
            "pictures": looks,
            "units_dropped": dropped,
            "units_spared": int(told.get("spared", 0)),
            "dropped_is": "came while decoding was behind or before a stream's first keyframe; spared: not needed",
            "note": f"slope over the last {1 - WARM_SHARE:.0%}, error is 2 standard errors",
            "load": [round(value, 1) for value in os.getloadavg()],
        },
    }  # fmt: skip


async def _stir(database: Database, cameras: list[UUID], chance: random.Random, done: dict[str, int]) -> None:
    """One change: a camera comes or goes, gets another line, or another tier."""
    camera, what = chance.choice(cameras), chance.choices(("on", "off", "line", "tier"), (4, 3, 2, 4))[0]
    done[what] += 1
    if what == "tier":
        await _give(database, camera, chance.choice(list(TIERS)))
    else:
        await _write(database, camera, chance, on=what != "off")


async def _write(database: Database, camera: UUID, chance: random.Random, *, on: bool) -> None:
    y = round(chance.uniform(0.3, 0.7), 3)
    line = Line("line", "line", (0.1, y), (0.9, y))
    async with database.write() as session:
        await store.write(session, camera, Analysis(enabled=on, lines=(line,), zones=(ZONE,)))


async def _give(database: Database, camera: UUID, tier: str) -> None:
    every, decoding = TIERS[tier]
    async with database.write() as session:
        await session.execute(text("DELETE FROM analysis_budget WHERE camera_id = :camera"), {"camera": camera})
        if tier:
            await session.execute(
                text("""INSERT INTO analysis_budget
                            (camera_id, pool, tier, every_seconds, decoding, score, cost, at)
                        SELECT camera_id, '', :tier, :every, :decoding, 1, 0.1, now()
                          FROM analyses WHERE camera_id = :camera"""),
                {"camera": camera, "tier": tier, "every": every, "decoding": decoding},
            )


async def _told(database: Database) -> dict[str, Any]:
    async with database.read() as session:
        return dict(await session.scalar(text("SELECT detail FROM nodes WHERE name = 'see-1'")) or {})


def _cpu(worker: psutil.Process) -> float:
    times = worker.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.watch_soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, help=f"how long (default {SECONDS:g})")
    parser.add_argument("--small", action="store_true", help=f"{SMALL_SECONDS:g} s: to try the benchmark itself")
    given = parser.parse_args()
    print(json.dumps(asyncio.run(bench(given.seconds or (SMALL_SECONDS if given.small else SECONDS)))))


if __name__ == "__main__":
    main()
