"""HTTP: GB/T 28181 identifiers checked and given out, coordinates taken for another system."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from commonsight.access.audit import Actor
from commonsight.catalog import codes, conversion, numbering, service, vocabulary
from commonsight.catalog.model import Filters
from commonsight.http import Caller, Page, Reads, Writes, language_of, narrow, problems, requires
from commonsight.places import service as places
from commonsight.places import store as regions
from commonsight.places.coordinates import System
from commonsight.places.model import checked, covers
from commonsight.problem import Refusal
from commonsight.text import say

router = APIRouter(tags=["cameras"])

MayRead = Annotated[Caller, requires("cameras.read")]
MayWrite = Annotated[Caller, requires("cameras.write")]
MayConvert = Annotated[Caller, requires("cameras.convert")]

CODES_MOST = 1_000


class CodesIn(BaseModel):
    """Identifiers to look at."""

    model_config = ConfigDict(extra="forbid")

    codes: list[Annotated[str, Field(max_length=100)]] = Field(min_length=1, max_length=CODES_MOST)
    camera: bool = Field(default=True, description="they are to be cameras: other types are refused")


class NameOut(BaseModel):
    """A number's name."""

    zh: str
    en: str

    @classmethod
    def of(cls, name: codes.Name | None) -> Self | None:
        return None if name is None else cls(zh=name.zh, en=name.en)


class PartsOut(BaseModel):
    """An identifier taken apart."""

    centre: str
    region: str
    region_name: str | None = Field(description="null when the region tree does not know it")
    industry: str
    industry_name: NameOut | None
    type: int
    type_name: NameOut | None
    network: int
    network_name: NameOut | None
    serial: int


class CodeProblem(BaseModel):
    """The rule that an identifier breaks."""

    code: str
    message: str
    rule: str | None
    expected: object
    actual: object


class CodeOut(BaseModel):
    """What there is to say about one identifier."""

    code: str
    valid: bool
    taken: bool = Field(description="a camera has it, in use or archived")
    parts: PartsOut | None
    problem: CodeProblem | None


@router.post("/codes/check", responses=problems(401, 403, 422))
async def check(request: Request, caller: MayRead, session: Reads, said: CodesIn) -> Page[CodeOut]:  # noqa: ARG001
    """Take identifiers apart, say which rule a wrong one breaks, and whether a right one is taken."""
    language = language_of(request)
    parsed: dict[str, codes.GbCode | Refusal] = {}
    for code in said.codes:
        try:
            parsed[code] = codes.parse_camera(code.strip()) if said.camera else codes.parse(code.strip())
        except Refusal as refusal:
            parsed[code] = refusal
    good = {str(found): found for found in parsed.values() if isinstance(found, codes.GbCode)}
    taken = await numbering.owners(session, list(good))
    names = await regions.names(session, {found.region for found in good.values()})
    return Page(items=[_told(code, parsed[code], taken, names, language) for code in said.codes])


def _told(code: str, found: codes.GbCode | Refusal, taken: set[str], names: dict[str, str], language: str) -> CodeOut:
    if isinstance(found, Refusal):
        problem = CodeProblem(
            code=found.code,
            message=say(found.code, language, **found.facts()),
            rule=found.rule,
            expected=found.expected,
            actual=found.actual,
        )
        return CodeOut(code=code, valid=False, taken=False, parts=None, problem=problem)
    parts = PartsOut(
        centre=found.centre,
        region=found.region,
        region_name=names.get(found.region),
        industry=found.industry,
        industry_name=NameOut.of(codes.industry_name(found.industry)),
        type=found.type,
        type_name=NameOut.of(codes.type_name(found.type)),
        network=found.network,
        network_name=NameOut.of(codes.network_name(found.network)),
        serial=found.serial,
    )
    return CodeOut(code=str(found), valid=True, taken=str(found) in taken, parts=parts, problem=None)


class GenerateIn(BaseModel):
    """What identifiers are for."""

    model_config = ConfigDict(extra="forbid")

    region: str = Field(examples=["450103"])
    sector: str = Field(default="other", description="gives the industry and network digits")
    type: int = Field(default=int(codes.DeviceType.IP_CAMERA), description="type digits of the device")
    network: int | None = Field(default=None, ge=0, le=9, description="network digit; the sector's when left out")
    count: int = Field(default=1, ge=1, le=CODES_MOST)


class GeneratedOut(BaseModel):
    """Identifiers that no camera has, each given out once."""

    codes: list[str]


@router.post("/codes/generate", responses=problems(401, 403, 422, 503))
async def generate(caller: MayWrite, session: Writes, said: GenerateIn) -> GeneratedOut:
    """Give out identifiers; nobody else is given the same ones."""
    region = await places.existing(session, said.region)
    if not covers(caller.regions, region):
        raise Refusal(
            "catalog.region_outside",
            status=403,
            rule="within the caller's regions",
            operand="region",
            expected=list(caller.regions),
            actual=region,
        )
    sector = vocabulary.sectors()[vocabulary.checked_sector(said.sector)]
    try:
        kind = codes.DeviceType(said.type)
    except ValueError:
        raise Refusal(
            "catalog.code_invalid",
            status=422,
            rule="GB/T 28181 type (digits 11-13)",
            operand="type",
            expected=[int(known) for known in codes.DeviceType],
            actual=said.type,
        ) from None
    network = sector.network if said.network is None else said.network
    wanted = numbering.Wanted(region, sector.industry, network, kind)
    return GeneratedOut(codes=await numbering.give(session, [wanted] * said.count))


class ConvertIn(BaseModel):
    """Whose coordinates are in which system, and who says so."""

    model_config = ConfigDict(extra="forbid")

    system: System
    because: str = Field(min_length=1, max_length=500, examples=["平台方 2026-11-20 来函：点位表采用 GCJ-02"])
    cameras: list[UUID] | None = Field(default=None, min_length=1, max_length=conversion.CAMERAS_MOST)
    platform: UUID | None = None
    region: str | None = Field(default=None, examples=["450103"])
    dry_run: bool = False


class ConvertedOut(BaseModel):
    """What moved, or would move."""

    moved: int
    same: int = Field(description="taken for this system already")
    metres: tuple[float, float, float] | None = Field(description="least, median and most that cameras move")


@router.post("/cameras/convert", responses=problems(401, 403, 422))
async def convert(request: Request, caller: MayConvert, session: Writes, said: ConvertIn) -> ConvertedOut:
    """Take coordinates on file for another system, because their source says so.

    They are always read anew from what came in, never converted twice; taking them for WGS-84 undoes it.
    """
    if said.cameras is None and said.platform is None and said.region is None:
        raise Refusal("catalog.conversion_unbounded", status=422, rule="cameras, platform or region", operand="cameras")
    filters = Filters(narrow(caller, None if said.region is None else checked(said.region)), platform=said.platform)
    actor = Actor(caller.id, caller.name, getattr(caller, "address", None))
    done = await conversion.convert(
        session,
        filters,
        said.cameras,
        said.system,
        said.because,
        actor,
        request.app.state.clock.now(),
        dry_run=said.dry_run,
    )
    metres = None if done.metres is None else tuple(round(value, 1) for value in done.metres)
    return ConvertedOut(moved=len(done.moved), same=done.same, metres=metres)


class ConversionOut(BaseModel):
    """Once, a camera's coordinates were taken for another system."""

    at: datetime
    by: str
    because: str
    from_system: System
    to_system: System
    was: tuple[float, float]
    became: tuple[float, float]


@router.get("/cameras/{camera_id}/conversions", responses=problems(401, 403, 404))
async def conversions(caller: MayRead, session: Reads, camera_id: UUID) -> Page[ConversionOut]:
    """What this camera's coordinates were taken for, by whom and on whose word, newest first."""
    await service.camera(session, camera_id, caller.regions)
    return Page(
        items=[
            ConversionOut(
                at=row.at,
                by=row.by_name,
                because=row.because,
                from_system=row.from_system,
                to_system=row.to_system,
                was=(row.was_lon, row.was_lat),
                became=(row.lon, row.lat),
            )
            for row in await conversion.history(session, camera_id)
        ]
    )
