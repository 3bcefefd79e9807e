"""How many cameras a core relays to one viewer each, how many viewers it serves, and whether a node grows.

    python -m bench.media [--small] [--soak SECONDS]

Runs a real PostgreSQL, one real media node and a process of virtual RTSP cameras (H.264, 1280x720, 25 fps, 2 Mbit/s),
and is the viewers itself: bare WebSocket clients that count what comes. Only the node's own processor time counts, from
/proc. The cameras are raised step by step; what a core carries is read from the straight line through the steps, whose
fit is given. The peer is an `ffmpeg -c copy` process for each of the same cameras, in the same run, remuxing to
fragmented MP4 into a pipe that is read; only their processor time counts.

A soak follows: readers of all doors join and leave all the time, and the node's memory and handles are watched.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import psutil

from bench.database import empty_database
from bench.live_watch import GIVE_UP_SECONDS, decode_seconds, p
from bench.live_world import BITRATE, FPS, GROUP, SIZE, free_port, process
from bench.media_soak import WORKERS, soak
from bench.media_step import Step, Watched, line, run_step, watch_ffmpeg, watch_node
from commonsight.gate import service as gate
from commonsight.records.base import uuid7
from commonsight.records.database import Database

CAMERAS = (25, 50, 100, 150)
VIEWERS = (25, 100, 200)
PEERS = (10, 25, 50)
SOAK_SECONDS = 200.0
START_SECONDS = 120.0
SMALL = ((5, 10), (5, 10), (3, 6), 15.0)
"""Steps and seconds for trying the benchmark itself."""


async def bench(*, small: bool, soak_seconds: float | None = None) -> dict[str, Any]:
    """Run all parts; returns the JSON line."""
    async with empty_database() as (directory, url):
        cameras, viewers, peers, seconds = SMALL if small else (CAMERAS, VIEWERS, PEERS, SOAK_SECONDS)
        return await _bench(directory, url, cameras, viewers, peers, soak_seconds or seconds)


async def _bench(
    directory: Path,
    url: str,
    camera_steps: tuple[int, ...],
    viewer_steps: tuple[int, ...],
    peer_steps: tuple[int, ...],
    soak_seconds: float,
) -> dict[str, Any]:
    rtsp_port, media_port, out_port = free_port(), free_port(), free_port()
    config = directory / "commonsight.toml"
    config.write_text(
        f'data_dir = "{directory / "data"}"\n[media]\nport = {media_port}\nrtsp_port = {out_port}\nidle_seconds = 1\n'
        '[log]\nlevel = "warning"\n[recording]\nenabled = false\n'
    )
    database, log = Database(url), directory / "node.log"
    node_command = (sys.executable, "-m", "commonsight.processes.media", "--name", "media-1", "--config", str(config))
    async with (
        process(sys.executable, "-m", "bench.live_world", "rtsp", str(rtsp_port)) as camera_process,
        process(
            "sh", "-c", 'exec "$@" 2>"$LOG"', "sh", *node_command, COMMONSIGHT_DATABASE__URL=url, LOG=str(log)
        ) as node_,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        assert camera_process.stdout is not None
        await asyncio.wait_for(camera_process.stdout.readline(), START_SECONDS)
        await _answers(session, media_port)
        cameras = await _seed(database, rtsp_port, max(camera_steps))
        node = psutil.Process(node_.pid)
        # One for each viewer, as in life: the register locks a permit while it writes an opening.
        tickets = await _tickets(database, max(*camera_steps, *viewer_steps, WORKERS))

        def cost() -> float:
            times = node.cpu_times()
            return times.user + times.system

        async def ours(watched: list[UUID]) -> Step:
            async def watch(number: int, seen: Watched, over: asyncio.Event) -> None:
                await watch_node(media_port, f"/live?ticket={tickets[number]}&camera={watched[number]}", seen, over)

            step = await run_step(len(watched), watch, cost)
            await asyncio.sleep(2.5)  # idle cameras close, so that the next step begins cold
            return step

        async def theirs(count: int) -> Step:
            running: list[psutil.Process] = []

            async def watch(number: int, seen: Watched, over: asyncio.Event) -> None:
                await watch_ffmpeg(f"rtsp://127.0.0.1:{rtsp_port}/prompt/{number}", seen, over, running)

            return await run_step(count, watch, lambda: _together(running))

        await ours(cameras[:1])  # imports, pools, caches: the process has been up for a while
        relayed = [await ours(cameras[:count]) for count in camera_steps]
        served = [await ours(cameras[:1] * count) for count in viewer_steps]
        copied = [await theirs(count) for count in peer_steps]
        try:
            soaked = await soak(
                node, cameras[:12], tickets, media_port=media_port, rtsp_port=out_port, seconds=soak_seconds
            )
        except psutil.NoSuchProcess as error:
            raise RuntimeError(f"the node has ended: {log.read_text()[-4_000:]}") from error
    await database.close()
    mine, peer, viewers = line(relayed), line(copied), line(served)
    return {
        "figure": "bench-media",
        "ours": round(mine.per_core, 1),
        "peer": round(peer.per_core, 1),
        "ratio": round(mine.per_core / peer.per_core, 2),
        "unit": "cameras relayed to one viewer each, per core",
        "context": {
            "peer_is": "one `ffmpeg -c copy` process per camera, RTSP to fragmented MP4 into a pipe",
            "stream": f"H.264 {SIZE} {FPS} fps {BITRATE}bit/s, keyframe every {GROUP / FPS:g} s, RTSP over TCP",
            "cameras": {"fit": mine.summary(), "steps": [step.summary() for step in relayed]},
            "viewers_of_one_camera": {"fit": viewers.summary(), "steps": [step.summary() for step in served]},
            "peer_steps": {"fit": peer.summary(), "steps": [step.summary() for step in copied]},
            "first_picture_s": {
                "ours": _first(relayed),
                "one_camera": _first(served),
                "peer": _first(copied),
                "note": "connected until decoded, 20 a second arriving while those before are served",
            },
            "soak": soaked,
            "cores": os.cpu_count(),
        },
    }


def _first(steps: list[Step]) -> dict[str, float]:
    """Every fourth viewer's wait, decoding included; who saw nothing counts with the longest wait there is."""
    looked = [each for step in steps for each in step.watched[::4]]
    seen = [each.first + decode_seconds(each.held) for each in looked if each.first < GIVE_UP_SECONDS]
    failed = len(looked) - len(seen)
    seconds = seen + [GIVE_UP_SECONDS] * failed
    return {"p50": round(p(seconds, 50), 4), "p95": round(p(seconds, 95), 4), "n": len(seconds), "failed": failed}


def _together(running: list[psutil.Process]) -> float:
    total = 0.0
    for each in running:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system
    return total


async def _answers(session: aiohttp.ClientSession, port: int) -> None:
    """Wait until the media process serves."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)


async def _seed(database: Database, port: int, count: int) -> list[UUID]:
    """Cameras in the camera file that give a keyframe at once."""
    from sqlalchemy import text

    made = [uuid7() for _ in range(count)]
    insert = text(
        "INSERT INTO cameras (id, code, name, region, grams, protocol, url)"
        " VALUES (:id, :code, :name, '450102', '{}', 'rtsp', :url)"
    )
    async with database.write() as session:
        for number, camera in enumerate(made):
            url = f"rtsp://127.0.0.1:{port}/prompt/{number}"
            code = f"45010200001320{number:06d}"
            await session.execute(insert, {"id": camera, "code": code, "name": f"prompt {number}", "url": url})
    return made


async def _tickets(database: Database, count: int) -> list[str]:
    async with database.write() as session:
        issued = [await gate.issue_system(session, name="bench", purpose_code="analysis") for _ in range(count)]
    return [each.ticket for each in issued]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.media", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few cameras, a short soak: to try the benchmark itself")
    parser.add_argument(
        "--soak", type=float, metavar="SECONDS", help=f"how long the soak lasts (default {SOAK_SECONDS:g})"
    )
    given = parser.parse_args()
    print(json.dumps(asyncio.run(bench(small=given.small, soak_seconds=given.soak)), ensure_ascii=False))


if __name__ == "__main__":
    main()
