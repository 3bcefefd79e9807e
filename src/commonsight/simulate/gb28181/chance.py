"""Choices that follow from a seed and a name alone: the same question always gets the same answer, nothing is kept."""

import hashlib
from typing import Final

import numpy as np

DRAWS: Final = 16
"""Numbers one name yields."""


def draw(seed: int, *name: object) -> float:
    """One number in [0, 1)."""
    return int.from_bytes(_digest(8, seed, name), "big") / 2**64


def draws(seed: int, *name: object) -> np.ndarray:
    """`DRAWS` numbers in [0, 1)."""
    numbers: np.ndarray = np.frombuffer(_digest(4 * DRAWS, seed, name), dtype=">u4") / 2.0**32
    return numbers


def _digest(size: int, seed: int, name: tuple[object, ...]) -> bytes:
    text = ":".join(map(str, (seed, *name)))
    return hashlib.blake2b(text.encode(), digest_size=size).digest()
