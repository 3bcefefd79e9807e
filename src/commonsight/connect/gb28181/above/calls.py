"""Streams an upper platform asks for: back to back, a call with it on one side and a media node's order on the other.

Order is what keeps it tight: the row is committed before our 200 leaves, and deleted after BYE. A process that is
killed in between finds the row when it comes back and says BYE; a media node that is gone takes its calls with it; a
connection that ends at this process ends what the media node sends.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import SQLAlchemyError

from commonsight.clock import Clock
from commonsight.connect.gb28181.above import ids_store, store
from commonsight.connect.gb28181.above.call_rules import Turned, Wanted, meant, read
from commonsight.connect.gb28181.above.link import Link, NoAnswer
from commonsight.connect.gb28181.above.model import NEEDED
from commonsight.connect.gb28181.above.orders import Orders
from commonsight.connect.sip.dialog import Dialog
from commonsight.connect.sip.endpoint import SipEndpoint
from commonsight.connect.sip.errors import SipError
from commonsight.connect.sip.transactions import ServerTransaction
from commonsight.connect.wire import gb_sdp, manscdp, mansrtsp
from commonsight.connect.wire.mansrtsp import MansrtspError
from commonsight.connect.wire.sip import Request
from commonsight.gate import service as gate
from commonsight.gate.model import Action, Issued
from commonsight.problem import Refusal
from commonsight.records.database import Database

log = structlog.get_logger(__name__)

ACK_SECONDS: Final = 10.0
BYE_SECONDS: Final = 3.0
LIVE_HOURS: Final = 12.0
"""A live stream is ended after this and may be asked for anew: so long one permit runs."""
RECORDED_HOURS: Final = 24.0
END_SECONDS: Final = 5.0
"""An upper platform that was told of a recording's end is given this long to hang up by itself."""
CALLS_MOST: Final = 5_000

CALLS = Gauge("commonsight_cascade_calls", "Streams to upper platforms")
INVITES = Counter("commonsight_cascade_invites", "Streams upper platforms asked for, by what was answered", ["status"])


@dataclass(eq=False, slots=True)
class Call:
    """One stream to an upper platform. `rate`: kbit/s, as its node last measured."""

    bridge: str
    link: Link
    code: str
    camera_id: UUID
    action: Action
    call_id: str
    node: str = ""
    dialog: Dialog | None = None
    permit_id: UUID | None = None
    over: bool = False
    rate: float = 0.0
    began_at: datetime | None = None


class Calls:
    """All streams to upper platforms."""

    def __init__(self, endpoint: SipEndpoint, orders: Orders, database: Database, clock: Clock, own: str) -> None:
        self._endpoint, self._orders, self._database, self._clock = endpoint, orders, database, clock
        self._own = own
        self._calls: dict[str, Call] = {}
        self._by_call_id: dict[str, Call] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._undeleted: set[str] = set()
        CALLS.set_function(lambda: len(self._calls))
        orders.listen(self._stream_over, self._measured, self._node_gone)

    def __len__(self) -> int:
        return len(self._calls)

    def of(self, link: Link) -> list[Call]:
        """The calls of one upper platform."""
        return [call for call in self._calls.values() if call.link.upper.id == link.upper.id]

    def knows(self, request: Request) -> bool:
        """Whether a request belongs to one of the calls."""
        return (request.headers.get("Call-ID") or "") in self._by_call_id

    # --- asked for ----------------------------------------------------------------------------------------------------

    async def on_invite(self, link: Link, request: Request, transaction: ServerTransaction) -> None:
        """An upper platform wants a stream; every answer but 200 says in its reason what is in the way."""
        try:
            wanted = read(request, link, self._own)
            call = self._begin(link, wanted, request)
        except Turned as turned:
            await self._turn(link, transaction, turned)
            return
        try:
            await self._bridge(call, wanted, request, transaction)
        except Turned as turned:
            await self._turn(link, transaction, turned)
            await self._let_go(call)
        except BaseException:
            await transaction.respond(500)
            await asyncio.shield(self._spawn(self._let_go(call)))
            raise

    def _begin(self, link: Link, wanted: Wanted, request: Request) -> Call:
        """Take a place among the upper platform's streams. Raises `Turned` when there is none."""
        upper, running = link.upper, self.of(link)
        if (upper.streams_most and len(running) >= upper.streams_most) or len(self._calls) >= CALLS_MOST:
            raise Turned(486, f"{len(running)} streams, allowed are {upper.streams_most}")
        if upper.kbits_most and running:
            known = [call.rate for call in running]
            expected = sum(known) + sum(known) / len(known)  # the new one is taken for an average one
            if expected > upper.kbits_most:
                raise Turned(503, f"{expected:.0f} kbit/s expected, allowed are {upper.kbits_most}")
        call_id = request.headers.get("Call-ID") or ""
        if call_id in self._by_call_id:
            raise Turned(488, "a running call cannot be changed")
        call = Call(secrets.token_hex(8), link, wanted.code, UUID(int=0), wanted.action, call_id)
        self._calls[call.bridge] = self._by_call_id[call_id] = call
        return call

    async def _bridge(self, call: Call, wanted: Wanted, request: Request, transaction: ServerTransaction) -> None:
        link = call.link
        try:
            issued = await self._permit(call, wanted)
            call.node = await self._orders.holder(call.camera_id)
            there = await self._orders.ask(
                call.node, "open", bridge=call.bridge, ticket=issued.ticket, camera=str(call.camera_id),
                action=call.action.value, zone=link.upper.zone, transport=wanted.transport, host=wanted.host,
                port=wanted.port, ssrc=wanted.ssrc, payload_type=wanted.payload_type, start=wanted.start,
                end=wanted.end, speed=wanted.speed,
            )  # fmt: skip
        except Refusal as refusal:
            raise meant(refusal) from refusal
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise Turned(503, "the register cannot be written") from error
        if transaction.final or call.over:
            raise Turned(487, "taken back")
        peer = transaction.peer
        contact = self._endpoint.contact(wanted.code, peer)
        call.dialog = Dialog.from_request(request, peer, tag=transaction.tag, contact=contact)
        call.began_at = self._clock.now()
        await self._file(call)
        answer = wanted.answer(str(there["host"]), int(there["port"]), str(there.get("codec", "")))
        taken = await transaction.respond(200, body=gb_sdp.build(answer), content_type="application/sdp")
        INVITES.labels("200" if taken else "487").inc()
        if not taken:  # they took it back while the row was written
            await self._let_go(call)
            return
        self._spawn(self._acknowledged(call, transaction))

    async def _permit(self, call: Call, wanted: Wanted) -> Issued:
        """Look the camera up, and let the gate write down who asks for it."""
        upper = call.link.upper
        async with self._database.write() as session:
            mapped = await ids_store.behind(session, upper.id, wanted.code)
            if mapped is None:
                raise Turned(404, "no such camera in what is shared")
            if not mapped.rights & NEEDED[wanted.action]:
                raise Turned(403, f"the share does not allow {wanted.action.value}")
            call.camera_id = mapped.camera_id
            recorded = wanted.action is not Action.LIVE
            footage = (_moment(wanted.start), _moment(wanted.end)) if recorded else None
            issued = await gate.issue_platform(
                session, platform_id=upper.id, name=upper.name, organisation=upper.organisation,
                cameras=[mapped.camera_id], action=wanted.action, hours=RECORDED_HOURS if recorded else LIVE_HOURS,
                footage=footage, limits=upper.limits,
            )  # fmt: skip
        call.permit_id = issued.permit.id
        return issued

    async def _file(self, call: Call) -> None:
        assert call.dialog is not None
        assert call.began_at is not None
        async with self._database.write() as session:
            await store.put_call(
                session,
                store.Call(
                    call.call_id, call.link.upper.id, call.camera_id, call.code, call.action.value, call.node,
                    call.permit_id, call.dialog.to_json(), call.began_at,
                ),
            )  # fmt: skip

    async def _acknowledged(self, call: Call, transaction: ServerTransaction) -> None:
        """Let the stream begin once the upper platform has said that it heard our answer."""
        try:
            async with asyncio.timeout(ACK_SECONDS):
                await transaction.acknowledged.wait()
            await self._orders.ask(call.node, "start", bridge=call.bridge)
        except TimeoutError:
            await self.end(call, "no ACK")
        except Refusal as refusal:
            await self.end(call, refusal.code)
        else:
            log.info("bridged", upper=call.link.code, camera=str(call.camera_id), code=call.code, action=call.action)

    async def _turn(self, link: Link, transaction: ServerTransaction, turned: Turned) -> None:
        log.warning("upper_turned_away", upper=link.code, status=turned.status, words=turned.words)
        INVITES.labels(str(turned.status)).inc()
        await transaction.respond(
            turned.status, headers=[("Warning", f'399 {link.own} "{turned.words}"')] if turned.words else ()
        )

    # --- steered and ended --------------------------------------------------------------------------------------------

    async def on_bye(self, request: Request, transaction: ServerTransaction) -> None:
        """The upper platform has seen enough."""
        call = self._by_call_id.get(request.headers.get("Call-ID") or "")
        await transaction.respond(200 if call is not None else 481)
        if call is not None:
            await self._let_go(call, "upper_bye")

    async def on_info(self, request: Request, transaction: ServerTransaction) -> None:
        """It holds, moves or speeds up a recording."""
        call = self._by_call_id.get(request.headers.get("Call-ID") or "")
        if call is None:
            await transaction.respond(481)
            return
        try:
            said = mansrtsp.parse(request.body)
        except MansrtspError:
            await transaction.respond(400)
            return
        if said.action == "TEARDOWN":
            await transaction.respond(200)
            await self.end(call, "upper_teardown")
            return
        steps = _steps(said)
        try:
            for step in steps:
                await self._orders.ask(call.node, "control", bridge=call.bridge, **step)
        except Refusal as refusal:
            turned = meant(refusal)
            await transaction.respond(turned.status, headers=[("Warning", f'399 {call.link.own} "{turned.words}"')])
            return
        await transaction.respond(200)

    async def end(self, call: Call, reason: str) -> None:
        """Say BYE upward, stop the stream, forget the call. May be called twice."""
        if call.over:
            return
        await self._let_go(call, reason, goodbye=True)

    async def end_all(self, link: Link, reason: str) -> None:
        """End every call of one upper platform."""
        await asyncio.gather(*(self.end(call, reason) for call in self.of(link)))

    async def recheck(self, link: Link) -> None:
        """End what the upper platform's shares no longer allow."""
        async with self._database.read() as session:
            for call in self.of(link):
                mapped = await ids_store.behind(session, link.upper.id, call.code)
                if call.dialog is not None and (mapped is None or not mapped.rights & NEEDED[call.action]):
                    self._spawn(self._withdrawn(call))

    async def _withdrawn(self, call: Call) -> None:
        if call.permit_id is not None:
            with contextlib.suppress(Refusal, SQLAlchemyError, OSError, TimeoutError):
                async with self._database.write() as session:
                    await gate.revoke(session, call.permit_id, "share_withdrawn")
        await self.end(call, "share_withdrawn")

    async def recover(self) -> int:
        """End what the process before us left open. Raises the database's errors: without it nothing may begin."""
        async with self._database.read() as session:
            left = await store.calls(session)
        for row in left:
            with contextlib.suppress(KeyError, TypeError):
                self._spawn(self._say_bye(Dialog.from_json(row.dialog)))
        if left:
            log.warning("cascade_calls_left", count=len(left))
            async with self._database.write() as session:
                await store.delete_calls(session, [row.call_id for row in left])
        return len(left)

    async def run(self) -> None:
        """Delete rows that could not be deleted at once, for ever."""
        while True:
            await self._clock.sleep(2.0)
            await self._delete()

    async def close(self) -> None:
        """End everything: the process stops on purpose."""
        ending = [self._spawn(self.end(call, "platform_stops")) for call in list(self._calls.values())]
        if ending:
            await asyncio.wait(ending, timeout=BYE_SECONDS + 1)
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=1)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _stream_over(self, bridge: str, reason: str, seconds: float, size: int) -> None:
        call = self._calls.get(bridge)
        if call is not None:
            log.info("bridge_over", upper=call.link.code, code=call.code, reason=reason, seconds=seconds, bytes=size)
            self._spawn(self._finished(call, reason))

    async def _finished(self, call: Call, reason: str) -> None:
        """The stream came to an end at the node. A recording's end is told first (MediaStatus 121, field practice)."""
        if reason == "end_of_file" and call.action is not Action.LIVE:
            told = manscdp.build(
                "Notify", "MediaStatus", str(secrets.randbelow(1_000_000) + 1), call.code, ("NotifyType", "121")
            )
            with contextlib.suppress(NoAnswer):
                await call.link.message(told, seconds=END_SECONDS)
            waited = 0.0
            while waited < END_SECONDS and not call.over:
                await self._clock.sleep(0.1)
                waited += 0.1
        await self.end(call, reason)

    def _measured(self, rates: dict[str, float]) -> None:
        for bridge, rate in rates.items():
            if (call := self._calls.get(bridge)) is not None:
                call.rate = rate

    def _node_gone(self, node: str) -> None:
        for call in list(self._calls.values()):
            if call.node == node:
                self._spawn(self.end(call, "media_node_gone"))

    async def _let_go(self, call: Call, reason: str = "", *, goodbye: bool = False) -> None:
        if call.over:
            return
        call.over = True
        if reason:
            log.info("bridge_ended", upper=call.link.code, code=call.code, reason=reason)
        if call.node:
            with contextlib.suppress(Refusal):
                await self._orders.ask(call.node, "close", bridge=call.bridge, seconds=BYE_SECONDS)
        if goodbye and call.dialog is not None:
            await self._say_bye(call.dialog)
        self._calls.pop(call.bridge, None)
        self._by_call_id.pop(call.call_id, None)
        if call.dialog is not None:
            self._undeleted.add(call.call_id)
            await self._delete()

    async def _say_bye(self, dialog: Dialog) -> None:
        try:
            await self._endpoint.request(dialog.request("BYE"), dialog.peer, timeout=BYE_SECONDS)
        except SipError as error:
            log.info("upper_bye_unheard", error=str(error))

    async def _delete(self) -> None:
        going = sorted(self._undeleted)
        if not going:
            return
        try:
            async with self._database.write() as session:
                await store.delete_calls(session, going)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("cascade_calls_not_deleted", error=type(error).__name__)
            return
        self._undeleted.difference_update(going)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("cascade_task_failed", error=repr(error))


def _steps(said: mansrtsp.Control) -> list[dict[str, Any]]:
    if said.action == "PAUSE":
        return [{"action": "pause"}]
    steps: list[dict[str, Any]] = []
    if said.position is not None:
        steps.append({"action": "seek", "position": said.position})
    if said.scale is not None:
        steps.append({"action": "speed", "speed": said.scale})
    return steps or [{"action": "play"}]


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
