"""Whether a text in a picture names the camera: alike enough to its name or address in the catalogue.

What cameras write is shorter than what catalogues hold (regions are left out), is written in full or half width, and is
read with mistakes. What tells two cameras apart is little: a number, a direction. So the text must be alike as a whole,
and its numbers and directions must not contradict.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

TEXT_MOST: Final = 120
"""Characters that are compared."""
CONTRADICTED: Final = 0.4
"""Likeness of texts whose numbers or directions contradict each other, at most."""
CONTAINED: Final = 0.92
"""Likeness of a text that stands whole within the other; at least `CONTAINED_LEAST` characters."""
CONTAINED_LEAST: Final = 4
_LIKE: Final = str.maketrans("OQDILZSB", "00011258")
_NUMERALS: Final = str.maketrans("〇零一二两三四五六七八九", "001223456789")
_OPPOSITES: Final = ("东南西北", "进出", "内外", "左右", "上下", "前后侧正", "小中大")
"""Characters of which one text has one and the other another: a different place. The last group only before 学."""
_SUFFIXES: Final = ("特别行政区", "自治州", "自治县", "自治区", "街道", "省", "市", "区", "县", "旗", "镇", "乡")


@dataclass(frozen=True, slots=True)
class Match:
    """How alike the best pair was. `likeness`: 0..1. `text`: what was read, `name`: what it is most like."""

    likeness: float
    text: str
    name: str


def best(texts: Sequence[str], names: Sequence[str], regions: Sequence[str] = ()) -> Match | None:
    """The text that is most like one of the names; None when there is no text or no name.

    Args:
        texts: lines read from the picture, without its clock, from top to bottom. Neighbours are tried joined, too.
        names: the camera's in the catalogue: name, address.
        regions: names of the regions the camera is in, the widest first; either side may leave them out.
    """
    lines = [text for text in texts if plain(text)]
    candidates = [*lines, *(" ".join(pair) for pair in pairwise(lines))]
    pairs = [Match(likeness(text, name, regions), text, name) for text in candidates for name in names if plain(name)]
    return max(pairs, key=lambda match: match.likeness, default=None)


def likeness(text: str, name: str, regions: Sequence[str] = ()) -> float:
    """0 (nothing alike) to 1 (the same but for width, punctuation, regions left out and look-alike characters)."""
    scores = [
        _alike(one, other) for one in _shortened(plain(text), regions) for other in _shortened(plain(name), regions)
    ]
    return max(scores, default=0.0)


def plain(text: str) -> str:
    """Letters and digits alone, half width, capitals, what looks alike made the same."""
    folded = unicodedata.normalize("NFKC", text[:TEXT_MOST]).upper()
    kept = "".join(character for character in folded if character.isalnum())
    return kept.translate(_NUMERALS).translate(_LIKE)


def _shortened(text: str, regions: Sequence[str]) -> Iterator[str]:
    """The text, and what is left of it after each region it begins with, with or without the region's kind."""
    yield text
    for region in regions:
        whole = plain(region)
        short = next((whole[: -len(end)] for end in _SUFFIXES if whole.endswith(end)), whole)
        for start in (whole, short):
            if len(start) >= 2 and text.startswith(start) and len(text) > len(start):
                text = text[len(start) :]
                yield text
                break


def _alike(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    score = float(Levenshtein.normalized_similarity(one, other))
    shorter = min(len(one), len(other))
    if shorter >= CONTAINED_LEAST:
        score = max(score, CONTAINED * float(fuzz.partial_ratio(one, other)) / 100)
    return min(score, CONTRADICTED) if _contradict(one, other) else score


def _contradict(one: str, other: str) -> bool:
    """Whether each has a number, or a direction, that the other lacks; one may well have more than the other."""
    for a, b in zip((_numbers(one), *_signs(one)), (_numbers(other), *_signs(other)), strict=True):
        if a - b and b - a:
            return True
    return False


def _numbers(text: str) -> Counter[str]:
    return Counter(number.lstrip("0") for number in re.findall(r"\d+", text))


def _signs(text: str) -> Iterator[Counter[str]]:
    for group in _OPPOSITES[:-1]:
        yield Counter(character for character in text if character in group)
    yield Counter(re.findall(f"[{_OPPOSITES[-1]}](?=学)", text))
