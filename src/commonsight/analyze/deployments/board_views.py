"""What the live board and the report look like on the wire."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from commonsight.analyze.deployments import report
from commonsight.analyze.deployments.board import Board, Report, scene_cards
from commonsight.analyze.deployments.views import DeploymentOut, LineOut, ShiftOut, shown_lines
from commonsight.analyze.scenes.model import SceneCard
from commonsight.catalog.model import Health
from commonsight.http import Caller
from commonsight.text import say

FIGURES_OF_CAMERA: int = 8
"""Figures of one camera on the board."""


class FigureOut(BaseModel):
    """A measure with what it means; `value` null: nothing known."""

    scene: str
    scene_name: str
    measure: str
    name: str
    unit: str
    fold: str = Field(description="how it is folded: sum, mean, max or last")
    definition: str
    value: float | None
    coverage: float = Field(description="share of the time with figures really watched")
    cameras: int
    camera: UUID | None
    day: date | None

    @classmethod
    def of(cls, one: report.Figure, cards: Mapping[str, SceneCard], language: str) -> Self:
        card, measure, english = cards[one.scene], one.measure, language.startswith("en")
        return cls(
            scene=one.scene, scene_name=card.en if english else card.zh, measure=measure.code,
            name=measure.en if english else measure.zh, unit=measure.unit, fold=measure.fold.value,
            definition=measure.definition_en if english else measure.definition_zh,
            value=None if one.value is None else round(one.value, 3), coverage=round(one.coverage, 3),
            cameras=one.cameras, camera=one.camera_id, day=one.day,
        )  # fmt: skip


class NowOut(BaseModel):
    """A figure of one camera in its latest minute."""

    scene: str
    name: str
    unit: str
    kind: str
    target: str
    value: float
    coverage: float
    at: datetime


class CameraOut(BaseModel):
    """A camera of the board as it is now."""

    id: UUID
    code: str
    name: str
    region: str
    point: tuple[float, float] | None
    health: str
    health_at: datetime | None
    state: str = Field(description="waiting, on, failed, leaving")
    missing: list[dict[str, Any]] = Field(description="scenes that could not be put on, and why")
    watched: bool = Field(description="pictures are looked at now")
    coverage: float | None = Field(description="share of the last half minute really watched")
    reason: str | None
    reason_words: str | None
    tier: str | None = Field(description="how closely the budget lets it be watched")
    figures: list[NowOut]


class IncidentOut(BaseModel):
    """An incident of the deployment's scenes with its case."""

    id: UUID
    camera: UUID
    camera_name: str
    scene: str
    name: str = Field(description="the incident in the caller's language")
    state: str
    began_at: datetime
    ended_at: datetime | None
    severity: int
    label: bool | None = Field(description="true: real, false: a false alarm, null: not said yet")
    case: UUID | None
    number: int | None
    case_state: str | None
    assignee: str
    deadline_at: datetime | None
    taken_at: datetime | None = Field(description="when somebody took the case")
    closed_at: datetime | None

    @classmethod
    def of(cls, row: Any, cards: Mapping[str, SceneCard], language: str) -> Self:
        return cls(
            id=row.id, camera=row.camera_id, camera_name=row.name, scene=row.scene,
            name=_incident(cards.get(row.scene), row.incident, language), state=row.state, began_at=row.began_at,
            ended_at=row.ended_at, severity=row.severity, label=row.label, case=row.case_id, number=row.number,
            case_state=row.case_state, assignee=row.assignee_name or "", deadline_at=row.deadline_at,
            taken_at=row.taken_at, closed_at=row.closed_at,
        )  # fmt: skip


def _incident(card: SceneCard | None, code: str, language: str) -> str:
    kind = next((one for one in card.incidents if one.code == code), None) if card else None
    return code if kind is None else kind.en if language.startswith("en") else kind.zh


class BoardOut(BaseModel):
    """The live board."""

    as_of: datetime
    deployment: DeploymentOut
    cameras: list[CameraOut]
    figures: list[FigureOut] = Field(description="over all cameras since the start")
    incidents: list[IncidentOut] = Field(description="those that last first, the gravest first")
    on_duty: list[ShiftOut]
    handover_at: datetime | None
    coverage_now: float | None = Field(
        description="mean over all cameras of the last half minute; 0 for each not watched"
    )
    coverage: float | None = Field(description="since the start, sampled every minute")
    log: list[LineOut]

    @classmethod
    def of(cls, board: Board, deployment: DeploymentOut, caller: Caller, language: str, now: datetime) -> Self:
        cards = scene_cards(board.deployment)
        latest: dict[UUID, list[NowOut]] = {}
        for row in board.latest:
            card = cards[row.scene]
            measure = next((one for one in card.measures if one.code == row.measure), None)
            of_camera = latest.setdefault(row.camera_id, [])
            if measure is None or len(of_camera) >= FIGURES_OF_CAMERA:
                continue
            of_camera.append(
                NowOut(
                    scene=row.scene, name=measure.en if language.startswith("en") else measure.zh, unit=measure.unit,
                    kind=row._mapping["class"], target=row.target, value=round(row.value, 2),
                    coverage=round(row.coverage, 3), at=row.start,
                )
            )  # fmt: skip
        return cls(
            as_of=now, deployment=deployment,
            cameras=[_camera(row, latest.get(row.camera_id, []), language) for row in board.cameras],
            figures=[FigureOut.of(one, cards, language) for one in board.figures],
            incidents=[IncidentOut.of(row, cards, language) for row in board.incidents],
            on_duty=[ShiftOut.of(shift, board.people, now) for shift in board.on_duty],
            handover_at=board.handover_at, coverage_now=board.coverage_now, coverage=board.coverage,
            log=shown_lines(board.log, board.deployment, caller, language),
        )  # fmt: skip


def _camera(row: Any, figures: list[NowOut], language: str) -> CameraOut:
    return CameraOut(
        id=row.camera_id, code=row.code, name=row.name, region=row.region,
        point=None if row.lon is None else (row.lon, row.lat), health=Health(row.health).word,
        health_at=row.health_at, state=row.state, missing=row.missing, watched=row.running,
        coverage=row.coverage, reason=row.reason, reason_words=say(row.reason, language) if row.reason else None,
        tier=row.tier, figures=figures,
    )  # fmt: skip


class SumsOut(BaseModel):
    """What incidents came to; minutes are medians."""

    total: int
    cases: int
    real: int
    false: int
    open: int
    taken: int
    taken_minutes: float | None
    closed: int
    closed_minutes: float | None


class WatchedOut(BaseModel):
    """How well a camera was watched, minutes."""

    camera: UUID
    name: str
    coverage: float | None
    unwatched: float
    faulty: float
    missed: float = Field(description="minutes not watched because the camera did not work")


class GapOut(BaseModel):
    """A span in which nobody was on duty."""

    begin: datetime
    end: datetime


class ReportOut(BaseModel):
    """What came of a deployment."""

    as_of: datetime
    until: datetime
    deployment: DeploymentOut
    coverage: float | None
    figures: list[FigureOut]
    by_camera: list[FigureOut]
    by_day: list[FigureOut]
    incidents: SumsOut
    listed: list[IncidentOut]
    watched: list[WatchedOut]
    duty_gaps: list[GapOut]
    log: list[LineOut]

    @classmethod
    def of(cls, made: Report, deployment: DeploymentOut, caller: Caller, language: str, now: datetime) -> Self:
        cards = scene_cards(made.deployment)
        return cls(
            as_of=now, until=made.until, deployment=deployment, coverage=made.coverage,
            figures=[FigureOut.of(one, cards, language) for one in made.figures],
            by_camera=[FigureOut.of(one, cards, language) for one in made.by_camera],
            by_day=[FigureOut.of(one, cards, language) for one in made.by_day],
            incidents=SumsOut.model_validate(made.incidents, from_attributes=True),
            listed=[IncidentOut.of(row, cards, language) for row in made.listed],
            watched=[
                WatchedOut(
                    camera=one.camera_id, name=made.cameras[one.camera_id].name, coverage=one.coverage,
                    unwatched=round(one.unwatched, 1), faulty=round(one.faulty, 1), missed=round(one.missed, 1),
                )
                for one in made.watched
            ],
            duty_gaps=[GapOut(begin=begin, end=end) for begin, end in made.gaps],
            log=shown_lines(made.log, made.deployment, caller, language),
        )  # fmt: skip
