from collections.abc import Sequence

import numpy as np
import pytest

from commonsight.analyze.scenes.people.gathering import Gathering, estimate
from commonsight.analyze.scenes.people.groups import groups, in_a_row, standing
from tests.analyze.scenes.people.walk import Flat, Where, looks, rectangle, run, setup, stands, walks

SQUARE = rectangle(4, 6, 16, 20)
RANDOM = np.random.default_rng(3)
CROWD = [
    stands(9 + dx, 12 + dy, 10.0 + place, 160) for place, (dx, dy) in enumerate(RANDOM.uniform(-2, 2, (14, 2)).tolist())
]
QUEUE = [stands(5 + 0.8 * place, 12 + 0.1 * (place % 2)) for place in range(12)]
PASSING = [
    walks((0, 8 + place * 7 % 10 * 0.7), (20, 8 + place * 7 % 10 * 0.7), 0.5 * place, 1.1) for place in range(300)
]


@pytest.mark.parametrize(("ground", "every"), [(None, 8.0), (Flat(), 2.0)])
def test_a_crowd_that_stands_is_a_gathering(ground: Flat | None, every: float) -> None:
    told = run(Gathering(setup("gathering", zones=[SQUARE], ground=ground)), looks(CROWD, 190, 1 / every))
    assert told.phases()[0] == "began"
    assert told.phases()[-1] == "ended"
    assert told.phases().count("began") == 1
    assert 70 <= told.sightings[0][0] <= 120


@pytest.mark.parametrize("people", [QUEUE, PASSING], ids=["queue", "passing"])
def test_queues_and_passing_crowds_are_none(people: Sequence[Where]) -> None:
    told = run(Gathering(setup("gathering", zones=[SQUARE])), looks(people, 150, 1 / 4))
    assert told.phases() == []


def test_density_needs_a_ground() -> None:
    on = run(Gathering(setup("gathering", zones=[SQUARE], ground=Flat())), looks(CROWD, 60, 0.5))
    assert on.last("density") == pytest.approx(on.last("people") / (12 * 14))
    off = run(Gathering(setup("gathering", zones=[SQUARE])), looks(CROWD, 60, 0.5))
    assert not [figure for _, figure in off.figures if figure.measure == "density"]
    assert 0 < off.last("covered") < 1


def test_the_estimate_carries_its_error() -> None:
    count, error = estimate(85, 0.85)
    assert count == pytest.approx(100)
    assert 10 < error < 25
    assert estimate(0, 0.85) == (0.0, 0.0)


class TestStanding:
    def test_who_stands_where_somebody_stood(self) -> None:
        places = np.random.default_rng(1).uniform(0, 12, (20, 2))
        assert standing(places + 0.1, places) == pytest.approx(1, abs=0.1)

    @pytest.mark.parametrize("dense", [0.2, 1.0])
    def test_a_stream_stands_no_more_than_chance(self, dense: float) -> None:
        random = np.random.default_rng(2)
        count = int(dense * 400)
        found = standing(random.uniform(0, 20, (count, 2)), random.uniform(0, 20, (count, 2)))
        assert found is not None
        assert found < 0.2

    def test_nothing_to_compare_with_is_unknown(self) -> None:
        assert standing(np.zeros((3, 2)), None) is None


def test_groups_are_chains_of_neighbours_largest_first() -> None:
    points = np.array([[0, 0], [1, 0], [2, 0.5], [3, 0], [20, 20], [21, 20], [20, 21]], dtype=np.float64)
    found = groups(points, 1.5, None)
    assert [each.rows.tolist() for each in found] == [[0, 1, 2, 3], [4, 5, 6]]


def test_a_row_is_slim() -> None:
    assert in_a_row(np.array([[i * 0.8, 0.1 * (i % 2)] for i in range(8)]))
    assert not in_a_row(np.array([[i % 3, i // 3] for i in range(9)], dtype=np.float64))
