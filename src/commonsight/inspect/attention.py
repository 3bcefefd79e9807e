"""Which tries bring their picture along: as many as those who look at pictures keep up with.

A proof must not wait for an eye. When pictures wait to be looked at, further tries only prove; whose picture was due
stays due, and is looked at in a later round. Where somebody waits for just these looks, the tries wait instead.
"""

import asyncio
from collections.abc import Callable, Collection
from uuid import UUID


class Attention:
    """Bounds the pictures that are under way or wait.

    Args:
        due: the cameras whose picture is wanted.
        most: pictures held at once; 3 MB each at 1080p.
        patient: wait for room instead of going without.
    """

    def __init__(self, due: Collection[UUID] = (), most: int = 16, *, patient: bool = False) -> None:
        self.postponed = 0
        """Pictures that were due and not taken along."""
        self._due, self._patient = set(due), patient
        self._room = asyncio.Semaphore(most)

    async def take(self, camera_id: UUID) -> Callable[[], None] | None:
        """Room for a camera's picture; None when it is not wanted now. Call what comes back when it is over."""
        if camera_id not in self._due:
            return None
        if self._room.locked() and not self._patient:
            self.postponed += 1
            return None
        await self._room.acquire()
        return self._room.release
