"""Durable jobs on Procrastinate: in PostgreSQL, queued in the caller's transaction, retried a bounded number of times.

A room's `tasks.py` declares its jobs:

    tasks = Blueprint()

    @tasks.periodic(cron="*/10 * * * *")
    @tasks.task()
    async def sweep(timestamp: int) -> None:
        house = jobs.house()

A job's name is `<room>:<function>`. A job may run twice (its worker died after the work, before it could say so): write
jobs so that the second run finds the work done.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, ParamSpec, TypeVar, overload

import procrastinate
import structlog
from procrastinate.tasks import Task
from prometheus_client import Counter, Gauge
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from commonsight.clock import Clock
from commonsight.records import nodes
from commonsight.records.database import Database, WriteSession
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

RETRY: Final = procrastinate.RetryStrategy(max_attempts=5, exponential_wait=3)
"""Default of every job: again after 3, 9, 27, 81 and 243 seconds, then failed."""

POLL_SECONDS: Final = 1.0
"""Waiting jobs are looked for this often beside notifications: a retry that falls due sends none."""

HEARTBEAT_SECONDS: Final = 5.0
STALLED_SECONDS: Final = 30.0
"""A worker silent for this long is dead; its jobs are given to others."""

RESCUE_SECONDS: Final = 10.0
RESCUE_ATTEMPTS: Final = 3
"""A job that was cut off this often, attempts included, is failed: it may be what kills its workers."""

GRACE_SECONDS: Final = 8.0
"""At a stop running jobs get this long; then they are cancelled and queued again."""

KEEP_FAILED_HOURS: Final = 24 * 7

RESCUED = Counter("commonsight_jobs_rescued", "Jobs taken from dead workers", ["outcome"])
WAITING = Gauge("commonsight_jobs", "Jobs by status", ["status"])


class Blueprint(procrastinate.Blueprint):
    """A room's jobs: names `<room>:<function>`, retries bounded unless a task says otherwise."""

    @overload  # type: ignore[override]  # narrower on purpose: a job gets its house, not Procrastinate's context
    def task(self, _func: Callable[P, R]) -> "Task[P, R, P]": ...
    @overload
    def task(self, _func: None = None, **options: Any) -> "Callable[[Callable[P, R]], Task[P, R, P]]": ...
    def task(self, _func: Any = None, **options: Any) -> Any:
        """Declare a job; the options are Procrastinate's."""

        def declare(function: Any) -> Any:
            options.setdefault("retry", RETRY)
            options["name"] = full_name(options.get("name") or function.__name__, function.__module__)
            return super(Blueprint, self).task(**options)(function)

        return declare if _func is None else declare(_func)


def full_name(name: str, module: str) -> str:
    """`<room>:<name>` for a task of `commonsight.<room>.…`, so that two rooms may both have a `purge`."""
    if ":" in name:
        return name
    parts = module.split(".")
    room = parts[1] if parts[0] == "commonsight" and len(parts) > 1 else parts[-1]
    return f"{room}:{name}"


def join(app: procrastinate.App, blueprint: procrastinate.Blueprint) -> None:
    """Make a blueprint's jobs known to `app`; unlike Procrastinate's own way, again and again (tests)."""
    for task in dict.fromkeys(blueprint.tasks.values()):
        task.name = full_name(task.name, task.func.__module__)
        app._add_task(task, task.name)
        task.blueprint = app
    for periodic in blueprint.periodic_registry.periodic_tasks.values():
        app.periodic_registry.register_task(
            task=periodic.task,
            cron=periodic.cron,
            periodic_id=periodic.periodic_id,
            configure_kwargs=periodic.configure_kwargs,
        )


@dataclass(frozen=True, slots=True)
class House:
    """What jobs work with."""

    settings: Settings
    database: Database
    clock: Clock


_house: House | None = None


def furnish(house: House | None) -> None:
    """Set what `house()` answers in this process; None empties it again (tests)."""
    global _house  # a worker process has one house, and Procrastinate's tasks are plain functions
    _house = house


def house() -> House:
    """Settings, database and clock of this worker process."""
    if _house is None:
        raise RuntimeError("no house: jobs run in a `work` process, or after jobs.furnish(...)")
    return _house


async def enqueue(
    session: WriteSession,
    task: "Task[Any, Any, Any] | str",
    arguments: Mapping[str, Any] | None = None,
    *,
    lock: str | None = None,
    queueing_lock: str | None = None,
    priority: int | None = None,
    at: datetime | None = None,
) -> int | None:
    """Queue a job in the caller's transaction: no commit, no job.

    Args:
        session: the transaction.
        task: the task, or its name `<room>:<function>`.
        arguments: JSON-able keyword arguments of the task.
        lock: jobs with the same lock run one after another.
        queueing_lock: at most one job with this lock waits.
        priority: higher runs first.
        at: not before this moment.

    Returns:
        The job's id, or None when a job with the same `queueing_lock` already waits.
    """
    known = None if isinstance(task, str) else task
    values = {
        "queue": known.queue if known else "default",
        "task": task if isinstance(task, str) else full_name(task.name, task.func.__module__),
        "priority": priority if priority is not None else (known.priority if known else 0),
        "lock": lock or (known.lock if known else None),
        "queueing_lock": queueing_lock or (known.queueing_lock if known else None),
        "arguments": json.dumps(dict(arguments or {}), ensure_ascii=False),
        "at": at,
    }
    try:
        async with session.begin_nested():
            return int(await session.scalar(_ENQUEUE, values) or 0)
    except IntegrityError as error:
        if "procrastinate_jobs_queueing_lock" in str(error.orig):
            return None
        raise


_ENQUEUE = text("""
    SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[
        ROW(:queue, :task, :priority, :lock, :queueing_lock, CAST(:arguments AS jsonb), CAST(:at AS timestamptz))
    ]::procrastinate_job_to_defer_v1[]))""")


def make_app(
    database: Database, blueprints: Iterable[procrastinate.Blueprint], *, connections: int = 4
) -> procrastinate.App:
    """Procrastinate's app with all rooms' jobs. Open it with `async with app.open_async()`."""
    connector = procrastinate.PsycopgConnector(
        conninfo=database.dsn, min_size=1, max_size=connections, kwargs={"application_name": "jobs"}
    )
    app = procrastinate.App(connector=connector)
    for blueprint in blueprints:
        join(app, blueprint)
    return app


async def work(
    house: House, blueprints: Iterable[procrastinate.Blueprint], *, name: str, concurrency: int, stop: asyncio.Event
) -> None:
    """Run jobs until `stop`, waiting for a lost database and taking over from dead workers."""
    blueprints = list(blueprints)
    furnish(house)
    rescuer = asyncio.create_task(_rescue_for_ever(house.database))
    try:
        while not stop.is_set():
            try:
                await _work_once(house, blueprints, name, concurrency, stop)
            except (procrastinate.exceptions.ConnectorException, DBAPIError, OSError) as error:
                log.warning("worker_lost_database", error=type(error).__name__, retry_in=1.0)
            if not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 1.0)
    finally:
        rescuer.cancel()
        await asyncio.gather(rescuer, return_exceptions=True)
        furnish(None)


async def _work_once(
    house: House, blueprints: list[procrastinate.Blueprint], name: str, concurrency: int, stop: asyncio.Event
) -> None:
    app = make_app(house.database, blueprints, connections=concurrency + 2)
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                name=name,
                concurrency=concurrency,
                install_signal_handlers=False,
                fetch_job_polling_interval=POLL_SECONDS,
                delete_jobs="successful",
                shutdown_graceful_timeout=GRACE_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
            )
        )
        stopper = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([worker, stopper], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopper.cancel()
            if not worker.done():
                worker.cancel()  # a graceful stop to Procrastinate: it waits for running jobs
            with contextlib.suppress(asyncio.CancelledError):
                await worker


async def _rescue_for_ever(database: Database) -> None:
    while True:
        try:
            await rescue(database)
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("rescue_failed", error=type(error).__name__)
        await asyncio.sleep(RESCUE_SECONDS)


async def rescue(database: Database, *, stalled_seconds: float = STALLED_SECONDS) -> tuple[int, int]:
    """Queue again the jobs of workers that have gone silent; returns (queued again, failed for good).

    Also removes what is long finished. One process at a time.
    """
    again = failed = 0
    async with database.write() as session:
        if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _RESCUE_LOCK}):
            return 0, 0
        stalled = (await session.execute(_STALLED, {"seconds": stalled_seconds})).all()
        for job in stalled:
            if job.attempts + 1 >= RESCUE_ATTEMPTS:
                await session.execute(text("SELECT procrastinate_finish_job_v1(:id, 'failed', false)"), {"id": job.id})
                failed += 1
            else:
                await session.execute(
                    text("SELECT procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)"), {"id": job.id}
                )
                again += 1
            log.warning("job_rescued", job=job.id, task=job.task_name, attempts=job.attempts + 1)
        await session.execute(
            text("SELECT procrastinate_prune_stalled_workers_v1(:seconds)"), {"seconds": stalled_seconds}
        )
        await session.execute(_FORGET, {"hours": KEEP_FAILED_HOURS})
        await nodes.forget(session)
        for status, count in (
            await session.execute(text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status"))
        ).all():
            WAITING.labels(status).set(count)
    RESCUED.labels("queued").inc(again)
    RESCUED.labels("failed").inc(failed)
    return again, failed


_RESCUE_LOCK: Final = 0x526573637565  # "Rescue"

_STALLED = text("""
    SELECT job.id, job.task_name, job.attempts
      FROM procrastinate_jobs AS job LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
     WHERE job.status = 'doing'
       AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :seconds))
     ORDER BY job.id LIMIT 1000 FOR UPDATE OF job SKIP LOCKED""")

_FORGET = text("""
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT job.id FROM procrastinate_jobs AS job
         WHERE job.status IN ('failed', 'cancelled', 'aborted', 'succeeded')
           AND (SELECT max(at) FROM procrastinate_events WHERE job_id = job.id) < now() - make_interval(hours => :hours)
         LIMIT 1000)""")
