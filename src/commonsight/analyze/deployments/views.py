"""What deployments look like on the wire."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from commonsight.analyze.deployments import model
from commonsight.analyze.deployments.model import Action, Deployment, Finding, Shift
from commonsight.analyze.deployments.service import Said
from commonsight.analyze.deployments.store import Entry
from commonsight.analyze.switching import Wanted
from commonsight.gate.grant_views import SelectionIn
from commonsight.http import Caller, sees
from commonsight.text import say

StateWord = Literal["planned", "running", "over", "cancelled"]
ActionWord = Literal["start", "end", "go_on", "cancel", "resume"]
Words = Annotated[str, Field(max_length=model.WORDS_MOST)]


class Strict(BaseModel):
    """What is sent to us: a field we do not know is a mistake that has to be seen."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class WantedIn(Strict):
    """A scene wanted on the cameras, with thresholds for the period."""

    scene: str = Field(max_length=60, examples=["gathering"])
    settings: dict[str, float] = Field(
        default={}, max_length=40, description="parameters that differ from the camera's"
    )
    whole: bool = Field(False, description="where no zone is drawn, watch the whole picture")

    def meant(self) -> Wanted:
        return Wanted(self.scene, self.settings, self.whole)


class ShiftIn(Strict):
    """Who is on duty from when to when."""

    person: UUID
    begin: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    role: str = Field("", max_length=60, examples=["值班长"])

    def meant(self) -> Shift:
        return Shift(self.person, self.begin, self.end, " ".join(self.role.split()))


class DeploymentIn(Strict):
    """A deployment as people plan it."""

    name: str = Field(max_length=model.NAME_MOST, examples=["三月三民歌湖安保"])
    purpose: Words = ""
    place: str = Field("", max_length=200, examples=["民歌湖景区"])
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    cameras: SelectionIn
    scenes: list[WantedIn] = Field(min_length=1, max_length=12)
    shifts: list[ShiftIn] = Field(default=[], max_length=model.SHIFTS_MOST)
    factor: float = Field(3.0, description="how much more its cameras are worth to the compute budget, 1..10")
    capacity: int | None = Field(None, description="people the place holds")
    notes: Words = ""

    def said(self) -> Said:
        return Said(
            self.name, self.starts_at, self.ends_at, self.cameras.meant(), tuple(one.meant() for one in self.scenes),
            self.purpose, self.place, tuple(one.meant() for one in self.shifts), self.factor, self.capacity, self.notes,
        )  # fmt: skip


class ShiftOut(BaseModel):
    """A shift; `name` is empty for an account that is not in use any more."""

    model_config = ConfigDict(populate_by_name=True)

    person: UUID
    name: str
    unit: str
    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    role: str
    now: bool = Field(description="whose shift it is")

    @classmethod
    def of(cls, shift: Shift, people: Mapping[UUID, tuple[str, str]], now: datetime) -> Self:
        name, unit = people.get(shift.person, ("", ""))
        on = shift.begin <= now < shift.end
        return cls(person=shift.person, name=name, unit=unit, begin=shift.begin, end=shift.end, role=shift.role, now=on)


class DeploymentItem(BaseModel):
    """A deployment in a list."""

    id: UUID
    name: str
    purpose: str
    place: str
    starts_at: datetime
    ends_at: datetime
    state: StateWord
    scenes: list[dict[str, Any]]
    factor: float
    capacity: int | None
    notes: str
    by_name: str
    unit: str
    updated_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    cameras: dict[str, int] = Field(description="how many are waiting, on, failed, leaving or back")
    actions: list[ActionWord]

    @classmethod
    def plain(cls, one: Deployment, counts: Mapping[str, int], now: datetime) -> dict[str, Any]:
        return {
            "id": one.id, "name": one.name, "purpose": one.purpose, "place": one.place, "starts_at": one.starts_at,
            "ends_at": one.ends_at, "state": one.state.value, "scenes": [wanted.as_json() for wanted in one.scenes],
            "factor": one.factor, "capacity": one.capacity, "notes": one.notes, "by_name": one.by_name,
            "unit": one.unit, "updated_at": one.updated_at, "started_at": one.started_at, "ended_at": one.ended_at,
            "cameras": dict(counts), "actions": [action.value for action in model.actions_of(one, now)],
        }  # fmt: skip

    @classmethod
    def of(cls, one: Deployment, counts: Mapping[str, int], now: datetime) -> Self:
        return cls(**cls.plain(one, counts, now))


class DeploymentOut(DeploymentItem):
    """A deployment with what it is made of."""

    choice: dict[str, Any] = Field(description="which cameras, as it is kept")
    shifts: list[ShiftOut]
    wide: bool = Field(description="whether the reader sees all of it, and may change it")

    @classmethod
    def whole(
        cls, one: Deployment, counts: Mapping[str, int], people: Mapping[UUID, tuple[str, str]], caller: Caller,
        now: datetime,
    ) -> Self:  # fmt: skip
        return cls(
            **cls.plain(one, counts, now), choice=one.choice.as_json(),
            shifts=[ShiftOut.of(shift, people, now) for shift in one.shifts], wide=wide(one, caller),
        )  # fmt: skip


def wide(one: Deployment, caller: Caller) -> bool:
    """Whether somebody sees all places of a deployment."""
    return all(sees(caller, region) for region in one.regions)


class FindingOut(BaseModel):
    """Something a draft lacks."""

    code: str = Field(examples=["analyze.deployment_check_offline"])
    grave: bool
    message: str = Field(description="in the caller's language")
    cameras: list[UUID] = Field(description="some of those it is about")

    @classmethod
    def of(cls, found: Finding, language: str, zone: Any) -> Self:
        values = {name: _word(value, language, zone) for name, value in found.values.items()}
        message = say(found.code, language, **values)
        return cls(code=found.code, grave=found.grave, message=message, cameras=list(found.cameras))


def _word(value: Any, language: str, zone: Any) -> Any:
    """A value as a person reads it: words of a card by language, moments in the region's time."""
    if isinstance(value, Mapping):
        return value["en" if language.startswith("en") else "zh"]
    if isinstance(value, str) and "T" in value:
        return datetime.fromisoformat(value).astimezone(zone).strftime("%m-%d %H:%M")
    return value


class CheckOut(BaseModel):
    """What a draft comes to, and what it lacks."""

    cameras: int
    findings: list[FindingOut]


class StepIn(Strict):
    """A step to take."""

    action: ActionWord

    def meant(self) -> Action:
        return Action(self.action)


class LineIn(Strict):
    """Words for the log."""

    words: str = Field(min_length=1, max_length=model.WORDS_MOST, examples=["东门开始限流，预计 30 分钟"])


class LineOut(BaseModel):
    """A line of the log. `said`: what the platform has to say of it, in the caller's language."""

    id: UUID
    at: datetime
    kind: str
    by_name: str
    words: str
    said: str
    case: UUID | None

    @classmethod
    def of(cls, line: Entry, language: str) -> Self:
        detail = dict(line.detail)
        said = "" if line.kind == "words" else say(f"analyze.deployment_log_{line.kind}", language, **values_of(detail))
        case = detail.get("case")
        return cls(id=line.id, at=line.at, kind=line.kind, by_name=line.by_name, words=line.words, said=said,
                   case=UUID(case) if case else None)  # fmt: skip


def values_of(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Lists without what has no name any more; an empty one is a dash."""
    return {
        name: ([each for each in value if each] or ["—"]) if isinstance(value, list) else value
        for name, value in detail.items()
    }


def shown_lines(lines: Sequence[Entry], one: Deployment, caller: Caller, language: str) -> list[LineOut]:
    """The log as somebody may read it: lines that name cameras are for those who see all of it."""
    whole = wide(one, caller)
    return [LineOut.of(line, language) for line in lines if whole or line.kind not in ("down", "up", "case")]


class PersonOut(BaseModel):
    """Somebody who may be put on duty."""

    id: UUID
    name: str
    unit: str
