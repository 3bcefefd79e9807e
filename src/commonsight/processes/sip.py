"""The process that talks to GB/T 28181 devices. Signalling only: no picture passes through it."""

import asyncio
import contextlib
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from commonsight.problem import Refusal
from commonsight.processes.runtime import Runtime, main
from commonsight.records import nodes

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 5.0
"""A SIP port that another program holds is tried again after this."""


async def serve(runtime: Runtime) -> None:
    """Run the SIP side until asked to stop.

    A taken or unusable address does not end the process: the platform shows and watches cameras that need no SIP, so
    the reason is logged and shown on the system page, and the address is tried again.
    """
    from commonsight.connect.gb28181 import service

    shown = ""
    while not runtime.stop.is_set():
        try:
            await service.serve(runtime.settings, runtime.database, runtime.clock, runtime.name, runtime.stop)
            return
        except Refusal as refusal:
            if not refusal.code.startswith("connect.sip_address_"):
                raise
            problem = f"{refusal.code} {refusal.actual}"
            if problem != shown:
                log.error(
                    "sip_cannot_listen", retry_in=RETRY_SECONDS, **{k: str(v) for k, v in refusal.facts().items()}
                )
                shown = problem
            with contextlib.suppress(DBAPIError, OSError, TimeoutError):
                await nodes.beat(runtime.database, runtime.name, runtime.kind, None, {"problem": refusal.code})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(runtime.stop.wait(), RETRY_SECONDS)


if __name__ == "__main__":
    main("sip", serve)
