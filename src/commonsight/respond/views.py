"""What the HTTP interface says about cases, and what it takes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from commonsight.http import Caller, narrow
from commonsight.respond import lists
from commonsight.respond.kinds import kinds
from commonsight.respond.model import WORDS_MOST, Action, Assignee, Case, State, actions_of
from commonsight.respond.people import Candidate
from commonsight.respond.service import BULK_MOST, Bulk, Said, Step
from commonsight.respond.store import Step as Line
from commonsight.respond.titles import code_of, in_language, said_of, title_of
from commonsight.text import say

StateWord = Literal["open", "assigned", "handled", "verified", "closed", "false_alarm", "merged"]
ActionWord = Literal[
    "assign", "release", "handle", "reject", "verify", "close", "reopen", "false_alarm", "merge", "unmerge"
]
Severity = Annotated[int, Field(ge=1, le=4, description="1 the gravest .. 4")]


class RegionOut(BaseModel):
    """A region as it is named elsewhere."""

    code: str = Field(examples=["450103"])
    name: str | None = Field(examples=["青秀区"])


class AssigneeOut(BaseModel):
    """Who has a case: a person, or everybody of an organisation."""

    kind: Literal["person", "organisation"]
    id: UUID
    name: str

    @classmethod
    def of(cls, given: Assignee | None) -> Self | None:
        return None if given is None else cls.model_validate(given, from_attributes=True)


class CaseOut(BaseModel):
    """A case in a list."""

    id: UUID
    number: int = Field(description="what people call it by", examples=[1024])
    kind: str = Field(examples=["alarm"])
    severity: Severity
    state: StateWord
    subject: str = Field(
        description="message code of what it is about; empty: a scene named it", examples=["respond.alarm_5_6"]
    )
    title: str = Field(description="the same in the caller's language", examples=["区域入侵"])
    words: str = Field(description="what the device or the person said")
    source: str = Field(description="gb28181, viid, scene, person", examples=["gb28181"])
    camera_id: UUID | None
    place: str = Field(description="the camera's or the region's name when it was opened")
    region: RegionOut
    point: tuple[float, float] | None = Field(description="[lon, lat], WGS-84 degrees")
    occurrences: int = Field(description="how often it was told; 413 is one and 412 more")
    opened_at: datetime
    last_at: datetime
    deadline_at: datetime | None
    overdue: bool
    level: int = Field(description="how often it was escalated")
    assignee: AssigneeOut | None

    @classmethod
    def plain(cls, case: Case, names: Mapping[str, str], language: str, now: datetime) -> dict[str, Any]:
        """The fields of a case."""
        return {
            "id": case.id, "number": case.number, "kind": case.kind, "severity": case.severity,
            "state": case.state.value, "subject": code_of(case.subject), "title": title_of(case.subject, language),
            "words": in_language(case.words, language), "source": case.source, "camera_id": case.camera_id,
            "place": case.place, "region": RegionOut(code=case.region, name=names.get(case.region)),
            "point": case.point, "occurrences": case.occurrences, "opened_at": case.opened_at, "last_at": case.last_at,
            "deadline_at": case.deadline_at, "overdue": is_overdue(case, now), "level": case.level,
            "assignee": AssigneeOut.of(case.assignee),
        }  # fmt: skip

    @classmethod
    def of(cls, case: Case, names: Mapping[str, str], language: str, now: datetime) -> Self:
        return cls(**cls.plain(case, names, language, now))


class EvidenceOut(BaseModel):
    """What was told. References only: a picture is looked at under a permit."""

    kind: Literal["gb_alarm", "viid_alarm", "incident"]
    id: UUID
    at: datetime = Field(description="by the device's clock")
    got: datetime = Field(description="by ours")


class CaseDetail(CaseOut):
    """Everything about a case but its history."""

    evidence: list[EvidenceOut] = Field(description="the first and the latest ones, at most 20")
    first_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    handler_id: UUID | None
    merged_into: UUID | None
    merged: list[UUID] = Field(description="cases that were merged into this one")
    reopened: int
    reset: str = Field(description="alarm reset at the device: empty, asked, done, or the code of what went wrong")
    device: str | None
    channel: str | None
    actions: list[ActionWord] = Field(description="steps it takes now")

    @classmethod
    def detail(
        cls, case: Case, names: Mapping[str, str], merged: list[UUID], language: str, now: datetime
    ) -> Self:  # fmt: skip
        return cls.model_validate(
            cls.plain(case, names, language, now)
            | {
                "evidence": case.evidence, "first_at": case.first_at, "changed_at": case.changed_at,
                "closed_at": case.closed_at, "handler_id": case.handler_id, "merged_into": case.merged_into,
                "merged": merged, "reopened": case.reopened, "reset": case.reset, "device": case.device,
                "channel": case.channel, "actions": [action.value for action in actions_of(case.state)],
            }
        )  # fmt: skip


def is_overdue(case: Case, now: datetime) -> bool:
    """Whether a live case is beyond its deadline."""
    live = case.state in (State.OPEN, State.ASSIGNED, State.HANDLED)
    return live and case.deadline_at is not None and case.deadline_at < now


class StepOut(BaseModel):
    """One line of a case's history."""

    id: UUID
    at: datetime
    action: str = Field(
        description="a step, or opened, comment, graver, escalated, merged_in, undone, reset_done, reset_failed"
    )
    before: StateWord
    after: StateWord
    by_id: UUID | None = Field(description="null: the platform itself")
    by_name: str
    unit: str
    words: str
    detail: dict[str, Any]
    said: str = Field(description="what the platform has to say of this step, in the caller's language; empty: nothing")

    @classmethod
    def of(cls, line: Line, language: str) -> Self:
        return cls(
            id=line.id, at=line.at, action=line.action, before=line.before, after=line.after, by_id=line.by.id,
            by_name=line.by.name, unit=line.by.unit, words=in_language(line.words, language), detail=line.detail,
            said=said_of(line.detail, language),
        )  # fmt: skip


class AssigneeIn(BaseModel):
    """Who is to have a case."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["person", "organisation"]
    id: UUID


class StepIn(BaseModel):
    """A step to take."""

    model_config = ConfigDict(extra="forbid")

    action: ActionWord
    words: str = Field("", max_length=WORDS_MOST, description="needed for handle, reject, false_alarm, reopen")
    assignee: AssigneeIn | None = Field(None, description="for assign")
    into: UUID | None = Field(None, description="for merge: the live case that goes on")

    def step(self) -> Step:
        to = None if self.assignee is None else (self.assignee.kind, self.assignee.id)
        return Step(Action(self.action), self.words, to, self.into)


class CommentIn(BaseModel):
    """Words for the history."""

    model_config = ConfigDict(extra="forbid")

    words: str = Field(max_length=WORDS_MOST)


class CaseIn(BaseModel):
    """A case to open by hand: at a camera, or in a region."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field("incident", max_length=40)
    severity: Severity = 3
    words: str = Field(max_length=WORDS_MOST, examples=["路口积水约 30 厘米，已有车辆熄火"])
    camera_id: UUID | None = None
    region: str | None = Field(None, max_length=12)
    point: tuple[float, float] | None = Field(None, description="[lon, lat], WGS-84 degrees")

    def said(self) -> Said:
        return Said(self.kind, self.severity, self.words, self.camera_id, self.region, self.point)


class BulkIn(BaseModel):
    """Cases to give to one person or organisation."""

    model_config = ConfigDict(extra="forbid")

    cases: list[UUID] = Field(min_length=1, max_length=BULK_MOST)
    assignee: AssigneeIn


class LeftOut(BaseModel):
    """A case that was left alone, and why."""

    case: UUID
    code: str
    title: str


class BulkOut(BaseModel):
    """What was done; `batch` takes it back within a day."""

    batch: UUID | None
    assigned: int
    left: list[LeftOut]

    @classmethod
    def of(cls, bulk: Bulk, language: str) -> Self:
        left = [LeftOut(case=case, code=code, title=say(code, language)) for case, code in bulk.left]
        return cls(batch=bulk.batch, assigned=bulk.assigned, left=left)


class CandidateOut(BaseModel):
    """Who a case may be given to."""

    kind: Literal["person", "organisation"]
    id: UUID
    name: str
    detail: str = Field(description="a person's organisation; how many people an organisation has")

    @classmethod
    def of(cls, found: Candidate) -> Self:
        return cls.model_validate(found, from_attributes=True)


class KindOut(BaseModel):
    """A kind of case and its rules, as the platform applies them. Minutes, per severity 1..4."""

    code: str
    zh: str
    en: str
    by_hand: bool
    four_eyes: bool
    merge_minutes: float
    respond_minutes: list[float]
    deadline_minutes: list[float]

    @classmethod
    def all(cls) -> list[Self]:
        return [
            cls(
                code=kind.code, zh=kind.zh, en=kind.en, by_hand=kind.by_hand, four_eyes=kind.four_eyes,
                merge_minutes=kind.merge.total_seconds() / 60,
                respond_minutes=[each.total_seconds() / 60 for each in kind.respond.values()],
                deadline_minutes=[each.total_seconds() / 60 for each in kind.deadline.values()],
            )
            for kind in kinds().values()
        ]  # fmt: skip


class SummaryOut(BaseModel):
    """Live cases within the caller's regions."""

    open: int
    assigned: int
    handled: int
    overdue: int
    severities: dict[int, int]
    whole: bool = Field(description="false: counting was given up, the figures are lower bounds")

    @classmethod
    def of(cls, found: lists.Summary) -> Self:
        return cls(**found.states, overdue=found.overdue, severities=found.severities, whole=found.whole)


class Asked:
    """The filters of a list of cases."""

    def __init__(
        self,
        state: Annotated[list[StateWord] | None, Query()] = None,
        kind: Annotated[list[str] | None, Query(max_length=20)] = None,
        severity: Annotated[list[int] | None, Query(max_length=4)] = None,
        region: Annotated[str | None, Query(max_length=12, pattern=r"^\d+$")] = None,
        camera: Annotated[UUID | None, Query(description="of one camera")] = None,
        mine: Annotated[bool, Query(description="mine, or my organisation's")] = False,
        live: Annotated[bool, Query(description="open, assigned or handled")] = False,
        overdue: Annotated[bool, Query(description="live and beyond the deadline")] = False,
        q: Annotated[str, Query(max_length=100, description="a number, or words of place or text")] = "",
    ) -> None:
        self.states = tuple(State(each) for each in state or ())
        self.kinds, self.severities = tuple(kind or ()), tuple(severity or ())
        self.region, self.camera, self.mine, self.live = region, camera, mine, live
        self.overdue, self.q = overdue, q

    def within(self, caller: Caller) -> lists.Filter:
        """The filter, cut to what the caller may see."""
        return lists.Filter(
            narrow(caller, self.region), self.states, self.kinds, self.severities, self.camera,
            caller.id if self.mine else None, self.overdue, self.live, self.q,
        )  # fmt: skip


Filtered = Annotated[Asked, Depends()]
