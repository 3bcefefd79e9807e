"""Message catalogues: complete in both languages, safe to render."""

import string

import pytest

from commonsight.text import LANGUAGES, catalogue, say


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_every_message_stands_in_both_languages_with_the_same_placeholders(code):
    said = catalogue()[code]
    assert set(said) == set(LANGUAGES)
    places = [
        # A value that is itself worded comes in both languages, as `{name_zh}` and `{name_en}`.
        {field.removesuffix(f"_{lang}") for _, field, _, _ in string.Formatter().parse(said[lang]) if field}
        for lang in LANGUAGES
    ]
    assert places[0] == places[1]
    assert all(text.strip() for text in said.values())


def test_values_are_filled_in_and_missing_ones_stay_visible():
    assert say("settings.unreadable", "en", path="a.toml") == ("The configuration file a.toml cannot be read: {reason}")
    assert "a.toml" in say("settings.unreadable", "zh-CN", path="a.toml")


def test_an_unknown_code_is_shown_not_raised():
    assert say("nowhere.nothing", "zh") == "nowhere.nothing"


def test_several_values_are_listed_as_a_person_lists_them():
    values = {"actual": "done", "expected": ["checked", "failed"]}
    assert "checked、failed" in say("catalog.import_state", "zh", **values)
    assert "checked, failed" in say("catalog.import_state", "en", **values)
