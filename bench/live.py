"""How long until the first picture: 50 viewers of one camera, and 50 cameras with a viewer each.

    python -m bench.live [--viewers 50] [--hold 10]

Runs a real PostgreSQL, a real media process and a process of virtual RTSP cameras (H.264, 1280x720, 25 fps, a keyframe
every two seconds), and is the viewers itself. Time runs from the moment a viewer begins to connect, ticket in hand,
until it holds the init segment and the keyframe's fragment, plus what PyAV takes to decode them. All viewers of a case
come within the same second; the camera is closed before.

The peer is what one builds without a relay: an ffmpeg process per viewer that remuxes RTSP to fragmented MP4, started
at the same pace, told to flush every frame and to probe as little as it can; it too must give a decoded keyframe.

The same again with cameras behind a GB/T 28181 lower platform (program streams over TCP and UDP, with sound beside the
pictures), which a real signalling process invites: these figures stand in the context.
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
from bench.live_watch import (
    ARRIVAL_SECONDS,
    GIVE_UP_SECONDS,
    Case,
    p,
    run_case,
    watch_ffmpeg,
    watch_websocket,
)
from bench.live_world import BITRATE, FPS, GROUP, PASSWORD, SIZE, free_port, process, seed, tickets
from commonsight.records.database import Database


async def bench(viewers: int, hold: float) -> dict[str, Any]:
    """Run both cases, ours and the peer's; returns the JSON line."""
    async with empty_database() as (directory, url):
        return await _bench(directory, url, viewers, hold)


async def _bench(directory: Path, url: str, viewers: int, hold: float) -> dict[str, Any]:
    rtsp_port, media_port, sip_port = free_port(), free_port(), free_port()
    config = directory / "commonsight.toml"
    config.write_text(
        f'data_dir = "{directory / "data"}"\n[media]\nport = {media_port}\nidle_seconds = 1\n[log]\nlevel = "warning"\n'
        f'[sip]\npassword = "{PASSWORD}"\n[[sip.zones]]\nport = {sip_port}\n'
    )
    database = Database(url)
    world = (sys.executable, "-m", "bench.live_world")

    def part(kind: str, name: str) -> tuple[str, ...]:
        return (sys.executable, "-m", f"commonsight.processes.{kind}", "--name", name, "--config", str(config))

    async with (
        process(*world, "rtsp", str(rtsp_port)) as camera_process,
        process(*part("sip", "sip"), COMMONSIGHT_DATABASE__URL=url),
        process(*part("media", "media-1"), COMMONSIGHT_DATABASE__URL=url) as media_process,
        process(*world, "gb28181", str(sip_port), str(viewers)) as platform_process,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        assert camera_process.stdout is not None
        assert platform_process.stdout is not None
        await camera_process.stdout.readline()
        platform = json.loads(await platform_process.stdout.readline())
        await _answers(session, media_port)
        ids = await seed(database, rtsp_port, platform)
        node = psutil.Process(media_process.pid)
        issuing: list[float] = []

        def costs() -> tuple[float, int]:
            times = node.cpu_times()
            return times.user + times.system, node.memory_info().rss

        async def ours(cameras_: list[UUID]) -> Case:
            issued, seconds = await tickets(database, cameras_)
            issuing.extend(seconds)
            live = f"http://127.0.0.1:{media_port}/live"

            async def watch(number: int, over: asyncio.Event) -> float:
                target = f"{live}?ticket={issued[number]}&camera={cameras_[number]}"
                return await watch_websocket(session, target, over)

            skips = await _metric(session, media_port, "commonsight_media_skips_total")
            case = await run_case(len(cameras_), watch, hold, costs)
            case.skips = int(await _metric(session, media_port, "commonsight_media_skips_total") - skips)
            await asyncio.sleep(2.5)  # idle cameras close, so that the next case begins cold
            return case

        async def theirs(paths: list[str]) -> Case:
            async def watch(number: int, over: asyncio.Event) -> float:
                return await watch_ffmpeg(f"rtsp://127.0.0.1:{rtsp_port}/{paths[number]}", over)

            return await run_case(len(paths), watch, 0)

        await ours(ids["prompt"][:1])  # imports, pools, caches: the process has been up for a while
        idle_memory = costs()[1]
        one = await ours(ids["prompt"][:1] * viewers)
        many = await ours(ids["prompt"])
        ordinary_one = await ours(ids["ordinary"][:1] * viewers)
        ordinary_many = await ours(ids["ordinary"])
        below = {}
        for name in ("gb_tcp", "gb_udp"):
            below[name] = (await ours(ids[name][:1] * viewers), await ours(ids[name]))
        peer_one = await theirs(["prompt/0"] * viewers)
        peer_many = await theirs([f"prompt/{number}" for number in range(viewers)])
    await database.close()
    mine, peer = p(one.seconds + many.seconds, 95), p(peer_one.seconds + peer_many.seconds, 95)
    return {
        "figure": "bench-live",
        "ours": round(mine, 4),
        "peer": round(peer, 4),
        "ratio": round(peer / mine, 2),
        "unit": "s to the first decoded picture, p95 over both cases",
        "context": {
            "peer_is": "one ffmpeg process per viewer, RTSP to fragmented MP4, flushed every frame, least probing",
            "viewers": viewers,
            "stream": f"H.264 {SIZE} {FPS} fps {BITRATE}bit/s, keyframe every {GROUP / FPS:g} s, closed before",
            "arrival_s": ARRIVAL_SECONDS,
            "one_camera": one.summary(),
            "many_cameras": many.summary(),
            "peer_one_camera": peer_one.summary(),
            "peer_many_cameras": peer_many.summary(),
            "cameras_without_keyframe_on_request": {
                "one_camera": ordinary_one.summary(),
                "many_cameras": ordinary_many.summary(),
                "note": "the camera's own wait for its next keyframe included (2 s at most)",
            },
            "gb28181": {
                name: {
                    "one_camera": first.summary(),
                    "many_cameras": all_.summary(),
                    "cpu_percent": _cpu(first, all_, viewers),
                    "memory_mb": round(all_.memory / 1e6, 1),
                }
                for name, (first, all_) in below.items()
            },
            "ticket_ms": {"p50": round(p(issuing, 50) * 1e3, 2), "p95": round(p(issuing, 95) * 1e3, 2)},
            "cpu_percent": _cpu(one, many, viewers),
            "memory_mb": {
                "idle": round(idle_memory / 1e6, 1),
                "one_camera": round(one.memory / 1e6, 1),
                "many_cameras": round(many.memory / 1e6, 1),
            },
            "skips": one.skips + many.skips,
            "cores": os.cpu_count(),
        },
    }


def _cpu(one: Case, many: Case, viewers: int) -> dict[str, float]:
    """What the media process took; one = a camera and n viewers, many = n cameras and n viewers."""
    per_camera = max(many.cpu - one.cpu, 0) / max(viewers - 1, 1)
    per_viewer = max(one.cpu - per_camera, 0) / viewers
    return {
        "one_camera": round(one.cpu * 100, 1),
        "many_cameras": round(many.cpu * 100, 1),
        "per_camera": round(per_camera * 100, 3),
        "per_viewer": round(per_viewer * 100, 3),
    }


async def _answers(session: aiohttp.ClientSession, port: int) -> None:
    """Wait until the media process serves."""
    async with asyncio.timeout(GIVE_UP_SECONDS):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)


async def _metric(session: aiohttp.ClientSession, port: int, name: str) -> float:
    async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.live", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--hold", type=float, default=10, help="seconds all viewers are held while CPU is measured")
    given = parser.parse_args()
    print(json.dumps(asyncio.run(bench(given.viewers, given.hold)), ensure_ascii=False))


if __name__ == "__main__":
    main()
