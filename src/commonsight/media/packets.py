"""The packet protocol between a media node and analysis: `u32 length | u8 type | payload`, big-endian.

H  client: hello, JSON {ticket, camera}
I  node: info, JSON {codec, width, height, parameter_sets: [base64]}; again when they change or the camera is back
A  node: access unit, i64 pts (90 kHz) | f64 received (this machine's monotonic s) | u8 flags (1 keyframe) | Annex B
S  node: state, JSON {code, frames}: reconnecting (until the next I), skipped (frames = how many were left out)
B  client: boxes, JSON {pts, boxes, lines}
W  client: want, JSON {keyframes}: true: no other units from now on; false: all again, the current group first
E  node: end, JSON {code}
"""

import asyncio
import base64
import binascii
import json
import struct
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from commonsight.connect.model import AccessUnit, Codec, StreamInfo

HELLO, INFO, UNIT, STATE, BOXES, WANT, END = b"H", b"I", b"A", b"S", b"B", b"W", b"E"

UNIT_MAX = 64_000_000
"""Largest access unit taken, bytes."""
CONTROL_MAX = 262_144
"""Largest message of any other type, bytes."""
BOXES_MAX = 500
LINES_MAX = 64

_HEAD = struct.Struct(">Ic")
_UNIT = struct.Struct(">Icqd?")
_UNIT_BODY = struct.Struct(">qd?")


class PacketError(ValueError):
    """The other side breaks the protocol. The text says how."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What a client says first."""

    ticket: str
    camera_id: UUID


async def receive(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The next message as (type, payload).

    Raises:
        PacketError: unknown type or too long.
        asyncio.IncompleteReadError: the connection ended.
    """
    length, kind = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    if kind not in (HELLO, INFO, UNIT, STATE, BOXES, WANT, END):
        raise PacketError(f"type: must be one of H I A S B W E, is {kind!r}")
    limit = UNIT_MAX if kind == UNIT else CONTROL_MAX
    if not 1 <= length <= limit:
        raise PacketError(f"length: 1 to {limit} for type {kind.decode()}, is {length}")
    return kind, await reader.readexactly(length - 1)


def control(kind: bytes, document: dict[str, Any]) -> bytes:
    """A message of JSON."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) >= CONTROL_MAX:
        raise PacketError(f"length: at most {CONTROL_MAX} bytes, is {len(body)}")
    return _HEAD.pack(len(body) + 1, kind) + body


def unit(data: bytes, pts: int, received: float, *, keyframe: bool) -> bytes:
    """An access unit's message."""
    return _UNIT.pack(_UNIT_BODY.size + 1 + len(data), UNIT, pts, received, keyframe) + data


def decode_unit(payload: bytes) -> AccessUnit:
    """The access unit in an `A` message."""
    if len(payload) < _UNIT_BODY.size:
        raise PacketError(f"unit: at least {_UNIT_BODY.size} bytes, are {len(payload)}")
    pts, received, keyframe = _UNIT_BODY.unpack_from(payload)
    return AccessUnit(payload[_UNIT_BODY.size :], pts, keyframe, received)


def info(track_codec: Codec, width: int, height: int, parameter_sets: tuple[bytes, ...]) -> bytes:
    """An `I` message."""
    sets = [base64.b64encode(nal).decode() for nal in parameter_sets]
    return control(INFO, {"codec": track_codec, "width": width, "height": height, "parameter_sets": sets})


def decode_info(payload: bytes) -> StreamInfo:
    """The stream an `I` message describes."""
    document = _document(payload)
    try:
        sets = tuple(base64.b64decode(text, validate=True) for text in document["parameter_sets"])
        return StreamInfo(Codec(document["codec"]), sets, int(document["width"]), int(document["height"]))
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error) as error:
        raise PacketError(f"info: {error}") from error


def decode_hello(payload: bytes) -> Hello:
    """What a client said first."""
    document = _document(payload)
    ticket, camera = document.get("ticket"), document.get("camera")
    if not isinstance(ticket, str) or not isinstance(camera, str):
        raise PacketError("hello: ticket and camera must be text")
    try:
        return Hello(ticket, UUID(camera))
    except ValueError as error:
        raise PacketError("hello: camera must be a UUID") from error


def decode_boxes(payload: bytes) -> tuple[int, list[list[Any]], list[dict[str, Any]]]:
    """(pts, boxes, lines) as a worker sent them, shape checked: browsers draw them as they are.

    A box is [x0, y0, x1, y1 relative 0..1, class, score, track or null]; a line is {"id", "in", "out"}.
    """
    document = _document(payload)
    pts, boxes, lines = document.get("pts"), document.get("boxes"), document.get("lines", [])
    if type(pts) is not int or not 0 <= pts < 1 << 62:
        raise PacketError("boxes: pts must be ticks")
    if not isinstance(boxes, list) or len(boxes) > BOXES_MAX or not all(_is_box(box) for box in boxes):
        raise PacketError(f"boxes: at most {BOXES_MAX} of [x0, y0, x1, y1, class, score, track]")
    if not isinstance(lines, list) or len(lines) > LINES_MAX or not all(_is_line(line) for line in lines):
        raise PacketError(f"boxes: at most {LINES_MAX} lines of id, in, out")
    return pts, boxes, lines


def decode_want(payload: bytes) -> bool:
    """Whether a client wants keyframes only."""
    keyframes = _document(payload).get("keyframes")
    if not isinstance(keyframes, bool):
        raise PacketError("want: keyframes must be true or false")
    return keyframes


def decode_state(payload: bytes) -> tuple[str, int]:
    """(code, frames) of an `S` or `E` message."""
    document = _document(payload)
    code, frames = document.get("code"), document.get("frames", 0)
    if not isinstance(code, str) or type(frames) is not int:
        raise PacketError("state: code must be text, frames a number")
    return code, frames


def _document(payload: bytes) -> dict[str, Any]:
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise PacketError(f"payload: must be JSON: {error}") from error
    if not isinstance(document, dict):
        raise PacketError("payload: must be a JSON object")
    return document


def _is_box(box: Any) -> bool:
    if not isinstance(box, list) or len(box) != 7:
        return False
    label, score, track = box[4:]
    return (
        all(_is_number(side) for side in box[:4])
        and isinstance(label, str)
        and len(label) <= 64
        and _is_number(score)
        and (track is None or type(track) is int)
    )


def _is_line(line: Any) -> bool:
    return (
        isinstance(line, dict)
        and set(line) == {"id", "in", "out"}
        and isinstance(line["id"], str)
        and len(line["id"]) <= 64
        and _is_number(line["in"])
        and _is_number(line["out"])
    )


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and -1e15 < value < 1e15
