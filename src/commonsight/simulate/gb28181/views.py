"""Where a virtual camera looks: it turns while a command holds, keeps presets, and has a home."""

from dataclasses import dataclass, field
from typing import Final

from commonsight.connect.wire.sip import SipSyntaxError

PAN_SPEED: Final = 90.0
"""Degrees a second at full speed; tilt is half as fast."""
ZOOM_SPEED: Final = 4.0
ZOOM_MOST: Final = 30.0
MAX_PRESETS: Final = 255


@dataclass(frozen=True, slots=True)
class Command:
    """The eight bytes of a PTZCmd, taken apart: instruction and its three bytes of data."""

    code: int
    data: tuple[int, int, int]


def parse(text: str) -> Command:
    """Raises `SipSyntaxError` for what is not eight bytes in hexadecimal, begins otherwise or has a wrong sum."""
    try:
        raw = bytes.fromhex(text.strip())
    except ValueError:
        raise SipSyntaxError("PTZCmd: hexadecimal") from None
    if len(raw) != 8 or raw[0] != 0xA5 or sum(raw[:7]) % 256 != raw[7]:
        raise SipSyntaxError(f"PTZCmd: {text[:20]!r}")
    return Command(raw[3], (raw[4], raw[5], raw[6]))


@dataclass(slots=True)
class View:
    """Pan 0 to 360 and tilt -30 to 90 in degrees, zoom 1 to `ZOOM_MOST`."""

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 1.0
    presets: dict[int, tuple[str, float, float, float]] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=lambda: {"Enabled": "0", "ResetTime": "0", "PresetIndex": "0"})
    recording: bool = True
    guarded: bool = False
    done: int = 0
    """Commands obeyed."""
    _speed: tuple[float, float, float] = (0.0, 0.0, 0.0)
    _since: float = 0.0

    def obey(self, command: Command, now: float) -> None:
        """One command at `now` (monotonic seconds); what it does not know it leaves alone."""
        self.rest(now)
        self.done += 1
        if command.code < 0x40:
            self._turn(command)
        elif command.code == 0x81 and (command.data[1] in self.presets or len(self.presets) < MAX_PRESETS):
            name = self.presets.get(command.data[1], (f"预置位{command.data[1]}", 0.0, 0.0, 0.0))[0]
            self.presets[command.data[1]] = (name, self.pan, self.tilt, self.zoom)
        elif command.code == 0x82 and command.data[1] in self.presets:
            _, self.pan, self.tilt, self.zoom = self.presets[command.data[1]]
        elif command.code == 0x83:
            self.presets.pop(command.data[1], None)

    def rest(self, now: float) -> None:
        """Bring the view up to `now`."""
        seconds, self._since = now - self._since, now
        pan, tilt, zoom = self._speed
        self.pan = (self.pan + pan * seconds) % 360
        self.tilt = min(90.0, max(-30.0, self.tilt + tilt * seconds))
        self.zoom = min(ZOOM_MOST, max(1.0, self.zoom + zoom * seconds))

    def _turn(self, command: Command) -> None:
        right, left, down, up, near, far = (bool(command.code >> bit & 1) for bit in range(6))
        pan, tilt, zoom = command.data[0] / 255, command.data[1] / 255, (command.data[2] >> 4) / 15
        self._speed = (
            (right - left) * pan * PAN_SPEED, (up - down) * tilt * PAN_SPEED / 2, (near - far) * zoom * ZOOM_SPEED,
        )  # fmt: skip
