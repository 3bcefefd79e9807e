"""A house with a camera file and tries that need no camera."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from commonsight.catalog.source import Source
from commonsight.clock import SystemClock
from commonsight.inspect.sweeps.substreams import Probe
from commonsight.jobs import House
from commonsight.media.probe import ProbeResult
from commonsight.records.database import Database
from commonsight.settings import Inspect, Settings
from tests.catalog.conftest import key, seeded, seeded_url

__all__ = ["key", "seeded", "seeded_url"]


@pytest.fixture
def house(seeded: Database, tmp_path: Path) -> House:
    """Fast settings: no politeness towards cameras that are not there."""
    quick = Inspect(
        rate=5_000,
        concurrency=50,
        platform_concurrency=0,
        platform_rate=0,
        link_concurrency=0,
        kbps=0,
        retry_seconds=0.01,
        offline_after=2,
        keep_probes=3,
        interval_seconds=3600,
        shards=1,
    )
    return House(Settings(data_dir=tmp_path, inspect=quick), seeded, SystemClock())


def answering(results: Callable[[int], ProbeResult], tried: list[UUID]) -> Probe:
    """Tries whose result depends on the number of the virtual camera; notes who was tried."""

    async def probe(camera_id: UUID, source: Source, picture: bool) -> ProbeResult:
        tried.append(camera_id)
        return results(int(source.url.rsplit("/", 1)[1]))

    return probe
