"""What the HTTP interface says about cameras, and the filters it takes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from commonsight.catalog import vocabulary
from commonsight.catalog.model import Camera, CameraRow, Counts, Filters, Health, Named, Total
from commonsight.catalog.service import ADDRESS_MOST, NAME_MOST, UNIT_MOST
from commonsight.catalog.source import URL_MOST
from commonsight.http import Caller, Page, narrow
from commonsight.places.coordinates import System
from commonsight.places.model import checked
from commonsight.problem import Refusal

HealthWord = Literal["unknown", "works", "bad", "offline"]


class RegionName(BaseModel):
    """A region as it is named elsewhere."""

    code: str = Field(examples=["450103"])
    name: str | None = Field(examples=["青秀区"])


class NamedOut(BaseModel):
    """Something with an id and a name."""

    id: UUID
    name: str

    @classmethod
    def of(cls, named: Named) -> Self:
        return cls(id=named.id, name=named.name)


class CameraOut(BaseModel):
    """A camera in a list."""

    id: UUID
    code: str = Field(examples=["45010300001320000118"], description="GB/T 28181 identifier")
    name: str = Field(examples=["南宁市青秀区民族大道古城路口-东"])
    region: RegionName
    address: str
    platform: NamedOut | None
    organisation: str | None = Field(description="the unit that answers for it")
    kind: str
    sector: str
    place: str = Field(description="kind of place")
    point: tuple[float, float] | None = Field(description="[lon, lat], WGS-84 degrees")
    health: HealthWord
    health_at: datetime | None = Field(description="since when it is in this state; null before the first check")
    has_source: bool
    analysis: bool
    demo: bool


def plain(row: CameraRow) -> dict[str, Any]:
    """A `CameraOut` as JSON-able values. By hand: checking our own rows again took most of a list's time."""
    return {
        "id": str(row.id),
        "code": row.code,
        "name": row.name,
        "region": {"code": row.region, "name": row.region_name},
        "address": row.address,
        "platform": None if row.platform is None else {"id": str(row.platform.id), "name": row.platform.name},
        "organisation": row.organisation,
        "kind": row.kind,
        "sector": row.sector,
        "place": row.place,
        "point": row.point,
        "health": row.health.word,
        "health_at": None if row.health_at is None else row.health_at.isoformat().replace("+00:00", "Z"),
        "has_source": row.has_source,
        "analysis": row.analysis,
        "demo": row.demo,
    }


class AtLeast(BaseModel):
    """A count that was given up."""

    at_least: int = Field(alias="atLeast")


class CamerasOut(Page[CameraOut]):
    """One page of cameras."""

    total: int | AtLeast = Field(description="how many in all; `atLeast` when counting on would cost too much")

    @staticmethod
    def body(rows: Sequence[CameraRow], following: str | None, total: Total) -> dict[str, Any]:
        """A page as JSON-able values."""
        count = total.count if total.exact else {"atLeast": total.count}
        return {"items": [plain(row) for row in rows], "next": following, "total": count}


class SourceOut(BaseModel):
    """How a camera is reached. The password is never shown."""

    protocol: str
    url: str
    username: str | None


class CameraDetail(CameraOut):
    """Everything the file holds about a camera."""

    path: list[RegionName] = Field(description="regions from the province down")
    source: SourceOut | None
    system: System = Field(description="coordinate system the place was given in")
    original: tuple[float, float] | None = Field(description="coordinates as given, in `system`")
    direction: float | None = Field(description="where it looks, degrees clockwise from north")
    field_angle: float | None = Field(description="horizontal field of view, degrees")
    view_distance: float | None = Field(description="how far it sees, metres")
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    file: dict[str, str] = Field(
        examples=[{"point_class": "1", "install_time": "2021-03-05"}],
        description="the fields of the file without a place of their own above, by code (GET /records/fields)",
    )

    @classmethod
    def detail(cls, camera: Camera, path: list[RegionName]) -> Self:
        source = None
        if camera.url is not None:
            source = {"protocol": camera.protocol, "url": camera.url, "username": camera.username}
        return cls.model_validate(
            plain(camera.row)
            | {
                "path": path,
                "source": source,
                "system": camera.system,
                "original": camera.original,
                "direction": camera.view.direction,
                "field_angle": camera.view.field_angle,
                "view_distance": camera.view.distance,
                "created_at": camera.created_at,
                "updated_at": camera.updated_at,
                "archived_at": camera.archived_at,
                "file": {name: value for name, value in camera.file.items() if value},
            }
        )


class CameraIn(BaseModel):
    """What people may say about a camera. A field that is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=NAME_MOST)
    code: str | None = Field(default=None, max_length=20, description="GB/T 28181 identifier; given out when left out")
    region: str | None = Field(default=None, examples=["450103"])
    address: str | None = Field(default=None, max_length=ADDRESS_MOST)
    platform_id: UUID | None = None
    organisation: str | None = Field(default=None, max_length=UNIT_MOST)
    kind: str | None = None
    sector: str | None = None
    place: str | None = None
    direction: float | None = Field(default=None, ge=0, le=360, description="degrees clockwise from north")
    field_angle: float | None = Field(default=None, gt=0, le=360, description="horizontal, degrees")
    view_distance: float | None = Field(default=None, gt=0, le=5000, description="metres")
    point: tuple[float, float] | None = Field(default=None, description="[lon, lat] in `system`")
    system: System | None = Field(
        default=None,
        description="coordinate system of `point`; WGS-84 when left out, any other needs `cameras.convert`",
    )
    url: str | None = Field(default=None, max_length=URL_MOST, examples=["rtsp://camera.example/stream"])
    username: str | None = Field(default=None, max_length=200)
    password: SecretStr | None = Field(default=None, max_length=200)
    file: dict[str, str | None] | None = Field(
        default=None,
        max_length=100,
        examples=[{"maintenance_unit": "广西某某运维有限公司", "record_days": "30"}],
        description="fields of the file by code; those left out stay, null or an empty text takes a value away",
    )


class TreeOut(BaseModel):
    """A region with the cameras inside it, by health."""

    code: str
    name: str
    level: int
    total: int
    works: int
    bad: int
    offline: int
    unknown: int
    children: int = Field(description="regions directly below")


class CountsOut(BaseModel):
    """Cameras by health."""

    total: int
    works: int
    bad: int
    offline: int
    unknown: int

    @classmethod
    def of(cls, counts: Counts) -> Self:
        return cls(
            total=counts.total,
            works=counts.works,
            bad=counts.bad,
            offline=counts.offline,
            unknown=counts.unknown,
        )


class WordOut(BaseModel):
    """A word of a closed vocabulary."""

    code: str
    zh: str
    en: str


class VocabularyOut(BaseModel):
    """The words that filters and records use."""

    kinds: list[WordOut]
    sectors: list[WordOut]
    places: list[WordOut]


class PlatformOut(NamedOut):
    """A video platform that cameras come from."""

    code: str | None
    region: str


class DensityOut(BaseModel):
    """The map below zoom 9: cameras by H3 cell."""

    mode: Literal["density"]
    resolution: int = Field(description="H3 resolution")
    cells: list[tuple[str, int, int, int, int, int]] = Field(
        description="[H3 cell, total, works, bad, offline, unknown]"
    )


class PointsOut(BaseModel):
    """The map from zoom 9: single cameras."""

    mode: Literal["points"]
    points: list[tuple[float, float, int, UUID]] = Field(description="[lon, lat, health 0..3, id]")
    truncated: bool = Field(description="the window holds more than are shown")


def group_of(said: str) -> tuple[UUID, str]:
    """The platform and the group that an id of the tree of groups names.

    Raises:
        Refusal: `catalog.group_unknown`.
    """
    source, _, code = said.partition(":")
    try:
        if code:
            return UUID(source), code
    except ValueError:
        pass
    raise Refusal(
        "catalog.group_unknown", status=422, rule="id of a group", operand="group", expected="id", actual=said[:80]
    )


class GroupOut(BaseModel):
    """A business group or virtual organisation with all cameras in it and below it, by health."""

    id: str = Field(description="for `parent` here and for `group` in lists and maps")
    name: str
    kind: Literal["source", "group", "organisation"]
    total: int
    works: int
    bad: int
    offline: int
    unknown: int
    children: int = Field(description="groups directly below")


class Asked(BaseModel):
    """The filters of a list, a map or an export, as query parameters."""

    region: str | None = None
    health: HealthWord | None = None
    q: str = ""
    platform: UUID | None = None
    kind: str | None = None
    sector: str | None = None
    place: str | None = None
    group: str | None = None
    selection: UUID | None = None
    has_source: bool | None = None
    analysis: bool | None = None
    demo: bool | None = None
    archived: bool = False

    def within(self, caller: Caller) -> Filters:
        """Checked, and cut to what the caller may see."""
        return Filters(
            regions=narrow(caller, None if not self.region else checked(self.region)),
            health=None if self.health is None else Health.of(self.health),
            q=self.q,
            platform=self.platform,
            kind=None if not self.kind else vocabulary.checked_kind(self.kind),
            sector=None if not self.sector else vocabulary.checked_sector(self.sector),
            place=None if not self.place else vocabulary.checked_place(self.place),
            group=None if not self.group else group_of(self.group),
            selection=self.selection,
            has_source=self.has_source,
            analysis=self.analysis,
            demo=self.demo,
            archived=self.archived,
        )


def _asked(
    region: Annotated[str | None, Query(examples=["4501"], description="division code prefix")] = None,
    health: Annotated[HealthWord | None, Query(description="only cameras in this state")] = None,
    q: Annotated[
        str, Query(max_length=100, examples=["古城路口"], description="in name or address, or how a code begins")
    ] = "",
    platform: Annotated[UUID | None, Query(description="only cameras of this platform")] = None,
    kind: Annotated[str | None, Query(max_length=40, examples=["dome"])] = None,
    sector: Annotated[str | None, Query(max_length=40, examples=["traffic"])] = None,
    place: Annotated[str | None, Query(max_length=40, examples=["school"], description="kind of place")] = None,
    group: Annotated[
        str | None,
        Query(max_length=80, description="in this business group or below it: its `id` in the tree of groups"),
    ] = None,
    selection: Annotated[UUID | None, Query(description="members of this selection (POST /cameras/selections)")] = None,
    has_source: Annotated[bool | None, Query(description="with, or without, an address")] = None,
    analysis: Annotated[bool | None, Query(description="watched by analysis, or not")] = None,
    demo: Annotated[bool | None, Query(description="invented for the demo, or not")] = None,
    archived: Annotated[bool, Query(description="those out of use instead of those in use")] = False,
) -> Asked:
    return Asked(
        region=region,
        health=health,
        q=q,
        platform=platform,
        kind=kind,
        sector=sector,
        place=place,
        group=group,
        selection=selection,
        has_source=has_source,
        analysis=analysis,
        demo=demo,
        archived=archived,
    )


Filtered = Annotated[Asked, Depends(_asked)]
