"""Stream numbers (SSRC, the `y=` of a description): taken for a dialog, given back with it, never two at once."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

from commonsight.problem import Refusal

Use = Literal["live", "history"]
PER_USE: Final = 9_999
"""Ten digits are one for the use, five for the domain, and four that count. They count from 1: in a region whose code
ends in zeros the number 0 would be ten zeros, which devices take for none."""

_LEAD: Final[dict[Use, str]] = {"live": "0", "history": "1"}


@dataclass(slots=True)
class _Shelf:
    """Numbers of one use. The one given back longest ago is taken first: a device that sends on after BYE must not
    be taken for the next one."""

    free: deque[int] = field(default_factory=deque)
    taken: set[int] = field(default_factory=set)


class SsrcPool:
    """All stream numbers of one signalling process.

    Args:
        domain: ten digits of our SIP domain; its digits 4 to 8 stand inside every number.
        size: numbers per use, for tests.
    """

    def __init__(self, domain: str, size: int = PER_USE) -> None:
        if not (len(domain) >= 8 and domain.isascii() and domain.isdigit()):
            raise ValueError(f"domain: ten digits, is {domain!r}")
        if not 1 <= size <= PER_USE:
            raise ValueError(f"size: 1 to {PER_USE}, is {size}")
        self._middle = domain[3:8]
        self._size = size
        self._shelves: dict[Use, _Shelf] = {use: _Shelf(deque(range(1, size + 1))) for use in _LEAD}

    def take(self, use: Use) -> str:
        """A number nobody has, ten digits.

        Raises:
            Refusal: `connect.gb_ssrc_exhausted` when all are taken.
        """
        shelf = self._shelves[use]
        if not shelf.free:
            raise Refusal(
                "connect.gb_ssrc_exhausted", status=503, rule="at most", operand=use, expected=self._size,
                actual=len(shelf.taken),
            )  # fmt: skip
        number = shelf.free.popleft()
        shelf.taken.add(number)
        return f"{_LEAD[use]}{self._middle}{number:04d}"

    def hold(self, ssrc: str) -> bool:
        """Take this very number, which a process before us gave to a device. False: not ours, or taken already."""
        found = self._find(ssrc)
        if found is None or found[1] in found[0].taken:
            return False
        shelf, number = found
        shelf.free.remove(number)
        shelf.taken.add(number)
        return True

    def give_back(self, ssrc: str) -> bool:
        """The dialog is over. False when nobody had it, so that giving back twice frees nothing twice."""
        found = self._find(ssrc)
        if found is None or found[1] not in found[0].taken:
            return False
        shelf, number = found
        shelf.taken.remove(number)
        shelf.free.append(number)
        return True

    def taken(self, use: Use) -> int:
        """How many are held now."""
        return len(self._shelves[use].taken)

    def _find(self, ssrc: str) -> tuple[_Shelf, int] | None:
        if len(ssrc) != 10 or not (ssrc.isascii() and ssrc.isdigit()) or ssrc[1:6] != self._middle:
            return None
        shelf = next((self._shelves[use] for use, lead in _LEAD.items() if ssrc[0] == lead), None)
        number = int(ssrc[6:])
        return None if shelf is None or not 1 <= number <= self._size else (shelf, number)
