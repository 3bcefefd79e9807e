"""Datagrams that have come and not been worked on: requests once, what finishes something before what begins it.

In a storm of registrations datagrams come faster than they can be worked on. Their senders repeat what is not answered
within half a second and begin anew after some seconds, so that a plain queue fills with copies and with requests nobody
waits for any more. Here a copy of a request that waits is dropped unread; whoever holds a challenge, is asked something
or keeps alive goes first; and of those who only begin to register the latest goes first: it is still being waited for.
"""

from typing import Final

WAITING_MOST: Final = 8_192
WAITING_BYTES: Final = 16_000_000

Datagram = tuple[bytes, tuple[str, int]]
_Mark = tuple[bytes, tuple[str, int], int]


class WaitingRoom:
    """Bounded in number and bytes; when it is full, beginners leave first: they come again by themselves."""

    def __init__(self, *, most: int = WAITING_MOST, size: int = WAITING_BYTES) -> None:
        self._most, self._size = most, size
        self._first: dict[_Mark, None] = {}
        self._beginners: dict[_Mark, None] = {}
        self._answers = 0
        self._bytes = 0
        self.copies = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._first) + len(self._beginners)

    def put(self, data: bytes, sender: tuple[str, int]) -> None:
        """A datagram came."""
        begins = is_beginner(data)
        if data.startswith(b"SIP/"):
            # Copies of an answer are told apart: each copy of a 2xx asks for an ACK of its own.
            self._answers += 1
            one = (data, sender, self._answers)
        else:
            one = (data, sender, 0)
        if one in (self._beginners if begins else self._first):
            self.copies += 1
            return
        while len(self) >= self._most or self._bytes + len(data) > self._size:
            if begins or not self._beginners:
                self.dropped += 1
                return
            self._forget(next(iter(self._beginners)))
        (self._beginners if begins else self._first)[one] = None
        self._bytes += len(data)

    def take(self, most: int) -> list[Datagram]:
        """The next ones to work on, at most so many."""
        taken: list[Datagram] = []
        while len(taken) < most and self._first:
            one = next(iter(self._first))
            del self._first[one]
            taken.append(one[:2])
        while len(taken) < most and self._beginners:
            taken.append(self._beginners.popitem()[0][:2])
        self._bytes -= sum(len(data) for data, _ in taken)
        return taken

    def _forget(self, one: _Mark) -> None:
        del self._beginners[one]
        self._bytes -= len(one[0])
        self.dropped += 1


def is_beginner(data: bytes) -> bool:
    """Whether this is a REGISTER that holds no answer to a challenge yet. Judged by its bytes: reading it costs more
    than dropping it."""
    return data.startswith(b"REGISTER ") and b"uthorization:" not in data
