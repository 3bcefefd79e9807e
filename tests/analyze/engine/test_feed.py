"""Decoding what is needed and no more."""

from commonsight.analyze.engine.feed import Taster
from commonsight.analyze.engine.plan import Closeness
from commonsight.analyze.scenes.model import Decoding
from commonsight.connect.model import Codec
from tests.media.conftest import FPS, GROUP, Footage, make_footage

FULL, PATROL = Closeness(1 / FPS, Decoding.FULL), Closeness(1.0, Decoding.KEYFRAMES)


def taste(taster: Taster, footage: Footage, units: range, asked: Closeness) -> tuple[list[int], int]:
    """Places of the pictures that were handed on, and how many units were decoded for them."""
    shown, decoded = [], 0
    for index in units:
        unit = footage.unit(index)
        if taster.needs(unit, asked):
            decoded += 1
            shown += [frame.pts // (90_000 // FPS) for frame in taster.feed(unit)[0]]
    return shown, decoded


def test_a_patrol_decodes_keyframes_only_and_goes_back_to_all_at_a_keyframe() -> None:
    h264, taster = make_footage(Codec.H264), Taster(Codec.H264)
    shown, decoded = taste(taster, h264, range(4 * GROUP), PATROL)
    assert shown
    assert all(place % GROUP == 0 for place in shown)
    assert decoded == len(shown)
    # In the middle of a group nothing can be decoded: what it refers to was left out.
    later, _ = taste(taster, h264, range(4 * GROUP + 3, 6 * GROUP), FULL)
    assert later[0] == 5 * GROUP
    assert later == list(range(5 * GROUP, 6 * GROUP))[: len(later)]


def test_pictures_sent_again_are_not_looked_at_twice() -> None:
    h264, taster = make_footage(Codec.H264), Taster(Codec.H264)
    first, _ = taste(taster, h264, range(GROUP + 5), FULL)
    # The node sends the group from its keyframe when all of it is wanted again.
    again, _ = taste(taster, h264, range(GROUP, 2 * GROUP), FULL)
    assert not set(first) & set(again)
    assert again


def test_pictures_that_stand_alone_are_decoded_only_when_looked_at() -> None:
    footage = make_footage(Codec.H264)
    units = [footage.unit(index) for index in range(2 * FPS)]
    taster = Taster(Codec.JPEG)
    asked = Closeness(0.5, Decoding.FULL)
    needed = [taster.needs(unit, asked) for unit in units if unit.keyframe]
    assert sum(needed) <= 4
