"""The process that talks to GB/T 28181 devices. Signalling only: no picture passes through it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import structlog
from sqlalchemy.exc import DBAPIError

from commonsight.problem import Refusal
from commonsight.processes.runtime import Runtime, main
from commonsight.records import nodes

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 5.0
"""A SIP port that another program holds is tried again after this."""


async def serve(runtime: Runtime) -> None:
    """Run what devices send to, SIP and the view library, until asked to stop; if one of them fails, the process does.

    A taken or unusable address does not end the process: the platform shows and watches cameras that need neither, so
    the reason is logged and shown on the system page, and the address is tried again.
    """
    from commonsight.connect.gb28181 import service
    from commonsight.connect.viid import listener

    settings, database, clock, stop = runtime.settings, runtime.database, runtime.clock, runtime.stop
    sides: list[Coroutine[Any, Any, None]] = []
    if settings.sip.enabled:
        sides.append(
            _patiently(runtime, "sip", lambda: service.serve(settings, database, clock, runtime.name, stop), tell=True)
        )
    if settings.viid.enabled:
        sides.append(_patiently(runtime, "viid", lambda: listener.serve(settings, database, clock, stop), tell=False))
    sides.append(_until(stop))
    tasks = [asyncio.create_task(side) for side in sides]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if not task.cancelled():
            task.result()


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()


async def _patiently(runtime: Runtime, side: str, run: Callable[[], Awaitable[None]], *, tell: bool) -> None:
    """Run one side, again and again while its address cannot be had.

    Args:
        tell: say so in the nodes table, in whose detail this process tells where it signals.
    """
    shown = ""
    while not runtime.stop.is_set():
        try:
            if shown and tell:
                await _problem(runtime, None)
            await run()
            return
        except Refusal as refusal:
            if not refusal.code.startswith(f"connect.{side}_address"):
                raise
            problem = f"{refusal.code} {refusal.actual}"
            if problem != shown:
                log.error(
                    f"{side}_cannot_listen", retry_in=RETRY_SECONDS, **{k: str(v) for k, v in refusal.facts().items()}
                )
                shown = problem
            if tell:
                await _problem(runtime, refusal.code)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(runtime.stop.wait(), RETRY_SECONDS)


async def _problem(runtime: Runtime, code: str | None) -> None:
    """Show on the system page why we do not listen, or no more."""
    with contextlib.suppress(DBAPIError, OSError, TimeoutError):
        await nodes.beat(runtime.database, runtime.name, runtime.kind, None, {"problem": code})


if __name__ == "__main__":
    main("sip", serve)
