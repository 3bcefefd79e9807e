"""Telling an upper platform its catalogue: page by page from the database, as of one moment, never built in memory."""

import asyncio
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element

import structlog
from sqlalchemy import text

from commonsight.connect.gb28181.above import ids_store
from commonsight.connect.gb28181.above.items import item
from commonsight.connect.gb28181.above.link import Link, NoAnswer
from commonsight.connect.gb28181.model import is_code
from commonsight.connect.wire import manscdp
from commonsight.records.database import Database, ReadSession

log = structlog.get_logger(__name__)

READ_ROWS: Final = 400
PAGE_ITEMS: Final = 40
"""Items of one message where it can go by TCP; a message of so many has about 30 kB."""

SMALL_BYTES: Final = 1_250
"""A message by datagram alone holds as many items as fit into this, one at least."""

WINDOW: Final = 4
"""Messages under way at once: what the way there and back takes is not waited for with each."""

TRIES: Final = 3


async def tell(link: Link, database: Database, serial: str, target: str) -> int:
    """Answer a Catalog query. Returns how many items were confirmed.

    One transaction sees one state of the file, so `SumNum` holds whatever changes meanwhile.

    Args:
        serial: of the query; every page carries it.
        target: our id for everything, a region's code, or one mapped id.

    Raises:
        NoAnswer: a page was not confirmed, tries included; what follows is not sent.
    """
    under = "" if target == link.own else target
    async with database.read() as session:
        await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        known = not is_code(under) or await _is_shown(session, link.upper.id, under)
        total = await ids_store.count(session, link.upper.id, under) if known else 0
        if not total:
            await _send(link, _page(link, serial, target, 0, []))
            return 0
        sent = 0
        waiting: set[asyncio.Task[None]] = set()
        held: list[Element] = []
        after = ""
        try:
            while rows := await ids_store.page(session, link.upper.id, after, READ_ROWS, under):
                after = rows[-1].code
                for row in rows:
                    held.append(item(row, link.own, modern=link.upper.modern))
                    if _full(link, held):
                        sent += len(held)
                        await _put(waiting, link, _page(link, serial, target, total, held))
                        held = []
            if held:
                sent += len(held)
                await _put(waiting, link, _page(link, serial, target, total, held))
            await _settle(waiting, 0)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
    return sent


async def _is_shown(session: ReadSession, upper: UUID, code: str) -> bool:
    return await ids_store.behind(session, upper, code) is not None


def _full(link: Link, held: list[Element]) -> bool:
    if link.large:
        return len(held) >= PAGE_ITEMS
    # The next item is taken to be as long as the last one.
    size = sum(len(manscdp.encode(each, encoding=link.encoding)) for each in held[-1:]) * (len(held) + 1)
    return size > SMALL_BYTES


def _page(link: Link, serial: str, target: str, total: int, items: list[Element]) -> bytes:
    listed = Element("DeviceList", {"Num": str(len(items))})
    listed.extend(items)
    root = manscdp.build("Response", "Catalog", serial, target, ("SumNum", str(total)), listed)
    return manscdp.encode(root, encoding=link.encoding)


async def _put(waiting: "set[asyncio.Task[None]]", link: Link, body: bytes) -> None:
    await _settle(waiting, WINDOW - 1)
    waiting.add(asyncio.create_task(_send(link, body)))


async def _settle(waiting: "set[asyncio.Task[None]]", most: int) -> None:
    """Wait until at most so many are under way. Raises what one of them raised."""
    while len(waiting) > most:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        waiting -= done
        for task in done:
            task.result()


async def _send(link: Link, body: bytes) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            await link.send(body)
        except NoAnswer as error:
            if attempt == TRIES or not link.registered:
                raise
            log.info("page_again", upper=link.code, answer=str(error))
        else:
            return
