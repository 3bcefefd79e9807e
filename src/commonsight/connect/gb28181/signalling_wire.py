"""How other processes talk to the signalling process: `u32 length | JSON`, big-endian, both ways.

asks      {"id": n, "op": "...", ...}
answers   {"id": n, "ok": {...}}   or   {"id": n, "problem": {"code", "status", "facts": {...}}}
told      {"event": "...", ...}
"""

import asyncio
import json
import struct
from typing import Any, Final

from commonsight.problem import Refusal

MESSAGE_MAX: Final = 4 * 1024 * 1024
"""Largest message, bytes: a list of recordings of one day fits."""
_HEAD = struct.Struct(">I")
_FACTS = ("rule", "operand", "expected", "actual")


class SignallingError(ValueError):
    """The other side breaks the protocol. The text says how."""


def encode(document: dict[str, Any]) -> bytes:
    """A message. Raises `SignallingError` when it is too long."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str).encode()
    if len(body) > MESSAGE_MAX:
        raise SignallingError(f"length: at most {MESSAGE_MAX} bytes, is {len(body)}")
    return _HEAD.pack(len(body)) + body


async def receive(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next message.

    Raises:
        SignallingError: too long, no JSON, or no object.
        asyncio.IncompleteReadError: the connection ended.
    """
    (length,) = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    if not 2 <= length <= MESSAGE_MAX:
        raise SignallingError(f"length: 2 to {MESSAGE_MAX}, is {length}")
    body = await reader.readexactly(length)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SignallingError(f"JSON: {error}") from error
    if not isinstance(document, dict):
        raise SignallingError(f"JSON: must be an object, is {type(document).__name__}")
    return document


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """A refusal as it travels."""
    return {"code": refusal.code, "status": refusal.status, "facts": refusal.facts()}


def refusal_of(problem: Any) -> Refusal:
    """The refusal that travelled here."""
    if not isinstance(problem, dict):
        return Refusal("connect.gb_signalling_failed", status=502)
    facts = problem.get("facts")
    given = {str(key): value for key, value in facts.items()} if isinstance(facts, dict) else {}
    named = {key: given.pop(key, None) for key in _FACTS}
    given.pop("code", None)
    given.pop("status", None)
    return Refusal(
        str(problem.get("code", "connect.gb_signalling_failed")), status=int(problem.get("status", 502)), **named,
        **given,
    )  # fmt: skip
