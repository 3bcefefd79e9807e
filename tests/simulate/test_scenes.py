"""The scenes fit the clips and the analysis document."""

import pytest

from commonsight.analyze.model import parse_lines, parse_zones
from commonsight.simulate.footage import clips
from commonsight.simulate.scenes import scenes


@pytest.mark.parametrize("language", ["zh", "en"])
def test_lines_and_zones_are_accepted_as_an_analysis(language):
    for scene in scenes(language):
        assert parse_lines(scene["lines"])
        assert parse_zones(scene["zones"])


def test_each_scene_shows_a_known_clip_once():
    shown = [scene["clip"] for scene in scenes()]
    assert sorted(shown) == sorted(clip.name for clip in clips())


def test_names_follow_the_language():
    zh, en = scenes("zh")[0], scenes("en")[0]
    assert zh["lines"][0]["id"] == en["lines"][0]["id"]
    assert zh["lines"][0]["name"] != en["lines"][0]["name"]
