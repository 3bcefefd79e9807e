"""Grams: what is found, what is not, whatever the text."""

from hypothesis import given
from hypothesis import strategies as st

from commonsight.catalog.search import TERM_MOST, TERMS_MOST, grams, terms

TEXT = st.text(max_size=30)


@given(TEXT, st.integers(0, 29), st.integers(1, 6))
def test_the_grams_of_a_part_are_among_those_of_the_whole(text: str, start: int, length: int) -> None:
    for word in text.split():
        whole = set(grams(word))
        # A part that folds differently on its own (combining marks) is another word.
        part = word[start : start + length]
        for term in terms(part) if part and part.isalnum() and part.isascii() else []:
            assert set(term.grams) <= whole


def test_chinese_is_found_by_one_character_and_by_two() -> None:
    whole = set(grams("南宁市青秀区民族大道古城路口-东"))
    for query in ("桥", "大桥"):
        assert not set(terms(query)[0].grams) <= whole
    for query in ("东", "青秀", "民族大道", "古城路口"):
        assert set(terms(query)[0].grams) <= whole


def test_only_longer_terms_need_the_text_itself() -> None:
    assert [term.compare for term in terms("桥 大桥 大桥东")] == [False, False, True]
    assert terms("𠀀")[0].compare


def test_forms_are_folded() -> None:
    assert grams("Ｇ７２線") == grams("g72線")
    assert terms("ＡＢ")[0].text == "ab"


def test_pairs_do_not_reach_into_the_next_text() -> None:
    assert not set(terms("丙丁")[0].grams) <= set(grams("甲丙", "丁乙"))


def test_digits_are_tried_as_the_beginning_of_an_identifier() -> None:
    assert terms("4501")[0].code_prefix == "4501"
    assert terms("450")[0].code_prefix is None
    assert terms("４５０１")[0].code_prefix == "4501"


@given(st.text(max_size=500))
def test_queries_are_bounded_and_fit_the_column(query: str) -> None:
    found = terms(query)
    assert len(found) <= TERMS_MOST
    for term in found:
        assert len(term.text) <= TERM_MOST
        assert term.grams
        assert all(-(2**31) <= gram < 2**31 for gram in term.grams)
