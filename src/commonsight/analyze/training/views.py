"""What the HTTP interface says about training, and what it takes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from commonsight.analyze.scenes.registry import installed
from commonsight.analyze.training.candidate_store import Candidate, Promotion
from commonsight.analyze.training.model import LABEL_LEAST
from commonsight.analyze.training.store import Dataset
from commonsight.text import say


def scene_name(code: str, language: str) -> str:
    """A scene's name; its code where it is not installed any more."""
    card = installed().cards.get(code)
    return code if card is None else card.en if language == "en" else card.zh


class TallyOut(BaseModel):
    """What there is to learn from, by scene."""

    scene: str
    name: str
    real: int
    false_alarms: int
    pictures: int = Field(description="samples with a picture that may be learned from")
    latest: datetime
    least: int = Field(LABEL_LEAST, description="of each label in each part, before anything is concluded")


class DatasetIn(BaseModel):
    """A version to make out of the labels there are."""

    model_config = ConfigDict(extra="forbid")

    scene: str = Field(max_length=40, examples=["illegal_parking"])
    note: str = Field("", max_length=200)


class DatasetOut(BaseModel):
    """One version. `sha256`: of its file; the same samples give the same file."""

    id: UUID
    number: int
    scene: str
    name: str
    note: str
    state: Literal["making", "ready", "failed"]
    why: str
    counts: dict[str, int] = Field(examples=[{"train_true": 21, "train_false": 40, "held_true": 9, "held_false": 17}])
    bytes: int
    sha256: str
    by_name: str
    at: datetime

    @classmethod
    def of(cls, one: Dataset, language: str) -> Self:
        return cls(
            id=one.id, number=one.number, scene=one.scene, name=scene_name(one.scene, language), note=one.note,
            state=one.state, why=say(one.reason, language) if one.reason else "", counts=dict(one.counts),
            bytes=one.bytes, sha256=one.sha256, by_name=one.by_name, at=one.at,
        )  # fmt: skip


class CandidateIn(BaseModel):
    """What to make: a filter trained here, or a detector's card measured."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["head", "card"]
    dataset_id: UUID
    card: str = Field("", max_length=64, description="name of the detector's card, for kind card")


class WeightOut(BaseModel):
    """One weight of a filter, on features brought to one scale."""

    feature: str
    weight: float


class CandidateOut(BaseModel):
    """A candidate, what it was measured to do, and whether it runs."""

    id: UUID
    kind: Literal["head", "card"]
    scene: str
    name: str
    card: str
    dataset_id: UUID
    state: Literal["making", "failed", "candidate", "present", "former"]
    why: str
    metrics: dict[str, Any] | None = Field(
        description="head: ours, theirs (false_removed, true_kept, precision with 95 % intervals) and gain; "
        "card: ap50 of both and gain"
    )
    threshold: float | None
    weights: list[WeightOut] = Field(description="the weightiest first")
    by_name: str
    at: datetime

    @classmethod
    def of(cls, one: Candidate, language: str) -> Self:
        facts = (one.metrics or {}).get("facts", {})
        return cls(
            id=one.id, kind=one.kind, scene=one.scene, name=scene_name(one.scene, language), card=one.name,
            dataset_id=one.dataset_id, state=one.state, why=say(one.reason, language, **facts) if one.reason else "",
            metrics=None if one.metrics is None or "facts" in one.metrics else dict(one.metrics),
            threshold=None if one.weights is None else float(one.weights["threshold"]),
            weights=_weights(one.weights), by_name=one.by_name, at=one.at,
        )  # fmt: skip


def _weights(kept: Mapping[str, Any] | None) -> list[WeightOut]:
    if kept is None:
        return []
    pairs = sorted(zip(kept["features"], kept["weights"], strict=True), key=lambda pair: (-abs(pair[1]), pair[0]))
    return [WeightOut(feature=name, weight=weight) for name, weight in pairs]


class ReasonIn(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=2, max_length=500, examples=["误报减少一半，未漏报"])


class PromotionOut(BaseModel):
    """One line of history."""

    id: UUID
    kind: Literal["head", "card"]
    scene: str
    name: str
    candidate_id: UUID | None
    former_id: UUID | None
    action: Literal["promoted", "rolled_back"]
    reason: str
    cameras: int
    by_name: str
    at: datetime

    @classmethod
    def of(cls, one: Promotion, language: str) -> Self:
        return cls(
            id=one.id, kind=one.kind, scene=one.scene, name=scene_name(one.scene, language),
            candidate_id=one.candidate_id, former_id=one.former_id, action=one.action, reason=one.reason,
            cameras=len(one.cameras), by_name=one.by_name, at=one.at,
        )  # fmt: skip


class CardOut(BaseModel):
    """A detector that may be measured."""

    name: str
    title: str
    installed: bool
    brought: bool = Field(description="of a user's own")


class FileIn(BaseModel):
    """Why somebody wants to have the file: it holds pictures."""

    model_config = ConfigDict(extra="forbid")

    purpose_code: str | None = Field(None, max_length=40, examples=["training"])
    purpose_text: str | None = Field(None, max_length=500)
