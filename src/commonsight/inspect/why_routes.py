"""HTTP: why a camera does not play."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from commonsight.catalog import service as catalog
from commonsight.catalog.model import Camera
from commonsight.http import Caller, Reads, language_of, problems, requires
from commonsight.inspect import why
from commonsight.inspect.tasks import ask_for_check
from commonsight.inspect.why_model import Call, Evidence, State, diagnose
from commonsight.problem import Refusal
from commonsight.text import say

router = APIRouter(tags=["health"])

MayRead = Annotated[Caller, requires("health.read")]
MayWrite = Annotated[Caller, requires("health.write")]
MayCapture = Annotated[Caller, requires("gather.read")]

_WRONG_PICTURE = ("no_video", "unsupported_codec", "undecodable")


class Words(BaseModel):
    """A sentence in both languages."""

    zh: str
    en: str


class FindingOut(Words):
    """What is wrong."""

    code: str = Field(examples=["inspect.why_offline_silent"])
    next: Words = Field(description="what to do about it")


class RungOut(BaseModel):
    """One message on the wire."""

    at: datetime
    direction: str = Field(description="in: from the device; out: from us")
    line: str = Field(examples=["INVITE sip:45010000001320000001@10.0.0.9:5060 SIP/2.0"])


class SdpOut(BaseModel):
    """What was offered and answered in the last invitation."""

    offer: str | None
    answer: str | None


class RtpOut(BaseModel):
    """What came over the wire after the last invitation."""

    packets: int
    lost: int
    reordered: int
    bytes: int
    ssrc_expected: str | None
    ssrc_seen: str | None


class DecoderOut(BaseModel):
    """What decoding showed."""

    errors: int = Field(description="pictures that came incomplete or could not be decoded")
    words: str | None


class StepOut(BaseModel):
    """One step to a picture."""

    code: str = Field(examples=["registered"])
    name: str = Field(description="the step in the caller's language")
    state: State
    detail: str | None


class DiagnosisOut(BaseModel):
    """Why a camera does not play, or that it does."""

    finding: FindingOut
    ladder: list[RungOut]
    sdp: SdpOut
    rtp: RtpOut | None
    decoder: DecoderOut | None
    last_good_at: datetime | None
    steps: list[StepOut]


@router.get("/cameras/{camera_id}/diagnosis", responses=problems(401, 403, 404))
async def diagnosis(request: Request, caller: MayRead, session: Reads, camera_id: UUID) -> DiagnosisOut:
    """What is known about why a camera does not play, from the last try and the messages since."""
    camera = await catalog.camera(session, camera_id, caller.regions)
    state = request.app.state
    return _shown(await why.evidence(state.database, state.clock, camera), language_of(request))


@router.post("/cameras/{camera_id}/diagnosis", responses=problems(401, 403, 404, 409, 504))
async def attempt(request: Request, caller: MayWrite, camera_id: UUID) -> DiagnosisOut:
    """Try the camera now (at most 15 s), then what is known. The try is a check: it counts for the camera's health."""
    state = request.app.state
    async with state.database.write() as session:
        camera: Camera = await catalog.camera(session, camera_id, caller.regions)
        if camera.url is None or camera.archived_at is not None:
            raise Refusal(
                "inspect.no_source", status=409, rule="in use, with an address", operand="camera",
                actual=camera.row.name,
            )  # fmt: skip
        asked = state.clock.now()
        await ask_for_check(session, camera_id)
    if not await why.newer(state.database, state.clock, camera, asked):
        raise Refusal(
            "inspect.why_no_try", status=504, rule="a result in time", operand="check",
            expected=f"{why.WAIT_SECONDS:g} s",
        )  # fmt: skip
    return _shown(await why.evidence(state.database, state.clock, camera), language_of(request))


@router.get("/cameras/{camera_id}/diagnosis/capture", responses=problems(401, 403, 404, 503), response_class=Response)
async def capture(request: Request, caller: MayCapture, session: Reads, camera_id: UUID) -> Response:
    """The messages with a camera, and the device before it, as a pcap file.

    SIP as far as the signalling process remembers it; RTSP and HTTP from the last check that somebody asked for. Proofs
    of passwords are blanked, long bodies cut.
    """
    camera = await catalog.camera(session, camera_id, caller.regions)
    data = await why.capture(request.app.state.database, camera)
    name = f"camera-{camera.row.code}.pcap"
    return Response(
        data,
        media_type="application/vnd.tcpdump.pcap",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _shown(evidence: Evidence, language: str) -> DiagnosisOut:
    found = diagnose(evidence)
    code = f"inspect.why_{found.finding.code}"
    values = dict(found.finding.values)
    call = evidence.call
    return DiagnosisOut(
        finding=FindingOut(code=code, **_both(code, values), next=Words(**_both(f"{code}_next", values))),
        ladder=[RungOut(at=said.at, direction=said.direction, line=said.line) for said in evidence.said],
        sdp=SdpOut(offer=(call.offer or None) if call else None, answer=(call.answer or None) if call else None),
        rtp=_rtp(call),
        decoder=_decoder(evidence, language),
        last_good_at=evidence.last_good_at,
        steps=[
            StepOut(code=step.name, name=say(f"inspect.why_step_{step.name}", language), state=step.state,
                    detail=step.detail)
            for step in found.steps
        ],
    )  # fmt: skip


def _both(code: str, values: dict[str, Any]) -> dict[str, str]:
    return {language: say(code, language, **values) for language in ("zh", "en")}


def _rtp(call: Call | None) -> RtpOut | None:
    if call is None or not call.report:
        return None
    expected, seen = call.count("ssrc_expected"), call.count("ssrc_seen")
    return RtpOut(
        packets=call.count("packets"),
        lost=call.count("packets_lost"),
        reordered=call.count("packets_reordered"),
        bytes=call.count("bytes"),
        # Ten digits, as y= carries it.
        ssrc_expected=f"{expected:010d}" if expected else None,
        ssrc_seen=f"{seen:010d}" if seen else None,
    )


def _decoder(evidence: Evidence, language: str) -> DecoderOut | None:
    broken = 0 if evidence.call is None else evidence.call.count("units_broken")
    error = None if evidence.tried is None else evidence.tried.error
    if not broken and error not in _WRONG_PICTURE:
        return None
    words = say(f"inspect.why_source_{error}", language) if error in _WRONG_PICTURE else None
    return DecoderOut(errors=broken + (error == "undecodable"), words=words)
