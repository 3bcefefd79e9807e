import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.analyze.model import Analysis, GroundPoint, Line, SceneSetup, Zone
from commonsight.analyze.scenes import document
from commonsight.problem import Refusal

from . import stage

ZONE = Zone("square", "Square", ((0.1, 0.1), (0.9, 0.1), (0.5, 0.9)))
LINE = Line("gate", "Gate", (0.1, 0.5), (0.9, 0.5))
SETUP = SceneSetup("one", "counter", "One", zones=("square",), settings={"seconds": 30.0})
CARDS = {"counter": stage.CARD}


def one(**more):
    return SceneSetup("one", "counter", "One", **more)


setups = st.builds(
    SceneSetup,
    id=st.sampled_from(["a", "queue-1", "x_2", "0", "z" * 40]),
    scene=st.just("counter"),
    name=st.sampled_from(["Queue", "南门 2"]),
    zones=st.sampled_from([(), ("square",)]),
    settings=st.dictionaries(st.sampled_from(["seconds", "other"]), st.floats(-1e6, 1e6), max_size=2),
    enabled=st.booleans(),
    hours=st.lists(
        st.builds(
            document.Hours, st.integers(0, 1439), st.integers(0, 1439),
            st.lists(st.integers(1, 7), min_size=1, unique=True).map(lambda days: tuple(sorted(days))),
        ),
        max_size=3,
    ).map(tuple),
    source=st.sampled_from([None, "deployment:1"]),
)  # fmt: skip


@settings(max_examples=25)
@given(st.lists(setups, max_size=4, unique_by=lambda one: one.id))
def test_setups_survive_being_written_and_read(given_setups):
    dumped = [document.dump_setup(one) for one in given_setups]
    assert document.parse_scenes(dumped) == tuple(given_setups)


KEYS = st.sampled_from(["id", "scene", "name", "zones", "settings", "hours", "days", "enabled", "picture", "metres"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@settings(max_examples=25)
@given(ANYTHING)
def test_whatever_is_given_is_read_or_refused(thing):
    for parse in (document.parse_scenes, document.parse_ground):
        with contextlib.suppress(Refusal):
            assert isinstance(parse(thing), tuple)


@pytest.mark.parametrize(
    ("change", "operand"),
    [
        ({"scenes": (SceneSetup("one", "nobody", "One"),)}, "scenes.0.scene"),
        ({"scenes": (one(zones=("elsewhere",)),)}, "scenes.0.zones"),
        ({"scenes": (one(),)}, "scenes.0"),
        ({"scenes": (one(zones=("square",), lines=("gate",)),)}, "scenes.0.lines"),
        ({"scenes": (one(zones=("square",), settings={"seconds": 4000}),)}, "scenes.0.settings.seconds"),
        ({"scenes": (one(zones=("square",), settings={"speed": 4}),)}, "scenes.0.settings.speed"),
        ({"scenes": (one(zones=("square",), instead="two"),)}, "scenes.0.instead"),
        ({"scenes": (SETUP, SETUP)}, "scenes, lines and zones"),
        ({"ground": (GroundPoint((0.1, 0.1), (0, 0)),)}, "ground"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_element(change, operand):
    analysis = Analysis(**({"zones": (ZONE,), "lines": (LINE,)} | change))
    with pytest.raises(Refusal) as refused:
        document.check(analysis, CARDS)
    assert refused.value.operand == operand


def test_a_setup_as_its_card_allows_passes():
    document.check(Analysis(zones=(ZONE,), lines=(LINE,), scenes=(SETUP,)), CARDS)
