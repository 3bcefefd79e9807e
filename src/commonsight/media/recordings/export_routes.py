"""HTTP: exports of recordings: ask, follow, fetch, their certificates and the keys those were signed with."""

import base64
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import AwareDatetime, BaseModel, Field

from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.gate import viewers
from commonsight.http import (
    After,
    Limit,
    OnceOnly,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    language_of,
    problems,
    public,
    requires,
)
from commonsight.media.recordings import certificate_page, export_service, export_store
from commonsight.media.recordings.export_service import Asked
from commonsight.media.recordings.export_store import Export
from commonsight.media.recordings.views import Strict
from commonsight.problem import Refusal
from commonsight.text import say

router = APIRouter(tags=["recordings"])

Exports = Annotated[Identity, requires("pictures.export")]
Fetches = Annotated[Identity, requires("pictures.export", pictures="download")]
State = Literal["queued", "running", "done", "failed", "cancelled", "expired"]


class ExportIn(Strict):
    """Which recordings, and why."""

    cameras: list[UUID] = Field(min_length=1, max_length=export_service.CAMERAS_MOST)
    begin: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    purpose_code: str = Field(max_length=40, examples=["case"])
    purpose_text: str = Field("", max_length=2000)


class FileOut(BaseModel):
    """One file of an export."""

    name: str
    bytes: int
    sha256: str
    sm3: str
    camera_id: UUID
    camera_name: str


class ExportOut(BaseModel):
    """An export and how far it is."""

    id: UUID
    state: State
    progress: float = Field(description="0..1")
    cameras: list[UUID]
    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    viewer: str
    mine: bool
    purpose_code: str
    purpose_text: str
    mask: str | None
    code: str | None = Field(description="why there is no file")
    words: str | None = Field(description="the same in the caller's language")
    files: list[FileOut]
    asked_at: datetime
    ended_at: datetime | None
    expires_at: datetime | None = Field(description="the files are deleted then; the certificate stays")

    @classmethod
    def of(cls, found: Export, caller: UUID, language: str) -> Self:
        problem = found.problem or {}
        code = problem.get("code")
        facts = {key: value for key, value in problem.items() if key != "code"}
        return cls.model_validate(
            {
                "id": found.id, "state": found.state.value, "progress": found.progress, "cameras": found.cameras,
                "from": found.begins_at, "to": found.ends_at, "viewer": found.viewer, "mine": found.by_id == caller,
                "purpose_code": found.purpose_code, "purpose_text": found.purpose_text, "mask": found.mask,
                "code": code, "words": None if code is None else say(code, language, **facts),
                "files": [
                    {
                        "name": file["name"], "bytes": file["bytes"], "sha256": file["sha256"], "sm3": file["sm3"],
                        "camera_id": file["camera"]["id"], "camera_name": file["camera"]["name"],
                    }
                    for file in found.files
                ],
                "asked_at": found.asked_at, "ended_at": found.ended_at, "expires_at": found.expires_at,
            }
        )  # fmt: skip


class LinkOut(BaseModel):
    """Where a file can be fetched, once opened within a minute."""

    name: str
    camera_id: UUID
    url: str


class LinksOut(BaseModel):
    """Where the files of an export can be fetched, by the caller alone."""

    permit_id: UUID
    expires_at: datetime
    proof: str | None = Field(description="to be sent as X-Commonsight-Viewer when the media node is on another host")
    files: list[LinkOut]


class KeyOut(BaseModel):
    """A key that certificates of this platform are signed with."""

    algorithm: Literal["Ed25519"] = "Ed25519"
    key: str = Field(description="base64 of its public half")
    made_at: datetime


@router.post("/exports", status_code=202, responses=problems(401, 403, 404, 409, 422))
async def ask(
    request: Request, response: Response, caller: Fetches, session: Writes, once: OnceOnly, said: ExportIn
) -> ExportOut:
    """Ask for recordings as MP4 with the watermark in every picture. Made by a job; `GET /exports/{id}` follows it."""
    state = request.app.state
    asked = Asked(tuple(said.cameras), said.begin, said.end, said.purpose_code, said.purpose_text)
    made = await export_service.ask(session, caller, Actor.of(caller), asked, state.settings, state.clock.now())
    response.headers["Location"] = f"{request.url.path}/{made}"
    found = await export_service.seen(session, made, caller)
    return await once.keep(ExportOut.of(found, caller.id, language_of(request)), 202)


@router.get("/exports", responses=problems(401, 403, 422))
async def exports(
    request: Request, caller: Exports, session: Reads, everybody: bool = False, after: After = None, limit: Limit = 50
) -> Page[ExportOut]:
    """One's own exports, newest first; `everybody`'s within one's regions for who reads the register."""
    if everybody and "pictures.register" not in caller.permissions:
        raise Refusal(
            "access.forbidden", status=403, rule="permission", operand="everybody", expected="pictures.register"
        )
    last = cursor_decode("exports", after, datetime, UUID) if after else None
    found = await export_store.page(
        session, by_id=None if everybody else caller.id, regions=caller.regions,
        after=None if last is None else (last[0], last[1]), limit=limit + 1,
    )  # fmt: skip
    following = cursor_encode("exports", found[limit - 1].asked_at, found[limit - 1].id) if len(found) > limit else None
    language = language_of(request)
    return Page(items=[ExportOut.of(one, caller.id, language) for one in found[:limit]], next=following)


@router.get("/exports/keys", dependencies=[public()])
async def keys(session: Reads) -> Page[KeyOut]:
    """The keys that certificates were ever signed with here, newest first. Anybody may check a certificate."""
    found = await export_store.signing_keys(session)
    return Page(
        items=[KeyOut(key=base64.b64encode(row.public_key).decode(), made_at=row.made_at) for row in found], next=None
    )


@router.get("/exports/{export_id}", responses=problems(401, 403, 404))
async def export(request: Request, caller: Exports, session: Reads, export_id: UUID) -> ExportOut:
    """One export."""
    found = await export_service.seen(session, export_id, caller)
    return ExportOut.of(found, caller.id, language_of(request))


@router.delete("/exports/{export_id}", status_code=204, responses=problems(401, 403, 404))
async def cancel(request: Request, caller: Exports, session: Writes, export_id: UUID) -> Response:
    """Stop making an export, or let its files go before their time. The certificate stays."""
    found = await export_service.seen(session, export_id, caller, lock=True)
    await export_service.cancel(session, found, Actor.of(caller), request.app.state.clock.now())
    return Response(status_code=204)


@router.post("/exports/{export_id}/links", status_code=201, responses=problems(401, 403, 404, 409, 503))
async def links(request: Request, response: Response, caller: Fetches, session: Writes, export_id: UUID) -> LinksOut:
    """Addresses to fetch the files, each registered when it is used. A grant must cover them now."""
    state = request.app.state
    found = await export_service.seen(session, export_id, caller)
    base = await state.locate(session, found.cameras[0], request)
    kept = viewers.keep(request, response, base or "", program=caller.token_id is not None)
    issued = await export_service.link(session, found, caller, kept.secret, state.clock.now())
    if base is None:
        raise Refusal("gate.media_unavailable", status=503, rule="a media node is running", operand="export")
    base = "http" + base.removeprefix("ws")
    response.headers["Cache-Control"] = "no-store"
    files = [
        LinkOut(
            name=str(file["name"]), camera_id=UUID(file["camera"]["id"]),
            url=f"{base}/export?" + urlencode(
                {"ticket": issued.ticket, "camera": file["camera"]["id"], "export": str(found.id)}
            ),
        )
        for file in found.files
    ]  # fmt: skip
    return LinksOut(permit_id=issued.permit.id, expires_at=issued.permit.expires_at, proof=kept.proof, files=files)


@router.get("/exports/{export_id}/certificate", responses=problems(401, 403, 404, 409))
async def certificate(caller: Exports, session: Reads, export_id: UUID) -> JSONResponse:
    """The certificate: signed JSON, checked by anybody with `commonsight exports verify FILE CERTIFICATE`."""
    name = f"certificate-{export_id}.json"
    return JSONResponse(
        await _certified(session, export_id, caller), headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.get(
    "/exports/{export_id}/certificate.html", response_class=HTMLResponse, responses=problems(401, 403, 404, 409)
)
async def readable(caller: Exports, session: Reads, export_id: UUID) -> HTMLResponse:
    """The certificate as one page to read and to print, in both languages."""
    document = await _certified(session, export_id, caller)
    name = f"certificate-{export_id}.html"
    return HTMLResponse(
        certificate_page.page(document), headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


async def _certified(session: Reads, export_id: UUID, caller: Identity) -> dict[str, Any]:
    found = await export_service.seen(session, export_id, caller)
    if found.certificate is None:
        raise Refusal("media.export_not_ready", status=409, operand="state", expected="done", actual=found.state.value)
    return found.certificate
