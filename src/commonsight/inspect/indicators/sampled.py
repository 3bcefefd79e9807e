"""What the last sample of a region told of its playable rate: beside the figure, for it was drawn to be sure of it."""

from datetime import datetime, timedelta
from typing import Final

from commonsight.inspect.indicators.views import SampleOut
from commonsight.inspect.sweeps import samples, samples_store
from commonsight.records.database import ReadSession

SAMPLED: Final = "playable"
"""The indicator that samples are drawn for."""

LATE: Final = timedelta(days=7)
"""An older sample tells of another week."""

LOOKED_THROUGH: Final = 20
"""Samples of the region and of those below it, newest first, among which its own is looked for."""


async def sampled(session: ReadSession, region: str, now: datetime) -> SampleOut | None:
    """The newest finished sample of just this region; None without one of the last days."""
    for one in await samples_store.samples(session, [region], None, LOOKED_THROUGH):
        if one.region != region or one.result is None or one.finished_at is None or now - one.finished_at > LATE:
            continue
        found = samples.told(one.result)[1]
        if found is not None:
            return SampleOut(
                value=found.rate, low=found.low, high=found.high, confidence=found.confidence, cameras=found.n,
                population=found.population, finished_at=one.finished_at,
            )  # fmt: skip
    return None
