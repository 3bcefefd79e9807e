"""What the HTTP interface says about incidents, and what it takes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from commonsight.analyze.incidents import wording
from commonsight.analyze.incidents.evidence.model import Evidence
from commonsight.analyze.incidents.feedback.service import names
from commonsight.analyze.incidents.feedback.store import Tuning
from commonsight.analyze.incidents.model import Incident
from commonsight.analyze.scenes.registry import installed
from commonsight.text import say

Box = tuple[float, float, float, float]


class EvidenceOut(BaseModel):
    """A picture or clip of an incident; looked at under a permit. `reason`: why there is none, as a message."""

    kind: Literal["still", "clip"]
    state: Literal["wanted", "kept", "none", "gone"]
    reason: str = Field(examples=["media.nothing_recorded"])
    why: str = Field(description="the same in the caller's language")
    masked: str = Field(description="what was taken out before it was kept; empty: nothing")
    bytes: int
    began_at: datetime = Field(description="what it shows: from")
    ended_at: datetime

    @classmethod
    def of(cls, one: Evidence, language: str) -> Self:
        return cls(
            kind=one.kind.value, state=one.state.value, reason=one.reason,
            why=say(one.reason, language) if one.reason else "", masked=one.masked, bytes=one.bytes,
            began_at=one.began_at, ended_at=one.ended_at,
        )  # fmt: skip


class OpinionOut(BaseModel):
    """What a vision-language model said, and what it was asked. A note: it decides nothing."""

    at: datetime
    model: str
    asked: str
    verdict: Literal["real", "false_alarm", "unsure", "none"]
    confidence: float | None
    words: str

    @classmethod
    def of(cls, said: Mapping[str, Any], language: str) -> Self:
        words = said.get("en" if language == "en" else "zh", "")
        if said["verdict"] == "none":
            words = say(said.get("code", ""), language)
        return cls(
            at=said["at"], model=said["model"], asked=said["asked"], verdict=said["verdict"],
            confidence=said.get("confidence"), words=words,
        )  # fmt: skip


class IncidentOut(BaseModel):
    """One incident."""

    id: UUID
    camera_id: UUID
    camera: str = Field(description="the camera's name; empty: it is off the file")
    region: str
    scene: str = Field(examples=["congestion"])
    scene_name: str
    incident: str
    title: str = Field(description="the incident's name in the caller's language")
    words: str
    setup: str
    target: str
    state: Literal["open", "over"]
    began_at: datetime
    told_at: datetime
    ended_at: datetime | None
    times: int = Field(description="how often it began within its merge window")
    score: float = Field(description="0..1, how sure the scene is; comparable within one scene")
    severity: int
    boxes: list[Box] = Field(description="x0, y0, x1, y1 in 0..1 of the picture")
    detail: dict[str, Any]
    case_id: UUID | None
    case_number: int | None
    held: str = Field(description="why it opened no case of its own: quiet, cool_down, filtered, storm; empty: it did")
    filtered: float | None = Field(description="0..1 that it is real, by the scene's filter; null: it has none")
    label: bool | None = Field(description="what people said: true an incident, false none")
    opinion: OpinionOut | None
    evidence: list[EvidenceOut]

    @classmethod
    def of(
        cls, one: Incident, language: str, *, camera: str, number: int | None, evidence: Sequence[Evidence]
    ) -> Self:  # fmt: skip
        card = installed().cards.get(one.scene)
        place = 1 if language == "en" else 0
        scene = one.scene if card is None else card.en if place else card.zh
        return cls(
            id=one.id, camera_id=one.camera_id, camera=camera, region=one.place, scene=one.scene, scene_name=scene,
            incident=one.incident, title=wording.title(one, card)[place], words=wording.words(one, card, {})[place],
            setup=one.setup, target=one.target, state=one.state.value, began_at=one.began_at, told_at=one.told_at,
            ended_at=one.ended_at, times=one.times, score=round(one.score, 4), severity=one.severity,
            boxes=list(one.boxes), detail=dict(one.detail), case_id=one.case_id, case_number=number, held=one.held,
            filtered=one.filtered, label=one.label,
            opinion=None if one.opinion is None else OpinionOut.of(one.opinion, language),
            evidence=[EvidenceOut.of(each, language) for each in evidence],
        )  # fmt: skip


class LabelIn(BaseModel):
    """What an incident was; null takes a label back."""

    model_config = ConfigDict(extra="forbid")

    real: bool | None = Field(examples=[False])


class TuningOut(BaseModel):
    """What became of a parameter after "false alarm". `why`: in the caller's language."""

    id: UUID
    camera_id: UUID
    setup: str
    scene: str
    parameter: str
    name: str
    unit: str
    before: float
    after: float
    reason: str = Field(examples=["moved"])
    why: str
    incident_id: UUID
    case_id: UUID | None
    at: datetime
    undone_at: datetime | None
    undone_by: str

    @classmethod
    def of(cls, one: Tuning, language: str) -> Self:
        named = names(one)
        name = named["parameter"]["en" if language == "en" else "zh"]
        why = say(
            f"analyze.tuning_{one.reason}", language, parameter=name, unit=named["unit"], before=f"{one.before:g}",
            after=f"{one.after:g}",
        )  # fmt: skip
        return cls(
            id=one.id, camera_id=one.camera_id, setup=one.setup, scene=one.scene, parameter=one.parameter, name=name,
            unit=named["unit"], before=one.before, after=one.after, reason=one.reason, why=why,
            incident_id=one.incident_id, case_id=one.case_id, at=one.at, undone_at=one.undone_at,
            undone_by=one.undone_by,
        )  # fmt: skip


class LabelOut(BaseModel):
    """What was said, and what it moved; null: nothing was asked to move."""

    label: bool | None
    tuning: TuningOut | None


class ViewIn(BaseModel):
    """Why somebody wants to see it."""

    model_config = ConfigDict(extra="forbid")

    purpose_code: str | None = Field(None, max_length=40, examples=["incident"])
    purpose_text: str | None = Field(None, max_length=500)
