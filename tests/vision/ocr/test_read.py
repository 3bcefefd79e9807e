"""Decoding what a reading network puts out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.vision.ocr.read import decoded

CHARACTERS = ("", "1", ":", "时")


def steps(*best: int) -> np.ndarray:
    out = np.full((len(best), len(CHARACTERS)), 0.1, np.float32)
    out[np.arange(len(best)), list(best)] = 0.7
    return out


def test_repeats_are_one_character_unless_nothing_lies_between_them():
    said = decoded(steps(0, 1, 1, 0, 1, 2, 2, 0, 3, 0), CHARACTERS)
    assert said.text == "11:时"
    assert said.confidence == pytest.approx(0.7)
    assert (said.start, said.stop) == (0.1, 0.9)


def test_nothing_is_no_text():
    assert decoded(steps(0, 0, 0), CHARACTERS) == ("", 0.0, 0.0, 0.0)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_never_longer_than_its_steps_and_never_two_of_one_run(best):
    said = decoded(steps(*best), CHARACTERS)
    runs = [one for place, one in enumerate(best) if one and (place == 0 or best[place - 1] != one)]
    assert said.text == "".join(CHARACTERS[one] for one in runs)
    assert 0 <= said.start <= said.stop <= 1
