"""What routes of diagnosis take and give."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Row

from commonsight.inspect.diagnosis.figures import Detection, Figures, Share
from commonsight.inspect.diagnosis.model import ANY_KIND, Item, Phase, State, Thresholds, Words, Worse

Note = Annotated[str, Field(max_length=500, description="why", examples=["隧道内常年偏暗"])]


class Texts(BaseModel):
    """What people read of an item."""

    name: str
    definition: str
    next: str

    @classmethod
    def of(cls, words: Words) -> Self:
        return cls(name=words.name, definition=words.definition, next=words.next)


class Both(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class ShareOut(BaseModel):
    """A share with its 95 % interval (Wilson)."""

    share: float = Field(ge=0, le=1)
    low: float
    high: float
    n: int = Field(description="what it was counted on")

    @classmethod
    def of(cls, share: Share) -> Self:
        return cls(share=share.share, low=share.low, high=share.high, n=share.n)


class StrengthOut(BaseModel):
    """Detection of a fault at one strength."""

    zh: str = Field(examples=["散焦 4 ‰"])
    en: str = Field(examples=["disk 4 ‰"])
    found: float = Field(ge=0, le=1)
    n: int


class DetectionOut(BaseModel):
    """How well an item was measured to be found."""

    area: float = Field(description="under the ROC", ge=0, le=1)
    found: ShareOut = Field(description="over all strengths, at the shipped thresholds")
    false: ShareOut = Field(description="false alarms a look on clean footage")
    strengths: list[StrengthOut]

    @classmethod
    def of(cls, found: Detection) -> Self:
        return cls(
            area=found.area,
            found=ShareOut.of(found.found),
            false=ShareOut.of(found.false),
            strengths=[StrengthOut(zh=one.zh, en=one.en, found=one.found, n=one.n) for one in found.strengths],
        )


class LimitOut(BaseModel):
    """A threshold that applies: the product's, or one that somebody set."""

    kind: str = Field(description="kind of camera; empty: all without their own", examples=["dome"])
    phase: Phase
    value: float
    shipped: float
    changed: bool


class DiagnosisItemOut(BaseModel):
    """One thing pictures are diagnosed for."""

    code: str = Field(examples=["blur"])
    unit: str = Field(description="share, grey (0..255), permille (of the width), seconds or score", examples=["grey"])
    worse: Worse = Field(description="on which side of the threshold the fault lies")
    least: float = Field(description="least a threshold may be")
    most: float
    looks: int = Field(description="looks in a row that must agree before a verdict changes")
    needs: str = Field(description="picture, earlier, reference or text", examples=["picture"])
    spoils: bool = Field(description="whether a camera with this fault counts as playing badly")
    zh: Texts
    en: Texts
    limits: list[LimitOut]
    detection: DetectionOut | None = Field(description="null: not measured")

    @classmethod
    def of(cls, item: Item, thresholds: Thresholds, detection: Detection | None) -> Self:
        keys = [(ANY_KIND, phase) for phase in Phase]
        keys += sorted((kind, phase) for code, kind, phase in thresholds.changed if code == item.code and kind)
        limits = [
            LimitOut(
                kind=kind,
                phase=phase,
                value=thresholds.of(item, kind, phase),
                shipped=item.threshold(phase),
                changed=(item.code, kind, phase) in thresholds.changed,
            )
            for kind, phase in keys
        ]
        return cls(
            code=item.code,
            unit=item.unit,
            worse=item.worse,
            least=item.least,
            most=item.most,
            looks=item.looks,
            needs=item.needs,
            spoils=item.spoils,
            zh=Texts.of(item.zh),
            en=Texts.of(item.en),
            limits=limits,
            detection=None if detection is None else DetectionOut.of(detection),
        )


class DiagnosisItemsOut(BaseModel):
    """All items, and on what their detection was measured."""

    items: list[DiagnosisItemOut]
    measured_on: str
    clips: list[str]
    minutes: float = Field(description="of unique clean footage")
    milliseconds: float = Field(description="of one processor, for a picture of 1920x1080")
    false: ShareOut = Field(description="clean looks with any false alarm")
    note: Both = Field(description="what the figures do not say")

    @classmethod
    def made(cls, items: Sequence[DiagnosisItemOut], figures: Figures) -> Self:
        return cls(
            items=list(items),
            measured_on=figures.measured_on,
            clips=list(figures.clips),
            minutes=figures.minutes,
            milliseconds=figures.milliseconds,
            false=ShareOut.of(figures.false),
            note=Both(zh=figures.zh, en=figures.en),
        )


class ItemCountOut(BaseModel):
    """Cameras by what is held of one item."""

    item: str
    faulty: int
    well: int


class DiagnosisCountsOut(BaseModel):
    """Cameras of some regions by what diagnosis holds of their pictures."""

    as_of: datetime
    cameras: int = Field(description="in use")
    looked: int = Field(description="of those, whose picture was looked at")
    intact: int
    faulty: int
    items: list[ItemCountOut]


class FaultyOut(BaseModel):
    """A camera with a faulty picture, one line an item."""

    camera_id: UUID
    name: str
    code: str
    region: str
    region_name: str | None
    address: str
    kind: str
    item: str
    score: float
    threshold: float
    since: datetime
    at: datetime = Field(description="of the last look")
    has_evidence: bool
    evidence_at: datetime | None
    detail: dict[str, Any] | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls.model_validate(dict(row._mapping))


class VerdictOut(BaseModel):
    """What is held of one item of a camera."""

    item: str
    state: State
    score: float
    threshold: float
    streak: int = Field(description="looks in a row that disagree with `state`")
    since: datetime
    at: datetime
    has_evidence: bool
    evidence_at: datetime | None
    detail: dict[str, Any] | None


class LookOut(BaseModel):
    """The scores of one look."""

    at: datetime
    phase: Phase
    scores: dict[str, float]


class FeedbackOut(BaseModel):
    """What somebody said is normal at a camera."""

    id: UUID
    item: str
    act: Literal["mute", "threshold"]
    value: float | None
    until: datetime | None
    score: float | None = Field(description="when it was said")
    at: datetime
    person: str
    note: str
    undone_at: datetime | None
    undone_by: str | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls.model_validate(dict(row._mapping))


class CameraFindingsOut(BaseModel):
    """What is held of a camera's picture, and its last looks."""

    verdicts: list[VerdictOut]
    looks: list[LookOut]
    feedback: list[FeedbackOut]


class FeedbackIn(BaseModel):
    """This is normal here: a threshold of the camera's own, or (without `value`) no verdict on the item."""

    model_config = ConfigDict(extra="forbid")

    value: float | None = Field(None, description="the camera's own threshold; null: mute the item", examples=[30])
    until: AwareDatetime | None = Field(None, description="ends by itself; null: never")
    note: Note = ""


class ThresholdIn(BaseModel):
    """A threshold for a kind of camera in one light."""

    model_config = ConfigDict(extra="forbid")

    item: str = Field(examples=["too_dark"])
    kind: str = Field(ANY_KIND, max_length=40, description="kind of camera; empty: all without their own")
    phase: Phase
    value: float | None = Field(description="null: back to what ships with the product", examples=[30])
    note: Note = ""


class ThresholdChangeOut(BaseModel):
    """A change of a threshold."""

    id: UUID
    item: str
    kind: str
    phase: Phase
    value: float | None
    at: datetime
    person: str
    note: str
    undone_at: datetime | None
    undone_by: str | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls.model_validate(dict(row._mapping))


class PreviewOut(BaseModel):
    """What a threshold would flag on the newest kept looks."""

    looks: int
    flagged: int = Field(description="looks beyond the threshold asked about")
    flagged_now: int = Field(description="looks beyond the one that applies")
    cameras: int
    flagged_cameras: int
    value: float
    value_now: float


class LooksIn(BaseModel):
    """Cameras whose picture is to be looked at now."""

    model_config = ConfigDict(extra="forbid")

    camera_ids: list[UUID] = Field(min_length=1, max_length=200)


class LooksOut(BaseModel):
    """A job that looks."""

    job: int
    cameras: int
    asked_at: datetime


class EvidenceIn(BaseModel):
    """Why somebody wants to see the kept picture."""

    model_config = ConfigDict(extra="forbid")

    purpose_code: str | None = Field(None, max_length=40, examples=["maintenance"])
    purpose_text: str | None = Field(None, max_length=2000)
