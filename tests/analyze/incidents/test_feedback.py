"""How far "false alarm" moves a parameter: a step, within bounds, never past what is known to be real."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from commonsight.analyze.incidents.feedback import model
from commonsight.analyze.incidents.feedback.model import reached, stricter
from commonsight.analyze.incidents.model import Incident
from commonsight.analyze.scenes.model import Parameter
from tests.analyze.incidents.test_model import began, book, ended, read

SECONDS = Parameter("seconds", "持续", "Lasting", "s", 120, 10, 1800, tuned=True, stricter=1)
METRES = Parameter("least_m", "能见度", "Visibility", "m", 500, 50, 2000, tuned=True, stricter=-1)


def lasted(seconds: float) -> Incident:
    [one] = read(book(), began("car-1", 0), ended("car-1", seconds))
    return replace(one, peaks={}, settings={"seconds": 120.0})


def test_a_step_is_a_tenth_in_the_direction_of_fewer_alarms() -> None:
    assert stricter(SECONDS, 120, []).after == 132
    assert stricter(METRES, 500, []).after == 450


def test_it_stops_at_the_bound_and_before_what_was_real() -> None:
    assert stricter(SECONDS, 1800, []).reason == model.BOUND
    assert stricter(SECONDS, 120, [140, 900]).after == 132
    assert stricter(SECONDS, 132, [140, 900]).after == 133
    assert stricter(SECONDS, 133, [140]).reason == model.KEEPS_TRUE
    assert stricter(METRES, 500, [460, 90]).after == 483
    assert stricter(SECONDS, 120, [900, None]).reason == model.UNMEASURED


@given(st.floats(10, 1800), st.lists(st.floats(10, 5000), max_size=5), st.sampled_from([SECONDS, METRES]))
def test_every_true_incident_would_still_be_reported(present: float, known: list[float], parameter: Parameter) -> None:
    known = [one for one in known if parameter.stricter * (one - present) >= 0]
    move = stricter(parameter, min(max(present, parameter.least), parameter.most), list(known))
    assert parameter.least <= move.after <= parameter.most or move.reason != model.MOVED
    if move.reason == model.MOVED:
        assert parameter.stricter * (move.after - move.before) > 0
        assert all(parameter.stricter * (one - move.after) >= 0 for one in known)


def test_what_was_reached_is_a_figure_or_how_long_it_lasted() -> None:
    assert reached(lasted(300), SECONDS) == 300
    assert reached(lasted(60), SECONDS) == 120, "it was reported, so it lasted that long"
    assert reached(replace(lasted(300), peaks={"seconds": (130, 410)}), SECONDS) == 410
    fog = replace(lasted(300), scene="visibility", peaks={"metres": (80, 400)})
    assert reached(fog, METRES) == 80
    assert reached(lasted(300), METRES) is None
    assert lasted(300).ended_at == lasted(300).began_at + timedelta(seconds=300)
