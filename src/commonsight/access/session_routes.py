"""HTTP: where people are signed in, one's own and others'; signing out of one place or of all."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from commonsight.access import audit, endings, service, sessions, store
from commonsight.access.model import Identity
from commonsight.access.tables import SessionRow
from commonsight.http import Page, Reads, Writes, problems, requires
from commonsight.problem import Refusal

router = APIRouter()

MyAccount = Annotated[Identity, requires("me.write")]
MayWrite = Annotated[Identity, requires("people.write")]


class SessionOut(BaseModel):
    """A place where a person is signed in."""

    id: UUID
    address: str | None = Field(examples=["10.45.0.17"])
    agent: str | None = Field(description="browser, as it names itself")
    created_at: datetime
    seen_at: datetime = Field(description="last use, to the minute")
    expires_at: datetime
    provider: str | None = Field(description="identity provider it was opened with; null: a password")
    factor: bool = Field(description="proved by a second factor")
    current: bool


class Ended(BaseModel):
    """How many sessions ended."""

    ended: int


@router.get("/sessions", responses=problems(401, 403))
async def my_sessions(request: Request, caller: MyAccount, session: Reads) -> Page[SessionOut]:
    """Where one is signed in."""
    rows = await store.sessions_of(session, caller.id, request.app.state.clock.now())
    return Page(items=[_out(row, caller) for row in rows])


@router.delete("/sessions", responses=problems(401, 403))
async def end_other_sessions(request: Request, caller: MyAccount, session: Writes) -> Ended:
    """Sign out everywhere but here; pictures and connections of those sessions stop at once."""
    ended = await endings.end_sessions(session, caller.id, but=caller.session_id)
    if ended:
        await _noted(session, caller, caller.id, caller.name, request.app.state.clock.now(), ended)
    return Ended(ended=ended)


@router.delete("/sessions/{session_id}", status_code=204, responses=problems(401, 403, 404))
async def end_session(request: Request, caller: MyAccount, session_id: UUID) -> None:
    """Sign out of another of one's own browsers."""
    if not await sessions.logout(request.app.state.database, request.app.state.clock, caller, session_id):
        raise _unknown(session_id)


@router.get("/people/{person_id}/sessions", responses=problems(401, 403, 404))
async def sessions_of(request: Request, caller: MayWrite, session: Reads, person_id: UUID) -> Page[SessionOut]:
    """Where somebody is signed in."""
    found = await store.person_by_id(session, person_id)
    if found is None or not service.within(found.person, caller):
        raise Refusal("access.person_unknown", status=404, operand="id", actual=str(person_id))
    rows = await store.sessions_of(session, person_id, request.app.state.clock.now())
    return Page(items=[_out(row, caller) for row in rows])


@router.delete("/people/{person_id}/sessions", responses=problems(401, 403, 404))
async def end_sessions_of(request: Request, caller: MayWrite, session: Writes, person_id: UUID) -> Ended:
    """Sign somebody out everywhere; their pictures and connections stop at once."""
    person = await service.reach(session, caller, person_id)
    ended = await endings.end_sessions(session, person_id)
    if ended:
        await _noted(session, caller, person_id, person.name, request.app.state.clock.now(), ended)
    return Ended(ended=ended)


@router.delete("/people/{person_id}/sessions/{session_id}", status_code=204, responses=problems(401, 403, 404))
async def end_session_of(
    request: Request, caller: MayWrite, session: Writes, person_id: UUID, session_id: UUID
) -> None:
    """Sign somebody out of one browser."""
    person = await service.reach(session, caller, person_id)
    ended = await endings.end_sessions(session, person_id, only=session_id)
    if not ended:
        raise _unknown(session_id)
    await _noted(session, caller, person_id, person.name, request.app.state.clock.now(), ended)


async def _noted(session: Writes, caller: Identity, person_id: UUID, name: str, now: datetime, ended: int) -> None:
    actor = audit.Actor.of(caller)
    await audit.record(
        session,
        actor,
        "access.sessions_ended",
        now,
        kind="person",
        subject_id=person_id,
        subject_name=name,
        ended=ended,
    )


def _unknown(session_id: UUID) -> Refusal:
    return Refusal("access.session_unknown", status=404, operand="id", actual=str(session_id))


def _out(row: SessionRow, caller: Identity) -> SessionOut:
    return SessionOut(
        id=row.id,
        address=row.address,
        agent=row.agent,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        provider=row.provider,
        factor=row.factor_at is not None,
        current=row.id == caller.session_id,
    )
