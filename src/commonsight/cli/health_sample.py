"""`commonsight health sample`: a region's playable rate from a few of its cameras."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer

from commonsight.cli.database import opened, settings_of_platform
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, speak
from commonsight.clock import SystemClock
from commonsight.inspect.sweeps import samples, samples_store, service
from commonsight.inspect.sweeps.samples_store import Sample
from commonsight.inspect.sweeps.sampling import Estimate
from commonsight.places.model import checked
from commonsight.problem import Refusal
from commonsight.records.database import Database

LOOK_SECONDS = 2.0
IDLE_SECONDS = 60.0
"""Without progress for so long, nobody is working on it."""


@fail_on_refusal
def sample(
    region: Annotated[str | None, typer.Option(help="行政区划代码 · Division code; default: the whole region.")] = None,
    share: Annotated[float, typer.Option(min=0.0001, max=1.0, help="抽样比例 · Part of the cameras.")] = 0.03,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="同一种子抽同样的摄像机 · Draws the same again.")] = 1,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999, help="置信度 · Of the interval.")] = 0.95,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """抽样推断可播放率 · Draw a few cameras, have the running platform check them, state rate and interval."""
    settings = settings_of_platform(config)
    code = checked(region or settings.region.code)

    async def work() -> tuple[Sample, Estimate | None]:
        async with opened(settings) as database:
            async with database.write() as session:
                made = await service.ask_for_sample(
                    session, settings.inspect, SystemClock(), code, share, seed, confidence, None
                )
            return await _followed(database, made)

    kept, found = asyncio.run(work())
    if found is None:
        speak("inspect.sample_nothing", err=True)
        raise typer.Exit(1)
    if as_json:
        typer.echo(json.dumps({"id": str(kept.id), "region": code, "seed": seed} | asdict(found), default=str))
        return
    speak(
        "inspect.sample_told", region=code, rate=f"{found.rate:.1%}", low=f"{found.low:.1%}", high=f"{found.high:.1%}",
        confidence=f"{found.confidence:.0%}", n=found.n, population=found.population,
    )  # fmt: skip


async def _followed(database: Database, made: UUID) -> tuple[Sample, Estimate | None]:
    """Wait for the end of the round, saying how far it is.

    Raises:
        Refusal: `inspect.sample_idle` (503) when nobody works on it.
    """
    done, idle = -1, 0.0
    while True:
        async with database.read() as session:
            kept = await samples_store.sample(session, made)
            assert kept is not None
            if kept.finished_at is not None or kept.done == kept.cameras:
                _, found = await samples.so_far(session, made)
                return kept, found
        if kept.done > done:
            done, idle = kept.done, 0.0
            speak("inspect.sample_progress", err=True, done=done, count=kept.cameras)
        elif idle >= IDLE_SECONDS:
            raise Refusal("inspect.sample_idle", status=503, rule="a platform that runs", actual=str(made))
        await asyncio.sleep(LOOK_SECONDS)
        idle += LOOK_SECONDS
