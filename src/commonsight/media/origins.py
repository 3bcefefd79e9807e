"""Which web pages may ask a media node for pictures."""

from urllib.parse import urlsplit

from commonsight.settings import Settings

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
