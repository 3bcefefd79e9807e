"""The viewers of bench.live: a page's WebSocket, and an ffmpeg process of one's own; how long until each sees."""

import asyncio
import contextlib
import io
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import av
import imageio_ffmpeg

from bench.live_world import process

ARRIVAL_SECONDS = 1.0
GIVE_UP_SECONDS = 30.0

Watch = Callable[[int, asyncio.Event], Awaitable[float]]


@dataclass
class Case:
    """Seconds to the first picture of each viewer, and what holding all of them cost."""

    seconds: list[float]
    cpu: float = 0.0
    memory: int = 0
    skips: int = 0
    failed: int = 0

    def summary(self) -> dict[str, float]:
        """Who got no picture counts with the longest wait there is."""
        p50, p95 = round(p(self.seconds, 50), 4), round(p(self.seconds, 95), 4)
        return {"p50": p50, "p95": p95, "n": len(self.seconds), "failed": self.failed}


def p(values: list[float], percent: int) -> float:
    """The percentile, interpolated."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def decode_seconds(data: bytes) -> float:
    """Seconds PyAV takes to the first picture of these bytes; fails when there is none."""
    began = time.perf_counter()
    with av.open(io.BytesIO(data), format="mp4") as played:
        next(played.decode(video=0))
    return time.perf_counter() - began


async def watch_websocket(session: aiohttp.ClientSession, url: str, over: asyncio.Event) -> float:
    """Seconds to the first decoded picture; goes on reading until `over`."""
    began = time.perf_counter()
    async with session.ws_connect(url, max_msg_size=0, compress=0, autoping=True) as browser:
        held: list[bytes] = []
        while len(held) < 2:
            message = await browser.receive(GIVE_UP_SECONDS)
            if message.type is aiohttp.WSMsgType.BINARY:
                held.append(message.data)
            elif message.type is not aiohttp.WSMsgType.TEXT or '"end"' in message.data[:20]:
                raise RuntimeError(f"no picture: {message}")
        seconds = time.perf_counter() - began
        reading = asyncio.create_task(_read_on(browser))
        await over.wait()
        reading.cancel()
    return seconds + decode_seconds(b"".join(held))


async def _read_on(browser: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in browser:
        pass


async def watch_ffmpeg(url: str, over: asyncio.Event) -> float:
    """The same for a process that remuxes for this viewer alone."""
    began = time.perf_counter()
    command = (
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-v", "error", "-nostdin", "-fflags", "nobuffer", "-probesize", "32768", "-analyzeduration", "0"),
        *("-rtsp_transport", "tcp", "-i", url, "-map", "0:v", "-c", "copy", "-f", "mp4"),
        *("-movflags", "frag_every_frame+empty_moov+default_base_moof", "-flush_packets", "1", "pipe:1"),
    )
    async with process(*command) as child:
        assert child.stdout is not None
        held = b""
        while held.count(b"mdat") < 1 or not _whole(held):
            part = await asyncio.wait_for(child.stdout.read(65_536), GIVE_UP_SECONDS)
            if not part:
                raise RuntimeError("ffmpeg gave no picture")
            held += part
        seconds = time.perf_counter() - began
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.stdout.read(1 << 20), 0.2)
        child.kill()
    return seconds + decode_seconds(held)


def _whole(data: bytes) -> bool:
    """Whether the first `mdat` is complete."""
    at = data.find(b"mdat") - 4
    return at >= 0 and len(data) >= at + int.from_bytes(data[at : at + 4], "big")


async def run_case(count: int, watch: Watch, hold: float, costs: Callable[[], tuple[float, int]] | None = None) -> Case:
    """Let `count` viewers come within `ARRIVAL_SECONDS`, hold all of them, measure, let them go."""
    over = asyncio.Event()
    tasks = []
    for number in range(count):
        tasks.append(asyncio.create_task(watch(number, over)))
        await asyncio.sleep(ARRIVAL_SECONDS / count)
    await asyncio.sleep(4)  # all first pictures are there, and the burst is over
    cpu, memory = 0.0, 0
    if costs is not None:
        before, began = costs()[0], time.perf_counter()
        await asyncio.sleep(hold)
        after, memory = costs()
        cpu = (after - before) / (time.perf_counter() - began)
    over.set()
    seconds = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [each for each in seconds if isinstance(each, BaseException)]
    for each in failed:
        print(f"no picture: {each!r}", file=sys.stderr)
    return Case(
        [GIVE_UP_SECONDS if isinstance(each, BaseException) else each for each in seconds],
        cpu,
        memory,
        failed=len(failed),
    )
