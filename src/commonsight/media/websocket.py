"""Unmasked server frames of RFC 6455, made once and sent to many."""

import struct

TEXT = 0x1
BINARY = 0x2

_FINAL = 0x80
_SHORT = struct.Struct(">BB")
_MEDIUM = struct.Struct(">BBH")
_LONG = struct.Struct(">BBQ")


def frame(opcode: int, payload: bytes) -> bytes:
    """A whole, unfragmented, uncompressed message."""
    length = len(payload)
    if length < 126:
        head = _SHORT.pack(_FINAL | opcode, length)
    elif length < 0x1_0000:
        head = _MEDIUM.pack(_FINAL | opcode, 126, length)
    else:
        head = _LONG.pack(_FINAL | opcode, 127, length)
    return head + payload


def payload(message: bytes) -> bytes:
    """What `frame` was given."""
    short = message[1]
    return message[{126: 4, 127: 10}.get(short, 2) :]
