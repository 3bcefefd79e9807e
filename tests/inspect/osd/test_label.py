"""Whether a text in a picture names the camera."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.inspect.osd.label import best, likeness, plain

REGIONS = ("山东省", "济南市", "历下区")
NAME = "济南市历下区泉城路与榜棚街路口东1号"


@pytest.mark.parametrize(
    "text",
    [
        "济南市历下区泉城路与榜棚街路口东1号",
        "泉城路与榜棚街路口东1号",
        "历下区泉城路与榜棚街路口东１号",
        "济南历下泉城路-榜棚街路口东1号",
        "山东省济南市历下区泉城路与榜棚街路口东1号",
        "泉城路与榜棚街路囗东l号",
        "泉城路与榜棚街路口东一号",
        "泉城路与榜棚街路口东01号",
    ],
)
def test_the_same_camera_written_otherwise(text):
    assert likeness(text, NAME, REGIONS) > 0.75


@pytest.mark.parametrize(
    "text",
    ["泉城路与榜棚街路口东2号", "泉城路与榜棚街路口西1号", "Camera 01", "IPC", "经十路与舜耕路路口", "农贸市场欢迎您"],
)
def test_another_camera_or_none(text):
    assert likeness(text, NAME, REGIONS) < 0.5


@pytest.mark.parametrize(
    ("text", "name"),
    [("桂雅路小学正门", "桂雅路中学侧门"), ("客运站进站口", "客运站出站口"), ("高速上行K13", "高速下行K13")],
)
def test_opposites_make_another_place(text, name):
    assert likeness(text, name) < 0.5
    assert likeness(text, text) == 1


def test_the_best_line_counts_and_neighbours_may_be_one_label():
    found = best(["公安监控", "泉城路与", "榜棚街路口东1号"], [NAME, ""], REGIONS)
    assert found is not None
    assert found.text == "泉城路与 榜棚街路口东1号"
    assert found.likeness > 0.9


def test_no_text_or_no_name_is_no_match():
    assert best([], [NAME]) is None
    assert best(["---"], [NAME]) is None
    assert best(["泉城路"], [""]) is None


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_is_symmetric_and_in_range(one, other):
    score = likeness(one, other)
    assert 0 <= score <= 1
    assert score == pytest.approx(likeness(other, one))
    assert not plain(one) or likeness(one, one) == 1
