"""What an INVITE from above asks for, whether it may be answered, and how. Pure."""

import secrets
from dataclasses import dataclass
from typing import Final, Literal

from commonsight.connect.gb28181.above.link import Link
from commonsight.connect.gb28181.above.model import ROUTE_HEADER, mark, may_send_to, read_route
from commonsight.connect.gb28181.model import is_code
from commonsight.connect.wire import gb_sdp
from commonsight.connect.wire.sdp import SdpError
from commonsight.connect.wire.sip import Request, SipSyntaxError, parse_uri
from commonsight.gate.model import Action
from commonsight.problem import Refusal

Transport = Literal["udp", "tcp-active", "tcp-passive"]
"""From our side: "tcp-active" we connect to the upper platform, "tcp-passive" it connects to us."""

_ACTIONS: Final = {"Play": Action.LIVE, "Playback": Action.PLAYBACK, "Download": Action.DOWNLOAD}
SPAN_MOST: Final = 31 * 86_400
"""Longest stretch of a recording one call may ask for, s."""

_STATUS: Final = {
    "connect.cascade_no_node": 503,
    "connect.cascade_node_silent": 504,
    "media.unreachable": 480,
    "media.source_lost": 480,
    "media.no_video": 480,
    "media.not_found": 404,
    "media.unauthorized": 480,
    "media.unsupported_codec": 488,
    "media.node_full": 503,
    "media.node_stopping": 503,
    "media.camera_without_source": 404,
    "media.bridge_nothing_recorded": 404,
    "media.register_unavailable": 503,
    "media.limit_unsupported": 403,
    "media.mask_model_missing": 503,
    "media.derived_full": 503,
    "media.bridge_not_steered": 405,
    "connect.gb_media_ports_taken": 503,
    "connect.gb_zone_unreachable": 503,
    "connect.gb_offline": 480,
}


class Turned(Exception):
    """An INVITE that is not accepted: the SIP status and why, in ASCII words for a Warning field."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{status} {words}")
        self.status = status
        self.words = "".join(letter for letter in words if " " <= letter < "\x7f" and letter not in '"\\')[:160]


def meant(refusal: Refusal) -> Turned:
    """What a refusal of ours is in SIP."""
    status = _STATUS.get(refusal.code) or (403 if refusal.code.startswith("gate.") else 480)
    return Turned(status, refusal.code)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stream as it was asked for. `host`, `port`: where it is to go. `start`, `end`: Unix seconds of a recording."""

    code: str
    action: Action
    transport: Transport
    host: str
    port: int
    ssrc: int
    payload_type: int
    start: int
    end: int
    speed: float | None
    offer: gb_sdp.Description

    def answer(self, host: str, port: int, codec: str) -> gb_sdp.Description:
        """Our description: we send from `host`:`port`, under the number they gave."""
        video = {"h264": "2", "h265": "5"}.get(codec, "")
        return gb_sdp.Description(
            self.code, host, port, self.offer.purpose, tcp=self.offer.tcp,
            setup={"udp": None, "tcp-active": "active", "tcp-passive": "passive"}[self.transport],
            ssrc=f"{self.ssrc:010d}", channel=self.code, start=self.start, end=self.end,
            speed=self.speed if self.action is Action.DOWNLOAD else None, direction="sendonly",
            rtpmaps={self.payload_type: "PS/90000"}, format=f"v/{video}////a///" if video else "",
        )  # fmt: skip


def read(request: Request, link: Link, own: str) -> Wanted:
    """What is asked for.

    Args:
        own: our platform's id, by which a call that has been through here is known.

    Raises:
        Turned: it cannot be answered; with which status, and why.
    """
    passed = read_route(request.headers.get(ROUTE_HEADER))
    if mark(own) in passed:
        raise Turned(482, "loop: this call has passed this platform before")
    try:
        code = parse_uri(request.uri).user
        offer = gb_sdp.parse(request.body)
    except SipSyntaxError as error:
        raise Turned(400, str(error)) from error
    except SdpError as error:
        raise Turned(488, f"SDP: {error}") from error
    if not is_code(code):
        code = (request.headers.get("Subject") or "").partition(":")[0].strip()
    if not is_code(code):
        raise Turned(404, "no camera is named")
    action = _ACTIONS.get(offer.purpose)
    if action is None:
        raise Turned(488, f"{offer.purpose} is not offered")
    if action is not Action.LIVE and not 0 < offer.start < offer.end <= offer.start + SPAN_MOST:
        raise Turned(488, "t=: a span of time, at most 31 days")
    payload = next((number for number in offer.rtpmaps if offer.encoding(number) == "PS"), None)
    if payload is None:
        raise Turned(488, "only PS is sent")
    if not may_send_to(link.upper, offer.address, offer.port, link.hosts):
        raise Turned(488, f"no stream is sent to {offer.address}")
    if not 0 < offer.port <= 65_535:
        raise Turned(488, "m=: no port")
    transport: Transport = "udp" if not offer.tcp else "tcp-passive" if offer.setup == "active" else "tcp-active"
    ssrc = int(offer.ssrc) if offer.ssrc else _number(own, action)
    return Wanted(
        code, action, transport, offer.address, offer.port, ssrc & 0xFFFFFFFF, payload, offer.start, offer.end,
        offer.speed, offer,
    )  # fmt: skip


def _number(own: str, action: Action) -> int:
    """A stream number for an offer without one: of the form all have, from anywhere."""
    lead = "0" if action is Action.LIVE else "1"
    return int(f"{lead}{own[3:8]}{secrets.randbelow(9_999) + 1:04d}")
