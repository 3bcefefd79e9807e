"""Our side of bench-analyze: the engine's eye, tracker and counter over a clip, and the seconds of a core it took."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import av

from bench.count_clips import Clip, Count
from commonsight.analyze.count import LineCounter
from commonsight.analyze.engine.calibration import Calibration
from commonsight.analyze.engine.eye import Eye, EyeSettings
from commonsight.analyze.engine.pace import Pace
from commonsight.analyze.engine.region import watched_of
from commonsight.analyze.model import Analysis, Line
from commonsight.analyze.road_users import CLASSES
from commonsight.analyze.track import Tracker
from commonsight.vision.decode import Frame
from commonsight.vision.detect import Detector
from commonsight.vision.picture import Converter

TICKS = 90_000
CALIBRATED_ON = 24
"""Pictures of the clip, spread over it, that its calibration sees."""


@dataclass(frozen=True)
class Cost:
    """Seconds of a core for a second of video."""

    decode: float
    detect: float
    track: float

    @property
    def total(self) -> float:
        return self.decode + self.detect + self.track


@dataclass(frozen=True)
class Ran:
    """What a run over a clip gave. share: mean share of the picture the detector was given at a look."""

    count: Count
    cost: Cost
    looks: int
    share: float


def analysis_of(clip: Clip) -> Analysis:
    """The document a camera with this clip's line would have."""
    return Analysis(enabled=True, lines=(Line("line", "line", clip.a, clip.b),))


def run(clip: Clip, detector: Detector, fps: float, settings: EyeSettings, score: float) -> Ran:
    """Count a clip as a worker does, `fps` looks a second."""
    size = (clip.width, clip.height)
    eye = Eye(score=score, watched=watched_of(analysis_of(clip)), settings=settings)
    eye.restart(size)
    tracker, counter = Tracker(), LineCounter([(clip.a, clip.b)], size)
    pace, convert, found = Pace(1 / fps), Converter(), []
    decode = detect = track = share = moment = 0.0
    looks = 0
    with av.open(str(clip.path)) as container:
        container.streams.video[0].thread_type = "NONE"
        clock = time.process_time()
        for index, picture in enumerate(container.decode(video=0)):
            moment = index / clip.fps
            if index >= clip.frames:
                break
            if not pace.wants(moment):
                continue
            decoded = time.process_time()
            frame = Frame(picture, convert)
            frame.pts = int(moment * TICKS)
            eye.changed(frame)
            users = eye.see(detector, frame)
            detected = time.process_time()
            found += counter.update(tracker.update(users, moment, size), moment)
            decode, detect = decode + decoded - clock, detect + detected - decoded
            clock = time.process_time()
            track += clock - detected
            looks, share = looks + 1, share + eye.looked
        found += counter.finish(moment)
        decode += time.process_time() - clock
    seconds = clip.frames / clip.fps
    counted: Count = Counter((c.direction, CLASSES[c.kind]) for c in found)
    return Ran(counted, Cost(decode / seconds, detect / seconds, track / seconds), looks, share / max(looks, 1))


def calibrated(clip: Clip, detector: Detector, settings: EyeSettings, score: float) -> dict[str, Any]:
    """What the calibration decides on pictures of this clip, and the seconds of a core that took, once a camera."""
    eye = Eye(score=score, watched=watched_of(analysis_of(clip)), settings=settings)
    eye.restart((clip.width, clip.height))
    eye.calibration = Calibration(every=0.0)
    every, convert = max(clip.frames // CALIBRATED_ON, 1), Converter()
    cost = 0.0
    with av.open(str(clip.path)) as container:
        container.streams.video[0].thread_type = "NONE"
        for index, picture in enumerate(container.decode(video=0)):
            if index % every == 0 and index < clip.frames:
                frame = Frame(picture, convert)
                frame.pts = int(index / clip.fps * TICKS)
                began = time.process_time()
                eye.changed(frame)
                eye.see(detector, frame)
                cost += time.process_time() - began
    quality = {str(scale): round(eye.calibration.quality(scale), 3) for scale in eye.calibration.scales}
    return {"scale": eye.scale, "quality": quality, "seconds_once": round(cost, 2)}
