"""When is a catalogue complete, and when is it time to ask again: a pure state machine over what came.

A device answers one Catalog query with many messages, each of which says how many items there are in all (`SumNum`).
Messages get lost, come twice, in any order, late, or stop short; devices go away in the middle. So a collection counts
identifiers, not messages: it is complete when as many different ones came as were announced and the device has fallen
quiet. Otherwise it asks again, and what came before still counts. It never takes silence for completeness.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

ITEMS_MOST: Final = 1_000_000
"""Identifiers one collection keeps account of; a larger catalogue is filed, but never taken for complete."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How patient a collection is. Seconds.

    Args:
        answer: longest wait for the first message of an answer.
        quiet: a device that has sent everything must have been silent for this long; catches those that announce less
            than they send.
        gap_least, gap_most: bounds of the silence after which an unfinished answer is given up. Between them it is
            `GAPS` times the longest silence that this answer has had so far: slow devices are waited for longer.
        attempts: queries in all.
        fruitless: queries in a row that bring nothing new.
        backoff: pause before the next query, doubled each time up to `backoff_most`.
    """

    answer: float = 15.0
    quiet: float = 1.0
    gap_least: float = 5.0
    gap_most: float = 30.0
    attempts: int = 12
    fruitless: int = 3
    backoff: float = 1.0
    backoff_most: float = 60.0


GAPS: Final = 10


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again after so many seconds, or when a message came."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Send the query (again) now."""


@dataclass(frozen=True, slots=True)
class Done:
    """Over. `why`: `complete`, or what is missing: `unanswered`, `short`, `more_than_said`, `uncounted`, `too_many`."""

    complete: bool
    why: Literal["complete", "unanswered", "short", "more_than_said", "uncounted", "too_many"]


class Collection:
    """One sync's collection. Times are seconds of one monotonic clock.

    Args:
        seen: identifiers that an earlier life of this sync brought.
        expected: what that life was told.
        attempt: queries it sent.
    """

    def __init__(
        self, rules: Rules, *, seen: Iterable[str] = (), expected: int | None = None, attempt: int = 0
    ) -> None:
        self.rules = rules
        self.attempt = attempt
        self.expected = expected
        self.repeated = 0
        self._codes = set(seen)
        self._now: set[str] = set()
        self._before = 0
        self._asking = False
        self._asked_at = 0.0
        self._heard_at: float | None = None
        self._longest = 0.0
        self._fruitless = 0
        self._due: float | None = None
        self._steady = True
        self._overfull = False

    @property
    def received(self) -> int:
        """Different identifiers so far."""
        return len(self._codes)

    @property
    def asking(self) -> bool:
        """Whether an answer is being waited for."""
        return self._asking

    # --- what happens -----------------------------------------------------------------------------------------------

    def asked(self, now: float) -> None:
        """A query is being sent."""
        self.attempt += 1
        self._asking = True
        self._asked_at, self._heard_at, self._longest = now, None, 0.0
        self._now = set()
        self._before = len(self._codes)
        self._due = None
        self._steady = True

    def failed(self, now: float) -> None:
        """The query could not be delivered, or the device said that it cannot answer."""
        self._end_attempt(now)

    def page(self, announced: int | None, codes: Iterable[str], now: float, *, current: bool = True) -> None:
        """A message of the answer came.

        Args:
            announced: its `SumNum`, None when it says none.
            codes: identifiers of its items.
            current: it answers the last query, not an earlier one of this sync.
        """
        if current:
            self._hear(announced, now)
        for code in codes:
            if code in self._codes:
                self.repeated += 1
            elif len(self._codes) < ITEMS_MOST:
                self._codes.add(code)
            else:
                self._overfull = True
                continue
            if current:
                self._now.add(code)

    def _hear(self, announced: int | None, now: float) -> None:
        if self._heard_at is not None:
            self._longest = max(self._longest, now - self._heard_at)
        first = self._heard_at is None
        self._heard_at = now
        if announced is None:
            return
        if first and self.expected is not None and announced != self.expected:
            # Another catalogue than the one before: what was missing then may not exist any more, so that only what
            # this answer brings can prove it complete.
            self._codes = set()
            self._before = 0
        elif not first and announced != self.expected:
            # A device that announces something else in every message announces nothing.
            self._steady = False
        self.expected = announced

    # --- what follows -----------------------------------------------------------------------------------------------

    def step(self, now: float) -> Wait | Ask | Done:
        """What to do now."""
        if self._asking:
            waiting = self._answering(now)
            if waiting is not None:
                return waiting
            if self._whole():
                return Done(True, "complete")
            self._end_attempt(now)
        why = self._hopeless()
        if why is not None:
            return Done(False, why)
        if self._due is not None and now < self._due:
            return Wait(self._due - now)
        return Ask()

    def _answering(self, now: float) -> Wait | None:
        """How long this answer may still go on; None when it is over."""
        if self._heard_at is None:
            left = self._asked_at + self.rules.answer - now
        else:
            whole = self._whole()
            patience = self.rules.quiet if whole else self.rules.gap_least
            patience = min(self.rules.gap_most, max(patience, self._longest * (2 if whole else GAPS)))
            left = self._heard_at + patience - now
        return Wait(left) if left > 0 else None

    def _whole(self) -> bool:
        """Whether as many came as were announced: in all answers to the same announcement, or in this one alone."""
        if self.expected is None or not self._steady or self._overfull or self._heard_at is None:
            return False
        return self.expected in (len(self._codes), len(self._now))

    def _end_attempt(self, now: float) -> None:
        self._asking = False
        self._fruitless = self._fruitless + 1 if len(self._codes) <= self._before else 0
        pause = min(self.rules.backoff_most, self.rules.backoff * 2 ** max(0, self._fruitless))
        self._due = now + pause

    def _hopeless(self) -> Literal["unanswered", "short", "more_than_said", "uncounted", "too_many"] | None:
        """Why asking again would not help."""
        if self._overfull:
            return "too_many"
        if self.attempt and not self._steady:
            return "uncounted"
        if self.attempt and self._codes and self.expected is None:
            return "uncounted"
        if self.attempt and self.expected is not None and len(self._now) > self.expected:
            return "more_than_said"
        if self._fruitless >= self.rules.fruitless or self.attempt >= self.rules.attempts:
            return "short" if self._codes else "unanswered"
        return None
