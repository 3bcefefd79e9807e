"""What upper platforms subscribed to: changes of the catalogue, alarms and positions, told as the shares allow."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement

import structlog
from sqlalchemy.exc import SQLAlchemyError

from commonsight.clock import Clock
from commonsight.connect.gb28181.above import ids_store, store
from commonsight.connect.gb28181.above.items import clean, item
from commonsight.connect.gb28181.above.link import Link, NoAnswer
from commonsight.connect.gb28181.above.model import Right
from commonsight.connect.gb28181.above.store import Subscription
from commonsight.connect.gb28181.model import Channel, Device, is_code
from commonsight.connect.gb28181.server import Gb28181
from commonsight.connect.sip.dialog import Dialog
from commonsight.connect.sip.endpoint import SipEndpoint
from commonsight.connect.sip.transactions import ServerTransaction
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.manscdp import Manscdp, ManscdpError
from commonsight.connect.wire.sip import Request
from commonsight.records.database import Database

log = structlog.get_logger(__name__)

EVENTS: Final = {"Catalog": "catalog", "Alarm": "alarm", "MobilePosition": "position"}
EXPIRES_MOST: Final = 86_400
EXPIRES_DEFAULT: Final = 3_600
PAGE: Final = 20
"""Changes in one notice."""
ROUND_MOST: Final = 2_000
"""Changes told in one round; the others follow in the next."""
LOOK_SECONDS: Final = 2.0
WAITING_MOST: Final = 2_000
"""Alarms and positions that wait to be told; beyond it the oldest go."""


class Notices:
    """Keeps subscriptions of upper platforms and tells them what happens.

    Subscriptions are kept over a restart of this process, with what was told so far: nothing is told twice but what
    changed again, and nothing is left out.
    """

    def __init__(self, endpoint: SipEndpoint, database: Database, clock: Clock) -> None:
        self._endpoint, self._database, self._clock = endpoint, database, clock
        self._kept: dict[tuple[UUID, str], Subscription] = {}
        self._links: dict[UUID, Link] = {}
        self._waiting: asyncio.Queue[tuple[str, Device, Manscdp]] = asyncio.Queue(WAITING_MOST)

    def attach(self, server: Gb28181) -> None:
        """Listen to the devices below."""
        server.on("Notify", "Alarm", self._alarm)
        server.on("Notify", "MobilePosition", self._position)

    def follow(self, links: dict[UUID, Link]) -> None:
        """These are the upper platforms now."""
        self._links = links

    async def load(self) -> None:
        """Take up what was kept."""
        async with self._database.read() as session:
            for wish in await store.subscriptions(session, self._clock.now()):
                self._kept[wish.upper_id, wish.event] = wish

    @property
    def catalogues(self) -> set[UUID]:
        """The upper platforms that want to hear of changes of their catalogue."""
        now = self._clock.now()
        return {upper for (upper, event), wish in self._kept.items() if event == "catalog" and wish.expires_at > now}

    async def on_subscribe(self, link: Link, request: Request, transaction: ServerTransaction) -> None:
        """SUBSCRIBE: taken, renewed, or with `Expires: 0` ended."""
        try:
            message = manscdp.decode(request.body)
        except ManscdpError:
            await transaction.respond(400)
            return
        event = EVENTS.get(message.command)
        if event is None:
            await transaction.respond(489)
            return
        expires = _expires(request.headers.get("Expires"))
        mark = (link.upper.id, event)
        if not expires:
            self._kept.pop(mark, None)
            async with self._database.write() as session:
                await store.drop_subscription(session, *mark)
            await transaction.respond(200, headers=[("Expires", "0")])
            return
        own = link.own if not is_code(message.device) else message.device
        contact = self._endpoint.contact(own, transaction.peer)
        dialog = Dialog.from_request(request, transaction.peer, tag=transaction.tag, contact=contact)
        if ";tag=" in (request.headers.get("To") or ""):  # renewed within its dialog
            dialog.local = request.headers.get("To") or ""
        before = self._kept.get(mark)
        if before is not None and before.dialog.get("call_id") == dialog.call_id:
            dialog.cseq = int(before.dialog.get("cseq", 0))
        async with self._database.write() as session:
            version = before.version if before is not None else await ids_store.newest(session, link.upper.id)
            wish = Subscription(
                link.upper.id, event, own, message.serial, request.headers.get("Event") or "presence",
                dialog.to_json(), version, _interval(message), self._clock.now() + timedelta(seconds=expires),
            )  # fmt: skip
            await store.put_subscription(session, wish)
        self._kept[mark] = wish
        answer = manscdp.build("Response", message.command, message.serial, own, ("Result", "OK"))
        await transaction.respond(
            200, headers=[("Expires", str(expires)), ("Event", wish.package)],
            body=manscdp.encode(answer, encoding=link.encoding), content_type=manscdp.CONTENT_TYPE,
        )  # fmt: skip
        log.info("upper_subscribed", upper=link.code, subscribed=event, seconds=expires)

    async def forget(self, upper: UUID) -> None:
        """An upper platform that is not ours any more is told nothing."""
        for mark in [mark for mark in self._kept if mark[0] == upper]:
            del self._kept[mark]
        async with self._database.write() as session:
            await store.drop_subscription(session, upper)

    async def run(self) -> None:
        """Tell what there is to tell, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look())
            group.create_task(self._pass_on())

    async def _look(self) -> None:
        while True:
            await self._clock.sleep(LOOK_SECONDS)
            now = self._clock.now()
            for mark, wish in list(self._kept.items()):
                if wish.expires_at <= now:
                    del self._kept[mark]
                elif wish.event == "catalog" and (link := self._links.get(wish.upper_id)) and link.registered:
                    await self._tell_changes(link, wish)

    async def _tell_changes(self, link: Link, wish: Subscription) -> None:
        try:
            async with self._database.read() as session:
                changes = await ids_store.since(session, wish.upper_id, wish.version, ROUND_MOST)
            for at in range(0, len(changes), PAGE):
                page = changes[at : at + PAGE]
                dialog = await self._notify(link, wish, self._changed(link, wish, page))
                async with self._database.write() as session:
                    await store.told(session, wish, page[-1].version, dialog.to_json())
                wish = self._advanced(wish, page[-1].version, dialog)
        except NoAnswer as error:
            await self._unheard(wish, error)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("notices_wait_for_database", error=type(error).__name__)

    def _changed(self, link: Link, wish: Subscription, page: list[ids_store.Shown]) -> Element:
        listed = Element("DeviceList", {"Num": str(len(page))})
        listed.extend(item(one, link.own, modern=link.upper.modern, event=one.event) for one in page)
        return manscdp.build("Notify", "Catalog", wish.serial, link.own, ("SumNum", str(len(page))), listed)

    def _advanced(self, wish: Subscription, version: int, dialog: Dialog) -> Subscription:
        now = Subscription(
            wish.upper_id, wish.event, wish.target, wish.serial, wish.package, dialog.to_json(), version,
            wish.interval_seconds, wish.expires_at,
        )  # fmt: skip
        mark = (wish.upper_id, wish.event)
        present = self._kept.get(mark)
        if present is not None and present.dialog.get("call_id") == wish.dialog.get("call_id"):
            self._kept[mark] = now
        return now

    async def _notify(self, link: Link, wish: Subscription, root: Element) -> Dialog:
        """Send one notice within its dialog. Raises `NoAnswer`."""
        dialog = Dialog.from_json(wish.dialog)
        request = dialog.request("NOTIFY", body=manscdp.encode(root, encoding=link.encoding),
                                 content_type=manscdp.CONTENT_TYPE)  # fmt: skip
        request.headers.add("Event", wish.package)
        left = max(0, int((wish.expires_at - self._clock.now()).total_seconds()))
        request.headers.add("Subscription-State", f"active;expires={left}")
        await link.within(dialog, request)
        return dialog

    async def _unheard(self, wish: Subscription, error: NoAnswer) -> None:
        log.info("notice_not_heard", upper=str(wish.upper_id), subscribed=wish.event, answer=str(error))
        if error.status in (404, 481, 489):  # it does not know the subscription any more
            self._kept.pop((wish.upper_id, wish.event), None)
            with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):  # it runs out by itself all the same
                async with self._database.write() as session:
                    await store.drop_subscription(session, wish.upper_id, wish.event)

    # --- alarms and positions -----------------------------------------------------------------------------------------

    async def _alarm(self, device: Device, message: Manscdp) -> None:
        self._put("alarm", device, message)

    async def _position(self, device: Device, message: Manscdp) -> None:
        self._put("position", device, message)

    def _put(self, event: str, device: Device, message: Manscdp) -> None:
        if not any(kept == event for _, kept in self._kept):
            return
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait((event, device, message))

    async def _pass_on(self) -> None:
        while True:
            event, device, message = await self._waiting.get()
            try:
                await self._tell_event(event, device, message)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("notices_wait_for_database", error=type(error).__name__)
            except Exception:
                log.exception("notice_failed", told=event)

    async def _tell_event(self, event: str, device: Device, message: Manscdp) -> None:
        async with self._database.read() as session:
            shown = await ids_store.of_channel(session, device.id, Channel(device.code, message.device))
        needed = Right.ALARMS if event == "alarm" else Right.LIVE
        for upper, code, rights in shown:
            wish, link = self._kept.get((upper, event)), self._links.get(upper)
            if wish is None or link is None or not link.registered or not rights & needed:
                continue
            root = _renamed(message, code, wish.serial)
            try:
                dialog = await self._notify(link, wish, root)
            except NoAnswer as error:
                await self._unheard(wish, error)
            else:
                self._advanced(wish, wish.version, dialog)


_ALARM: Final = ("AlarmPriority", "AlarmMethod", "AlarmTime", "AlarmDescription", "Longitude", "Latitude")
_POSITION: Final = ("Time", "Longitude", "Latitude", "Speed", "Direction", "Altitude")


def _renamed(message: Manscdp, code: str, serial: str) -> Element:
    """The same alarm or position under its mapped id, with the fields that are known to name nobody."""
    names = _ALARM if message.command == "Alarm" else _POSITION
    made = manscdp.build(
        "Notify", message.command, serial, code,
        *[(name, clean(said)) for name in names if (said := message.root.findtext(name)) is not None],
    )  # fmt: skip
    info = message.root.find("Info")
    if message.command == "Alarm" and info is not None:
        kept = SubElement(made, "Info")
        for path in ("AlarmType", "AlarmTypeParam/EventType"):
            if said := info.findtext(path):
                parent = kept if "/" not in path else SubElement(kept, "AlarmTypeParam")
                SubElement(parent, path.rpartition("/")[2]).text = clean(said)
    return made


def _expires(said: str | None) -> int:
    text = (said or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        return EXPIRES_DEFAULT
    return min(int(text), EXPIRES_MOST)


def _interval(message: Manscdp) -> int | None:
    said = (message.root.findtext("Interval") or "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 6 else None
