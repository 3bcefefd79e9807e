"""The world of bench.live: virtual cameras by RTSP and by GB/T 28181, each kind in a process of its own."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import imageio_ffmpeg
from sqlalchemy import text

from commonsight.clock import SystemClock
from commonsight.connect.model import Codec
from commonsight.gate import service as gate
from commonsight.http import Caller
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.settings import Sip
from commonsight.simulate.gb28181 import film
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan
from commonsight.simulate.player import Player
from commonsight.simulate.reel import load
from commonsight.simulate.rtsp_server import Camera, RtspServer

FPS = 25
GROUP = 50
SIZE = "1280x720"
BITRATE = "2M"
PASSWORD = "bench-live"
REGISTER_SECONDS = 60.0


def footage() -> bytes:
    """Eight seconds of a moving test picture, as an Annex B byte stream."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={SIZE}:rate={FPS}", "-t", "8", "-pix_fmt", "yuv420p"),
        *("-c:v", "libx264", "-preset", "veryfast", "-b:v", BITRATE, "-maxrate", BITRATE, "-bufsize", BITRATE),
        *("-x264-params", f"keyint={GROUP}:min-keyint={GROUP}:scenecut=0:bframes=0", "-f", "h264", "-"),
    ]
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


async def devices(port: int, count: int) -> None:
    """The process of a virtual lower platform that registers with the SIP side at `port`, with `count` cameras that
    are on; each begins with a keyframe when it is invited, and sends G.711 sound beside its pictures."""
    shown = film.load("bench", await asyncio.to_thread(footage), Codec.H264, FPS)
    plan = FleetPlan(platforms=1, cameras=2 * count + 20, transport="udp", password=PASSWORD, spread=0)
    async with Fleet(plan, server=Sip().id, to=("127.0.0.1", port), films=[shown]) as fleet:
        if not await fleet.all_registered(REGISTER_SECONDS):
            raise SystemExit("the virtual platform could not register")
        party = fleet.parties[0]
        on = [party.catalogue.code(n) for n in range(plan.cameras) if party.catalogue.status(n) == "ON"][:count]
        print(json.dumps({"device": party.who.code, "channels": on}), flush=True)
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


async def seed(database: Database, rtsp_port: int, platform: dict[str, Any]) -> dict[str, list[UUID]]:
    """Cameras of all kinds in the camera file, as many of each as the virtual platform has."""
    channels = [str(channel) for channel in platform["channels"]]
    below = f"gb28181://{platform['device']}"
    urls = {
        "prompt": [f"rtsp://127.0.0.1:{rtsp_port}/prompt/{number}" for number in range(len(channels))],
        "ordinary": [f"rtsp://127.0.0.1:{rtsp_port}/ordinary/{number}" for number in range(len(channels))],
        "gb_tcp": [f"{below}/{channel}?transport=tcp-passive" for channel in channels],
        "gb_udp": [f"{below}/{channel}?transport=udp" for channel in channels],
    }
    insert = text(
        "INSERT INTO cameras (id, code, name, region, grams, protocol, url)"
        " VALUES (:id, :code, :name, '450102', '{}', :protocol, :url)"
    )
    made: dict[str, list[UUID]] = {}
    async with database.write() as session:
        for kind, (name, found) in enumerate(urls.items()):
            made[name] = [uuid7() for _ in found]
            for number, (camera, url) in enumerate(zip(made[name], found, strict=True)):
                code, protocol = f"4501020000132{kind}{number:06d}", url.partition(":")[0]
                fields = {"id": camera, "code": code, "name": f"{name} {number}", "protocol": protocol, "url": url}
                await session.execute(insert, fields)
    return made


async def tickets(database: Database, cameras_: list[UUID]) -> tuple[list[str], list[float]]:
    """A person's permit for each, and the seconds each took to issue."""
    caller = cast(
        Caller,
        SimpleNamespace(
            id=uuid7(),
            name="bench",
            display_name="bench",
            organisation="",
            roles=("operator",),
            permissions=frozenset(),
            regions=("45",),
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


if __name__ == "__main__":
    if sys.argv[1] == "rtsp":
        asyncio.run(cameras(int(sys.argv[2])))
    else:
        asyncio.run(devices(int(sys.argv[2]), int(sys.argv[3])))
