"""What the HTTP interface says about fields, rules, figures and findings."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from commonsight.catalog.rules import fields
from commonsight.catalog.rules.counts import GroupFigures, Wanted
from commonsight.catalog.rules.model import Accuracy, Completeness, FieldCount, Rule, Scope, Severity, rule_set
from commonsight.http import Caller, narrow
from commonsight.places.model import checked
from commonsight.problem import Refusal

SeverityWord = Literal["notice", "warning", "error"]


class FieldOut(BaseModel):
    """A field of the camera file."""

    code: str = Field(examples=["install_time"])
    type: str = Field(examples=["date"])
    zh: str
    en: str
    source: str = Field(description="`gb2016`, `gb2022`: field of a catalogue item; `local`")
    reported: str | None = Field(description="the name a platform reports it by")
    mandatory: list[str] = Field(description="point classes that must have it; `all`: every camera")
    basis: str
    choices: dict[str, tuple[str, str]] = Field(description="code to names, Chinese and English")
    note_zh: str
    note_en: str
    example: str
    in_file: bool = Field(description="lies in `file` of a camera; otherwise it is a field of the camera itself")

    @classmethod
    def of(cls, field: fields.Field) -> Self:
        said = {name: getattr(field, name) for name in cls.model_fields if name != "in_file"}
        return cls.model_validate(said | {"in_file": field.column is None, "mandatory": list(field.mandatory)})


class RuleOut(BaseModel):
    """A rule, whether somebody switched its certain repairs on, and what it finds in the caller's regions."""

    code: str = Field(examples=["point_swapped"])
    kind: Literal["complete", "accurate"]
    severity: SeverityWord
    field: str
    repair: Literal["certain", "person", "none"]
    source: str
    zh: str
    en: str
    auto: bool = Field(description="certain repairs are applied without asking")
    auto_by: str | None
    findings: int
    cameras: int

    @classmethod
    def of(cls, rule: Rule, auto: bool, auto_by: str | None, findings: int, cameras: int) -> Self:
        return cls(
            code=rule.code, kind=rule.kind, severity=rule.severity.word, field=rule.field, repair=rule.repair,
            source=rule.source, zh=rule.zh, en=rule.en, auto=auto, auto_by=auto_by, findings=findings, cameras=cameras,
        )  # fmt: skip


class RulesOut(BaseModel):
    """The rule set."""

    version: str
    date: str
    digest: str = Field(description="of fields and rules together: what the checker runs")
    items: list[RuleOut]


class CompletenessOut(BaseModel):
    """How complete records are. `unknown`: changed since they were checked, in none of the other figures."""

    total: int = Field(description="cameras checked")
    complete: int = Field(description="with every mandatory field")
    mandatory: int = Field(description="values that are mandatory")
    filled: int
    unknown: int

    @classmethod
    def of(cls, found: Completeness) -> Self:
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class AccuracyOut(BaseModel):
    """How accurate records are."""

    total: int
    accurate: int = Field(description="without an error or a warning")
    unknown: int

    @classmethod
    def of(cls, found: Accuracy) -> Self:
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class FieldFiguresOut(BaseModel):
    """One field over all cameras of the scope."""

    field: str
    due: int = Field(description="cameras for which it is mandatory")
    missing: int
    wrong: int = Field(description="cameras in which a rule finds it wrong or doubtful")
    total: int

    @classmethod
    def of(cls, found: FieldCount) -> Self:
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class GroupOut(BaseModel):
    """One row of a league."""

    key: str = Field(description="region code, name of a unit, id of a platform; empty: none on file")
    name: str
    completeness: CompletenessOut
    accuracy: AccuracyOut

    @classmethod
    def of(cls, found: GroupFigures, name: str) -> Self:
        return cls(
            key=found.key,
            name=name,
            completeness=CompletenessOut.of(found.completeness),
            accuracy=AccuracyOut.of(found.accuracy),
        )


class RunOut(BaseModel):
    """The check of all cameras that was asked for last."""

    id: UUID
    asked_by: str = Field(description="empty: by night")
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    total: int | None
    done: int
    findings: int | None
    rules: str = Field(description="digest of the rule set it ran")


class FiguresOut(BaseModel):
    """The figures of a scope, and how they are known."""

    completeness: CompletenessOut
    accuracy: AccuracyOut
    fields: list[FieldFiguresOut]
    checked_from: datetime | None = Field(description="the oldest look at a camera that counts")
    checked_until: datetime | None
    run: RunOut | None


class CameraNamed(BaseModel):
    """A camera in a list of findings or proposals."""

    id: UUID
    code: str
    name: str
    region: str


class FindingOut(BaseModel):
    """What a rule found."""

    camera: CameraNamed
    rule: str
    field: str
    severity: SeverityWord
    value: str
    expected: str
    message: str
    twin: UUID | None = Field(description="the other camera it is about")
    since: datetime


def _scope(
    region: Annotated[str | None, Query(examples=["4501"], description="division code prefix")] = None,
    unit: Annotated[str | None, Query(max_length=100, description="managing unit, by name")] = None,
    maintenance: Annotated[str | None, Query(max_length=300, description="maintenance unit, by name")] = None,
    platform: Annotated[UUID | None, Query()] = None,
    sector: Annotated[str | None, Query(max_length=40)] = None,
) -> "Asked":
    return Asked(region, unit, maintenance, platform, sector)


class Asked:
    """A scope as query parameters."""

    def __init__(
        self, region: str | None, unit: str | None, maintenance: str | None, platform: UUID | None, sector: str | None
    ) -> None:
        self.region, self.unit, self.maintenance = region, unit, maintenance
        self.platform, self.sector = platform, sector

    def within(self, caller: Caller) -> Scope:
        """Checked, and cut to what the caller may see."""
        regions = narrow(caller, None if not self.region else checked(self.region))
        return Scope(regions, self.unit, self.maintenance, self.platform, self.sector)


Scoped = Annotated[Asked, Depends(_scope)]


class AskedFindings:
    """Filters of a list of findings."""

    def __init__(
        self,
        rule: Annotated[str | None, Query(max_length=60)] = None,
        field: Annotated[str | None, Query(max_length=60)] = None,
        severity: Annotated[SeverityWord | None, Query()] = None,
        camera: Annotated[UUID | None, Query()] = None,
    ) -> None:
        self.rule, self.field, self.severity, self.camera = rule, field, severity, camera

    def within(self, scope: Scope) -> Wanted:
        """Checked.

        Raises:
            Refusal: `catalog.rule_unknown`.
        """
        if self.rule is not None and self.rule not in rule_set().rules:
            raise Refusal("catalog.rule_unknown", status=422, operand="rule", actual=self.rule)
        severity = None if self.severity is None else Severity[self.severity.upper()]
        return Wanted(scope, self.rule, self.field, severity, self.camera)


Findings = Annotated[AskedFindings, Depends()]
