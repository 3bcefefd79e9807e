"""Session descriptions (RFC 8866) as cameras write them: few lines matter, read leniently, written strictly."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.nal import PARAMETER_SETS, nal_type

MAX_LINES = 2_000
MAX_MEDIA = 64
MAX_SPROP = 16 * 1024

_ENCODINGS = {"H264": Codec.H264, "H265": Codec.H265, "HEVC": Codec.H265}
_FMTP_H265 = ("sprop-vps", "sprop-sps", "sprop-pps")


class SdpError(ValueError):
    """A description that cannot be used."""


@dataclass(slots=True)
class Media:
    """One `m=` section. `encoding` is upper case and "" when the payload type is static and unnamed."""

    kind: str
    payload_type: int
    encoding: str = ""
    clock_rate: int = 90_000
    control: str = ""
    fmtp: dict[str, str] = field(default_factory=dict)

    @property
    def codec(self) -> Codec | None:
        return _ENCODINGS.get(self.encoding)

    def parameter_sets(self) -> tuple[bytes, ...]:
        """NAL units named in `fmtp`, in the order (VPS,) SPS, PPS; what cannot be decoded is left out."""
        codec = self.codec
        if codec is None:
            return ()
        names = ("sprop-parameter-sets",) if codec is Codec.H264 else _FMTP_H265
        found = []
        for name in names:
            for text in self.fmtp.get(name, "")[:MAX_SPROP].split(","):
                try:
                    unit = base64.b64decode(text.strip() + "=" * (-len(text.strip()) % 4))
                except (binascii.Error, ValueError):
                    continue
                unit = unit.removeprefix(b"\x00\x00\x00\x01")
                if len(unit) > 2:
                    found.append(unit)
        order = PARAMETER_SETS[codec]
        known = [unit for unit in found if nal_type(codec, unit[0]) in order]
        return tuple(sorted(known, key=lambda unit: order.index(nal_type(codec, unit[0]))))


@dataclass(slots=True)
class Description:
    """`control`: the session's own, for aggregate requests; "" when it is not given."""

    control: str = ""
    media: list[Media] = field(default_factory=list)

    def video(self) -> Media | None:
        """The first video section we can read, else the first video section, else None."""
        videos = [m for m in self.media if m.kind == "video"]
        return next((m for m in videos if m.codec), videos[0] if videos else None)


def parse(body: bytes) -> Description:
    """Read a description. Lines that make no sense are passed over; only size and a missing `m=` are errors."""
    lines = body.decode("utf-8", "replace").replace("\r", "\n").split("\n")
    if len(lines) > MAX_LINES:
        raise SdpError(f"more than {MAX_LINES} lines")
    description = Description()
    media: Media | None = None
    for line in lines:
        name, value = line[:2], line[2:].strip()
        if name == "m=":
            media = _media(value)
            description.media.append(media)
            if len(description.media) > MAX_MEDIA:
                raise SdpError(f"more than {MAX_MEDIA} media sections")
        elif name == "a=":
            key, _, rest = value.partition(":")
            if media is None:
                if key == "control":
                    description.control = rest.strip()
            else:
                _attribute(media, key, rest.strip())
    if not description.media:
        raise SdpError("no media section")
    return description


def _media(value: str) -> Media:
    words = value.split()
    number = words[3] if len(words) > 3 else ""
    return Media(words[0].lower() if words else "", int(number) if _is_payload_type(number) else -1)


def _is_payload_type(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3 and int(text) < 128


def _attribute(media: Media, key: str, value: str) -> None:
    if key == "control":
        media.control = value
        return
    number, _, rest = value.partition(" ")
    if key not in {"rtpmap", "fmtp"} or not _is_payload_type(number):
        return
    if key == "rtpmap" and (media.payload_type == int(number) or not media.encoding):
        encoding, _, rate = rest.strip().partition("/")
        rate = rate.partition("/")[0]
        media.payload_type = int(number)
        media.encoding = encoding.upper()
        if rate.isascii() and rate.isdigit() and 0 < len(rate) <= 9 and int(rate) > 0:
            media.clock_rate = int(rate)
    elif key == "fmtp" and media.payload_type == int(number):
        for part in rest.split(";"):
            name, equals, given = part.strip().partition("=")
            if equals:
                media.fmtp[name.strip().lower()] = given.strip()


def describe(
    codec: Codec,
    parameter_sets: Sequence[bytes],
    *,
    name: str,
    address: str = "0.0.0.0",  # noqa: S104  the "any" of SDP, no socket
    payload_type: int = 96,
    control: str = "trackID=0",
    frame_rate: float | None = None,
) -> bytes:
    """A description of one video stream, as a camera gives it."""
    encoded = [base64.b64encode(each).decode() for each in parameter_sets]
    if codec is Codec.H264:
        sps = next(each for each in parameter_sets if nal_type(codec, each[0]) == PARAMETER_SETS[codec][0])
        fmtp = (
            f"packetization-mode=1;profile-level-id={sps[1:4].hex().upper()};sprop-parameter-sets={','.join(encoded)}"
        )
    else:
        fmtp = ";".join(f"{key}={value}" for key, value in zip(_FMTP_H265, encoded, strict=False))
    lines = [
        "v=0",
        f"o=- 0 0 IN IP4 {address}",
        f"s={name}",
        f"c=IN IP4 {address}",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {payload_type}",
        f"a=rtpmap:{payload_type} {codec.value.upper()}/90000",
        f"a=fmtp:{payload_type} {fmtp}",
        *([f"a=framerate:{frame_rate:g}"] if frame_rate else []),
        f"a=control:{control}",
    ]
    return ("\r\n".join(lines) + "\r\n").encode()
