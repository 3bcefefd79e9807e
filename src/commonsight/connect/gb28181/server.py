"""The platform's side of GB/T 28181 signalling: what devices say goes to whoever asked, what we ask goes to devices."""

import asyncio
import itertools
import random
import re
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final
from xml.etree.ElementTree import Element

import structlog
from prometheus_client import Counter

from commonsight.clock import Clock
from commonsight.connect.gb28181.answers import Answers, Desk, Overfull
from commonsight.connect.gb28181.arrivals import TICK_SECONDS, Arrivals, Here
from commonsight.connect.gb28181.devices import Devices, peer_of
from commonsight.connect.gb28181.model import CHARSETS, Device, is_code
from commonsight.connect.gb28181.registrar import Registrar
from commonsight.connect.sip.endpoint import SipEndpoint
from commonsight.connect.sip.errors import SipOverloaded, SipTimeout, SipUnreachable
from commonsight.connect.sip.peer import Peer
from commonsight.connect.sip.transactions import ServerTransaction
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.manscdp import Manscdp, ManscdpError
from commonsight.connect.wire.sip import Request, Response, SipSyntaxError, parse_name_addr
from commonsight.problem import Refusal
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

LARGE_BYTES: Final = 1_300
"""Messages above this go by TCP where the device can: longer datagrams are cut on the way (field practice)."""

LANES: Final = 8
LANE_MOST: Final = 2_000
"""Messages of devices that wait for their handlers, in each lane; one device's messages stay in order in one lane."""

IN_FLIGHT_MOST: Final = 8
"""Requests to one device that may be under way: small devices fall over under more."""

REQUEST_SECONDS: Final = 8.0
ANSWER_SECONDS: Final = 10.0

_DECLARED = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9-]{1,20})[\"']")

RECEIVED = Counter("commonsight_gb_messages", "Messages of devices", ["method", "command"])
REFUSED = Counter("commonsight_gb_refused", "Messages of devices turned away", ["why"])

Handler = Callable[[Device, Manscdp], Awaitable[None]]
MethodHandler = Callable[[Request, ServerTransaction], Awaitable[None]]

_COMMANDS: Final = frozenset({
    "Keepalive", "Catalog", "DeviceInfo", "DeviceStatus", "RecordInfo", "Alarm", "MobilePosition", "MediaStatus",
    "ConfigDownload", "PresetQuery", "UploadSnapShotFinished", "DeviceControl", "DeviceConfig", "Broadcast",
})  # fmt: skip
"""Commands that get a figure of their own; others are counted together, so that devices cannot fill the registry."""


class Gb28181:
    """Signalling with devices and lower platforms.

    `endpoint` is set by whoever composes the process, before the first call: it needs us as its handler.
    """

    endpoint: SipEndpoint

    def __init__(self, devices: Devices, registrar: Registrar, clock: Clock, settings: Settings) -> None:
        self.devices = devices
        self._registrar = registrar
        self._clock = clock
        self._id, self._domain = settings.sip.id, settings.sip.realm
        self._handlers: dict[tuple[str, str], list[Handler]] = {}
        self._methods: dict[str, MethodHandler] = {}
        self.arrivals = Arrivals(devices.get)
        self._desk = Desk()
        # Begins anywhere, so that late answers to an earlier run are not taken for answers to this one.
        self._serials = itertools.count(random.randrange(1, 500_000_000))  # noqa: S311  no secret
        self._in_flight: Tally[str] = Tally()
        self._lanes: list[asyncio.Queue[tuple[Handler, Device, Manscdp]]] = [
            asyncio.Queue(LANE_MOST) for _ in range(LANES)
        ]

    # --- who wants to know ------------------------------------------------------------------------------------------

    def on(self, kind: str, command: str, handler: Handler) -> None:
        """Call `handler(device, message)` for messages of this root and CmdType, after 200 was sent; in order for one
        device. What it raises is logged."""
        self._handlers.setdefault((kind, command), []).append(handler)

    def on_method(self, method: str, handler: MethodHandler) -> None:
        """Let `handler(request, transaction)` answer requests of this SIP method (BYE, INFO, INVITE)."""
        self._methods[method] = handler

    def on_online(self, heard: Here) -> None:
        """Call `heard(device)` when a device has come online, in a storm some time later; it must not wait."""
        self.arrivals.listen(heard)

    async def run(self) -> None:
        """Run the handlers until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell_arrivals())
            for lane in self._lanes:
                group.create_task(self._work(lane))

    async def _tell_arrivals(self) -> None:
        while True:
            await self._clock.sleep(TICK_SECONDS)
            self.arrivals.tick()

    async def _work(self, lane: asyncio.Queue[tuple[Handler, Device, Manscdp]]) -> None:
        while True:
            handler, device, message = await lane.get()
            try:
                await handler(device, message)
            except Exception:
                log.exception("device_message_failed", device=device.code, kind=message.kind, command=message.command)

    # --- what devices send ------------------------------------------------------------------------------------------

    async def on_request(self, request: Request, transaction: ServerTransaction) -> None:
        """The endpoint hands over a request."""
        if request.method == "REGISTER":
            await self._register(request, transaction)
        elif request.method in ("MESSAGE", "NOTIFY"):
            await self._message(request, transaction)
        elif request.method in self._methods:
            await self._methods[request.method](request, transaction)
        elif request.method == "OPTIONS":
            await transaction.respond(200, headers=[("Allow", self._allow)])
        else:
            RECEIVED.labels(_method(request.method), "").inc()
            await transaction.respond(405, headers=[("Allow", self._allow)])

    async def on_connection_lost(self, peer: Peer) -> None:
        """The endpoint lost a TCP connection."""
        for device in self._registrar.connection_lost(peer):
            log.info("device_offline", device=device.code, reason=device.offline_reason, host=peer.host)

    @property
    def _allow(self) -> str:
        return ", ".join(sorted({"REGISTER", "MESSAGE", "NOTIFY", "OPTIONS", *self._methods}))

    async def _register(self, request: Request, transaction: ServerTransaction) -> None:
        code = _user(request, "To")
        before = self.devices.get(code)
        reply = self._registrar.register(request, transaction.peer)
        RECEIVED.labels("REGISTER", str(reply.status)).inc()
        await transaction.respond(reply.status, headers=reply.headers)
        after = self.devices.get(code)
        if reply.status == 200 and after is not None:
            if after.online and (before is None or not before.online):
                self._came(after)
            elif not after.online:
                log.info("device_offline", device=code, reason=after.offline_reason)
        elif reply.why and reply.why != "stale":
            REFUSED.labels(reply.why).inc()
            log.info("register_refused", device=code[:40], why=reply.why, host=transaction.peer.host)

    def _came(self, device: Device) -> None:
        log.info("device_online", device=device.code, host=device.host, transport=device.transport)
        self.arrivals.come(device.code)

    async def _message(self, request: Request, transaction: ServerTransaction) -> None:
        try:
            message = manscdp.decode(request.body)
        except ManscdpError as error:
            REFUSED.labels("body_malformed").inc()
            log.info("body_refused", host=transaction.peer.host, error=str(error)[:200])
            await transaction.respond(400)
            return
        known = message.command if message.command in _COMMANDS else "other"
        RECEIVED.labels(request.method, known).inc()
        device = self._sender(request, message, transaction.peer)
        if device is None:
            REFUSED.labels("not_registered").inc()
            await transaction.respond(403)
            return
        handlers = self._handlers.get((message.kind, message.command), [])
        lane = self._lanes[device.id.int % LANES]
        if lane.maxsize - lane.qsize() < len(handlers):
            # Not taken: the device sends it again, and nothing that was confirmed is lost.
            REFUSED.labels("overload").inc()
            await transaction.respond(503, headers=[("Retry-After", "2")])
            return
        await transaction.respond(200)
        self._note_charset(device, request.body)
        if message.kind == "Response":
            self._desk.deliver(device.code, message)
        for handler in handlers:
            if not lane.full():
                lane.put_nowait((handler, device, message))

    def _sender(self, request: Request, message: Manscdp, peer: Peer) -> Device | None:
        """Who sent it: From names the device; some name a channel there, and themselves in the body alone."""
        keepalive = (message.kind, message.command) == ("Notify", "Keepalive")
        for code in dict.fromkeys((_user(request, "From"), message.device)):
            before = self.devices.get(code)
            if before is None:
                continue
            device = self._registrar.heard(code, peer, keepalive=keepalive)
            if device is not None and not before.online:
                self._came(device)
            if device is not None:
                return device
        return None

    def _note_charset(self, device: Device, body: bytes) -> None:
        """Answer a device in the encoding it declares itself."""
        declared = _DECLARED.search(body[:120])
        name = declared[1].decode("ascii").upper() if declared else ""
        current = self.devices.get(device.code)
        if name in CHARSETS and current is not None and current.charset != name:
            self.devices.put(replace(current, charset=name), lazy=True)

    # --- what we send -----------------------------------------------------------------------------------------------

    def next_serial(self) -> str:
        """A serial number (SN) that no other question of this process has."""
        return str(next(self._serials))

    def responses(self, serial: str, device: str | None = None) -> Answers:
        """The messages that answer the question `serial`; ask for them BEFORE sending it.

        Raises:
            Refusal: `connect.gb_busy` (503) when too many questions are open.
        """
        try:
            return self._desk.expect(serial, device)
        except Overfull as error:
            raise Refusal("connect.gb_busy", status=503, rule="open questions", operand="serial", seconds=5) from error

    async def query(
        self, device: Device, root: Element, *, serial: str | None = None, timeout: float = ANSWER_SECONDS
    ) -> Manscdp:
        """Ask, and return the first answer with this SN (the one in `root` when `serial` is None).

        Raises:
            Refusal: like `command`, and `connect.gb_no_answer` (504).
        """
        serial = serial or root.findtext("SN") or ""
        async with self.responses(serial, device.code) as answers:
            await self.command(device, root)
            try:
                return await answers.get(timeout)
            except TimeoutError as error:
                raise Refusal(
                    "connect.gb_no_answer", status=504, rule="an answer in time", operand=root.findtext("CmdType"),
                    expected=f"{timeout:g} s", name=device.name,
                ) from error  # fmt: skip

    async def command(self, device: Device, root: Element) -> None:
        """Send a MANSCDP document and return once the device confirmed it.

        Raises:
            Refusal: `connect.gb_offline` (409), `connect.gb_unreachable`, `connect.gb_refused` (502),
                `connect.gb_silent` (504), `connect.gb_busy` (503).
        """
        current = self.devices.get(device.code) or device
        body = manscdp.encode(root, encoding=current.body_charset)  # type: ignore[arg-type]
        await self.send(current, "MESSAGE", body=body, content_type=manscdp.CONTENT_TYPE)

    async def send(
        self, device: Device, method: str, *, target: str | None = None, body: bytes = b"",
        content_type: str | None = None, headers: tuple[tuple[str, str], ...] = (), timeout: float = REQUEST_SECONDS,
    ) -> tuple[Request, Response]:  # fmt: skip
        """Send a request outside a dialog to `target` (default: the device) and return it with its 2xx answer.

        Raises:
            Refusal: like `command`.
        """
        peer = self.reach(device)
        with self._slot(device):
            request = self._request(method, target or device.code, peer, body, content_type, headers)
            if peer.transport == "udp" and device.quirks.large_by_tcp and len(request.encode()) > LARGE_BYTES:
                by_tcp = replace(peer, transport="tcp")
                large = self._request(method, target or device.code, by_tcp, body, content_type, headers)
                try:
                    return large, await self._answered(device, large, by_tcp, timeout)
                except Refusal as refusal:
                    if refusal.code != "connect.gb_unreachable":
                        raise
                    log.info("tcp_refused_by_device", device=device.code)
            return request, await self._answered(device, request, peer, timeout)

    def reach(self, device: Device) -> Peer:
        """Where requests to this device go now.

        Raises:
            Refusal: `connect.gb_offline` (409), naming since when and why.
        """
        current = self.devices.get(device.code) or device
        peer = peer_of(current)
        if peer is None or not current.online:
            raise Refusal(
                "connect.gb_offline", status=409, rule="a device that is online", operand="device",
                actual=current.offline_reason, name=current.name,
            )  # fmt: skip
        if peer.zone not in self.endpoint.ports:
            raise Refusal(
                "connect.gb_unreachable", status=409, rule="a zone that is configured", operand="zone",
                actual=peer.zone, name=current.name,
            )  # fmt: skip
        if current.quirks.tcp_only and peer.transport == "udp":
            return replace(peer, transport="tcp")
        return peer

    def _request(
        self, method: str, target: str, peer: Peer, body: bytes, content_type: str | None,
        headers: tuple[tuple[str, str], ...],
    ) -> Request:  # fmt: skip
        return self.endpoint.new_request(
            method, None, peer, from_id=self._id, to_id=target, domain=self._domain, headers=headers, body=body,
            content_type=(content_type or manscdp.CONTENT_TYPE) if body else None,
        )  # fmt: skip

    async def send_within(self, device: Device, request: Request, *, timeout: float = REQUEST_SECONDS) -> Response:
        """Send a request of a dialog to where the device is now, and return its 2xx answer. Raises like `command`."""
        peer = self.reach(device)
        with self._slot(device):
            return await self._answered(device, request, peer, timeout)

    async def _answered(self, device: Device, request: Request, peer: Peer, timeout: float) -> Response:
        try:
            response = await self.endpoint.request(request, peer, timeout=timeout)
        except SipTimeout as error:
            raise Refusal(
                "connect.gb_silent", status=504, rule="an answer in time", operand=request.method,
                expected=f"{timeout:g} s", name=device.name,
            ) from error  # fmt: skip
        except SipUnreachable as error:
            raise Refusal(
                "connect.gb_unreachable", status=502, rule="a way to the device", operand=request.method,
                actual=f"{peer.transport} {peer.host}:{peer.port}", name=device.name,
            ) from error  # fmt: skip
        except SipOverloaded as error:
            raise Refusal(
                "connect.gb_busy", status=503, rule="requests under way", operand=request.method, seconds=2
            ) from error
        if not 200 <= response.status < 300:
            raise Refusal(
                "connect.gb_refused", status=502, rule="200 OK", operand=request.method,
                actual=f"{response.status} {response.reason}".strip(), name=device.name,
            )  # fmt: skip
        return response

    @contextmanager
    def _slot(self, device: Device) -> Iterator[None]:
        if self._in_flight[device.code] >= IN_FLIGHT_MOST:
            raise Refusal(
                "connect.gb_busy", status=503, rule="requests under way to one device", operand="device",
                expected=IN_FLIGHT_MOST, seconds=2,
            )  # fmt: skip
        self._in_flight[device.code] += 1
        try:
            yield
        finally:
            self._in_flight[device.code] -= 1
            if not self._in_flight[device.code]:
                del self._in_flight[device.code]


def _user(request: Request, field: str) -> str:
    try:
        user = parse_name_addr(request.headers.get(field) or "").uri.user
    except SipSyntaxError:
        return ""
    return user if is_code(user) else ""


def _method(name: str) -> str:
    return name if name in ("INVITE", "BYE", "INFO", "SUBSCRIBE", "CANCEL", "ACK") else "other"
