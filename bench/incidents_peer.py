"""The usual recipe for left objects beside ours: two of OpenCV's background models, one slow and one quick.

What is new to the slow one and old to the quick one stands still; what stands still long enough and is no larger than
allowed is a left object. No maintained library has the scene as such, so this is context, no peer. Its settings are the
best of a grid on the very clips it is judged on, which favours it.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench.incidents_judge import Judged, take
from bench.incidents_run import Outcome, Report
from bench.staging import left_object
from bench.staging.codec import through
from commonsight.analyze.scenes.city.compare import size_of
from commonsight.analyze.scenes.city.left_object import LeftObject

PYTHON = Path(sys.prefix) / "bench" / "bin" / "python"
GRID: dict[str, list[Any]] = {
    "model": ["MOG2", "KNN"],
    "threshold": [1.0, 3.0],
    "slow": [0.002, 0.01],
    "quick": [0.05, 0.2],
    "least_pixels": [60, 200],
}
"""threshold: of the library's own default. slow, quick: learning rates a picture."""


def judge(seed: int, *, small: bool, python: Path = PYTHON) -> dict[str, Any]:
    """F1 of the best setting and of the middle one, on the clips of left_object."""
    if not python.is_file():
        return {"absent": f"no {python}: make bench-incidents installs it"}
    clips = [clip for place, clip in enumerate(left_object.clips(seed)) if not small or place % 3 == 0]
    judged: dict[str, Judged] = {}
    for clip in clips:
        planes, times = [], []
        for shot, frame in through(clip):
            planes.append(frame.bgr(*size_of((frame.width, frame.height))))
            times.append(shot.pts)
        with tempfile.TemporaryDirectory() as folder:
            np.save(Path(folder) / "pictures.npy", np.stack(planes))
            request = {
                "times": times,
                "seconds": clip.setup.settings["seconds"],
                "largest": clip.setup.settings["largest"],
                "grid": GRID,
            }
            (Path(folder) / "work.json").write_text(json.dumps(request), "utf-8")
            script = Path(__file__).with_name("incidents_peer_run.py")
            done = subprocess.run([str(python), str(script), folder], capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            row = json.loads(line)
            reports = [
                Report("left_object", at, (tuple(box),), 1.0, str(n)) for n, (at, box) in enumerate(row["reports"])
            ]
            key = json.dumps(row["setting"])
            take(judged.setdefault(key, Judged()), clip, LeftObject.card, Outcome(reports=reports, seconds=times[-1]))
    ranked = sorted(judged.items(), key=lambda one: (-(one[1].f1 or 0.0), one[0]))
    key, best = ranked[0]
    return {
        "is": "OpenCV's background models, a slow and a quick one; settings the best of a grid on these very clips",
        "setting": json.loads(key),
        "f1": round(best.f1 or 0.0, 4),
        "f1_middle_of_grid": round(ranked[len(ranked) // 2][1].f1 or 0.0, 4),
        "truth": best.truth,
        "found": best.found,
        "wrong": best.wrong,
        "configurations": len(ranked),
    }
