"""Wires `http.requires` to access/: who is calling, by cookie or by token, and whether they may."""

from typing import Final

from starlette.requests import HTTPConnection

from commonsight.access import sessions
from commonsight.access.cookies import COOKIE
from commonsight.access.model import Identity
from commonsight.clock import Clock
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.settings import Settings

SECRET_LONGEST: Final = 200
"""Longer than any cookie or token of ours; what is longer is not even hashed."""


class Authorize:
    """Callable put into `app.state.authorize`."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings, self._database, self._clock = settings, database, clock

    async def __call__(self, connection: HTTPConnection, permission: str) -> Identity:
        """The caller, when they hold `permission`.

        Raises:
            Refusal: `access.signed_out` (401), `access.password_must_change` or `access.forbidden` (403).
        """
        identity = await self.identify(connection)
        if identity is None:
            raise Refusal("access.signed_out", status=401, rule="session or token")
        # Known from here on, so that a refusal is in the caller's language.
        connection.state.caller = identity
        identity.refuse_unless(permission)
        return identity

    async def identify(self, connection: HTTPConnection) -> Identity | None:
        """Who is calling; None when nobody valid. A token, when given, decides alone, never a cookie beside it."""
        address = connection.client.host if connection.client else None
        scheme, _, credential = connection.headers.get("authorization", "").partition(" ")
        if scheme:
            token = credential.strip()
            if scheme.lower() != "bearer" or len(token) > SECRET_LONGEST:
                return None
            return await sessions.by_token(self._database, self._clock, token, address)
        secret = connection.cookies.get(COOKIE)
        if not secret or len(secret) > SECRET_LONGEST:
            return None
        return await sessions.by_session(self._database, self._clock, self._settings, secret, address)
