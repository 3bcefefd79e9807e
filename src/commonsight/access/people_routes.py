"""HTTP: the people of the platform."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from commonsight.access import service, store
from commonsight.access.model import Identity
from commonsight.access.tables import PersonRow
from commonsight.http import (
    After,
    IfMatch,
    Limit,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    etag_of,
    match_or_refuse,
    problems,
    requires,
)
from commonsight.problem import Refusal

router = APIRouter()

MayRead = Annotated[Identity, requires("people.read")]
MayWrite = Annotated[Identity, requires("people.write")]
Words = Annotated[str | None, Query(max_length=60, description="part of a name")]


class PersonIn(BaseModel):
    """An account to make; its one-time password comes back in the answer."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2, max_length=40, examples=["li.na"])
    display_name: str = Field("", max_length=80, examples=["李娜"])
    organisation: str = Field("", max_length=120, examples=["南宁市公安局"])
    roles: list[str] = Field(min_length=1, max_length=5, examples=[["officer"]])
    regions: list[str] = Field(min_length=1, max_length=200, examples=[["4501"]], description="division-code prefixes")
    language: Literal["zh", "en"] = "zh"


class PersonChange(BaseModel):
    """What to change; fields left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    display_name: str | None = Field(None, max_length=80)
    organisation: str | None = Field(None, max_length=120, description="empty: none")
    roles: list[str] | None = Field(None, max_length=5)
    regions: list[str] | None = Field(None, max_length=200)
    language: Literal["zh", "en"] | None = None
    active: bool | None = Field(None, description="false ends the person's sessions and tokens")


class PersonOut(BaseModel):
    """A person with an account."""

    id: UUID
    name: str
    display_name: str
    organisation: str
    roles: list[str]
    regions: list[str]
    language: Literal["zh", "en"]
    active: bool
    must_change_password: bool
    created_at: datetime
    updated_at: datetime


class OneTimePassword(BaseModel):
    """A one-time password to hand over: shown now and never again."""

    person: PersonOut
    password: str = Field(examples=["k7pd-m2xw-9qfe-hh4c"])


def _out(person: PersonRow, organisation: str) -> PersonOut:
    return PersonOut(
        id=person.id,
        name=person.name,
        display_name=person.display_name,
        organisation=organisation,
        roles=list(person.roles),
        regions=list(person.regions),
        language="en" if person.language == "en" else "zh",
        active=person.active,
        must_change_password=person.must_change_password,
        created_at=person.created_at,
        updated_at=person.updated_at,
    )


def _etag(person: PersonRow) -> str:
    return etag_of(person.id, person.revision)


@router.get("/people", responses=problems(401, 403, 422))
async def people(
    caller: MayRead, session: Reads, q: Words = None, after: After = None, limit: Limit = 100
) -> Page[PersonOut]:
    """People by name: those whose regions lie within one's own."""
    last = cursor_decode("people", after, str)[0] if after else None
    rows = await store.people_page(session, within=caller.regions, q=q, after=last, limit=limit + 1)
    more = cursor_encode("people", rows[limit - 1].person.name) if len(rows) > limit else None
    return Page(items=[_out(row.person, row.organisation) for row in rows[:limit]], next=more)


@router.post("/people", status_code=201, responses=problems(401, 403, 409, 422, 503))
async def add_person(request: Request, caller: MayWrite, body: PersonIn) -> OneTimePassword:
    """Make an account. Nobody grants roles or regions beyond their own."""
    state = request.app.state
    made = await service.add_person(state.database, state.clock, granter=caller, **body.model_dump())
    return OneTimePassword(person=_out(made.person, body.organisation.strip()), password=made.password)


@router.get("/people/{person_id}", responses=problems(401, 403, 404))
async def person(caller: MayRead, session: Reads, response: Response, person_id: UUID) -> PersonOut:
    """One person; the ETag goes into the If-Match of a change."""
    found = await store.person_by_id(session, person_id)
    if found is None or not service.within(found.person, caller):
        raise Refusal("access.person_unknown", status=404, operand="id", actual=str(person_id))
    response.headers["ETag"] = _etag(found.person)
    return _out(found.person, found.organisation)


@router.patch("/people/{person_id}", responses=problems(401, 403, 404, 409, 412, 422, 428))
async def change_person(
    request: Request,
    caller: MayWrite,
    session: Writes,
    response: Response,
    person_id: UUID,
    body: PersonChange,
    if_match: IfMatch = None,
) -> PersonOut:
    """Change a person; deactivating ends their sessions and tokens, and can be undone by activating."""
    before = await service.reach(session, caller, person_id)
    match_or_refuse(if_match, _etag(before))
    changed = await service.change_person(
        session,
        request.app.state.clock,
        granter=caller,
        person_id=person_id,
        change=service.Change(**body.model_dump(exclude_unset=True)),
    )
    await session.flush()
    found = await store.person_by_id(session, person_id)
    response.headers["ETag"] = _etag(changed)
    return _out(changed, found.organisation if found else "")


@router.post("/people/{person_id}/password", responses=problems(401, 403, 404, 503))
async def reset_password(request: Request, caller: MayWrite, person_id: UUID) -> OneTimePassword:
    """Give a person a new one-time password; their sessions and tokens end."""
    state = request.app.state
    made = await service.reset_password(state.database, state.clock, granter=caller, person_id=person_id)
    async with state.database.read() as session:
        found = await store.person_by_id(session, person_id)
    return OneTimePassword(person=_out(made.person, found.organisation if found else ""), password=made.password)
