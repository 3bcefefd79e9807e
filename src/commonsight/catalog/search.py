"""Search by part of a name or address, for a language without spaces.

PostgreSQL's trigrams need three characters and an extension; Chinese is searched with one or two. So each camera keeps
the set of its *grams*: every character and every pair of neighbours of its name and address, as 32-bit numbers under a
GIN index. A term of one or two characters is answered by the index alone; a longer one by all its pairs, then compared
with the text itself, because pairs may stand apart. Text is normalised (NFKC, case folded) on both sides.
"""

import unicodedata
from dataclasses import dataclass
from itertools import pairwise

TERMS_MOST = 6
TERM_MOST = 32
CODE_DIGITS_LEAST = 4
"""A term of so many digits is also tried as the beginning of an identifier."""

_PRIVATE_USE, _PRIVATE_USE_SIZE = 0xE000, 0x1900


def normalised(text: str) -> str:
    """What is compared: compatibility forms folded, case folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def _unit(character: str) -> int:
    """16 bits for a character. Beyond the basic plane they are shared by some; the comparison afterwards settles it."""
    point = ord(character)
    return point if point <= 0xFFFF else _PRIVATE_USE + point % _PRIVATE_USE_SIZE


def _signed(number: int) -> int:
    return number - 0x1_0000_0000 if number >= 0x8000_0000 else number


def grams(*texts: str) -> list[int]:
    """The grams of all `texts`, sorted, each once. Pairs do not reach across white space or into the next text."""
    found: set[int] = set()
    for text in texts:
        for word in normalised(text).split():
            units = [_unit(character) for character in word]
            found.update(units)
            found.update(_signed(a << 16 | b) for a, b in pairwise(units))
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a query. `grams` must all be there; `text` is compared too when they alone do not prove it."""

    text: str
    grams: tuple[int, ...]
    compare: bool
    code_prefix: str | None


def terms(query: str) -> list[Term]:
    """The words of a query, at most `TERMS_MOST` of at most `TERM_MOST` characters; the rest is not searched for."""
    found = []
    for word in normalised(query.replace("\x00", " ")).split()[:TERMS_MOST]:
        text = word[:TERM_MOST]
        units = [_unit(character) for character in text]
        pairs = [_signed(a << 16 | b) for a, b in pairwise(units)]
        digits = text.isascii() and text.isdigit() and len(text) >= CODE_DIGITS_LEAST
        exact = len(text) <= 2 and all(ord(character) <= 0xFFFF for character in text)
        found.append(Term(text, tuple(sorted(set(pairs or units))), not exact, text if digits else None))
    return found
