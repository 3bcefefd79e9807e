"""How well crossings are counted, against hand-counted truth and against ByteTrack + LineZone.

    python -m bench.count [--clips FOLDER] [--vtest FILE] [--cache FOLDER] [--quick]

Both sides get the same detections of the default model on every frame. Error = sum over clip, direction and class of
|count - truth| over the total truth. The peer's thresholds are tuned on these very clips by the grid below; ours are
the product's defaults, which were chosen on these clips, too. So both figures are of the development set: the figures
`leave one clip out` (choose on the others, count the one left out) show how much of that is tuning.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from bench import count_clips
from bench.count_clips import Clip, Count
from commonsight.analyze.count import CountSettings, LineCounter
from commonsight.analyze.road_users import CLASSES, RoadUsers, road_users
from commonsight.analyze.track import Tracker, TrackSettings
from commonsight.settings import load
from commonsight.vision.cards import card
from commonsight.vision.detect import Detector
from commonsight.vision.model import Detections
from commonsight.vision.store import ModelStore

RATES = (25, 12, 8, 5)
PEER_GRID: dict[str, list[Any]] = {
    "score": [0.2, 0.3],
    "nms": [0.6],
    "track_activation_threshold": [0.3, 0.4],
    "high_conf_det_threshold": [0.3, 0.4],
    "minimum_iou_threshold": [0.1, 0.2, 0.3],
    "minimum_consecutive_frames": [1, 2],
    "lost_track_buffer": [30, 60],
    "minimum_crossing_threshold": [1, 2, 3, 4, 6, 8],
}
OUR_GRID: dict[str, list[Any]] = {
    "birth": [0.35, 0.4, 0.45],
    "evidence": [0.5, 0.8, 1.2],
    "agility": [0.7, 1.0, 1.6],
    "band": [0.05, 0.1, 0.2],
    "twin_overlap": [0.2, 0.35, 0.5],
}
"""What leave-one-clip-out may choose from on our side; `agility` scales manoeuvre and top speed."""


def count(
    clip: Clip,
    users: Sequence[RoadUsers],
    fps: float,
    track: TrackSettings | None = None,
    lines: CountSettings | None = None,
) -> tuple[Count, int, float]:
    """Our counts of a clip, how many of them were inferred, and milliseconds of CPU a frame."""
    size = (clip.width, clip.height)
    tracker, counter = Tracker(track), LineCounter([(clip.a, clip.b)], size, lines)
    step = count_clips.stride(clip, fps)
    found = []
    began = time.process_time()
    moment = 0.0
    for index in range(0, clip.frames, step):
        moment = index / clip.fps
        found += counter.update(tracker.update(users[index], moment, size), moment)
    found += counter.finish(moment)
    cost = (time.process_time() - began) / len(range(0, clip.frames, step)) * 1000
    return Counter((c.direction, CLASSES[c.kind]) for c in found), sum(c.inferred for c in found), cost


def peer(
    clips: Sequence[Clip], tables: Sequence[Path], fps: float, grid: dict[str, list[Any]], python: str
) -> list[Any]:
    """The peer's results over the grid, from its own environment: [(setting, {clip: counts}, ms)]."""
    work = {
        "fps": fps,
        "grid": grid,
        "clips": [
            {"name": c.name, "table": str(t), "width": c.width, "height": c.height, "fps": c.fps, "frames": c.frames,
             "a": c.a, "b": c.b}
            for c, t in zip(clips, tables, strict=True)
        ],
    }  # fmt: skip
    script = Path(__file__).with_name("count_peer.py")
    with tempfile.TemporaryDirectory() as folder:
        request = Path(folder) / "work.json"
        request.write_text(json.dumps(work), "utf-8")
        done = subprocess.run([python, str(script), str(request)], capture_output=True, text=True, check=True)
    results = []
    for line in done.stdout.splitlines():
        row = json.loads(line)
        counts = {
            name: Counter({(direction, CLASSES[kind]): n for direction, kind, n in rows})
            for name, rows in row["counts"].items()
        }
        results.append((row["setting"], counts, row["ms"]))
    return results


def leave_one_out(table: Sequence[Sequence[int]]) -> list[int]:
    """`table[configuration][clip]` errors -> for each clip the error of what is best on the other clips."""
    left = []
    for clip in range(len(table[0])):
        best = min(range(len(table)), key=lambda row: (sum(table[row]) - table[row][clip], row))
        left.append(table[best][clip])
    return left


def our_variants() -> list[tuple[TrackSettings, CountSettings]]:
    """The configurations of `OUR_GRID`; the defaults come first, so that they win ties."""
    track, lines = TrackSettings(), CountSettings()
    made = [(track, lines)]
    for birth, evidence, agility, band, twin in itertools.product(*OUR_GRID.values()):
        speeds = tuple(value * agility for value in track.top_speed)
        turns = tuple(value * agility for value in track.manoeuvre)
        made.append(
            (
                replace(track, birth=birth, evidence=evidence, top_speed=speeds, manoeuvre=turns),  # type: ignore[arg-type]
                replace(lines, band=band, twin_overlap=twin),
            )
        )
    return made


def errors(
    clips: Sequence[Clip], users: Sequence[Sequence[RoadUsers]], variant: tuple[TrackSettings, CountSettings]
) -> list[int]:
    """The error of each clip with one of our configurations."""
    return [count_clips.error(c, count(c, u, RATES[0], *variant)[0]) for c, u in zip(clips, users, strict=True)]


def say(*words: object) -> None:
    print(*words, file=sys.stderr, flush=True)


def summary(clips: Sequence[Clip], counts: Sequence[Count]) -> dict[str, Any]:
    """Error with interval, without classes, and by clip."""
    errors = [count_clips.error(c, n) for c, n in zip(clips, counts, strict=True)]
    truths = [clip.truth for clip in clips]
    loose = sum(count_clips.error_without_classes(c, n) for c, n in zip(clips, counts, strict=True))
    return {
        "error": round(sum(errors) / sum(truths), 4),
        "interval95": count_clips.interval(errors, truths),
        "wrong": sum(errors),
        "without_classes": round(loose / sum(truths), 4),
        "clips": {
            clip.name: {
                "wrong": wrong,
                "truth": clip.truth,
                "counted": {" ".join(key): n for key, n in sorted(c.items()) if n},
            }
            for clip, wrong, c in zip(clips, errors, counts, strict=True)
        },
    }  # fmt: skip


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.count")
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"
    parser.add_argument("--clips", type=Path, default=Path(os.environ.get("COMMONSIGHT_CLIPS", beside)))
    parser.add_argument("--vtest", type=Path, default=Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi"))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "commonsight-bench-count")
    parser.add_argument("--quick", action="store_true", help="without the peer and without leave one clip out")
    parser.add_argument("--peer-python", default=str(Path(sys.prefix) / "bench" / "bin" / "python"))
    return parser.parse_args()


def main() -> None:
    given = arguments()
    settings = load()
    name = settings.vision.model
    clips = count_clips.load(given.clips, given.vtest)
    if not clips:
        raise SystemExit(f"no clips with truth in {given.clips}")
    given.cache.mkdir(parents=True, exist_ok=True)
    detector = Detector(card(name), ModelStore(settings.models_dir).path(name), classes=CLASSES)
    boxes: list[list[Detections]] = []
    for clip in clips:
        say(f"detections of {clip.name} ...")
        boxes.append(count_clips.detections(clip, detector, given.cache))
    tables = [given.cache / f"{c.name}-{name}-{detector.card.weights.sha256[:12]}.npy" for c in clips]
    users = [[road_users(found, least=TrackSettings().low) for found in per_clip] for per_clip in boxes]
    truths = [clip.truth for clip in clips]
    context: dict[str, Any] = {
        "n": {"clips": len(clips), "crossings": sum(truths), "frames": sum(c.frames for c in clips)},
        "absent": sorted(set(count_clips.NAMES) - {clip.name for clip in clips}),
        "model": name,
    }
    by_rate = {}
    for fps in RATES:
        runs = [count(clip, seen, fps) for clip, seen in zip(clips, users, strict=True)]
        by_rate[fps] = summary(clips, [run[0] for run in runs])
        if fps == RATES[0]:
            context["inferred"] = sum(run[1] for run in runs)
            context["ms_per_frame"] = round(sum(run[2] for run in runs) / len(runs), 3)
        say(f"ours at {fps} frames/s: {by_rate[fps]['error']}")
    ours = by_rate[RATES[0]]
    context["ours"] = ours
    context["ours_by_fps"] = {str(fps): found["error"] for fps, found in by_rate.items()}
    theirs = None
    if given.quick:
        context["peer_absent"] = "--quick"
    elif not Path(given.peer_python).is_file():
        context["peer_absent"] = f"no {given.peer_python}: make bench-count installs it"
    else:
        theirs = against(clips, tables, given.peer_python, context)
        say("ours, leaving one clip out ...")
        with multiprocessing.Pool() as pool:
            table = pool.map(partial(errors, clips, users), our_variants(), chunksize=8)
        left = leave_one_out(table)
        context["ours_leave_one_out"] = round(sum(left) / sum(truths), 4)
        context["ours_grid"] = OUR_GRID | {"median": round(sorted(map(sum, table))[len(table) // 2] / sum(truths), 4)}
    ratio = None if theirs is None else round(theirs / max(ours["error"], 1e-9), 3)
    unit = "share of all crossings that is miscounted"
    figure = {"figure": "bench-count", "ours": ours["error"], "peer": theirs, "ratio": ratio, "unit": unit}
    print(json.dumps(figure | {"context": context}))


def against(clips: Sequence[Clip], tables: Sequence[Path], python: str, context: dict[str, Any]) -> float:
    """Run the peer over its grid; returns the error of its best configuration on these clips."""
    say("peer over its grid ...")
    results = peer(clips, tables, RATES[0], PEER_GRID, python)
    table = [[count_clips.error(clip, counts[clip.name]) for clip in clips] for _, counts, _ in results]
    best = min(range(len(table)), key=lambda row: (sum(table[row]), row))
    setting, counts, cost = results[best]
    tuned = summary(clips, [counts[clip.name] for clip in clips])
    context["peer"] = tuned | {"setting": setting, "ms_per_frame": round(cost, 3)}
    truth = sum(clip.truth for clip in clips)
    context["peer_leave_one_out"] = round(sum(leave_one_out(table)) / truth, 4)
    context["peer_grid"] = PEER_GRID | {
        "configurations": len(table),
        "median": round(sorted(map(sum, table))[len(table) // 2] / truth, 4),
    }
    context["peer_by_fps"] = {str(RATES[0]): tuned["error"]}
    for fps in RATES[1:]:
        # The crossing threshold counts frames, so at another rate another one may be best: it is tuned again.
        grid = {key: [value] for key, value in setting.items()} | {
            "minimum_crossing_threshold": PEER_GRID["minimum_crossing_threshold"],
            "minimum_iou_threshold": [0.01, 0.05, *PEER_GRID["minimum_iou_threshold"]],
        }
        again = peer(clips, tables, fps, grid, python)
        wrong = min(sum(count_clips.error(c, counts[c.name]) for c in clips) for _, counts, _ in again)
        context["peer_by_fps"][str(fps)] = round(wrong / truth, 4)
    return float(tuned["error"])


if __name__ == "__main__":
    main()
