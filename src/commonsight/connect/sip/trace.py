"""What was said lately, per device and channel: the ladder a person reads, the bytes a capture holds.

Bounded three ways: messages per id, bytes per message, bytes in all; the ids heard of longest ago go first.
"""

import re
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from commonsight.connect.sip.peer import Peer
from commonsight.connect.wire.sip import Request, Response, SipSyntaxError, parse_name_addr

PER_ID = 120
"""Messages kept of one id: a call is 10, an hour of keepalives 120."""
MESSAGE_BYTES = 4_000
"""Bytes kept of one message; a longer body is cut, and the entry says so by `size`."""
TOTAL_BYTES = 64_000_000
"""Memory of the whole trace, by estimate."""
ENTRY_BYTES = 700
"""What an entry takes beside its bytes: objects, strings, its places in rings."""

_SECRET = re.compile(rb"(?<=response=\")[0-9a-fA-F]+(?=\")")

Direction = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as it crossed the wire.

    Args:
        at: when, UTC.
        direction: seen from us.
        peer: the other side.
        local: our address, host and port.
        line: its first line.
        call_id: its Call-ID.
        raw: its first `MESSAGE_BYTES` bytes; digest answers are blanked, because a capture is handed about.
        size: all its bytes.
    """

    at: datetime
    direction: Direction
    peer: Peer
    local: tuple[str, int]
    line: str
    call_id: str
    raw: bytes
    size: int


class Trace:
    """Rings of the last messages, by the ids that stand in From and To.

    Args:
        own: ids that are ours and say nothing about whom a message concerns.
    """

    def __init__(self, own: Iterable[str] = (), *, per_id: int = PER_ID, total_bytes: int = TOTAL_BYTES) -> None:
        self._own = frozenset(own)
        self._per_id = per_id
        self._total = total_bytes
        self._rings: OrderedDict[str, deque[Entry]] = OrderedDict()
        self._held = 0

    @property
    def held(self) -> int:
        """Memory held by estimate; an entry counts once for each id it is filed under."""
        return self._held

    def add(
        self,
        at: datetime,
        direction: Direction,
        peer: Peer,
        local: tuple[str, int],
        message: Request | Response,
        data: bytes,
    ) -> None:
        """Files a message under every id it names."""
        raw = data[:MESSAGE_BYTES]
        if b"uthorization:" in raw:
            raw = _SECRET.sub(lambda found: b"0" * len(found[0]), raw)
        call_id = message.headers.get("Call-ID") or ""
        entry = Entry(at, direction, peer, local, message.line[:200], call_id[:200], raw, len(data))
        for name in self._ids(message):
            ring = self._rings.setdefault(name, deque())
            self._rings.move_to_end(name)
            ring.append(entry)
            self._held += _cost(entry)
            if len(ring) > self._per_id:
                self._held -= _cost(ring.popleft())
        while self._held > self._total and self._rings:
            _, oldest = self._rings.popitem(last=False)
            self._held -= sum(map(_cost, oldest))

    def ladder(self, ids: Iterable[str], *, since: datetime | None = None, call_id: str | None = None) -> list[Entry]:
        """What was said with or about `ids`, oldest first, each message once."""
        found = {id(entry): entry for name in ids for entry in self._rings.get(name, ())}
        kept = (e for e in found.values() if (since is None or e.at >= since) and call_id in (None, e.call_id))
        return sorted(kept, key=lambda entry: entry.at)

    def _ids(self, message: Request | Response) -> set[str]:
        names = set()
        for field in ("From", "To"):
            try:
                user = parse_name_addr(message.headers.get(field) or "").uri.user
            except SipSyntaxError:
                continue
            if user and user not in self._own:
                names.add(user[:64])
        return names


def _cost(entry: Entry) -> int:
    return len(entry.raw) + ENTRY_BYTES
