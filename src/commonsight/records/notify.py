"""LISTEN/NOTIFY: a hint that something changed, on a connection of its own that comes back by itself."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import psycopg
import structlog
from psycopg import sql

log = structlog.get_logger(__name__)

PAYLOAD_BYTES: Final = 7_900
"""PostgreSQL carries 8,000 bytes a notification; the rest is head room."""

BACKOFF_SECONDS: Final = (0.2, 0.5, 1.0, 2.0)
"""Waits between attempts to connect; the last one repeats."""


def encode(payload: Mapping[str, Any]) -> str:
    """JSON of `payload`, refused when no notification can carry it."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    size = len(body.encode())
    if size >= PAYLOAD_BYTES:
        raise ValueError(
            f"notification of {size} bytes; at most {PAYLOAD_BYTES - 1}: send an id, let the listener read"
        )
    return body


def decode(body: str) -> dict[str, Any]:
    """The payload, or `{}` for a body that is not a JSON object: anybody on the server may notify."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


async def listen(dsn: str, channels: Sequence[str]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield `(channel, payload)` for ever.

    Yields `("", {})` whenever the connection has just been made, the first time included: what was
    sent before is not known, so load the state now. A lost server is waited for, patiently and quietly.
    """
    failures = 0
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                dsn, autocommit=True, connect_timeout=10, keepalives_idle=30, application_name="listen"
            ) as connection:
                for channel in channels:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                failures = 0
                yield "", {}
                async for note in connection.notifies():
                    yield note.channel, decode(note.payload)
        except psycopg.OperationalError as error:
            wait = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
            failures += 1
            tell = log.warning if failures == 1 else log.debug
            tell("listen_lost", channels=list(channels), error=type(error).__name__, retry_in=wait)
            await asyncio.sleep(wait)
