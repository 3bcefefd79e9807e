"""What exemptions look like on the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from commonsight.inspect.exemptions.model import Exemption, kinds
from commonsight.inspect.exemptions.service import Choice, Foreseen, Preview
from commonsight.inspect.indicators.model import Figure

NAMED_MOST = 10_000
Phase = Literal["waiting", "asked", "coming", "running", "over", "refused", "withdrawn"]


class Strict(BaseModel):
    """What is sent to us: a field we do not know is a mistake that has to be seen."""

    model_config = ConfigDict(extra="forbid")


class ChoiceIn(Strict):
    """Which cameras are meant. What is given narrows together; at least one must be."""

    region: str | None = Field(None, max_length=12, examples=["450103"])
    platform: UUID | None = None
    selection: UUID | None = Field(None, description="a set kept by `POST /cameras/selections`")
    cameras: list[UUID] = Field(default=[], max_length=NAMED_MOST)
    codes: list[str] = Field(default=[], max_length=NAMED_MOST, description="GB/T 28181 identifiers")

    def meant(self) -> Choice:
        """The choice itself."""
        codes = (code.strip() for code in self.codes)
        return Choice(
            region=self.region,
            platform=self.platform,
            selection=self.selection,
            cameras=tuple(dict.fromkeys(self.cameras)),
            codes=tuple(dict.fromkeys(code for code in codes if code)),
        )


class ExemptionIn(Strict):
    """A request for an exemption."""

    kind: str = Field(max_length=40, examples=["construction"])
    words: str = Field(max_length=4_000, description="why, in words that a second person can check")
    cameras: ChoiceIn
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class WordsIn(Strict):
    """Why."""

    words: str = Field("", max_length=4_000)


class ExtendIn(Strict):
    """A later end."""

    to: AwareDatetime
    words: str = Field(max_length=4_000)


class KindOut(BaseModel):
    """A kind of reason."""

    code: str
    zh: str
    en: str
    hint_zh: str
    hint_en: str
    words_least: int


class RateOut(BaseModel):
    """A share with what it is made of."""

    value: float | None = Field(description="0 to 1; null when nothing was checked")
    numerator: int
    denominator: int

    @classmethod
    def of(cls, rate: Figure) -> Self:
        return cls(value=rate.value, numerator=rate.numerator, denominator=rate.denominator)


class ForeseenOut(BaseModel):
    """An indicator without and with the exemption."""

    code: str = Field(examples=["online"])
    before: RateOut
    after: RateOut

    @classmethod
    def of(cls, one: Foreseen) -> Self:
        return cls(code=one.code, before=RateOut.of(one.before), after=RateOut.of(one.after))


class PreviewOut(BaseModel):
    """What an exemption would do as health stands now."""

    total: int = Field(description="cameras meant")
    leaving: int = Field(description="of them, those that leave the denominators; the rest is exempt already")
    unknown_codes: list[str] = Field(description="identifiers given that are no camera in one's regions")
    indicators: list[ForeseenOut]

    @classmethod
    def of(cls, found: Preview) -> Self:
        return cls(
            total=found.total,
            leaving=found.leaving,
            unknown_codes=list(found.unknown_codes),
            indicators=[ForeseenOut.of(one) for one in found.foreseen],
        )


class ExtensionOut(BaseModel):
    """An extension that waits for a second person."""

    to: datetime
    words: str
    by_name: str
    at: datetime
    mine: bool


class ExemptionOut(BaseModel):
    """An exemption."""

    id: UUID
    number: int
    kind: str
    kind_zh: str
    kind_en: str
    words: str
    chosen: dict[str, Any] = Field(description="what its cameras were chosen by; the cameras themselves are fixed")
    regions: list[str] = Field(description="counties its cameras lie in")
    total: int
    starts_at: datetime
    ends_at: datetime
    phase: Literal["asked", "coming", "running", "over", "refused", "withdrawn"]
    asked_by_name: str
    organisation: str
    asked_at: datetime
    mine: bool
    decided_by_name: str | None
    decided_words: str | None
    decided_at: datetime | None
    extension: ExtensionOut | None
    file_name: str | None
    file_type: str | None

    @classmethod
    def of(cls, held: Exemption, caller: UUID, now: datetime) -> Self:
        kind = kinds().get(held.kind)
        extension = None
        if held.extend_to is not None and held.extend_at is not None:
            extension = ExtensionOut(
                to=held.extend_to,
                words=held.extend_words or "",
                by_name=held.extend_by_name or "",
                at=held.extend_at,
                mine=held.extend_by == caller,
            )
        return cls.model_validate(
            {
                "id": held.id, "number": held.number, "kind": held.kind,
                "kind_zh": kind.zh if kind else held.kind, "kind_en": kind.en if kind else held.kind,
                "words": held.words, "chosen": dict(held.chosen), "regions": list(held.regions), "total": held.total,
                "starts_at": held.starts_at, "ends_at": held.ends_at, "phase": held.phase(now),
                "asked_by_name": held.asked_by_name, "organisation": held.organisation, "asked_at": held.asked_at,
                "mine": held.asked_by == caller, "decided_by_name": held.decided_by_name,
                "decided_words": held.decided_words, "decided_at": held.decided_at, "extension": extension,
                "file_name": held.file_name, "file_type": held.file_type,
            }
        )  # fmt: skip


class EventOut(BaseModel):
    """One line of an exemption's history."""

    at: datetime
    what: str = Field(examples=["asked", "approved", "ended", "extended"])
    by_name: str
    words: str
    detail: dict[str, Any]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{key: row[key] for key in ("at", "what", "by_name", "words", "detail")})


class MemberOut(BaseModel):
    """A camera of an exemption."""

    id: UUID
    code: str
    name: str
    region: str
    health: str


class KindsOut(BaseModel):
    """Kinds of reasons, in order, and the limits of a request."""

    items: list[KindOut]
    days_most: int
    back_days: int
    cameras_most: int
    file_bytes: int


class WaitingOut(BaseModel):
    """What waits for a second person in one's regions."""

    waiting: int
