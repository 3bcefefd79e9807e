import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.analyze.model import GroundPoint
from commonsight.analyze.scenes.ground import grid, homography
from commonsight.problem import Refusal

SQUARE = (
    GroundPoint((0.2, 0.9), (0, 0)),
    GroundPoint((0.8, 0.9), (10, 0)),
    GroundPoint((0.6, 0.4), (10, 40)),
    GroundPoint((0.4, 0.4), (0, 40)),
)

near = st.floats(-0.05, 0.05)


def test_points_come_back_as_they_were_given():
    way = homography(SQUARE)
    seen, there = zip(*((point.picture, point.metres) for point in SQUARE), strict=True)
    assert way.metres(np.array(seen)) == pytest.approx(np.array(there), abs=1e-6)
    assert way.picture(np.array(there)) == pytest.approx(np.array(seen), abs=1e-6)


def test_four_points_say_nothing_of_the_error_and_a_fifth_does():
    assert homography(SQUARE).error is None
    right = homography((*SQUARE, GroundPoint((0.5, 0.9), (5, 0))))
    assert right.error == pytest.approx(0, abs=1e-6)
    wrong = homography((*SQUARE, GroundPoint((0.5, 0.9), (8, 0))))
    assert wrong.error is not None
    assert wrong.error > 1
    assert max(wrong.residuals) > 0.5


def test_beyond_the_horizon_there_are_no_metres():
    way = homography(SQUARE)
    assert np.isnan(way.metres(np.array([[0.5, 0.05]]))).all()
    assert np.isfinite(way.metres(np.array([[0.5, 0.95]]))).all()


@settings(max_examples=25)
@given(st.lists(st.tuples(near, near), min_size=4, max_size=4))
def test_whatever_the_camera_sees_the_way_there_leads_back(moved):
    points = [
        GroundPoint((p.picture[0] + dx, p.picture[1] + dy), p.metres) for p, (dx, dy) in zip(SQUARE, moved, strict=True)
    ]
    way = homography(points)
    inside = np.array([[0.5, 0.88], [0.45, 0.7], [0.5, 0.6]])
    metres = way.metres(inside)
    assert way.picture(metres) == pytest.approx(inside, abs=1e-6)


@pytest.mark.parametrize(
    ("points", "rule"),
    [
        (SQUARE[:3], "at least 4"),
        ((*SQUARE[:3], GroundPoint((0.2, 0.9), (3, 3))), "another place"),
        (tuple(GroundPoint((0.1 * n, 0.1 * n), (n, n * n)) for n in range(1, 5)), "line"),
        ((*SQUARE[:2], GroundPoint((0.6, 0.4), (0, 40)), GroundPoint((0.4, 0.4), (10, 40))), "exchanged"),
    ],
)  # fmt: skip
def test_what_is_no_ground_is_refused(points, rule):
    with pytest.raises(Refusal) as refused:
        homography(points)
    assert refused.value.code == "analyze.document_invalid"
    assert rule in refused.value.rule


def test_the_grid_lies_in_the_picture_and_is_not_endless():
    step, lines = grid(homography(SQUARE))
    assert step in (1, 2, 5)
    assert 5 < len(lines) < 120
    assert all(0 <= part <= 1 for line in lines for point in line for part in point)
