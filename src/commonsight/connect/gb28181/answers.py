"""Answers that come in messages of their own: each waits under the serial number of its question, bounded."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Final, Self

from commonsight.connect.wire.manscdp import Manscdp

WAITING_MOST: Final = 4_000
"""Questions that may be open at once in one process."""

PAGES_MOST: Final = 4_096
"""Messages of one answer that wait to be read; a catalogue of that many pages is read while it comes."""


class Overfull(Exception):
    """More questions are open than this process keeps account of."""


class Answers:
    """The messages that answer one question, in the order they came. Use it with `async with`; leaving it forgets it.

    `dropped`: messages that found the queue full, so that a reader knows that the answer is short.
    """

    def __init__(self, desk: "Desk", serial: str, device: str | None) -> None:
        self.serial, self.device = serial, device
        self.dropped = 0
        self._desk = desk
        self._pages: asyncio.Queue[Manscdp] = asyncio.Queue(PAGES_MOST)

    async def get(self, timeout: float | None = None) -> Manscdp:
        """The next message. Raises TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            return await self._pages.get()

    def get_nowait(self) -> Manscdp | None:
        """The next message, if one is here."""
        return None if self._pages.empty() else self._pages.get_nowait()

    async def __aiter__(self) -> AsyncIterator[Manscdp]:
        while True:
            yield await self._pages.get()

    def put(self, message: Manscdp) -> None:
        """A message came."""
        try:
            self._pages.put_nowait(message)
        except asyncio.QueueFull:
            self.dropped += 1

    def close(self) -> None:
        """Take no more messages; may be called twice."""
        self._desk.forget(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Desk:
    """All open questions by serial number."""

    def __init__(self) -> None:
        self._open: dict[str, Answers] = {}

    def __len__(self) -> int:
        return len(self._open)

    def expect(self, serial: str, device: str | None = None) -> Answers:
        """Keep the answers to `serial`; with `device`, those of that device alone.

        Raises:
            Overfull: `WAITING_MOST` are open.
            ValueError: the serial number is in use.
        """
        if len(self._open) >= WAITING_MOST:
            raise Overfull(f"{WAITING_MOST} questions are open")
        if serial in self._open:
            raise ValueError(f"serial number {serial} waits for an answer already")
        made = Answers(self, serial, device)
        self._open[serial] = made
        return made

    def deliver(self, device: str, message: Manscdp) -> bool:
        """Hand a message to its question; False when nobody asked, or another device was asked."""
        waiting = self._open.get(message.serial)
        if waiting is None or waiting.device not in (None, device):
            return False
        waiting.put(message)
        return True

    def forget(self, answers: Answers) -> None:
        """The question is closed."""
        if self._open.get(answers.serial) is answers:
            del self._open[answers.serial]
