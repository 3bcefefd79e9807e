"""Session descriptions of GB/T 28181: SDP with `y=` (SSRC), `f=` (format) and media over TCP; read leniently.

Written after what implementations send and take (field practice); nothing here is quoted from the standard.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from commonsight.connect.wire.sdp import MAX_LINES, SdpError

PS = 96
RTPMAPS: dict[int, str] = {96: "PS/90000", 98: "H264/90000", 99: "H265/90000"}
"""What we take, by payload type; PS first because every device has it."""
MAX_BYTES = 16 * 1024

_SPEED = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4})?")

Purpose = Literal["Play", "Playback", "Download", "Talk"]
Setup = Literal["active", "passive"]
_PURPOSES: dict[str, Purpose] = {
    "play": "Play", "playback": "Playback", "download": "Download", "talk": "Talk",
}  # fmt: skip


@dataclass(slots=True)
class Description:
    """One offer or answer.

    `owner`: 20-digit id of who speaks. `address`, `port`: where its media go to or come from.
    `setup`: who connects when media run over TCP ("active": the speaker does); None over UDP.
    `ssrc`: 10 digits, "" when absent. `start`, `end`: Unix seconds of a recording, 0 for live.
    `stream`: number of the stream that is asked for, 0 the main one; None leaves it to the device.
    `speed`: of a download, times real time. `rtpmaps`: payload type -> "ENCODING/clock". `size`: bytes of a download.
    """

    owner: str
    address: str
    port: int
    purpose: Purpose = "Play"
    tcp: bool = False
    setup: Setup | None = None
    ssrc: str = ""
    channel: str = ""
    start: int = 0
    end: int = 0
    speed: float | None = None
    direction: Literal["recvonly", "sendonly", "sendrecv"] = "recvonly"
    rtpmaps: dict[int, str] = field(default_factory=lambda: dict(RTPMAPS))
    format: str = ""
    size: int | None = None
    stream: int | None = None

    def encoding(self, payload_type: int) -> str:
        """Upper-case encoding of a payload type; PS for 96 when it is not said, "" when unknown."""
        said = self.rtpmaps.get(payload_type) or RTPMAPS.get(payload_type, "")
        return said.partition("/")[0].upper()


def build(description: Description) -> bytes:
    """The bytes of an offer or an answer."""
    given = description
    lines = [
        "v=0",
        f"o={given.owner} 0 0 IN IP4 {given.address}",
        f"s={given.purpose}",
        *([f"u={given.channel}:0"] if given.channel and given.purpose in {"Playback", "Download"} else []),
        f"c=IN IP4 {given.address}",
        f"t={given.start} {given.end}",
        f"m=video {given.port} {'TCP/' if given.tcp else ''}RTP/AVP {' '.join(map(str, given.rtpmaps))}",
        f"a={given.direction}",
        *(f"a=rtpmap:{number} {text}" for number, text in given.rtpmaps.items()),
        *([f"a=setup:{given.setup}", "a=connection:new"] if given.tcp and given.setup else []),
        *([f"a=streamnumber:{given.stream}"] if given.stream is not None else []),
        *([f"a=downloadspeed:{given.speed:g}"] if given.speed is not None else []),
        *([f"a=filesize:{given.size}"] if given.size is not None else []),
        *([f"y={given.ssrc}"] if given.ssrc else []),
        *([f"f={given.format}"] if given.format else []),
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def parse(body: bytes) -> Description:
    """Read an offer or an answer. Raises `SdpError` without a usable `m=` or `c=` line, or beyond 16 KiB."""
    if len(body) > MAX_BYTES:
        raise SdpError(f"body: at most {MAX_BYTES} bytes, is {len(body)}")
    lines = body.decode("utf-8", "replace").replace("\r", "\n").split("\n")
    if len(lines) > MAX_LINES:
        raise SdpError(f"more than {MAX_LINES} lines")
    found = Description("", "", -1, rtpmaps={})
    numbers: list[int] = []
    for line in lines:
        name, value = line[:2].strip(), line[2:].strip()
        words = value.split()
        if name == "m=" and found.port < 0:
            numbers = _media(found, words)
        elif name == "m=":
            break  # a second section (audio of an intercom) is not ours
        elif name == "c=" and len(words) >= 3:
            found.address = words[2].partition("/")[0]
        elif name == "a=":
            _attribute(found, value)
        else:
            _line(found, name, value, words)
    if found.port < 0:
        raise SdpError("no video section")
    if not found.address:
        raise SdpError("no connection line")
    for number in numbers:
        if number not in found.rtpmaps and number in RTPMAPS:
            found.rtpmaps[number] = RTPMAPS[number]
    return found


def _media(found: Description, words: list[str]) -> list[int]:
    if len(words) < 3 or words[0].lower() not in {"video", "audio"} or not _digits(words[1], 5):
        raise SdpError(f"m=: kind, port and profile, is {' '.join(words)[:80]!r}")
    found.port = int(words[1])
    if found.port > 65_535:
        raise SdpError(f"m=: port 0 to 65535, is {found.port}")
    found.tcp = words[2].upper().startswith("TCP")
    return [int(word) for word in words[3:] if _digits(word, 3) and int(word) < 128]


def _line(found: Description, name: str, value: str, words: list[str]) -> None:
    if name == "o=" and words:
        found.owner = words[0]
        if not found.address and len(words) >= 6:
            found.address = words[5]
    elif name == "s=":
        found.purpose = _PURPOSES.get(value.lower(), found.purpose)
    elif name == "u=":
        found.channel = value.partition(":")[0]
    elif name == "t=" and len(words) >= 2 and _digits(words[0], 20) and _digits(words[1], 20):
        found.start, found.end = int(words[0]), int(words[1])
    elif name == "y=":
        found.ssrc = value.zfill(10) if _digits(value, 10) else ""
    elif name == "f=":
        found.format = value[:200]


def _attribute(found: Description, value: str) -> None:
    key, _, rest = value.partition(":")
    rest = rest.strip()
    if key in {"recvonly", "sendonly", "sendrecv"}:
        found.direction = key  # type: ignore[assignment]
    elif key == "setup":
        lower = rest.lower()
        found.setup = "active" if lower == "active" else "passive" if lower == "passive" else None
    elif key == "rtpmap":
        number, _, text = rest.partition(" ")
        if _digits(number, 3) and int(number) < 128 and text.strip():
            found.rtpmaps[int(number)] = text.strip()[:80]
    elif key == "downloadspeed":
        found.speed = float(rest) if _SPEED.fullmatch(rest) else None
    elif key == "streamnumber" and _digits(rest, 2):
        found.stream = int(rest)
    elif key == "filesize" and _digits(rest, 20):
        found.size = int(rest)


def _digits(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= most
