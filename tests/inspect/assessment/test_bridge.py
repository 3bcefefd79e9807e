"""The bridge from their rate to ours adds up, whatever the list holds."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from commonsight.inspect.assessment.bridge import LEAVING, Judged, build
from commonsight.inspect.assessment.model import explanations

CODES = list(explanations())
ROWS = st.builds(
    lambda why, theirs, ours: Judged(theirs, None if why in LEAVING else theirs if why == "agree" else ours, why),
    st.sampled_from(CODES),
    st.booleans(),
    st.sampled_from([True, False, None]),
)
OTHERS = st.dictionaries(
    st.sampled_from(["not_listed", "not_shared_up"]),
    st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: (min(pair), max(pair))),
)


@given(st.lists(ROWS, max_size=60), st.none() | st.integers(0, 200), OTHERS)
def test_steps_add_up_exactly_and_end_at_our_own_count(
    rows: list[Judged], assessed: int | None, others: dict[str, tuple[int, int]]
) -> None:
    made = build(rows, assessed, others, CODES)
    # Their figure and ours, each counted on its own.
    unnamed = max(0, (assessed or 0) - len(rows))
    listed = [row for row in rows if row.ours is not None]
    good = sum(bool(row.ours) for row in listed) + sum(well for well, _ in others.values())
    counted = len(listed) + sum(count for _, count in others.values())
    assert (made.steps[-1].numerator, made.steps[-1].denominator) == (good, counted)
    assert made.steps[0].denominator == len(rows) + unnamed
    if made.theirs is not None and made.ours is not None:
        assert sum(made.points(), Fraction(0)) == made.ours - made.theirs
        shown = made.as_json()
        assert sum(step["points"] for step in shown[1:]) == round(made.ours * 10_000) - round(made.theirs * 10_000)
    for step in made.steps:
        assert 0 <= step.numerator <= step.denominator


def test_each_difference_is_one_step() -> None:
    rows = [
        *[Judged(True, True, "agree")] * 6,
        Judged(False, None, "exempt"),
        Judged(False, None, "exempt"),
        Judged(False, True, "proved_around"),
        Judged(False, False, "agree"),
    ]
    made = build(rows, None, {"not_listed": (9, 10)}, CODES)
    assert [(step.code, step.numerator, step.denominator) for step in made.steps] == [
        ("theirs", 6, 10),
        ("exempt", 6, 8),
        ("proved_around", 7, 8),
        ("not_listed", 16, 18),
        ("ours", 16, 18),
    ]
    assert [step["points"] for step in made.as_json()] == [None, 1500, 1250, 139, 0]


def test_those_counted_without_being_named_are_taken_out_again() -> None:
    made = build([Judged(False, False, "agree")], 100, {"not_listed": (90, 98)}, CODES)
    codes = [step.code for step in made.steps]
    assert codes == ["theirs", "unnamed", "not_listed", "ours"]
    assert (made.theirs, made.ours) == (Fraction(99, 100), Fraction(90, 99))
