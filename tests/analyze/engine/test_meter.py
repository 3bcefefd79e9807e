"""What a camera costs, and what it has lately been worth."""

from uuid import UUID

import pytest

from commonsight.analyze.engine.meter import Meter
from commonsight.analyze.engine.workload import Workload


def test_costs_and_coverage_are_those_of_the_last_half_minute() -> None:
    meter = Meter(0.0)
    for second in range(120):
        meter.decoded(float(second), 0.01)
        meter.looked(float(second), watched=1.0, cpu=0.05, changed=second % 4 == 0, boxes=4, doubtful=1)
    reading = meter.read(119.5)
    assert reading.looks == pytest.approx(1.0)
    assert reading.coverage == pytest.approx(1.0)
    assert reading.inference == pytest.approx(0.05)
    assert reading.decoding == pytest.approx(0.01)
    assert reading.activity == pytest.approx(0.25, abs=0.03)
    assert reading.uncertainty == pytest.approx(0.25)
    silent = meter.read(300.0)
    assert (silent.looks, silent.coverage, silent.uncertainty) == (0.0, 0.0, 1.0)


def test_a_worker_tells_what_its_cameras_cost_together() -> None:
    workload, meter = Workload(), Meter(0.0)
    for second in range(30):
        meter.looked(float(second), watched=1.0, cpu=0.2)
    for number in range(2):
        workload.read(UUID(int=number), meter.read(30.0))
    assert workload.told(2.0) == {"used": pytest.approx(0.4), "available": 2.0}
    workload.gone(UUID(int=0))
    assert workload.told(2.0)["used"] == pytest.approx(0.2)
