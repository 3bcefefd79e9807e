"""Inviting cameras on behalf of media nodes: no media passes here, and nothing outlives who asked for it.

Order is what keeps it tight: the stream number is taken and the row committed before INVITE leaves; the number is
given back after the row is deleted, and the row goes after BYE. A process that is killed anywhere in between finds the
row when it comes back.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Coroutine
from typing import Any, Final

import structlog
from prometheus_client import Counter, Gauge

from commonsight.clock import Clock
from commonsight.connect.gb28181 import dialogs_store as store
from commonsight.connect.gb28181 import invite_ask
from commonsight.connect.gb28181.dialogs import Dialogs, Held, Stage
from commonsight.connect.gb28181.hang_up import HangUp
from commonsight.connect.gb28181.invite_ask import Ask
from commonsight.connect.gb28181.model import Device
from commonsight.connect.gb28181.server import Gb28181
from commonsight.connect.gb28181.signalling import Connection, Server
from commonsight.connect.gb28181.ssrc import SsrcPool
from commonsight.connect.sip.dialog import Dialog
from commonsight.connect.sip.errors import SipError, SipTimeout
from commonsight.connect.sip.peer import Peer
from commonsight.connect.sip.transactions import ServerTransaction
from commonsight.connect.wire import gb_sdp, mansrtsp
from commonsight.connect.wire.manscdp import Manscdp
from commonsight.connect.wire.sdp import SdpError
from commonsight.connect.wire.sip import CSeq, Request, Response, SipSyntaxError, parse_cseq
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.settings import Settings

INVITE_SECONDS: Final = 8.0
INFO_SECONDS: Final = 6.0
REMEMBERED: Final = 2_000
"""Channels whose last dialog is kept for whoever asks why it did not play."""
END_OF_FILE: Final = "121"
"""NotifyType of a MediaStatus message: the recording has been sent to its end (field practice)."""

log = structlog.get_logger(__name__)

DIALOGS = Gauge("commonsight_gb_dialogs", "Dialogs with devices that are not over")
SSRCS = Gauge("commonsight_gb_ssrcs_taken", "Stream numbers taken, of 9,999 each", ["use"])
INVITES = Counter("commonsight_gb_invites", "Invitations, by how they ended", ["result"])


class Inviter:
    """Registers its ops with the signalling server, and its methods with the device side.

    `recover` must have been awaited before the signalling server starts: it ends what the process before us left.
    """

    def __init__(self, gb: Gb28181, server: Server, database: Database, clock: Clock, settings: Settings) -> None:
        pool = SsrcPool(settings.sip.id[:10])
        self.dialogs = Dialogs(pool)
        DIALOGS.set_function(lambda: len(self.dialogs))
        SSRCS.labels("live").set_function(lambda: pool.taken("live"))
        SSRCS.labels("history").set_function(lambda: pool.taken("history"))
        self.last: OrderedDict[tuple[str, str], Held] = OrderedDict()
        """The newest dialog of each channel, also when it is over."""
        self._gb = gb
        self._database = database
        self._clock = clock
        self._settings = settings.sip
        self._connections: dict[int, Connection] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._hang_up = HangUp(gb, self.dialogs, database, clock)
        server.op("invite", self._op_invite)
        server.op("bye", self._op_bye)
        server.op("control", self._op_control)
        server.op("reach", self._op_reach)
        server.op("report", self._op_report)
        server.op("dialogs", self._op_dialogs)
        gb.on_method("BYE", self._on_bye)
        gb.on_method("INFO", self._on_info)
        gb.on("Notify", "MediaStatus", self._on_media_status)

    async def recover(self) -> int:
        """End every dialog on file. Returns how many there were; those whose device cannot be told yet are tried on."""
        return await self._hang_up.recover()

    async def run(self) -> None:
        """Try on what could not be ended or deleted at once, for ever."""
        await self._hang_up.run()

    async def close(self) -> None:
        """End every dialog: the process stops on purpose."""
        for held in self.dialogs.all():
            if self.dialogs.end(held, "signalling_stops"):
                self._spawn(self._hang_up.end(held))
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=INVITE_SECONDS)

    # --- what media nodes ask -----------------------------------------------------------------------------------------

    async def _op_reach(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """{device} -> {zone, host}: where a device is, so that a media node can pick the address it offers."""
        peer = self._gb.reach(self._device(invite_ask.code(fields, "device")))
        return {"zone": peer.zone, "host": peer.host}

    async def _op_invite(self, connection: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        ask = invite_ask.read(fields)
        device = self._device(ask.device)
        peer = self._gb.reach(device)
        invite_ask.check_zone(self._settings, ask, device)
        self._watch(connection)
        offer, request = self._request(ask, peer)
        held = self.dialogs.begin(
            request.headers.get("Call-ID") or "", ask.device, ask.channel, ask.purpose, connection.number
        )
        held.ref = str(fields.get("ref", ""))[:80]
        # From here on the invitation runs to its end whatever becomes of the caller: only then is it known what to end.
        running = self._spawn(self._invite(held, ask, device, peer, offer, request, connection.label))
        running.add_done_callback(_count)
        return await asyncio.shield(running)

    async def _op_bye(self, connection: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """{dialog} or {ref}: the second ends an invitation whose answer the caller did not wait for."""
        held = self._mine(connection, fields)
        if self.dialogs.end(held, "asked"):
            await asyncio.shield(self._spawn(self._hang_up.end(held)))
        return {}

    async def _op_control(self, connection: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        held = self._mine(connection, fields)
        if held.dialog is None or held.stage is not Stage.OPEN:
            raise _unknown(fields)
        command = invite_ask.control(fields, held.dialog.cseq + 1)
        request = held.dialog.request("INFO", body=mansrtsp.build(command), content_type=mansrtsp.CONTENT_TYPE)
        try:
            response = await self._gb.endpoint.request(request, held.dialog.peer, timeout=INFO_SECONDS)
        except SipError as error:
            raise Refusal("connect.gb_invite_timeout", status=504) from error
        if not 200 <= response.status < 300:
            raise Refusal("connect.gb_invite_refused", status=502, actual=f"{response.status} {response.reason}")
        return {}

    async def _op_report(self, connection: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """{dialog, counters}: what the receiver has counted so far, for "why doesn't it play?"."""
        counters = fields.get("counters")
        if isinstance(counters, dict) and len(counters) <= 40:
            self._mine(connection, fields).report = counters
        return {}

    async def _op_dialogs(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """{device, channel} -> {dialogs: […], last}: what is open with a channel, and its last dialog."""
        device, channel = invite_ask.code(fields, "device"), invite_ask.code(fields, "channel")
        last = self.last.get((device, channel))
        return {
            "dialogs": [_shown(held) for held in self.dialogs.of_channel(device, channel)],
            "last": None if last is None else _shown(last),
        }

    # --- inviting -----------------------------------------------------------------------------------------------------

    def _request(self, ask: Ask, peer: Peer) -> tuple[gb_sdp.Description, Request]:
        offer = ask.offer(self._settings.id, "")
        request = self._gb.endpoint.new_request(
            "INVITE", f"sip:{ask.channel}@{peer.host}:{peer.port}", peer, from_id=self._settings.id,
            to_id=ask.channel, domain=self._settings.realm, content_type="application/sdp",
        )  # fmt: skip
        return offer, request

    async def _invite(
        self, held: Held, ask: Ask, device: Device, peer: Peer, offer: gb_sdp.Description, request: Request, label: str
    ) -> dict[str, Any]:
        offer.ssrc = held.ssrc
        request.body = gb_sdp.build(offer)
        request.headers.set("Subject", _subject(ask, device, held.ssrc, self._settings.id))
        held.offer = request.body.decode()
        self._remember(held)
        try:
            await self._file(held, request, peer, label)
            response = await self._gb.endpoint.request(request, peer, timeout=INVITE_SECONDS)
        except BaseException as error:
            await self._hang_up.over(held)
            raise _meant(error) from error
        if not 200 <= response.status < 300:
            held.reason = f"{response.status} {response.reason}".strip()
            await self._hang_up.over(held)
            raise Refusal(
                "connect.gb_invite_refused", status=502, rule="200 OK", operand="INVITE", actual=held.reason,
                name=device.name,
            )  # fmt: skip
        return await self._answered(held, request, response, peer)

    async def _answered(self, held: Held, request: Request, response: Response, peer: Peer) -> dict[str, Any]:
        """The device agreed: whatever goes wrong from here on is answered with BYE."""
        held.answer = response.body[:4_000].decode("utf-8", "replace")
        try:
            dialog = Dialog.from_invite_response(request, response, peer)
        except SipSyntaxError as error:
            dialog = _early(request, peer)  # it sends no tag: end it by what we have
            wanted, words = self.dialogs.opened(held, dialog), str(error)
        else:
            wanted, words = self.dialogs.opened(held, dialog), ""
        try:
            await self._gb.endpoint.send(dialog.ack(), peer)
            if words:
                raise Refusal("connect.gb_invite_answer", status=502, actual=words)
            if not wanted:
                raise _unknown({"dialog": held.call_id})
            answer = gb_sdp.parse(response.body)
            async with self._database.write() as session:
                await store.answered(session, held.call_id, dialog.to_json())
            if held.stage is not Stage.OPEN:
                raise _unknown({"dialog": held.call_id})  # the device has thought better of it meanwhile
        except BaseException as error:
            if self.dialogs.end(held, str(error)) or not wanted:
                await self._hang_up.end(held)
            if isinstance(error, SdpError):
                raise Refusal("connect.gb_invite_answer", status=502, actual=str(error)) from error
            raise _meant(error) from error
        log.info("invited", device=held.device, channel=held.channel, ssrc=held.ssrc, purpose=held.purpose)
        return {
            "dialog": held.call_id,
            "ssrc": held.ssrc,
            "answered_ssrc": answer.ssrc,
            "remote": {"host": answer.address, "port": answer.port},
            "tcp": answer.tcp,
            "setup": answer.setup,
            "rtpmaps": {str(number): text for number, text in answer.rtpmaps.items()},
            "size": answer.size,
            "sdp": held.answer,
        }

    async def _file(self, held: Held, request: Request, peer: Peer, label: str) -> None:
        async with self._database.write() as session:
            await store.insert(
                session, call_id=held.call_id, device=held.device, channel=held.channel, purpose=held.purpose,
                ssrc=held.ssrc, holder=label, invite=_early(request, peer).to_json(),
            )  # fmt: skip

    # --- what devices say ---------------------------------------------------------------------------------------------

    async def _on_bye(self, request: Request, transaction: ServerTransaction) -> None:
        held = self.dialogs.get(request.headers.get("Call-ID") or "")
        if held is None:
            await transaction.respond(481)
            return
        await transaction.respond(200)
        if self.dialogs.end(held, "device_bye"):
            self._tell(held)
            await self._hang_up.over(held)

    async def _on_info(self, request: Request, transaction: ServerTransaction) -> None:
        """Some devices ask inside the dialog; what they ask needs no more than a yes."""
        known = self.dialogs.get(request.headers.get("Call-ID") or "") is not None
        await transaction.respond(200 if known else 481)

    async def _on_media_status(self, device: Device, message: Manscdp) -> None:
        """A recording has come to its end: its dialog is ended by us."""
        if (message.root.findtext("NotifyType") or "").strip() != END_OF_FILE:
            return
        for held in self.dialogs.of_channel(device.code, message.device):
            if held.purpose != "play" and self.dialogs.end(held, "end_of_file"):
                self._tell(held)
                self._spawn(self._hang_up.end(held))

    # --- connections --------------------------------------------------------------------------------------------------

    def _watch(self, connection: Connection) -> None:
        if connection.number not in self._connections:
            self._connections[connection.number] = connection
            connection.on_gone(lambda: self._gone(connection.number))

    def _gone(self, number: int) -> None:
        self._connections.pop(number, None)
        ended = self.dialogs.holder_gone(number)
        if ended:
            log.warning("holder_gone", dialogs=len(ended))
        for held in ended:
            self._spawn(self._hang_up.end(held))

    def _tell(self, held: Held) -> None:
        connection = self._connections.get(held.holder)
        if connection is not None:
            connection.tell("ended", dialog=held.call_id, reason=held.reason)

    def _device(self, code: str) -> Device:
        device = self._gb.devices.get(code)
        if device is None:
            raise Refusal("connect.gb_device_unknown", status=404, operand="device", actual=code)
        return device

    def _mine(self, connection: Connection, fields: dict[str, Any]) -> Held:
        held = self.dialogs.get(str(fields.get("dialog")))
        if held is None and fields.get("ref"):
            held = self.dialogs.by_ref(connection.number, str(fields["ref"]))
        if held is None or held.holder != connection.number:
            raise _unknown(fields)
        return held

    def _remember(self, held: Held) -> None:
        key = (held.device, held.channel)
        self.last[key] = held
        self.last.move_to_end(key)
        if len(self.last) > REMEMBERED:
            self.last.popitem(last=False)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        with contextlib.suppress(asyncio.CancelledError):
            error = task.exception()  # a caller that has gone hears of it no more
            if error is not None and not isinstance(error, Refusal):
                log.error("invite_failed", error=repr(error))


def _count(task: "asyncio.Task[Any]") -> None:
    error = None if task.cancelled() else task.exception()
    refused = error.code.rpartition("_")[2] if isinstance(error, Refusal) else "failed"
    INVITES.labels("plays" if error is None else refused).inc()


def _subject(ask: Ask, device: Device, ssrc: str, own: str) -> str:
    if device.quirks.subject == "zero":
        return f"{ask.channel}:0,{own}:0"
    return f"{ask.channel}:{ssrc},{own}:0"


def _early(request: Request, peer: Peer) -> Dialog:
    """What is known of a call before the device has answered: enough for a BYE that most devices match by Call-ID."""
    headers = request.headers
    number = parse_cseq(headers.get("CSeq") or str(CSeq(1, "INVITE"))).number
    return Dialog(
        headers.get("Call-ID") or "", headers.get("From") or "", headers.get("To") or "", request.uri, peer,
        contact=headers.get("Contact") or "", cseq=number, invite_cseq=number,
    )  # fmt: skip


def _shown(held: Held) -> dict[str, Any]:
    return {
        "dialog": held.call_id,
        "purpose": held.purpose,
        "stage": held.stage.value,
        "ssrc": held.ssrc,
        "reason": held.reason,
        "offer": held.offer,
        "answer": held.answer,
        "report": held.report,
    }


def _unknown(fields: dict[str, Any]) -> Refusal:
    return Refusal("connect.gb_dialog_unknown", status=404, operand="dialog", actual=str(fields.get("dialog"))[:80])


def _meant(error: BaseException) -> BaseException:
    """What a caller is told: silence of a device is no fault of ours."""
    if isinstance(error, SipTimeout):
        return Refusal("connect.gb_silent", status=504, rule="an answer in time", operand="INVITE")
    if isinstance(error, SipError):
        return Refusal("connect.gb_unreachable", status=502, rule="a way to the device", operand="INVITE")
    return error
