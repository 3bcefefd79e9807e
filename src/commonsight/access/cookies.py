"""The cookies of signing in: never readable by scripts, never sent along by other sites, only over TLS where there is
TLS."""

from typing import Final

from fastapi import Request, Response

from commonsight.access.model import SESSION_LONGEST
from commonsight.settings import Settings

COOKIE: Final = "commonsight_session"
SIGN_IN_COOKIE: Final = "commonsight_sign_in"
"""Ties a sign-in at a provider to the browser that began it."""


def is_secure(request: Request, settings: Settings) -> bool:
    """Whether people reach us over TLS, our own or a proxy's."""
    public = (settings.api.public_url or "").startswith("https:")
    return request.url.scheme == "https" or public or settings.tls.on


def set_session(request: Request, response: Response, settings: Settings, secret: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(SESSION_LONGEST.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=is_secure(request, settings),
    )


def forget_session(request: Request, response: Response, settings: Settings) -> None:
    """Take the session from the browser."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=is_secure(request, settings))


def set_sign_in(request: Request, response: Response, settings: Settings, secret: str, seconds: int) -> None:
    """Mark the browser that goes to a provider. `Lax`, because it comes back by a link of the provider's page."""
    response.set_cookie(
        SIGN_IN_COOKIE,
        secret,
        max_age=seconds,
        path="/api/v1/sign-in",
        httponly=True,
        samesite="lax",
        secure=is_secure(request, settings),
    )


def forget_sign_in(request: Request, response: Response, settings: Settings) -> None:
    """Take that mark away."""
    secure = is_secure(request, settings)
    response.delete_cookie(SIGN_IN_COOKIE, path="/api/v1/sign-in", httponly=True, samesite="lax", secure=secure)
