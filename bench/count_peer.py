"""The peer of bench-count, in its own environment: ByteTrackTracker (`trackers`) and LineZone (`supervision`).

    <bench python> count_peer.py <work.json>

`work.json` names the clips (detections as .npy tables: frame, x0, y0, x1, y1, score, class; line; frame rate) and
the grid.
Prints one JSON line per configuration: {"setting": {...}, "counts": {clip: [[direction, class, n], ...]}, "ms": ...}.
"""

import itertools
import json
import multiprocessing
import sys
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import supervision as sv
from trackers import ByteTrackTracker

warnings.filterwarnings("ignore")


def run(clip, table, cuts, setting, crossings, step):
    """Counts for each of the LineZone thresholds `crossings`, in one pass over the clip; and milliseconds a frame."""
    a, b = (sv.Point(x * clip["width"], y * clip["height"]) for x, y in (clip["a"], clip["b"]))
    zones = [
        sv.LineZone(
            start=a, end=b, triggering_anchors=[sv.Position.BOTTOM_CENTER], minimum_crossing_threshold=threshold
        )
        for threshold in crossings
    ]
    tracker = ByteTrackTracker(
        frame_rate=clip["fps"] / step,
        lost_track_buffer=setting["lost_track_buffer"],
        track_activation_threshold=setting["track_activation_threshold"],
        minimum_consecutive_frames=setting["minimum_consecutive_frames"],
        minimum_iou_threshold=setting["minimum_iou_threshold"],
        high_conf_det_threshold=setting["high_conf_det_threshold"],
    )
    began = time.process_time()
    for frame in range(0, clip["frames"], step):
        rows = table[cuts[frame] : cuts[frame + 1]]
        rows = rows[rows[:, 5] >= setting["score"]]
        found = sv.Detections(
            xyxy=rows[:, 1:5].astype(float), confidence=rows[:, 5].copy(), class_id=rows[:, 6].astype(int)
        )
        if setting["nms"]:
            found = found.with_nms(setting["nms"], class_agnostic=True)
        found = tracker.update(found)
        for zone in zones:
            zone.trigger(found)
    cost = (time.process_time() - began) / len(range(0, clip["frames"], step)) * 1000
    # LineZone looks along start->end with y up: its `in` is our `out`.
    return [
        [["out", int(k), int(n)] for k, n in zone.in_count_per_class.items()]
        + [["in", int(k), int(n)] for k, n in zone.out_count_per_class.items()]
        for zone in zones
    ], cost


def main() -> None:
    work = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    tables = {}
    for clip in work["clips"]:
        table = np.load(clip["table"])
        tables[clip["name"]] = table, np.searchsorted(table[:, 0], np.arange(clip["frames"] + 1))
    grid = work["grid"]
    crossings = grid.pop("minimum_crossing_threshold")
    settings = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    # The grid is minutes of one core. Processes, not threads: tracker and zones hold the interpreter.
    with multiprocessing.Pool() as pool:
        for lines in pool.imap(partial(lines_of, work, tables, crossings), settings):
            print("\n".join(map(json.dumps, lines)), flush=True)


def lines_of(work, tables, crossings, setting):
    """The lines to print for one setting of the tracker."""
    results = {}
    costs = []
    for clip in work["clips"]:
        step = max(1, round(clip["fps"] / work["fps"]))
        results[clip["name"]], cost = run(clip, *tables[clip["name"]], setting, crossings, step)
        costs.append(cost)
    return [
        {
            "setting": setting | {"minimum_crossing_threshold": threshold},
            "counts": {name: counted[place] for name, counted in results.items()},
            "ms": sum(costs) / len(costs),
        }
        for place, threshold in enumerate(crossings)
    ]


if __name__ == "__main__":
    main()
