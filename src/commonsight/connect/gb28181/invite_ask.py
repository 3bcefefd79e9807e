"""What a media node may ask for when it wants pictures: checked, and turned into an offer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar, get_args

from commonsight.connect.gb28181.dialogs import PURPOSES, Purpose
from commonsight.connect.gb28181.model import Device
from commonsight.connect.wire import gb_sdp, mansrtsp
from commonsight.problem import Refusal
from commonsight.settings import Sip

Transport = Literal["udp", "tcp-passive", "tcp-active"]
"""From our side: "tcp-passive" we listen and the device connects, "tcp-active" the other way round."""
TRANSPORTS: Final[tuple[Transport, ...]] = get_args(Transport)
STREAMS_MOST: Final = 9
"""Highest number of a camera's streams."""
_SESSION: Final[dict[Purpose, gb_sdp.Purpose]] = {"play": "Play", "playback": "Playback", "download": "Download"}
_LATEST: Final = 1 << 33
T = TypeVar("T", bound=str)


@dataclass(frozen=True, slots=True)
class Ask:
    """One invitation. `zone`, `host`, `port`: where the media node takes the stream. `start`, `end`: Unix seconds."""

    device: str
    channel: str
    purpose: Purpose
    transport: Transport
    zone: str
    host: str
    port: int
    start: int = 0
    end: int = 0
    speed: float | None = None
    stream: int | None = None

    def offer(self, own: str, ssrc: str) -> gb_sdp.Description:
        """The description to send. `own`: our platform's id."""
        return gb_sdp.Description(
            own, self.host, self.port, _SESSION[self.purpose], tcp=self.transport != "udp",
            setup=None if self.transport == "udp" else "passive" if self.transport == "tcp-passive" else "active",
            ssrc=ssrc, channel=self.channel, start=self.start, end=self.end,
            speed=self.speed if self.purpose == "download" else None,
            stream=self.stream,
        )  # fmt: skip


def read(fields: Mapping[str, Any]) -> Ask:
    """Check the fields of an `invite` call.

    Raises:
        Refusal: `connect.gb_field_invalid`, naming the field.
    """
    purpose = _word(fields, "kind", PURPOSES, "play")
    start = end = 0
    if purpose != "play":
        start = _number(fields, "start", 1, _LATEST)
        end = _number(fields, "end", start + 1, _LATEST)
    speed = fields.get("speed")
    if speed is not None and speed not in mansrtsp.SPEEDS:
        raise _invalid("speed", ", ".join(f"{each:g}" for each in mansrtsp.SPEEDS), speed)
    host = fields.get("host")
    if not isinstance(host, str) or not 2 <= len(host) <= 100 or any(character.isspace() for character in host):
        raise _invalid("host", "an address", host)
    return Ask(
        code(fields, "device"), code(fields, "channel"), purpose, _word(fields, "transport", TRANSPORTS, "udp"),
        str(fields.get("zone", "local"))[:40], host, _number(fields, "port", 1, 65_535), start, end, speed,
        None if fields.get("stream") is None else _number(fields, "stream", 0, STREAMS_MOST),
    )  # fmt: skip


def code(fields: Mapping[str, Any], name: str) -> str:
    """A 20-digit identifier among the fields. Raises Refusal `connect.gb_field_invalid`."""
    value = fields.get(name)
    if not isinstance(value, str) or len(value) != 20 or not (value.isascii() and value.isdigit()):
        raise _invalid(name, "20 digits", value)
    return value


def control(fields: Mapping[str, Any], sequence: int) -> mansrtsp.Control:
    """The command of a `control` call: play, pause, seek (with `position`, s), speed (with `speed`), teardown.

    Raises:
        Refusal: `connect.gb_field_invalid`.
    """
    action = _word(fields, "action", ("play", "pause", "seek", "speed", "teardown"), "")
    if action == "seek":
        position = fields.get("position")
        if isinstance(position, bool) or not isinstance(position, int | float) or not 0 <= position <= 10_000_000:
            raise _invalid("position", "seconds from the recording's start", position)
        return mansrtsp.Control("PLAY", sequence, position=float(position))
    if action == "speed":
        speed = fields.get("speed")
        if not isinstance(speed, int | float) or abs(speed) not in mansrtsp.SPEEDS:
            raise _invalid("speed", ", ".join(f"{each:g}" for each in mansrtsp.SPEEDS), speed)
        return mansrtsp.Control("PLAY", sequence, scale=float(speed))
    word: mansrtsp.Action = "PAUSE" if action == "pause" else "TEARDOWN" if action == "teardown" else "PLAY"
    return mansrtsp.Control(word, sequence)


def check_zone(settings: Sip, ask: Ask, device: Device) -> None:
    """Whether a media address of the asking zone may be offered to the device's zone.

    Raises:
        Refusal: `connect.gb_zone_unreachable`, naming both.
    """
    if ask.zone == device.zone:
        return
    zone = next((each for each in settings.zones if each.name == ask.zone), None)
    if zone is None or device.zone not in zone.reaches:
        raise Refusal(
            "connect.gb_zone_unreachable", status=409, rule="zones", operand="zone", expected=ask.zone,
            actual=device.zone,
        )  # fmt: skip


def _word(fields: Mapping[str, Any], name: str, words: tuple[T, ...], otherwise: str) -> T:
    said = fields.get(name, otherwise)
    for word in words:
        if said == word:
            return word
    raise _invalid(name, ", ".join(words), said)


def _number(fields: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _invalid(name, f"{least}..{most}", value)
    return value


def _invalid(name: str, expected: str, actual: object) -> Refusal:
    return Refusal("connect.gb_field_invalid", status=422, operand=name, expected=expected, actual=str(actual)[:60])
