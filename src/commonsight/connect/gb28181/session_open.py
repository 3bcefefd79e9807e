"""The way to a playing camera behind a GB/T 28181 device: a port, an invitation, the first picture."""

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import structlog

from commonsight.clock import Clock
from commonsight.connect.gb28181.dialogs import Purpose
from commonsight.connect.gb28181.intake import Intake
from commonsight.connect.gb28181.invite_ask import STREAMS_MOST, TRANSPORTS, Transport
from commonsight.connect.gb28181.line import Line, installed
from commonsight.connect.gb28181.media_ports import Taken
from commonsight.connect.gb28181.ps_receiver import PsReceiver
from commonsight.connect.gb28181.session import GbSession, hang_up, report
from commonsight.connect.gb28181.signalling_client import Client, SignallingLost
from commonsight.connect.model import Address, OwnFailure, SourceCode, SourceError
from commonsight.connect.survey import Survey
from commonsight.problem import Refusal
from commonsight.settings import Zone

DEFAULT: Final[Transport] = "tcp-passive"
"""Loses nothing, and passes a NAT in front of the device."""

SIGNALLING_SECONDS: Final = 4.0
"""A signalling process that starts anew is waited for so long."""

_MEANING: Final = {
    "connect.gb_no_signalling": SourceCode.UNREACHABLE,
    "connect.gb_device_unknown": SourceCode.NOT_FOUND,
    "connect.gb_offline": SourceCode.UNREACHABLE,
    "connect.gb_unreachable": SourceCode.UNREACHABLE,
    "connect.gb_zone_unreachable": SourceCode.UNREACHABLE,
    "connect.gb_media_ports_taken": SourceCode.REFUSED,
    "connect.gb_ssrc_exhausted": SourceCode.REFUSED,
    "connect.gb_dialogs_most": SourceCode.REFUSED,
    "connect.gb_silent": SourceCode.TIMEOUT,
    "connect.gb_signalling_timeout": SourceCode.TIMEOUT,
}
_OURS: Final = frozenset({
    "connect.gb_no_signalling", "connect.gb_zone_unreachable", "connect.gb_media_ports_taken",
    "connect.gb_ssrc_exhausted", "connect.gb_dialogs_most", "connect.gb_signalling_timeout",
    "connect.gb_signalling_busy", "connect.gb_signalling_failed",
})  # fmt: skip
"""What we lack ourselves; nobody may hold it against the camera."""
_STATUS: Final = {
    "401": SourceCode.UNAUTHORIZED, "403": SourceCode.UNAUTHORIZED, "407": SourceCode.UNAUTHORIZED,
    "404": SourceCode.NOT_FOUND, "410": SourceCode.NOT_FOUND, "604": SourceCode.NOT_FOUND,
    "408": SourceCode.TIMEOUT, "480": SourceCode.UNREACHABLE, "486": SourceCode.REFUSED, "503": SourceCode.REFUSED,
    "600": SourceCode.REFUSED, "603": SourceCode.REFUSED,
}  # fmt: skip
_STREAMS: Final = tuple(str(number) for number in range(STREAMS_MOST + 1))
_OTHER_TRANSPORT: Final = ("400", "415", "488", "501", "606")
"""What devices answer that know no media over TCP."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to invite. `start`, `end`: Unix seconds of a recording. `transport`: None leaves the choice to us.
    `stream`: number of one of the camera's streams, 0 the main one; None leaves the choice to the device."""

    device: str
    channel: str
    purpose: Purpose = "play"
    transport: Transport | None = None
    start: int = 0
    end: int = 0
    speed: float | None = None
    stream: int | None = None


def read_url(url: str) -> Wish:
    """`gb28181://<device>/<channel>[?transport=udp&stream=1]` as a wish. Raises ValueError naming what is wrong."""
    parts = urlsplit(url)
    device, channel = parts.netloc, parts.path.strip("/") or parts.netloc
    for name, code in (("device", device), ("channel", channel)):
        if len(code) != 20 or not (code.isascii() and code.isdigit()):
            raise ValueError(f"url: {name} must have 20 digits, is {code[:40]!r}")
    asked = parse_qs(parts.query)
    said = asked.get("transport", [None])[0]
    number = asked.get("stream", [None])[0]
    transport = next((each for each in TRANSPORTS if each == said), None)
    if said is not None and transport is None:
        raise ValueError(f"url: transport must be one of {', '.join(TRANSPORTS)}, is {said[:20]!r}")
    if number is not None and number not in _STREAMS:
        raise ValueError(f"url: stream must be one of {', '.join(_STREAMS)}, is {number[:20]!r}")
    return Wish(device, channel, transport=transport, stream=None if number is None else int(number))


async def open_gb28181(address: Address, *, timeout: float, clock: Clock, survey: Survey | None = None) -> GbSession:
    """Invite the camera of `gb28181://device/channel` and return once its first whole unit has come.

    With a `survey` it returns as soon as anything of the stream has come.

    Raises `SourceError`; then nothing is left open.
    """
    try:
        wish = read_url(address.url)
    except ValueError as error:
        raise SourceError(SourceCode.PROTOCOL, str(error)) from None
    return await open_wish(wish, timeout=timeout, clock=clock, survey=survey)


async def open_wish(
    wish: Wish, *, timeout: float, clock: Clock, line: Line | None = None, survey: Survey | None = None
) -> GbSession:
    """The same for any wish: live, a recording to watch (`GbSession.seek` …), a recording to fetch.

    Raises `SourceError`; then nothing is left open. `timeout`: seconds for all of it.
    """
    opening = _Opening(wish, clock, survey)
    try:
        async with asyncio.timeout(timeout):
            return await opening.run(line or installed())
    except TimeoutError:
        await opening.abort()
        raise SourceError(opening.when_late, f"{opening.step}: nothing within {timeout:g} s") from None
    except Refusal as refusal:
        await opening.abort()
        kind = OwnFailure if refusal.code in _OURS else SourceError
        raise kind(_code(refusal), str(refusal)) from refusal
    except SignallingLost as error:
        await opening.abort()
        raise OwnFailure(SourceCode.UNREACHABLE, str(error)) from error
    except BaseException:
        await opening.abort()
        raise


class _Opening:
    """What has been reached so far, so that it can be undone at any moment."""

    def __init__(self, wish: Wish, clock: Clock, survey: Survey | None = None) -> None:
        self.step = "connect"
        self.when_late = SourceCode.TIMEOUT
        self._wish = wish
        self._clock = clock
        self._survey = survey
        self._client: Client | None = None
        self._taken: Taken | None = None
        self._intake: Intake | None = None
        self._receiver: PsReceiver | None = None
        self._dialog = ""
        self._ref = ""

    async def abort(self) -> None:
        if self._intake is not None:
            self._intake.close()
        elif self._taken is not None:
            self._taken.close()
        client = self._client
        if client is not None and self._ref:
            if self._receiver is not None:  # whoever asks why it does not play wants to know what came
                await report(client, self._dialog, self._receiver.counters)
            await hang_up(client, self._dialog, ref=self._ref)

    async def run(self, line: Line) -> GbSession:
        self._client = client = await line.client(patience=SIGNALLING_SECONDS)
        wish = self._wish
        where = await client.call("reach", device=wish.device)
        if self._survey is not None:
            # The device keeps its registration alive, so there is nothing to connect to.
            self._survey.connected = self._clock.monotonic()
        zone = line.zone(str(where["zone"]))
        self._taken = line.ports(zone).take()
        self.step = "INVITE"
        transport = wish.transport or DEFAULT
        try:
            answer = await self._invite(client, zone, transport)
        except Refusal as refusal:
            words = str(refusal.actual or "")
            if refusal.code != "connect.gb_invite_refused" or wish.transport or not words.startswith(_OTHER_TRANSPORT):
                raise
            log.info("invite_again_by_udp", device=wish.device, channel=wish.channel, answer=words)
            answer = await self._invite(client, zone, transport := "udp")
        if self._survey is not None:
            self._survey.heard(self._clock.monotonic())
        return await self._play(client, answer, transport, str(where["host"]))

    async def _invite(self, client: Client, zone: Zone, transport: Transport) -> dict[str, Any]:
        assert self._taken is not None
        wish = replace(self._wish, transport=transport)
        self._ref = secrets.token_hex(8)
        answer = await client.call(
            "invite", ref=self._ref, device=wish.device, channel=wish.channel, kind=wish.purpose, transport=transport,
            zone=zone.name, host=zone.media_host or zone.host, port=self._taken.port, start=wish.start, end=wish.end,
            speed=wish.speed, stream=wish.stream,
        )  # fmt: skip
        self._dialog = str(answer["dialog"])
        return answer

    async def _play(self, client: Client, answer: dict[str, Any], transport: Transport, host: str) -> GbSession:
        assert self._taken is not None
        remote = answer["remote"]
        ssrc = int(answer["ssrc"])
        own = str(answer.get("answered_ssrc") or "")
        rtpmaps = {int(number): str(text) for number, text in answer["rtpmaps"].items()}
        receiver = self._receiver = PsReceiver(self._clock, ssrc=int(own) if own else ssrc, rtpmaps=rtpmaps,
                                               survey=self._survey)  # fmt: skip

        def lost(reason: str) -> None:
            receiver.queue.end(SourceError(SourceCode.LOST, reason))

        self._intake = intake = Intake(
            self._taken, receiver, self._clock, ssrc=int(own) if own else ssrc, hosts={host, str(remote["host"])},
            lost=lost,
        )  # fmt: skip
        session = GbSession(client, self._dialog, intake, receiver, self._clock, patient=self._wish.purpose != "play")
        await intake.start()
        # A device that was asked to connect and says that it waits itself is met half-way.
        if transport == "tcp-active" or (answer["tcp"] and answer["setup"] == "passive"):
            self.step = f"connect to {remote['host']}:{remote['port']}"
            try:
                await intake.connect(str(remote["host"]), int(remote["port"]))
            except OSError as error:
                raise SourceError(SourceCode.REFUSED, f"{self.step}: {error}") from error
        self.step, self.when_late = "first picture", SourceCode.NO_VIDEO
        await receiver.queue.first()
        if receiver.info is None and self._survey is None:
            raise SourceError(SourceCode.NO_VIDEO, "the device ended the dialog before its first picture")
        session.start()
        return session


def _code(refusal: Refusal) -> SourceCode:
    if refusal.code == "connect.gb_invite_refused":
        return _STATUS.get(str(refusal.actual or "")[:3], SourceCode.PROTOCOL)
    return _MEANING.get(refusal.code, SourceCode.PROTOCOL)
