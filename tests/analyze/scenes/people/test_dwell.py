import pytest

from commonsight.analyze.scenes.people.dwell import BINS, Dwell, bin_of
from tests.analyze.scenes.people.walk import Where, along, looks, rectangle, run, setup, stands

SHELF = rectangle(4, 4, 8, 20)


def customer(begin: float, stay: float, y: float) -> Where:
    """Comes from the left, looks at the shelf, goes on to the right at a walk."""
    return along((begin, 0.5, y), (begin + 4, 6, y), (begin + 4 + stay, 6.1, y), (begin + 12 + stay, 19, y))


def test_stays_are_told_by_length() -> None:
    lengths = (10, 40, 75)
    people = [customer(i * 3, stay, 6 + 4 * i) for i, stay in enumerate(lengths)]
    told = run(Dwell(setup("dwell", zones=[SHELF])), looks(people, 105, 5))
    assert {name: told.sum("stays", name) for name in BINS if told.sum("stays", name)} == {
        "0-30": 1, "30-60": 1, "60-180": 1,
    }  # fmt: skip
    assert told.sum("stays", "all") == 3
    # Two metres before the shelf and two behind it belong to the stay.
    assert told.sum("stay_seconds") == pytest.approx(sum(lengths) + 3 * 2.7, rel=0.08)
    assert told.sum("cut_stays", "all") == 0


def test_a_passer_by_does_not_stay() -> None:
    told = run(Dwell(setup("dwell", zones=[SHELF])), looks([along((1, 0.5, 9), (15, 19, 9))], 20, 5))
    assert told.sum("stays", "all") == 0
    assert told.sum("passed") == 1


def test_who_was_there_before_is_told_apart() -> None:
    told = run(Dwell(setup("dwell", zones=[SHELF])), looks([along((0, 6, 9), (20, 6.1, 9), (28, 19, 9))], 35, 5))
    assert told.sum("stays", "all") == 0
    assert told.sum("cut_stays", "0-30") == 1
    assert told.sum("cut_seconds") == pytest.approx(21, abs=2)


def test_a_stay_outlives_a_hidden_moment() -> None:
    def hidden(t: float) -> tuple[float, float] | None:
        return None if 20 <= t < 24 else customer(1, 50, 9)(t)

    told = run(Dwell(setup("dwell", zones=[SHELF])), looks([hidden], 70, 5))
    assert told.sum("stays", "30-60") == 1
    assert told.sum("stays", "all") == 1
    assert told.sum("cut_stays", "all") == 0


def test_who_vanishes_for_good_is_cut() -> None:
    leaving = stands(6, 12, 5, 20)
    told = run(Dwell(setup("dwell", zones=[SHELF])), looks([leaving], 35, 5))
    assert told.sum("cut_stays", "0-30") == 1
    assert told.sum("stays", "all") == 0


@pytest.mark.parametrize(
    ("seconds", "name"), [(0, "0-30"), (29.9, "0-30"), (30, "30-60"), (1800, "1800-"), (1e6, "1800-")]
)
def test_lower_bounds_lie_within(seconds: float, name: str) -> None:
    assert bin_of(seconds) == name
