from dataclasses import replace
from datetime import datetime

import pytest

from commonsight.analyze.model import Analysis, Hours, SceneSetup, Zone
from commonsight.analyze.scenes.model import Decoding, Figure, Needs, Phase, Seen
from commonsight.analyze.scenes.registry import Registry
from commonsight.analyze.scenes.runner import OPEN_MOST, Runner, at_work, combined

from . import stage
from .stage import Blank, sighting

ZONE = Zone("square", "Square", ((0.1, 0.1), (0.9, 0.1), (0.5, 0.9)))


def runner(*made, setups=None):
    scenes = {one.card.code: one for one in made}
    given = setups or tuple(SceneSetup(code, code, code, zones=("square",)) for code in scenes)
    analysis = Analysis(enabled=True, zones=(ZONE,), scenes=tuple(given))
    return Runner(analysis, Registry(scenes, dict.fromkeys(scenes, "test")))


def counting(code="counter"):
    return stage.scene(code, lambda _self, look: Seen([Figure("square", "n", "all", look.time)], [sighting("a")]))


def test_figures_and_sightings_come_with_their_setup_and_measure():
    run = runner(counting()).take(Blank(3.0))
    ((setup, figure, measured),) = run.figures
    assert (setup.id, figure.value, measured.code) == ("counter", 3.0, "n")
    assert [(s.id, told.phase) for s, told in run.sightings] == [("counter", Phase.BEGAN)]


def test_every_parameter_has_a_value_and_every_zone_is_there():
    seen = []
    made = stage.scene("counter", lambda self, _look: seen.append(self.setup) or Seen())
    runner(made).take(Blank())
    assert seen[0].settings == {"seconds": 60}
    assert [zone.id for zone in seen[0].zones] == ["square"]


def fails(_self, look):
    if look.time > 1:
        raise ZeroDivisionError("on purpose")
    return Seen((), [sighting("a")])


def test_a_scene_that_raises_is_switched_off_and_ends_what_it_had_open():
    running = runner(stage.scene("bad", fails), counting("good"))
    assert [told.phase for _, told in running.take(Blank(0.5)).sightings] == [Phase.BEGAN, Phase.BEGAN]
    run = running.take(Blank(2.0))
    assert [setup.id for setup, _, _ in run.figures] == ["good"]
    assert next((setup.id, told.phase) for setup, told in run.sightings) == ("bad", Phase.ENDED)
    assert running.off == {"bad": "scenes.failed"}
    assert running.reason == "scenes.failed"
    assert [setup.id for setup, _, _ in running.take(Blank(3.0)).figures] == ["good"]


@pytest.mark.parametrize(
    "seen",
    [
        Seen([Figure("square", "unheard_of", "all", 1)]),
        Seen((), [sighting("a", incident="unheard_of")]),
        Seen([Figure("square", "n", "all", 1)] * 1000),
        None,
    ],
)
def test_a_scene_that_breaks_its_own_card_is_switched_off(seen):
    running = runner(stage.scene("bad", lambda _self, _look: seen))
    assert running.take(Blank()).figures == ()
    assert running.off == {"bad": "scenes.failed"}


def test_a_figure_that_cannot_be_said_is_left_out():
    nan = [Figure("square", "n", "all", float("nan")), Figure("square", "n", "all", 2.0)]
    running = runner(stage.scene("counter", lambda _self, _look: Seen(nan)))
    assert [figure.value for _, figure, _ in running.take(Blank()).figures] == [2.0]
    assert not running.off


def test_sightings_that_last_at_once_are_bounded():
    made = stage.scene("counter", lambda _self, look: Seen((), [sighting(f"{look.time}-{n}") for n in range(200)]))
    running = runner(made)
    told = sum(len(running.take(Blank(float(n))).sightings) for n in range(4))
    assert told == OPEN_MOST


def test_what_lasts_ends_when_the_camera_is_given_back():
    running = runner(counting())
    running.take(Blank(1.0))
    ((setup, told),) = running.leave(stage.AT)
    assert (setup.id, told.key, told.phase) == ("counter", "a", Phase.ENDED)
    assert running.leave(stage.AT) == ()


@pytest.mark.parametrize("after", [Blank(5.0, (320, 180)), Blank(0.5)])
def test_a_scene_begins_anew_when_the_picture_or_the_time_jumps(after):
    made = stage.scene("counter", fresh)
    running = runner(made)
    assert [told.key for _, told in running.take(Blank(2.0)).sightings] == ["first"]
    assert running.take(Blank(3.0)).sightings == ()
    again = running.take(after).sightings
    assert [(told.key, told.phase) for _, told in again] == [("first", Phase.ENDED), ("first", Phase.BEGAN)]


def fresh(self, _look):
    """Reports something with its first picture only."""
    if hasattr(self, "seen"):
        return Seen()
    self.seen = True
    return Seen((), [sighting("first")])


def test_hours_decide_whether_a_setup_is_at_work():
    night = SceneSetup("counter", "counter", "c", zones=("square",), hours=(Hours(22 * 60, 6 * 60),))
    running = runner(counting(), setups=(night,))
    assert running.take(Blank()).figures == ()  # 04:00 UTC is noon in Shanghai
    assert running.needs is not None
    assert running.needs_at(stage.AT) is None
    day = replace(night, hours=(Hours(8 * 60, 18 * 60),))
    assert len(runner(counting(), setups=(day,)).take(Blank()).figures) == 1


@pytest.mark.parametrize(
    ("hours", "local", "expected"),
    [
        ((), "2026-05-01T03:00", True),
        ((Hours(480, 1080, (5,)),), "2026-05-01T08:00", True),
        ((Hours(480, 1080, (5,)),), "2026-05-01T18:00", False),
        ((Hours(1320, 360, (5,)),), "2026-05-02T05:59", True),  # begun on Friday, lasts into Saturday
        ((Hours(1320, 360, (5,)),), "2026-05-01T05:59", False),
        ((Hours(0, 0, (5,)),), "2026-05-01T23:59", True),
    ],
)
def test_hours(hours, local, expected):
    assert at_work(hours, datetime.fromisoformat(local)) is expected


def test_one_setup_stands_in_for_another():
    own = SceneSetup("own", "counter", "own", zones=("square",))
    lent = SceneSetup("lent", "counter", "lent", zones=("square",), source="deployment:1", instead="own")
    run = runner(counting(), setups=(own, lent)).take(Blank())
    assert [setup.id for setup, _, _ in run.figures] == ["lent"]
    run = runner(counting(), setups=(own, replace(lent, enabled=False))).take(Blank())
    assert [setup.id for setup, _, _ in run.figures] == ["own"]


def test_setups_that_no_longer_fit_are_told_and_do_not_run():
    setups = (
        SceneSetup("gone", "gone", "gone"),
        SceneSetup("unfit", "counter", "unfit", zones=("square",), settings={"seconds": 9999}),
    )
    running = runner(counting(), setups=setups)
    assert running.off == {"gone": "scenes.unknown", "unfit": "scenes.unfit"}
    assert running.needs is None


def test_needs_together_are_the_most_of_each():
    slow = Needs(8.0, 2.0, Decoding.KEYFRAMES, ("person",))
    fast = Needs(1.0, 0.2, Decoding.REFERENCE, ("car",), tracks=True)
    assert combined([slow, fast]) == Needs(1.0, 0.2, Decoding.REFERENCE, ("car", "person"), tracks=True)
    assert combined([]) is None
