"""Which pictures are looked at, and how much has to be decoded for them."""

import pytest

from commonsight.analyze.engine.pace import Depth, Pace
from commonsight.analyze.scenes.model import Decoding


@pytest.mark.parametrize(("source", "asked", "expected"), [(25, 5, 50), (25, 12, 120), (25, 25, 250), (12.5, 25, 125)])
def test_pace_takes_what_is_asked_for(source: float, asked: float, expected: int) -> None:
    pace = Pace(1 / asked)
    taken = sum(pace.wants(index / source) for index in range(int(10 * source)))
    assert abs(taken - expected) <= 1


def test_a_pace_that_changes_looks_at_the_next_picture() -> None:
    pace = Pace(10.0)
    assert pace.wants(0.0)
    assert not pace.wants(4.0)
    pace.every = 0.2
    assert pace.wants(4.04)


@pytest.mark.parametrize(("step", "every", "expected"), [(0.08, 0.2, "reference"), (0.5, 0.2, "full")])
def test_all_is_decoded_only_when_the_frames_others_refer_to_come_too_slowly(
    step: float, every: float, expected: str
) -> None:
    depth = Depth()
    for index in range(30):
        depth.came(index * step, Decoding.REFERENCE)
    assert depth.decoding(Decoding.REFERENCE, every) == expected
    # Keyframes are never more than keyframes, whatever comes.
    assert depth.decoding(Decoding.KEYFRAMES, every) == "keyframes"
