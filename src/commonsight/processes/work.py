"""The process that runs jobs and hands the outbox's entries on."""

import asyncio
import importlib
import importlib.util
from collections.abc import Iterator
from typing import Final

import procrastinate
import structlog

from commonsight import jobs, outbox
from commonsight.media.door import door
from commonsight.processes.runtime import Runtime, main

log = structlog.get_logger(__name__)

ROOMS: Final = (
    "access",
    "places",
    "catalog",
    "catalog.imports",
    "catalog.repair",
    "gate",
    "media.recordings",
    "connect.viid",
    "respond",
    "respond.notices",
    "respond.maintenance",
    "analyze",
    "analyze.budget",
    "analyze.incidents",
    "analyze.training",
    "analyze.deployments",
    "analyze.demands",
    "analyze.scenes",
    "analyze.areas",
    "analyze.traits",
    "inspect",
    "inspect.diagnosis",
    "inspect.indicators",
    "inspect.exemptions",
    "inspect.assessment",
    "inspect.reports",
)
"""Rooms that may have jobs (`tasks.tasks`) or want to hear of events (`tasks.subscriptions`), lower floors first."""


async def serve(runtime: Runtime) -> None:
    """Run jobs and the outbox's dispatcher until asked to stop; if one of them fails, the process does."""
    blueprints, subscriptions = found()
    log.info(
        "work_found", jobs=[name for b in blueprints for name in b.tasks], subscriptions=[s.name for s in subscriptions]
    )
    house = jobs.House(runtime.settings, runtime.database, runtime.clock)
    async with door(runtime.settings, runtime.database, runtime.name), asyncio.TaskGroup() as group:
        group.create_task(outbox.Dispatcher(runtime.database, subscriptions).run(runtime.stop))
        group.create_task(
            jobs.work(
                house,
                blueprints,
                name=runtime.name,
                concurrency=runtime.settings.work.concurrency,
                stop=runtime.stop,
            )
        )


def found() -> tuple[list[procrastinate.Blueprint], list[outbox.Subscription]]:
    """All jobs and subscriptions of the house."""
    blueprints: list[procrastinate.Blueprint] = []
    subscriptions: list[outbox.Subscription] = []
    for module in modules():
        loaded = importlib.import_module(module)
        if isinstance(blueprint := getattr(loaded, "tasks", None), procrastinate.Blueprint):
            blueprints.append(blueprint)
        subscriptions.extend(getattr(loaded, "subscriptions", ()))
    return blueprints, subscriptions


def modules() -> Iterator[str]:
    """Names of the rooms' `tasks` modules that exist; an import error inside one is not hidden."""
    for room in ROOMS:
        name = f"commonsight.{room}.tasks"
        if importlib.util.find_spec(f"commonsight.{room}") and importlib.util.find_spec(name):
            yield name


if __name__ == "__main__":
    main("work", serve)
