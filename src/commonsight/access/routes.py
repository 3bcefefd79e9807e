"""HTTP: sessions, one's own account and its tokens. People are in `people_routes.py`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, SecretStr
from starlette.responses import JSONResponse

from commonsight.access import (
    audit_routes,
    cookies,
    factor_routes,
    first,
    oidc_routes,
    people_routes,
    service,
    session_routes,
    sessions,
    store,
    tokens,
)
from commonsight.access.cookies import COOKIE as COOKIE
from commonsight.access.model import Identity, permissions, roles
from commonsight.access.tables import TokenRow
from commonsight.access.totp import CODE_LONGEST
from commonsight.http import Page, Reads, Writes, problems, public, requires
from commonsight.places import store as places
from commonsight.records.database import ReadSession

router = APIRouter(tags=["access"])
router.include_router(people_routes.router)
router.include_router(audit_routes.router)

Me = Annotated[Identity, requires("me.read")]
MyAccount = Annotated[Identity, requires("me.write")]
MyTokens = Annotated[Identity, requires("tokens.own")]


class Login(BaseModel):
    """Name and password."""

    name: str = Field(min_length=1, max_length=100, examples=["admin"])
    password: SecretStr = Field(min_length=1, max_length=500, examples=["k7pd-m2xw-9qfe-hh4c"])
    code: SecretStr | None = Field(
        None, max_length=CODE_LONGEST, description="of the authenticator, or a recovery code, where there is one"
    )


class RegionName(BaseModel):
    """A region a person may see, with everything below it."""

    code: str = Field(examples=["45"])
    name: str = Field(examples=["广西壮族自治区"])


class MeOut(BaseModel):
    """Who is signed in, and what they may do."""

    id: UUID
    name: str = Field(examples=["admin"])
    display_name: str = Field(examples=["管理员"])
    organisation: str = Field(examples=["南宁市大数据发展局"])
    roles: list[str] = Field(examples=[["administrator"]])
    permissions: list[str] = Field(examples=[["cameras.read", "pictures.view"]])
    regions: list[RegionName]
    language: Literal["zh", "en"]
    must_change_password: bool
    factor_owed: Literal["enrol", "code"] | None = Field(
        description="what this session owes before anything else: an authenticator to set up, or its code"
    )


class LoggedIn(BaseModel):
    """Answer to a login; the session itself is in the cookie."""

    person: MeOut


class NewPassword(BaseModel):
    """The present password and the one to come."""

    old: SecretStr = Field(max_length=500)
    new: SecretStr = Field(max_length=500, description="10 to 200 characters, not built on the name")


class OwnChange(BaseModel):
    """What a person may change of their own account."""

    language: Literal["zh", "en"] = Field(examples=["en"])


class TokenIn(BaseModel):
    """A token to make."""

    name: str = Field(min_length=1, max_length=80, examples=["nightly report"])
    permissions: list[str] = Field(min_length=1, max_length=50, examples=[["counts.read"]])
    expires_at: AwareDatetime = Field(examples=["2027-01-01T00:00:00Z"], description="at most 366 days ahead")


class TokenOut(BaseModel):
    """A token without its secret."""

    id: UUID
    name: str
    hint: str = Field(description="last four characters of the secret")
    permissions: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = Field(description="last use, to the minute")


class NewTokenOut(TokenOut):
    """A token with its secret: shown now and never again."""

    token: str = Field(examples=["cst_…"])


class NamedCode(BaseModel):
    """A code with its names in both languages."""

    code: str
    zh: str
    en: str


class RoleOut(NamedCode):
    """A role and what it allows."""

    permissions: list[NamedCode]


def address_of(request: Request) -> str:
    """The peer's address, as the server saw it (a proxy's forwarded one when the server is told to trust it)."""
    return request.client.host if request.client else ""


async def me_out(session: ReadSession, caller: Identity) -> MeOut:
    """A caller as the page sees them."""
    named = await places.names(session, caller.regions)
    return MeOut(
        id=caller.id,
        name=caller.name,
        display_name=caller.display_name,
        organisation=caller.organisation,
        roles=list(caller.roles),
        permissions=sorted(caller.permissions),
        regions=[RegionName(code=code, name=named.get(code, code)) for code in caller.regions],
        language="en" if caller.language == "en" else "zh",
        must_change_password=caller.must_change_password,
        factor_owed=caller.factor_owed,
    )


@router.post("/sessions", status_code=201, dependencies=[public()], responses=problems(401, 422, 429, 503))
async def log_in(request: Request, response: Response, body: Login) -> LoggedIn:
    """Sign in; the answer sets the session cookie. An earlier session of this browser ends."""
    state = request.app.state
    opened = await sessions.login(
        state.database,
        state.clock,
        state.settings,
        name=body.name,
        password=body.password.get_secret_value(),
        code=None if body.code is None else body.code.get_secret_value(),
        address=address_of(request),
        agent=request.headers.get("user-agent"),
        replaces=request.cookies.get(COOKIE),
    )
    cookies.set_session(request, response, state.settings, opened.secret)
    async with state.database.read() as session:
        return LoggedIn(person=await me_out(session, opened.identity))


@router.delete("/sessions/current", status_code=204, responses=problems(401) | {200: {"model": oidc_routes.GoTo}})
async def log_out(request: Request, caller: Me) -> Response:
    """Sign out of this browser. 200 with an address when one is to sign out of the identity provider there, too."""
    leaving = await oidc_routes.leaving(request, caller)
    await sessions.logout(request.app.state.database, request.app.state.clock, caller)
    answer = Response(status_code=204) if leaving is None else JSONResponse({"url": leaving})
    cookies.forget_session(request, answer, request.app.state.settings)
    return answer


# After "/sessions/current", which is no session's id.
router.include_router(session_routes.router)
router.include_router(factor_routes.router)
router.include_router(oidc_routes.router)


@router.get("/me", responses=problems(401))
async def me(caller: Me, session: Reads) -> MeOut:
    """Who is signed in, and what they may do."""
    return await me_out(session, caller)


@router.patch("/me", responses=problems(401, 403, 422))
async def change_me(request: Request, caller: MyAccount, session: Writes, body: OwnChange) -> MeOut:
    """Choose the language of the page and of messages."""
    person = await service.set_language(session, request.app.state.clock, caller, body.language)
    changed = sessions.identity_of(
        person,
        caller.organisation,
        session_id=caller.session_id,
        address=caller.address,
        factor_owed=caller.factor_owed,
    )
    return await me_out(session, changed)


@router.put("/me/password", status_code=204, responses=problems(401, 403, 422, 503))
async def change_password(
    request: Request, caller: Annotated[Identity, requires("me.password")], body: NewPassword
) -> None:
    """Change one's password; other sessions end."""
    state = request.app.state
    await service.change_own_password(
        state.database, state.clock, caller, body.old.get_secret_value(), body.new.get_secret_value()
    )
    if caller.name == first.FIRST_NAME:
        first.forget_first_password(state.settings)


@router.get("/tokens", responses=problems(401, 403))
async def my_tokens(request: Request, caller: MyTokens, session: Reads) -> Page[TokenOut]:
    """One's valid API tokens, newest first."""
    rows = await store.tokens_of(session, caller.id, request.app.state.clock.now())
    return Page(items=[_token(row) for row in rows])


@router.post("/tokens", status_code=201, responses=problems(401, 403, 409, 422))
async def add_token(request: Request, caller: MyTokens, session: Writes, body: TokenIn) -> NewTokenOut:
    """Make an API token: `Authorization: Bearer cst_…`. It may do a part of what its holder may, until it expires."""
    made = await tokens.add(
        session,
        request.app.state.clock,
        caller,
        name=body.name,
        permissions=body.permissions,
        expires_at=body.expires_at,
    )
    return NewTokenOut(**_token(made.row).model_dump(), token=made.secret)


@router.delete("/tokens/{token_id}", status_code=204, responses=problems(401, 403, 404))
async def revoke_token(request: Request, caller: MyTokens, session: Writes, token_id: UUID) -> None:
    """Revoke a token; it stops working at once."""
    await tokens.revoke(session, request.app.state.clock, caller, token_id)


@router.get("/roles", dependencies=[requires("me.read")], responses=problems(401))
async def all_roles() -> Page[RoleOut]:
    """The roles and what each allows."""
    named = permissions()
    return Page(
        items=[
            RoleOut(
                code=role.code,
                zh=role.zh,
                en=role.en,
                permissions=[NamedCode(code=code, **named[code]) for code in sorted(role.permissions)],
            )
            for role in roles().values()
        ]
    )


def _token(row: TokenRow) -> TokenOut:
    return TokenOut(
        id=row.id,
        name=row.name,
        hint=row.hint,
        permissions=list(row.permissions),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
