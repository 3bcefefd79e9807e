"""The topics of the live socket and where their data come from."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from uuid import UUID

from commonsight.analyze import service as analyze
from commonsight.analyze.deployments import board as deployments
from commonsight.api import system
from commonsight.api.live import Read, Scope, Source
from commonsight.catalog import overview
from commonsight.catalog import service as catalog
from commonsight.catalog.health import CHANNEL
from commonsight.catalog.model import Health
from commonsight.clock import Clock
from commonsight.http import within
from commonsight.records.database import Database
from commonsight.records.notify import listen
from commonsight.respond.feed import Feed
from commonsight.settings import Settings

CHANGES_MOST: Final = 500
"""Cameras named in one message; beyond that `reload` says that there were more."""

LOOKUPS_MOST: Final = 100
"""Cameras looked up in one message to know whether a listener may see them; beyond that `reload` is said instead."""


def sources(settings: Settings, database: Database, clock: Clock) -> Mapping[str, Source]:
    """All topics."""
    feed = HealthFeed(database.dsn)
    responding = Feed(database, clock, settings.region.language)

    @contextlib.asynccontextmanager
    async def counts(scope: Scope) -> AsyncIterator[Read]:
        async def read() -> dict[str, Any]:
            async with database.read() as session:
                return await analyze.counts_now(session, scope, clock.now())

        yield read

    @contextlib.asynccontextmanager
    async def health(scope: Scope) -> AsyncIterator[Read]:
        async with feed.follow() as pending:
            yield _HealthReader(settings, database, scope, pending).read

    @contextlib.asynccontextmanager
    async def processes(_: Scope) -> AsyncIterator[Read]:
        async def read() -> dict[str, Any]:
            async with database.read() as session:
                found = await system.processes(session)
            return {"processes": [process.model_dump(mode="json") for process in found]}

        yield read

    @contextlib.asynccontextmanager
    async def deployed(scope: Scope) -> AsyncIterator[Read]:
        async def read() -> dict[str, Any]:
            async with database.read() as session:
                return await deployments.pulse(session, scope, clock.now())

        yield read

    @contextlib.asynccontextmanager
    async def cases(scope: Scope) -> AsyncIterator[Read]:
        async with responding.follow() as pending:
            yield lambda: responding.cases(pending, scope)

    @contextlib.asynccontextmanager
    async def notices(_: Scope) -> AsyncIterator[Read]:
        async with responding.follow() as pending:
            yield lambda: responding.notices(pending)

    return {
        "cases": Source("cases.read", cases, stable=lambda _: object()),
        "notices": Source("cases.read", notices, scoped=False, stable=lambda _: object()),
        "counts": Source("counts.read", counts),
        "deployments": Source("deployments.read", deployed),
        # A reader that has something to tell always tells something new.
        "cameras.health": Source("health.read", health, stable=lambda _: object()),
        "system": Source("system.read", processes, scoped=False, stable=system.without_heartbeat),
    }


class Pending:
    """Changes of health that one reader has not told yet: the last state of each camera, bounded."""

    def __init__(self) -> None:
        self.changes: dict[UUID, Health] = {}
        self.reload = False

    def take(self) -> tuple[dict[UUID, Health], bool]:
        """What has come together, and whether more happened than is named."""
        taken = self.changes, self.reload
        self.changes, self.reload = {}, False
        return taken

    def hear(self, payload: Mapping[str, Any]) -> None:
        """One notification; an empty one stands for what could not be heard."""
        if payload.get("reload") or not payload:
            self.reload = True
        for camera_id, health in payload.get("changes", ()):
            if len(self.changes) < CHANGES_MOST:
                self.changes[UUID(camera_id)] = Health(health)
            else:
                self.reload = True


class HealthFeed:
    """One LISTEN connection for all readers of `cameras.health`; open only while there is one."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._readers: set[Pending] = set()
        self._task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def follow(self) -> AsyncIterator[Pending]:
        """Collect changes until the block ends."""
        pending = Pending()
        self._readers.add(pending)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="live cameras.health")
        try:
            yield pending
        finally:
            self._readers.discard(pending)
            if not self._readers and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _listen(self) -> None:
        fresh = True
        async for channel, payload in listen(self._dsn, [CHANNEL]):
            if not channel and fresh:
                fresh = False  # the first connection: nothing was heard before that could be missing
                continue
            for pending in self._readers:
                pending.hear(payload)


class _HealthReader:
    """The health of the cameras within a scope: the summary, and who changed since the last message."""

    def __init__(self, settings: Settings, database: Database, scope: Scope, pending: Pending) -> None:
        self._database, self._scope, self._pending = database, scope, pending
        self._whole = within(scope, settings.region.code)
        self._told: Any = None

    async def read(self) -> dict[str, Any] | None:
        changes, reload = self._pending.take()
        try:
            return await self._look(changes, reload)
        except BaseException:
            self._pending.reload = True  # what was taken is lost
            raise

    async def _look(self, changes: dict[UUID, Health], reload: bool) -> dict[str, Any] | None:
        async with self._database.read() as session:
            summary = await overview.summary(session, self._scope)
            if changes and not self._whole:
                reload = reload or len(changes) > LOOKUPS_MOST
                looked = list(changes)[:LOOKUPS_MOST]
                briefs = [await catalog.camera_brief(session, camera_id) for camera_id in looked]
                changes = {b.id: changes[b.id] for b in briefs if b is not None and within(self._scope, b.region)}
        if not changes and not reload and summary == self._told:
            return None
        self._told = summary
        return {
            "changes": [[str(camera_id), health.word] for camera_id, health in changes.items()],
            "reload": reload,
            "summary": {
                "total": summary.total,
                "works": summary.works,
                "bad": summary.bad,
                "offline": summary.offline,
                "unknown": summary.unknown,
            },
        }
