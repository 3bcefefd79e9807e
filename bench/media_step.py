"""One step of bench.media: so many viewers at once, what they saw, what it cost, and the line through the steps."""

import asyncio
import base64
import contextlib
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import imageio_ffmpeg
import psutil

from bench.live_watch import GIVE_UP_SECONDS
from bench.live_world import FPS

ARRIVALS = 20.0
"""Viewers a second."""
SETTLE_SECONDS = 3.0
HOLD_SECONDS = 6.0
PICTURES_LEAST = 0.95
"""Of the cameras' pictures, or the step does not count: a relay that drops is not carrying its load."""
HELD_MOST = 4_000_000


@dataclass
class Watched:
    """One viewer. `first`: seconds to the first whole picture. `held`: the bytes it was found in."""

    first: float = GIVE_UP_SECONDS
    held: bytes = b""
    pictures: int = 0


@dataclass
class Step:
    """`cpu`: cores taken while all were held. `share`: of the cameras' pictures that arrived."""

    count: int
    cpu: float
    share: float
    watched: list[Watched] = field(default_factory=list)

    def summary(self) -> dict[str, float]:
        return {"count": self.count, "cpu_percent": round(self.cpu * 100, 1), "pictures": round(self.share, 3)}


@dataclass(frozen=True)
class Line:
    """Cores = `base` + `each` * count, with the share of the variance it explains."""

    base: float
    each: float
    fit: float

    @property
    def per_core(self) -> float:
        return (1 - max(self.base, 0)) / self.each

    def summary(self) -> dict[str, float]:
        return {
            "per_core": round(self.per_core, 1),
            "cpu_percent_each": round(self.each * 100, 3),
            "cpu_percent_base": round(self.base * 100, 2),
            "r_squared": round(self.fit, 4),
        }


Watch = Callable[[int, Watched, asyncio.Event], Awaitable[None]]


def line(steps: list[Step]) -> Line:
    """The straight line through the steps at which pictures got through."""
    whole = [step for step in steps if step.share >= PICTURES_LEAST] or steps
    counts, cpu = [float(step.count) for step in whole], [step.cpu for step in whole]
    if len(whole) == 1:
        return Line(0.0, cpu[0] / counts[0], 1.0)
    slope, base = statistics.linear_regression(counts, cpu)
    return Line(base, slope, statistics.correlation(counts, cpu) ** 2)


async def run_step(count: int, watch: Watch, cost: Callable[[], float]) -> Step:
    """Let viewers come, hold all of them, measure, let them go."""
    over = asyncio.Event()
    watched, tasks = [Watched() for _ in range(count)], []
    for number, each in enumerate(watched):
        tasks.append(asyncio.create_task(watch(number, each, over)))
        await asyncio.sleep(1 / ARRIVALS)
    await asyncio.sleep(SETTLE_SECONDS)
    for each in watched:
        each.pictures = 0
    before, began = cost(), time.perf_counter()
    await asyncio.sleep(HOLD_SECONDS)
    spent, passed = cost() - before, time.perf_counter() - began
    seen = sum(each.pictures for each in watched)
    over.set()
    await asyncio.gather(*tasks)
    return Step(count, spent / passed, seen / (passed * FPS * count), watched)


async def watch_node(port: int, path: str, watched: Watched, over: asyncio.Event) -> None:
    """A page's WebSocket without a page: frames are cut and counted, nothing else."""
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError):
        transport, _ = await loop.create_connection(lambda: _Counter(watched, began, path), "127.0.0.1", port)
        await over.wait()
        transport.abort()


class _Counter(asyncio.Protocol):
    """Cuts WebSocket frames (RFC 6455, unmasked, as servers send them)."""

    def __init__(self, watched: Watched, began: float, path: str) -> None:
        self._watched, self._began, self._path = watched, began, path
        self._open = False
        self._rest = bytearray()
        self._first = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        rest = self._rest
        rest += data
        if not self._open:
            at = rest.find(b"\r\n\r\n")
            if at < 0:
                return
            self._open = True
            del rest[: at + 4]
        at = 0
        while len(rest) - at >= 2:
            length, head = rest[at + 1] & 0x7F, 2
            if length > 125:
                head = 4 if length == 126 else 10
                if len(rest) - at < head:
                    break
                length = int.from_bytes(rest[at + 2 : at + head], "big")
            if len(rest) - at < head + length:
                break
            if rest[at] == 0x82:
                self._take(bytes(rest[at + head : at + head + length]) if self._first else b"")
            at += head + length
        del rest[:at]

    def _take(self, body: bytes) -> None:
        watched = self._watched
        watched.pictures += 1
        if self._first:
            watched.held += body
            if b"mdat" in body:
                self._first = False
                watched.first = time.perf_counter() - self._began


async def watch_ffmpeg(url: str, watched: Watched, over: asyncio.Event, running: list[psutil.Process]) -> None:
    """The same for a process that copies this camera alone."""
    began = time.perf_counter()
    child = await asyncio.create_subprocess_exec(
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-v", "error", "-nostdin", "-fflags", "nobuffer", "-probesize", "32768", "-analyzeduration", "0"),
        *("-rtsp_transport", "tcp", "-i", url, "-map", "0:v", "-c", "copy", "-f", "mp4"),
        *("-movflags", "frag_every_frame+empty_moov+default_base_moof", "-flush_packets", "1", "pipe:1"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=1 << 20,
    )
    running.append(psutil.Process(child.pid))
    assert child.stdout is not None
    try:
        reading = asyncio.create_task(_count(child.stdout, watched, began))
        await over.wait()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    finally:
        child.kill()
        await child.wait()


async def _count(stdout: asyncio.StreamReader, watched: Watched, began: float) -> None:
    first = True
    while True:
        # Boxes one after the other: a fragment's `mdat` is a picture.
        head = await stdout.readexactly(8)
        body = await stdout.readexactly(int.from_bytes(head[:4], "big") - 8)
        if first and len(watched.held) < HELD_MOST:
            watched.held += head + body
        if head[4:] == b"mdat":
            watched.pictures += 1
            if first:
                first = False
                watched.first = time.perf_counter() - began
