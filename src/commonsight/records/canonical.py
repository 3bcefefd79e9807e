"""Canonical JSON (RFC 8785): one value has one sequence of bytes, so that its digest proves it.

Anybody can recompute the digest in any language: keys sorted by UTF-16 code units, no spaces,
numbers as ECMAScript prints an IEEE 754 double.
"""

import hashlib
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

INTEGER_LIMIT: Final = 2**53 - 1
"""Up to here every integer survives as a double (RFC 7493 section 2.2)."""

DEPTH_LIMIT: Final = 64

_ESCAPES: Final = {
    0x08: "\\b",
    0x09: "\\t",
    0x0A: "\\n",
    0x0C: "\\f",
    0x0D: "\\r",
    0x22: '\\"',
    0x5C: "\\\\",
    **{code: f"\\u{code:04x}" for code in range(0x20) if code not in (0x08, 0x09, 0x0A, 0x0C, 0x0D)},
}


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value.

    Raises:
        ValueError: not a JSON value, or one that JSON's readers disagree about: NaN, infinities, integers that no
            double holds, lone surrogates, NUL characters (PostgreSQL cannot store them), keys that are not strings,
            nesting deeper than 64.
    """
    return _text(value, 0).encode()


def digest(value: Any) -> bytes:
    """SHA-256 of the canonical bytes: 32 bytes."""
    return hashlib.sha256(canonical(value)).digest()


def _text(value: Any, depth: int) -> str:
    if depth > DEPTH_LIMIT:
        raise ValueError(f"JSON nested deeper than {DEPTH_LIMIT}")
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise ValueError(f"JSON keys are strings, not {type(key).__name__}")
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_string(key)}:{_text(value[key], depth + 1)}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(item, depth + 1) for item in value) + "]"
    raise ValueError(f"{type(value).__name__} is not a JSON value")


def _string(value: str) -> str:
    if "\0" in value:
        raise ValueError("text with a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("text with a lone surrogate") from error
    return f'"{value.translate(_ESCAPES)}"'


def _integer(value: int) -> str:
    if abs(value) <= INTEGER_LIMIT:
        return str(int(value))
    # Larger ones pass when they are how a double is written: 1e17 comes back from a database as an integer.
    try:
        double = float(value)
    except OverflowError:
        double = math.inf
    if not math.isfinite(double) or int(Decimal(repr(double))) != value:
        raise ValueError("an integer that a double does not hold: send it as text")
    return _number(double)


def _number(value: float) -> str:
    """ECMAScript's Number::toString (ECMA-262 section 6.1.6.1.20) from Python's shortest digits."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a JSON number")
    if value == 0:
        return "0"  # also minus zero
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # Place of the decimal point, counted from the first significant digit.
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    power = point - 1
    tail = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if power >= 0 else '-'}{abs(power)}"
