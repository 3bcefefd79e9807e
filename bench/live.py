"""How long until the first picture: 50 viewers of one camera, and 50 cameras with a viewer each.

    python -m bench.live [--viewers 50] [--hold 10]

Runs a real PostgreSQL, a real media process and a process of virtual RTSP cameras (H.264, 1280x720, 25 fps, a keyframe
every two seconds), and is the viewers itself. Time runs from the moment a viewer begins to connect, ticket in hand,
until it holds the init segment and the keyframe's fragment, plus what PyAV takes to decode them. All viewers of a case
come within the same second; the camera is closed before.

The peer is what one builds without a relay: an ffmpeg process per viewer that remuxes RTSP to fragmented MP4, started
at the same pace, told to flush every frame and to probe as little as it can; it too must give a decoded keyframe.
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import aiohttp
import av
import imageio_ffmpeg
import psutil
from sqlalchemy import text

from commonsight.clock import SystemClock
from commonsight.connect.model import Codec
from commonsight.gate import service as gate
from commonsight.http import Caller
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.records.migrate import migrate
from commonsight.records.postgres import EmbeddedPostgres
from commonsight.simulate.player import Player
from commonsight.simulate.reel import load
from commonsight.simulate.rtsp_server import Camera, RtspServer

FPS = 25
GROUP = 50
SIZE = "1280x720"
BITRATE = "2M"
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


# --- the world -------------------------------------------------------------------------------------------------------


def footage() -> bytes:
    """Eight seconds of a moving test picture, as an Annex B byte stream."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={SIZE}:rate={FPS}", "-t", "8", "-pix_fmt", "yuv420p"),
        *("-c:v", "libx264", "-preset", "veryfast", "-b:v", BITRATE, "-maxrate", BITRATE, "-bufsize", BITRATE),
        *("-x264-params", f"keyint={GROUP}:min-keyint={GROUP}:scenecut=0:bframes=0", "-f", "h264", "-"),
    ]
    import subprocess

    return subprocess.run(command, check=True, capture_output=True).stdout


class Ordinary(Player):
    """A camera that does not make a keyframe because somebody comes: the newcomer waits for the next one."""

    def join(self, sink: Any, channel: int) -> Any:
        viewer = super().join(_Mute(sink), channel)
        viewer.sink = sink
        viewer.waits_for_keyframe = True
        return viewer


class _Mute:
    def __init__(self, sink: Any) -> None:
        self.get_write_buffer_size = sink.get_write_buffer_size
        self.is_closing = sink.is_closing

    def write(self, data: bytes) -> None:
        pass


async def cameras(port: int) -> None:
    """The camera process: `prompt/<n>` gives a keyframe at once, `ordinary/<n>` when its time comes."""
    reel = load("bench", await asyncio.to_thread(footage), Codec.H264, FPS)
    clock = SystemClock()
    prompt, ordinary = Camera(Player(reel, clock)), Camera(Ordinary(reel, clock))
    server = RtspServer(lambda path: prompt if path.startswith("prompt/") else ordinary, clock)
    await server.start("127.0.0.1", port)
    print("ready", flush=True)
    await asyncio.Event().wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def process(*command: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A child that ends with the block."""
    child = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={**os.environ, **environment}
    )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
        await child.wait()


async def seed(database: Database, rtsp_port: int, count: int) -> dict[str, list[UUID]]:
    """Cameras of both kinds in the camera file."""
    made: dict[str, list[UUID]] = {"prompt": [], "ordinary": []}
    insert = text(
        "INSERT INTO cameras (id, code, name, region, grams, protocol, url)"
        " VALUES (:id, :code, :name, '450102', '{}', 'rtsp', :url)"
    )
    async with database.write() as session:
        for kind, (name, ids) in enumerate(made.items()):
            for number in range(count):
                camera = uuid7()
                ids.append(camera)
                url = f"rtsp://127.0.0.1:{rtsp_port}/{name}/{number}"
                code = f"4501020000132{kind}{number:06d}"
                await session.execute(insert, {"id": camera, "code": code, "name": f"{name} {number}", "url": url})
    return made


async def tickets(database: Database, cameras_: list[UUID]) -> tuple[list[str], list[float]]:
    """A person's permit for each, and the seconds each took to issue."""
    caller = cast(
        Caller,
        SimpleNamespace(
            id=uuid7(), name="bench", display_name="bench", organisation="", permissions=frozenset(), regions=("45",)
        ),
    )
    issued, seconds = [], []
    for camera in cameras_:
        began = time.perf_counter()
        async with database.write() as session:
            permit = await gate.issue(
                session, caller=caller, cameras=[camera], purpose_code="training", purpose_text="bench-live"
            )
        seconds.append(time.perf_counter() - began)
        issued.append(permit.ticket)
    return issued, seconds


# --- viewers ---------------------------------------------------------------------------------------------------------


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


# --- the benchmark ---------------------------------------------------------------------------------------------------


async def bench(viewers: int, hold: float) -> dict[str, Any]:
    """Run both cases, ours and the peer's; returns the JSON line."""
    with tempfile.TemporaryDirectory(prefix="commonsight-bench-") as scratch:
        directory = Path(scratch)
        directory.chmod(0o711)  # noqa: ASYNC240  nothing else runs yet
        server = EmbeddedPostgres(directory / "data", directory / "run")
        url = await asyncio.to_thread(server.start)
        try:
            await asyncio.to_thread(migrate, url)
            return await _bench(directory, url, viewers, hold)
        finally:
            await asyncio.to_thread(server.stop)


async def _bench(directory: Path, url: str, viewers: int, hold: float) -> dict[str, Any]:
    rtsp_port, media_port = free_port(), free_port()
    config = directory / "commonsight.toml"
    config.write_text(
        f'data_dir = "{directory / "data"}"\n[media]\nport = {media_port}\nidle_seconds = 1\n[log]\nlevel = "warning"\n'
    )
    database = Database(url)
    camera_command = (sys.executable, "-m", "bench.live", "--cameras", str(rtsp_port))
    media_command = (sys.executable, "-m", "commonsight.processes.media", "--name", "media-1", "--config", str(config))
    async with (
        process(*camera_command) as camera_process,
        process(*media_command, COMMONSIGHT_DATABASE__URL=url) as media_process,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        assert camera_process.stdout is not None
        await camera_process.stdout.readline()
        await _answers(session, media_port)
        ids = await seed(database, rtsp_port, viewers)
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
        peer_one = await theirs(["prompt/0"] * viewers)
        peer_many = await theirs([f"prompt/{number}" for number in range(viewers)])
    await database.close()
    mine, peer = p(one.seconds + many.seconds, 95), p(peer_one.seconds + peer_many.seconds, 95)
    # one = camera + n viewers, many = n cameras + n viewers (CPU seconds a second)
    per_camera = max(many.cpu - one.cpu, 0) / max(viewers - 1, 1)
    per_viewer = max(one.cpu - per_camera, 0) / viewers
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
            "ticket_ms": {"p50": round(p(issuing, 50) * 1e3, 2), "p95": round(p(issuing, 95) * 1e3, 2)},
            "cpu_percent": {
                "one_camera": round(one.cpu * 100, 1),
                "many_cameras": round(many.cpu * 100, 1),
                "per_camera": round(per_camera * 100, 3),
                "per_viewer": round(per_viewer * 100, 3),
            },
            "memory_mb": {
                "idle": round(idle_memory / 1e6, 1),
                "one_camera": round(one.memory / 1e6, 1),
                "many_cameras": round(many.memory / 1e6, 1),
            },
            "skips": one.skips + many.skips,
            "cores": os.cpu_count(),
        },
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
    parser.add_argument("--cameras", type=int, metavar="PORT", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.cameras is not None:
        asyncio.run(cameras(given.cameras))
        return
    print(json.dumps(asyncio.run(bench(given.viewers, given.hold)), ensure_ascii=False))


if __name__ == "__main__":
    main()
