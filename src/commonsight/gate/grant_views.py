"""What grants and requests look like on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from commonsight.gate import grant_rules as rules
from commonsight.gate.grant_model import Grant, Hours, Selection
from commonsight.gate.model import Action

ActionName = Literal["live", "playback", "download", "snapshot", "control"]
HolderKind = Literal["person", "organisation", "role"]
State = Literal["running", "coming", "expired", "revoked"]
Word = Annotated[str, Field(max_length=100)]


class Strict(BaseModel):
    """What is sent to us: a field we do not know is a mistake that has to be seen."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class GroupIn(Strict):
    """A business group or virtual organisation, with all below it."""

    source: UUID
    code: Word


class SelectionIn(Strict):
    """A choice of cameras: those in any of the regions, groups, the polygon, or named; narrowed by tags."""

    everything: bool = Field(False, description="all cameras within the giver's regions")
    regions: list[Word] = Field(default=[], max_length=rules.PLACES_MOST, examples=[["4501"]])
    groups: list[GroupIn] = Field(default=[], max_length=rules.PLACES_MOST)
    tags: list[Word] = Field(
        default=[],
        max_length=rules.PLACES_MOST,
        description="`kind:…`, `sector:…`, `place:…`: of one kind any, of different kinds all",
        examples=[["sector:traffic"]],
    )
    polygon: dict[str, Any] | None = Field(None, description="GeoJSON Polygon or MultiPolygon, WGS-84")
    cameras: list[UUID] = Field(default=[], max_length=rules.CAMERAS_MOST)

    def meant(self) -> Selection:
        """The choice itself."""
        return Selection(
            everything=self.everything,
            regions=tuple(dict.fromkeys(self.regions)),
            groups=tuple(dict.fromkeys((group.source, group.code) for group in self.groups)),
            tags=tuple(dict.fromkeys(self.tags)),
            polygon=self.polygon,
            cameras=frozenset(self.cameras),
        )


class HoursIn(Strict):
    """A daily window in the platform's zone. `to` before `from` reaches over midnight."""

    from_: Word = Field(alias="from", examples=["08:00"])
    to: Word = Field(examples=["20:00"])
    days: list[int] = Field(default=[1, 2, 3, 4, 5, 6, 7], max_length=7, description="1 is Monday")

    def meant(self, zone: str) -> Hours:
        """The window in its zone."""
        return rules.check_hours(self.from_, self.to, self.days, zone)


class LimitsIn(Strict):
    """What permits under a grant hold back."""

    mask: Literal["faces_plates", "faces", "plates"] | None = None
    resolution: int | None = Field(None, description="lines of the picture at most")
    fps: float | None = None
    minutes: int | None = Field(None, description="of one permit")

    def meant(self) -> dict[str, Any]:
        """Only what is said."""
        return self.model_dump(exclude_none=True)


class GrantIn(Strict):
    """A grant to be given."""

    holder_kind: HolderKind
    holder: str = Field(max_length=200, description="a person's id or name, an organisation's name, a role's code")
    cameras: SelectionIn
    actions: list[ActionName] = Field(max_length=5)
    purposes: list[Word] = Field(default=[], max_length=30, description="none: any")
    hours: HoursIn | None = None
    starts_at: AwareDatetime | None = None
    expires_at: AwareDatetime
    limits: LimitsIn = LimitsIn()
    basis: str = Field(max_length=2000, description="the reason or document it rests on")
    door: Literal["retrieval", "sharing"] = "retrieval"


class RequestIn(Strict):
    """A request for a grant for oneself."""

    cameras: SelectionIn
    actions: list[ActionName] = Field(max_length=5)
    purposes: list[Word] = Field(max_length=30)
    hours: HoursIn | None = None
    starts_at: AwareDatetime | None = None
    expires_at: AwareDatetime
    masked: bool = Field(False, description="pictures with faces and plates masked are enough")
    reason: str = Field(max_length=2000)


class ApprovalIn(Strict):
    """An approval. What is left out is given as it was asked for; what is said may only narrow it."""

    cameras: SelectionIn | None = None
    actions: list[ActionName] | None = Field(None, max_length=5)
    purposes: list[Word] | None = Field(None, max_length=30)
    hours: HoursIn | None = None
    starts_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    limits: LimitsIn = LimitsIn()
    words: str = Field("", max_length=2000)


class WordsIn(Strict):
    """Why."""

    reason: str = Field(max_length=2000)


class GrantOut(BaseModel):
    """A grant. `cameras` is the choice itself; how many it comes to is asked for separately."""

    id: UUID
    holder_kind: HolderKind
    holder: str
    holder_name: str
    door: str
    cameras: dict[str, Any]
    scope: list[str]
    actions: list[ActionName]
    purposes: list[str]
    hours: dict[str, Any] | None
    starts_at: datetime
    expires_at: datetime | None
    limits: dict[str, Any]
    basis: str
    built_in: bool
    granted_by_name: str
    granted_at: datetime
    request_id: UUID | None
    revoked_at: datetime | None
    revoked_by_name: str | None
    revoked_reason: str | None
    state: State

    @classmethod
    def of(cls, grant: Grant, now: datetime) -> "GrantOut":
        """The grant as it stands at `now`."""
        return cls(
            id=grant.id,
            holder_kind=grant.holder_kind,
            holder=grant.holder,
            holder_name=grant.holder_name,
            door=grant.door.value,
            cameras=grant.cameras.as_json(),
            scope=list(grant.scope),
            actions=[action.value for action in Action if action in grant.actions],
            purposes=sorted(grant.purposes),
            hours=None if grant.hours is None else grant.hours.as_json(),
            starts_at=grant.starts_at,
            expires_at=grant.expires_at,
            limits=grant.limits.as_json(),
            basis=grant.basis,
            built_in=grant.built_in,
            granted_by_name=grant.granted_by_name,
            granted_at=grant.granted_at,
            request_id=grant.request_id,
            revoked_at=grant.revoked_at,
            revoked_by_name=grant.revoked_by_name,
            revoked_reason=grant.revoked_reason,
            state=state_of(grant, now),
        )


def state_of(grant: Grant, now: datetime) -> State:
    """What a grant is worth at `now`."""
    if grant.revoked_at is not None:
        return "revoked"
    if grant.expires_at is not None and now >= grant.expires_at:
        return "expired"
    return "coming" if now < grant.starts_at else "running"


class GrantDetail(GrantOut):
    """A grant with what hangs on it."""

    running_permits: int = Field(description="permits that a revocation would cut now")
    counted: int = Field(description="cameras it comes to now")
    names: list[str] = Field(description="the first few of them")


class RevokedOut(GrantOut):
    """A grant that was just revoked."""

    permits_cut: int


class CountedOut(BaseModel):
    """How many cameras a choice comes to."""

    cameras: int
    names: list[str]


class CandidateOut(BaseModel):
    """Somebody or something a grant can be given to."""

    kind: HolderKind
    holder: str
    name: str
    organisation: str


class ActionAccess(BaseModel):
    """May I do this with the camera now, by which grant, else why not."""

    action: ActionName
    allowed: bool
    grant: GrantOut | None = Field(description="the widest that covers it, else the nearest that does not")
    until: datetime | None = Field(description="when this ends: the grant's expiry or the day's window")
    operand: str | None = Field(description="what the nearest grant falls short by")
    expected: Any = None
    actual: Any = None
    why: str | None = Field(description="the same in words")


class AccessOut(BaseModel):
    """What the caller may do with one camera."""

    camera_id: UUID
    actions: list[ActionAccess]
    emergency: bool = Field(description="whether pictures may be had in an emergency without a grant")
    emergencies_waiting: int = Field(description="one's own that wait for review")
    requests_waiting: int = Field(description="one's own requests that wait for a decision")


class RequestOut(BaseModel):
    """A request for a grant."""

    id: UUID
    person_id: UUID
    person_name: str
    organisation: str
    cameras: dict[str, Any]
    actions: list[str]
    purposes: list[str]
    hours: dict[str, Any] | None
    starts_at: datetime
    expires_at: datetime
    masked: bool
    reason: str
    asked_at: datetime
    state: Literal["asked", "approved", "refused", "withdrawn"]
    decided_at: datetime | None
    decided_by_name: str | None
    decided_words: str | None
    grant_id: UUID | None


class OverlapOut(BaseModel):
    """A grant the asker holds already."""

    grant: GrantOut
    cameras: int = Field(description="cameras it shares with what is asked for")


class PreviewOut(BaseModel):
    """What approving would come to."""

    asked: CountedOut
    given: CountedOut = Field(description="those of them within the approver's regions")
    overlaps: list[OverlapOut]


class ReviewIn(Strict):
    """What a reviewer says of an emergency access."""

    state: Literal["justified", "unjustified"]
    words: str = Field(max_length=2000)


class EmergencyOut(BaseModel):
    """An emergency access and its review."""

    id: UUID
    permit_id: UUID
    person_id: UUID
    person_name: str
    organisation: str
    action: str
    camera_ids: list[UUID]
    camera_names: list[str]
    reason: str
    opened_at: datetime
    due_at: datetime
    escalated_at: datetime | None
    state: Literal["pending", "justified", "unjustified"]
    reviewed_at: datetime | None
    reviewed_by_name: str | None
    words: str | None


class WaitingOut(BaseModel):
    """What waits for somebody in one's regions."""

    requests: int
    emergencies: int
    overdue: int = Field(description="emergency accesses nobody has reviewed in time")
