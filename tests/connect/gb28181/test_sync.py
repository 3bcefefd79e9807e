"""A collection, as a device that loses, doubles, mixes up and cuts short its messages drives it."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from commonsight.connect.gb28181 import sync
from commonsight.connect.gb28181.sync import Ask, Collection, Done, Rules, Wait

RULES = Rules()


def codes(count: int, first: int = 0) -> list[str]:
    return [f"{number:020}" for number in range(first, first + count)]


@dataclass
class Play:
    """Drives a collection: time passes only as the collection asks to wait."""

    collection: Collection = field(default_factory=lambda: Collection(RULES))
    now: float = 0.0
    queries: int = 0

    def page(self, announced: int | None, items: list[str], *, after: float = 0.01, current: bool = True) -> None:
        self.now += after
        self.collection.page(announced, items, self.now, current=current)

    def ask(self) -> None:
        """Wait until it wants to ask, and ask."""
        while isinstance(action := self.collection.step(self.now), Wait):
            self.now += action.seconds
        assert isinstance(action, Ask), action
        self.collection.asked(self.now)
        self.queries += 1

    def end(self) -> Done:
        """Wait until it is done; no further query may be needed."""
        while isinstance(action := self.collection.step(self.now), Wait):
            assert action.seconds > 0
            self.now += action.seconds
        assert isinstance(action, Done), action
        return action


def test_a_whole_answer_is_complete_once_the_device_is_quiet() -> None:
    play = Play()
    play.ask()
    for first in range(0, 100, 10):
        play.page(100, codes(10, first))
    assert isinstance(play.collection.step(play.now), Wait)
    began = play.now
    assert play.end() == Done(True, "complete")
    assert play.now - began == pytest.approx(RULES.quiet)


def test_an_empty_catalogue_is_complete() -> None:
    play = Play()
    play.ask()
    play.page(0, [])
    assert play.end().complete


def test_what_was_lost_is_asked_for_again_and_both_answers_count() -> None:
    play = Play()
    play.ask()
    play.page(30, codes(20))
    play.ask()
    play.page(30, codes(20, 10))
    assert play.end().complete
    assert play.queries == 2
    assert play.collection.repeated == 10


def test_silence_is_not_completeness() -> None:
    play = Play()
    for _ in range(RULES.fruitless + 1):
        play.ask()
        play.page(30, codes(20))
    assert play.end() == Done(False, "short")


def test_a_device_that_never_answers() -> None:
    play = Play()
    for _ in range(RULES.fruitless):
        play.ask()
    assert play.end() == Done(False, "unanswered")


def test_a_slow_device_is_waited_for() -> None:
    play = Play()
    play.ask()
    for first in range(0, 50, 10):
        play.page(50, codes(10, first), after=4.0)
        assert isinstance(play.collection.step(play.now + 4.0), Wait)
    assert play.end().complete
    assert play.queries == 1


def test_another_announcement_in_the_next_answer_begins_anew() -> None:
    play = Play()
    play.ask()
    play.page(30, codes(20))
    play.ask()
    # One of the first twenty is gone; the union would be 21 of 21, but its last item was never confirmed.
    play.page(21, codes(10, 11))
    play.ask()
    play.page(21, codes(21))
    assert play.end().complete
    assert play.queries == 3


def test_a_device_that_announces_each_message_is_never_complete() -> None:
    play = Play()
    play.ask()
    play.page(10, codes(10))
    play.page(5, codes(5, 10))
    assert play.end() == Done(False, "uncounted")


def test_a_device_that_announces_nothing_is_never_complete() -> None:
    play = Play()
    play.ask()
    play.page(None, codes(10))
    assert play.end() == Done(False, "uncounted")


def test_more_than_was_announced_is_not_complete() -> None:
    play = Play()
    play.ask()
    play.page(10, codes(10))
    play.page(10, codes(10, 10))
    assert play.end() == Done(False, "more_than_said")


def test_a_sync_that_was_cut_off_goes_on_with_what_came() -> None:
    play = Play(Collection(RULES, seen=codes(90), expected=100, attempt=1))
    play.ask()
    play.page(100, codes(10, 90))
    assert play.end().complete
    assert play.collection.attempt == 2


def test_late_messages_of_an_earlier_query_count() -> None:
    play = Play()
    play.ask()
    play.page(30, codes(10))
    play.ask()
    play.page(30, codes(10, 10), current=False)
    play.page(30, codes(10, 20))
    assert play.end().complete


def test_failed_queries_back_off() -> None:
    play = Play()
    pauses = []
    for _ in range(3):
        play.ask()
        before = play.now
        play.collection.failed(play.now)
        action = play.collection.step(play.now)
        if isinstance(action, Wait):
            pauses.append(action.seconds)
        play.now = before
    assert pauses == sorted(pauses)
    assert play.end() == Done(False, "unanswered")


def test_an_oversized_catalogue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "ITEMS_MOST", 25)
    play = Play()
    play.ask()
    for first in range(0, 50, 10):
        play.page(50, codes(10, first))
    assert play.collection.received == 25
    assert play.end() == Done(False, "too_many")


@given(
    count=st.integers(0, 60),
    size=st.integers(1, 9),
    loss=st.floats(0, 0.6),
    doubling=st.floats(0, 0.6),
    seed=st.integers(0, 2**32),
)
def test_complete_means_every_item_came_whatever_happened_to_the_messages(
    count: int, size: int, loss: float, doubling: float, seed: int
) -> None:
    """The promise the whole sync stands on."""
    chance = random.Random(seed)
    items = codes(count)
    pages = [items[at : at + size] for at in range(0, count, size)] or [[]]
    play = Play()
    came: set[str] = set()
    while True:
        while isinstance(action := play.collection.step(play.now), Wait):
            play.now += action.seconds
        if isinstance(action, Done):
            break
        play.ask()
        sent = [page for page in pages for _ in range(2 if chance.random() < doubling else 1)]
        chance.shuffle(sent)
        for page in sent:
            if chance.random() >= loss:
                play.page(count, page)
                came.update(page)
    assert play.queries <= RULES.attempts
    assert play.collection.received == len(came)
    assert action.complete == (came == set(items) and (count > 0 or play.collection.expected == 0))


class Anything(RuleBasedStateMachine):
    """Whatever comes in whatever order: it ends, in bounded time, and says complete only for what was announced."""

    def __init__(self) -> None:
        super().__init__()
        self.collection = Collection(RULES)
        self.now = 0.0
        self.announced: set[int] = set()
        self.came: set[str] = set()

    @rule(seconds=st.floats(0, 60))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: isinstance(self.collection.step(self.now), Ask))
    @rule()
    def ask(self) -> None:
        self.collection.asked(self.now)

    @rule(
        announced=st.none() | st.integers(0, 12),
        items=st.lists(st.integers(0, 12).map(str), max_size=6),
        current=st.booleans(),
    )
    def page(self, announced: int | None, items: list[str], current: bool) -> None:
        self.collection.page(announced, items, self.now, current=current)
        self.came.update(items)
        if announced is not None and current:
            self.announced.add(announced)

    @precondition(lambda self: self.collection.asking)
    @rule()
    def fail(self) -> None:
        self.collection.failed(self.now)

    @invariant()
    def says_nothing_that_is_not_so(self) -> None:
        action = self.collection.step(self.now)
        assert self.collection.received <= len(self.came)
        assert self.collection.attempt <= RULES.attempts
        if isinstance(action, Wait):
            assert 0 < action.seconds <= max(RULES.gap_most, RULES.backoff_most, RULES.answer)
        if isinstance(action, Done) and action.complete:
            assert self.collection.expected in self.announced
            assert len(self.came) >= (self.collection.expected or 0)


TestAnything = Anything.TestCase
