"""What the cameras of one worker cost together, and how much more it could take."""

import os
from typing import Any, Final
from uuid import UUID

from commonsight.analyze.engine.meter import Reading

BUDGET: Final = 0.8
"""Share of the worker's time that may be given away; the rest is for the unforeseen."""
THREADS: Final = 2
"""Cores one worker can use: one thread looks, one decodes."""
LOOK_SECONDS: Final = 0.06
"""What a picture is taken to cost before one was looked at, s."""


class Workload:
    """Adds up the latest readings of a worker's cameras."""

    def __init__(self) -> None:
        self.seconds_looking = LOOK_SECONDS
        """Mean cost of a picture in the inference thread, s of a core."""
        self._readings: dict[UUID, Reading] = {}
        self._promised: dict[UUID, float] = {}

    def looked(self, cpu: float) -> None:
        """A picture took `cpu` seconds of a core."""
        self.seconds_looking += 0.05 * (cpu - self.seconds_looking)

    def read(self, camera_id: UUID, reading: Reading) -> None:
        """The latest figures of a camera."""
        self._readings[camera_id] = reading

    def gone(self, camera_id: UUID) -> None:
        """A camera is watched no more."""
        self._readings.pop(camera_id, None)
        self._promised.pop(camera_id, None)

    def promise(self, camera_id: UUID, cores: float | None) -> None:
        """What the budget expects a camera to take; None: it has not decided."""
        self._promised.pop(camera_id, None)
        if cores is not None:
            self._promised[camera_id] = cores

    @property
    def promised(self) -> float:
        """Cores the budget expects this worker's cameras to take."""
        return sum(self._promised.values())

    def free(self, cores: float | None) -> float:
        """Cores that may still be given away, below 0 when too much was; `cores` as for `told`."""
        return available(cores) * BUDGET - self.promised

    @property
    def inference(self) -> float:
        """Share of the inference thread's core used."""
        return sum(reading.inference for reading in self._readings.values())

    @property
    def decoding(self) -> float:
        """Share of the decoding thread's core used."""
        return sum(reading.decoding for reading in self._readings.values())

    def told(self, cores: float | None = None) -> dict[str, Any]:
        """Cores used and available, as they stand in the lease's state and in the worker's heartbeat.

        Args:
            cores: what the settings give this worker; None: what the machine has, two at most.
        """
        return {"used": round(self.inference + self.decoding, 3), "available": available(cores)}


def available(cores: float | None) -> float:
    """Cores a worker can use: what the settings give it, else what the machine has, two at most."""
    return cores or float(min(THREADS, os.cpu_count() or 1))
