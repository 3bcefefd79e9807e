"""Open connections end when the session or the token they came in by does: at once, not at their next look."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from uuid import UUID

import structlog

from commonsight.access.endings import ENDED
from commonsight.access.model import Identity
from commonsight.records.notify import listen

log = structlog.get_logger(__name__)


class Cuts:
    """Listens while somebody is connected.

    Args:
        dsn: of the database that tells.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._watched: dict[UUID, set[Callable[[], None]]] = {}
        self._listening: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def watching(self, caller: Identity, look: Callable[[], None]) -> Iterator[None]:
        """Call `look` when what the caller came in by has ended, or may have: then it looks for itself."""
        key = caller.session_id or caller.token_id
        if key is None:
            yield
            return
        self._watched.setdefault(key, set()).add(look)
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen(), name="cuts")
        try:
            yield
        finally:
            held = self._watched.get(key, set())
            held.discard(look)
            if not held:
                self._watched.pop(key, None)
            if not self._watched:
                self.close()

    def close(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None

    async def _listen(self) -> None:
        async for channel, payload in listen(self._dsn, [ENDED]):
            named = [*payload.get("sessions", ()), *payload.get("tokens", ())] if channel == ENDED else None
            # Just connected, or connected again: what was told before is not known, so everybody looks.
            for key in list(self._watched) if named is None else _ids(named):
                for look in list(self._watched.get(key, ())):
                    look()


def _ids(named: list[object]) -> Iterator[UUID]:
    for each in named:
        with contextlib.suppress(ValueError):
            yield UUID(str(each))
