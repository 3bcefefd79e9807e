"""What every request goes through: an id, a log line, a measurement, a limit, an origin check, security headers.

Plain ASGI, so that streams and WebSockets pass untouched.
"""

import contextlib
import time
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from prometheus_client import Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commonsight.access.cookies import COOKIE
from commonsight.api import PREFIX
from commonsight.api.problem import answer
from commonsight.problem import Refusal
from commonsight.records.base import uuid7

log = structlog.get_logger(__name__)

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: measured, but logged only when they fail."""

SECONDS = Histogram(
    "commonsight_http_seconds",
    "Time to answer a request",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class Observe:
    """Gives each request an id, logs it without its query (tickets travel there), measures it, answers crashes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        request_id = str(uuid7())
        scope.setdefault("state", {})["request_id"] = request_id
        began, status, started = time.perf_counter(), 0, False

        async def watched(message: Message) -> None:
            nonlocal status, started
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status, started = message["status"], True
                MutableHeaders(scope=message).append("X-Request-Id", request_id)
            elif message["type"] == "websocket.accept":
                status, started = 101, True
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self._app(scope, receive, watched)
            except Exception:
                log.exception("request_crashed", path=scope["path"])
                status = 500
                if scope["type"] == "http" and not started:
                    refusal = Refusal("http.crashed", status=500, rule="our own fault", operand="request")
                    await answer(HTTPConnection(scope), refusal)(scope, receive, watched)
                elif not started:
                    await send({"type": "websocket.close", "code": 1011, "reason": ""})
                # A started answer cannot be taken back: the server drops the connection, and the client sees it cut.
                else:
                    raise
            finally:
                self._tell(scope, status, time.perf_counter() - began)
        return None

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope.get("method", "WS")
        path = scope["path"]
        route = _route(scope)
        if status != 101:  # the length of a live connection is no response time
            SECONDS.labels(method if method in SAFE | _UNSAFE else "other", route, str(status)).observe(seconds)
        if path in QUIET and status < 400:
            return
        caller = scope.get("state", {}).get("caller")
        log.info(
            "request",
            method=method,
            path=path[:200],
            status=status,
            ms=round(seconds * 1000, 1),
            caller=None if caller is None else str(caller.id),
        )


def _route(scope: Scope) -> str:
    """The route's pattern, never the path itself: metrics must not grow with what people type."""
    pattern = getattr(scope.get("route"), "path", None)
    if pattern is None:
        return "other"
    inside = scope["path"].startswith(f"{PREFIX}/") and not pattern.startswith(("/api/", "/{path"))
    return f"{PREFIX}{pattern}" if inside else str(pattern)


_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE", "WS"})


class BodyLimit:
    """Refuses bodies beyond `most` bytes, by what they declare or else by what arrives."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isascii() or not declared.isdigit() or len(declared) > 15 or int(declared) > self._most:
            return await self._refuse(scope, receive, send)
        arrived, started = 0, False

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._most and not started:
                raise _TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            # Whatever reads the body may answer the interruption in its own way; what it says is not passed on.
            if arrived <= self._most or started:
                started = True
                await send(message)

        with contextlib.suppress(_TooLargeError):
            await self._app(scope, counted, noted)
        if arrived > self._most and not started:
            await self._refuse(scope, receive, send)
        return None

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = Refusal("http.body_too_large", status=413, rule="bytes", operand="body", expected=self._most)
        await answer(HTTPConnection(scope), refusal)(scope, receive, send)


class _TooLargeError(Exception):
    """More arrived than may."""


class OriginCheck:
    """Refuses what another site's page sends in the name of somebody who is logged in here.

    Concerns unsafe methods and WebSockets without a token: a browser adds the cookie by itself, but it also says where
    the page came from. `SameSite=Strict` is the first wall, this is the second.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        concerned = scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in SAFE)
        headers = Headers(scope=scope) if concerned else None
        if headers is not None and "authorization" not in headers and not self._allowed(headers):
            origin = headers.get("origin", "")[:100]
            refusal = Refusal("http.origin_refused", status=403, rule="same origin", operand="Origin", actual=origin)
            log.warning("origin_refused", origin=origin, cookie=COOKIE in headers.get("cookie", ""))
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1008, "reason": ""})
                return
            await answer(HTTPConnection(scope), refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _allowed(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None:
            # Programs send none. Browsers always do with unsafe methods; the newer header catches what leaves it out.
            return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        if origin.lower() in self._origins:
            return True
        try:
            return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
        except ValueError:
            return False


class SecurityHeaders:
    """Headers that keep browsers from guessing, framing and leaking; an answer that is no page may load nothing."""

    def __init__(self, app: ASGIApp, secure: bool = False) -> None:
        self._app = app
        self._always = _ALWAYS | (_SECURE if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)

        async def dressed(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in self._always.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    # Answers differ by caller and language; nothing between here and them may keep one.
                    headers.setdefault("Cache-Control", "no-store")
                    headers.append("Vary", "Accept-Language")
            await send(message)

        await self._app(scope, receive, dressed)
        return None


_SECURE: Final[dict[str, str]] = {"Strict-Transport-Security": "max-age=31536000"}
"""Only where people reach us over TLS: a browser that has seen it never comes back in clear."""

_ALWAYS: Final[dict[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), usb=(), serial=(), payment=()",
    "X-Permitted-Cross-Domain-Policies": "none",
}


def page_policy(media: Iterable[str]) -> str:
    """The Content-Security-Policy of the page: everything from here, live pictures from the media nodes besides.

    Styles inline because Ant Design writes its own at run time; workers as blobs because MapLibre makes its own so.
    """
    parts: dict[str, Any] = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' blob:",
        "worker-src": "'self'",
        "connect-src": " ".join(["'self'", *sorted(set(media))]),
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())
