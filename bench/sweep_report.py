"""What bench.sweep says in the end: the figure, and beside it what it is made of."""

import os
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from bench.sweep_verdicts import Seen, right, table
from bench.sweep_world import World, prepared
from commonsight.settings import Settings
from commonsight.simulate.big_fleet import Planned
from commonsight.simulate.main_streams import FRAME_RATE, MainStream
from commonsight.simulate.reel import load

SETTINGS = Settings().inspect
GIVE_UP_SECONDS = SETTINGS.timeout_seconds + SETTINGS.patience_seconds
CAMERAS = 250_000
CORES = 2
LINKS = {"1 Gbit/s": 1e9, "10 Gbit/s": 1e10}


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


def report(
    world: World, cameras: Sequence[Planned], ids: dict[UUID, Planned], runs: dict[str, Run], held: dict[str, int],
    sample: Sequence[Planned], theirs: dict[str, Any], rate: float,
) -> dict[str, Any]:  # fmt: skip
    """The JSON line."""
    tries = sum(run.tries for run in runs.values())
    mine = sum(run.cpu for run in runs.values()) / tries
    signalling = runs["gb28181"].signalling / max(runs["gb28181"].tries, 1)
    by_number = {camera.number: camera for camera in cameras}
    per_peer = {name: found["cpu"] / len(sample) for name, found in theirs.items()}
    least = min(per_peer.values())
    whole_cpu = mine + signalling * runs["gb28181"].tries / tries
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
            "ratio_with_our_signalling_process": round(least / whole_cpu, 2),
            "cameras": {"rtsp": world.rtsp, "gb28181": world.gb28181, "peer": len(sample)},
            "streams": {stream.name: f"keyframe of {size} kB" for stream, size in keyframes(world).items()},
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
                **held,
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
                "rate": rate,
                "concurrency": SETTINGS.concurrency,
                "give_up_s": GIVE_UP_SECONDS,
                "tries_per_camera": 1,
            },
            "load_before": [round(each, 1) for each in os.getloadavg()],
            "cores": os.cpu_count(),
        },
    }


def keyframes(world: World) -> dict[MainStream, int]:
    """Mean size of the keyframes of each stream, kB."""
    found = {}
    for stream, data in prepared(world).items():
        reel = load(stream.name, data, stream.codec, FRAME_RATE)
        sizes = [sum(map(len, picture.payloads)) for picture in reel.pictures if picture.keyframe]
        found[stream] = round(statistics.mean(sizes) / 1e3)
    return found


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
