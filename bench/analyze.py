"""Cameras one core can count at equal error: the engine beside the plain way, and beside its best fixed stride.

    python -m bench.analyze [--clips FOLDER] [--vtest FILE] [--small]

The plain way decodes every frame, detects in every frame, follows with `trackers` ByteTrackTracker and counts with
`supervision` LineZone, its thresholds tuned on these clips. The best stride is the plain way on every n-th frame, tuned
again for each n: the cheapest n whose error stays within the 95 % interval of the plain way's. Ours looks `LOOKS` times
a second around the line, where something has changed. All use the same clips and the same detector, one thread each.

Cost is seconds of a core (process CPU time) for a second of video: decode + detect + track. Cameras per core = one over
the mean cost of the clips, as if each were a camera. Processor time grows on a busy machine, so each clip's sides are
measured one after the other, ours before and after the plain way.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench import count, count_clips
from bench.analyze_decode import decoding
from bench.analyze_ours import Cost, Ran, calibrated, run
from bench.count import say
from bench.count_clips import Clip
from commonsight.analyze.engine.eye import EyeSettings
from commonsight.analyze.road_users import CLASSES
from commonsight.settings import load
from commonsight.vision.cards import card
from commonsight.vision.decode import Frame
from commonsight.vision.detect import Detector
from commonsight.vision.picture import Converter
from commonsight.vision.store import ModelStore

LOOKS = 2.0
"""A second, of ours; chosen on these clips, like the margin and the threshold of change in `EyeSettings`."""
RATES = (5, 4, 3, 2.5, 2, 1.5)
"""Looks a second of the plain way with a stride."""
GRID: dict[str, list[Any]] = {
    "score": [0.2],
    "nms": [0.6],
    "track_activation_threshold": [0.3, 0.4],
    "high_conf_det_threshold": [0.3],
    "minimum_iou_threshold": [0.1, 0.3],
    "minimum_consecutive_frames": [1],
    "lost_track_buffer": [30],
    "minimum_crossing_threshold": [1, 2, 3, 4, 6, 8],
}
"""The part of bench-count's grid in which its best lies."""
STRIDE_GRID = GRID | {
    "track_activation_threshold": [0.3],
    "high_conf_det_threshold": [0.3, 0.4],
    "minimum_iou_threshold": [0.01, 0.05],
    "minimum_crossing_threshold": [1, 2, 3],
}
CHOICES = [(2.0, 0.14), (2.0, 0.19), (2.5, 0.14), (2.5, 0.16), (3.0, 0.16)]
"""What leave-one-clip-out may choose from on our side: looks a second and `EyeSettings.margin`."""
SMALL = ("jamcam-3", "jamcam-4")


def plain(clip: Clip, detector: Detector, folder: Path) -> tuple[Path, Cost]:
    """Detections of every frame as a table for the peer; what decoding and detecting cost."""
    rows, convert = [np.zeros((0, 7), np.float32)], Converter()
    decode = detect = 0.0
    with av.open(str(clip.path)) as container:
        container.streams.video[0].thread_type = "NONE"
        clock = time.process_time()
        for index, picture in enumerate(container.decode(video=0)):
            if index >= clip.frames:
                break
            decoded = time.process_time()
            found = detector.detect(Frame(picture, convert), count_clips.FLOOR)
            detected = time.process_time()
            decode, detect = decode + decoded - clock, detect + detected - decoded
            kind = np.array([CLASSES.index(label) for label in found.labels()], np.float32)
            rows.append(
                np.column_stack([np.full(len(found), index), found.xyxy, found.confidence, kind]).astype(np.float32)
            )
            clock = time.process_time()
    table = folder / f"{clip.name}.npy"
    np.save(table, np.concatenate(rows))
    seconds = clip.frames / clip.fps
    return table, Cost(decode / seconds, detect / seconds, 0.0)


def tuned(
    clips: Sequence[Clip], tables: Sequence[Path], fps: float, grid: dict[str, list[Any]], python: str
) -> tuple[dict[str, Any], float]:
    """The peer's best on these clips at a rate, and its milliseconds a frame."""
    results = count.peer(clips, tables, fps, dict(grid), python)
    wrong = [sum(count_clips.error(c, counts[c.name]) for c in clips) for _, counts, _ in results]
    setting, counts, cost = results[wrong.index(min(wrong))]
    found = count.summary(clips, [counts[c.name] for c in clips])
    found.pop("clips")
    return found | {"setting": setting}, cost


def strided(clip: Clip, cost: Cost, fps: float, track_ms: float) -> float:
    """Cost of the plain way on every n-th frame: all is decoded (frames refer to each other), n-ths are looked at."""
    step = count_clips.stride(clip, fps)
    looks = clip.fps / step
    return cost.decode + cost.detect / step + looks * track_ms / 1000


def cameras(costs: Sequence[float]) -> float:
    """Cameras per core, when each clip is a camera."""
    return round(len(costs) / sum(costs), 2)


def side(clips: Sequence[Clip], runs: Sequence[Ran]) -> dict[str, Any]:
    """Error and cost of one way of ours."""
    found = count.summary(clips, [r.count for r in runs])
    wrong = {name: told["wrong"] for name, told in found.pop("clips").items()}
    parts = {
        part: round(float(np.mean([getattr(r.cost, part) for r in runs])), 4) for part in ("decode", "detect", "track")
    }
    return found | {
        "cameras_per_core": cameras([r.cost.total for r in runs]),
        "core_seconds": parts,
        "share": round(float(np.mean([r.share for r in runs])), 3),
        "by_clip": {c.name: [wrong[c.name], round(r.cost.total, 4)] for c, r in zip(clips, runs, strict=True)},
    }


def levers(detector: Detector, clips: Sequence[Clip], scales: Sequence[float], score: float) -> dict[str, Any]:
    """Each lever switched off in turn, all others on."""
    base = [EyeSettings(scale=scale) for scale in scales]
    off = {
        "motion": (LOOKS, [replace(s, motion=False) for s in base]),
        "motion_and_gate": (LOOKS, [replace(s, motion=False, gate=False) for s in base]),
        "region": (LOOKS, [replace(s, region=False) for s in base]),
        "calibration": (LOOKS, [replace(s, scale=1.0) for s in base]),
        "pace_5_looks": (5.0, base),
        "all_but_pace": (LOOKS, [replace(s, motion=False, gate=False, region=False, scale=1.0) for s in base]),
    }
    found = {}
    for name, (fps, settings) in off.items():
        say(f"without {name} ...")
        runs = [run(c, detector, fps, s, score) for c, s in zip(clips, settings, strict=True)]
        found[name] = side(clips, runs)
    return found


def left_out(
    detector: Detector, clips: Sequence[Clip], scales: Sequence[float], score: float, most: float
) -> dict[str, Any]:
    """Choose looks and margin on the other clips (the cheapest within the allowed error), count the one left out."""
    table = []
    for fps, margin in CHOICES:
        say(f"leave one clip out: {fps} looks, margin {margin} ...")
        table.append(
            [
                run(c, detector, fps, EyeSettings(margin=margin, scale=s), score)
                for c, s in zip(clips, scales, strict=True)
            ]
        )
    wrong = [[count_clips.error(c, r.count) for c, r in zip(clips, row, strict=True)] for row in table]
    chosen, errors, costs = [], [], []
    for left, clip in enumerate(clips):
        others = [i for i in range(len(clips)) if i != left]
        truth = sum(clips[i].truth for i in others)
        fit = [n for n, row in enumerate(wrong) if sum(row[i] for i in others) / truth <= most]
        best = min(fit or range(len(table)), key=lambda n: (sum(table[n][i].cost.total for i in others), n))
        chosen.append({"clip": clip.name, "looks": CHOICES[best][0], "margin": CHOICES[best][1]})
        errors.append(wrong[best][left])
        costs.append(table[best][left].cost.total)
    total = sum(c.truth for c in clips)
    grid = [
        {
            "looks": fps,
            "margin": margin,
            "error": round(sum(row) / total, 4),
            "cameras_per_core": cameras([r.cost.total for r in runs]),
        }
        for (fps, margin), row, runs in zip(CHOICES, wrong, table, strict=True)
    ]
    return {"error": round(sum(errors) / total, 4), "cameras_per_core": cameras(costs), "chosen": chosen, "grid": grid}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.analyze")
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"
    parser.add_argument("--clips", type=Path, default=Path(os.environ.get("COMMONSIGHT_CLIPS", beside)))
    parser.add_argument("--vtest", type=Path, default=Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi"))
    parser.add_argument("--small", action="store_true", help="two clips, few thresholds, no leave one clip out")
    parser.add_argument("--peer-python", default=str(Path(sys.prefix) / "bench" / "bin" / "python"))
    return parser.parse_args()


def main() -> None:
    given = arguments()
    clips = count_clips.load(given.clips, given.vtest)
    if given.small:
        clips = [clip for clip in clips if clip.name in SMALL]
    figure: dict[str, Any] = {
        "figure": "bench-analyze",
        "ours": None,
        "peer": None,
        "ratio": None,
        "unit": "cameras a core",
    }
    if not clips:
        print(json.dumps(figure | {"context": {"skipped": f"no clips with hand-counted truth in {given.clips}"}}))
        return
    settings = load()
    name, score = settings.vision.model, settings.see.score
    detector = Detector(card(name), ModelStore(settings.models_dir).path(name), classes=CLASSES)
    context: dict[str, Any] = {
        "n": {
            "clips": len(clips),
            "crossings": sum(c.truth for c in clips),
            "seconds": round(sum(c.frames / c.fps for c in clips), 1),
        },
        "absent": sorted(set(count_clips.NAMES) - {c.name for c in clips}),
        "model": name,
        "load": [round(value, 1) for value in os.getloadavg()],
    }
    with tempfile.TemporaryDirectory() as folder:
        measured = compare(clips, detector, score, Path(folder), given, context)
    print(json.dumps(figure | measured | {"context": context}))


def compare(
    clips: Sequence[Clip],
    detector: Detector,
    score: float,
    folder: Path,
    given: argparse.Namespace,
    context: dict[str, Any],
) -> dict[str, Any]:
    """Measure all sides; returns the figures and fills `context`."""
    tables, costs, before, after, scales = [], [], [], [], []
    context["calibration"] = {}
    for clip in clips:
        say(f"{clip.name}: ours, plain, ours again ...")
        context["calibration"][clip.name] = told = calibrated(clip, detector, EyeSettings(), score)
        scales.append(told["scale"])
        eye = EyeSettings(scale=told["scale"])
        before.append(run(clip, detector, LOOKS, eye, score))
        table, cost = plain(clip, detector, folder)
        tables.append(table)
        costs.append(cost)
        after.append(run(clip, detector, LOOKS, eye, score))
    ours = side(clips, after) | {
        "cameras_per_core": cameras([(a.cost.total + b.cost.total) / 2 for a, b in zip(before, after, strict=True)]),
        "looks_a_second": LOOKS,
    }
    context["ours"] = ours
    say(f"ours: {ours['cameras_per_core']} cameras a core, error {ours['error']}")
    figures: dict[str, Any] = {"ours": ours["cameras_per_core"]}
    allowed = 1.0
    if not Path(given.peer_python).is_file():
        context["peer_absent"] = f"no {given.peer_python}: make bench-analyze installs it"
    else:
        peer, best = against(clips, tables, costs, given)
        allowed = peer["interval95"][1]
        context |= {
            "plain": peer,
            "best_stride": best,
            "ratio_to_best_stride": round(figures["ours"] / best["cameras_per_core"], 2),
        }
        context["within_plain_interval"] = ours["error"] <= allowed
        figures |= {"peer": peer["cameras_per_core"], "ratio": round(figures["ours"] / peer["cameras_per_core"], 2)}
    context["each_lever_off"] = levers(detector, clips, scales, score)
    context["decoding"] = decoding(clips)
    if not given.small:
        context["ours_leave_one_out"] = left_out(detector, clips, scales, score, allowed)
    context["chosen_on_these_clips"] = "looks a second, margin, threshold of change; the peer's thresholds, too"
    return figures


def against(
    clips: Sequence[Clip], tables: Sequence[Path], costs: Sequence[Cost], given: argparse.Namespace
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plain way, and the cheapest stride whose error stays within its interval."""
    rates = RATES if not given.small else (5, 2.5)
    grid = GRID if not given.small else GRID | {"track_activation_threshold": [0.4], "high_conf_det_threshold": [0.3]}
    say("the plain way over its grid ...")
    peer, track_ms = tuned(clips, tables, 25, grid, given.peer_python)
    peer["cameras_per_core"] = cameras([strided(c, k, 1000, track_ms) for c, k in zip(clips, costs, strict=True)])
    peer["core_seconds"] = {
        "decode": round(float(np.mean([k.decode for k in costs])), 4),
        "detect": round(float(np.mean([k.detect for k in costs])), 4),
        "track_ms_a_frame": round(track_ms, 3),
    }
    say(f"plain: {peer['cameras_per_core']} cameras a core, error {peer['error']} {peer['interval95']}")
    strides = {}
    for fps in rates:
        found, ms = tuned(clips, tables, fps, STRIDE_GRID, given.peer_python)
        found["cameras_per_core"] = cameras([strided(c, k, fps, ms) for c, k in zip(clips, costs, strict=True)])
        strides[fps] = found
        say(f"stride for {fps} looks a second: {found['cameras_per_core']} cameras a core, error {found['error']}")
    fit = [fps for fps, found in strides.items() if found["error"] <= peer["interval95"][1]] or [max(strides)]
    best = max(fit, key=lambda fps: strides[fps]["cameras_per_core"])
    every = {str(fps): [found["error"], found["cameras_per_core"]] for fps, found in strides.items()}
    return peer, strides[best] | {"looks_a_second": best, "all": every}


if __name__ == "__main__":
    main()
