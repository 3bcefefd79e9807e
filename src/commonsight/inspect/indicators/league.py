"""League tables: who is ahead of whom, and who cannot be told apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commonsight.inspect.indicators.model import Figure


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scope stands. `rank` None: nothing was measured. `tied`: others have the same rank."""

    code: str
    rank: int | None
    tied: bool


def places(figures: Mapping[str, Figure]) -> list[Place]:
    """Scopes in order, the best first, those with nothing measured last.

    Two that differ by less than their error are not told apart: a scope shares the rank of the best one of the group
    before it for as long as their intervals (95 %) meet. Who was measured whole has no error; equal rates are tied.
    """
    known = [(code, one) for code, one in figures.items() if one.value is not None]
    order = sorted(known, key=lambda pair: (-_value(pair[1]), -pair[1].denominator, pair[0]))
    ranks: list[int] = []
    leader = 0
    for place, (_, one) in enumerate(order):
        if place and not _meet(order[leader][1], one):
            leader = place
        ranks.append(leader + 1)
    found = [Place(code, rank, ranks.count(rank) > 1) for (code, _), rank in zip(order, ranks, strict=True)]
    return found + [Place(code, None, False) for code, one in sorted(figures.items()) if one.value is None]


def _value(one: Figure) -> float:
    return one.value if one.value is not None else -1.0


def _meet(better: Figure, worse: Figure) -> bool:
    first, second = better.interval, worse.interval
    return first is not None and second is not None and second[1] >= first[0]


@dataclass(frozen=True, slots=True)
class Change:
    """How a rate moved since a day, in shares of one; None where one of the two is unknown."""

    days: int
    value: float | None


def change(now: Figure | None, before: Figure | None, days: int) -> Change:
    """The change of a rate over so many days; never between two ways of counting."""
    if now is None or before is None or now.value is None or before.value is None or now.variant != before.variant:
        return Change(days, None)
    return Change(days, now.value - before.value)


def worst(order: Sequence[Place]) -> Place | None:
    """The last of those that are ranked."""
    ranked = [place for place in order if place.rank is not None]
    return ranked[-1] if ranked else None
