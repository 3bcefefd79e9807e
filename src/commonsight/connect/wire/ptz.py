"""The eight bytes of a pan-tilt-zoom command (GB/T 28181 PTZCmd, as devices take them): both directions.

A5 0F 01 code first second third sum
|  |  |  |    |     |      high four bits: third value; low four: high bits of the address
|  |  |  |    |     second value: tilt speed, preset
|  |  |  |    first value: pan speed, cruise or scan number
|  |  |  what to do
|  |  low eight bits of the address
|  version in the high four bits; low four: check of A5 and the version
always A5
"""

from dataclasses import dataclass
from typing import Final

FIRST: Final = 0xA5
SPEED_MOST: Final = 255
ZOOM_SPEED_MOST: Final = 15
NUMBER_MOST: Final = 255
LONG_MOST: Final = 4_095
"""Largest value of a cruise's speed and stay and of a scan's speed: twelve bits."""

RIGHT, LEFT, DOWN, UP, ZOOM_IN, ZOOM_OUT = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
LENS: Final = 0x40
FOCUS_FAR, FOCUS_NEAR, IRIS_OPEN, IRIS_CLOSE = 0x01, 0x02, 0x04, 0x08
PRESET_SET, PRESET_CALL, PRESET_DELETE = 0x81, 0x82, 0x83
CRUISE_ADD, CRUISE_DELETE, CRUISE_SPEED, CRUISE_STAY, CRUISE_START = 0x84, 0x85, 0x86, 0x87, 0x88
SCAN, SCAN_SPEED = 0x89, 0x8A
AUXILIARY_ON, AUXILIARY_OFF = 0x8C, 0x8D


class PtzSyntaxError(ValueError):
    """Text that is no command."""


@dataclass(frozen=True, slots=True)
class PtzCommand:
    """One command. `first`, `second` 0..255; `third` 0..15; `address` 0..4095."""

    code: int
    first: int = 0
    second: int = 0
    third: int = 0
    address: int = 1

    def encode(self) -> str:
        """Sixteen hexadecimal digits. Raises ValueError for a value out of range."""
        for name, value, most in (
            ("code", self.code, 255),
            ("first", self.first, 255),
            ("second", self.second, 255),
            ("third", self.third, 15),
            ("address", self.address, 4_095),
        ):
            if not 0 <= value <= most:
                raise ValueError(f"{name}: must be 0..{most}, is {value}")
        check = ((FIRST >> 4) + (FIRST & 15) + 0) % 16
        head = [FIRST, check, self.address & 255, self.code, self.first, self.second]
        head.append(self.third << 4 | self.address >> 8)
        return bytes([*head, sum(head) % 256]).hex().upper()


def decode(text: str) -> PtzCommand:
    """Read a command. Raises `PtzSyntaxError` when it has another length or its sum does not fit."""
    text = text.strip()
    if len(text) != 16 or not text.isascii():
        raise PtzSyntaxError(f"16 hexadecimal digits expected, not {text[:40]!r}")
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise PtzSyntaxError(f"16 hexadecimal digits expected, not {text[:40]!r}") from error
    if len(data) != 8 or data[0] != FIRST:
        raise PtzSyntaxError(f"a command begins with A5, not {text[:2]!r}")
    if sum(data[:7]) % 256 != data[7]:
        raise PtzSyntaxError(f"the sum is {data[7]:02X}, should be {sum(data[:7]) % 256:02X}")
    return PtzCommand(data[3], data[4], data[5], data[6] >> 4, data[2] | (data[6] & 15) << 8)


def move(pan: float, tilt: float, zoom: float) -> PtzCommand:
    """Turn and zoom. Each -1..1: left, down and wide are negative; 0 in all three stops everything."""
    code = (RIGHT if pan > 0 else LEFT if pan < 0 else 0) | (UP if tilt > 0 else DOWN if tilt < 0 else 0)
    code |= ZOOM_IN if zoom > 0 else ZOOM_OUT if zoom < 0 else 0
    return PtzCommand(
        code, _speed(pan, SPEED_MOST), _speed(tilt, SPEED_MOST), _speed(zoom, ZOOM_SPEED_MOST)
    )  # fmt: skip


def lens(focus: float, iris: float) -> PtzCommand:
    """Focus and iris. Each -1..1: near and closed are negative; 0 in both stops the lens."""
    code = LENS | (FOCUS_FAR if focus > 0 else FOCUS_NEAR if focus < 0 else 0)
    code |= IRIS_OPEN if iris > 0 else IRIS_CLOSE if iris < 0 else 0
    return PtzCommand(code, _speed(focus, SPEED_MOST), _speed(iris, SPEED_MOST))


def preset(code: int, number: int) -> PtzCommand:
    """One of `PRESET_SET`, `PRESET_CALL`, `PRESET_DELETE` for preset 1..255."""
    return PtzCommand(code, second=number)


def cruise(code: int, number: int, value: int = 0) -> PtzCommand:
    """A cruise 0..255: `value` is the preset (add, delete; 0 deletes all) or speed or stay in seconds, 0..4095."""
    if code in (CRUISE_SPEED, CRUISE_STAY):
        return PtzCommand(code, number, value & 255, value >> 8)
    return PtzCommand(code, number, value)


def scan(number: int, what: int) -> PtzCommand:
    """A scan 0..255: `what` 0 starts it, 1 sets its left border here, 2 the right one."""
    return PtzCommand(SCAN, number, what)


def scan_speed(number: int, speed: int) -> PtzCommand:
    """Speed of a scan, 0..4095."""
    return PtzCommand(SCAN_SPEED, number, speed & 255, speed >> 8)


def auxiliary(number: int, on: bool) -> PtzCommand:
    """An auxiliary switch, 1 is the wiper."""
    return PtzCommand(AUXILIARY_ON if on else AUXILIARY_OFF, number)


def _speed(part: float, most: int) -> int:
    if not -1 <= part <= 1:
        raise ValueError(f"speed must be -1..1, is {part}")
    # What moves at all moves: the slowest speed is 1, not the 0 it would be rounded to.
    return 0 if part == 0 else max(1, round(abs(part) * most))
