"""Everything towards upper platforms, put together: follows what people change, registers, sorts what comes in."""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import SQLAlchemyError

from commonsight.catalog import secrets
from commonsight.clock import Clock
from commonsight.connect.gb28181.above import ids_store, store
from commonsight.connect.gb28181.above.calls import Calls
from commonsight.connect.gb28181.above.link import Link
from commonsight.connect.gb28181.above.model import Upper
from commonsight.connect.gb28181.above.notices import Notices
from commonsight.connect.gb28181.above.orders import Orders
from commonsight.connect.gb28181.above.registering import Registration
from commonsight.connect.gb28181.above.replies import Replies
from commonsight.connect.gb28181.model import is_code
from commonsight.connect.gb28181.server import Gb28181
from commonsight.connect.gb28181.signalling import Connection, Server
from commonsight.connect.sip.endpoint import SipEndpoint
from commonsight.connect.sip.peer import Peer
from commonsight.connect.sip.transactions import ServerTransaction
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.manscdp import ManscdpError
from commonsight.connect.wire.sip import Request, SipSyntaxError, parse_name_addr
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.records.notify import listen
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

WRITE_SECONDS: Final = 1.0
"""How it stands with upper platforms is written this often, when it changed."""

REFRESH_SECONDS: Final = 20.0
"""What an upper platform is shown is compared with the camera file this often while it wants to hear of changes."""
REFRESH_IDLE_SECONDS: Final = 300.0
"""And this often while it does not."""

REFRESH_SHARE: Final = 20.0
"""A comparison that takes long is made so many times its own length apart: 250,000 cameras must not keep the database
busy with being compared."""

STRANGERS = Counter("commonsight_cascade_strangers", "Requests in the name of an upper platform from another address")
REGISTERED = Gauge("commonsight_cascade_registered", "Upper platforms we are registered with")


@dataclass(eq=False, slots=True)
class _One:
    """An upper platform we have to do with. `task`: keeps us registered; None while it is switched off."""

    upper: Upper
    link: Link
    registration: Registration
    task: "asyncio.Task[None] | None" = None
    refreshed: float = float("-inf")
    took: float = 0.0
    stale: bool = True


class Floor:
    """All upper platforms. `attach`, `recover`, then `run`.

    Args:
        patience: first and longest wait after a registration that failed, s.
    """

    def __init__(
        self, server: Gb28181, endpoint: SipEndpoint, database: Database, clock: Clock, settings: Settings,
        patience: tuple[float, float] | None = None,
    ) -> None:  # fmt: skip
        self._server, self._endpoint, self._database, self._clock = server, endpoint, database, clock
        self._sip = settings.sip
        self._patience = patience
        self._uppers: dict[UUID, _One] = {}
        self._changed: set[UUID] = set()
        self._wake = asyncio.Event()
        self._following = asyncio.Lock()
        self._missed = False
        self.orders = Orders(database)
        self.calls = Calls(endpoint, self.orders, database, clock, settings.sip.id)
        self.replies = Replies(server, database, clock, settings.region.timezone)
        self.notices = Notices(endpoint, database, clock)
        REGISTERED.set_function(lambda: sum(one.link.registered for one in self._uppers.values()))

    def attach(self, line: Server) -> None:
        """Offer media nodes and the interface what they may ask."""
        self.orders.attach(line)
        self.notices.attach(self._server)
        line.op("cascade_streams", self._op_streams)
        line.op("cascade_register", self._op_register)

    async def recover(self) -> int:
        """End the calls the process before us left; take up its subscriptions."""
        await self.notices.load()
        return await self.calls.recover()

    async def run(self) -> None:
        """Until cancelled; then every upper platform is told good-bye."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow())
                group.create_task(self._write())
                group.create_task(self._refresh())
                group.create_task(self.notices.run())
                group.create_task(self.calls.run())
        finally:
            await self.replies.close()
            for one in self._uppers.values():
                if one.task is not None:
                    one.task.cancel()

    async def close(self) -> None:
        """End calls, unregister: the process stops on purpose. The endpoint must still be open."""
        await self.calls.close()
        ones = list(self._uppers.values())
        for one in ones:
            if one.task is not None:
                one.task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await one.task
        await asyncio.gather(*(one.registration.unregister() for one in ones))
        with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
            async with asyncio.timeout(2):
                await self._write_standing([one for one in ones if one.upper.enabled])

    # --- what comes in ------------------------------------------------------------------------------------------------

    async def takes(self, request: Request, transaction: ServerTransaction) -> bool:
        """Answer a request if it is from above; False: it is not."""
        if request.method in ("BYE", "INFO") and self.calls.knows(request):
            await (self.calls.on_bye if request.method == "BYE" else self.calls.on_info)(request, transaction)
            return True
        if request.method not in ("MESSAGE", "INVITE", "SUBSCRIBE"):
            return False
        link = self._sender(request)
        if link is None:
            return False
        if not link.owns(transaction.peer):
            if request.method == "MESSAGE" and self._server.devices.get(_user(request)) is not None:
                return False  # it is a lower platform too, and speaks as one
            STRANGERS.inc()
            log.warning("upper_from_elsewhere", upper=link.code, host=transaction.peer.host, method=request.method)
            await transaction.respond(403)
            return True
        if request.method == "INVITE":
            await self.calls.on_invite(link, request, transaction)
        elif request.method == "SUBSCRIBE":
            await self.notices.on_subscribe(link, request, transaction)
        else:
            return await self._message(link, request, transaction)
        return True

    async def _message(self, link: Link, request: Request, transaction: ServerTransaction) -> bool:
        try:
            message = manscdp.decode(request.body)
        except ManscdpError:
            await transaction.respond(400)
            return True
        if message.kind not in ("Query", "Control"):
            if self._server.devices.get(_user(request)) is not None:
                return False  # a platform above and below us at once: what it tells, it tells as a lower one
            await transaction.respond(200)  # the answer to an alarm of ours, or a notice to everybody
            return True
        taken = self.replies.take(link, message)
        await transaction.respond(200 if taken else 503, headers=() if taken else [("Retry-After", "5")])
        return True

    def connection_lost(self, peer: Peer) -> None:
        """A TCP connection broke."""
        for one in self._uppers.values():
            one.registration.connection_lost(peer)

    def _sender(self, request: Request) -> Link | None:
        user = _user(request)
        return next((one.link for one in self._uppers.values() if user in (one.link.code, one.upper.code)), None)

    # --- following what people change ---------------------------------------------------------------------------------

    async def _follow(self) -> None:
        async for _channel, payload in listen(self._database.dsn, [store.CHANGED]):
            await self._catch_up(str(payload.get("upper", "")))

    async def _catch_up(self, touched: str = "") -> None:
        """Take what people changed; what cannot be read now is taken with the next look."""
        async with self._following:
            try:
                async with self._database.read() as session:
                    found = await store.everything(session)
                await self._take_over(found)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                self._missed = True
                log.warning("uppers_not_followed", error=type(error).__name__)
                return
            self._missed = False
        for one in self._uppers.values():
            if not touched or str(one.upper.id) == touched:
                one.stale = True
        self._wake.set()

    async def _take_over(self, found: list[Upper]) -> None:
        wanted = {upper.id: upper for upper in found}
        for upper_id, one in list(self._uppers.items()):
            if upper_id not in wanted:
                await self._let_go(one, "upper_removed")
                del self._uppers[upper_id]
                await self.notices.forget(upper_id)
            elif _registers_otherwise(one.upper, wanted[upper_id]):
                await self._let_go(one, "upper_changed")
                del self._uppers[upper_id]
            else:
                one.upper = one.link.upper = wanted[upper_id]
        for upper in found:
            if upper.id not in self._uppers:
                self._uppers[upper.id] = self._meet(upper)
        self.notices.follow({upper_id: one.link for upper_id, one in self._uppers.items()})

    def _meet(self, upper: Upper) -> _One:
        link = Link(upper, self._endpoint, upper.own_code or self._sip.id, self._sip.realm)

        def password() -> str | None:
            secret = link.upper.secret
            return None if secret is None else secrets.installed().open(secret)

        more: dict[str, Any] = {} if self._patience is None else {"patience": self._patience}
        registration = Registration(
            link, self._clock, password=password, changed=lambda: self._changed.add(upper.id),
            lost=lambda: self._lost(upper.id), **more,
        )  # fmt: skip
        one = _One(upper, link, registration)
        self._changed.add(upper.id)
        if upper.enabled:
            one.task = asyncio.create_task(registration.run(), name=f"upper-{upper.code}")
        return one

    async def _let_go(self, one: _One, reason: str) -> None:
        await self.calls.end_all(one.link, reason)
        if one.task is not None:
            one.task.cancel()
            await asyncio.gather(one.task, return_exceptions=True)
        await one.registration.unregister()

    def _lost(self, upper_id: UUID) -> None:
        """What it was watching ends with the registration: nobody there could end it any more."""
        one = self._uppers.get(upper_id)
        if one is not None:
            for call in self.calls.of(one.link):
                self._endpoint.spawn(self.calls.end(call, "registration_lost"))

    # --- keeping the database and the shares true ---------------------------------------------------------------------

    async def _write(self) -> None:
        while True:
            await self._clock.sleep(WRITE_SECONDS)
            changed, self._changed = self._changed, set()
            ones = [one for upper_id, one in self._uppers.items() if upper_id in changed]
            try:
                await self._write_standing(ones)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                self._changed |= changed
                log.warning("uppers_wait_for_database", error=type(error).__name__)

    async def _write_standing(self, ones: list[_One]) -> None:
        if not ones:
            return
        async with self._database.write() as session:
            for one in ones:
                now = one.registration.standing
                await store.stand(
                    session, one.upper.id, now.state, now.problem, now.problem_detail, self._clock.now(),
                    registered_at=now.registered_at, expires_at=now.expires_at, keepalive_at=now.keepalive_at,
                )  # fmt: skip

    async def _refresh(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WRITE_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            if self._missed:
                await self._catch_up()
            for one in list(self._uppers.values()):
                pause = REFRESH_SECONDS if one.upper.id in self.notices.catalogues else REFRESH_IDLE_SECONDS
                pause = max(pause, one.took * REFRESH_SHARE)
                if one.stale or self._clock.monotonic() - one.refreshed >= pause:
                    await self.refresh(one)

    async def refresh(self, one: "_One") -> None:
        """Bring what one upper platform is shown up to date."""
        one.stale, one.refreshed = False, self._clock.monotonic()
        try:
            async with self._database.write() as session:
                shares = await store.shares(session, one.upper.id) if one.upper.enabled else []
                before = one.link.registered
                found = await ids_store.refresh(session, one.upper, shares, self._sip.id)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            one.stale = True
            log.warning("share_not_refreshed", upper=one.upper.code, error=type(error).__name__)
            return
        except Refusal as refusal:
            log.warning("share_not_refreshed", upper=one.upper.code, error=str(refusal))
            return
        one.took = self._clock.monotonic() - one.refreshed
        if found.changed:
            log.info("share_refreshed", upper=one.upper.code, shown=found.shown, changed=found.changed)
        if found.looped:
            log.warning(
                "share_loop", upper=one.upper.code, cameras=found.looped,
                words="cameras that came from this platform, or are ours coming back, are not offered",
            )  # fmt: skip
        if found.unnumbered:
            log.error("share_ids_exhausted", upper=one.upper.code, cameras=found.unnumbered)
        if before:
            with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):  # with the next comparison, then
                await self.calls.recheck(one.link)

    # --- what the interface asks --------------------------------------------------------------------------------------

    async def _op_streams(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """{upper} -> {streams: [{code, camera, action, node, since, kbits}]}: what it watches now."""
        one = self._find(fields)
        return {
            "streams": [
                {
                    "code": call.code, "camera": str(call.camera_id), "action": call.action.value, "node": call.node,
                    "since": None if call.began_at is None else call.began_at.isoformat(), "kbits": call.rate,
                }
                for call in self.calls.of(one.link)
            ]
        }  # fmt: skip

    async def _op_register(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """{upper}: register anew now, whatever the wait that is left."""
        one = self._find(fields)
        if one.task is not None:
            if one.link.registered:
                one.registration.anew()
            else:
                one.task.cancel()
                await asyncio.gather(one.task, return_exceptions=True)
                one.task = asyncio.create_task(one.registration.run(), name=f"upper-{one.upper.code}")
        return {}

    def _find(self, fields: dict[str, Any]) -> _One:
        try:
            return self._uppers[UUID(str(fields.get("upper")))]
        except (KeyError, ValueError):
            raise Refusal("connect.cascade_upper_unknown", status=404, operand="upper") from None


def _registers_otherwise(before: Upper, after: Upper) -> bool:
    """Whether a change asks for a new registration. Limits, names and what is shown do not."""
    same = replace(
        after, name=before.name, organisation=before.organisation, streams_most=before.streams_most,
        kbits_most=before.kbits_most, media_networks=before.media_networks, limits=before.limits,
        revision=before.revision,
    )  # fmt: skip
    return same != before


def _user(request: Request) -> str:
    try:
        user = parse_name_addr(request.headers.get("From") or "").uri.user
    except SipSyntaxError:
        return ""
    return user if is_code(user) else ""
