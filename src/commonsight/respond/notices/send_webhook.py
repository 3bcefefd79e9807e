"""One signed webhook (Standard Webhooks): POST, JSON, `webhook-id`, `webhook-timestamp`, `webhook-signature`."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import aiohttp

import commonsight
from commonsight import network
from commonsight.respond.notices.model import Delivery, Failed, signatures
from commonsight.respond.notices.trust import trusted
from commonsight.settings import Settings

TIMEOUT: Final = 15.0
CONNECT_SECONDS: Final = 5.0
ANSWER_BYTES: Final = 200
"""Of an answer that is no success, so much is shown to people."""


async def send(settings: Settings, url: str, secrets: Sequence[str], delivery: Delivery, now: datetime) -> None:
    """Post the message; any 2xx is taken for its arrival. Redirects are not followed: they are no arrival.

    Raises:
        Failed: it did not arrive. 410 switches the channel off, other 4xx (but 408, 425, 429) are not tried again.
    """
    body = json.dumps(delivery.body, ensure_ascii=False, separators=(",", ":")).encode()
    message, at = str(delivery.id), int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"commonsight/{commonsight.__version__}",
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": signatures(secrets, message, at, body),
    }
    # The guard looks at the very address that is connected to, so a name that answers differently gains nothing.
    connector = aiohttp.TCPConnector(socket_factory=network.OUTSIDE.socket, ssl=trusted(settings))
    limits = aiohttp.ClientTimeout(total=TIMEOUT, sock_connect=CONNECT_SECONDS)
    try:
        async with (
            asyncio.timeout(TIMEOUT + 1),
            aiohttp.ClientSession(
                connector=connector, timeout=limits, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            ) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            if 200 <= response.status < 300:
                return
            said = (await response.content.read(ANSWER_BYTES)).decode("utf-8", "replace")
            raise _refused(response.status, said, response.headers.get("Retry-After", ""))
    except Failed:
        raise
    except aiohttp.ClientConnectorError as error:
        guarded = isinstance(error.os_error, network.NotAllowed)
        raise Failed(f"{type(error).__name__}: {error}", for_good=guarded) from None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise Failed(f"{type(error).__name__}: {error}") from None


def _refused(status: int, said: str, retry_after: str) -> Failed:
    text = f"HTTP {status} {' '.join(said.split())}".strip()
    if status == 410:
        return Failed(text, gone=True)
    passing = status >= 500 or status in (408, 425, 429)
    wait = float(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 7 else None
    return Failed(text, for_good=not passing, line=passing, wait=wait)
