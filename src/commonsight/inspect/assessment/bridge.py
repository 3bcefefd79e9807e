"""From their rate to ours: steps that add up exactly, because each begins where the one before ended. Pure.

A step takes cameras out of the count, brings some in, or turns their verdict into ours. What a step is worth depends on
the order; the order is fixed and shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

LEAVING = ("duplicate", "unmatched", "retired", "filed_later", "clock", "exempt")
"""Explanations whose rows are in their count and not in ours."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One row: whether it counts for the camera there and here (None: unknown here), and why."""

    theirs: bool
    ours: bool | None
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """The count after a step. `rows`: how many rows or cameras it is about."""

    code: str
    numerator: int
    denominator: int
    rows: int


@dataclass(frozen=True, slots=True)
class Bridge:
    """Their count, the steps, and so ours. The last step's count is ours."""

    steps: tuple[Step, ...]

    @property
    def theirs(self) -> Fraction | None:
        """Their rate."""
        return _rate(self.steps[0])

    @property
    def ours(self) -> Fraction | None:
        """Our rate of the same cameras at the same times."""
        return _rate(self.steps[-1])

    def points(self) -> list[Fraction]:
        """What each step after the first is worth. They add up to `ours - theirs`, exactly.

        A step that leaves nothing to count is worth nothing; the next with something takes the whole difference.
        """
        worth, last = [], self.theirs
        for step in self.steps[1:]:
            now = _rate(step)
            if now is None or last is None:
                worth.append(Fraction(0))
                last = last if now is None else now
            else:
                worth.append(now - last)
                last = now
        return worth

    def as_json(self) -> list[dict[str, Any]]:
        """As it is stored and shown. `points` are hundredths of a percentage point, rounded so that they, too, add up:
        each is the difference of two rounded rates."""
        shown = []
        last: int | None = None
        for number, step in enumerate(self.steps):
            rate = _rate(step)
            now = last if rate is None else round(rate * 10_000)
            points = None if number == 0 else 0 if last is None or now is None else now - last
            last = now
            shown.append(
                {"code": step.code, "numerator": step.numerator, "denominator": step.denominator, "rows": step.rows,
                 "rate": None if rate is None else float(rate), "points": points}
            )  # fmt: skip
        return shown


def _rate(step: Step) -> Fraction | None:
    return Fraction(step.numerator, step.denominator) if step.denominator else None


def build(
    rows: Iterable[Judged], assessed: int | None, others: Mapping[str, tuple[int, int]], order: Sequence[str]
) -> Bridge:
    """The bridge of a list.

    Args:
        rows: every row of the list that could be read.
        assessed: how many cameras they assessed, when the list names only some; those unnamed are taken as good there.
        others: (good, counted) of our cameras that the list does not name, at its time, by why it does not.
        order: codes of explanations, in the order their steps are taken.
    """
    judged = list(rows)
    good = sum(row.theirs for row in judged)
    unnamed = max(0, (assessed or 0) - len(judged))
    numerator, denominator = good + unnamed, len(judged) + unnamed
    steps = [Step("theirs", numerator, denominator, denominator)]

    def take(code: str, numerators: int, denominators: int, about: int) -> None:
        nonlocal numerator, denominator
        if about:
            numerator, denominator = numerator + numerators, denominator + denominators
            steps.append(Step(code, numerator, denominator, about))

    take("unnamed", -unnamed, -unnamed, unnamed)
    for code in order:
        about = [row for row in judged if row.why == code]
        if code in LEAVING:
            take(code, -sum(row.theirs for row in about), -len(about), len(about))
            continue
        unknown = [row for row in about if row.ours is None]
        take(f"{code}.unknown", -sum(row.theirs for row in unknown), -len(unknown), len(unknown))
        turned = [row for row in about if row.ours is not None and row.ours != row.theirs]
        take(code, sum(1 if row.ours else -1 for row in turned), 0, len(turned))
    # Ours that they do not name come in last: until then each step is worth what it is in their own figure.
    for code, (well, counted) in sorted(others.items()):
        take(code, well, counted, counted)
    steps.append(Step("ours", numerator, denominator, denominator))
    return Bridge(tuple(steps))
