"""What other processes may have asked of devices, by name: the interface's side of the signalling socket."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from weakref import WeakValueDictionary

import structlog

from commonsight.clock import Clock
from commonsight.connect.gb28181 import control, queries
from commonsight.connect.gb28181.control import MOVING, Action, Order
from commonsight.connect.gb28181.greet import Greeter
from commonsight.connect.gb28181.model import Device, is_code
from commonsight.connect.gb28181.registrar import Registrar
from commonsight.connect.gb28181.server import Gb28181
from commonsight.connect.gb28181.signalling import Connection, Server
from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

STOP_SECONDS: Final = 30.0
"""What goes on until it is stopped is stopped after this without another command, s."""

TEXT_MOST: Final = 2_000


class Ops:
    """Every handler takes the calling connection and the call's fields and returns JSON; refusals travel as such."""

    def __init__(self, server: Gb28181, registrar: Registrar, greeter: Greeter, clock: Clock, timezone: str) -> None:
        self._server, self._registrar, self._greeter = server, registrar, greeter
        self._clock, self._timezone = clock, timezone
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._moving: dict[str, tuple[Action, asyncio.Task[None]]] = {}

    def attach(self, line: Server) -> None:
        """Offer them."""
        line.op("query_info", self.info)
        line.op("query_status", self.status)
        line.op("query_config", self.config)
        line.op("records", self.records)
        line.op("presets", self.presets)
        line.op("ptz", self.ptz)
        line.op("snapshot", self.snapshot)
        line.op("refused", self.refused)

    async def info(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """`device`, `target`? -> what it says it is."""
        device = self._device(fields)
        return asdict(await queries.device_info(self._server, device, _target(fields)))

    async def status(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """`device`, `target`? -> how it says it is; its clock's difference is kept with the device."""
        device, target = self._device(fields), _target(fields)
        found = await queries.device_status(self._server, device, self._clock, self._timezone, target)
        if found.clock_difference is not None and target in (None, device.code):
            self._greeter.keep_clock(device, found.clock_difference)
        return plain(asdict(found))

    async def config(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """`device`, `channel`, `kind` -> one kind of configuration, flat."""
        device = self._device(fields)
        return {
            "fields": await queries.configuration(self._server, device, _code(fields, "channel"), _text(fields, "kind"))
        }

    async def records(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """`device`, `channel`, `start`, `end` (RFC 3339), `kind`? -> `items`, `expected`, `complete`."""
        found = await queries.records(
            self._server, self._device(fields), _code(fields, "channel"), _moment(fields, "start"),
            _moment(fields, "end"), self._timezone, kind=str(fields.get("kind") or "all")[:10],
        )  # fmt: skip
        items = [plain(asdict(item)) for item in found.items]
        return {"items": items, "expected": found.expected, "complete": found.complete}

    async def presets(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """`device`, `channel` -> `items`."""
        found = await queries.presets(self._server, self._device(fields), _code(fields, "channel"))
        return {"items": [asdict(preset) for preset in found]}

    async def ptz(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """`device`, `channel`, `action`, `values` -> {} once the device confirmed it."""
        device = self._device(fields)
        channel = _code(fields, "channel")
        order = Order.of(_text(fields, "action"), dict(fields.get("values") or {}))
        # One after the other: a "move" that is lost and sent again must not come behind its own "stop".
        turn = self._turns.setdefault(channel, asyncio.Lock())
        async with turn:
            before = self._let_go(channel)
            if order.action is Action.STOP and before is Action.LENS:
                # To a device the lens is another thing than the head, and stops by another word.
                await self._order(device, channel, Order.of(Action.LENS, {}))
            if order.action in MOVING:
                # Before it moves: whoever asked may be gone by the time the device has confirmed.
                self._stop_later(device, channel, order)
            await self._order(device, channel, order)
        return {}

    async def snapshot(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """`device`, `channel`, `number`, `interval`, `url`, `session` -> {} once the device confirmed it."""
        device = self._device(fields)
        try:
            root = control.snapshot(
                device, _code(fields, "channel"), self._server.next_serial(), number=int(fields.get("number", 1)),
                interval=int(fields.get("interval", 1)), url=_text(fields, "url"), session=_text(fields, "session"),
            )  # fmt: skip
        except (TypeError, ValueError) as error:
            raise Refusal(
                "connect.control_invalid", status=422, rule="a snapshot", operand="snapshot", actual=str(error)[:100]
            ) from error
        await self._server.command(device, root)
        return {}

    async def _order(self, device: Device, channel: str, order: Order) -> None:
        serial = self._server.next_serial()
        await self._server.command(device, control.document(device, channel, serial, order))

    def _stop_later(self, device: Device, channel: str, order: Order) -> None:
        """A camera whose operator's page was closed must not turn for ever."""
        end = Order.of(Action.LENS, {}) if order.action is Action.LENS else Order.of(Action.STOP, {})

        async def stop() -> None:
            await self._clock.sleep(STOP_SECONDS)
            self._moving.pop(channel, None)
            try:
                await self._order(device, channel, end)
                log.info("camera_stopped_by_itself", device=device.code, channel=channel)
            except Refusal as refusal:
                log.warning("camera_not_stopped", device=device.code, channel=channel, code=refusal.code)

        self._moving[channel] = order.action, asyncio.create_task(stop())

    def _let_go(self, channel: str) -> Action | None:
        """Another command came: the operator is there. What the camera was doing, if it goes on until stopped."""
        action, waiting = self._moving.pop(channel, (None, None))
        if waiting is not None:
            waiting.cancel()
        return action

    async def refused(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """-> `items`: registrations turned away lately, last first."""
        return {"items": [plain(asdict(one)) for one in self._registrar.refused]}

    def _device(self, fields: Mapping[str, Any]) -> Device:
        code = _code(fields, "device")
        device = self._server.devices.get(code)
        if device is None:
            raise Refusal(
                "connect.gb_device_unknown", status=404, rule="a device on file", operand="device", actual=code
            )
        return device


def plain(fields: dict[str, Any]) -> dict[str, Any]:
    """The same with times as RFC 3339 text."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}


def _target(fields: Mapping[str, Any]) -> str | None:
    return None if fields.get("target") is None else _code(fields, "target")


def _code(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not is_code(value):
        raise _invalid(name, "20 digits", value)
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_MOST:
        raise _invalid(name, f"1..{TEXT_MOST} characters", value)
    return value


def _moment(fields: Mapping[str, Any], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(fields.get(name)))
    except ValueError:
        raise _invalid(name, "RFC 3339", fields.get(name)) from None
    if moment.tzinfo is None:
        raise _invalid(name, "a time with its zone", fields.get(name))
    return moment


def _invalid(name: str, rule: str, value: Any) -> Refusal:
    return Refusal("connect.gb_field_invalid", status=422, rule=rule, operand=name, actual=str(value)[:60])
