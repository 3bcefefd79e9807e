"""Questions from above and what they are answered: from our own file where it knows, from the device where not."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

import commonsight
from commonsight.clock import Clock
from commonsight.connect.gb28181 import queries
from commonsight.connect.gb28181.above import catalogue, ids_store
from commonsight.connect.gb28181.above.control import Control
from commonsight.connect.gb28181.above.ids_store import Mapped
from commonsight.connect.gb28181.above.items import clean
from commonsight.connect.gb28181.above.link import Link, NoAnswer
from commonsight.connect.gb28181.above.model import KEEPALIVE_MISSES, Right
from commonsight.connect.gb28181.model import Channel
from commonsight.connect.gb28181.queries import Recording
from commonsight.connect.gb28181.server import Gb28181
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.manscdp import Manscdp
from commonsight.problem import Refusal
from commonsight.records.database import Database

log = structlog.get_logger(__name__)

AT_ONCE: Final = 16
"""Questions of one upper platform that are worked on at once; further ones are told to come later."""

RECORDS_PAGE: Final = 20
TARGETS: Final = (2, 4, 6, 20)
"""Digits of what a catalogue may be asked of: a province, a city, a county, one camera."""
MAKER: Final = "Commonsight"

Answer = Callable[[Link, Manscdp], Awaitable[None]]


class Replies:
    """Answers `Query` and `Control` messages, one upper platform like the other.

    Args:
        timezone: in which times without a zone are written, as platforms do.
    """

    def __init__(self, server: Gb28181, database: Database, clock: Clock, timezone: str) -> None:
        self._server, self._database, self._clock, self._timezone = server, database, clock, timezone
        self.control = Control(server, database, clock)
        self._answers: dict[tuple[str, str], Answer] = {
            ("Query", "Catalog"): self._catalogue,
            ("Query", "DeviceInfo"): self._info,
            ("Query", "DeviceStatus"): self._status,
            ("Query", "RecordInfo"): self._records,
            ("Query", "ConfigDownload"): self._config,
            ("Query", "PresetQuery"): self._presets,
            ("Control", "DeviceControl"): self._order,
        }
        self._tasks: dict[str, set[asyncio.Task[None]]] = {}
        self._catalogues: dict[str, asyncio.Task[None]] = {}

    def take(self, link: Link, message: Manscdp) -> bool:
        """Begin to answer; False when the upper platform has too many questions open, and is to ask again."""
        mine = self._tasks.setdefault(link.upper.code, set())
        if len(mine) >= AT_ONCE:
            return False
        if message.command == "Catalog" and message.kind == "Query":
            before = self._catalogues.get(link.upper.code)
            if before is not None:
                before.cancel()  # it has asked anew: what it asked before is waited for no more
        task = asyncio.create_task(self._work(link, message))
        if message.command == "Catalog" and message.kind == "Query":
            self._catalogues[link.upper.code] = task
        mine.add(task)
        task.add_done_callback(mine.discard)
        return True

    async def close(self) -> None:
        """Answer nothing any more."""
        tasks = [task for mine in self._tasks.values() for task in mine]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.control.close()

    async def _work(self, link: Link, message: Manscdp) -> None:
        answer = self._answers.get((message.kind, message.command))
        try:
            if answer is None:
                raise Refusal("connect.cascade_unknown_query", status=501, operand=message.command)
            await answer(link, message)
        except Refusal as refusal:
            log.info("upper_refused", upper=link.code, command=message.command, code=refusal.code)
            await self._error(link, message)
        except (NoAnswer, SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("upper_not_answered", upper=link.code, command=message.command, error=str(error)[:120])
        except Exception:
            log.exception("upper_answer_failed", upper=link.code, command=message.command)

    async def _error(self, link: Link, message: Manscdp) -> None:
        try:
            await link.message(self._response(message, ("Result", "ERROR")))
        except NoAnswer as error:
            log.info("upper_not_told", upper=link.code, error=str(error))

    @staticmethod
    def _response(message: Manscdp, *children: Element | tuple[str, str]) -> Element:
        return manscdp.build("Response", message.command, message.serial, message.device, *children)

    async def _mapped(self, link: Link, message: Manscdp) -> Mapped:
        """The camera that is asked about. Raises Refusal `connect.cascade_not_shared`."""
        async with self._database.read() as session:
            mapped = await ids_store.behind(session, link.upper.id, message.device)
        if mapped is None:
            raise Refusal("connect.cascade_not_shared", status=404, rule="share", operand="DeviceID")
        return mapped

    # --- the tree -----------------------------------------------------------------------------------------------------

    async def _catalogue(self, link: Link, message: Manscdp) -> None:
        target = message.device
        if target not in ("", link.own) and not (target.isascii() and target.isdigit() and len(target) in TARGETS):
            raise Refusal("connect.cascade_not_shared", status=404, rule="share", operand="DeviceID")
        began = self._clock.monotonic()
        items = await catalogue.tell(link, self._database, message.serial, target or link.own)
        log.info("catalogue_told", upper=link.code, items=items, seconds=round(self._clock.monotonic() - began, 1))

    # --- of ourselves and of cameras ----------------------------------------------------------------------------------

    async def _info(self, link: Link, message: Manscdp) -> None:
        if message.device == link.own:
            async with self._database.read() as session:
                count = await ids_store.count(session, link.upper.id)
            said = [
                ("DeviceName", MAKER), ("Result", "OK"), ("Manufacturer", MAKER), ("Model", MAKER),
                ("Firmware", commonsight.__version__), ("Channel", str(count)),
            ]  # fmt: skip
        else:
            mapped = await self._mapped(link, message)
            said = [("DeviceName", clean(await self._name(link, mapped))), ("Result", "OK"), ("Manufacturer", MAKER),
                    ("Model", "Camera"), ("Firmware", commonsight.__version__), ("Channel", "1")]  # fmt: skip
        await link.message(self._response(message, *said))

    async def _name(self, link: Link, mapped: Mapped) -> str:
        """Its name as the catalogue tells it."""
        async with self._database.read() as session:
            rows = await ids_store.page(session, link.upper.id, "", 1, mapped.code)
        return rows[0].name if rows else ""

    async def _status(self, link: Link, message: Manscdp) -> None:
        online = message.device == link.own or (await self._mapped(link, message)).online
        await link.message(
            self._response(
                message, ("Result", "OK"), ("Online", "ONLINE" if online else "OFFLINE"),
                ("Status", "OK" if online else "ERROR"), ("Encode", "ON" if online else "OFF"), ("Record", "OFF"),
                ("DeviceTime", self._written(self._clock.now())),
            )
        )  # fmt: skip

    async def _config(self, link: Link, message: Manscdp) -> None:
        if (message.root.findtext("ConfigType") or "").strip() != "BasicParam":
            raise Refusal("connect.cascade_unknown_query", status=501, operand="ConfigType")
        name = MAKER if message.device == link.own else await self._name(link, await self._mapped(link, message))
        basic = Element("BasicParam")
        for tag, text in (
            ("Name", clean(name)), ("Expiration", str(link.upper.expires_seconds)),
            ("HeartBeatInterval", str(link.upper.keepalive_seconds)), ("HeartBeatCount", str(KEEPALIVE_MISSES)),
        ):  # fmt: skip
            SubElement(basic, tag).text = text
        await link.message(self._response(message, ("Result", "OK"), basic))

    # --- asked of the device ------------------------------------------------------------------------------------------

    async def _records(self, link: Link, message: Manscdp) -> None:
        mapped = await self._mapped(link, message)
        if not mapped.rights & (Right.PLAYBACK | Right.DOWNLOAD):
            raise Refusal("connect.cascade_not_shared", status=403, rule="share", operand="rights", expected="playback")
        start, end = self._moment(message, "StartTime"), self._moment(message, "EndTime")
        kind = (message.root.findtext("Type") or "all").strip()
        found: list[Recording] = []
        try:
            channel = Channel.of_url(mapped.url or "")
        except ValueError:
            channel = None
        device = None if channel is None else self._server.devices.get(channel.device)
        if channel is not None and device is not None:
            answer = await queries.records(
                self._server, device, channel.code, start, end, self._timezone,
                kind=kind if kind in ("all", "time", "alarm", "manual") else "all",
            )  # fmt: skip
            found = answer.items
        name = clean(await self._name(link, mapped))
        for at in range(0, max(len(found), 1), RECORDS_PAGE):
            page = found[at : at + RECORDS_PAGE]
            listed = Element("RecordList", {"Num": str(len(page))})
            listed.extend(self._recording(each, mapped.code, name) for each in page)
            await link.message(self._response(message, ("Name", name), ("SumNum", str(len(found))), listed))

    def _recording(self, recording: Recording, code: str, name: str) -> Element:
        """One stretch, without the path and address a device keeps it under."""
        item = Element("Item")
        for tag, text in (
            ("DeviceID", code), ("Name", name), ("StartTime", self._written(recording.start)),
            ("EndTime", self._written(recording.end)), ("Secrecy", "0"), ("Type", clean(recording.kind) or "time"),
            *([("FileSize", str(recording.bytes))] if recording.bytes else []),
        ):  # fmt: skip
            SubElement(item, tag).text = text
        return item

    async def _presets(self, link: Link, message: Manscdp) -> None:
        mapped = await self._mapped(link, message)
        if not mapped.rights & Right.CONTROL:
            raise Refusal("connect.cascade_not_shared", status=403, rule="share", operand="rights", expected="control")
        try:
            channel = Channel.of_url(mapped.url or "")
        except ValueError:
            raise Refusal("connect.cascade_not_controlled", status=409, operand="camera") from None
        device = self._server.devices.get(channel.device)
        if device is None:
            raise Refusal("connect.gb_device_unknown", status=404, operand="device")
        found = await queries.presets(self._server, device, channel.code)
        listed = Element("PresetList", {"Num": str(len(found))})
        for preset in found:
            item = SubElement(listed, "Item")
            SubElement(item, "PresetID").text = str(preset.number)
            SubElement(item, "PresetName").text = clean(preset.name)
        await link.message(self._response(message, ("SumNum", str(len(found))), listed))

    async def _order(self, link: Link, message: Manscdp) -> None:
        await self.control.hand_on(link.upper, await self._mapped(link, message), message)

    # --- times --------------------------------------------------------------------------------------------------------

    def _written(self, moment: datetime) -> str:
        return f"{moment.astimezone(ZoneInfo(self._timezone)):%Y-%m-%dT%H:%M:%S}"

    def _moment(self, message: Manscdp, name: str) -> datetime:
        said = (message.root.findtext(name) or "").strip()
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            raise Refusal("connect.gb_field_invalid", status=422, operand=name, actual=said[:40]) from None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(self._timezone))
