"""From coded pictures of a real street to counts, with the real detector."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest

from commonsight.analyze.count import Crossing
from commonsight.analyze.engine.eye import Eye
from commonsight.analyze.engine.pace import Pace
from commonsight.analyze.look import Looker
from commonsight.analyze.model import Analysis, Line, Zone
from commonsight.analyze.road_users import CLASSES
from commonsight.analyze.watch import ALL
from commonsight.problem import Refusal
from commonsight.settings import load
from commonsight.simulate.footage import clips
from commonsight.vision.cards import card
from commonsight.vision.decode import Decoder, Frame
from commonsight.vision.detect import Detector
from commonsight.vision.picture import Converter
from commonsight.vision.store import ModelStore

CLIPS = Path(os.environ.get("COMMONSIGHT_CLIPS", Path(__file__).parents[3] / "shared" / "data" / "clips"))

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def detector() -> Detector:
    settings = load()
    name = settings.vision.model
    try:
        path = ModelStore(settings.models_dir).path(name)
    except Refusal as refusal:
        pytest.skip(f"{refusal.code}: commonsight models install {name}")
    return Detector(card(name), path, classes=CLASSES)


def frames(path: Path) -> Iterator[Frame]:
    """Frames as a worker gets them: Annex B access units through our decoder."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        annex_b = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        decoder = Decoder("h264")
        for packet in container.demux(stream):
            for unit in annex_b.filter(packet):
                if unit.size and unit.pts is not None:
                    yield from decoder.feed(bytes(unit), int(unit.pts * unit.time_base * 90_000))
        yield from decoder.flush()


def test_cars_of_a_street_are_counted(detector: Detector) -> None:
    truth_file = CLIPS / "jamcam-4.truth.json"
    if not truth_file.is_file():
        pytest.skip("the hand-counted clips are not here; COMMONSIGHT_CLIPS names their folder")
    truth = json.loads(truth_file.read_text("utf-8"))
    line = truth["lines"][0]
    analysis = Analysis(enabled=True, lines=(Line("line", "line", tuple(line["a"]), tuple(line["b"])),))
    looker = Looker(analysis, None, Eye(score=0.3, settings=ALL), gap_seconds=0.5)
    pace = Pace(1 / 8)
    counted = {"in": 0, "out": 0}
    watched = 0.0
    for frame in frames(CLIPS / truth["clip"]):
        if pace.wants(frame.pts / 90_000):
            looked = looker.look(detector, frame, AT)
            watched += looked.seconds
            for crossing in looked.crossings:
                counted[crossing.direction] += 1
    # A crossing is reported with a delay, so that those of the last second are missing in a clip cut off like this.
    assert abs(counted["in"] - line["totals"]["in"]) <= 2
    assert abs(counted["out"] - line["totals"]["out"]) <= 2
    assert watched == pytest.approx(truth["seconds"], abs=0.5)


def test_walkers_of_the_packaged_clip_are_counted(detector: Detector) -> None:
    """The demo's own clip, 28 seconds of it at 5 frames a second: 2 people cross to the right, 5 to the left."""
    [plaza] = [clip for clip in clips() if clip.name == "plaza"]
    if not Path(plaza.installed).is_file():
        pytest.skip(f"package {plaza.package} is not installed")
    analysis = Analysis(
        enabled=True,
        lines=(Line("path", "path", (0.46, 0.68), (0.46, 0.22), ("person",)),),
        zones=(Zone("all", "all", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))),),
    )
    looker = Looker(analysis, None, Eye(score=0.3, settings=ALL), gap_seconds=0.5)
    crossings: list[Crossing] = []
    most = 0.0
    convert = Converter()
    with av.open(plaza.installed) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index >= 280:
                break
            if index % 2 == 0:
                picture = Frame(frame, convert)
                picture.pts = index * 9_000
                looked = looker.look(detector, picture, AT)
                crossings += looked.crossings
                most = max(most, float(looked.zones[0, CLASSES.index("person")]))
    people = [c for c in crossings if CLASSES[c.kind] == "person"]
    assert abs(sum(c.direction == "in" for c in people) - 2) <= 1
    assert abs(sum(c.direction == "out" for c in people) - 5) <= 1
    assert 4 <= most <= 12
