import json
from dataclasses import replace

import pytest

from commonsight.analyze.model import Analysis, GroundPoint, SceneSetup, Zone
from commonsight.analyze.scenes import packs
from commonsight.analyze.scenes.model import Needs
from commonsight.analyze.scenes.service import WHOLE
from commonsight.problem import Refusal

from . import stage

ZONE = Zone("square", "Square", ((0.1, 0.1), (0.9, 0.1), (0.5, 0.9)))
SETUP = SceneSetup("one", "counter", "One", zones=("square",), settings={"seconds": 30.0})
PROVEN = Analysis(enabled=True, zones=(ZONE,), scenes=(SETUP,))


def pack(card=stage.CARD, **origin):
    one = packs.packed(PROVEN, SETUP, card, "commonsight", origin or None)
    return packs.sealed("Jam", "", "2026-05-01T00:00:00Z", "Nanning", [one])


def codes(findings):
    return [one.code for one in findings]


def test_a_pack_survives_any_json_writer():
    again = json.loads(json.dumps(pack(), ensure_ascii=True, indent=3, sort_keys=True))
    (one,) = packs.opened(again)
    assert (one.setup.settings, one.zones) == ({"seconds": 30.0}, (ZONE,))


def test_a_pack_names_no_camera_unless_asked():
    assert "origin" not in pack()["setups"][0]
    assert pack(camera="North gate")["setups"][0]["origin"] == {"camera": "North gate"}


def test_a_pack_that_was_changed_is_refused_with_both_digests():
    changed = pack()
    changed["setups"][0]["setup"]["settings"]["seconds"] = 5
    with pytest.raises(Refusal) as refused:
        packs.opened(changed)
    assert refused.value.code == "scenes.pack_changed"
    assert refused.value.expected != refused.value.actual


@pytest.mark.parametrize("given", [{}, {"format": packs.FORMAT}, {"format": packs.FORMAT, "setups": []}])
def test_what_is_no_pack_is_refused(given):
    with pytest.raises(Refusal, match="pack_invalid"):
        packs.opened(given)


def test_what_does_not_fit_is_said_and_brought_within_bounds():
    (one,) = packs.opened(pack())
    (least,) = stage.CARD.parameters
    stricter = replace(stage.CARD, parameters=(replace(least, least=60, default=90),))
    setup, findings = packs.fitted(one, stricter, ["net"])
    assert setup.settings == {"seconds": 60}
    assert codes(findings) == ["card_differs", "parameter_bounded"]
    setup, findings = packs.fitted(one, replace(stage.CARD, parameters=()), [])
    assert (setup.settings, codes(findings)) == ({}, ["card_differs", "parameter_unknown"])
    _, findings = packs.fitted(one, None, [])
    assert [(f.code, f.blocks) for f in findings] == [("card_missing", True)]


def test_shapes_of_elsewhere_are_off_until_redrawn():
    (one,) = packs.opened(pack())
    changed, findings = packs.laid(Analysis(), one, one.setup, stage.CARD, whole=False, mark="abc0")
    assert codes(findings) == ["redraw"]
    assert not changed.enabled
    assert not changed.scenes[0].enabled
    assert changed.scenes[0].zones == (changed.zones[0].id,) == ("square-abc0",)


def test_the_whole_picture_runs_at_once():
    (one,) = packs.opened(pack())
    changed, findings = packs.laid(Analysis(), one, one.setup, stage.CARD, whole=True, mark="abc0")
    assert findings == []
    assert changed.enabled
    assert changed.zones == (WHOLE,)
    assert changed.scenes[0].enabled


def test_a_scene_in_metres_needs_a_calibrated_camera():
    (one,) = packs.opened(pack())
    card = replace(stage.CARD, needs=replace(stage.CARD.needs, ground=True))
    changed, findings = packs.laid(PROVEN, one, one.setup, card, whole=True, mark="abc0")
    assert (changed, codes(findings)) == (PROVEN, ["ground_missing"])
    ground = tuple(GroundPoint((x, y), (x * 9, y * 9)) for x in (0.1, 0.9) for y in (0.1, 0.9))
    changed, findings = packs.laid(replace(PROVEN, ground=ground), one, one.setup, card, whole=True, mark="abc0")
    assert (len(changed.scenes), findings) == (2, [])


def test_the_version_of_a_card_is_not_its_measurements():
    other = replace(stage.CARD, needs=Needs(3.0, 1.0, stage.CARD.needs.decoding))
    assert packs.version(other) != packs.version(stage.CARD)
