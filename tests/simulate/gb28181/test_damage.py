"""Channels broken by hand answer and show what they were ordered to, and are well again when mended."""

import asyncio
from dataclasses import replace

import pytest

from commonsight.simulate.damage import Harm
from commonsight.simulate.fleet import Fault
from commonsight.simulate.gb28181.damage import Wounds
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan


@pytest.fixture
def fleet(reel):
    return Fleet(FleetPlan(platforms=1, cameras=4), server="45000000002000000001", to=("127.0.0.1", 9), films=[reel])


@pytest.fixture
def code(fleet):
    return fleet.parties[0].catalogue.code(2)


def test_orders_become_ills_and_mending_ends_them(fleet, code):
    wounds = Wounds(fleet)
    assert wounds.obey({f"gb28181/{code}": Harm.WRONG_PASSWORD, "fleet/1": Harm.HUNG}) == [f"gb28181/{code}"]
    assert wounds.ill(code).fault is Fault.UNAUTHORIZED
    assert wounds.ill(fleet.parties[0].catalogue.code(1)).fault is Fault.NONE
    assert wounds.obey({f"gb28181/{code}": Harm.WRONG_PASSWORD}) == []
    assert wounds.obey({"fleet/1": Harm.HUNG}) == [f"gb28181/{code}"]
    assert wounds.ill(code).fault is Fault.NONE


def test_a_spoiled_picture_is_another_film(fleet, code, reel):
    wounds = Wounds(fleet)
    assert wounds.film_of(f"gb28181/{code}") == reel.name
    assert wounds.film_of("gb28181/00000000000000000000") is None
    assert wounds.film_of(f"fleet/{code}") is None
    wounds.obey({f"gb28181/{code}": Harm.BLACK})
    assert wounds.ill(code).film is None  # not there yet: it shows its own
    black = replace(reel, name="black")
    wounds.show(reel.name, Harm.BLACK, black)
    assert wounds.ill(code).film is black
    assert wounds.ill(code).fault is Fault.NONE


async def test_streams_of_a_channel_are_cut(fleet, code):
    ended = []
    streams = fleet.parties[0].streams
    streams._streams = {
        "one": Playing(code, ended), "two": Playing("other", ended), "three": Playing(code, ended),
    }  # fmt: skip
    Wounds(fleet).obey({f"gb28181/{code}": Harm.HUNG})
    await asyncio.sleep(0)
    assert list(streams._streams) == ["two"]
    assert ended == [code, code]


class Playing:
    """As much of a stream as its end concerns."""

    task = None

    def __init__(self, channel, ended):
        self.channel, self.pipe, self._ended = channel, self, ended

    def close(self):
        self._ended.append(self.channel)
