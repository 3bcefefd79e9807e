"""Whatever happens in whatever order, each opened dialog is ended once and its number comes back."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from commonsight.connect.gb28181.dialogs import PURPOSES, Dialogs, Held, Purpose, Stage
from commonsight.connect.gb28181.ssrc import SsrcPool
from commonsight.connect.sip.dialog import Dialog
from commonsight.connect.sip.peer import Peer
from commonsight.problem import Refusal

SIZE = 3
PEER = Peer("default", "udp", "127.0.0.1", 5_060)


class Lives(RuleBasedStateMachine):
    """Holders come and go, devices answer or not, BYE comes from either side."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = SsrcPool("4501020000", SIZE)
        self.dialogs = Dialogs(self.pool)
        self.holders = {1, 2, 3}
        self.newest = 3
        self.inviting: list[Held] = []
        self.open: list[Held] = []
        self.byes: list[Held] = []  # told to say BYE, not yet over
        self.said: dict[str, int] = {}
        self.calls = 0

    def _bye(self, held: Held) -> None:
        self.byes.append(held)
        self.said[held.call_id] = self.said.get(held.call_id, 0) + 1
        if held in self.open:
            self.open.remove(held)

    @precondition(lambda self: self.holders)
    @rule(data=st.data(), purpose=st.sampled_from(PURPOSES))
    def begin(self, data: st.DataObject, purpose: Purpose) -> None:
        holder = data.draw(st.sampled_from(sorted(self.holders)))
        self.calls += 1
        try:
            held = self.dialogs.begin(f"call-{self.calls}", "d", "c", purpose, holder)
        except Refusal:
            assert self.pool.taken("live" if purpose == "play" else "history") == SIZE
            return
        self.inviting.append(held)

    @precondition(lambda self: self.inviting)
    @rule(data=st.data(), agrees=st.booleans())
    def device_answers(self, data: st.DataObject, agrees: bool) -> None:
        held = data.draw(st.sampled_from(self.inviting))
        self.inviting.remove(held)
        if not agrees:
            assert self.dialogs.gone(held)
        elif self.dialogs.opened(held, Dialog(held.call_id, "us", "them", "sip:d@h", PEER)):
            self.open.append(held)
        else:
            self._bye(held)

    @precondition(lambda self: self.open or self.inviting)
    @rule(data=st.data())
    def somebody_ends_it(self, data: st.DataObject) -> None:
        held = data.draw(st.sampled_from(self.open + self.inviting))
        if self.dialogs.end(held, "wanted"):
            assert held in self.open
            self._bye(held)

    @rule()
    def holder_comes(self) -> None:
        self.newest += 1
        self.holders.add(self.newest)

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def holder_goes(self, data: st.DataObject) -> None:
        holder = data.draw(st.sampled_from(sorted(self.holders)))
        self.holders.remove(holder)
        for held in self.dialogs.holder_gone(holder):
            self._bye(held)

    @precondition(lambda self: self.byes)
    @rule(data=st.data())
    def bye_is_over(self, data: st.DataObject) -> None:
        held = data.draw(st.sampled_from(self.byes))
        self.byes.remove(held)
        assert self.dialogs.gone(held)
        assert not self.dialogs.gone(held)
        assert not self.dialogs.end(held, "again")

    @invariant()
    def numbers_are_those_of_living_dialogs(self) -> None:
        living = self.inviting + self.open + self.byes
        assert len(self.dialogs) == len(living)
        assert len({held.ssrc for held in living}) == len(living)
        assert self.pool.taken("live") + self.pool.taken("history") == len(living)

    @invariant()
    def nobody_says_bye_twice(self) -> None:
        assert all(count == 1 for count in self.said.values())

    @invariant()
    def what_a_gone_holder_had_is_ending(self) -> None:
        for held in self.inviting + self.open:
            if held.holder not in self.holders:
                assert held.unwanted
                assert held.stage is Stage.INVITING

    def teardown(self) -> None:
        for holder in sorted(self.holders):
            for held in self.dialogs.holder_gone(holder):
                self._bye(held)
        for held in list(self.inviting):
            assert not self.dialogs.opened(held, Dialog(held.call_id, "us", "them", "sip:d@h", PEER))
            self._bye(held)
        for held in self.byes:
            self.dialogs.gone(held)
        assert len(self.dialogs) == 0
        assert self.pool.taken("live") == self.pool.taken("history") == 0


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)


def test_what_the_process_before_us_left_keeps_its_number_until_it_is_over() -> None:
    pool = SsrcPool("4501020000", SIZE)
    dialogs = Dialogs(pool)
    left = Held("old", "d", "c", "play", "0102000001", 7)
    assert dialogs.inherit(left)
    assert not dialogs.inherit(Held("other", "d", "c", "play", "0102000001", 7))
    assert not dialogs.inherit(Held("strange", "d", "c", "play", "0999990001", 7))
    assert "0102000001" not in [pool.take("live") for _ in range(SIZE - 1)]
    assert dialogs.gone(left)
    assert pool.take("live") == "0102000001"


def test_a_channel_is_found_by_its_own_code_and_by_its_device() -> None:
    dialogs = Dialogs(SsrcPool("4501020000", SIZE))
    held = dialogs.begin("a", "device", "channel", "playback", 1)
    assert dialogs.of_channel("device", "channel") == [held]
    assert dialogs.of_channel("device", "device") == [held]
    assert dialogs.of_channel("device", "other") == []
