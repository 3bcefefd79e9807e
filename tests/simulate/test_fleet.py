from collections import Counter

import pytest

from commonsight.simulate.fleet import Fault, Fleet, Mix


def test_the_same_seed_gives_the_same_fleet():
    one, two = Fleet(7, 500), Fleet(7, 20_000)
    assert [one.fault(i) for i in range(500)] == [two.fault(i) for i in range(500)]
    assert [one.fault(i) for i in range(500)] != [Fleet(8, 500).fault(i) for i in range(500)]


def test_about_four_fifths_are_online_and_seven_tenths_play():
    fleet = Fleet(45, 20_000)
    found = Counter(fleet.fault(i) for i in range(20_000))
    offline = sum(found[f] for f in (Fault.REFUSED, Fault.HUNG, Fault.MISSING))
    plays = found[Fault.NONE] + found[Fault.SLOW]
    assert 0.77 <= 1 - offline / 20_000 <= 0.83
    assert 0.67 <= plays / 20_000 <= 0.75
    assert set(found) == set(Fault) - {Fault.GARBAGE}  # which a fleet has only where it is asked for


def test_a_dead_camera_has_the_address_of_a_dead_port():
    fleet = Fleet(1, 100, port=9000, mix=Mix(1, 0, 0, 0, 0, 0, 0))
    healthy = Fleet(1, 100, port=9000, mix=Mix(0, 0, 0, 0, 0, 0, 0))
    assert {fleet.address(i) for i in range(40)} >= {"rtsp://127.0.0.1:9001/fleet/3"}
    assert healthy.address(3) == "rtsp://127.0.0.1:9000/fleet/3"
    assert {healthy.fault(i) for i in range(100)} == {Fault.NONE}


def test_every_clip_is_played_by_some_camera():
    fleet = Fleet(45, 1_000)
    assert {fleet.reel(i, 3) for i in range(1_000)} == {0, 1, 2}


@pytest.mark.parametrize("index", [-1, 10])
def test_outside_the_fleet_there_is_no_camera(index):
    with pytest.raises(IndexError):
        Fleet(1, 10).fault(index)


def test_shares_must_make_sense():
    with pytest.raises(ValueError, match="mix"):
        Mix(refused=0.9, broken=0.2)
    with pytest.raises(ValueError, match="mix"):
        Mix(refused=-0.1)
