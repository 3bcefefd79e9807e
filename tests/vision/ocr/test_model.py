"""Pieces of text on one line."""

from commonsight.vision.ocr.model import Piece, rows


def test_pieces_on_one_row_become_a_line_across_a_wide_space():
    date, time = Piece((10, 10, 110, 30), 0.9), Piece((140, 11, 200, 31), 0.7)
    assert rows([time, date]) == [Piece((10, 10, 200, 31), 0.7)]


def test_a_far_piece_another_row_and_another_size_stay_apart():
    date = Piece((10, 10, 110, 30), 0.9)
    far, below, huge = Piece((170, 10, 240, 30), 0.9), Piece((10, 34, 110, 54), 0.9), Piece((112, 0, 300, 60), 0.9)
    for other in (far, below, huge):
        assert len(rows([date, other])) == 2


def test_lines_come_from_top_to_bottom():
    low, high = Piece((0, 100, 50, 120), 0.9), Piece((300, 5, 350, 25), 0.9)
    assert rows([low, high]) == [high, low]
