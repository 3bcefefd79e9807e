"""Who comes is told on: at once when it is calm, after the storm when it is not, everybody once."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.gb28181.arrivals import CALM_PACE, STORM_PACE, Arrivals
from commonsight.connect.gb28181.model import Device


def made(here):
    def find(code):
        return Device(UUID(int=int(code)), code, code, online=True) if code in here else None

    arrivals, told = Arrivals(find), []
    arrivals.listen(lambda device: told.append(device.code))
    return arrivals, told


def test_one_device_is_told_on_with_the_next_tick():
    arrivals, told = made({"1"})
    arrivals.come("1")
    arrivals.tick()
    assert told == ["1"]


def test_a_storm_is_let_in_first_and_everybody_follows():
    codes = [str(n) for n in range(5_000)]
    arrivals, told = made(set(codes))
    for second in range(60):
        for code in codes[second * 84 : (second + 1) * 84]:
            arrivals.come(code)
        arrivals.tick()
        assert arrivals.stormy
    assert len(told) <= 60 * STORM_PACE
    ticks = 0
    while len(arrivals):
        arrivals.tick()
        ticks += 1
    assert told == codes
    assert ticks <= 5_000 / CALM_PACE + 10


@given(st.lists(st.lists(st.integers(0, 40), max_size=60), max_size=30), st.sets(st.integers(0, 40)))
def test_everybody_who_is_still_here_is_told_once_a_coming(seconds, gone):
    here = {str(n) for n in range(41)} - {str(n) for n in gone}
    arrivals, told = made(here)
    came = set()
    for second in seconds:
        for number in second:
            arrivals.come(str(number))
            came.add(str(number))
        before = len(told)
        arrivals.tick()
        assert len(told) - before <= CALM_PACE
    for _ in range(200):
        arrivals.tick()
    assert not len(arrivals)
    assert set(told) == came & here
