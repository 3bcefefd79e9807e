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
import os
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import structlog
from sqlalchemy import text

from bench.database import empty_database
from bench.live_world import free_port, process
from bench.sweep_verdicts import Seen, right, table
from bench.sweep_world import SIP_PASSWORD, World, prepared
from commonsight.catalog import secrets
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.settings import Settings
from commonsight.simulate.big_fleet import PASSWORD, USERNAME, Planned
from commonsight.simulate.fleet import Fault
from commonsight.simulate.main_streams import STREAMS

SEED = 45
RATE = 20.0
"""Tries started a second: little enough that two cores also carry the virtual cameras. All other settings of the engine
are those it comes with, but that no camera is tried twice."""
SETTINGS = Settings().inspect
GIVE_UP_SECONDS = SETTINGS.timeout_seconds + SETTINGS.patience_seconds
PEERS_AT_ONCE = 4
CAMERAS = 250_000
CORES = 2
LINKS = {"1 Gbit/s": 1e9, "10 Gbit/s": 1e10}
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
        process(sys.executable, "-m", "commonsight.processes.sip", "--name", "sip", "--config", str(config)) as sip,
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
        async with database.read() as session:
            dialogs = int((await session.execute(text("SELECT count(*) FROM gb_dialogs"))).scalar_one())
        sample = drawn(cameras, peer)
        told(f"peer: {len(sample)} cameras, two programs each")
        theirs = await ask_peer(world, sample, street)
    await database.close()
    return report(world, cameras, ids, runs, dialogs, sample, theirs)


class Run:
    """What the prober said of one protocol, and what the other processes say of it."""

    def __init__(self, made: dict[str, Any], sent: int, left_open: int, signalling: float) -> None:
        self.made, self.sent, self.left_open, self.signalling = made, sent, left_open, signalling

    @property
    def cpu(self) -> float:
        return float(self.made["cpu"]["all"])

    @property
    def tries(self) -> int:
        return int(self.made["tries"])


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


def report(
    world: World, cameras: Sequence[Planned], ids: dict[UUID, Planned], runs: dict[str, Run], dialogs: int,
    sample: Sequence[Planned], theirs: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """The JSON line."""
    tries = sum(run.tries for run in runs.values())
    mine = sum(run.cpu for run in runs.values()) / tries
    signalling = runs["gb28181"].signalling / max(runs["gb28181"].tries, 1)
    by_number = {camera.number: camera for camera in cameras}
    per_peer = {name: found["cpu"] / len(sample) for name, found in theirs.items()}
    least = min(per_peer.values())
    seen = [
        Seen(ids[UUID(key)], found["health"], found["error"], found["codec"], found["first_frame_ms"])
        for run in runs.values()
        for key, found in run.made["found"].items()
    ]
    received = sum(run.sent for run in runs.values()) / tries
    return {
        "figure": "bench-sweep",
        "ours": round(mine, 5),
        "peer": round(least, 5),
        "ratio": round(least / mine, 2),
        "unit": "CPU-seconds per probe",
        "context": {
            "peer_is": "ffprobe, then ffmpeg for one picture, a process each; the leaner of two ways of calling them",
            "peer_plain": round(per_peer["plain"], 5),
            "peer_lean": round(per_peer["lean"], 5),
            "ratio_plain": round(per_peer["plain"] / mine, 2),
            "cameras": {"rtsp": world.rtsp, "gb28181": world.gb28181, "peer": len(sample)},
            "streams": [stream.name for stream in STREAMS],
            "plays": sum(camera.plays for camera in cameras),
            "ours_by_protocol": {
                name: {
                    "cpu_ms_per_probe": round(run.cpu / run.tries * 1e3, 2),
                    "event_loop_ms": round(run.made["cpu"]["loop"] / run.tries * 1e3, 2),
                    "worker_threads_ms": round((run.cpu - run.made["cpu"]["loop"]) / run.tries * 1e3, 2),
                    "system_ms": round(run.made["cpu"]["system"] / run.tries * 1e3, 2),
                    "seconds": round(run.made["seconds"], 1),
                    "probes_per_second": round(run.tries / run.made["seconds"], 1),
                    "kilobytes_per_probe": round(run.sent / run.tries / 1e3, 1),
                    "memory_mb": round(run.made["memory_mb"], 1),
                }
                for name, run in runs.items()
            },
            "signalling_process_ms_per_gb28181_probe": round(signalling * 1e3, 2),
            "left_open": {
                "streams": {name: run.left_open for name, run in runs.items()},
                "ports": runs["gb28181"].made["ports_left"],
                "dialogs": dialogs,
            },
            "right": {
                "ours": table(seen),
                "ours_share": round(sum(map(right, seen)) / len(seen), 4),
                "peer": peer_table(by_number, theirs["plain"]["found"]),
                "peer_lean": peer_table(by_number, theirs["lean"]["found"]),
            },
            "first_frame_seconds": first_frames(seen),
            "for_250000_cameras": whole(mine, signalling, received),
            "peer_for_250000_cpu_hours_on_2_cores": round(CAMERAS * least / CORES / 3_600, 1),
            "engine": {
                "rate": RATE,
                "concurrency": SETTINGS.concurrency,
                "give_up_s": GIVE_UP_SECONDS,
                "tries_per_camera": 1,
            },
            "load_before": [round(each, 1) for each in os.getloadavg()],
            "cores": os.cpu_count(),
        },
    }


def peer_table(cameras: dict[int, Planned], found: dict[str, Any]) -> dict[str, str]:
    """Verdicts of the peer per fault, as right/all: it tells playing from not playing and nothing more."""
    good: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for number, said in found.items():
        camera = cameras[int(number)]
        every[camera.fault.value] += 1
        good[camera.fault.value] += said["plays"] == camera.plays
    return {fault: f"{good[fault]}/{count}" for fault, count in sorted(every.items())}


def first_frames(seen: Iterable[Seen]) -> dict[str, dict[str, float]]:
    """Seconds until the first keyframe was there, of cameras that play, by coding and protocol."""
    groups: dict[str, list[float]] = {}
    for one in seen:
        if one.camera.plays and one.first_frame_ms is not None:
            for group in ("all", one.camera.protocol, one.camera.stream.codec.value):
                groups.setdefault(group, []).append(one.first_frame_ms / 1e3)
    return {
        group: {"p50": round(statistics.median(found), 2), "p95": round(statistics.quantiles(found, n=20)[-1], 2)}
        for group, found in sorted(groups.items())
        if len(found) > 1
    }


def whole(seconds: float, signalling: float, received: float) -> dict[str, Any]:
    """How long 250,000 cameras take: two cores with nothing else to do, and links with nothing else on them."""
    return {
        "cpu_bound_minutes_on_2_cores": round(CAMERAS * seconds / CORES / 60, 1),
        "kilobytes_per_probe": round(received / 1e3, 1),
        "link_bound_minutes": {name: round(CAMERAS * received * 8 / rate / 60, 1) for name, rate in LINKS.items()},
        "signalling_minutes_if_all_were_gb28181": round(CAMERAS * signalling / 60, 1),
    }


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
