"""Administrative regions as code prefixes (GB/T 2260 and its township and village extensions).

A region's code is the leading digits that its descendants share, so "inside" is "starts with":

    45            province     GB/T 2260, 2 digits
    4501          city         4
    450102        county       6
    450102001     township     9  (GB/T 10114)
    450102001001  village     12  (National Bureau of Statistics)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from commonsight.problem import Refusal


class Level(IntEnum):
    """The five levels, from the top."""

    PROVINCE = 1
    CITY = 2
    COUNTY = 3
    TOWNSHIP = 4
    VILLAGE = 5


DIGITS: dict[Level, int] = {
    Level.PROVINCE: 2,
    Level.CITY: 4,
    Level.COUNTY: 6,
    Level.TOWNSHIP: 9,
    Level.VILLAGE: 12,
}
_LEVEL_BY_DIGITS = {digits: level for level, digits in DIGITS.items()}


@dataclass(frozen=True, slots=True)
class Region:
    """One administrative region. `children` counts the regions directly below it."""

    code: str
    name: str
    level: Level
    parent: str | None
    children: int = 0


def checked(code: str, *, operand: str = "region") -> str:
    """`code` itself when it has the shape of a region code.

    Raises:
        Refusal: `places.code_malformed`, naming `operand`, when it has not.
    """
    if len(code) in _LEVEL_BY_DIGITS and code.isascii() and code.isdigit():
        return code
    raise Refusal(
        "places.code_malformed",
        status=422,
        rule="2, 4, 6, 9 or 12 digits",
        operand=operand,
        expected=sorted(_LEVEL_BY_DIGITS),
        actual=code[:40],
    )


def level_of(code: str) -> Level:
    """The level that a code's length says. Raises Refusal like `checked`."""
    return _LEVEL_BY_DIGITS[len(checked(code))]


def parent_of(code: str) -> str | None:
    """The code one level up, None above a province."""
    level = level_of(code)
    return None if level is Level.PROVINCE else code[: DIGITS[Level(level - 1)]]


def ancestors(code: str) -> list[str]:
    """The codes from the province down to `code` itself."""
    level = level_of(code)
    return [code[: DIGITS[above]] for above in Level if above <= level]


def from_six(code: str) -> str:
    """The prefix meant by a six-digit GB/T 2260 code, whose unused levels are `00`: 450100 -> 4501, 450000 -> 45."""
    checked(code)
    if len(code) != DIGITS[Level.COUNTY]:
        return code
    if code.endswith("0000"):
        return code[:2]
    return code[:4] if code.endswith("00") else code


def covers(prefixes: Iterable[str], code: str) -> bool:
    """Whether `code` lies inside any of `prefixes`."""
    return any(code.startswith(prefix) for prefix in prefixes)


def narrowed(scope: Iterable[str], wanted: str | None) -> list[str]:
    """What remains of `wanted` (None = everything) inside `scope`: the fewest prefixes, sorted.

    An empty list means that nothing of it may be seen.
    """
    allowed = sorted(set(scope), key=lambda prefix: (len(prefix), prefix))
    fewest: list[str] = []
    for prefix in allowed:
        if not covers(fewest, prefix):
            fewest.append(prefix)
    if wanted is None:
        return sorted(fewest)
    if covers(fewest, wanted):
        return [wanted]
    return sorted(prefix for prefix in fewest if prefix.startswith(wanted))


def after_prefix(prefix: str) -> str:
    """The first string after every string that starts with `prefix`, in byte order: the end of a range scan."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
