"""The process that serves the page and the HTTP interface."""

import asyncio
import contextlib
import errno
import socket
from typing import Final

import structlog
import uvicorn

from commonsight.problem import Refusal
from commonsight.processes.runtime import Runtime, main
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

WEBSOCKET_BYTES: Final = 65_536
"""Largest message a client may send; what clients say to us is short."""

WEBSOCKET_QUEUE: Final = 32
CONNECTIONS: Final = 2_000
BACKLOG: Final = 512
GRACE_SECONDS: Final = 4
"""Open requests get this long at a stop; live connections are closed then."""


async def serve(runtime: Runtime) -> None:
    """Run uvicorn until asked to stop."""
    from commonsight.api.app import create_app

    listener = listen(runtime.settings)
    app = create_app(runtime.settings, runtime.database, runtime.clock)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
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


def listen(settings: Settings) -> socket.socket:
    """Bind the address ourselves: uvicorn would answer a taken port with a bare exit.

    Raises:
        Refusal: `processes.address_taken` or `processes.address_unusable`, naming the address.
    """
    host, port = settings.api.host, settings.api.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, protocol)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen(BACKLOG)
        except OSError:
            made.close()
            raise
    except OSError as error:
        code = "address_taken" if error.errno == errno.EADDRINUSE else "address_unusable"
        raise Refusal(
            f"processes.{code}", operand="api.port", actual=f"{host}:{port}", reason=error.strerror or str(error)
        ) from error
    made.setblocking(False)
    return made


if __name__ == "__main__":
    main("api", serve, metrics=False)
