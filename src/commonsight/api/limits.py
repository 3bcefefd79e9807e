"""Rate limits: so many requests a minute from one address, and of one session or token; memory is bounded.

The counting is GCRA: one number a key, the moment at which its allowance would be full again. A minute's worth may come
at once, then it fills up evenly. What is counted is forgotten with the process; logins are counted in the database,
and stricter (`access.sessions`).
"""

import hashlib
import ipaddress
from collections import OrderedDict
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from commonsight.access.cookies import COOKIE
from commonsight.api.problem import answer
from commonsight.clock import Clock
from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

KEYS_MOST: Final = 50_000
"""Addresses and callers remembered, each; the longest unheard of are forgotten first: they have waited longest."""
WINDOW: Final = 60.0
UNCOUNTED: Final = frozenset({"/healthz", "/readyz", "/metrics"})


class Meter:
    """Allowances of many keys at one rate.

    Args:
        rate: requests a minute.
    """

    def __init__(self, rate: int, *, most: int = KEYS_MOST) -> None:
        self._every = WINDOW / rate
        self._most = most
        self._full_at: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, key: bytes, now: float) -> float:
        """Count one request; 0 when it may pass, else the seconds until one may (it is not counted then)."""
        full_at = max(self._full_at.pop(key, now), now) + self._every
        over = full_at - now - WINDOW
        # A thousandth of a request for the rounding of sums.
        refused = over > self._every / 1000
        self._full_at[key] = full_at - self._every if refused else full_at
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
        return over if refused else 0.0


class RateLimit:
    """Refuses with 429 and `Retry-After` what comes too fast."""

    def __init__(self, app: ASGIApp, clock: Clock, address_rate: int, caller_rate: int) -> None:
        self._app, self._clock = app, clock
        self._addresses, self._callers = Meter(address_rate), Meter(caller_rate)
        self._rates = {"address": address_rate, "caller": caller_rate}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in UNCOUNTED:
            return await self._app(scope, receive, send)
        now = self._clock.monotonic()
        which, wait = "address", self._addresses.wait(address_key(scope), now)
        if not wait and (key := caller_key(scope)) is not None:
            which, wait = "caller", self._callers.wait(key, now)
        if not wait:
            return await self._app(scope, receive, send)
        seconds = max(1, round(wait + 0.5))
        refusal = Refusal(
            "http.rate_limited",
            status=429,
            rule=f"requests a minute ({which})",
            operand="request",
            expected=self._rates[which],
            seconds=seconds,
        )
        log.info("rate_limited", which=which, path=scope["path"][:100])
        connection = HTTPConnection(scope)
        if scope["type"] == "http":
            await answer(connection, refusal)(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return None


def address_key(scope: Scope) -> bytes:
    """Whose address: the whole of IPv4; of IPv6 the /64 that one household or office has to itself."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host.encode()[:64]
    if isinstance(address, ipaddress.IPv6Address):
        return (address.ipv4_mapped or address).packed[:8]
    return address.packed


def caller_key(scope: Scope) -> bytes | None:
    """Whose session or token, as it was shown; None when none was. Only a hash is kept."""
    headers = Headers(scope=scope)
    shown = headers.get("authorization")
    if shown is None:
        shown = HTTPConnection(scope).cookies.get(COOKIE)
    return None if not shown else hashlib.sha256(shown.encode("utf-8", "surrogateescape")).digest()[:16]
