"""HTTP: rules of competence, their history, and who would get an incident."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from commonsight.access.model import Identity
from commonsight.analyze.incidents.routing import service, store
from commonsight.analyze.incidents.routing.model import Asked, Rule, Said
from commonsight.analyze.incidents.routing.views import ChangeOut, RuleIn, RuleOut, WhoOut
from commonsight.analyze.incidents.store import severity_of
from commonsight.http import (
    IfMatch,
    OnceOnly,
    Page,
    Reads,
    Writes,
    etag_of,
    match_or_refuse,
    narrow,
    problems,
    requires,
)
from commonsight.respond.kinds import kind_of

router = APIRouter(tags=["incidents"])

MayRead = Annotated[Identity, requires("cases.read")]
MayWrite = Annotated[Identity, requires("incidents.write")]

CHANGES_MOST = 100


@router.get("/incidents/rules", responses=problems(401, 403))
async def rules(caller: MayRead, session: Reads) -> Page[RuleOut]:
    """The rules that hold in the caller's regions, in the order they were made."""
    return Page(items=[RuleOut.of(rule) for rule in await service.rules(session, caller)])


@router.get("/incidents/rules/changes", responses=problems(401, 403))
async def changes(caller: MayRead, session: Reads) -> Page[ChangeOut]:
    """Who changed which rule, the latest first."""
    found = await store.changes(session, CHANGES_MOST)
    return Page(items=[ChangeOut.of(one) for one in found if service.touches(caller, one.region)])


@router.get("/incidents/rules/who", responses=problems(401, 403, 422))
async def who(
    request: Request,
    caller: MayRead,
    session: Reads,
    scene: Annotated[str, Query(max_length=40)],
    incident: Annotated[str, Query(max_length=40)],
    region: Annotated[str, Query(max_length=12, pattern=r"^\d+$")],
    at: Annotated[datetime | None, Query(description="default: now")] = None,
) -> WhoOut:
    """Who would get this incident there and then, and by which rule."""
    narrow(caller, region)
    moment = request.app.state.clock.now() if at is None or at.tzinfo is None else at
    asked = Asked(scene, incident, region, moment)
    found = await service.who(session, asked, request.app.state.settings.region.timezone)
    first = found[0] if found else None
    severity, kind = severity_of(scene, incident), kind_of("incident")
    said = None if first is None else first.said
    return WhoOut(
        decides=None if first is None else RuleOut.of(first), others=[RuleOut.of(rule) for rule in found[1:]],
        quiet=said is not None and said.quiet, organisation="" if first is None else first.organisation_name,
        acknowledge_minutes=(said and said.acknowledge) or kind.respond[severity].total_seconds() / 60,
        close_minutes=(said and said.close) or kind.deadline[severity].total_seconds() / 60, severity=severity,
    )  # fmt: skip


@router.post("/incidents/rules", status_code=201, responses=problems(401, 403, 409, 422))
async def add(request: Request, caller: MayWrite, session: Writes, once: OnceOnly, said: RuleIn) -> RuleOut:
    """Add a rule."""
    made = await service.add(session, caller, _said(request, said), request.app.state.clock.now())
    return await once.keep(RuleOut.of(made))


@router.get("/incidents/rules/{rule_id}", responses=problems(401, 403, 404))
async def rule_of(response: Response, caller: MayRead, session: Reads, rule_id: UUID) -> RuleOut:
    """One rule, with its ETag."""
    found = await service.known(session, caller, rule_id)
    response.headers["ETag"] = _etag(found)
    return RuleOut.of(found)


@router.put("/incidents/rules/{rule_id}", responses=problems(401, 403, 404, 412, 422, 428))
async def change(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, rule_id: UUID,
    said: RuleIn, if_match: IfMatch = None,
) -> RuleOut:  # fmt: skip
    """Change a rule, from the version one has seen."""
    made = await service.change(
        session, caller, rule_id, _said(request, said), lambda present: match_or_refuse(if_match, _etag(present)),
        request.app.state.clock.now(),
    )  # fmt: skip
    response.headers["ETag"] = _etag(made)
    return await once.keep(RuleOut.of(made), 200)


@router.delete("/incidents/rules/{rule_id}", status_code=204, responses=problems(401, 403, 404, 412, 428))
async def drop(
    request: Request, caller: MayWrite, session: Writes, rule_id: UUID, if_match: IfMatch = None
) -> None:  # fmt: skip
    """Take a rule away; it can be brought back from its history."""
    await service.drop(
        session, caller, rule_id, lambda present: match_or_refuse(if_match, _etag(present)),
        request.app.state.clock.now(),
    )  # fmt: skip


@router.post("/incidents/rules/changes/{change_id}/undo", status_code=204, responses=problems(401, 403, 404, 409))
async def undo(request: Request, caller: MayWrite, session: Writes, change_id: UUID) -> None:
    """Put a rule back to what it was before a change."""
    await service.undo(session, caller, change_id, request.app.state.clock.now())


def _said(request: Request, given: RuleIn) -> Said:
    """What a rule says; no region means all this platform serves."""
    said = given.said()
    return said if said.region else replace(said, region=request.app.state.settings.region.code)


def _etag(rule: Rule) -> str:
    return etag_of("incident_rule", rule.id, rule.version)
