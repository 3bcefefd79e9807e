"""What the interface says about scenes: cards with what was measured, the ground, tries."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from commonsight.analyze.model import LINES_MAX, ZONES_MAX
from commonsight.analyze.scenes.accuracy import Share, judged
from commonsight.analyze.scenes.document import POINTS_MAX
from commonsight.analyze.scenes.model import Accuracy, Decoding, Fold, SceneCard
from commonsight.analyze.scenes.store import Try, Use

TRY_SECONDS_MOST = 120.0


class Words(BaseModel):
    """The same in both languages."""

    zh: str
    en: str


class ShareOut(BaseModel):
    """A share of counted things with its 95 % interval."""

    value: float
    low: float
    high: float
    of: int

    @classmethod
    def made(cls, share: Share | None) -> Self | None:
        return None if share is None else cls(value=share.value, low=share.low, high=share.high, of=share.of)


class AccuracyOut(BaseModel):
    """One measurement."""

    footage: Words
    truth: int = Field(description="events in the truth")
    found: int
    wrong: int = Field(description="reports that are none")
    hours: float = Field(description="unique hours of footage without events")
    alarms: int = Field(description="false alarms in them")
    recall: ShareOut | None
    precision: ShareOut | None
    f1: float | None
    alarms_an_hour: float | None
    alarms_upper: float | None = Field(description="the true rate stays below this, at 95 %")
    error: float | None = Field(description="mean absolute relative error of the figure")

    @classmethod
    def of(cls, told: Accuracy) -> Self:
        found = judged(told)
        return cls(
            footage=Words(zh=told.footage_zh, en=told.footage_en),
            truth=told.truth,
            found=told.found,
            wrong=told.wrong,
            hours=told.hours,
            alarms=told.alarms,
            recall=ShareOut.made(found.recall),
            precision=ShareOut.made(found.precision),
            f1=found.f1,
            alarms_an_hour=found.alarms_an_hour,
            alarms_upper=found.alarms_upper,
            error=told.error,
        )


class NeedsOut(BaseModel):
    """What a scene needs to be as accurate as its card says."""

    slowest_seconds: float
    burst_seconds: float
    decoding: Decoding
    classes: list[str]
    tracks: bool
    ground: bool


class ParameterOut(BaseModel):
    """One setting of a scene."""

    code: str
    name: Words
    unit: str
    default: float
    least: float
    most: float
    tuned: bool = Field(description="answers 'false alarm' may move it")


class MeasureOut(BaseModel):
    """A figure a scene gives."""

    code: str
    name: Words
    unit: str
    fold: Fold
    definition: Words


class IncidentOut(BaseModel):
    """What a scene may report."""

    code: str
    name: Words
    severity: int


class SceneOut(BaseModel):
    """A scene as its card says, with what was measured and where it is used."""

    code: str
    area: str
    name: Words
    what: Words
    limits: list[Words]
    needs: NeedsOut
    targets: list[str]
    targets_least: int
    parameters: list[ParameterOut]
    measures: list[MeasureOut]
    incidents: list[IncidentOut]
    accuracy: list[AccuracyOut] = Field(description="empty: nobody has measured it")
    model: str | None
    package: str = Field(description="what has brought it")
    cameras: int = Field(description="cameras of the caller's regions that have it")
    cameras_on: int = Field(description="of them, where it is switched on")

    @classmethod
    def of(cls, card: SceneCard, package: str, used: tuple[int, int]) -> Self:
        needs = card.needs
        return cls(
            code=card.code,
            area=card.area,
            name=Words(zh=card.zh, en=card.en),
            what=Words(zh=card.what_zh, en=card.what_en),
            limits=[Words(zh=zh, en=en) for zh, en in zip(card.limits_zh, card.limits_en, strict=True)],
            needs=NeedsOut(
                slowest_seconds=needs.slowest_seconds, burst_seconds=needs.burst_seconds, decoding=needs.decoding,
                classes=list(needs.classes), tracks=needs.tracks, ground=needs.ground,
            ),
            targets=list(card.targets),
            targets_least=card.targets_least,
            parameters=[
                ParameterOut(
                    code=one.code, name=Words(zh=one.zh, en=one.en), unit=one.unit, default=one.default,
                    least=one.least, most=one.most, tuned=one.tuned,
                )
                for one in card.parameters
            ],
            measures=[
                MeasureOut(
                    code=one.code, name=Words(zh=one.zh, en=one.en), unit=one.unit, fold=one.fold,
                    definition=Words(zh=one.definition_zh, en=one.definition_en),
                )
                for one in card.measures
            ],
            incidents=[
                IncidentOut(code=one.code, name=Words(zh=one.zh, en=one.en), severity=one.severity)
                for one in card.incidents
            ],
            accuracy=[AccuracyOut.of(one) for one in card.accuracy],
            model=card.model,
            package=package,
            cameras=used[0],
            cameras_on=used[1],
        )  # fmt: skip


class BrokenOut(BaseModel):
    """A plug-in that brought no scene, and why."""

    name: str
    package: str
    why: str


class ScenesOut(BaseModel):
    """All scenes of this installation, by area."""

    items: list[SceneOut]
    broken: list[BrokenOut]


class UseOut(BaseModel):
    """One setup of a scene on one camera."""

    camera_id: UUID
    camera_name: str
    region: str
    setup: str
    name: str
    enabled: bool
    running: bool
    source: str | None

    @classmethod
    def of(cls, use: Use) -> Self:
        return cls.model_validate(use, from_attributes=True)


class GroundIn(BaseModel):
    """Points of the ground whose place is known."""

    model_config = ConfigDict(extra="forbid")

    points: list[dict[str, Any]] = Field(
        max_length=POINTS_MAX,
        examples=[
            [
                {"picture": [0.2, 0.9], "metres": [0, 0]},
                {"picture": [0.8, 0.9], "metres": [10, 0]},
                {"picture": [0.6, 0.4], "metres": [10, 40]},
                {"picture": [0.4, 0.4], "metres": [0, 40]},
            ]
        ],
    )


class GroundOut(BaseModel):
    """What the points give, and how far they agree."""

    error: float | None = Field(description="m; each point against where the others put it. null: four fit always")
    residuals: list[float] = Field(description="m, of each point")
    step: float = Field(description="m, of the grid")
    lines: list[list[list[float]]] = Field(description="the grid as it lies in the picture, two points 0..1 a line")


class TryIn(BaseModel):
    """A setup to try on a camera's live pictures, as it is being edited, and why the pictures are looked at."""

    model_config = ConfigDict(extra="forbid")

    setup: dict[str, Any] = Field(
        examples=[{"id": "try", "scene": "congestion", "name": "拥堵", "zones": ["square"], "settings": {}}]
    )
    zones: list[dict[str, Any]] = Field(default_factory=list, max_length=ZONES_MAX)
    lines: list[dict[str, Any]] = Field(default_factory=list, max_length=LINES_MAX)
    ground: list[dict[str, Any]] = Field(default_factory=list, max_length=POINTS_MAX)
    model: str | None = Field(None, max_length=80, description="model card; null: the platform's")
    seconds: float = Field(15, ge=5, le=TRY_SECONDS_MOST)
    purpose_code: str | None = Field(None, max_length=40, examples=["analysis_setup"])
    purpose_text: str | None = Field(None, max_length=2000)


class TryOut(BaseModel):
    """A try and what it has seen so far."""

    id: UUID
    camera_id: UUID
    state: Literal["queued", "running", "done", "failed", "stopped"]
    seconds: float
    asked_at: datetime
    ended_at: datetime | None
    code: str | None = Field(description="why it failed")
    words: str | None = Field(description="the same in the caller's language")
    result: dict[str, Any] = Field(
        description="watched (s), looks, size, boxes and afoot of the last picture, figures, sightings, cost (cores)"
    )

    @classmethod
    def of(cls, found: Try, words: str | None) -> Self:
        return cls.model_validate(
            {
                "id": found.id, "camera_id": found.camera_id, "state": found.state, "seconds": found.seconds,
                "asked_at": found.asked_at, "ended_at": found.ended_at, "result": dict(found.result), "words": words,
                "code": None if found.problem is None else found.problem.get("code"),
            }
        )  # fmt: skip
