"""HTTP: signing in with an identity provider, and joining one to one's own account."""

from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse

from commonsight.access import audit, cookies, oidc, oidc_store
from commonsight.access.model import Identity
from commonsight.access.oidc import NO_PASSWORD, SIGN_IN
from commonsight.access.oidc_client import Providers
from commonsight.access.store import person_for_update
from commonsight.http import Page, Reads, Writes, problems, public, requires
from commonsight.problem import Refusal
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

router = APIRouter()

Mine = Annotated[Identity, requires("me.password")]
LOGOUT_BYTES = 20_000


class ProviderOut(BaseModel):
    """An identity provider to sign in with."""

    name: str = Field(examples=["city"])
    title: str = Field(examples=["南宁市统一身份认证"])


class BeginIn(BaseModel):
    """Where to go once signed in."""

    model_config = ConfigDict(extra="forbid")

    return_to: str | None = Field(None, max_length=500, examples=["/cameras"], description="a path of the page")


class GoTo(BaseModel):
    """Where to send the browser now."""

    url: str


class IdentityOut(BaseModel):
    """A provider one can sign in with."""

    provider: str
    title: str
    subject: str = Field(description="what the provider calls one")
    created_at: datetime
    seen_at: datetime


@router.get("/sign-in/providers", dependencies=[public()])
async def sign_in_providers(request: Request) -> Page[ProviderOut]:
    """The identity providers people can sign in with here."""
    found = [client.provider for client in _providers(request)]
    return Page(items=[ProviderOut(name=each.name, title=each.title) for each in found])


@router.post("/sign-in/{provider}", dependencies=[public()], responses=problems(404, 422, 502, 503))
async def begin_sign_in(request: Request, response: Response, provider: str, body: BeginIn) -> GoTo:
    """Begin to sign in: send the browser to the answer's address; it comes back to `callback`."""
    return await _begun(request, response, provider, body.return_to, None)


@router.get("/sign-in/{provider}/callback", dependencies=[public()], status_code=303, include_in_schema=False)
async def finish_sign_in(request: Request, provider: str) -> Response:
    """Where a provider sends the browser back to. Whatever comes of it, a page is shown: this is a person's browser."""
    state = request.app.state
    settings: Settings = state.settings
    try:
        client = _providers(request).named(provider)
        done = await oidc.finish(
            state.database,
            state.clock,
            settings,
            client,
            query={name: value[:4_000] for name, value in request.query_params.items()},
            browser_secret=request.cookies.get(cookies.SIGN_IN_COOKIE),
            redirect_uri=_callback(request, provider),
            address=request.client.host if request.client else "",
            agent=request.headers.get("user-agent"),
            replaces=request.cookies.get(cookies.COOKIE),
        )
    except Refusal as refusal:
        log.warning("oidc_sign_in_refused", provider=provider[:40], code=refusal.code)
        asked = {"refused": refusal.code, "provider": provider[:40]}
        answer: Response = RedirectResponse(f"/login?{urlencode(asked)}", 303)
    else:
        answer = RedirectResponse(done.return_to, 303)
        if done.opened is not None:
            cookies.set_session(request, answer, settings, done.opened.secret)
    cookies.forget_sign_in(request, answer, settings)
    return answer


@router.post("/sign-in/{provider}/logout", dependencies=[public()], responses=problems(400, 403, 404, 502))
async def logout_from_outside(request: Request, provider: str) -> Response:
    """Back-channel logout: the provider says that somebody signed out there."""
    client = _providers(request).named(provider)
    body = await request.body()
    form = dict(parse_qsl(body[:LOGOUT_BYTES].decode("utf-8", "replace"), max_num_fields=10))
    state = request.app.state
    ended = await oidc.end_from_outside(state.database, state.clock, client, form.get("logout_token", ""))
    log.info("oidc_back_channel_logout", provider=provider, ended=ended)
    return Response(status_code=200)


@router.get("/me/identities", responses=problems(401))
async def my_identities(request: Request, caller: Mine, session: Reads) -> Page[IdentityOut]:
    """The providers one can sign in with."""
    titles = {client.provider.name: client.provider.title for client in _providers(request)}
    return Page(
        items=[
            IdentityOut(
                provider=row.provider,
                title=titles.get(row.provider, row.provider),
                subject=row.subject,
                created_at=row.created_at,
                seen_at=row.seen_at,
            )
            for row in await oidc_store.identities_of(session, caller.id)
        ]
    )


@router.post("/me/identities/{provider}", responses=problems(401, 403, 404, 502, 503))
async def join_identity(request: Request, response: Response, caller: Mine, provider: str) -> GoTo:
    """Join an identity to one's account: sign in at the provider, and it is."""
    return await _begun(request, response, provider, "/system/account", caller)


@router.delete("/me/identities/{provider}", status_code=204, responses=problems(401, 403, 404, 409))
async def leave_identity(request: Request, caller: Mine, session: Writes, provider: str) -> None:
    """Take a provider away from one's account."""
    person = await person_for_update(session, caller.id)
    if person is not None and person.password_hash == NO_PASSWORD:
        raise Refusal("access.oidc_only_way", status=409, rule="another way to sign in", operand="provider")
    if not await oidc_store.remove_identity(session, caller.id, provider):
        raise Refusal("access.oidc_unknown_provider", status=404, operand="provider", actual=provider[:40])
    now = request.app.state.clock.now()
    await audit.record(
        session,
        audit.Actor.of(caller),
        "access.identity_removed",
        now,
        kind="person",
        subject_id=caller.id,
        subject_name=caller.name,
        provider=provider,
    )


async def leaving(request: Request, caller: Identity) -> str | None:
    """Where to send a browser that signs out, when its session was opened with a provider that offers it."""
    state = request.app.state
    if caller.session_id is None:
        return None
    async with state.database.read() as session:
        name = await oidc_store.provider_of(session, caller.session_id)
    if name is None:
        return None
    try:
        return await oidc.leaving(_providers(request).named(name), f"{_origin(request)}/login")
    except Refusal as refusal:  # signing out here must not wait for anybody there
        log.warning("oidc_leaving_failed", provider=name, code=refusal.code)
        return None


async def _begun(
    request: Request, response: Response, provider: str, return_to: str | None, caller: Identity | None
) -> GoTo:
    state = request.app.state
    client = _providers(request).named(provider)
    begun = await oidc.begin(
        state.database,
        state.clock,
        client,
        redirect_uri=_callback(request, provider),
        return_to=return_to,
        person_id=None if caller is None else caller.id,
    )
    cookies.set_sign_in(request, response, state.settings, begun.browser_secret, int(SIGN_IN.total_seconds()))
    return GoTo(url=begun.url)


def _providers(request: Request) -> Providers:
    found: Providers = request.app.state.providers
    return found


def _origin(request: Request) -> str:
    """How people reach us: as configured, else as this browser did; a provider knows which of them are ours."""
    public = request.app.state.settings.api.public_url
    return str(public).rstrip("/") if public else f"{request.url.scheme}://{request.headers.get('host', '')}"


def _callback(request: Request, provider: str) -> str:
    return f"{_origin(request)}/api/v1/sign-in/{provider}/callback"
