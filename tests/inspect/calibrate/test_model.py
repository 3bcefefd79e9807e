"""From kept looks to a threshold with a wanted false-alarm rate."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.inspect.calibrate.model import Held, Lacking, propose
from commonsight.inspect.diagnosis.model import Phase, State, items

NOISE, DARK = items()["noise"], items()["too_dark"]
NOW = NOISE.threshold(Phase.DAY)


def good(score: float, number: int = 0) -> Held:
    return Held(UUID(int=number), score, State.WELL, False, NOW)


@given(
    scores=st.lists(st.floats(0, 255), min_size=60, max_size=90),
    rate=st.floats(0.05, 0.2),
    dark=st.booleans(),
)
def test_the_wanted_rate_is_kept_on_the_looks_it_was_found_on(scores, rate, dark):
    item = DARK if dark else NOISE
    made = propose(item, "", Phase.DAY, 1e-9, [good(score, n) for n, score in enumerate(scores)], rate)
    if made.proposed is not None:
        assert made.rate_then <= rate
        assert item.least <= made.proposed <= item.most


def test_too_few_looks_propose_nothing():
    made = propose(NOISE, "", Phase.DAY, NOW, [good(1.0, n) for n in range(50)], 0.01)
    assert (made.proposed, made.lacking, made.needed) == (None, Lacking.LOOKS, 300)
    assert propose(NOISE, "", Phase.DAY, NOW, [], 0.01).lacking is Lacking.NEVER


def test_faults_nobody_called_normal_do_not_count_as_good():
    looks = [good(2.0, n) for n in range(100)]
    bad = [Held(UUID(int=1_000 + n), 40.0, State.FAULT, False, NOW) for n in range(10)]
    made = propose(NOISE, "", Phase.DAY, NOW, looks + bad, 0.05)
    assert made.proposed == 2.0
    assert (made.flagged_now, made.flagged_then, made.lost) == (10, 10, 0)


def test_what_people_called_normal_raises_the_threshold_and_says_what_is_lost():
    looks = [good(2.0, n) for n in range(60)]
    normal = [Held(UUID(int=100 + n), 15.0, State.FAULT, True, NOW) for n in range(10)]
    faint = Held(UUID(int=500), 12.0, State.FAULT, False, NOW)
    made = propose(NOISE, "", Phase.DAY, NOW, [*looks, *normal, faint], 0.05)
    assert made.proposed == 15.0
    assert made.said == 10
    assert (made.flagged_now, made.flagged_then, made.lost) == (11, 0, 1)


def test_what_somebody_said_of_a_single_camera_stays():
    looks = [good(2.0, n) for n in range(60)]
    muted = Held(UUID(int=100), 90.0, State.FAULT, True, None)
    own = Held(UUID(int=101), 20.0, State.WELL, True, 30.0)
    made = propose(NOISE, "", Phase.DAY, NOW, [*looks, muted, own], 0.05)
    assert (made.flagged_now, made.flagged_then) == (0, 0)


def test_a_camera_counts_by_its_newest_look():
    looks = [good(50.0, 7), *(good(2.0, 7) for _ in range(80))]
    made = propose(NOISE, "", Phase.DAY, NOW, looks, 0.05)
    assert made.flagged_now == 1


@pytest.mark.parametrize(("score", "lacking"), [(NOW, Lacking.SAME), (400.0, Lacking.RANGE)])
def test_what_fits_or_is_out_of_range_is_not_proposed(score, lacking):
    made = propose(NOISE, "", Phase.DAY, NOW, [good(score, n) for n in range(80)], 0.05)
    assert (made.proposed, made.lacking) == (None, lacking)
