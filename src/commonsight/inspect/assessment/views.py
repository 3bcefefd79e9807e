"""What feedback lists look like on the wire."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Row

from commonsight.inspect.assessment.model import explanations
from commonsight.inspect.assessment.store import Feedback
from commonsight.text import say

Indicator = Literal["online", "playable"]


class Strict(BaseModel):
    """What is sent to us: a field we do not know is a mistake that has to be seen."""

    model_config = ConfigDict(extra="forbid")


class UpperListIn(Strict):
    """A list to be brought."""

    name: str = Field(min_length=1, max_length=200, description="of the file; its ending tells the format")
    indicator: Indicator = Field(description="what the list is about: a verdict counts for or against by this")
    upper_id: UUID | None = Field(None, description="the upper platform whose list it is, when we share to it")
    upper_name: str = Field("", max_length=100, description="its name otherwise")
    region: str | None = Field(None, max_length=12, description="the list speaks of this region; empty: one's own")
    default_at: AwareDatetime | None = Field(None, description="their time, for rows that name none")
    assessed: int | None = Field(
        None, ge=0, le=10_000_000, description="cameras they assessed in all, when the list names only the faulty ones"
    )


class UpperMappingIn(Strict):
    """Which heading means which column; empty: guessed from the names."""

    mapping: dict[str, str] | None = Field(None, examples=[{"code": "设备编码", "result": "点播结果"}], max_length=20)


class BridgeStepOut(BaseModel):
    """One step between their rate and ours."""

    code: str
    words: str
    numerator: int
    denominator: int
    rows: int
    rate: float | None
    points: int | None = Field(description="hundredths of a percentage point; they add up to the whole difference")


class UpperListOut(BaseModel):
    """A feedback list and how far it is."""

    id: UUID
    name: str
    upper_id: UUID | None
    upper_name: str
    indicator: Indicator
    region: str
    default_at: datetime | None
    assessed: int | None
    state: str
    headings: list[str]
    mapping: dict[str, str]
    bytes: int
    rows: int | None
    done: int
    wrong: int
    matched: int
    reported: int
    bridge: list[BridgeStepOut] | None
    problem: dict[str, Any] | None
    problem_words: str | None
    by_name: str
    created_at: datetime
    applied_at: datetime | None

    @classmethod
    def of(cls, held: Feedback, language: str) -> Self:
        bridge = None if held.bridge is None else [_step(one, language) for one in held.bridge]
        problem = held.problem
        facts = {key: value for key, value in (problem or {}).items() if key != "code"}
        return cls.model_validate(
            {
                "id": held.id, "name": held.name, "upper_id": held.upper_id, "upper_name": held.upper_name,
                "indicator": held.indicator, "region": held.region, "default_at": held.default_at,
                "assessed": held.assessed, "state": held.state.value, "headings": held.headings,
                "mapping": held.mapping, "bytes": held.bytes, "rows": held.rows, "done": held.done,
                "wrong": held.wrong, "matched": held.matched, "reported": held.reported, "bridge": bridge,
                "problem": problem, "problem_words": problem and say(problem["code"], language, **facts),
                "by_name": held.by_name, "created_at": held.created_at, "applied_at": held.applied_at,
            }
        )  # fmt: skip


def _step(one: dict[str, Any], language: str) -> dict[str, Any]:
    return one | {"words": step_words(one["code"], language)}


def step_words(code: str, language: str) -> str:
    """What a step of the bridge is called: an explanation, or one of the steps that are about no row."""
    head, _, unknown = code.partition(".")
    why = explanations().get(head)
    if why is None:
        return say(f"inspect.bridge_{code}", language)
    name = why.en if language == "en" else why.zh
    return say("inspect.bridge_unknown_here", language, why=name) if unknown else name


class UpperColumnOut(BaseModel):
    """A column of feedback lists."""

    key: str
    zh: str
    en: str
    aliases: list[str]
    needed: bool


class ExplanationOut(BaseModel):
    """An explanation."""

    code: str
    zh: str
    en: str
    words_zh: str
    words_en: str
    appeal: bool
    fault: bool


class UpperVocabularyOut(BaseModel):
    """Columns and explanations, in order."""

    columns: list[UpperColumnOut]
    explanations: list[ExplanationOut]


class ExplainedOut(BaseModel):
    """How many rows have an explanation. `bad`: of them, those they found faulty."""

    code: str
    zh: str
    en: str
    words_zh: str
    words_en: str
    appeal: bool
    rows: int
    bad: int
    faults: int


class UpperCountsOut(BaseModel):
    """A list by explanation, and by how cameras were found."""

    items: list[ExplainedOut]
    matches: dict[str, int]


class UpperRowOut(BaseModel):
    """A row, the camera behind it, and why we agree or differ."""

    row: int
    code: str
    name: str
    region: str
    said: str
    verdict: str
    at: datetime | None
    reason: str
    camera_id: UUID | None
    match: str = Field(examples=["code", "mapped", "name_region", "name", "none"])
    confidence: float
    ours: Literal["good", "bad", "unknown"]
    explanation: str
    evidence: dict[str, Any]
    fault: str | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls(**dict(row._mapping))


class UpperProblemOut(BaseModel):
    """What is wrong with a row that could not be read."""

    row: int
    field: str
    words: str
    facts: dict[str, Any]

    @classmethod
    def of(cls, row: Row[Any], language: str) -> Self:
        return cls(row=row.row, field=row.field, words=say(row.code, language, **row.facts), facts=row.facts)


class UpperReceivedOut(BaseModel):
    """How much of the file there is."""

    bytes: int
