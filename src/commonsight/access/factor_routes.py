"""HTTP: one's own second factor, and taking a lost one away from somebody."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from commonsight.access import factors, service
from commonsight.access.model import Identity
from commonsight.access.totp import CODE_LONGEST
from commonsight.http import Writes, problems, requires
from commonsight.problem import Refusal

router = APIRouter()

Mine = Annotated[Identity, requires("me.factor")]
MayWrite = Annotated[Identity, requires("people.write")]


class FactorOut(BaseModel):
    """How one's second factor stands."""

    confirmed_at: datetime | None = Field(description="null: none is set up")
    recovery_left: int = Field(description="recovery codes not used yet")
    required: bool = Field(description="one of one's roles asks for it")


class EnrolmentOut(BaseModel):
    """An authenticator about to be set up: shown now and never again."""

    secret: str = Field(examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"], description="to type in, base32")
    address: str = Field(examples=["otpauth://totp/…"], description="to show as a QR code")


class CodeIn(BaseModel):
    """A code of the authenticator, or a recovery code."""

    model_config = ConfigDict(extra="forbid")

    code: SecretStr = Field(min_length=6, max_length=CODE_LONGEST, examples=["287082"])


class RecoveryOut(BaseModel):
    """Recovery codes: shown now and never again; each works once."""

    codes: list[str] = Field(examples=[["k7pd-m2xw-9qfe-hh4c"]])


@router.get("/me/factor", responses=problems(401))
async def my_factor(request: Request, caller: Mine) -> FactorOut:
    """How one's second factor stands."""
    state = request.app.state
    found = await factors.state(state.database, caller.id)
    required = bool(set(state.settings.access.second_factor) & set(caller.roles))
    return FactorOut(confirmed_at=found.confirmed_at, recovery_left=found.recovery_left, required=required)


@router.post("/me/factor", status_code=201, responses=problems(401, 403, 409))
async def begin_factor(request: Request, caller: Mine, session: Writes) -> EnrolmentOut:
    """Begin to set up an authenticator; it counts once a code of it was confirmed."""
    state = request.app.state
    made = await factors.begin(session, state.settings.data_dir, caller, state.clock.now())
    return EnrolmentOut(secret=made.secret, address=made.address)


@router.put("/me/factor", responses=problems(401, 403, 409, 422))
async def confirm_factor(request: Request, caller: Mine, session: Writes, body: CodeIn) -> RecoveryOut:
    """Confirm the authenticator by a code of it; the answer holds the recovery codes. Other sessions end."""
    state = request.app.state
    code = body.code.get_secret_value()
    codes = await factors.confirm(session, state.settings.data_dir, caller, code, state.clock.now())
    if codes is None:
        raise Refusal("access.code_wrong", status=422, rule="second factor", operand="code")
    return RecoveryOut(codes=codes)


@router.post("/me/factor/proof", status_code=204, responses=problems(401, 403, 409, 422, 429))
async def prove_factor(request: Request, caller: Mine, body: CodeIn) -> None:
    """Give the code that this session still owes (after a sign-in with another provider)."""
    await _asked(request, caller, body)


@router.post("/me/factor/recovery-codes", status_code=201, responses=problems(401, 403, 409, 422, 429))
async def new_recovery_codes(request: Request, caller: Mine, body: CodeIn) -> RecoveryOut:
    """Make new recovery codes; the earlier ones stop working."""
    await _asked(request, caller, body)
    state = request.app.state
    async with state.database.write() as session:
        return RecoveryOut(codes=await factors.new_codes(session, caller, state.clock.now()))


@router.post("/me/factor/removal", status_code=204, responses=problems(401, 403, 409, 422, 429))
async def remove_factor(request: Request, caller: Mine, body: CodeIn) -> None:
    """Take one's authenticator away, by a code of it."""
    await _asked(request, caller, body)
    state = request.app.state
    async with state.database.write() as session:
        await factors.remove_own(session, caller, state.clock.now())


@router.delete("/people/{person_id}/factor", status_code=204, responses=problems(401, 403, 404, 409))
async def remove_factor_of(request: Request, caller: MayWrite, session: Writes, person_id: UUID) -> None:
    """Take a lost authenticator away from somebody; their sessions end."""
    person = await service.reach(session, caller, person_id)
    await factors.remove_of(session, caller, person, request.app.state.clock.now())


async def _asked(request: Request, caller: Identity, body: CodeIn) -> None:
    state = request.app.state
    code = body.code.get_secret_value()
    await factors.asked(state.database, state.settings.data_dir, caller, code, state.clock.now())
