"""Grants: who may do what with which cameras, why and when. Pure types and rules; permits are given under them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from shapely import Point
from shapely.geometry.base import BaseGeometry

from commonsight.catalog import areas
from commonsight.gate.model import Action, Door, Limits

HolderKind = Literal["person", "organisation", "role"]
Miss = Literal["holder", "camera", "action", "purpose", "hours", "starts_at", "expires_at", "revoked_at"]
"""What a grant falls short by, in the order it is looked at."""

MISSES: Final[tuple[Miss, ...]] = (
    "holder",
    "revoked_at",
    "expires_at",
    "camera",
    "action",
    "purpose",
    "starts_at",
    "hours",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a choice of cameras looks at in one camera. `point`: (lon, lat), WGS-84 degrees. `groups`: those it is in,
    and those above them, as (source, code)."""

    id: UUID
    name: str
    region: str
    kind: str
    sector: str
    place: str
    point: tuple[float, float] | None = None
    groups: frozenset[tuple[UUID, str]] = frozenset()

    def tags(self) -> frozenset[str]:
        """What the camera file says of it in words that can be chosen by."""
        return frozenset({f"kind:{self.kind}", f"sector:{self.sector}", f"place:{self.place}"})


@dataclass(frozen=True)
class Selection:
    """A choice of cameras: those in any of the regions, groups, the polygon, or named; narrowed by tags.

    Args:
        everything: all cameras; then only tags narrow.
        regions: prefixes of division codes.
        groups: business groups and virtual organisations as (source, code), with all below them.
        tags: `kind:…`, `sector:…`, `place:…` in the camera file's own words. Tags of one kind are alternatives, tags of
            different kinds must all hold.
        polygon: GeoJSON Polygon or MultiPolygon, WGS-84 degrees.
        cameras: single cameras.
    """

    everything: bool = False
    regions: tuple[str, ...] = ()
    groups: tuple[tuple[UUID, str], ...] = ()
    tags: tuple[str, ...] = ()
    polygon: Mapping[str, Any] | None = field(default=None, hash=False)
    cameras: frozenset[UUID] = frozenset()

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Selection":
        """From its stored form."""
        return cls(
            everything=bool(kept.get("everything")),
            regions=tuple(kept.get("regions", ())),
            groups=tuple((UUID(group["source"]), group["code"]) for group in kept.get("groups", ())),
            tags=tuple(kept.get("tags", ())),
            polygon=kept.get("polygon"),
            cameras=frozenset(UUID(camera) for camera in kept.get("cameras", ())),
        )

    def as_json(self) -> dict[str, Any]:
        """Its stored form: only what is said."""
        said = {
            "everything": self.everything,
            "regions": list(self.regions),
            "groups": [{"source": str(source), "code": code} for source, code in self.groups],
            "tags": list(self.tags),
            "polygon": None if self.polygon is None else dict(self.polygon),
            "cameras": sorted(str(camera) for camera in self.cameras),
        }
        return {key: value for key, value in said.items() if value}

    @cached_property
    def shape(self) -> BaseGeometry | None:
        """The polygon, read once."""
        return None if self.polygon is None else areas.polygon(self.polygon)

    @property
    def placeless(self) -> bool:
        """True when nothing but tags narrows it."""
        return self.everything or not (self.regions or self.groups or self.polygon or self.cameras)

    @property
    def empty(self) -> bool:
        """True when nothing at all was chosen."""
        return self.placeless and not self.everything and not self.tags

    def holds(self, camera: Facts) -> bool:
        """Whether this camera is among those chosen."""
        return not self.empty and self._placed(camera) and self._tagged(camera)

    def _placed(self, camera: Facts) -> bool:
        if self.placeless or camera.id in self.cameras or camera.region.startswith(self.regions or ("-",)):
            return True
        if camera.groups.intersection(self.groups):
            return True
        # As PostgreSQL counts it: who stands on the edge is inside.
        return self.shape is not None and camera.point is not None and self.shape.covers(Point(camera.point))

    def _tagged(self, camera: Facts) -> bool:
        has = camera.tags()
        return all(has.intersection(any_of) for any_of in by_kind(self.tags).values())


def by_kind(tags: Iterable[str]) -> dict[str, list[str]]:
    """Tags by what stands before their colon."""
    found: dict[str, list[str]] = {}
    for tag in tags:
        found.setdefault(tag.partition(":")[0], []).append(tag)
    return found


@dataclass(frozen=True, slots=True)
class Hours:
    """A daily window in a region's own time. `end` before `begin` reaches over midnight, and is of the day it began.

    Args:
        days: 1 (Monday) to 7.
        zone: IANA name.
    """

    begin: time
    end: time
    days: frozenset[int] = frozenset(range(1, 8))
    zone: str = "Asia/Shanghai"

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Hours":
        """From its stored form."""
        return cls(
            time.fromisoformat(kept["from"]), time.fromisoformat(kept["to"]), frozenset(kept["days"]), kept["zone"]
        )

    def as_json(self) -> dict[str, Any]:
        """Its stored form."""
        return {
            "from": f"{self.begin:%H:%M}",
            "to": f"{self.end:%H:%M}",
            "days": sorted(self.days),
            "zone": self.zone,
        }

    def until(self, now: datetime) -> datetime | None:
        """When the window that is open at `now` closes; None when none is open."""
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):
            if day.isoweekday() not in self.days:
                continue
            over = self.end <= self.begin
            begins = datetime.combine(day, self.begin, zone)
            ends = datetime.combine(day + timedelta(days=int(over)), self.end, zone)
            if begins <= now < ends:
                return ends.astimezone(now.tzinfo)
        return None


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom permits are given to: a person with what they stand for."""

    id: UUID
    organisation: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Grant:
    """A standing permission to be given permits. `scope`: the giver's regions, which nothing in it exceeds."""

    id: UUID
    version: int
    holder_kind: HolderKind
    holder: str
    holder_name: str
    door: Door
    cameras: Selection
    scope: tuple[str, ...]
    actions: frozenset[Action]
    purposes: frozenset[str]
    hours: Hours | None
    starts_at: datetime
    expires_at: datetime | None
    limits: Limits
    basis: str
    built_in: bool
    granted_by: UUID | None
    granted_by_name: str
    granted_at: datetime
    request_id: UUID | None = None
    revoked_at: datetime | None = None
    revoked_by: UUID | None = None
    revoked_by_name: str | None = None
    revoked_reason: str | None = None

    def held_by(self, holder: Holder) -> bool:
        """Whether it is this person's: their own, their organisation's, or a role's of theirs."""
        match self.holder_kind:
            case "person":
                return self.holder == str(holder.id)
            case "organisation":
                return bool(holder.organisation) and self.holder == holder.organisation
            case "role":
                return self.holder in holder.roles

    def holds(self, camera: Facts) -> bool:
        """Whether this camera is meant, now that cameras are where they are."""
        return camera.region.startswith(self.scope or ("-",)) and self.cameras.holds(camera)

    def miss(
        self, holder: Holder, camera: Facts, action: Action, purpose: str | None, now: datetime
    ) -> tuple[Miss, Any, Any] | None:
        """The first thing it falls short by, with what it asks for and what was found; None when it covers this.

        `purpose` None: for what states none (turning a camera).
        """
        if not self.held_by(holder):
            return "holder", f"{self.holder_kind}:{self.holder_name}", str(holder.id)
        if self.revoked_at is not None:
            return "revoked_at", None, self.revoked_at.isoformat()
        if self.expires_at is not None and now >= self.expires_at:
            return "expires_at", self.expires_at.isoformat(), now.isoformat()
        if not self.holds(camera):
            return "camera", self.cameras.as_json(), str(camera.id)
        if action not in self.actions:
            return "action", sorted(self.actions), action.value
        if purpose is not None and self.purposes and purpose not in self.purposes:
            return "purpose", sorted(self.purposes), purpose
        if now < self.starts_at:
            return "starts_at", self.starts_at.isoformat(), now.isoformat()
        if self.hours is not None and self.hours.until(now) is None:
            return "hours", self.hours.as_json(), now.isoformat()
        return None

    def ends(self, now: datetime) -> datetime | None:
        """The moment a permit given now has to end by: expiry, or the close of the day's window."""
        ends = [end for end in (self.expires_at, self.hours.until(now) if self.hours else None) if end is not None]
        return min(ends, default=None)

    def width(self) -> tuple[int, float, float, int]:
        """To choose the widest of several: unmasked, then larger, then smoother pictures, then longer."""
        limits = self.limits
        return (
            int(limits.mask is None),
            float("inf") if limits.resolution is None else limits.resolution,
            float("inf") if limits.fps is None else limits.fps,
            10**6 if limits.minutes is None else limits.minutes,
        )
