"""What the HTTP interface says of recordings, and what it takes."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from commonsight.gate.grant_model import Selection
from commonsight.gate.grant_views import SelectionIn
from commonsight.media.recordings import service
from commonsight.media.recordings.model import (
    ALWAYS,
    NAME_MOST,
    ORDER_MINUTES_MOST,
    RETENTION_LEAST,
    Held,
    Plan,
    checked_hours,
    checked_retention,
)

Kind = Literal["continuous", "event", "manual"]
Weekly = list[list[tuple[int, int]]]
_EVERY_HOUR: Weekly = [[list(period) for period in day] for day in ALWAYS]  # type: ignore[misc]


class Strict(BaseModel):
    """What is sent to us: a field we do not know is a mistake that has to be seen."""

    model_config = ConfigDict(extra="forbid")


class PlanIn(Strict):
    """A recording plan."""

    name: str = Field(min_length=1, max_length=NAME_MOST, examples=["青秀区重点路口"])
    cameras: SelectionIn
    hours: Weekly = Field(
        default=_EVERY_HOUR,
        description="seven days from Monday, each its periods [from, to) in minutes of the day, in the region's zone",
    )
    retention_days: int = Field(RETENTION_LEAST, description="the law asks for 30 at least")
    quota_bytes: int | None = Field(None, gt=0, description="most that one node keeps of this plan")
    priority: int = Field(5, ge=1, le=9, description="1 the most important; what goes first when a disk fills")
    enabled: bool = True

    def given(self) -> service.Given:
        """The same for the service. Raises Refusal."""
        return service.Given(
            self.name.strip(), self.cameras.meant(), checked_hours(self.hours), checked_retention(self.retention_days),
            self.quota_bytes, self.priority, self.enabled,
        )  # fmt: skip


class PlanChange(Strict):
    """What is to change of a plan; what is not named stays as it is."""

    name: str | None = Field(None, min_length=1, max_length=NAME_MOST)
    cameras: SelectionIn | None = None
    hours: Weekly | None = None
    retention_days: int | None = None
    quota_bytes: int | None = Field(None, gt=0)
    priority: int | None = Field(None, ge=1, le=9)
    enabled: bool | None = None

    def applied(self, plan: Plan) -> service.Given:
        """The plan as it is to be. Raises Refusal."""
        said = self.model_fields_set
        return service.Given(
            self.name.strip() if self.name else plan.name,
            self.cameras.meant() if self.cameras else Selection.of(plan.cameras),
            checked_hours(self.hours) if self.hours else plan.hours,
            plan.retention_days if self.retention_days is None else checked_retention(self.retention_days),
            self.quota_bytes if "quota_bytes" in said else plan.quota_bytes,
            self.priority or plan.priority,
            plan.enabled if self.enabled is None else self.enabled,
        )


class CostOut(BaseModel):
    """What a plan takes, from what was measured in the last day."""

    cameras: int = Field(description="cameras with a source that it means")
    measured: int = Field(description="of those, how many were recorded in the last day")
    bytes_per_second: float | None = Field(description="of one camera; of others where none of its own was measured")
    bytes_per_day: float | None = Field(description="of all, by the plan's hours; null: nothing was measured yet")
    bytes_kept: float | None = Field(description="once its retention has been reached")

    @classmethod
    def of(cls, cost: service.Cost) -> Self:
        return cls.model_validate(cost, from_attributes=True)


class PlanOut(BaseModel):
    """A recording plan as it is."""

    id: UUID
    name: str
    cameras: dict[str, Any] = Field(description="the choice, as it was made")
    scope: list[str]
    hours: Weekly
    retention_days: int
    quota_bytes: int | None
    priority: int
    enabled: bool
    by_name: str
    created_at: datetime
    updated_at: datetime
    version: int
    used_bytes: int = Field(description="on all nodes")
    states: dict[str, int] = Field(description="its cameras now: recording, waiting, stopped")

    @classmethod
    def of(cls, plan: Plan, used: int, states: dict[str, int]) -> Self:
        return cls(
            id=plan.id, name=plan.name, cameras=plan.cameras, scope=list(plan.scope),
            hours=[list(day) for day in plan.hours], retention_days=plan.retention_days, quota_bytes=plan.quota_bytes,
            priority=plan.priority, enabled=plan.enabled, by_name=plan.by_name, created_at=plan.created_at,
            updated_at=plan.updated_at, version=plan.version, used_bytes=used, states=states,
        )  # fmt: skip


class StateOut(BaseModel):
    """How the recording of one camera goes."""

    camera_id: UUID
    name: str
    code: str
    node: str
    kind: Kind
    state: Literal["recording", "waiting", "stopped"]
    reason: str | None = Field(description="message code without its room")
    words: str | None = Field(description="the reason in the caller's language")
    since: datetime


class StoreOut(BaseModel):
    """The disk of one node."""

    node: str
    path: str
    used_bytes: int = Field(description="of recordings")
    free_bytes: int
    total_bytes: int
    state: Literal["fine", "tight", "full", "missing"]
    stopped_priority: int = Field(description="plans of this priority and less important ones do not record; 0: all do")
    seen_at: datetime


class OrderIn(Strict):
    """Have a camera recorded now."""

    minutes: int = Field(ge=1, le=ORDER_MINUTES_MOST, examples=[30])
    kind: Literal["manual", "event"] = "manual"
    reason: str = Field("", max_length=500)


class OrderOut(BaseModel):
    """Until when a camera is recorded on order."""

    camera_id: UUID
    ends_at: datetime


class SpanOut(BaseModel):
    """A part of the timeline that is recorded."""

    source: Literal["own", "device"]
    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    kinds: list[str]
    bytes: int

    @classmethod
    def of(cls, held: Held) -> Self:
        return cls.model_validate(
            {
                "source": held.source,
                "from": held.begin,
                "to": held.end,
                "kinds": sorted(held.kinds),
                "bytes": held.bytes,
            }
        )


class GapOut(BaseModel):
    """A part of the timeline that nobody has recorded, as far as was asked."""

    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")


class DeviceOut(BaseModel):
    """Whether the device was asked, and what came of it."""

    complete: bool = Field(description="its answer was whole; otherwise there may be more than it named")
    code: str | None = Field(description="why it could not be asked")
    words: str | None


class TimelineOut(BaseModel):
    """What is recorded of a camera between two moments."""

    spans: list[SpanOut]
    gaps: list[GapOut]
    device: DeviceOut | None = Field(description="null: it was not asked, or is of a kind that cannot be")
