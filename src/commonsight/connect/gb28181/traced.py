"""What the signalling process remembers of a device's messages, for whoever asks why something does not work."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from commonsight.clock import Clock
from commonsight.connect.gb28181.model import is_code
from commonsight.connect.gb28181.signalling import Connection, Server
from commonsight.connect.sip.peer import Peer
from commonsight.connect.sip.trace import Direction, Entry, Trace
from commonsight.problem import Refusal

IDS_MOST: Final = 4
SECONDS_MOST: Final = 86_400.0
ENTRIES_MOST: Final = 300


@dataclass(frozen=True, slots=True)
class Told:
    """One message as it came over the signalling socket. Fields as in `sip.trace.Entry`."""

    at: datetime
    direction: Direction
    peer: Peer
    local: tuple[str, int]
    line: str
    call_id: str
    raw: bytes
    size: int

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError for what `Traced` did not write."""
        try:
            raw = base64.b64decode(document["raw"], validate=True)
        except binascii.Error as error:
            raise ValueError(f"raw: {error}") from error
        host, port = document["local"]
        return cls(
            datetime.fromisoformat(document["at"]), document["direction"], Peer(**document["peer"]),
            (str(host), int(port)), document["line"], document["call_id"], raw, int(document["size"]),
        )  # fmt: skip


class Traced:
    """Answers the op `trace`: {ids: [code, …], within?} -> {entries: […]}, oldest first, the newest `ENTRIES_MOST`.

    `within`: only what was said in the last so many seconds.
    """

    def __init__(self, trace: Trace, clock: Clock) -> None:
        self._trace = trace
        self._clock = clock

    def attach(self, line: Server) -> None:
        """Offer it."""
        line.op("trace", self.answer)

    async def answer(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """What was said with or about these ids."""
        ids, seconds = fields.get("ids"), fields.get("within", SECONDS_MOST)
        if not isinstance(ids, list) or not 0 < len(ids) <= IDS_MOST or not all(is_code(str(one)) for one in ids):
            raise Refusal(
                "connect.gb_field_invalid", status=422, operand="ids", rule="GB/T 28181 codes", expected=IDS_MOST
            )
        if not isinstance(seconds, int | float) or not 0 < seconds <= SECONDS_MOST:
            raise Refusal("connect.gb_field_invalid", status=422, operand="within", rule="range", expected=SECONDS_MOST)
        since = self._clock.now() - timedelta(seconds=seconds)
        found = self._trace.ladder([str(one) for one in ids], since=since)
        return {"entries": [_said(entry) for entry in found[-ENTRIES_MOST:]]}


def _said(entry: Entry) -> dict[str, Any]:
    peer = entry.peer
    return {
        "at": entry.at.isoformat(),
        "direction": entry.direction,
        "peer": {"zone": peer.zone, "transport": peer.transport, "host": peer.host, "port": peer.port},
        "local": list(entry.local),
        "line": entry.line,
        "call_id": entry.call_id,
        "raw": base64.b64encode(entry.raw).decode("ascii"),
        "size": entry.size,
    }
