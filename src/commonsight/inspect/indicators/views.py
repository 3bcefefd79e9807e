"""What the routes of indicators answer."""

from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from commonsight.inspect.indicators.model import Figure
from commonsight.inspect.indicators.service import Chosen, Standing
from commonsight.inspect.indicators.words import scope_name


class Said(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class FigureOut(BaseModel):
    """A rate with what it is made of."""

    value: float | None = Field(description="0 to 1; null when nothing was measured")
    numerator: int
    denominator: int
    unknown: int = Field(description="never measured; in neither number")
    exempt: int = Field(description="cameras an approved exemption leaves out")
    coverage: float | None = Field(description="share that was measured, 0 to 1")
    low: float | None = Field(description="the rate of all lies above this, 95 %; `value` when all were measured")
    high: float | None
    variant: str
    as_of: datetime | None

    @classmethod
    def of(cls, one: Figure) -> Self:
        return cls(**_figure(one))


def _figure(one: Figure) -> dict[str, object]:
    low, high = one.interval or (None, None)
    return {
        "value": one.value, "numerator": one.numerator, "denominator": one.denominator, "unknown": one.unknown,
        "exempt": one.exempt, "coverage": one.coverage, "low": low, "high": high, "variant": one.variant,
        "as_of": one.as_of,
    }  # fmt: skip


class VariantOut(BaseModel):
    """One way to count an indicator."""

    code: str = Field(examples=["checked"])
    name: Said
    unit: Literal["camera", "field", "hour", "second", "try"]
    formula: str = Field(examples=["works / (works + bad + offline)"])
    formula_words: Said = Field(description="the same with the counts' names")
    definition: Said


class SampleOut(BaseModel):
    """What a sample told: drawn at random by county and platform, and weighed by their sizes."""

    value: float
    low: float
    high: float
    confidence: float
    cameras: int = Field(description="checked")
    population: int = Field(description="cameras it stands for")
    finished_at: datetime


class IndicatorOut(FigureOut):
    """An indicator of a scope and how it is known."""

    code: str = Field(examples=["playable"])
    name: Said
    definition: Said
    formula: str = Field(examples=["works / (works + bad + offline)"])
    formula_words: Said
    unit: str
    aim: float | None = Field(description="it should be at least this")
    alert: float | None = Field(description="below this it needs somebody")
    standing: Literal["reached", "below", "alert"] | None = Field(description="against the bars; null without")
    sample: SampleOut | None = Field(
        None, description="what the last sample of this region told, if there is a late one"
    )
    down: dict[str, str] = Field(description="filters of the camera list that show what is behind it; may be empty")

    @classmethod
    def told(cls, chosen: Chosen, one: Figure) -> Self:
        made = chosen.variant
        return cls(
            **_figure(one),
            code=chosen.indicator.code,
            name=Said(zh=chosen.indicator.zh, en=chosen.indicator.en),
            definition=Said(zh=made.definition_zh, en=made.definition_en),
            formula=made.formula,
            formula_words=Said(zh=made.worded("zh"), en=made.worded("en")),
            unit=made.unit,
            aim=chosen.aim,
            alert=chosen.alert,
            standing=standing(one.value, chosen.aim, chosen.alert),
            down=dict(chosen.indicator.down),
        )


def standing(
    value: float | None, aim: float | None, alert: float | None
) -> Literal["reached", "below", "alert"] | None:
    """How a rate stands against its bars."""
    if value is None or (aim is None and alert is None):
        return None
    if alert is not None and value < alert:
        return "alert"
    return "below" if aim is not None and value < aim else "reached"


class IndicatorsOut(BaseModel):
    """The indicators of a scope."""

    as_of: datetime
    kind: str
    scope: str
    region: str | None
    items: list[IndicatorOut]


class Bars(BaseModel):
    """What an indicator is held against."""

    aim: float | None = Field(None, gt=0, le=1)
    alert: float | None = Field(None, gt=0, le=1)


class DefinitionOut(BaseModel):
    """An indicator as it is counted here, and the other ways it may be counted."""

    code: str
    name: Said
    chosen: str = Field(description="code of the variant in force")
    variants: list[VariantOut]
    aim: float | None
    alert: float | None
    ships: Bars = Field(description="bars as the product ships them")
    by_name: str | None = Field(description="who changed it last; null: as it ships")
    at: datetime | None

    @classmethod
    def of(cls, one: Chosen) -> Self:
        return cls(
            code=one.indicator.code,
            name=Said(zh=one.indicator.zh, en=one.indicator.en),
            chosen=one.variant.code,
            variants=[
                VariantOut(
                    code=each.code,
                    name=Said(zh=each.zh, en=each.en),
                    unit=each.unit,
                    formula=each.formula,
                    formula_words=Said(zh=each.worded("zh"), en=each.worded("en")),
                    definition=Said(zh=each.definition_zh, en=each.definition_en),
                )
                for each in one.indicator.variants.values()
            ],
            aim=one.aim,
            alert=one.alert,
            ships=Bars(aim=one.indicator.aim, alert=one.indicator.alert),
            by_name=one.by_name,
            at=one.at,
        )


class DefinitionIn(Bars):
    """How an indicator shall be counted here, and what it is held against."""

    model_config = ConfigDict(extra="forbid")

    variant: str = Field(max_length=40)


class ChangeOut(BaseModel):
    """How a rate moved."""

    days: int
    value: float | None = Field(description="difference, in shares of one; null where one of the two is unknown")


class LeagueFigure(FigureOut):
    """An indicator in a league table."""

    changes: list[ChangeOut]


class LeagueRow(BaseModel):
    """A scope in a league table."""

    code: str
    name: Said | None = Field(description="null: the cameras do not say")
    rank: int | None = Field(description="null: nothing was measured")
    tied: bool = Field(description="others have the same rank: they differ by less than the error")
    total: int
    exempt: int
    figures: dict[str, LeagueFigure]

    @classmethod
    def of(cls, one: Standing, kind: str) -> Self:
        named = scope_name(kind, one.place.code, one.name)
        return cls(
            code=one.place.code,
            name=None if named is None else Said(zh=named.zh, en=named.en),
            rank=one.place.rank,
            tied=one.place.tied,
            total=one.total,
            exempt=one.exempt,
            figures={
                code: LeagueFigure(
                    **_figure(each),
                    changes=[ChangeOut(days=c.days, value=c.value) for c in one.changes.get(code, ())],
                )
                for code, each in one.figures.items()
            },
        )


class LeagueOut(BaseModel):
    """A league table."""

    as_of: datetime
    kind: str
    parent: str
    by: str = Field(description="the indicator it is ordered by")
    items: list[LeagueRow]
    next: str | None = None


class TrendPoint(BaseModel):
    """An indicator on a day."""

    day: date
    value: float | None
    numerator: int
    denominator: int
    unknown: int
    coverage: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, day: date, one: Figure) -> Self:
        low, high = one.interval or (None, None)
        return cls(
            day=day, value=one.value, numerator=one.numerator, denominator=one.denominator, unknown=one.unknown,
            coverage=one.coverage, low=low, high=high,
        )  # fmt: skip


class TrendOut(BaseModel):
    """An indicator by day; days that were not counted are left out."""

    indicator: str
    variant: str
    aim: float | None
    alert: float | None
    kept: bool = Field(
        description="false: days are not kept as finely as this scope (regions by county, others by city)"
    )
    first: date
    last: date
    items: list[TrendPoint]
