"""What the HTTP interface says about notices, and what it takes."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Row

from commonsight.respond.notices.model import About, Event
from commonsight.respond.notices.service import ADDRESSES_MOST, URL_MOST, RuleSaid
from commonsight.respond.notices.words import event_name, of_grant, path_of
from commonsight.respond.titles import in_language, title_of

ChannelKind = Literal["email", "webhook", "mqtt"]
Languages = Literal["zh", "en"]
Code = Annotated[str, Field(pattern=r"^\d{2,12}$")]


class NoticeOut(BaseModel):
    """Something a person is told on the page, with the case, the request or the emergency access as it is now."""

    id: UUID
    at: datetime
    type: str = Field(examples=["opened"])
    event: str = Field(description="the same in the caller's language", examples=["新事件"])
    read_at: datetime | None
    about: About
    path: str = Field(description="where the page shows it", examples=["/video/grants/desk"])
    state: str = Field(description="of the case, the request or the review")
    title: str
    words: str
    place: str
    case_id: UUID | None
    request_id: UUID | None
    emergency_id: UUID | None
    number: int | None = Field(description="this and what follows: of a case")
    kind: str | None
    severity: int | None
    region: str | None
    camera_id: UUID | None
    occurrences: int | None

    @classmethod
    def of(cls, row: Row[Any], language: str) -> Self:
        shown = dict(row._mapping)
        if row.elsewhere is not None:
            said = row.elsewhere
            shown |= {"about": About.ELSEWHERE, "words": said["words"], "place": said["place"], "path": said["path"]}
            shown |= {name: said[name]["en" if language == "en" else "zh"] for name in ("event", "title")}
            return cls(**{name: shown[name] for name in cls.model_fields})
        if row.case_id is not None:
            shown |= {
                "about": About.CASE,
                "title": title_of(row.subject, language),
                "words": in_language(row.words, language),
            }
        else:
            shown |= {"about": About.REQUEST if row.emergency_id is None else About.EMERGENCY}
            shown |= of_grant(row, language)
        shown |= {"event": event_name(row.type, language), "path": path_of(row.type, row.case_id)}
        return cls(**{name: shown[name] for name in cls.model_fields})


class UnreadOut(BaseModel):
    """How many notices the caller has not read."""

    unread: int
    more: bool = Field(description="counting was given up at this many")


class ReadIn(BaseModel):
    """Which notices were read; all of them without `ids`."""

    model_config = ConfigDict(extra="forbid")

    ids: list[UUID] | None = Field(None, max_length=500)


class ChannelSaid(BaseModel):
    """What people say of a channel. What is left out of a change stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=100)
    language: Languages | None = None
    regions: list[Code] | None = Field(
        None, max_length=50, description="cases of these; the caller's own when left out"
    )
    enabled: bool | None = None
    to: list[str] | None = Field(None, max_length=ADDRESSES_MOST, description="email: addresses")
    url: str | None = Field(None, max_length=URL_MOST, description="webhook: where it is posted to")
    topic: str | None = Field(None, max_length=200, description="mqtt: topic")


class ChannelIn(ChannelSaid):
    """A channel to put on file."""

    kind: ChannelKind
    name: str = Field(max_length=100, examples=["值班室邮箱"])


class ChannelOut(BaseModel):
    """A channel. Secrets are never shown again."""

    id: UUID
    kind: ChannelKind
    name: str
    language: Languages
    regions: list[str]
    to: list[str] | None
    url: str | None
    topic: str | None
    enabled: bool
    failures: int = Field(description="in a row")
    error: str = Field(description="why the latest message did not arrive; empty when it did")
    down_until: datetime | None = Field(description="it rests until then")
    sent_at: datetime | None = Field(description="the latest message that arrived")
    waiting: int
    dead: int = Field(description="put aside")
    by_name: str
    updated_at: datetime

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        config: Mapping[str, Any] = row.config
        named = {name: getattr(row, name) for name in cls.model_fields if name not in ("to", "url", "topic")}
        return cls(**named, to=config.get("to"), url=config.get("url"), topic=config.get("topic"))


class MadeOut(BaseModel):
    """A new channel. `secret` signs its messages: keep it, it is not shown again."""

    channel: ChannelOut
    secret: str | None = Field(description="webhooks only", examples=["whsec_…"])


class SecretOut(BaseModel):
    """A new signing secret, shown this once. The former one signs for a day beside it."""

    secret: str


class TestOut(BaseModel):
    """A test was put in line; what becomes of it stands among the deliveries."""

    delivery: UUID


class HolderIn(BaseModel):
    """Whose rule it is."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["person", "organisation"]
    id: UUID


class RuleIn(BaseModel):
    """Who is told of what. Without a holder: the caller; without a channel: on the page."""

    model_config = ConfigDict(extra="forbid")

    holder: HolderIn | None = None
    channel_id: UUID | None = None
    kinds: list[str] = Field(default_factory=list, max_length=20, description="empty: all")
    severity: int = Field(4, ge=1, le=4, description="up to this one; 1 is the gravest")
    regions: list[Code] = Field(default_factory=list, max_length=50, description="empty: all the caller may see")
    events: list[Event] = Field(min_length=1, max_length=len(Event))
    quiet_from: time | None = Field(None, description="local time of the region; severity 1 is told at any time")
    quiet_to: time | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet_from and quiet_to go together")
        if any(each is not None and each.tzinfo is not None for each in (self.quiet_from, self.quiet_to)):
            raise ValueError("quiet hours are local times, without a zone")
        return self

    def said(self) -> RuleSaid:
        quiet = None if self.quiet_from is None or self.quiet_to is None else (self.quiet_from, self.quiet_to)
        holder = None if self.holder is None else (self.holder.kind, self.holder.id)
        return RuleSaid(
            holder, self.channel_id, tuple(dict.fromkeys(self.kinds)), self.severity, tuple(self.regions),
            tuple(dict.fromkeys(self.events)), quiet, self.enabled,
        )  # fmt: skip


class RuleOut(BaseModel):
    """A rule."""

    id: UUID
    holder_kind: Literal["person", "organisation"]
    holder_id: UUID
    holder_name: str
    channel_id: UUID | None
    channel_name: str | None
    kinds: list[str]
    severity: int
    regions: list[str]
    events: list[str]
    quiet_from: time | None
    quiet_to: time | None
    enabled: bool
    by_name: str
    updated_at: datetime

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls.model_validate(row, from_attributes=True)


class DeliveryOut(BaseModel):
    """One message to one channel. `id` is its idempotency key (`webhook-id`)."""

    id: UUID
    channel_id: UUID
    channel_name: str
    channel_kind: ChannelKind
    case_id: UUID | None
    number: int | None = Field(description="of the case")
    title: str | None
    type: str
    state: Literal["waiting", "sent", "dead"]
    attempts: int
    due_at: datetime
    created_at: datetime
    settled_at: datetime | None
    error: str

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls.model_validate(row, from_attributes=True)
