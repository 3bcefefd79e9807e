import pytest

from commonsight.analyze.model import Measure
from commonsight.analyze.scenes.people.people_flow import PeopleFlow
from commonsight.analyze.scenes.people.visitors import Visitors
from tests.analyze.scenes.people.walk import Flat, line, looks, run, setup, walks

GATE = line(10, 4, 10, 22)
OUT = [walks((1, 6 + i % 8 * 1.5), (19, 6 + i % 8 * 1.5), begin=1.5 * i) for i in range(12)]
IN = [walks((19, 19 + i % 2), (1, 19 + i % 2), begin=5.0 * i) for i in range(4)]


def test_people_are_counted_by_direction() -> None:
    told = run(PeopleFlow(setup("people_flow", lines=[GATE], ground=Flat())), looks([*OUT, *IN], 38, 5))
    assert (told.sum("people_in"), told.sum("people_out")) == (4, 12)
    assert told.sum("people_inferred") <= 1
    assert told.last("people_rate") == 16
    assert told.last("people_rate_metre") == pytest.approx(16 / 18)


def test_its_measures_are_not_those_of_the_document() -> None:
    """A line that the document counts as well must not be added up twice."""
    told = run(PeopleFlow(setup("people_flow", lines=[GATE])), looks([], 1, 5))
    assert not {figure.measure for _, figure in told.figures} & {measure.value for measure in Measure}


def test_too_many_a_minute_begins_and_ends() -> None:
    told = run(PeopleFlow(setup("people_flow", lines=[GATE], most=8)), looks(OUT[:10], 90, 4))
    assert told.phases() == ["began", "ended"]
    assert told.sightings[0][1].detail["people_rate"] == 8


def test_without_a_limit_nothing_is_reported() -> None:
    assert run(PeopleFlow(setup("people_flow", lines=[GATE])), looks(OUT, 35, 5)).phases() == []


def test_visitors_are_net_crossings_of_a_gate() -> None:
    told = run(Visitors(setup("visitors", lines=[GATE])), looks([*OUT[:5], *IN], 38, 5))
    assert (told.sum("visitors_in"), told.sum("visitors_out")) == (4, 5)


def test_vehicles_are_no_visitors() -> None:
    told = run(Visitors(setup("visitors", lines=[GATE])), looks(OUT[:4], 20, 5, kind="car"))
    assert told.sum("visitors_out") == 0
    assert [figure.value for _, figure in told.figures if figure.measure == "visitors_in"]
