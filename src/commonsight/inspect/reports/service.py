"""Use cases of monthly reports: ask for one, make it, hand it out. One made anew gets the next version."""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight import outbox
from commonsight.http import Caller, sees
from commonsight.inspect.reports import compose, store
from commonsight.inspect.reports.gather import gather
from commonsight.inspect.reports.model import Month
from commonsight.inspect.reports.store import Report
from commonsight.jobs import House
from commonsight.paper import fonts, pdf, workbook
from commonsight.paper.model import Document
from commonsight.places.model import checked
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.settings import Reports


@dataclass(frozen=True, slots=True)
class Wanted:
    """A report to be made. `note`: why it is made anew."""

    month: str
    region: str
    language: str
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """A report as files."""

    pdf: bytes
    xlsx: bytes


async def ask(
    session: WriteSession, wanted: Wanted, by: tuple[UUID | None, str], zone: ZoneInfo, now: datetime
) -> Report:
    """File a report that a job will make.

    Raises:
        Refusal: `inspect.report_month_invalid`, `inspect.report_future` (422), `places.code_invalid`.
    """
    month = Month.of(wanted.month)
    if month.span(zone)[0] > now:
        raise Refusal("inspect.report_future", status=422, rule="begun", operand="month", actual=str(month))
    return await store.file(
        session,
        {
            "id": uuid7(),
            "month": str(month),
            "region": checked(wanted.region),
            "language": wanted.language,
            "unit": " ".join(wanted.unit.split())[:100],
            "note": " ".join(wanted.note.split())[:300],
            "asked_by": by[0],
            "asked_by_name": by[1],
            "asked_at": now,
        },
    )


async def make(house: House, report_id: UUID) -> None:
    """Gather the figures, draw the files, keep both. A second run of one that is made does nothing."""
    async with house.database.read() as session:
        asked = await store.one(session, report_id)
    if asked is None or asked.state not in ("queued", "running"):
        return

    async def told(progress: float, step: str) -> None:
        async with house.database.write() as session:
            await store.change(session, report_id, state="running", progress=progress, step=step)

    await told(0.02, "indicators")
    try:
        now, zone = house.clock.now(), ZoneInfo(house.settings.region.timezone)
        async with house.database.read() as session:
            figures = await gather(session, Month.of(asked.month), asked.region, zone, now, told)
        await told(0.85, "drawing")
        files = await asyncio.to_thread(drawn, figures, asked, house.settings.reports)
    except Refusal as refusal:
        async with house.database.write() as session:
            problem = {"code": refusal.code} | refusal.facts()
            await store.change(session, report_id, state="failed", problem=problem, ended_at=house.clock.now())
        return
    async with house.database.write() as session:
        await store.change(
            session,
            report_id,
            state="done",
            progress=1.0,
            step="",
            figures=figures,
            digest=digest_of(figures),
            as_of=now,
            pdf=files.pdf,
            xlsx=files.xlsx,
            ended_at=house.clock.now(),
        )
        await store.forget(session, house.settings.reports.keep)
        await outbox.append(
            session,
            "inspect.report_made",
            {"report": str(report_id), "month": asked.month, "region": asked.region, "version": asked.version,
             "figures_sha256": digest_of(figures).hex(), "pdf_sha256": hashlib.sha256(files.pdf).hexdigest()},
        )  # fmt: skip


def drawn(figures: dict[str, Any], asked: Report, given: Reports) -> Files:
    """The files that these figures make. Some seconds of work, beside the event loop.

    Raises:
        Refusal: `paper.font_missing`, `paper.font_unfit`.
    """
    document = document_of(figures, asked)
    text, heading = fonts.pair(given.font, given.font_heading)
    return Files(pdf.draw(document, text, heading, asked.language), workbook.draw(document))


def document_of(figures: dict[str, Any], asked: Report) -> Document:
    """The document that these figures make."""
    return compose.document(figures, asked.language, asked.unit, asked.asked_by_name, asked.version, asked.note)


def digest_of(figures: dict[str, Any]) -> bytes:
    """SHA-256 over the figures, keys in order."""
    return hashlib.sha256(json.dumps(figures, ensure_ascii=False, sort_keys=True).encode()).digest()


async def seen(session: ReadSession, caller: Caller, report_id: UUID) -> Report:
    """The report, for somebody whose regions hold its region. Raises Refusal `inspect.report_unknown` (404)."""
    found = await store.one(session, report_id)
    if found is None or not sees(caller, found.region):
        raise Refusal("inspect.report_unknown", status=404, operand="report", actual=str(report_id))
    return found


async def file_of(session: ReadSession, found: Report, kind: str) -> bytes:
    """Its PDF or workbook. Raises Refusal `inspect.report_not_made` (409)."""
    body = await store.file_of(session, found.id, kind)
    if body is None:
        raise Refusal("inspect.report_not_made", status=409, rule="done", operand="state", actual=found.state)
    return body
