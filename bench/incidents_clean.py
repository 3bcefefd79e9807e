"""False alarms on real footage in which no such thing happens, over unique minutes.

The clips come from packages and, where it is there, the shared folder; none is looked at twice and none is played
round. Every scene runs at once, each at its own slowest pace, with the settings its staged clips use (short waiting
times: a clip of a minute could not show a false alarm of five) and the whole picture for its zone, a middle line for
its line. A scene's module may say better where it fits a clip: `clean(name, size) -> Setup | None`.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import av

from bench.incidents_run import Report, Watching, seeing
from bench.mask import footage as fetched
from bench.mask_marks import clips as known
from bench.staging import NOON, staging
from commonsight.analyze.model import Line, Zone
from commonsight.analyze.road_users import RoadUsers
from commonsight.analyze.scenes.model import Setup
from commonsight.analyze.scenes.registry import installed
from commonsight.vision.decode import TICKS_PER_SECOND, Frame
from commonsight.vision.detect import Detector
from commonsight.vision.picture import Converter

MOST_FPS = 8.0
"""Pictures a second that are shown at most: what the product gives a scene that wants it all on one core."""
MOVING = ("bikes", "market", "carphone")
"""Clips whose camera moves or that are cut together from several: no scene of the product is made for them."""
LEAST_WIDTH = 320
LEARNS = 16.0
"""s in which scenes with a memory of the place only learn it. No alarm can come in them, nor within a setup's own
waiting time: neither counts as watched."""


@dataclass
class Clean:
    """What was reported in how much footage: alarms and hours by scene, and the clips with their seconds."""

    alarms: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    hours: dict[str, float] = field(default_factory=dict)
    footage: dict[str, Any] = field(default_factory=dict)


def watch(codes: Sequence[str], given: argparse.Namespace, detector: Detector | None) -> Clean:
    """Run the scenes over every clip that can be had."""
    clean = Clean()
    absent = []
    for clip in known():
        if clip.name in MOVING or clip.sheet["width"] < LEAST_WIDTH:
            continue
        path = fetched(clip, given)
        if path is None:
            absent.append(clip.name)
            continue
        size = (clip.sheet["width"], clip.sheet["height"])
        seconds = _watch(clip.name, path, clip.fps, size, codes, detector, clean, given.small)
        clean.footage[clip.name] = {"seconds": round(seconds, 1), "size": list(size)}
    total = sum(one["seconds"] for one in clean.footage.values())
    clean.footage = {"clips": clean.footage, "absent": absent, "unique_minutes": round(total / 60, 2)}
    return clean


def _watch(
    name: str,
    path: Path,
    fps: float,
    size: tuple[int, int],
    codes: Sequence[str],
    detector: Detector | None,
    clean: Clean,
    small: bool,
) -> float:
    watching: dict[str, Watching] = {}
    blind: dict[str, float] = {}
    for code in codes:
        setup = setup_for(code, name, size)
        if setup is not None:
            made = installed().scenes[code]
            needs = made.card.needs
            # A flight is over in half a second: who asks for bursts that fast is shown what the clip has.
            fast = needs.burst_seconds if needs.burst_seconds < 0.1 else max(needs.burst_seconds, 1 / MOST_FPS)
            pace = max(needs.slowest_seconds, 1 / MOST_FPS)
            watching[code] = Watching(made(setup), every=pace, burst=min(fast, pace))
            learns = LEARNS if made.card.area in ("city", "environment") else 0.0
            blind[code] = learns + setup.settings.get("seconds", 0.0)
    see = seeing(detector)
    convert = Converter()
    time = 0.0
    with av.open(str(path)) as opened:
        for index, picture in enumerate(opened.decode(video=0)):
            time = index / fps
            if small and time > 20:
                break
            due = [one for one in watching.values() if one.due(time)]
            if not due:
                continue
            picture.pts = round(time * TICKS_PER_SECOND)
            frame = Frame(picture, convert)
            once: list[RoadUsers] = []

            def users(frame: Frame = frame, once: list[RoadUsers] = once) -> RoadUsers:
                if not once:
                    once.append(see(frame, None))
                return once[0]

            for one in due:
                one.show(frame, time, NOON + timedelta(seconds=time), users)
    for code, one in watching.items():
        clean.hours[code] = clean.hours.get(code, 0.0) + max(0.0, time - blind[code]) / 3600
        clean.alarms.setdefault(code, []).extend(_told(name, report) for report in one.outcome.reports)
    return time


def _told(clip: str, report: Report) -> dict[str, Any]:
    return {"clip": clip, "at": round(report.at, 1), "incident": report.incident, "key": report.key}


def setup_for(code: str, clip: str, size: tuple[int, int]) -> Setup | None:
    """The setup of a scene on a clip; None where it cannot be set up there in earnest."""
    module = staging(code)
    if module is None:
        return None
    own = getattr(module, "clean", None)
    if own is not None:
        found: Setup | None = own(clip, size)
        return found
    first = next(iter(module.clips(0))).setup
    whole = Zone("whole", "whole", ((0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98)))
    middle = Line("middle", "middle", (0.05, 0.6), (0.95, 0.6))
    return Setup(
        "clean",
        code,
        zones=(whole,) if first.zones else (),
        lines=(middle,) if first.lines else (),
        settings=first.settings,
    )
