"""What the HTTP interface says about syncs, vanished cameras and reports."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from commonsight.catalog.intake_reported import ReportedCamera
from commonsight.catalog.intake_syncs import Sync
from commonsight.catalog.intake_vanished import ARCHIVE_MOST, Vanished
from commonsight.catalog.views import NamedOut, RegionName
from commonsight.text import say

SyncState = Literal["waiting", "running", "complete", "incomplete", "cancelled"]
_STATES: dict[str, SyncState] = {
    "asked": "waiting",
    "waiting": "waiting",
    "collecting": "running",
    "filing": "running",
    "complete": "complete",
    "incomplete": "incomplete",
    "cancelled": "cancelled",
}
LEAST_PROGRESS = 0.02
"""Below this nothing is said about the time that remains: it would be a guess."""


class FindingOut(BaseModel):
    """Something a person should know about a sync."""

    code: str = Field(examples=["connect.gb_sync_short"])
    count: int | None = None
    zh: str
    en: str

    @classmethod
    def of(cls, finding: dict[str, Any]) -> Self:
        code = str(finding.get("code", ""))
        values = {name: value for name, value in finding.items() if name != "code"}
        return cls(code=code, count=finding.get("count"), zh=say(code, "zh", **values), en=say(code, "en", **values))


class SyncOut(BaseModel):
    """One collection of a device's or platform's catalogue."""

    id: UUID
    device_id: UUID
    device_code: str
    device_name: str
    state: SyncState
    step: str = Field(description="asked, waiting (for the device), collecting, filing, or the state it ended in")
    reason: str = Field(description="why it was asked for: person, asked, due, restarted")
    asked_by: str | None
    attempt: int = Field(description="queries sent")
    expected: int | None = Field(description="items the device says it has; null before its first answer")
    received: int = Field(description="different items that came")
    repeated: int = Field(description="items that came again")
    pages: int
    unreadable: int
    filed: int = Field(description="items and events filed")
    added: int
    changed: int
    returned: int
    deleted: int
    vanished: int
    cameras: int | None = Field(description="cameras in the catalogue, once it is over")
    asked_at: datetime
    started_at: datetime | None
    heard_at: datetime | None
    due_at: datetime | None = Field(description="when the next query goes out, while it waits for that")
    finished_at: datetime | None
    progress: float | None = Field(description="0..1; null while nobody can say")
    remaining_seconds: int | None
    findings: list[FindingOut]

    @classmethod
    def of(cls, sync: Sync, now: datetime) -> Self:
        progress = progress_of(sync)
        return cls(
            id=sync.id,
            device_id=sync.source_id,
            device_code=sync.source_code,
            device_name=sync.source_name,
            state=_STATES[sync.state],
            step=sync.state,
            finished_at=sync.ended_at,
            progress=None if progress is None else round(progress, 4),
            remaining_seconds=remaining_of(sync, progress, now),
            findings=[FindingOut.of(finding) for finding in sync.findings],
            **{
                name: getattr(sync, name)
                for name in (
                    *("reason", "asked_by", "attempt", "expected", "received", "repeated", "pages", "unreadable"),
                    *("filed", "added", "changed", "returned", "deleted", "vanished", "cameras"),
                    *("asked_at", "started_at", "heard_at", "due_at"),
                )
            },
        )


def progress_of(sync: Sync) -> float | None:
    """Share of the way: half of it is receiving, half filing."""
    if sync.ended_at is not None:
        return 1.0
    if not sync.expected:
        return None
    received = min(1.0, sync.received / sync.expected)
    filed = received * sync.filed / max(1, sync.filed + sync.left)
    return min(0.999, (received + filed) / 2)


def remaining_of(sync: Sync, progress: float | None, now: datetime) -> int | None:
    """Seconds, from the pace so far."""
    if sync.ended_at is not None or sync.started_at is None or progress is None or progress < LEAST_PROGRESS:
        return None
    elapsed = max(0.0, (now - sync.started_at).total_seconds())
    return round(elapsed * (1 - progress) / progress)


class VanishedOut(BaseModel):
    """A camera that its platform stopped naming."""

    id: UUID
    code: str
    name: str
    region: RegionName
    platform: NamedOut | None
    vanished_at: datetime

    @classmethod
    def of(cls, camera: Vanished) -> Self:
        return cls(
            id=camera.id,
            code=camera.code,
            name=camera.name,
            region=RegionName(code=camera.region, name=camera.region_name),
            platform=None if camera.platform is None else NamedOut.of(camera.platform),
            vanished_at=camera.vanished_at,
        )


class ArchiveIn(BaseModel):
    """Which vanished cameras to take out of use."""

    model_config = ConfigDict(extra="forbid")

    cameras: list[UUID] = Field(min_length=1, max_length=ARCHIVE_MOST)


class ArchivedOut(BaseModel):
    """What was archived together."""

    archived: int
    undo: UUID | None = Field(description="brings them back together; null when there was nothing to archive")


class RestoreIn(BaseModel):
    """What to bring back."""

    model_config = ConfigDict(extra="forbid")

    undo: UUID


class RestoredOut(BaseModel):
    """How many cameras came back."""

    restored: int


class MarkedOut(BaseModel):
    """How many cameras were marked vanished."""

    vanished: int


class ReportedOut(BaseModel):
    """What a platform reported about a camera."""

    model_config = ConfigDict(from_attributes=True)

    device_id: UUID
    device_code: str
    code: str = Field(description="the identifier it was reported under")
    parent: str | None
    status: str | None = Field(description="as reported; ON does not prove that it works")
    status_at: datetime | None
    record_at: datetime | None
    vanished_at: datetime | None
    deleted_at: datetime | None
    fields: dict[str, str] = Field(description="the last report, names as they came")
    edited: list[str] = Field(description="columns people changed, which reports leave alone")

    @classmethod
    def of(cls, reported: ReportedCamera) -> Self:
        return cls.model_validate(reported)


class TakeIn(BaseModel):
    """Columns whose reported values are to hold again."""

    model_config = ConfigDict(extra="forbid")

    fields: list[str] = Field(min_length=1, max_length=20, examples=[["name", "place"]])
