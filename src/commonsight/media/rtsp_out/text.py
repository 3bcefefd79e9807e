"""What RTSP out says and is asked: addresses, descriptions, answers. Pure text."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from commonsight.connect.model import Codec
from commonsight.connect.wire import sdp
from commonsight.connect.wire.jpeg_rtp import PAYLOAD_TYPE as JPEG_TYPE
from commonsight.connect.wire.rtsp_message import Headers, Response
from commonsight.media.model import Track
from commonsight.media.rtsp_out.reader import SOUND_TYPE, VIDEO_TYPE
from commonsight.media.sound import RATE
from commonsight.problem import Refusal

METHODS: Final = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, TEARDOWN"
CONTROLS: Final = ("trackID=0", "trackID=1")
"""Picture and sound."""
SESSION_SECONDS: Final = 60.0
_REASONS: Final = {
    200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 415: "Unsupported Media Type",
    429: "Too Many Requests", 454: "Session Not Found", 455: "Method Not Valid in This State",
    459: "Aggregate Operation Not Allowed", 461: "Unsupported Transport", 501: "Not Implemented",
    503: "Service Unavailable",
}  # fmt: skip
_AAC_CONFIG: Final = "1408"
"""AudioSpecificConfig: AAC-LC, 16 kHz, mono, as `sound` makes it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address names. `base`: the camera's own, for relative ones. `track`: 0 picture, 1 sound."""

    path: str
    camera_id: UUID
    ticket: str
    base: str
    track: int


def asked(url: str) -> Asked:
    """Read `rtsp://host/<camera>[/trackID=n][?ticket=…]`; players put the query where they like.

    Raises:
        Refusal: `media.camera_invalid` (404).
    """
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query, max_num_fields=20)
    except ValueError as error:
        raise Refusal("media.camera_invalid", status=404, operand="url", expected="UUID", actual="") from error
    path = parts.path.strip("/")
    track = 0
    # A relative control is appended behind the query by some players.
    ticket = query.get("ticket", [""])[0]
    for number, control in enumerate(CONTROLS):
        if path.endswith("/" + control):
            path, track = path.removesuffix("/" + control), number
        if ticket.endswith("/" + control):
            ticket, track = ticket.removesuffix("/" + control), number
    try:
        camera_id = UUID(path)
    except ValueError as error:
        raise Refusal("media.camera_invalid", status=404, operand="url", expected="UUID", actual=path[:64]) from error
    return Asked(path, camera_id, ticket.rstrip("/"), f"{parts.scheme}://{parts.netloc}/{path}/", track)


def described(track: Track, *, sound: bool) -> bytes:
    """The session description (RFC 8866) of a camera, with sound when it has been heard."""
    if track.codec is Codec.JPEG:
        lines = ["v=0", "o=- 0 0 IN IP4 0.0.0.0", "s=Commonsight", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"]
        lines += [f"m=video 0 RTP/AVP {JPEG_TYPE}", f"a=control:{CONTROLS[0]}"]
        return ("\r\n".join(lines) + "\r\n").encode()
    body = sdp.describe(
        track.codec, track.parameter_sets, name="Commonsight", payload_type=VIDEO_TYPE, control=CONTROLS[0]
    )
    if not sound:
        return body
    # RFC 3640: AAC access units with 13 bits of size and 3 of index before each.
    lines = [
        f"m=audio 0 RTP/AVP {SOUND_TYPE}",
        f"a=rtpmap:{SOUND_TYPE} mpeg4-generic/{RATE}/1",
        f"a=fmtp:{SOUND_TYPE} streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;"
        f"indexdeltalength=3;config={_AAC_CONFIG}",
        f"a=control:{CONTROLS[1]}",
    ]
    return body + ("\r\n".join(lines) + "\r\n").encode()


def answer(status: int, *fields: tuple[str, str]) -> Response:
    """A response; a status RTSP has no word for becomes 400 or 503."""
    known = status if status in _REASONS else 400 if status < 500 else 503
    return Response(known, _REASONS[known], Headers(fields))


def first_number(transport: str, field: str, default: int) -> int:
    """The first number of a field such as `client_port=5000-5001`; `default` when it is not there, -1 for nonsense."""
    for part in transport.split(";"):
        name, _, value = part.strip().partition("=")
        first = value.partition("-")[0]
        if name.lower() == field:
            return int(first) if first.isascii() and first.isdigit() and len(first) < 6 and int(first) < 65_535 else -1
    return default
