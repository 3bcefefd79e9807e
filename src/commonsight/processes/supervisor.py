"""`commonsight run`: the database first, then every process, each restarted alone; ends in order.

SIGTERM or Ctrl-C: the processes are asked to stop, then the database. A second Ctrl-C ends them at once.
"""

import asyncio
import contextlib
import json
import logging
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from commonsight.clock import SystemClock
from commonsight.processes import backups
from commonsight.processes.addresses import check
from commonsight.processes.child import Child
from commonsight.processes.plan import Plan, plans
from commonsight.processes.postgres_lines import translated
from commonsight.processes.rotation import Rotated, Terminal
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.records.migrate import migrate_async
from commonsight.records.postgres import STOP_SECONDS as POSTGRES_STOP_SECONDS
from commonsight.records.postgres import EmbeddedPostgres
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

DATABASE_WAIT: Final = 2.0
"""Between attempts to reach a database of the user's own that does not answer yet, s."""

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Hook = Callable[[str], Awaitable[None]]


class Supervisor:
    """Runs the platform on one machine.

    Args:
        settings: the settings; children read the same file.
        config: that file, if any.
        demo: also run the virtual cameras.
        migrated: awaited with the database URL once the schema is up to date and before any process starts (seeding).
        serving: awaited with the database URL once every process has beaten for the first time.
        terminal: where log lines are shown; default: standard error as `log.format` says.
        planned: other processes than the platform's own (tests).
    """

    def __init__(
        self,
        settings: Settings,
        config: Path | None = None,
        *,
        demo: bool = False,
        migrated: Hook | None = None,
        serving: Hook | None = None,
        terminal: Terminal | None = None,
        planned: Callable[[Settings, Path | None, str], list[Plan]] | None = None,
    ) -> None:
        self.settings = settings
        self.config = config
        self._planned = planned or self._plan
        self._demo = demo
        self._migrated = migrated
        self._serving = serving
        self._terminal = terminal or Terminal(form=settings.log.format, level=settings.log.level)
        self._files: dict[str, Rotated] = {}
        self._stop = asyncio.Event()
        self.children: list[Child] = []
        self._database_child: Child | None = None
        self.postgres: EmbeddedPostgres | None = None

    async def run(self) -> None:
        """Run until a signal or `stop`; returns when nothing of ours is left.

        Raises:
            Refusal: when the platform cannot start (another one runs on this data directory, the server is too old …).
        """
        self._log_through_us()
        loop = asyncio.get_running_loop()
        # `nohup` has SIGHUP ignored, and that is meant.
        heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        for number in heard:
            loop.add_signal_handler(number, self.stop)
        database: Child | None = None
        keeping: list[asyncio.Task[None]] = []
        database_keeping: asyncio.Task[None] | None = None
        url = self.settings.database.url
        try:
            if url is None:
                database = self._database_child = self._database()
                database_keeping = asyncio.create_task(database.keep())
                if not await self._either(database.up.wait(), database_keeping):
                    return
                assert self.postgres is not None
                url = self.postgres.url
            planned = self._planned(self.settings, self.config, url)
            if not await self._either(self._bring_up(url), database_keeping):
                return
            self.children = [self._child(plan) for plan in planned]
            keeping = [asyncio.create_task(child.keep(), name=child.name) for child in self.children]
            beside = [asyncio.create_task(self._watch(url))]
            if self.postgres is not None:
                beside.append(asyncio.create_task(backups.keep(self.postgres, self.settings, SystemClock())))
            try:
                await self._stop.wait()
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
        finally:
            log.info("stopping")
            for child in self.children:
                child.stop()
            await asyncio.gather(*keeping, return_exceptions=True)
            if database is not None and database_keeping is not None:
                database.stop()
                await asyncio.gather(database_keeping, return_exceptions=True)
            if self.postgres is not None:
                self.postgres.release()
            log.info("stopped")
            for number in heard:
                loop.remove_signal_handler(number)
            structlog.reset_defaults()
            for file in self._files.values():
                file.close()

    def stop(self) -> None:
        """Stop gracefully; called again: at once."""
        if not self._stop.is_set():
            self._stop.set()
            return
        log.warning("stopping_hard")
        for child in self.children:
            child.kill()
        if self._database_child is not None:
            self._database_child.hurry.set()

    def _database(self) -> Child:
        server = self.postgres = EmbeddedPostgres.of(self.settings)

        def plan() -> Plan:
            return Plan(
                "postgres",
                "postgres",
                tuple(server.command()),
                stop_signal=signal.SIGINT,
                # Immediate stop: recovery at the next start, nothing committed is lost. Never SIGKILL.
                hard_signal=signal.SIGQUIT,
                stop_seconds=POSTGRES_STOP_SECONDS,
            )

        async def prepare() -> None:
            await asyncio.to_thread(server.prepare)

        def carry(name: str, line: bytes) -> None:
            self._carry(name, translated(line))

        return Child(plan, carry, prepare=prepare, ready=server.ready, name="postgres", kind="postgres")

    def _plan(self, settings: Settings, config: Path | None, url: str) -> list[Plan]:
        check(settings, demo=self._demo)
        return plans(settings, config, url, demo=self._demo)

    def _child(self, plan: Plan) -> Child:
        return Child(lambda: plan, self._carry, name=plan.name, kind=plan.kind)

    async def _bring_up(self, url: str) -> None:
        """Migrate, waiting for a database that is not there yet, then let the caller seed."""
        while True:
            try:
                await migrate_async(url)
                break
            except OperationalError as error:
                reason = str(error.orig).strip().splitlines()[-1] if error.orig else "no answer"
                log.warning("database_not_there", reason=reason, retry_in=DATABASE_WAIT)
                await asyncio.sleep(DATABASE_WAIT)
        if self._migrated is not None:
            await self._migrated(url)

    async def _either(self, work: Any, keeping: asyncio.Task[None] | None) -> bool:
        """Do `work` unless we are asked to stop first (False) or the database child gives up (its exception)."""
        doing = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stop.wait())
        waited = {doing, stopping, *([keeping] if keeping is not None else [])}
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if keeping is not None and keeping.done():
                keeping.result()
            if doing.done():
                doing.result()
                return not self._stop.is_set()
            return False
        finally:
            doing.cancel()
            stopping.cancel()
            await asyncio.gather(doing, stopping, return_exceptions=True)

    async def _watch(self, url: str) -> None:
        """Tell the nodes table how the children do, and the caller when all of them are there."""
        database = Database(url, pool_size=1, name="commonsight supervisor")
        told = False
        try:
            while True:
                with contextlib.suppress(DBAPIError, OSError, TimeoutError):
                    await nodes.beat(database, "supervisor", "supervisor", None, {"children": self.state()})
                    async with database.read() as session:
                        there = {node.name for node in await nodes.alive(session)}
                    if not told and there >= {child.name for child in self.children}:
                        told = True
                        log.info("serving", processes=len(self.children))
                        if self._serving is not None:
                            await self._serving(url)
                await asyncio.sleep(nodes.BEAT_SECONDS if told else 0.2)
        finally:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(1):
                    await nodes.leave(database, "supervisor")
            await database.close()

    def state(self) -> dict[str, dict[str, Any]]:
        """How each child does, for the system page."""
        return {child.name: {"pid": child.pid, "restarts": child.restarts} for child in self.children}

    def _carry(self, name: str, line: bytes) -> None:
        file = self._files.get(name)
        if file is None:
            size, count = self.settings.log.file_bytes, self.settings.log.files
            file = self._files[name] = Rotated(self.settings.data_dir / "logs" / f"{name}.log", size=size, files=count)
        file.write(line)
        self._terminal.show(name, line)

    def _log_through_us(self) -> None:
        """Our own lines go the same way as the children's."""

        def carry(_: Any, level: str, event: MutableMapping[str, Any]) -> str:
            stamped = {"at": datetime.now(UTC).isoformat(), "level": level, **event}
            self._carry("supervisor", json.dumps(stamped, ensure_ascii=False, default=str).encode())
            raise structlog.DropEvent

        structlog.configure(
            processors=[structlog.processors.format_exc_info, carry],
            # Everything, whatever the command that runs us lets through on its way: the file is for looking back.
            wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
            cache_logger_on_first_use=False,
        )
