import pytest

from commonsight.analyze.scenes.accuracy import judged, share
from commonsight.analyze.scenes.model import Accuracy


def measured(**more):
    return Accuracy("路", "Road", **({"truth": 20, "found": 18, "wrong": 2, "hours": 10.0, "alarms": 0} | more))


def test_shares_stand_beside_the_events_they_are_of():
    told = judged(measured())
    assert told.recall is not None
    assert told.precision is not None
    assert (told.recall.value, told.recall.of) == (0.9, 20)
    assert (told.precision.value, told.precision.of) == (0.9, 20)
    assert told.f1 == pytest.approx(0.9)
    assert told.recall.low == pytest.approx(0.699, abs=1e-3)
    assert told.recall.high == pytest.approx(0.972, abs=1e-3)


def test_no_alarm_in_some_hours_is_not_no_alarm_ever():
    told = judged(measured())
    assert told.alarms_an_hour == 0
    assert told.alarms_upper == pytest.approx(0.29957, abs=1e-4)  # -ln 0.05 / 10


def test_what_was_not_measured_is_unknown():
    told = judged(measured(truth=0, found=0, wrong=0, hours=0.0))
    assert (told.recall, told.precision, told.f1, told.alarms_an_hour, told.alarms_upper) == (None,) * 5
    assert share(0, 0) is None
