"""Stream numbers never leak and never double, whatever order they come and go in."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from commonsight.connect.gb28181.ssrc import PER_USE, SsrcPool, Use
from commonsight.problem import Refusal

SIZE = 4


class Pool(RuleBasedStateMachine):
    """A small pool against a set."""

    taken = Bundle("taken")

    def __init__(self) -> None:
        super().__init__()
        self.pool = SsrcPool("4501020000", SIZE)
        self.out: set[str] = set()

    @rule(target=taken, use=st.sampled_from(["live", "history"]))
    def take(self, use: Use) -> str:
        full = self.pool.taken(use) == SIZE
        if full:
            with pytest.raises(Refusal, match="gb_ssrc_exhausted"):
                self.pool.take(use)
            return ""
        ssrc = self.pool.take(use)
        assert ssrc not in self.out
        assert len(ssrc) == 10
        assert ssrc[0] == ("0" if use == "live" else "1")
        assert ssrc[1:6] == "10200"
        self.out.add(ssrc)
        return ssrc

    @rule(ssrc=consumes(taken))
    def give_back(self, ssrc: str) -> None:
        assert self.pool.give_back(ssrc) is (ssrc in self.out)
        self.out.discard(ssrc)
        assert self.pool.give_back(ssrc) is False

    @rule(ssrc=st.one_of(st.text(max_size=12), st.integers(0, SIZE + 1).map(lambda n: f"010200{n:04d}")))
    def hold(self, ssrc: str) -> None:
        could = (
            ssrc not in self.out and len(ssrc) == 10 and ssrc[:6] == "010200" and "0001" <= ssrc[6:] <= f"{SIZE:04d}"
        )
        assert self.pool.hold(ssrc) is could
        if could:
            self.out.add(ssrc)

    @invariant()
    def nothing_leaks(self) -> None:
        assert self.pool.taken("live") + self.pool.taken("history") == len(self.out)


TestPool = Pool.TestCase
TestPool.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)


def test_the_number_given_back_last_is_taken_last() -> None:
    pool = SsrcPool("4501020000", 3)
    first = pool.take("live")
    pool.give_back(first)
    assert [pool.take("live") for _ in range(3)][-1] == first


def test_the_whole_pool_comes_and_goes() -> None:
    pool = SsrcPool("4501020000")
    numbers = [pool.take("live") for _ in range(PER_USE)]
    assert len(set(numbers)) == PER_USE
    with pytest.raises(Refusal):
        pool.take("live")
    assert all(pool.give_back(each) for each in numbers)
    assert pool.taken("live") == 0


@pytest.mark.parametrize("domain", ["", "45", "45010200x0"])
def test_a_domain_must_have_its_digits(domain: str) -> None:
    with pytest.raises(ValueError, match="domain"):
        SsrcPool(domain)
