"""Invitations: a virtual camera answers INVITE with its description, streams after ACK, obeys INFO, ends with BYE."""

import asyncio
import contextlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import structlog

from commonsight.connect.wire import gb_sdp
from commonsight.connect.wire.ps import AudioCodec
from commonsight.connect.wire.sdp import SdpError
from commonsight.connect.wire.sip import Headers, Request, SipSyntaxError, parse_name_addr, parse_uri
from commonsight.simulate.fleet import Fault
from commonsight.simulate.gb28181 import recordings
from commonsight.simulate.gb28181.chance import draw
from commonsight.simulate.gb28181.document import document
from commonsight.simulate.gb28181.faults import Bend
from commonsight.simulate.gb28181.film import Film
from commonsight.simulate.gb28181.line import AGENT, LineError
from commonsight.simulate.gb28181.pipes import Connection, Datagrams, Pipe
from commonsight.simulate.gb28181.show import SPEED_MOST, Script, Show

if TYPE_CHECKING:
    from commonsight.simulate.gb28181.party import Party

MAX_STREAMS: Final = 256
"""Streams of one party; the next is refused with 486."""
BYE_AFTER: Final = 10.0
"""A recording has ended and been said to have: if the platform says no BYE by then, we do, s."""
ACK_SECONDS: Final = 32.0
LATEST: Final = 4_000_000_000
"""Latest moment a recording may be asked for, Unix seconds."""
FORMAT: Final = "v/2/5/25/1/4096a///"
FORMATS: Final = {AudioCodec.G711A: "v/2/5/25/1/4096a/1/8/1"}
"""What the description says of pictures and sound; of other sound it says nothing, and the stream itself does."""

SLOW_SECONDS: Final = 1.5
"""A slow camera takes so long to accept."""
_REFUSALS: Final = {
    Fault.REFUSED: (480, "Temporarily Unavailable"),
    Fault.MISSING: (404, "Not Found"),
    Fault.UNAUTHORIZED: (403, "Forbidden"),
}
"""How a platform answers for a camera it cannot reach, does not have, or has no password of."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Stream:
    """One dialog. `ours` is our tag."""

    invite: Request
    channel: str
    ours: str
    offer: gb_sdp.Description
    pipe: Pipe
    show: Show
    acknowledged: asyncio.Event
    task: asyncio.Task[None] | None = None
    sequence: int = 0


class Streams:
    """The dialogs of one party, by Call-ID."""

    __slots__ = ("_party", "_streams")

    def __init__(self, party: "Party") -> None:
        self._party = party
        self._streams: dict[str, Stream] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def request(self, request: Request) -> None:
        """INVITE, ACK, BYE, CANCEL or INFO. Raises `LineError` when the line is gone."""
        call = request.headers.get("Call-ID") or ""
        stream = self._streams.get(call)
        line = self._party.line
        if request.method == "ACK":
            if stream is not None:
                stream.acknowledged.set()
        elif request.method == "INVITE":
            self._invited(request, call)
        elif stream is None:
            line.respond(request, 481, "Call/Transaction Does Not Exist")
        elif request.method == "INFO":
            line.respond(request, 200, "OK")
            if control(stream.show, request.body):
                self._end(call)
        else:  # CANCEL finds the final answer sent already, so it has no effect on the dialog
            line.respond(request, 200, "OK")
            if request.method == "BYE":
                self._end(call)

    def keyframe(self, channel: str) -> None:
        """Begin every live stream of a channel at a keyframe."""
        for stream in self._streams.values():
            if stream.channel == channel and stream.offer.purpose == "Play":
                stream.show.keyframe()

    def film(self, channel: str) -> Film | None:
        """What a channel shows; the same for ever once all films are there."""
        films = self._party.stage.films
        return films[int(draw(self._party.stage.seed, "film", channel) * len(films))] if films else None

    def cut(self, channels: Collection[str]) -> None:
        """The streams of these channels end without a word."""
        for call in [call for call, stream in self._streams.items() if stream.channel in channels]:
            self._end(call)

    def close(self) -> None:
        """Everything ends without a word, as when the power goes."""
        for call in tuple(self._streams):
            self._end(call)

    # an invitation

    def _invited(self, request: Request, call: str) -> None:
        party, line = self._party, self._party.line
        if call in self._streams:
            line.respond(request, 488, "Not Acceptable Here")
            return
        if len(self._streams) >= MAX_STREAMS:
            line.respond(request, 486, "Busy Here")
            return
        party.stage.tally.invites += 1
        channel = _channel(request)
        number = party.catalogue.number_of(channel)
        ill = party.stage.ill(channel)
        film = ill.film or self.film(channel)
        if ill.fault is Fault.HUNG:
            return
        if number is None:
            line.respond(request, 404, "Not Found")
            return
        if ill.fault in _REFUSALS:
            line.respond(request, *_REFUSALS[ill.fault])
            return
        if party.catalogue.status(number) == "OFF":
            line.respond(request, 480, "Temporarily Unavailable")
            return
        offer = _offer(request.body)
        if offer is None:
            line.respond(request, 488, "Not Acceptable Here")
            return
        if film is None or (offer.purpose != "Play" and not self._recorded(channel, offer)):
            line.respond(request, 404 if film else 503, "Not Found" if film else "Service Unavailable")
            return
        line.respond(request, 100, "Trying")
        if ill.fault is Fault.SLOW:
            loop = asyncio.get_running_loop()
            loop.call_later(SLOW_SECONDS, self._accept_late, request, call, channel, film, offer)
        else:
            self._accept(request, call, channel, film, offer)

    def _accept_late(self, request: Request, call: str, channel: str, film: Film, offer: gb_sdp.Description) -> None:
        # The line may be gone by now, and nobody is left to be told.
        with contextlib.suppress(LineError):
            self._accept(request, call, channel, film, offer)

    def _accept(self, request: Request, call: str, channel: str, film: Film, offer: gb_sdp.Description) -> None:
        party, stage = self._party, self._party.stage
        own = Bend.OWN_SSRC in party.bends
        ssrc = f"{int(draw(stage.seed, 'ssrc', channel) * 1e9):010}" if own or not offer.ssrc else offer.ssrc
        pipe: Pipe
        to = (offer.address, offer.port)
        try:
            if not offer.tcp:
                pipe = Datagrams(stage.host, to)
            else:
                pipe = Connection(stage.host, None if offer.setup == "active" else to)
        except OSError as error:
            log.warning("virtual_media_port", reason=error.strerror)
            party.line.respond(request, 500, "Server Internal Error")
            return
        show = Show(film, self._script(channel, film, offer, int(ssrc) & 0xFFFF_FFFF), pipe, stage.clock, stage.tally)
        stream = Stream(request, channel, secrets.token_hex(5), offer, pipe, show, asyncio.Event())
        seconds = offer.end - offer.start
        said = FORMATS.get(self._sound(channel), FORMAT)
        answer = gb_sdp.Description(
            channel, stage.host, pipe.port, offer.purpose, offer.tcp,
            None if not offer.tcp else "passive" if offer.setup == "active" else "active", ssrc, channel,
            offer.start, offer.end, None, "sendonly", {96: "PS/90000"}, said,
            recordings.BYTES_A_SECOND * seconds if offer.purpose == "Download" else None,
        )  # fmt: skip
        self._streams[call] = stream
        line = party.line
        contact = f"<sip:{party.who.code}@{line.host}:{line.port}>"
        fields = (("Contact", contact), ("Content-Type", "application/sdp"))
        line.respond(request, 200, "OK", *fields, body=gb_sdp.build(answer), tag=stream.ours)
        stream.task = asyncio.create_task(self._play(call, stream), name=f"stream-{channel}")

    def _script(self, channel: str, film: Film, offer: gb_sdp.Description, ssrc: int) -> Script:
        stage = self._party.stage
        faults = stage.faults
        live = offer.purpose == "Play"
        return Script(
            ssrc=ssrc,
            # Live: all who watch a camera see the same moment. Recorded: the moment that was asked for.
            begin=stage.clock.now().timestamp() % (len(film.pictures) / film.frame_rate)
            if live
            else float(offer.start),
            length=None if live else max(0.0, float(offer.end - offer.start)),
            sound=self._sound(channel),
            speed=offer.speed if offer.purpose == "Download" and offer.speed else 1.0,
            loss=faults.media_loss,
            reorder=faults.media_reorder,
            silent=draw(stage.seed, "mute", channel) < faults.mute or stage.ill(channel).fault is Fault.NO_VIDEO,
            seed=stage.seed,
            prompt=stage.prompt or not live,
        )

    def _sound(self, channel: str) -> AudioCodec:
        """Each third camera speaks AAC; it takes a program, so where there is none all speak G.711."""
        stage = self._party.stage
        return AudioCodec.AAC if stage.aac and draw(stage.seed, "sound", channel) < 1 / 3 else AudioCodec.G711A

    def _recorded(self, channel: str, offer: gb_sdp.Description) -> bool:
        now = self._party.now().replace(tzinfo=None)
        begin, end = recordings.local(offer.start), recordings.local(offer.end)
        return bool(recordings.between(self._party.stage.seed, channel, begin, end, now))

    # a dialog

    async def _play(self, call: str, stream: Stream) -> None:
        finished = False
        try:
            async with asyncio.timeout(ACK_SECONDS):
                await stream.acknowledged.wait()
            await stream.pipe.open()
            self._party.stage.tally.streams += 1
            finished = await stream.show.run()
        except (OSError, TimeoutError) as error:
            log.debug("virtual_stream_not_taken", code=stream.channel, reason=type(error).__name__)
        else:
            if finished:
                await self._finished(stream)
        finally:
            stream.pipe.close()
        with contextlib.suppress(LineError):
            await self._bye(stream)
        self._end(call)

    async def _finished(self, stream: Stream) -> None:
        """Say that a recording is over, and leave the last word to the platform for a while."""
        text = document("Notify", "MediaStatus", self._party.serial(), stream.channel, "<NotifyType>121</NotifyType>")
        with contextlib.suppress(LineError):
            await self._party.message(text)
        await self._party.stage.clock.sleep(BYE_AFTER)

    async def _bye(self, stream: Stream) -> None:
        """End a dialog from our side."""
        line, invite = self._party.line, stream.invite.headers
        stream.sequence += 1
        headers = Headers(
            [
                ("Via", line.via),
                ("From", f"{(invite.get('To') or '').partition(';tag=')[0]};tag={stream.ours}"),
                ("To", invite.get("From") or ""),
                ("Call-ID", invite.get("Call-ID") or ""),
                ("CSeq", f"{stream.sequence} BYE"),
                ("Max-Forwards", "70"),
                ("User-Agent", AGENT),
            ]
        )
        await self._party.send(Request("BYE", contact(stream.invite), headers))

    def _end(self, call: str) -> None:
        stream = self._streams.pop(call, None)
        if stream is None:
            return
        stream.pipe.close()
        if stream.task is not None and stream.task is not asyncio.current_task():
            stream.task.cancel()


def control(show: Show, body: bytes) -> bool:
    """One MANSRTSP request: `PLAY|PAUSE|TEARDOWN`, with `Range: npt=` and `Scale`. True when it ends the show."""
    lines = body.decode("utf-8", "replace").replace("\r", "").split("\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:20])}
    method = lines[0].partition(" ")[0].upper()
    if method == "PAUSE":
        show.pause()
    elif method == "PLAY":
        speed = _number(fields.get("scale", ""))
        _, _, span = fields.get("range", "").partition("=")
        show.resume(speed=speed, at=_number(span.partition("-")[0]))
    return method == "TEARDOWN"


def contact(request: Request) -> str:
    """Where requests inside the dialog go: the peer's Contact, else its From."""
    for name in ("Contact", "From"):
        with contextlib.suppress(SipSyntaxError):
            return str(parse_name_addr(request.headers.get(name) or "").uri)
    return request.uri


def _offer(body: bytes) -> gb_sdp.Description | None:
    """An offer that can be served, None for any other."""
    try:
        offer = gb_sdp.parse(body)
        ip_address(offer.address)  # a name would have to be looked up, and the network stands still meanwhile
    except (SdpError, ValueError):
        return None
    times = 0 <= offer.start <= offer.end <= LATEST
    speed = offer.speed is None or 0 < offer.speed <= SPEED_MOST
    return offer if times and speed and (offer.port or offer.setup == "active") else None


def _channel(request: Request) -> str:
    """The Subject names the channel; the address of the request does where there is none."""
    subject = (request.headers.get("Subject") or "").partition(":")[0].strip()
    if len(subject) == 20:
        return subject
    with contextlib.suppress(SipSyntaxError):
        return parse_uri(request.uri).user
    return ""


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if 0 <= found < 1e9 else None
