"""What the WebSockets of a media node share: how a request names its camera, and how they part from their viewers."""

import asyncio
from typing import Final
from uuid import UUID

from aiohttp import web

from commonsight.problem import Refusal

CLOSE_SECONDS: Final = 2.0
"""A browser that does not answer the goodbye within this time is cut off."""
CUT: Final = frozenset({"permit_revoked", "permit_expired", "too_slow"})
"""Ends after which not even what waits to be sent may go out, or ever will."""


def camera_of(text: str) -> UUID:
    """The camera a request names. Raises Refusal `media.camera_invalid`."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Refusal("media.camera_invalid", operand="camera", expected="UUID", actual=text[:64]) from error


async def goodbye(
    socket: web.WebSocketResponse, transport: asyncio.Transport, said: dict[str, str], *, cut: bool
) -> None:
    """Say why nothing follows, and close. `cut`: unless something waits to be sent, then at once."""
    if cut and transport.get_write_buffer_size():
        transport.abort()
        return
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await socket.send_json(said)
            await socket.close(code=1001 if said["code"] == "node_stopping" else 1000)
    except (ConnectionError, TimeoutError, RuntimeError):
        transport.abort()
