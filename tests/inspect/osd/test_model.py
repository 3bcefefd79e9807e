"""Reading clock and label: what is looked at first, and what it means."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from commonsight.inspect.osd.model import Part, State, Subject, read
from commonsight.vision.ocr.model import Line

AT = datetime(2026, 11, 23, 3, 22, 33, tzinfo=UTC)
EAST = timedelta(hours=8)
CAMERA = UUID(int=1)
PICTURE = np.zeros((8, 8), np.uint8)
TOP, BOTTOM, SIGN = (0.01, 0.01, 0.4, 0.05), (0.6, 0.93, 0.98, 0.98), (0.4, 0.1, 0.5, 0.15)
NAME = "人民路与建设路口东1号"


class Fixed:
    """A picture with these lines; counts how it was looked at."""

    def __init__(self, bands: dict, elsewhere: dict | None = None) -> None:
        self._bands, self._elsewhere = bands, elsewhere or {}
        self.looked: list[str] = []

    def bands(self, luma):
        self.looked.append("bands")
        return [Line(text, 0.9, box) for box, text in self._bands.items()]

    def whole(self, luma):
        self.looked.append("whole")
        return [Line(text, 0.9, box) for box, text in (self._bands | self._elsewhere).items()]

    def at(self, luma, places):
        self.looked.append("at")
        return [Line(self._bands.get(box, ""), 0.9, box) for box in places]


def subject(remembered=()) -> Subject:
    return Subject(CAMERA, (NAME,), ("济南市",), tuple(one for one in remembered if one.part is not Part.OTHER))


def test_clock_label_and_a_sign_are_told_apart():
    looker = Fixed({TOP: "2026-11-23 11:22:30", SIGN: "欢迎光临", BOTTOM: NAME})
    found = read(looker, PICTURE, subject(), AT, EAST)
    assert [line.part for line in found.lines] == [Part.CLOCK, Part.OTHER, Part.LABEL]
    assert found.state is State.CLOCK
    assert found.difference.seconds == pytest.approx(-1.7)
    assert found.scores() == {"osd_clock": pytest.approx(0.2), "osd_label": pytest.approx(0)}


def test_remembered_places_are_read_alone():
    looker = Fixed({TOP: "2026-11-23 11:22:30", BOTTOM: NAME})
    first = read(looker, PICTURE, subject(), AT, EAST)
    again = read(looker, PICTURE, subject(first.lines), AT, EAST)
    assert looker.looked == ["bands", "at"]
    assert again.scores() == first.scores()


@pytest.mark.parametrize("now", [{BOTTOM: NAME}, {TOP: "2026-11-23 11:22:33", BOTTOM: "新装摄像机"}, {}])
def test_what_changed_is_searched_again(now):
    first = read(Fixed({TOP: "2026-11-23 11:22:30", BOTTOM: NAME}), PICTURE, subject(), AT, EAST)
    looker = Fixed(now)
    read(looker, PICTURE, subject(first.lines), AT, EAST)
    assert looker.looked == ["at", "bands"]


def test_an_empty_picture_is_not_judged():
    looker = Fixed({})
    found = read(looker, PICTURE, subject(), AT, EAST)
    assert looker.looked == ["bands", "whole"]
    assert found.state is State.NOTHING
    assert found.scores() == {}
    assert found.details() == {}


def test_a_clock_without_a_label_lacks_its_label():
    found = read(Fixed({TOP: "2026-11-23 11:22:30"}), PICTURE, subject(), AT, EAST)
    assert found.scores()["osd_label"] == 1.0
    assert found.details()["osd_label"]["text"] == ""


def test_a_label_without_a_clock_says_nothing_of_the_clock():
    found = read(Fixed({BOTTOM: "人民路与建设路口东2号"}), PICTURE, subject(), AT, EAST)
    assert found.state is State.TEXT
    assert set(found.scores()) == {"osd_label"}
    assert found.scores()["osd_label"] > 0.5


def test_a_clock_read_with_doubt_is_not_read():
    class Doubtful(Fixed):
        def bands(self, luma):
            return [Line("2026-11-23 11:22:33", 0.75, TOP)]

    assert read(Doubtful({}), PICTURE, subject(), AT, EAST).clock is None


def test_a_clock_in_another_zone_says_so():
    found = read(Fixed({TOP: "2026-11-23 03:22:33", BOTTOM: NAME}), PICTURE, subject(), AT, EAST)
    assert found.details()["osd_clock"]["hint"] == "zone"
    assert found.scores()["osd_clock"] > 28_000
