"""HTTP: fields and rules of the camera file, how complete and accurate it is, what is wrong with it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from commonsight.access.audit import Actor
from commonsight.catalog import selection_store
from commonsight.catalog.model import Filters
from commonsight.catalog.repair import store as repairs
from commonsight.catalog.rules import counts, fields, service, standard, store
from commonsight.catalog.rules.counts import Group
from commonsight.catalog.rules.model import rule, rule_set
from commonsight.catalog.rules.views import (
    AccuracyOut,
    CameraNamed,
    CompletenessOut,
    FieldFiguresOut,
    FieldOut,
    FiguresOut,
    FindingOut,
    Findings,
    GroupOut,
    RuleOut,
    RulesOut,
    RunOut,
    Scoped,
)
from commonsight.catalog.selection_routes import SelectionOut
from commonsight.catalog.store import platforms
from commonsight.http import (
    After,
    Caller,
    Limit,
    OnceOnly,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    language_of,
    problems,
    requires,
)
from commonsight.places import store as places
from commonsight.records.database import ReadSession

router = APIRouter(tags=["records"])

MayRead = Annotated[Caller, requires("cameras.read")]
MayWrite = Annotated[Caller, requires("cameras.write")]


@router.get("/records/fields")
async def file_fields(caller: MayRead) -> Page[FieldOut]:  # noqa: ARG001
    """The fields of the camera file: types, where they come from, for which point classes they are mandatory."""
    return Page(items=[FieldOut.of(field) for field in fields.catalogue().values()])


@router.get("/records/rules", responses=problems(401, 403, 422))
async def rules(caller: MayRead, session: Reads, asked: Scoped) -> RulesOut:
    """The rule set, and how much each rule finds in a scope."""
    found = {row.rule: row for row in await counts.by_rule(session, counts.Wanted(asked.within(caller)))}
    switched = await repairs.switches(session)
    known = rule_set()
    items = []
    for each in known.rules.values():
        row, switch = found.get(each.code), switched.get(each.code)
        auto = switch is not None and switch.auto
        by = switch.by_name if switch is not None and auto else None
        items.append(RuleOut.of(each, auto, by, row.findings if row else 0, row.cameras if row else 0))
    return RulesOut(version=known.version, date=known.date.isoformat(), digest=known.digest, items=items)


@router.get("/records/figures", responses=problems(401, 403, 422))
async def figures(caller: MayRead, session: Reads, asked: Scoped) -> FiguresOut:
    """How complete and accurate the records of a scope are, field by field.

    complete = cameras with every field that is mandatory for their point class / cameras checked;
    accurate = cameras without an error or a warning / cameras checked.
    """
    scope = asked.within(caller)
    completeness, accuracy = await counts.figures(session, scope)
    looked = await counts.last_checked(session)
    return FiguresOut(
        completeness=CompletenessOut.of(completeness),
        accuracy=AccuracyOut.of(accuracy),
        fields=[FieldFiguresOut.of(each) for each in await counts.by_field(session, scope)],
        checked_from=looked.oldest,
        checked_until=looked.newest,
        run=await _run(session),
    )


@router.get("/records/league", responses=problems(401, 403, 422))
async def league(caller: MayRead, session: Reads, asked: Scoped, by: Group = "city") -> Page[GroupOut]:
    """Both figures for each city, county, unit, maintenance unit, platform or sector of a scope."""
    found = await counts.grouped(session, asked.within(caller), by)
    if by in ("city", "county"):
        names = await places.names(session, [each.key for each in found])
    elif by == "platform":
        names = {str(platform.id): platform.name for platform in await platforms(session)}
    else:
        names = {}
    return Page(items=[GroupOut.of(each, names.get(each.key, each.key)) for each in found])


@router.get("/records/findings", responses=problems(401, 403, 422))
async def findings(
    request: Request,
    caller: MayRead,
    session: Reads,
    asked: Scoped,
    which: Findings,
    after: After = None,
    limit: Limit = 100,
) -> Page[FindingOut]:
    """What is wrong with records, by camera."""
    wanted = which.within(asked.within(caller))
    behind = None if after is None else cursor_decode("records.findings", after, UUID, str, str)
    rows = await counts.findings(session, wanted, behind, limit)
    language = language_of(request)
    shown = rows[:limit]
    items = [
        FindingOut(
            camera=CameraNamed(id=row.camera_id, code=row.code, name=row.name, region=row.region),
            rule=row.rule,
            field=row.field,
            severity=rule(row.rule).severity.word,
            value=row.value,
            expected=row.expected,
            message=rule(row.rule).found(language, row.value, row.expected),
            twin=row.twin,
            since=row.at,
        )
        for row in shown
        if row.rule in rule_set().rules
    ]
    following = None
    if len(rows) > limit:
        last = shown[-1]
        following = cursor_encode("records.findings", last.camera_id, last.rule, last.field)
    return Page(items=items, next=following)


@router.post("/records/findings/selection", status_code=201, responses=problems(401, 403, 422))
async def choose(caller: MayRead, session: Writes, asked: Scoped, which: Findings) -> SelectionOut:
    """Keep the cameras of these findings as a set that every list, map and export takes as a filter."""
    wanted = which.within(asked.within(caller))
    ids = await counts.cameras_found(session, wanted, selection_store.MEMBERS_MOST)
    made = await selection_store.choose_named(session, caller.id, Filters(wanted.scope.regions), ids)
    found = await selection_store.selection(session, made)
    return SelectionOut(id=found.id, total=found.total, made_at=found.made_at, expires_at=found.expires_at)


class AskedCheck(BaseModel):
    """A check that was asked for."""

    id: UUID = Field(description="follow it at GET /records/check")


@router.post("/records/check", status_code=202, responses=problems(401, 403, 409))
async def check(request: Request, caller: MayWrite, session: Writes, once: OnceOnly) -> AskedCheck:
    """Have every camera checked now. Changes are checked by themselves within a minute; this is for everything."""
    by = Actor(caller.id, caller.name, getattr(caller, "address", None))
    made = await service.ask_check(session, by, request.app.state.clock.now())
    return await once.keep(AskedCheck(id=made), 202)


@router.get("/records/check", responses=problems(401, 403))
async def checking(caller: MayRead, session: Reads) -> RunOut | None:  # noqa: ARG001
    """The check that was asked for last, and how far it is; null before the first."""
    return await _run(session)


async def _run(session: ReadSession) -> RunOut | None:
    row = await store.latest_run(session)
    return None if row is None else RunOut.model_validate(row._asdict())


@router.get("/records/standard.html", response_class=Response, responses={200: {"content": {"text/html": {}}}})
@router.get("/records/standard.md", response_class=Response, responses={200: {"content": {"text/markdown": {}}}})
async def entry_standard(request: Request, caller: MayRead) -> Response:  # noqa: ARG001
    """The entry standard (标准化信息录入规范), rendered from the fields and rules that the checker runs."""
    kind: standard.Format = "html" if request.url.path.endswith("html") else "md"
    language = language_of(request)
    known = rule_set()
    name = f"entry-standard-{known.version}-{known.digest}.{kind}"
    return Response(
        standard.render(kind, language),
        media_type=standard.MEDIA_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
