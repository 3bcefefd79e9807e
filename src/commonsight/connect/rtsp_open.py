"""The way to a playing RTSP camera: OPTIONS, DESCRIBE, SETUP, PLAY, first picture."""

import asyncio

from commonsight.clock import Clock
from commonsight.connect.model import Address, SourceCode, SourceError
from commonsight.connect.receiver import Receiver
from commonsight.connect.rtsp import RtspSession
from commonsight.connect.rtsp_connection import Connection
from commonsight.connect.rtsp_url import (
    base_url,
    channels,
    control_url,
    endpoint,
    redirect_target,
    session_timeout,
)
from commonsight.connect.wire import sdp
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.rtsp_message import Response

MAX_REDIRECTS = 3
ASKED_CHANNELS = (0, 1)

_REDIRECTS = {301, 302, 303, 305, 307, 308}
_MEANING = {
    403: SourceCode.UNAUTHORIZED,
    404: SourceCode.NOT_FOUND,
    410: SourceCode.NOT_FOUND,
    453: SourceCode.REFUSED,
    503: SourceCode.REFUSED,
}


async def open_rtsp(address: Address, *, timeout: float, clock: Clock) -> RtspSession:
    """Connect, set up the first video stream (no other), play it, and return once its first whole unit has come.

    Raises `SourceError`; then nothing is left open. `timeout`: seconds for all of it.
    """
    opening = _Opening(address, timeout, clock)
    try:
        async with asyncio.timeout(timeout):
            return await opening.run()
    except TimeoutError:
        opening.abort()
        raise SourceError(opening.when_late, f"{opening.step}: nothing within {timeout:g} s") from None
    except BaseException:
        opening.abort()
        raise


class _Opening:
    """What has been reached so far, so that it can be undone at any moment."""

    def __init__(self, address: Address, timeout: float, clock: Clock) -> None:
        self.step = "connect"
        self.when_late = SourceCode.TIMEOUT
        self._address = address
        self._timeout = timeout
        self._clock = clock
        self._connection: Connection | None = None
        self._play_url = ""
        self._session = ""

    def abort(self) -> None:
        if self._connection is not None:
            if self._session:  # devices allow few sessions at a time; do not leave one behind
                self._connection.fire("TEARDOWN", self._play_url, Session=self._session)
            self._connection.close()

    async def run(self) -> RtspSession:
        url = self._address.url
        for _ in range(MAX_REDIRECTS + 1):
            await self._connect(url)
            options = await self._ask("OPTIONS", url)
            response = await self._ask("DESCRIBE", url, Accept="application/sdp")
            if response.status not in _REDIRECTS:
                return await self._play(url, response, "GET_PARAMETER" in options.headers.get("public"))
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
        self._connection = Connection(self._address)
        if redirected:
            self._connection.forbid_basic()
        await self._connection.open(where)

    async def _ask(self, method: str, url: str, **headers: str) -> Response:
        assert self._connection is not None
        self.step = method
        return await self._connection.request(method, url, timeout=self._timeout, **headers)

    async def _play(self, url: str, described: Response, get_parameter: bool) -> RtspSession:
        assert self._connection is not None
        _must_be_ok("DESCRIBE", described)
        base = base_url(url, described.headers.get("content-base"), described.headers.get("content-location"))
        description = _description(described)
        media, codec = _video(description)
        media_url = control_url(base, media.control)
        self._play_url = control_url(base, description.control)

        transport = f"RTP/AVP/TCP;unicast;interleaved={ASKED_CHANNELS[0]}-{ASKED_CHANNELS[1]}"
        response = await self._ask("SETUP", media_url, Transport=transport)
        _must_be_ok("SETUP", response)
        agreed = channels(response.headers.get("transport"), ASKED_CHANNELS)
        self._session, session_seconds = session_timeout(response.headers.get("session"))
        if agreed is None:
            raise SourceError(SourceCode.PROTOCOL, "the device does not send over this connection (interleaved TCP)")
        if not self._session:
            raise SourceError(SourceCode.PROTOCOL, "the answer to SETUP names no session")

        receiver = Receiver(
            codec, self._clock, payload_type=media.payload_type, clock_rate=media.clock_rate,
            parameter_sets=media.parameter_sets(),
        )  # fmt: skip
        receiver.rtp_channel, receiver.rtcp_channel = agreed
        self._connection.sink = receiver.frame
        session = RtspSession(
            self._connection, receiver, self._clock, play_url=self._play_url, session=self._session,
            timeout=session_seconds, keepalive="GET_PARAMETER" if get_parameter else "OPTIONS",
        )  # fmt: skip

        response = await self._ask("PLAY", self._play_url, Session=self._session, Range="npt=0.000-")
        if response.status == 459:  # aggregate operation not allowed
            self._play_url = media_url
            response = await self._ask("PLAY", media_url, Session=self._session, Range="npt=0.000-")
        _must_be_ok("PLAY", response)
        self.step, self.when_late = "first picture", SourceCode.NO_VIDEO
        await receiver.queue.first()
        session.start()
        return session


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
