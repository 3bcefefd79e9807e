"""One supervised process: started, watched, its output carried away, restarted alone with growing waits."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from commonsight.problem import Refusal
from commonsight.processes.plan import Plan

log = structlog.get_logger(__name__)

FIRST_WAIT: Final = 0.2
LONGEST_WAIT: Final = 30.0
STEADY_SECONDS: Final = 30.0
"""A process that has been up this long has recovered: its next failure is answered at once again."""

LINE_BYTES: Final = 65_536
"""Longer lines are cut into pieces of this size."""

DRAIN_SECONDS: Final = 2.0
"""After a process has ended its grandchildren may still hold its output open; no longer than this is waited for."""


@dataclass(slots=True)
class Child:
    """Keeps one process running until `stop`.

    Args:
        plan: asked anew at each start.
        carry: gets each line it writes: `carry(name, line)`.
        prepare: awaited before each start.
        ready: awaited after each start with a function that says whether the process lives; True = it is up.
    """

    plan: Callable[[], Plan]
    carry: Callable[[str, bytes], None]
    prepare: Callable[[], Awaitable[None]] | None = None
    ready: Callable[[Callable[[], bool]], Awaitable[bool]] | None = None
    name: str = ""
    kind: str = ""
    restarts: int = 0
    up: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self.process.pid if self.process is not None and self.process.returncode is None else None

    async def keep(self) -> None:
        """Run until `stop` has been called and the process has ended.

        Raises:
            Refusal: what `prepare` refused at the very first start. Later it is logged and tried again: the platform is
                running, and what has gone wrong may be put right.
        """
        failures = 0
        loop = asyncio.get_running_loop()
        first = True
        while not self.stopping.is_set():
            began = loop.time()
            code: int | str
            try:
                code = await self._once()
            except Refusal as refusal:
                if first:
                    raise
                code = str(refusal)
            except OSError as error:
                code = f"{type(error).__name__}: {error}"
            first = False
            self.up.clear()
            if self.stopping.is_set():
                return
            failures = 0 if loop.time() - began > STEADY_SECONDS else failures + 1
            wait = min(FIRST_WAIT * 2 ** max(0, failures - 1), LONGEST_WAIT)
            self.restarts += 1
            log.warning("child_ended", child=self.name, how=how(code), restart_in=wait, restarts=self.restarts)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), wait)

    def stop(self) -> None:
        """Ask for a graceful end; `keep` returns when it is done."""
        self.stopping.set()

    def kill(self) -> None:
        """No more patience."""
        self.stopping.set()
        self.hurry.set()

    async def _once(self) -> int:
        """Start, wait for the end, return the exit code."""
        if self.prepare is not None:
            await self.prepare()
            if self.stopping.is_set():
                return 0
        plan = self.plan()
        self.name, self.kind = plan.name, plan.kind
        # A pipe of our own: with asyncio's, `wait` would last until grandchildren let go of it too.
        reading, writing = os.pipe()
        try:
            # A session of its own: Ctrl-C on the terminal reaches the supervisor only, which stops everybody in order.
            process = await asyncio.create_subprocess_exec(
                *plan.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                env={**os.environ, **plan.environment},
                cwd="/" if plan.kind == "postgres" else None,
                start_new_session=True,
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self.process = process
        carrying = asyncio.create_task(self._carry(reading))
        ending = asyncio.create_task(self._end_when_asked(process, plan))
        readying = asyncio.create_task(self._readiness(process))
        log.info("child_started", child=plan.name, pid=process.pid)
        try:
            return await process.wait()
        finally:
            ending.cancel()
            readying.cancel()
            if plan.kind != "postgres":
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)  # what it may have started itself
            await asyncio.wait([carrying], timeout=DRAIN_SECONDS)
            carrying.cancel()
            await asyncio.gather(carrying, ending, readying, return_exceptions=True)

    async def _readiness(self, process: asyncio.subprocess.Process) -> None:
        try:
            if self.ready is None or await self.ready(lambda: process.returncode is None):
                self.up.set()
        except Refusal as refusal:
            log.error("child_not_ready", child=self.name, code=refusal.code)
            process.send_signal(signal.SIGTERM)

    async def _end_when_asked(self, process: asyncio.subprocess.Process, plan: Plan) -> None:
        await self.stopping.wait()
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(plan.stop_signal)
        try:
            await asyncio.wait_for(self.hurry.wait(), plan.stop_seconds)
        except TimeoutError:
            log.warning("child_overdue", child=plan.name, seconds=plan.stop_seconds)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(plan.hard_signal)

    async def _carry(self, descriptor: int) -> None:
        """Hand on each line until the pipe ends."""
        reader = asyncio.StreamReader(limit=LINE_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
        )
        try:
            while True:
                try:
                    line = await reader.readuntil(b"\n")
                except asyncio.IncompleteReadError as rest:
                    line = rest.partial
                    if not line:
                        return
                except asyncio.LimitOverrunError as over:
                    line = await reader.readexactly(min(over.consumed, LINE_BYTES))
                if line.strip():
                    self.carry(self.name, line.rstrip(b"\r\n"))
        finally:
            transport.close()


def how(code: int | str) -> str:
    """An exit in words."""
    if isinstance(code, str):
        return code
    if code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit code {code}"
