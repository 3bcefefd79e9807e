"""The process that serves the page and the HTTP interface."""

import asyncio
import contextlib
from typing import Final

import structlog
import uvicorn

from commonsight import tls
from commonsight.processes.addresses import bind
from commonsight.processes.runtime import Runtime, main

log = structlog.get_logger(__name__)

WEBSOCKET_BYTES: Final = 65_536
"""Largest message a client may send; what clients say to us is short."""

WEBSOCKET_QUEUE: Final = 32
CONNECTIONS: Final = 2_000
GRACE_SECONDS: Final = 4
"""Open requests get this long at a stop; live connections are closed then."""


async def serve(runtime: Runtime) -> None:
    """Run uvicorn until asked to stop."""
    from commonsight.api.app import create_app

    tls.refuse_exposed("api.host", runtime.settings.api.host, runtime.settings.tls)
    secure = tls.context_of(runtime.settings.tls)
    listener = bind("api.port", runtime.settings.api.host, runtime.settings.api.port)
    app = create_app(runtime.settings, runtime.database, runtime.clock)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        # Without a proxy of the operator's, whoever calls could name any address and dodge the limit on logins.
        proxy_headers=runtime.settings.api.public_url is not None or runtime.settings.tls.behind_proxy,
        ssl_context_factory=None if secure is None else lambda *_: secure,
        ws_max_size=WEBSOCKET_BYTES,
        ws_max_queue=WEBSOCKET_QUEUE,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]  # signals are ours
    running = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(runtime.stop.wait())
    log.info("api_listening", host=runtime.settings.api.host, port=runtime.settings.api.port)
    try:
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await running
    finally:
        stopping.cancel()
        listener.close()


if __name__ == "__main__":
    main("api", serve, metrics=False)
