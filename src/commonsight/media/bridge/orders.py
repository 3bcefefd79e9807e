"""What the signalling process orders, its fields checked."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from commonsight.gate.model import Action
from commonsight.problem import Refusal


@dataclass(slots=True)
class Wish:
    """An order to open a stream, its fields checked."""

    name: str
    ticket: str
    camera_id: UUID
    action: Action
    zone: str
    transport: str
    host: str
    port: int
    ssrc: int
    payload_type: int
    start: int = 0
    end: int = 0
    speed: float | None = None


def wish_of(fields: dict[str, Any]) -> Wish:
    """The order as it came over the signalling socket.

    Raises:
        Refusal: `media.bridge_field_invalid` (422) for one that makes no sense.
    """
    try:
        speed = fields.get("speed")
        return Wish(
            str(fields["bridge"])[:40], str(fields["ticket"]), UUID(fields["camera"]), Action(fields["action"]),
            str(fields["zone"]), str(fields["transport"]), str(fields["host"]), int(fields["port"]),
            int(fields["ssrc"]), int(fields["payload_type"]), int(fields.get("start") or 0),
            int(fields.get("end") or 0), None if speed is None else float(speed),
        )  # fmt: skip
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Refusal("media.bridge_field_invalid", status=422, operand="order", actual=repr(error)[:80]) from error
