"""How a reference comes about and follows."""

from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest

from commonsight.inspect.diagnosis.model import Phase
from commonsight.inspect.references.model import HEAT, UNSTEADY, Kept, State, after, heat
from tests.vision.quality.test_reference import HEIGHT, look, of, scene

AT = datetime(2026, 11, 23, 4, tzinfo=UTC)
EMPTY = Kept(UUID(int=1), Phase.DAY, 1, None, 0, False)


def built(looks: int, *, vouched: bool = False) -> Kept:
    kept = Kept(EMPTY.camera_id, Phase.DAY, 1, None, 0, vouched)
    for seed in range(looks):
        kept = after(kept, look(seed=seed), AT, needed=3, trusted=True).kept
    return kept


@pytest.mark.parametrize(
    ("looks", "vouched", "state"),
    [(0, False, State.WAITING), (2, False, State.BUILDING), (3, False, State.READY), (1, True, State.READY)],
)
def test_it_takes_some_looks_or_one_that_a_person_vouches_for(looks, vouched, state):
    assert built(looks, vouched=vouched).state(3) is state


def test_nothing_is_built_of_pictures_that_are_in_doubt():
    assert after(EMPTY, look(), AT, needed=3, trusted=False).kept.reference is None
    one = built(1)
    assert after(one, look(seed=5), AT, needed=3, trusted=False).kept is one


def test_what_a_person_vouched_for_is_taken_whatever_is_known():
    empty = Kept(EMPTY.camera_id, Phase.DAY, 2, None, 0, True)
    assert after(empty, look(), AT, needed=3, trusted=False).kept.state(3) is State.READY


def test_a_ready_one_judges_and_does_not_follow_what_it_judges():
    ready = built(3)
    turned = after(ready, look(right=0.1, seed=9), AT, needed=3, trusted=True)
    assert turned.comparison.scores()["scene_change"] > 0.6
    assert not turned.changed
    assert turned.kept is ready
    again = after(ready, look(seed=9), AT, needed=3, trusted=True)
    assert again.changed
    assert again.kept.reference.looks == 4


def test_a_cover_is_not_learnt():
    luma = look(seed=9).planes.luma.astype(np.float32)
    luma[: HEIGHT // 2] = 60
    assert not after(built(3), of(luma), AT, needed=3, trusted=True).changed


def test_a_view_that_changes_all_the_time_is_said_to():
    kept = EMPTY
    for seed in range(UNSTEADY + 1):
        kept = after(kept, look(scene(100 + seed)), AT, needed=3, trusted=True).kept
    assert kept.state(3) is State.UNSTEADY


def test_the_map_of_what_was_lost_has_its_size_and_place():
    cells = np.zeros((45, 80), bool)
    cells[:5, :10] = True
    drawn = heat(cells)
    assert len(drawn) == HEAT[0] * HEAT[1]
    assert drawn[:3] == [9, 9, 0]
