"""What it costs to prove a camera playable: the sweep engine over 2,000 virtual cameras, beside two programs a camera.

    python -m bench.sweep [--rtsp 1600] [--gb28181 400] [--peer 200] [--small]

Runs a real PostgreSQL, a real signalling process, and the virtual cameras in processes of their own: main streams of
1080p in H.264 and H.265 at 2 to 4 Mb/s, keyframes 2 to 7 s apart, sent at their pace and beginning with whatever
picture is next, so that a prober waits for its keyframe as it does in the field. A seeded share is dead, hung, slow,
speaks no RTSP, has another password, agrees and sends nothing, or sends what cannot be decoded. Each is tried once.

Ours is the CPU time of the process that probes, nothing else in it: connecting, signing in, receiving, decoding,
writing what it means to the database. The peer is what a script does: one ffprobe and one ffmpeg for the first picture,
CPU time of these processes, on a sample of the same fleet with the same shares (it takes minutes). ffmpeg speaks no
GB/T 28181: it meets those cameras by RTSP instead, which spares it the invitation.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import psutil
import structlog
from sqlalchemy import text

from bench.database import empty_database
from bench.live_world import free_port
from bench.sweep_report import GIVE_UP_SECONDS, Run, report
from bench.sweep_world import SIP_PASSWORD, World, prepared
from commonsight.catalog import secrets
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.simulate.big_fleet import PASSWORD, USERNAME, Planned
from commonsight.simulate.fleet import Fault

SEED = 45
RATE = 20.0
"""Tries started a second: little enough that two cores also carry the virtual cameras. All other settings of the engine
are those it comes with, but that no camera is tried twice."""
PEERS_AT_ONCE = 4
SETTLE_SECONDS = 3.0


def told(*words: object) -> None:
    print(*words, file=sys.stderr, flush=True)


async def bench(world: World, peer: int) -> dict[str, Any]:
    """Run both sides; returns the JSON line."""
    await asyncio.to_thread(prepared, world)  # before anything is measured
    async with empty_database() as (directory, url):
        return await _bench(directory, url, world, peer)


async def _bench(directory: Path, url: str, world: World, peer: int) -> dict[str, Any]:
    data = directory / "data-platform"
    data.mkdir()
    config = directory / "commonsight.toml"
    config.write_text(
        f'data_dir = "{data}"\n[database]\nurl = "{url}"\n[log]\nlevel = "warning"\n'
        f"[inspect]\nrate = {RATE}\noffline_after = 1\n"
        f'[sip]\npassword = "{SIP_PASSWORD}"\n[[sip.zones]]\nport = {world.sip_port}\n'
    )
    database = Database(url)
    worlds = (sys.executable, "-m", "bench.sweep_world")
    cameras = world.cameras
    async with (
        signalling_process(config, directory / "sip.log") as sip,
        Talking(*worlds, "rtsp", world.to_json()) as street,
        Talking(*worlds, "gb28181", world.to_json()) as platforms,
    ):
        await street.line()
        channels = {int(number): (device, code) for number, device, code in json.loads(await platforms.line())}
        ids = await seed(database, data, world, cameras, channels)
        await asyncio.sleep(SETTLE_SECONDS)  # the platforms' catalogues are taken in meanwhile
        runs: dict[str, Run] = {}
        signalling = psutil.Process(sip.pid)
        for protocol, source in (("rtsp", street), ("gb28181", platforms)):
            told(f"{protocol}: {sum(camera.protocol == protocol for camera in cameras)} cameras")
            sent, busy = (await source.ask())["sent"], cpu_of(signalling)
            made = await output(sys.executable, "-m", "bench.sweep_prober", "--config", str(config), protocol)
            await asyncio.sleep(SETTLE_SECONDS)  # the last BYEs
            after = await source.ask()
            runs[protocol] = Run(made, after["sent"] - sent, after["open"], cpu_of(signalling) - busy)
            told(f"  {made['cpu']['all']:.1f} s CPU, {made['seconds']:.0f} s, {made['tries']} tries")
        held = await held_by(database)
        sample = drawn(cameras, peer)
        told(f"peer: {len(sample)} cameras, two programs each")
        theirs = await ask_peer(world, sample, street)
    await database.close()
    return report(world, cameras, ids, runs, held, sample, theirs, RATE)


@asynccontextmanager
async def signalling_process(config: Path, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The SIP side. Should it end before the block does, its last words are told."""
    command = (sys.executable, "-m", "commonsight.processes.sip", "--name", "sip", "--config", str(config))
    with log.open("wb") as file:
        child = await asyncio.create_subprocess_exec(*command, stdout=file, stderr=file)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.terminate()
        else:
            told(f"the signalling process ended with {child.returncode}:", log.read_text()[-4_000:])  # noqa: ASYNC240
        await child.wait()


class Talking:
    """A child that is asked for its state by a line and answers with one."""

    def __init__(self, *command: str) -> None:
        self._command = command

    async def __aenter__(self) -> "Talking":
        self._child = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 22
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._child.returncode is None:
            self._child.terminate()
        await self._child.wait()

    async def line(self) -> str:
        assert self._child.stdout is not None
        found = (await self._child.stdout.readline()).decode()
        if not found:
            raise SystemExit(f"{self._command[-2]}: the virtual cameras ended")
        return found

    async def ask(self) -> dict[str, Any]:
        assert self._child.stdin is not None
        self._child.stdin.write(b"\n")
        answer: dict[str, Any] = json.loads(await self.line())
        return answer


async def held_by(database: Database) -> dict[str, int]:
    """What the signalling process still holds, by its own figures, and what is on file of dialogs."""
    async with database.read() as session:
        filed = (await session.execute(text("SELECT count(*) FROM gb_dialogs"))).scalar_one()
        found = (await session.execute(text("SELECT detail ->> 'metrics' FROM nodes WHERE kind = 'sip'"))).scalar_one()
    async with aiohttp.ClientSession() as client, client.get(str(found)) as answer:
        lines = [line.rpartition(" ") for line in (await answer.text()).splitlines() if not line.startswith("#")]
    figures = {name: float(value) for name, _, value in lines}
    return {
        "dialogs_on_file": int(filed),
        "dialogs": int(figures["commonsight_gb_dialogs"]),
        "stream_numbers": int(sum(v for name, v in figures.items() if name.startswith("commonsight_gb_ssrcs_taken"))),
    }


async def seed(
    database: Database, data: Path, world: World, cameras: Sequence[Planned], channels: dict[int, tuple[str, str]]
) -> dict[UUID, Planned]:
    """The cameras in the camera file, with their passwords sealed."""
    sealed = secrets.secret_box(data).seal(PASSWORD)
    rows: list[dict[str, Any]] = []
    made: dict[UUID, Planned] = {}
    for camera in cameras:
        if camera.protocol == "rtsp":
            url = address(world, camera)
        else:
            device, channel = channels[camera.number]
            url = f"gb28181://{device}/{channel}?transport={'udp' if camera.udp else 'tcp-passive'}"
        key = uuid7()
        row = {
            "id": key, "code": f"45010200001320{camera.number:06d}", "name": f"bench {camera.number}", "url": url,
            "protocol": camera.protocol, "username": None, "secret": None,
        }  # fmt: skip
        signed = {"username": USERNAME, "secret": sealed} if camera.protocol == "rtsp" else {}
        rows.append(row | signed)
        made[key] = camera
    async with database.write() as session:
        await session.execute(
            text(
                "INSERT INTO cameras (id, code, name, region, grams, protocol, url, username, secret)"
                " VALUES (:id, :code, :name, '450102', '{}', :protocol, :url, :username, :secret)"
            ),
            rows,
        )
    return made


def address(world: World, camera: Planned) -> str:
    port = world.dead_port if camera.fault is Fault.REFUSED else world.rtsp_port
    return f"rtsp://127.0.0.1:{port}/camera/{camera.number}"


def drawn(cameras: Sequence[Planned], count: int) -> list[Planned]:
    """A sample with the fleet's own shares of protocols, ills and streams: every n-th when sorted by them."""
    order = sorted(cameras, key=lambda camera: (camera.protocol, camera.fault.value, camera.stream.name, camera.number))
    count = min(count, len(order))
    return [order[(2 * n + 1) * len(order) // (2 * count)] for n in range(count)]


async def ask_peer(world: World, sample: Sequence[Planned], street: Talking) -> dict[str, Any]:
    """The peer over the sample: as people write it, and told to look no longer than it must."""
    signed = {
        str(camera.number): address(world, camera).replace("://", f"://{USERNAME}:{PASSWORD}@") for camera in sample
    }
    found = {}
    for name, lean in (("plain", False), ("lean", True)):
        before = (await street.ask())["sent"]
        wanted = {"urls": signed, "timeout": GIVE_UP_SECONDS, "at_once": PEERS_AT_ONCE, "lean": lean}
        found[name] = await output(sys.executable, "-m", "bench.sweep_peer", json.dumps(wanted))
        found[name]["sent"] = (await street.ask())["sent"] - before
        told(f"  {name}: {found[name]['cpu']:.1f} s CPU, {found[name]['seconds']:.0f} s")
    return found


async def output(*command: str) -> dict[str, Any]:
    """The JSON of a child's last line; what it warned of before is told on."""
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await child.communicate()
    if child.returncode:
        raise SystemExit(f"{' '.join(command[:3])} failed with {child.returncode}")
    *warnings, last = said.decode().splitlines()
    for line in warnings:
        told(line)
    found: dict[str, Any] = json.loads(last)
    return found


def cpu_of(one: psutil.Process) -> float:
    times = [each.cpu_times() for each in (one, *one.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sweep", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rtsp", type=int, default=1_600)
    parser.add_argument("--gb28181", type=int, default=400)
    parser.add_argument("--peer", type=int, default=200, help="cameras that the peer is tried on")
    parser.add_argument("--small", action="store_true", help="a tenth of everything, for trying")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "commonsight-bench-sweep")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    given.cache.mkdir(parents=True, exist_ok=True)
    part = 10 if given.small else 1
    world = World(
        SEED, given.rtsp // part, given.gb28181 // part, str(given.cache), free_port(), free_port(), free_port()
    )
    print(
        json.dumps(
            asyncio.run(bench(world, given.peer // (2 * part) if given.small else given.peer)), ensure_ascii=False
        )
    )


if __name__ == "__main__":
    main()
