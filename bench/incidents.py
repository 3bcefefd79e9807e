"""How well every scene finds what it is for, on clips whose truth is known, and what it reports where nothing happens.

    python -m bench.incidents [--small] [--scene CODE ...] [--vtest FILE] [--clips FOLDER] [--cache FOLDER] [--write]

Main figure: mean F1 over scenes, on staged clips (`bench/staging`). False alarms are counted on real footage in which
no such thing happens, over unique minutes, with the bound that 95 % certainty allows. `--write` puts the figures into
the scenes' cards.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import incidents_clean, incidents_peer, incidents_write
from bench.incidents_judge import Judged, quantile, take, upper
from bench.incidents_run import See, run, seeing
from bench.staging import SCENES, staging
from commonsight.analyze.road_users import CLASSES
from commonsight.analyze.scenes.registry import installed
from commonsight.problem import Refusal
from commonsight.settings import load
from commonsight.vision.cards import card
from commonsight.vision.detect import Detector
from commonsight.vision.store import ModelStore

SEED = 20260513
SMALL_CLIPS = 3
"""Clips of each scene in a small run: every n-th, so that some happen and some only nearly."""


def say(*words: object) -> None:
    print(*words, file=sys.stderr, flush=True)


def detector() -> Detector | None:
    """The product's default detector; None when its weights are not installed."""
    settings = load()
    name = settings.vision.model
    try:
        return Detector(card(name), ModelStore(settings.models_dir).path(name), classes=CLASSES)
    except Refusal:
        return None


def staged(code: str, see: See, *, small: bool) -> Judged | None:
    """A scene over its clips; None when nobody has staged it, or it is not installed."""
    module, made = staging(code), installed().scenes.get(code)
    if module is None or made is None:
        return None
    judged = Judged()
    for place, clip in enumerate(module.clips(SEED)):
        if small and place % SMALL_CLIPS:
            continue
        take(judged, clip, made.card, run(clip, made(clip.setup), see))
    return judged


def _staged(job: tuple[str, bool]) -> tuple[str, Judged | None]:
    """The same in a process of its own, with a detector of its own."""
    return job[0], staged(job[0], seeing(detector()), small=job[1])


def row(judged: Judged, alarms: int | None, hours: float) -> dict[str, Any]:
    """A scene's line of the table."""

    def rounded(value: float | None, digits: int = 4) -> float | None:
        return None if value is None else round(value, digits)

    boxes = sorted({clip["boxes"] for clip in judged.clips})
    return {
        "f1": rounded(judged.f1),
        "precision": rounded(judged.precision),
        "recall": rounded(judged.recall),
        "truth": judged.truth,
        "found": judged.found,
        "wrong": judged.wrong,
        "delay_median_s": rounded(quantile(judged.delays, 0.5), 1),
        "delay_p95_s": rounded(quantile(judged.delays, 0.95), 1),
        "figure_error": rounded(sum(judged.errors) / len(judged.errors)) if judged.errors else None,
        "figure_error_absolute": rounded(sum(judged.absolute) / len(judged.absolute)) if judged.absolute else None,
        "figures_not_given": judged.unknown,
        "boxes": boxes,
        "ground": sorted({clip["ground"] for clip in judged.clips}),
        "clips": len(judged.clips),
        "ms_per_look": rounded(judged.cost / max(judged.looks, 1) * 1000, 2),
        "clean_alarms": alarms,
        "clean_hours_unique": rounded(hours, 5),
        "clean_alarms_per_hour_upper95": None if not hours else rounded(upper(alarms or 0, hours), 1),
        "each": judged.clips,
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.incidents")
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"
    parser.add_argument("--clips", type=Path, default=Path(os.environ.get("COMMONSIGHT_CLIPS", beside)))
    parser.add_argument("--vtest", type=Path, default=Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi"))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "commonsight-bench-incidents")
    parser.add_argument("--scene", action="append", help="only this scene; may be given more than once")
    parser.add_argument("--small", action="store_true", help="every third clip, a third of the clean footage")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes for the staged clips")
    parser.add_argument("--peer-python", type=Path, default=incidents_peer.PYTHON)
    parser.add_argument("--write", action="store_true", help="write the figures into the scenes' cards")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    given.cache.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    codes = [code for code in SCENES if not given.scene or code in given.scene]
    eyes = detector()
    if eyes is None:
        say("the default detector is not installed (commonsight models install): what needs it is judged without")
    table: dict[str, Any] = {}
    absent: dict[str, str] = {}
    results: dict[str, Judged] = {}
    # Not forked: the detector's threads do not survive that.
    with multiprocessing.get_context("spawn").Pool(given.jobs) as pool:
        for code, judged in pool.imap(_staged, [(code, given.small) for code in codes]):
            if judged is None:
                absent[code] = "nobody has staged it" if staging(code) is None else "not installed"
                continue
            results[code] = judged
            spent = time.monotonic() - began
            counts = f"{judged.found}/{judged.truth} found, {judged.wrong} wrong"
            say(f"{code}: F1 {judged.f1} ({counts}), {spent:.0f} s so far")
            for clip in judged.clips:
                if clip["wrong"] or clip["found"] < clip["events"]:
                    say(f"  {clip['clip']}: {clip['found']} of {clip['events']} found, wrong {clip['wrong']}")
    clean = incidents_clean.watch(list(results), given, eyes)
    for code, judged in results.items():
        alarms = clean.alarms.get(code)
        table[code] = row(judged, None if alarms is None else len(alarms), clean.hours.get(code, 0.0))
        table[code]["clean"] = alarms
    scored = [one["f1"] for one in table.values() if one["f1"] is not None]
    line = {
        "figure": "bench-incidents",
        "ours": round(sum(scored) / len(scored), 4) if scored else None,
        "peer": None,
        "ratio": None,
        "reason": "no maintained library has these scenes; the usual recipe for one of them is under context",
        "unit": "mean F1 over scenes, staged clips",
        "context": {
            "scenes_scored": len(scored),
            "scenes": table,
            "without_f1": sorted(code for code, one in table.items() if one["f1"] is None),
            "absent": absent | {"smoke_fire": "needs weights that no package brings: nothing to measure"},
            "clean_footage": clean.footage,
            "left_object_peer": incidents_peer.judge(SEED, small=given.small, python=given.peer_python)
            if "left_object" in results
            else None,
            "small": given.small,
            "seconds": round(time.monotonic() - began),
        },
    }
    print(json.dumps(line, ensure_ascii=False))
    if given.write:
        incidents_write.cards(results, clean)


if __name__ == "__main__":
    main()
