"""What the HTTP interface says about upper platforms and shares and takes from people."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from commonsight.connect.gb28181.above.ids_store import Shown
from commonsight.connect.gb28181.above.model import (
    EXPIRES_LEAST,
    EXPIRES_MOST,
    KBITS_MOST,
    KEEPALIVE_LEAST,
    KEEPALIVE_MOST,
    NAME_MOST,
    NETWORKS_MOST,
    STREAMS_MOST,
    Right,
    Share,
)
from commonsight.connect.gb28181.above.store import Kept
from commonsight.gate.grant_views import LimitsIn, SelectionIn

StateWord = Literal["off", "registering", "registered", "refused", "silent"]
RightWord = Literal["live", "playback", "download", "control", "alarms"]
NamingWord = Literal["own", "place"]


class UpperOut(BaseModel):
    """An upper platform and how it stands with it. Its password is never shown."""

    id: UUID
    code: str = Field(examples=["45000000002000000002"])
    name: str
    organisation: str = Field(description="the unit behind it, for the retrieval register")
    domain: str
    host: str
    port: int
    transport: Literal["udp", "tcp"]
    zone: str
    own_code: str | None = Field(description="the id it knows us by; null: our own")
    version: Literal["2.0", "3.0"] = Field(description="2.0: edition of 2016, 3.0: of 2022")
    charset: str
    expires_seconds: int
    keepalive_seconds: int
    streams_most: int = Field(description="streams at once; 0: no limit")
    kbits_most: int = Field(description="kbit/s of all its streams; 0: no limit")
    media_networks: list[str]
    limits: dict[str, Any] = Field(description="what its pictures are held to: mask, lines, frames a second")
    enabled: bool
    has_password: bool
    state: StateWord
    problem: str | None = Field(description="why we are not registered: the last part of a message code")
    problem_detail: str | None
    state_since: datetime | None
    registered_at: datetime | None
    expires_at: datetime | None
    keepalive_at: datetime | None = Field(description="when it last confirmed that we are there")
    streams: int = Field(description="streams it takes now")
    shares: int
    cameras: int = Field(description="cameras it is shown")
    loops: int = Field(description="chosen cameras left out: they came from it, or are ours coming back")
    mutual: bool = Field(description="whether it is a lower platform of ours at the same time")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, kept: Kept) -> Self:
        """From the database."""
        one, stands = kept.upper, kept.standing
        return cls(
            id=one.id, code=one.code, name=one.name, organisation=one.organisation, domain=one.domain, host=one.host,
            port=one.port, transport=one.transport, zone=one.zone, own_code=one.own_code,
            version="3.0" if one.modern else "2.0", charset=one.charset, expires_seconds=one.expires_seconds,
            keepalive_seconds=one.keepalive_seconds, streams_most=one.streams_most, kbits_most=one.kbits_most,
            media_networks=list(one.media_networks), limits=one.limits.as_json(), enabled=one.enabled,
            has_password=one.secret is not None, state=stands.state, problem=stands.problem,
            problem_detail=stands.problem_detail, state_since=stands.since, registered_at=stands.registered_at,
            expires_at=stands.expires_at, keepalive_at=stands.keepalive_at, streams=kept.calls, shares=kept.shares,
            cameras=kept.shown, loops=stands.loops, mutual=kept.mutual, created_at=kept.created_at,
            updated_at=kept.updated_at,
        )  # fmt: skip


class UpperChange(BaseModel):
    """What is to change; what is left out stays. `password`: null takes it away."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=NAME_MOST)
    organisation: str | None = Field(None, max_length=NAME_MOST)
    domain: str | None = Field(None, pattern=r"^[0-9A-Za-z.-]{1,64}$")
    host: str | None = Field(None, min_length=1, max_length=253)
    port: int | None = Field(None, ge=1, le=65_535)
    transport: Literal["udp", "tcp"] | None = None
    zone: str | None = Field(None, max_length=31)
    own_code: str | None = Field(None, pattern=r"^\d{20}$")
    password: SecretStr | None = Field(None, min_length=1, max_length=128)
    version: Literal["2.0", "3.0"] | None = None
    charset: Literal["GB18030", "GB2312", "UTF-8"] | None = None
    expires_seconds: int | None = Field(None, ge=EXPIRES_LEAST, le=EXPIRES_MOST)
    keepalive_seconds: int | None = Field(None, ge=KEEPALIVE_LEAST, le=KEEPALIVE_MOST)
    streams_most: int | None = Field(None, ge=0, le=STREAMS_MOST)
    kbits_most: int | None = Field(None, ge=0, le=KBITS_MOST)
    media_networks: list[str] | None = Field(None, max_length=NETWORKS_MOST, examples=[["10.45.0.0/16"]])
    limits: LimitsIn | None = None
    enabled: bool | None = None

    def meant(self) -> dict[str, Any]:
        """What was said. Null means something for `own_code` and `password` alone."""
        found: dict[str, Any] = {}
        for name in self.model_fields_set:
            value = getattr(self, name)
            if value is None and name not in ("own_code", "password"):
                continue
            if isinstance(value, SecretStr):
                value = value.get_secret_value()
            elif isinstance(value, LimitsIn):
                value = value.meant()
            found[name] = value
        return found


class UpperIn(UpperChange):
    """An upper platform to register with."""

    code: str = Field(pattern=r"^\d{20}$", examples=["45000000002000000002"])
    host: str = Field(min_length=1, max_length=253, examples=["10.45.0.1"])
    port: int = Field(5060, ge=1, le=65_535)

    def meant(self) -> dict[str, Any]:
        """What was said, with the port that is usual."""
        return {"port": self.port} | super().meant()


class ShareOut(BaseModel):
    """A chosen part of the tree for one upper platform."""

    id: UUID
    upper_id: UUID
    name: str
    selection: dict[str, Any]
    rights: list[RightWord]
    naming: NamingWord = Field(description="own: under their own names; place: under place and number alone")
    enabled: bool

    @classmethod
    def of(cls, share: Share) -> Self:
        """From the database."""
        return cls(
            id=share.id, upper_id=share.upper_id, name=share.name, selection=share.selection.as_json(),
            rights=share.rights.words, naming=share.naming, enabled=share.enabled,
        )  # fmt: skip


class ShareIn(BaseModel):
    """A share to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=NAME_MOST)
    selection: SelectionIn
    rights: list[RightWord] = Field(min_length=1, max_length=5)
    naming: NamingWord = "own"
    enabled: bool = True

    def share(self, share_id: UUID, upper_id: UUID) -> Share:
        """The share itself. Raises Refusal for rights that are none."""
        return Share(
            share_id, upper_id, self.name, self.selection.meant(), Right.of(self.rights), self.naming, self.enabled
        )


class ShareChange(BaseModel):
    """What is to change of a share; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=NAME_MOST)
    selection: SelectionIn | None = None
    rights: list[RightWord] | None = Field(None, min_length=1, max_length=5)
    naming: NamingWord | None = None
    enabled: bool | None = None

    def meant(self) -> dict[str, Any]:
        """What was said, in the share's own terms."""
        said: dict[str, Any] = {
            "name": self.name, "naming": self.naming, "enabled": self.enabled,
            "selection": None if self.selection is None else self.selection.meant(),
            "rights": None if self.rights is None else Right.of(self.rights),
        }  # fmt: skip
        return {name: value for name, value in said.items() if value is not None}


class CountIn(BaseModel):
    """A choice to be counted before it is shared."""

    model_config = ConfigDict(extra="forbid")

    selection: SelectionIn


class CountOut(BaseModel):
    """What a choice holds."""

    cameras: int
    online: int
    outside: int = Field(description="beyond the caller's regions; such a choice cannot be shared")


class PreviewOut(BaseModel):
    """One item as the upper platform sees it."""

    code: str = Field(description="the mapped id; a region's own code")
    kind: Literal["region", "camera"]
    name: str
    region: str
    online: bool
    rights: list[RightWord]
    camera_id: UUID | None

    @classmethod
    def of(cls, shown: Shown) -> Self:
        """From the database."""
        return cls(
            code=shown.code, kind=shown.kind, name=shown.name, region=shown.region, online=shown.online,
            rights=shown.rights.words if shown.kind == "camera" else [], camera_id=shown.camera_id,
        )  # fmt: skip


class StreamOut(BaseModel):
    """A stream to an upper platform."""

    code: str
    camera_id: UUID
    camera_name: str
    action: Literal["live", "playback", "download"]
    node: str
    since: datetime
    kbits: float | None = Field(description="as last measured; null while the signalling process does not say")
