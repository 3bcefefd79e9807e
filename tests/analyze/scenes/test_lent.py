from dataclasses import replace
from uuid import UUID

import pytest

from commonsight.analyze.model import Analysis, SceneSetup, Stored, Zone
from commonsight.analyze.scenes.service import WHOLE, lent
from commonsight.problem import Refusal

OWN = SceneSetup("own", "counter", "Own", zones=("square",))
LENT = SceneSetup("lent", "counter", "Lent", zones=("whole",))
ZONE = Zone("square", "Square", ((0.1, 0.1), (0.9, 0.1), (0.5, 0.9)))


def stood(analysis, by=None):
    return Stored(UUID(int=1), analysis, 1, enabled_by=by)


def test_what_is_put_there_is_taken_back_exactly():
    before = stood(Analysis(enabled=False, zones=(ZONE,), scenes=(OWN,)))
    changed, by = lent(before, [LENT], "deployment:1")
    assert (changed.enabled, by) == (True, "deployment:1")
    assert changed.zones == (ZONE, WHOLE)
    assert changed.scenes == (OWN, replace(LENT, source="deployment:1"))
    assert lent(stood(changed, by), [], "deployment:1") == (before.analysis, None)


def test_a_camera_that_was_on_stays_on():
    changed, by = lent(stood(Analysis(enabled=True, zones=(ZONE,), scenes=(OWN,))), [LENT], "deployment:1")
    assert by is None
    assert lent(stood(changed, by), [], "deployment:1")[0].enabled


def test_the_last_of_two_switches_it_off():
    one, by = lent(stood(Analysis()), [LENT], "deployment:1")
    both, by = lent(stood(one, by), [replace(LENT, id="second")], "deployment:2")
    left, by = lent(stood(both, by), [], "deployment:1")
    assert (left.enabled, by) == (True, "deployment:2")
    assert lent(stood(left, by), [], "deployment:2") == (Analysis(), None)


def test_an_id_that_is_taken_is_refused():
    with pytest.raises(Refusal) as refused:
        lent(stood(Analysis(zones=(ZONE,), scenes=(OWN,))), [replace(LENT, id="own")], "deployment:1")
    assert refused.value.operand == "scenes.0.id"
