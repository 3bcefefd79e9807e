"""The secret a viewer's browser keeps, so that the address of a picture is of no use to anybody else.

A ticket stands in an address, and addresses are passed on, logged and looked over shoulders at. So a person's ticket is
bound to a second secret that stands in none:

- The page and the media node on one host (whatever the ports): an HttpOnly cookie. Browsers send a host's cookies to
  all its ports, and no script, so no copied address either, can show it.
- The media node on another host: no cookie reaches it. The answer then carries a proof, which the page offers as a
  WebSocket subprotocol or sends in a header; it is made for this one ticket and never part of the address.
- Programs (API tokens, players such as VLC): they keep no cookies. Their ticket belongs to the first network address
  that uses it.

All tickets must first be used within a minute.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

COOKIE: Final = "commonsight_viewer"
"""As `media.doors` looks for it."""

COOKIE_SECONDS: Final = 30 * 24 * 3600
_SECRET: Final = re.compile(r"[\w-]{43}")


@dataclass(frozen=True, slots=True)
class Kept:
    """`secret`: what the ticket is bound to, None for the first address that uses it. `proof`: to be handed over in the
    answer, when no cookie reaches the media node."""

    secret: str | None
    proof: str | None = None


def keep(request: Request, response: Response, media: str, *, program: bool) -> Kept:
    """Choose what a ticket is bound to, and give the browser its cookie.

    Args:
        media: address of the media node.
        program: the caller came with a token, so there is no browser.
    """
    if program:
        return Kept(None)
    if urlsplit(media).hostname != request.url.hostname:
        proof = secrets.token_urlsafe(32)
        return Kept(proof, proof)
    held = request.cookies.get(COOKIE, "")
    secret = held if _SECRET.fullmatch(held) else secrets.token_urlsafe(32)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=COOKIE_SECONDS,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return Kept(secret)
