"""What the HTTP interface says about rules of competence, and what it takes."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from commonsight.analyze.incidents.routing.model import (
    MINUTES_MOST,
    NOTE_MOST,
    Rule,
    Said,
    as_json,
)
from commonsight.analyze.incidents.routing.store import Change
from commonsight.analyze.model import Hours

CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class HoursIn(BaseModel):
    """When a rule holds, in the region's time zone; an end at or before the beginning is on the next day."""

    model_config = ConfigDict(extra="forbid")

    begin: str = Field(pattern=CLOCK, examples=["22:00"])
    end: str = Field(pattern=CLOCK, examples=["06:00"])
    days: list[int] = Field(default_factory=lambda: [1, 2, 3, 4, 5, 6, 7], min_length=1, max_length=7)


class RuleIn(BaseModel):
    """Who is competent, or when nobody is to be called. Empty scene, incident, region: any."""

    model_config = ConfigDict(extra="forbid")

    scene: str = Field("", max_length=40, examples=["illegal_parking"])
    incident: str = Field("", max_length=40)
    region: str = Field(
        "", max_length=12, pattern=r"^\d*$", examples=["450103"], description="empty: all this platform serves"
    )
    hours: HoursIn | None = None
    quiet: bool = Field(False, description="incidents are recorded in these hours and open no case")
    organisation_id: UUID | None = None
    acknowledge_minutes: int | None = Field(None, ge=1, le=MINUTES_MOST, examples=[15])
    close_minutes: int | None = Field(None, ge=1, le=MINUTES_MOST, examples=[240])
    note: str = Field("", max_length=NOTE_MOST, description="what the rule is called where it decided")

    def said(self) -> Said:
        days = None if self.hours is None else sorted({day for day in self.hours.days if 1 <= day <= 7})
        hours = None if self.hours is None else Hours.of(self.hours.model_dump() | {"days": days})
        return Said(
            self.scene, self.incident, self.region, hours, self.quiet, self.organisation_id, self.acknowledge_minutes,
            self.close_minutes, " ".join(self.note.replace("\x00", "").split()),
        )  # fmt: skip


class RuleOut(RuleIn):
    """A rule as it stands."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    organisation: str
    by_name: str
    changed_at: datetime
    version: int

    @classmethod
    def of(cls, rule: Rule) -> Self:
        return cls(
            **as_json(rule.said), id=rule.id, organisation=rule.organisation_name, by_name=rule.by_name,
            changed_at=rule.changed_at, version=rule.version,
        )  # fmt: skip


class ChangeOut(BaseModel):
    """What somebody did to a rule. `before` null: added; `after` null: taken away."""

    id: UUID
    rule_id: UUID
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    by_name: str
    at: datetime
    undone_at: datetime | None

    @classmethod
    def of(cls, one: Change) -> Self:
        return cls(
            id=one.id, rule_id=one.rule_id, before=None if one.before is None else as_json(one.before),
            after=None if one.after is None else as_json(one.after), by_name=one.by_name, at=one.at,
            undone_at=one.undone_at,
        )  # fmt: skip


class WhoOut(BaseModel):
    """Who would get an incident. `decides`: the first rule that speaks of it; null: an operator assigns it."""

    decides: RuleOut | None
    others: list[RuleOut] = Field(description="rules that speak of it, too, in the order of their weight")
    quiet: bool
    organisation: str
    acknowledge_minutes: float = Field(description="by the rule, or by the kind of case and the incident's severity")
    close_minutes: float
    severity: int
