"""What was said to open one camera over RTSP or HTTP, kept for whoever asks why it does not play."""

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Self

from commonsight.clock import Clock

MESSAGES_MOST: Final = 60
"""A camera that opens says ten; one that redirects and asks for a password, thirty."""

MESSAGE_BYTES: Final = 4_000
"""Bytes kept of one message; a longer one is cut, and `size` says so."""

_SECRET: Final = re.compile(rb"(?im)^((?:Proxy-)?Authorization: *\w+)[^\r\n]*")

Direction = Literal["in", "out"]
End = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `direction`: seen from us. `line`: its first line. `raw`: at most `MESSAGE_BYTES`, proofs of the
    password blanked. `size`: all its bytes."""

    at: datetime
    direction: Direction
    line: str
    raw: bytes
    size: int


def printable(data: bytes) -> str:
    """Text that a page and a database can hold, whatever a device sent; line breaks stay."""
    text = data.decode("utf-8", "replace")
    return "".join(char if char.isprintable() or char in "\r\n\t" else "\ufffd" for char in text)


class Conversation:
    """Filled while a camera is opened, and bounded.

    `ours`, `theirs`: the ends of the last connection. `description`: the SDP. `counters`: those of `connect.model`.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.said: list[Said] = []
        self.ours: End = ("", 0)
        self.theirs: End = ("", 0)
        self.description = ""
        self.counters: dict[str, int] = {}
        self._clock = clock

    def connected(self, ours: End, theirs: End) -> None:
        """A connection stands; of several the last one counts."""
        self.ours, self.theirs = ours, theirs

    def note(self, direction: Direction, data: bytes) -> None:
        """A whole message went or came."""
        if self._clock is None or len(self.said) >= MESSAGES_MOST:
            return
        line = printable(data.partition(b"\r\n")[0][:200])
        # As long as it was, so that a capture shows a whole stream.
        raw = _SECRET.sub(lambda found: found[1] + b"*" * (len(found[0]) - len(found[1])), data[:MESSAGE_BYTES])
        self.said.append(Said(self._clock.now(), direction, line, raw, len(data)))

    def as_json(self) -> dict[str, Any]:
        """For `read`."""
        said = [
            [one.at.isoformat(), one.direction, one.line, base64.b64encode(one.raw).decode("ascii"), one.size]
            for one in self.said
        ]
        return {
            "ours": self.ours,
            "theirs": self.theirs,
            "description": self.description,
            "counters": self.counters,
            "said": said,
        }

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """What `as_json` wrote."""
        made = cls()
        (ours, our_port), (theirs, their_port) = document["ours"], document["theirs"]
        made.ours, made.theirs = (ours, our_port), (theirs, their_port)
        made.description, made.counters = document["description"], document["counters"]
        made.said = [
            Said(datetime.fromisoformat(at), direction, line, base64.b64decode(raw), size)
            for at, direction, line, raw, size in document["said"]
        ]
        return made
