"""Choices that follow from a seed and a name alone: the same question always gets the same answer, nothing is kept."""

import hashlib
import struct
from typing import Final

DRAWS: Final = 16
"""Numbers one name yields."""


def draw(seed: int, *name: object) -> float:
    """One number in [0, 1)."""
    return int.from_bytes(_digest(8, seed, name), "big") / 2**64


_WORDS: Final = struct.Struct(f">{DRAWS}I")


def draws(seed: int, *name: object) -> list[float]:
    """`DRAWS` numbers in [0, 1)."""
    return [word / 2**32 for word in _WORDS.unpack(_digest(_WORDS.size, seed, name))]


def _digest(size: int, seed: int, name: tuple[object, ...]) -> bytes:
    text = ":".join(map(str, (seed, *name)))
    return hashlib.blake2b(text.encode(), digest_size=size).digest()
