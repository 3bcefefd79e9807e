"""The bounded queue between a camera and its one reader: a slow reader loses pictures, never memory."""

import asyncio
from collections import deque

from commonsight.connect.model import AccessUnit, SourceError

MAX_UNITS = 250
"""Ten seconds at 25 frames a second."""
MAX_BYTES = 16 * 1024 * 1024


class UnitQueue:
    """Hands units on from a keyframe. On overflow it moves the reader on to the newest keyframe it holds, or to the
    next one that comes; `skipped` counts what was left out."""

    def __init__(self, max_units: int = MAX_UNITS, max_bytes: int = MAX_BYTES) -> None:
        self.skipped = 0
        self._max_units = max_units
        self._max_bytes = max_bytes
        self._units: deque[AccessUnit] = deque()
        self._bytes = 0
        self._until_keyframe = True
        self._ended = False
        self._error: SourceError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._stirred = asyncio.Event()

    async def first(self) -> None:
        """Wait until any unit has come, keyframe or not, or `begin` was called.

        Raises the `SourceError` that ended the queue instead.
        """
        await self._stirred.wait()
        if self._error is not None and not self._units:
            raise self._error

    def begin(self) -> None:
        """The stream has begun, though no unit is whole yet."""
        self._stirred.set()

    def put(self, unit: AccessUnit) -> None:
        """Never waits."""
        self._stirred.set()
        if self._until_keyframe:
            if not unit.keyframe:
                self.skipped += 1
                return
            self._until_keyframe = False
        self._units.append(unit)
        self._bytes += len(unit.data)
        while len(self._units) > self._max_units or self._bytes > self._max_bytes:
            self._skip()  # twice when even the newest group is too large
        self._wake()

    def end(self, error: SourceError | None) -> None:
        """No more units: the reader gets what is queued, then `error`, or a plain end. The first call counts."""
        if not self._ended:
            self._ended, self._error = True, error
            self._stirred.set()
            self._wake()

    def clear(self) -> None:
        """Forget what is queued; for a reader that closes."""
        self._units.clear()
        self._bytes = 0

    async def get(self) -> AccessUnit | None:
        """The next unit; None at a plain end."""
        while not self._units:
            if self._ended:
                if self._error is not None:
                    raise self._error
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        unit = self._units.popleft()
        self._bytes -= len(unit.data)
        return unit

    def _skip(self) -> None:
        keep = next((i for i in range(len(self._units) - 1, 0, -1) if self._units[i].keyframe), len(self._units))
        for _ in range(keep):
            self._bytes -= len(self._units.popleft().data)
        self.skipped += keep
        self._until_keyframe = not self._units

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
