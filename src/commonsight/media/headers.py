"""What every answer of a media node says to browsers: guess nothing, frame nothing, keep nothing."""

from typing import Final

from aiohttp import web

ALWAYS: Final[dict[str, str]] = {
    # Pictures are shown, never run: an answer that a browser opens as a page may load nothing.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    # The page lies on another port of this host, or on another host of this site.
    "Cross-Origin-Resource-Policy": "same-site",
    "Cache-Control": "no-store",
}

SECURE: Final[dict[str, str]] = {"Strict-Transport-Security": "max-age=31536000"}


async def dress(request: web.Request, response: web.StreamResponse) -> None:
    """A signal handler for `on_response_prepare`; what a route says itself stays."""
    for name, value in (ALWAYS | (SECURE if request.secure else {})).items():
        response.headers.setdefault(name, value)
