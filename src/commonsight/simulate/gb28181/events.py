"""What a virtual party tells without being asked: subscriptions to its catalogue, to positions and to alarms."""

import asyncio
import math
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import structlog

from commonsight.connect.wire.manscdp import ManscdpError, decode
from commonsight.connect.wire.sip import Headers, Request
from commonsight.simulate.gb28181 import document
from commonsight.simulate.gb28181.chance import draws
from commonsight.simulate.gb28181.document import Fields, elements, listed
from commonsight.simulate.gb28181.line import AGENT, LineError
from commonsight.simulate.gb28181.streams import contact

if TYPE_CHECKING:
    from commonsight.simulate.gb28181.party import Party

MAX_SUBSCRIPTIONS: Final = 8
POSITION_SECONDS: Final = 5.0
"""Between two positions when the subscription names no interval."""
ROUND: Final = 600.0
"""A mobile camera drives round a circle in so many seconds."""
REACH: Final = 0.01
"""Radius of that circle, degrees."""
KINDS: Final = ("Catalog", "MobilePosition", "Alarm")

Happening = Literal["ON", "OFF", "VLOST", "DEFECT", "ADD", "DEL", "UPDATE"]

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Subscription:
    """One dialog. `until`: monotonic seconds."""

    kind: str
    request: Request
    ours: str
    until: float
    sequence: int = 0
    task: asyncio.Task[None] | None = None


class Events:
    """The subscriptions of one party, by Call-ID, and what is told through them."""

    __slots__ = ("_party", "_subscriptions")

    def __init__(self, party: "Party") -> None:
        self._party = party
        self._subscriptions: dict[str, Subscription] = {}

    def subscribe(self, request: Request) -> None:
        """SUBSCRIBE: new, renewed, or ended with `Expires: 0`."""
        party, line = self._party, self._party.line
        call = request.headers.get("Call-ID") or ""
        text = request.headers.get("Expires") or "3600"
        expires = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 3_600
        known = self._subscriptions.get(call)
        kind, interval = known.kind if known else "", POSITION_SECONDS
        if request.body:
            try:
                asked = decode(request.body)
            except ManscdpError:
                line.respond(request, 400, "Bad Request")
                return
            kind = asked.command
            seconds = asked.root.findtext("Interval") or ""
            interval = float(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 6 else interval
        if kind not in KINDS:
            line.respond(request, 489, "Bad Event")
            return
        if known is None and len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            line.respond(request, 503, "Service Unavailable")
            return
        ours = known.ours if known else secrets.token_hex(5)
        until = party.stage.clock.monotonic() + expires
        fields = [("Expires", str(expires)), ("Contact", f"<sip:{party.who.code}@{line.host}:{line.port}>")]
        if event := request.headers.get("Event"):
            fields.append(("Event", event))
        line.respond(request, 200, "OK", *fields, tag=ours)
        if not expires:
            self._end(call)
            return
        if known is not None:
            known.request, known.until = request, until
            return
        made = self._subscriptions[call] = Subscription(kind, request, ours, until)
        if kind == "MobilePosition":
            made.task = asyncio.create_task(self._positions(made, max(0.05, interval)), name="positions")

    def subscribed(self, kind: str) -> bool:
        """Whether somebody above wants to be told."""
        return any(self._live(each) for each in self._subscriptions.values() if each.kind == kind)

    def close(self) -> None:
        for call in tuple(self._subscriptions):
            self._end(call)

    # what is told

    async def catalog(self, happening: Happening, numbers: Iterable[int]) -> int:
        """Something happened to cameras: they change here and whoever subscribed is told. Returns notices sent.

        DEL takes them out of the catalogue, ADD puts them in again, ON and OFF set their state, UPDATE tells them as
        they are now (after `Catalogue.edit`).
        """
        catalogue, sent = self._party.catalogue, 0
        for number in numbers:
            if happening == "ADD":
                catalogue.bring_back([number])
            elif happening in {"ON", "OFF"}:
                catalogue.edit(number, Status=happening)
            item: Fields = catalogue.camera(number)
            if happening not in {"ADD", "UPDATE"}:
                item = {"DeviceID": catalogue.code(number)}
            item["Event"] = happening
            if happening == "DEL":
                catalogue.hide([number])
            body = f"<SumNum>1</SumNum>{listed('DeviceList', [elements(item)])}"
            sent += await self._tell("Catalog", self._party.who.code, body)
        return sent

    async def alarm(self, number: int, *, priority: int = 4, method: int = 5, kind: int = 2) -> int:
        """An alarm of a camera: through the subscription when there is one, else as a message. Returns notices sent."""
        party = self._party
        item = party.catalogue.camera(number)
        code = party.catalogue.code(number)
        body = elements(
            {
                "AlarmPriority": str(priority),
                "AlarmMethod": str(method),
                "AlarmTime": party.now().strftime("%Y-%m-%dT%H:%M:%S"),
                "AlarmDescription": "视频报警",
                **{name: item[name] for name in ("Longitude", "Latitude") if name in item},
                "Info": {"AlarmType": str(kind), "AlarmTypeParam": {"EventType": "1"}},
            }
        )
        party.stage.tally.alarms += 1
        if self.subscribed("Alarm"):
            return await self._tell("Alarm", code, body)
        await party.message(document.document("Notify", "Alarm", party.serial(), code, body))
        return 1

    async def position(self, number: int) -> int:
        """Where a camera on wheels is now, told to whoever subscribed."""
        party = self._party
        item = party.catalogue.camera(number)
        lon, lat = float(str(item.get("Longitude", "108.366"))), float(str(item.get("Latitude", "22.817")))
        angle = 2 * math.pi * (party.stage.clock.monotonic() / ROUND % 1)
        body = elements(
            {
                "Time": party.now().strftime("%Y-%m-%dT%H:%M:%S"),
                "Longitude": f"{lon + REACH * math.cos(angle):.6f}",
                "Latitude": f"{lat + REACH * math.sin(angle):.6f}",
                "Speed": "38.0",
                "Direction": f"{(360 - math.degrees(angle)) % 360:.1f}",
                "Altitude": "80.0",
            }
        )
        party.stage.tally.positions += 1
        return await self._tell("MobilePosition", party.catalogue.code(number), body)

    async def happen(self, mean_seconds: float) -> None:
        """Now and then something by lot, without end: a camera goes off or comes back, or raises an alarm."""
        party = self._party
        seed, code, turn = party.stage.seed, party.who.code, 0
        while True:
            pick = draws(seed, "happening", code, turn)
            turn += 1
            await party.stage.clock.sleep(-mean_seconds * math.log(1 - pick[0]))
            if not party.registered or not party.catalogue.cameras:
                continue
            number = int(pick[1] * party.catalogue.cameras)
            if party.catalogue.hidden(number):
                continue
            try:
                if pick[2] < 0.5:
                    await self.alarm(number, priority=1 + int(pick[3] * 4), kind=1 + int(pick[4] * 5))
                else:
                    await self.catalog("ON" if party.catalogue.status(number) == "OFF" else "OFF", [number])
            except LineError:
                log.debug("virtual_happening_untold", code=code)

    # how it is told

    async def _tell(self, kind: str, device: str, body: str) -> int:
        sent = 0
        for call, each in tuple(self._subscriptions.items()):
            if each.kind != kind:
                continue
            if not self._live(each):
                self._end(call)
                continue
            text = document.document("Notify", kind, self._party.serial(), device, body)
            response = await self._party.send(self._notify(each, text))
            self._party.stage.tally.notifies += 1
            sent += 1
            if response.status == 481:
                self._end(call)
        return sent

    def _notify(self, to: Subscription, text: str) -> Request:
        party, asked = self._party, to.request.headers
        to.sequence += 1
        left = max(0, int(to.until - party.stage.clock.monotonic()))
        headers = Headers(
            [
                ("Via", party.line.via),
                ("From", f"{(asked.get('To') or '').partition(';tag=')[0]};tag={to.ours}"),
                ("To", asked.get("From") or ""),
                ("Call-ID", asked.get("Call-ID") or ""),
                ("CSeq", f"{to.sequence} NOTIFY"),
                ("Contact", f"<sip:{party.who.code}@{party.line.host}:{party.line.port}>"),
                ("Max-Forwards", "70"),
                ("User-Agent", AGENT),
                ("Event", asked.get("Event") or "presence"),
                ("Subscription-State", f"active;expires={left}"),
                ("Content-Type", party.content_type),
            ]
        )
        return Request("NOTIFY", contact(to.request), headers, document.encode(text, party.charset))

    async def _positions(self, subscription: Subscription, interval: float) -> None:
        while self._live(subscription):
            try:
                await self.position(0)
            except LineError:
                return
            await self._party.stage.clock.sleep(interval)

    def _live(self, subscription: Subscription) -> bool:
        return self._party.stage.clock.monotonic() < subscription.until

    def _end(self, call: str) -> None:
        ended = self._subscriptions.pop(call, None)
        if ended is not None and ended.task is not None and ended.task is not asyncio.current_task():
            ended.task.cancel()
