"""How closely a camera is looked at: document, budget and bursts together."""

import pytest

from commonsight.analyze.engine.plan import BURST_SAVED, Closeness, Order, Plan, wanted, watched
from commonsight.analyze.model import Analysis, Line, SceneSetup, Zone
from commonsight.analyze.scenes.model import Decoding, Needs

FULL, REFERENCE, KEYFRAMES = Decoding.FULL, Decoding.REFERENCE, Decoding.KEYFRAMES
DOCUMENT, BURST = Closeness(5.0, KEYFRAMES), Closeness(0.2, FULL)
PATROL, WATCH = Order("patrol", Closeness(10.0, KEYFRAMES)), Order("watch", Closeness(1.0, REFERENCE))
ZONE = Zone("kerb", "Kerb", ((0.1, 0.1), (0.3, 0.1), (0.3, 0.3)))


def test_without_a_budget_the_document_rules_and_what_is_afoot_is_looked_at_closely() -> None:
    plan = Plan(DOCUMENT, BURST, 0.0)
    assert plan.closeness(1.0) == DOCUMENT
    plan.afoot(2.0)
    assert plan.closeness(3.0) == BURST
    assert plan.closeness(20.0) == DOCUMENT


def test_the_budget_takes_away_but_gives_no_more_than_is_asked_for() -> None:
    plan = Plan(Closeness(2.0, FULL), Closeness(2.0, FULL), 0.0)
    plan.order(PATROL)
    assert plan.closeness(1.0) == PATROL.closeness
    plan.order(Order("follow", Closeness(0.2, FULL)))
    assert plan.closeness(2.0) == Closeness(2.0, FULL)


def test_a_patrol_bursts_as_long_as_it_has_saved_for_it_and_then_saves_again() -> None:
    plan = Plan(DOCUMENT, BURST, 0.0)
    plan.order(PATROL)
    bursting = 0
    for second in range(1, 3601):
        plan.afoot(float(second))
        bursting += plan.closeness(float(second)) == BURST
    # A sixth of the time (each second without saves 0.2), and what was saved before.
    assert bursting == pytest.approx(BURST_SAVED + 600, rel=0.1)


def test_a_glance_never_bursts_and_off_is_off() -> None:
    plan = Plan(DOCUMENT, BURST, 0.0)
    plan.order(Order("glance", Closeness(120.0, KEYFRAMES)))
    plan.afoot(1.0)
    assert plan.closeness(2.0) == Closeness(120.0, KEYFRAMES)
    assert not plan.off
    plan.order(Order("off", Closeness(120.0, KEYFRAMES)))
    assert plan.off


def test_only_where_compute_is_short_is_less_than_the_picture_looked_at() -> None:
    plan = Plan(DOCUMENT, BURST, 0.0)
    assert not plan.scarce
    plan.order(WATCH)
    assert plan.scarce


def test_scenes_and_counting_together_get_the_faster_and_the_deeper() -> None:
    slow = Needs(slowest_seconds=30, burst_seconds=5, decoding=KEYFRAMES)
    assert wanted(slow, None) == (Closeness(30, KEYFRAMES), Closeness(5, KEYFRAMES))
    assert wanted(slow, 0.2)[0] == Closeness(0.2, REFERENCE)
    quick = Needs(slowest_seconds=10, burst_seconds=0.2, decoding=KEYFRAMES)
    assert wanted(quick, None)[1] == Closeness(0.2, REFERENCE)
    with pytest.raises(ValueError, match="nothing to look for"):
        wanted(None, None)


def test_a_zone_drawn_for_a_scene_without_detector_is_not_counted() -> None:
    line = Line("gate", "Gate", (0.5, 0.2), (0.5, 0.8))
    rubbish = SceneSetup("bags", "garbage", "Bags", zones=("kerb",))
    analysis = Analysis(enabled=True, lines=(line,), zones=(ZONE,), scenes=(rubbish,))
    assert watched(analysis, lambda scene: scene != "garbage") == ((0.5, 0.2, 0.5, 0.8),)
    assert len(watched(Analysis(enabled=True, lines=(line,), zones=(ZONE,)))) == 2
