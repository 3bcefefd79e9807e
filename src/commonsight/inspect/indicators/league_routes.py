"""HTTP: league tables, on the page and as files."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from commonsight.access.audit import Actor, record
from commonsight.http import Caller, Reads, Writes, language_of, narrow, problems, requires
from commonsight.inspect.indicators import league_file, service
from commonsight.inspect.indicators.definitions import known
from commonsight.inspect.indicators.league_file import MEDIA_TYPES, Ending
from commonsight.inspect.indicators.model import scope_kind
from commonsight.inspect.indicators.scopes import Kind, Only, checked_only, zone_of
from commonsight.inspect.indicators.service import Standing
from commonsight.inspect.indicators.views import LeagueOut, LeagueRow
from commonsight.places.model import checked
from commonsight.records.database import ReadSession

router = APIRouter(tags=["health"])

MayRead = Annotated[Caller, requires("health.read")]
Parent = Annotated[str, Query(examples=["45"])]
By = Annotated[str, Query(description="the indicator it is ordered by")]


@router.get("/health/league", responses=problems(401, 403, 404, 422))
async def league(
    request: Request,
    caller: MayRead,
    session: Reads,
    parent: Parent = "45",
    kind: Kind = "region",
    by: By = "playable",
    only: Only = None,
    compare: Annotated[bool, Query(description="with last week and month")] = True,
) -> LeagueOut:
    """The regions below `parent`, or the sectors, units, platforms, firms in it; best first, unmeasured last.

    Those whose rates differ by less than their error share a rank.
    """
    found = await _rows(request, caller, session, parent, kind, by, only, compare=compare)
    now = request.app.state.clock.now()
    return LeagueOut(as_of=now, kind=kind, parent=parent, by=by, items=[LeagueRow.of(one, kind) for one in found])


async def _rows(
    request: Request, caller: Caller, session: ReadSession, parent: str, kind: str, by: str, only: list[str] | None, *,
    compare: bool,
) -> list[Standing]:  # fmt: skip
    wanted = checked_only(only)
    narrow(caller, checked(parent, operand="parent"))
    return await service.league(
        session, scope_kind(kind), parent, caller.regions, known(by).code, request.app.state.clock.now(),
        zone=zone_of(request), only=None if wanted is None else list(dict.fromkeys([*wanted, by])), compare=compare,
    )  # fmt: skip


_FILE: dict[str, Any] = {
    "response_class": Response,
    "responses": problems(401, 403, 404, 422)
    | {200: {"content": {"text/csv": {}, MEDIA_TYPES["xlsx"]: {}}, "description": "the file"}},
}


@router.get("/health/league.csv", **_FILE)
@router.get("/health/league.xlsx", **_FILE)
async def league_as_file(
    request: Request,
    caller: MayRead,
    session: Writes,
    parent: Parent = "45",
    kind: Kind = "region",
    by: By = "playable",
    only: Only = None,
) -> Response:
    """Exactly what the table shows, as CSV or Excel: who made it, when, and how each indicator is counted."""
    ending: Ending = "xlsx" if request.url.path.endswith(".xlsx") else "csv"
    found = await _rows(request, caller, session, parent, kind, by, only, compare=True)
    now = request.app.state.clock.now()
    every = await service.chosen(session)
    wanted = checked_only(only)
    shown = [one for code, one in every.items() if wanted is None or code in wanted or code == by]
    asked = league_file.Asked(
        language_of(request), caller.display_name, caller.organisation, now, kind, parent, by, shown
    )
    actor = Actor(caller.id, caller.name, request.client.host if request.client else None)
    said = {"kind_of_scope": kind, "parent": parent, "by": by, "format": ending}
    await record(session, actor, "inspect.league_exported", now, kind="indicators", **said)
    name = f"league-{parent}-{now:%Y%m%d-%H%M%S}.{ending}"
    return Response(
        league_file.body(found, asked, ending),
        media_type=MEDIA_TYPES[ending],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
