"""What bench.sweep calls right, whom it asks the peer about, and what it makes of its figures."""

from collections import Counter

import pytest
from bench.sweep import drawn
from bench.sweep_report import whole
from bench.sweep_verdicts import EXPECTED, REASONS, Seen, right, table

from commonsight.simulate.big_fleet import plan
from commonsight.simulate.fleet import Fault

CAMERAS = plan(45, 1_600, 400)


def seen(fault, **said):
    camera = next(camera for camera in CAMERAS if camera.fault is fault)
    given = {"health": "works", "error": None, "codec": camera.stream.codec.value, "first_frame_ms": 900}
    return Seen(camera, **(given | said))


def test_every_ill_has_a_verdict_and_a_reason():
    planned = {camera.fault for camera in CAMERAS}
    assert planned == set(EXPECTED) == set(REASONS) | {Fault.NONE, Fault.SLOW}


@pytest.mark.parametrize(
    ("fault", "said", "is_right"),
    [
        (Fault.NONE, {}, True),
        (Fault.SLOW, {}, True),
        (Fault.NONE, {"codec": "jpeg"}, False),
        (Fault.NONE, {"health": "offline", "error": "timeout"}, False),
        (Fault.REFUSED, {"health": "offline", "error": "refused"}, True),
        (Fault.REFUSED, {}, False),
        (Fault.BROKEN, {"health": "bad", "error": "undecodable"}, True),
        (Fault.BROKEN, {"health": "bad", "error": "not_found"}, False),
        (Fault.UNAUTHORIZED, {"health": "offline", "error": "unauthorized"}, False),
    ],
)
def test_a_verdict_is_right_with_its_reason_only(fault, said, is_right):
    assert right(seen(fault, **said)) is is_right


def test_the_table_names_what_was_wrong():
    found = table([seen(Fault.NONE), seen(Fault.NONE, health="bad", error="lost")])
    assert found == {"rtsp/none": "1/2", "wrong": {"rtsp/none": {"bad: lost": 1}}}


def test_the_peer_s_sample_has_the_fleet_s_shares():
    sample = drawn(CAMERAS, 200)
    assert len({camera.number for camera in sample}) == 200
    for of in (lambda c: c.protocol, lambda c: c.fault, lambda c: c.stream):
        whole_fleet, drawn_ones = Counter(map(of, CAMERAS)), Counter(map(of, sample))
        for key, count in whole_fleet.items():
            assert drawn_ones[key] == pytest.approx(count / 10, rel=0.4, abs=2), key
    assert drawn(CAMERAS[:5], 200) == sorted(CAMERAS[:5], key=lambda c: (c.fault.value, c.stream.name, c.number))


def test_time_for_a_region_follows_from_cpu_and_bytes():
    found = whole(seconds=0.024, signalling=0.012, received=900_000)
    assert found["cpu_bound_minutes_on_2_cores"] == 50.0
    assert found["link_bound_minutes"] == {"1 Gbit/s": 30.0, "10 Gbit/s": 3.0}
