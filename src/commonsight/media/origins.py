"""Which web pages may ask a media node for pictures, and what every plain answer says to browsers."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from commonsight.media.refusals import refused
from commonsight.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def pages_of(settings: Settings) -> tuple[str, ...]:
    """Addresses our own page is known under."""
    public = settings.api.public_url
    return (public.rstrip("/"),) if public else ()


def origin_allowed(origin: str | None, host: str, pages: tuple[str, ...]) -> bool:
    """Whether a page from `origin` may look: no browser at all, one of our own `pages`, or a page of this machine.

    Args:
        origin: the Origin header; None from programs.
        host: the Host header of this request.
        pages: addresses our page is known under.
    """
    if origin is None:
        return True
    if origin.rstrip("/") in pages:
        return True
    try:
        asking, asked = urlsplit(origin).hostname, urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return asking is not None and (asking == asked or {asking, asked} <= _LOOPBACK)


def guarded(handler: Handler, pages: tuple[str, ...]) -> Handler:
    """`handler`, with refusals answered as JSON and pages of other sites kept out."""

    async def guard(request: web.Request) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if not origin_allowed(origin, request.host, pages):
            return web.json_response({"code": "media.origin_refused"}, status=403)
        try:
            response = await handler(request)
        except Exception as error:
            response = refused(error)
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"  # the viewer's cookie
            response.headers["Vary"] = "Origin"
        # A ticket is in the address: no cache on the way may answer for it.
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if response.status in (429, 503):
            response.headers["Retry-After"] = "1"
        return response

    return guard
