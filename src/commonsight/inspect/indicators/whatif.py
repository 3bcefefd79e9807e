"""Which repairs gain most: exact arithmetic over orders, each of which mends several cameras at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Repair:
    """One order: what it would mend. `gain`: by how much the numerator grows when all its cameras are well again.

    `key` orders those of the same gain, so that the same faults give the same list.
    """

    key: str
    gain: int
    cameras: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """After so many orders: cameras mended and the rate then."""

    orders: int
    cameras: int
    value: Fraction


def ranked(repairs: Iterable[Repair]) -> list[Repair]:
    """The order in which repairs gain most.

    An order costs the same whatever it mends, and what it mends no other one does. So the first k of this list gain the
    most that any k orders can, for every k: no search is needed.
    """
    return sorted(repairs, key=lambda one: (-one.gain, len(one.cameras), one.key))


def curve(numerator: int, denominator: int, order: Sequence[Repair]) -> list[Step]:
    """The rate before and after each order in turn; empty when nothing was measured."""
    if denominator <= 0:
        return []
    steps = [Step(0, 0, Fraction(numerator, denominator))]
    for number, one in enumerate(order, start=1):
        numerator += one.gain
        steps.append(Step(number, steps[-1].cameras + len(one.cameras), Fraction(numerator, denominator)))
    return steps


def needed(steps: Sequence[Step], bar: Fraction) -> Step | None:
    """The fewest orders with which the rate reaches the bar; None: all of them do not."""
    return next((step for step in steps if step.value >= bar), None)


def thinned(steps: Sequence[Step], most: int) -> list[Step]:
    """At most `most` steps of a curve for drawing, first and last among them, the steep beginning kept whole."""
    if len(steps) <= most:
        return list(steps)
    head = most // 2
    tail = most - head
    rest = len(steps) - head
    picked = (
        sorted({head + (rest - 1) * number // (tail - 1) for number in range(tail)}) if tail > 1 else [len(steps) - 1]
    )
    return list(steps[:head]) + [steps[number] for number in picked]
