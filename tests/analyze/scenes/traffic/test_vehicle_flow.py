"""Counts by class and direction with speed, and the queue before the stop line."""

from collections import defaultdict
from typing import Any

import numpy as np

from commonsight.analyze.model import Line, Zone
from commonsight.analyze.scenes.model import Setup
from commonsight.analyze.scenes.traffic.vehicle_flow import VehicleFlow

from .road import User, drive, looks, run, stop
from .test_congestion import Flat

LINE = Line("gate", "gate", (0.5, 0.95), (0.5, 0.45))
BEFORE = Zone("before", "before", ((0.0, 0.4), (0.75, 0.4), (0.75, 1.0), (0.0, 1.0)))
STOP = Line("stop", "stop", (0.76, 0.95), (0.76, 0.45))


def totals(seen: Any) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = defaultdict(float)
    for one in seen:
        for figure in one.figures:
            if figure.measure.startswith("flow"):
                found[figure.measure, figure.kind] += figure.value
    return dict(found)


def test_vehicles_are_counted_by_class_and_direction_and_people_are_not() -> None:
    users = [
        *(User(drive(-40, 430, 200, 2.5 * n, 2.5 * n + 6), shade=n) for n in range(5)),
        *(User(drive(1000, 330, -200, 3 * n, 3 * n + 6), "bus", 130, 80, shade=20 + n) for n in range(3)),
        User(drive(200, 500, 60, 0, 20), "person", 20, 60, shade=50),
    ]
    made = VehicleFlow(Setup("s", "vehicle_flow", (), (LINE,), {}, Flat()))
    _, seen = run(made, looks(users, 22, every=0.1, missing=0.03))
    found = totals(seen)
    assert found["flow_in", "car"] == 5
    assert found["flow_out", "bus"] == 3
    assert sum(found.values()) == 8
    speeds = [f.value for one in seen for f in one.figures if f.measure == "speed_in"]
    assert 65 < np.mean(speeds) < 79, "200 px/s of 10 px a metre are 72 km/h"


def test_without_a_ground_speeds_are_box_lengths_and_never_kmh() -> None:
    made = VehicleFlow(Setup("s", "vehicle_flow", (), (LINE,), {}))
    _, seen = run(made, looks([User(drive(-40, 430, 180, 0, 8))], 10, every=0.1))
    measures = {f.measure for one in seen for f in one.figures}
    assert "speed_lengths_in" in measures
    assert "speed_in" not in measures
    lengths = [f.value for one in seen for f in one.figures if f.measure == "speed_lengths_in"]
    assert 2.4 < lengths[0] < 3.6, "180 px/s of boxes of 60 px"


def test_a_queue_before_the_stop_line_has_its_vehicles_and_its_metres() -> None:
    queue = [User(stop(690 - 110 * n, 430, 150, 0, 5 + n, until=30), shade=n) for n in range(4)]
    far = User(lambda t: (60.0, 430.0), shade=30)
    made = VehicleFlow(Setup("s", "vehicle_flow", (BEFORE,), (STOP,), {}, Flat()))
    _, seen = run(made, looks([*queue, far], 45, every=0.5))
    at25 = {f.measure: f.value for f in seen[50].figures if f.target == "before"}
    assert at25["queue_vehicles"] == 4, "the one far behind is not in it"
    assert 34 < at25["queue_metres_max"] < 43, "from x = 730 to x = 360: 37 m"
    at44 = {f.measure: f.value for f in seen[88].figures if f.target == "before"}
    assert at44["queue_vehicles"] == 0
