"""The soak of bench.media: readers of every door join and leave, and the node is watched for growth."""

import asyncio
import contextlib
import random
import re
import statistics
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
import psutil

from bench.media_step import Watched, watch_node
from commonsight.connect import service
from commonsight.connect.model import Address, SourceError

WORKERS = 24
SAMPLE_SECONDS = 1.0
WARM_SHARE = 0.4
"""Of the soak, before growth is measured: pools, caches and the allocator's arenas fill first."""
QUIET_SECONDS = 20.0
"""After the last reader: HLS viewers are let go after 15 s without a request."""
SEED = 45


@dataclass
class Joined:
    """How often each door was gone through, what failed, and how many left before the first picture."""

    doors: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    without: int = 0


async def soak(
    node: psutil.Process, cameras: list[UUID], tickets: list[str], *, media_port: int, rtsp_port: int, seconds: float
) -> dict[str, Any]:
    """Join and leave for `seconds`; returns memory slope with its error, handles, and counts."""
    joined, over = Joined(), asyncio.Event()
    handles_before, memory_before = node.num_fds(), node.memory_info().rss
    samples: list[tuple[float, int, int]] = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as session:
        visitors = [_Visitor(session, cameras, each, media_port, rtsp_port, joined) for each in tickets[:WORKERS]]
        workers = [
            asyncio.create_task(visitor.come_and_go(random.Random(SEED + n), over))
            for n, visitor in enumerate(visitors)
        ]
        began = time.perf_counter()
        try:
            while (passed := time.perf_counter() - began) < seconds:
                samples.append((passed, node.memory_info().rss, node.num_fds()))
                await asyncio.sleep(SAMPLE_SECONDS)
        finally:
            over.set()
            await asyncio.gather(*workers)
    await asyncio.sleep(QUIET_SECONDS)
    late = [(at, memory) for at, memory, _ in samples if at >= seconds * WARM_SHARE]
    slope, error = _slope(late)
    joins = sum(joined.doors.values())
    return {
        "seconds": round(seconds),
        "readings": joins,
        "by_door": joined.doors,
        "failed": joined.failed,
        "left_before_the_first_picture": joined.without,
        "bytes_per_hour": round(slope * 3600),
        "bytes_per_hour_error": round(error * 3600),
        "bytes_per_reading": round(slope * seconds / max(joins, 1)),
        "memory_mb": {
            "before": round(memory_before / 1e6, 1),
            "highest": round(max(memory for _, memory, _ in samples) / 1e6, 1),
            "after": round(node.memory_info().rss / 1e6, 1),
        },
        "handles": {"before": handles_before, "highest": max(h for _, _, h in samples), "after": node.num_fds()},
        "note": f"slope over the last {1 - WARM_SHARE:.0%}, error is 2 standard errors; {WORKERS} at once",
    }


def _slope(samples: list[tuple[float, int]]) -> tuple[float, float]:
    """Bytes a second by least squares, with two standard errors."""
    times, values = [at for at, _ in samples], [float(memory) for _, memory in samples]
    if len(samples) < 3:
        return 0.0, float("inf")
    slope, base = statistics.linear_regression(times, values)
    left = sum((value - base - slope * at) ** 2 for at, value in zip(times, values, strict=True))
    middle = statistics.fmean(times)
    spread = sum((at - middle) ** 2 for at in times)
    return slope, 2 * (left / (len(samples) - 2) / spread) ** 0.5


class _Visitor:
    def __init__(
        self,
        session: aiohttp.ClientSession,
        cameras: list[UUID],
        ticket: str,
        media_port: int,
        rtsp_port: int,
        joined: Joined,
    ) -> None:
        self._session, self._cameras, self._ticket = session, cameras, ticket
        self._media_port, self._rtsp_port = media_port, rtsp_port
        self._joined = joined

    async def come_and_go(self, chance: random.Random, over: asyncio.Event) -> None:
        """One reader after the other."""
        doors = {"websocket": self._websocket, "hls": self._hls, "rtsp": self._rtsp, "snapshot": self._snapshot}
        while not over.is_set():
            name = chance.choices(list(doors), (60, 20, 18, 2))[0]
            camera = chance.choice(self._cameras)
            try:
                async with asyncio.timeout(40):
                    await doors[name](camera, chance.uniform(0.2, 2.5))
                self._joined.doors[name] = self._joined.doors.get(name, 0) + 1
            except (OSError, TimeoutError, aiohttp.ClientError, SourceError, AssertionError):
                self._joined.failed[name] = self._joined.failed.get(name, 0) + 1
                await asyncio.sleep(0.2)

    async def _websocket(self, camera: UUID, stay: float) -> None:
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(stay, over.set)
        watched = Watched()
        await watch_node(self._media_port, f"/live?ticket={self._ticket}&camera={camera}", watched, over)
        self._joined.without += not watched.held

    async def _hls(self, camera: UUID, stay: float) -> None:
        base = f"http://127.0.0.1:{self._media_port}/hls/{camera}/"
        until = time.perf_counter() + stay
        while True:
            async with self._session.get(f"{base}live.m3u8?ticket={self._ticket}") as answer:
                assert answer.status == 200, answer.status
                hint = re.search(r'PRELOAD-HINT:TYPE=PART,URI="([^"]+)"', await answer.text())
            assert hint is not None
            async with self._session.get(base + hint[1]) as answer:
                assert answer.status == 200, answer.status
                await answer.read()
            if time.perf_counter() > until:
                return

    async def _rtsp(self, camera: UUID, stay: float) -> None:
        url = f"rtspt://127.0.0.1:{self._rtsp_port}/{camera}?ticket={self._ticket}"
        opened = await service.open(Address.at(url), timeout=15)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(stay):
                    async for _ in opened:
                        pass
        finally:
            await opened.close()

    async def _snapshot(self, camera: UUID, _: float) -> None:
        url = f"http://127.0.0.1:{self._media_port}/snapshot?ticket={self._ticket}&camera={camera}"
        async with self._session.get(url) as answer:
            assert answer.status in (200, 429, 503), answer.status
            await answer.read()
