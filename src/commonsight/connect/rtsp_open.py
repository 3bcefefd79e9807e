"""The way to a playing RTSP camera: OPTIONS, DESCRIBE, SETUP, PLAY, first picture."""

import asyncio
from dataclasses import replace

import structlog

from commonsight import network
from commonsight.clock import Clock
from commonsight.connect.conversation import MESSAGE_BYTES, Conversation, printable
from commonsight.connect.model import Address, SourceCode, SourceError
from commonsight.connect.receiver import Receiver
from commonsight.connect.rtsp import Carrier, Interleaved, RtspSession
from commonsight.connect.rtsp_connection import Connection
from commonsight.connect.rtsp_udp import UDP_PORTS, Datagrams, PortRange
from commonsight.connect.rtsp_url import (
    base_url,
    carriers,
    channels,
    control_url,
    endpoint,
    redirect_target,
    server_ports,
    session_timeout,
    special,
)
from commonsight.connect.survey import Survey
from commonsight.connect.wire import sdp
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.rtsp_message import Response

MAX_REDIRECTS = 3
ASKED_CHANNELS = (0, 1)
UDP_WAIT = 4.0
"""Seconds in which a first picture must come over UDP before it is asked for over TCP; at most half of the time given:
a firewall that lets no datagrams through is only known by their absence."""

log = structlog.get_logger(__name__)

_REDIRECTS = {301, 302, 303, 305, 307, 308}
_MEANING = {
    403: SourceCode.UNAUTHORIZED,
    404: SourceCode.NOT_FOUND,
    410: SourceCode.NOT_FOUND,
    453: SourceCode.REFUSED,
    503: SourceCode.REFUSED,
}


class _OtherCarrier(Exception):
    """The device plays, but not over this carrier. `error` is what to say when no other is left."""

    def __init__(self, error: SourceError) -> None:
        super().__init__(str(error))
        self.error = error


async def open_rtsp(
    address: Address, *, timeout: float, clock: Clock, udp_ports: PortRange = UDP_PORTS,
    conversation: Conversation | None = None, survey: Survey | None = None,
) -> RtspSession:  # fmt: skip
    """Connect, set up the first video stream (no other), play it, and return once its first whole unit has come.

    The pictures come over the carriers that the scheme of the address allows (`rtsp_url.CARRIERS`), each tried on a
    connection of its own, because devices get confused by a second SETUP.

    Args:
        timeout: seconds for all of it.
        udp_ports: where datagrams may come in.
        conversation: takes down what is said.
        survey: nobody wants to watch; returns as soon as anything of the stream has come.

    Raises `SourceError`; then nothing is left open.
    """
    url, ways = carriers(address.url)
    address = replace(address, url=url)
    began = clock.monotonic()
    first: SourceError | None = None
    for place, way in enumerate(ways):
        left = max(timeout - (clock.monotonic() - began), 0.1)
        more = place + 1 < len(ways)
        opening = _Opening(address, left, clock, udp_ports if way == "udp" else None, conversation, survey)
        try:
            return await _run(opening, left, min(UDP_WAIT, left / 2) if way == "udp" and more else None)
        except _OtherCarrier as reason:
            first = first or reason.error
            log.info("rtsp_carrier_refused", url=url, carrier=way, detail=reason.error.detail)
    assert first is not None
    raise first


async def _run(opening: "_Opening", timeout: float, patience: float | None) -> RtspSession:
    """One attempt. `patience`: seconds for the first picture when another carrier is left to try."""
    try:
        async with asyncio.timeout(timeout):
            return await opening.run(patience)
    except TimeoutError:
        opening.abort()
        raise SourceError(opening.when_late, f"{opening.step}: nothing within {timeout:g} s") from None
    except BaseException:
        opening.abort()
        raise


class _Opening:
    """What has been reached so far, so that it can be undone at any moment."""

    def __init__(
        self, address: Address, timeout: float, clock: Clock, udp_ports: PortRange | None,
        conversation: Conversation | None, survey: Survey | None,
    ) -> None:  # fmt: skip
        self.step = "connect"
        self.when_late = SourceCode.TIMEOUT
        self._address = address
        self._timeout = timeout
        self._clock = clock
        self._udp_ports = udp_ports
        self._conversation = conversation
        self._survey = survey
        self._datagrams: Datagrams | None = None
        self._connection: Connection | None = None
        self._play_url = ""
        self._session = ""

    def abort(self) -> None:
        if self._datagrams is not None:
            self._datagrams.close()
        if self._connection is not None:
            if self._session:  # devices allow few sessions at a time; do not leave one behind
                self._connection.fire("TEARDOWN", self._play_url, Session=self._session)
            self._connection.close()

    async def run(self, patience: float | None) -> RtspSession:
        url = self._address.url
        for _ in range(MAX_REDIRECTS + 1):
            await self._connect(url)
            options = await self._ask("OPTIONS", url)
            response = await self._ask("DESCRIBE", url, Accept="application/sdp")
            if response.status not in _REDIRECTS:
                return await self._play(url, response, "GET_PARAMETER" in options.headers.get("public"), patience)
            try:
                url = redirect_target(url, response.headers.get("location"))
            except ValueError as error:
                raise SourceError(SourceCode.PROTOCOL, str(error)) from None
        raise SourceError(SourceCode.PROTOCOL, f"more than {MAX_REDIRECTS} redirects")

    async def _connect(self, url: str) -> None:
        redirected = self._connection is not None
        if self._connection is not None:
            self._connection.close()
        try:
            where = endpoint(url)
        except ValueError as error:
            raise SourceError(SourceCode.PROTOCOL, str(error)) from None
        self._connection = Connection(self._address, self._conversation)
        if redirected:
            self._connection.forbid_basic()
        # A redirect is the device's word, not a person's: nothing of this machine, but where it already was.
        guard = (
            network.CAMERAS.with_loopback(special(endpoint(self._address.url).host)) if redirected else network.FILED
        )
        await self._connection.open(where, guard)
        if self._survey is not None and self._survey.connected is None:
            self._survey.connected = self._clock.monotonic()

    async def _ask(self, method: str, url: str, **headers: str) -> Response:
        assert self._connection is not None
        self.step = method
        response = await self._connection.request(method, url, timeout=self._timeout, **headers)
        if self._survey is not None:
            self._survey.heard(self._clock.monotonic())
            self._survey.dated(response.headers.get("date"), self._clock.now())
        return response

    async def _play(self, url: str, described: Response, get_parameter: bool, patience: float | None) -> RtspSession:
        assert self._connection is not None
        _must_be_ok("DESCRIBE", described)
        base = base_url(url, described.headers.get("content-base"), described.headers.get("content-location"))
        if self._conversation is not None:
            self._conversation.description = printable(described.body[:MESSAGE_BYTES])
        description = _description(described)
        media, codec = _video(description)
        media_url = control_url(base, media.control)
        self._play_url = control_url(base, description.control)

        receiver = Receiver(
            codec, self._clock, payload_type=media.payload_type, clock_rate=media.clock_rate,
            parameter_sets=media.parameter_sets(), survey=self._survey,
        )  # fmt: skip
        carrier, session_seconds = await self._set_up(media_url, receiver)
        session = RtspSession(
            self._connection, carrier, receiver, self._clock, play_url=self._play_url, session=self._session,
            timeout=session_seconds, keepalive="GET_PARAMETER" if get_parameter else "OPTIONS",
        )  # fmt: skip

        response = await self._ask("PLAY", self._play_url, Session=self._session, Range="npt=0.000-")
        if response.status == 459:  # aggregate operation not allowed
            self._play_url = media_url
            response = await self._ask("PLAY", media_url, Session=self._session, Range="npt=0.000-")
        _must_be_ok("PLAY", response)
        self.step, self.when_late = "first picture", SourceCode.NO_VIDEO
        try:
            async with asyncio.timeout(patience):
                await receiver.queue.first()
        except TimeoutError:
            if not receiver.counters.packets:
                detail = f"nothing came over UDP within {patience:g} s"
                raise _OtherCarrier(SourceError(SourceCode.NO_VIDEO, detail)) from None
            await receiver.queue.first()  # packets come, a keyframe is on its way
        session.start()
        return session

    async def _set_up(self, media_url: str, receiver: Receiver) -> tuple[Carrier, float]:
        """Agree on how the packets come; returns what carries them and the session's timeout in seconds."""
        assert self._connection is not None
        datagrams = await self._bind()
        if datagrams is None:
            asked, transport = ASKED_CHANNELS, "RTP/AVP/TCP;unicast;interleaved={}-{}"
        else:
            asked, transport = datagrams.ports, "RTP/AVP;unicast;client_port={}-{}"
        response = await self._ask("SETUP", media_url, Transport=transport.format(*asked))
        if response.status == 461:
            raise _OtherCarrier(SourceError(SourceCode.PROTOCOL, f"SETUP: 461 {response.reason}".strip()))
        _must_be_ok("SETUP", response)
        answer = response.headers.get("transport")
        self._session, session_seconds = session_timeout(response.headers.get("session"))
        agreed = channels(answer, asked) if datagrams is None else server_ports(answer, asked)
        if agreed is None:
            way = "over this connection (interleaved TCP)" if datagrams is None else "to our UDP ports"
            raise _OtherCarrier(SourceError(SourceCode.PROTOCOL, f"the device does not send {way}"))
        if not self._session:
            raise SourceError(SourceCode.PROTOCOL, "the answer to SETUP names no session")
        if datagrams is None:
            receiver.rtp_channel, receiver.rtcp_channel = agreed
            self._connection.sink = receiver.frame
            if self._survey is not None:
                self._connection.skim(receiver.pass_over, lambda: receiver.patience)
            return Interleaved(self._connection, receiver), session_seconds
        datagrams.attach(receiver, agreed if agreed[0] else None)
        return datagrams, session_seconds

    async def _bind(self) -> Datagrams | None:
        """The ports for this attempt, if it is one over UDP."""
        if self._udp_ports is None:
            return None
        assert self._connection is not None
        local, remote = self._connection.ends
        try:
            self._datagrams = await Datagrams.open(local, remote, self._udp_ports)
        except SourceError as error:
            raise _OtherCarrier(error) from None
        return self._datagrams


def _must_be_ok(method: str, response: Response) -> None:
    if not 200 <= response.status < 300:
        code = _MEANING.get(response.status, SourceCode.PROTOCOL)
        raise SourceError(code, f"{method}: {response.status} {response.reason}".strip())


def _description(response: Response) -> sdp.Description:
    try:
        return sdp.parse(response.body)
    except sdp.SdpError as error:
        raise SourceError(SourceCode.PROTOCOL, f"description: {error}") from None


def _video(description: sdp.Description) -> tuple[sdp.Media, Codec]:
    media = description.video()
    if media is None:
        raise SourceError(SourceCode.NO_VIDEO, "the description offers no video")
    codec = media.codec
    if codec is None:
        raise SourceError(SourceCode.UNSUPPORTED_CODEC, media.encoding or f"payload type {media.payload_type}")
    if media.fmtp.get("packetization-mode") == "2" or media.fmtp.get("sprop-max-don-diff", "0") != "0":
        raise SourceError(SourceCode.UNSUPPORTED_CODEC, "interleaved packetisation")
    return media, codec
