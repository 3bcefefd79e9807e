"""From a map of text to boxes."""

import numpy as np
import pytest

from commonsight.problem import Refusal
from commonsight.vision import cards
from commonsight.vision.ocr.find import MOST, TextFinder, pieces


def test_an_area_grows_to_the_size_of_its_letters_and_stays_inside():
    belongs = np.zeros((64, 200), np.float32)
    belongs[20:30, 40:140] = 0.9
    belongs[0:8, 0:60] = 0.8
    first, second = sorted(pieces(belongs, 0.5), key=lambda piece: piece.box[1])
    grow = 10 * 100 * 1.6 / 220
    assert second.box == pytest.approx((40 - grow, 20 - grow, 140 + grow, 30 + grow))
    assert second.score == pytest.approx(0.9)
    assert first.box[:2] == (0, 0)


def test_specks_and_doubtful_areas_are_not_text():
    belongs = np.zeros((64, 200), np.float32)
    belongs[5:7, 5:60] = 0.9
    belongs[20:30, 40:140] = 0.4
    assert pieces(belongs, 0.5) == []


def test_a_hall_of_letters_is_bounded():
    belongs = np.zeros((200, 600), np.float32)
    for row in range(0, 200, 8):
        for column in range(0, 600, 12):
            belongs[row : row + 5, column : column + 9] = 0.9
    assert len(pieces(belongs, 0.5)) == MOST


def test_a_model_made_for_something_else_is_refused(tmp_path):
    with pytest.raises(Refusal) as refused:
        TextFinder(cards.card("centerface-face"), tmp_path / "none")
    assert (refused.value.code, refused.value.expected) == ("vision.card_task", "find-text")
