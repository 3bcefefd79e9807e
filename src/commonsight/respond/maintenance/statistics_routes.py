"""HTTP: statistics of repairs, on the page and as a file."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from commonsight.access.audit import record
from commonsight.catalog.xlsx_writer import Cell, XlsxWriter
from commonsight.http import Caller, Reads, Writes, language_of, narrow, problems, requires
from commonsight.problem import Refusal
from commonsight.respond.maintenance import statistics
from commonsight.respond.maintenance.causes import causes
from commonsight.respond.maintenance.contract_routes import actor
from commonsight.respond.maintenance.model import sort_of
from commonsight.respond.maintenance.statistics import By, Repairs
from commonsight.text import say

router = APIRouter(tags=["maintenance"])

MayRead = Annotated[Caller, requires("maintenance.read")]

DAYS: Final = 30
DAYS_MOST: Final = 1_100
Day = Annotated[date | None, Query(description="of the platform's zone")]
Region = Annotated[str | None, Query(max_length=12, pattern=r"^\d+$")]

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RepairsOut(BaseModel):
    """What the orders of one group came to; hours are elapsed, null where nothing can be said."""

    name: str = Field(description="of the group in the caller's language; empty: not known")
    orders: int
    cameras: int
    open: int
    respond_hours: float | None = Field(description="median until somebody took it")
    responded: int = Field(description="orders this rests on")
    repair_hours: float | None = Field(description="median until a check confirmed the repair")
    repaired: int = Field(description="orders this rests on")
    on_time: float | None = Field(description="share closed by their deadline, of those due until now")
    due: int = Field(description="orders this rests on")
    came_back: float | None = Field(description="share of repairs a check refused at least once")
    said: int = Field(description="repairs this rests on")


class StatisticsOut(BaseModel):
    """Statistics of repairs over a time."""

    by: By
    start: date
    end: date = Field(description="the last day, counted")
    orders: int
    rows: list[RepairsOut]


@router.get("/maintenance/statistics", responses=problems(401, 403, 422))
async def repairs(
    request: Request, caller: MayRead, session: Reads, by: By = "unit", start: Day = None, end: Day = None,
    region: Region = None,
) -> StatisticsOut:  # fmt: skip
    """Repairs of orders opened from `start` to `end` (the last 30 days), by firm, maker, model, cause or fault."""
    first, last, found = await _found(request, caller, session, by, start, end, region)
    total = sum(one.orders for one in found)
    rows = [
        RepairsOut(**{name: getattr(one, name) for name in Repairs.__slots__} | {
            "name": _named(by, one.name, language_of(request))})
        for one in found
    ]  # fmt: skip
    return StatisticsOut(by=by, start=first, end=last, orders=total, rows=rows)


@router.get("/maintenance/statistics.csv", response_class=Response, responses=problems(401, 403, 422))
@router.get("/maintenance/statistics.xlsx", response_class=Response, responses=problems(401, 403, 422))
async def file(
    request: Request, caller: MayRead, session: Writes, by: By = "unit", start: Day = None, end: Day = None,
    region: Region = None,
) -> Response:  # fmt: skip
    """The same as a file: who made it, when, over which time, and what the columns mean."""
    first, last, found = await _found(request, caller, session, by, start, end, region)
    language, now = language_of(request), request.app.state.clock.now()
    local = now.astimezone(ZoneInfo(request.app.state.settings.region.timezone))
    ending = request.url.path.rpartition(".")[2]
    await record(
        session, actor(caller), "respond.statistics_exported", now, kind="maintenance", by=by, start=str(first),
        end=str(last), region=region or "",
    )  # fmt: skip
    head = say(
        "respond.statistics_head", language, start=first, end=last, by=say(f"respond.statistics_{by}", language),
        who=caller.display_name or caller.name, at=f"{local:%Y-%m-%d %H:%M}",
    )  # fmt: skip
    columns = [name for name in Repairs.__slots__ if name != "name"]
    titles = [say(f"respond.statistics_{by}", language), *(say(f"respond.column_{one}", language) for one in columns)]
    lines: list[list[Cell]] = [
        [_named(by, one.name, language) or say("respond.statistics_unknown", language),
         *(getattr(one, column) for column in columns)]
        for one in found
    ]  # fmt: skip
    table: list[Sequence[Cell]] = [[head], [say("respond.statistics_meaning", language)], titles, *lines]
    name = f"repairs-{by}-{first}-{last}.{ending}"
    if ending == "xlsx":
        book = XlsxWriter(say("respond.statistics_sheet", language), frozen=3)
        content, kind = book.rows(table) + book.close(), XLSX
    else:
        content, kind = _csv(table), "text/csv; charset=utf-8"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=kind, headers=headers)


def _csv(table: Sequence[Sequence[Cell]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    for row in table:
        # Spreadsheets take what begins so for a formula.
        writer.writerow([f"'{one}" if isinstance(one, str) and one[:1] in "=+-@\t\r" and one else one for one in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


async def _found(
    request: Request, caller: Caller, session: Reads, by: By, start: date | None, end: date | None, region: str | None
) -> tuple[date, date, list[Repairs]]:
    state = request.app.state
    zone, now = ZoneInfo(state.settings.region.timezone), state.clock.now()
    last = end or now.astimezone(zone).date()
    first = start or last - timedelta(days=DAYS - 1)
    if not timedelta(0) <= last - first <= timedelta(days=DAYS_MOST):
        raise Refusal(
            "respond.span_invalid", status=422, rule="days", operand="start", expected=f"1..{DAYS_MOST}",
            actual=(last - first).days + 1,
        )  # fmt: skip
    begin = datetime.combine(first, time(), zone)
    over = datetime.combine(last + timedelta(days=1), time(), zone)
    return first, last, await statistics.repairs(session, by, narrow(caller, region), begin, over, now)


def _named(by: By, name: str, language: str) -> str:
    short = "en" if language.startswith("en") else "zh"
    if by == "cause" and name in causes():
        return causes()[name][short]
    if by == "code":
        try:
            return sort_of(name).said(language)
        except ValueError:
            return name
    return name
