"""What needs look like on the wire."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from commonsight.analyze.demands import model
from commonsight.analyze.demands.model import Action, Demand, Place
from commonsight.analyze.demands.recipes import Recipe
from commonsight.analyze.demands.service import OPERATES, Said, Step, own
from commonsight.analyze.demands.store import Member, Published
from commonsight.analyze.scenes.model import SceneCard
from commonsight.gate.grant_views import HoursIn, SelectionIn
from commonsight.http import Caller, sees

StateWord = Literal["filed", "matched", "accepted", "refused", "running", "reviewed", "withdrawn"]
ActionWord = Literal["accept", "refuse", "withdraw", "reopen", "stop", "review"]
Words = Annotated[str, Field(max_length=model.WORDS_MOST)]


class Strict(BaseModel):
    """What is sent to us: a field we do not know is a mistake that has to be seen."""

    model_config = ConfigDict(extra="forbid")


class PlaceIn(Strict):
    """A point something is to be seen at."""

    name: str = Field(max_length=100, examples=["东门检票口"])
    at: tuple[float, float] = Field(description="[lon, lat], WGS-84", examples=[(108.3669, 22.817)])


class DemandIn(Strict):
    """A need as a department files it."""

    title: str = Field(max_length=model.TITLE_MOST, examples=["节假日统计各出入口客流"])
    scene: str = Field(max_length=60, examples=["people_flow"])
    region: str = Field(max_length=12, examples=["450103"])
    points: list[PlaceIn] = Field(default=[], max_length=model.POINTS_MOST)
    cameras: SelectionIn = SelectionIn()
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = Field(None, description="empty: until it is stopped")
    hours: HoursIn | None = Field(None, description="a daily window; empty: day and night")
    error_most: float | None = Field(None, description="relative error of the figures they can live with, 0..1")
    reason: Words
    contact: str = Field("", max_length=200)

    def said(self, zone: str) -> Said:
        return Said(
            title=self.title, scene=self.scene, region=self.region, starts_at=self.starts_at, reason=self.reason,
            points=tuple(Place(" ".join(one.name.split()), one.at) for one in self.points),
            choice=self.cameras.meant(), ends_at=self.ends_at,
            hours=None if self.hours is None else self.hours.meant(zone), error_most=self.error_most,
            contact=self.contact,
        )  # fmt: skip


class StepIn(Strict):
    """A step to take. `cameras`: which of those matched are accepted; empty: those suggested."""

    action: ActionWord
    words: Words = ""
    cameras: list[UUID] | None = Field(None, max_length=model.CAMERAS_MOST)
    settings: dict[str, float] = Field(default={}, max_length=40)
    whole: bool = Field(False, description="where no zone is drawn, watch the whole picture")
    mark: int | None = Field(None, ge=1, le=5, description="of a review")

    def meant(self) -> Step:
        cameras = None if self.cameras is None else tuple(dict.fromkeys(self.cameras))
        return Step(Action(self.action), self.words, cameras, self.settings, self.whole, self.mark)


class PublishIn(Strict):
    """What a person says of a reviewed need in the library."""

    words: str = Field(min_length=1, max_length=model.WORDS_MOST)


class DemandItem(BaseModel):
    """A need in a list."""

    id: UUID
    number: int
    title: str
    scene: str
    scene_name: str
    region: str
    unit: str
    by_name: str
    state: StateWord
    created_at: datetime
    starts_at: datetime
    ends_at: datetime | None
    stopped_at: datetime | None
    cameras: int = Field(description="suggested by the platform")
    points: int
    saved: int = Field(description="points that cameras answer which are there already")
    cores: float | None
    mark: int | None
    actions: list[ActionWord]

    @classmethod
    def plain(cls, one: Demand, caller: Caller, cards: Mapping[str, SceneCard], language: str) -> dict[str, Any]:
        card, found = cards.get(one.scene), one.found or {}
        operator = OPERATES in caller.permissions and sees(caller, one.region)
        actions = model.actions_of(one.state, operator=operator, own=own(one, caller))
        if one.stopped_at is not None:
            actions = tuple(action for action in actions if action is not Action.STOP)
        if "demands.write" not in caller.permissions:
            actions = ()
        return {
            "id": one.id, "number": one.number, "title": one.title, "scene": one.scene,
            "scene_name": one.scene if card is None else card.en if language.startswith("en") else card.zh,
            "region": one.region, "unit": one.unit, "by_name": one.by_name, "state": one.state.value,
            "created_at": one.created_at, "starts_at": one.starts_at, "ends_at": one.ends_at,
            "stopped_at": one.stopped_at, "cameras": len(found.get("chosen", ())), "points": len(one.points),
            "saved": found.get("saved", 0), "cores": found.get("cores"), "mark": one.mark,
            "actions": [action.value for action in actions],
        }  # fmt: skip

    @classmethod
    def of(cls, one: Demand, caller: Caller, cards: Mapping[str, SceneCard], language: str) -> Self:
        return cls(**cls.plain(one, caller, cards, language))


class CandidateOut(BaseModel):
    """A camera offered for a need."""

    id: UUID
    code: str
    name: str
    region: str
    health: str
    scene: str = Field(description="running, there (set up but off), none")
    missing: list[str] = Field(description="works, drawn, ground, field")
    cores: float = Field(description="of a core; 0 where the scene runs already")


class OfferOut(BaseModel):
    """What a camera sees of a point."""

    camera: UUID
    share: float
    metres: float
    known: bool


class PointOut(BaseModel):
    """A point with the cameras offered for it, the best first; none: a camera is missing there."""

    name: str
    at: tuple[float, float]
    offers: list[OfferOut]
    unknown: int = Field(description="cameras near it of which nobody filed where they look")


class AccuracyOut(BaseModel):
    """What can be expected, as measured; null where nobody has measured it."""

    error: float | None
    recall: float | None
    precision: float | None
    meets: bool | None
    footage: list[str]


class FoundOut(BaseModel):
    """What the platform matched; cameras outside of the reader's regions are left out."""

    cameras: list[CandidateOut]
    points: list[PointOut]
    chosen: list[UUID]
    saved: int
    reused: int
    cores: float
    free: float | None = Field(description="cores left at the budget's last round")

    @classmethod
    def of(cls, found: Mapping[str, Any], caller: Caller) -> Self:
        cameras = [one for one in found["cameras"] if sees(caller, one["region"])]
        seen = {one["id"] for one in cameras}
        points = [
            dict(point) | {"offers": [one for one in point["offers"] if one["camera"] in seen]}
            for point in found["points"]
        ]
        chosen = [one for one in found["chosen"] if one in seen]
        return cls.model_validate(dict(found) | {"cameras": cameras, "points": points, "chosen": chosen})


class MemberOut(BaseModel):
    """A camera that answers an accepted need."""

    id: UUID
    name: str
    health: str
    reused: bool
    state: str
    missing: list[dict[str, Any]]

    @classmethod
    def of(cls, one: Member) -> Self:
        return cls(id=one.camera_id, name=one.name, health=one.health.word, reused=one.reused, state=one.state,
                   missing=[dict(each) for each in one.missing])  # fmt: skip


class BenefitOut(BaseModel):
    """What a need was good for so far."""

    until: datetime
    figures: int
    coverage: float | None = Field(description="share of the time with figures really watched")
    hours: float = Field(description="camera-hours watched")
    incidents: int
    closed: int
    wrong: int = Field(description="false alarms")
    saved: int
    reused: int

    @classmethod
    def of(cls, good: Mapping[str, Any]) -> Self:
        seconds, watched = good["seconds"], good["watched"]
        return cls(
            until=good["until"], figures=good["figures"], coverage=min(1.0, watched / seconds) if seconds else None,
            hours=round(watched / 3600, 2), incidents=good["incidents"], closed=good["closed"], wrong=good["wrong"],
            saved=good["saved"], reused=good["reused"],
        )  # fmt: skip


class DemandOut(DemandItem):
    """A need with everything about it."""

    reason: str
    contact: str
    hours: dict[str, Any] | None
    error_most: float | None
    choice: dict[str, Any]
    places: list[PlaceIn]
    found: FoundOut | None
    matched_at: datetime | None
    accuracy: AccuracyOut | None
    limits: list[str]
    settings: dict[str, float]
    decided_at: datetime | None
    decided_by: str
    decided_words: str
    running_at: datetime | None
    members: list[MemberOut]
    benefit: BenefitOut | None
    review: str
    reviewed_by: str
    reviewed_at: datetime | None
    published: bool

    @classmethod
    def whole(
        cls, one: Demand, caller: Caller, cards: Mapping[str, SceneCard], members: Sequence[Member],
        good: Mapping[str, Any] | None, published: bool, language: str,
    ) -> Self:  # fmt: skip
        card = cards.get(one.scene)
        accuracy = None
        if card is not None:
            told = model.expected(card, one.error_most)
            accuracy = AccuracyOut(
                error=told.error, recall=told.recall, precision=told.precision, meets=told.meets,
                footage=model.footage(card.accuracy, language),
            )  # fmt: skip
        limits = () if card is None else card.limits_en if language.startswith("en") else card.limits_zh
        return cls(
            **cls.plain(one, caller, cards, language), reason=one.reason, contact=one.contact,
            hours=None if one.hours is None else one.hours.as_json(), error_most=one.error_most,
            choice=one.choice.as_json(), places=[PlaceIn(name=each.name, at=each.at) for each in one.points],
            found=None if one.found is None else FoundOut.of(one.found, caller), matched_at=one.matched_at,
            accuracy=accuracy, limits=list(limits), settings=dict(one.settings), decided_at=one.decided_at,
            decided_by=one.decided_by, decided_words=one.decided_words, running_at=one.running_at,
            members=[MemberOut.of(each) for each in members if sees(caller, each.region)],
            benefit=None if good is None else BenefitOut.of(good), review=one.review, reviewed_by=one.reviewed_by,
            reviewed_at=one.reviewed_at, published=published,
        )  # fmt: skip


class RecipeOut(BaseModel):
    """A proven use of a scene. `installed`: whether the scene runs here."""

    code: str
    scene: str
    scene_name: str
    installed: bool
    title: str
    who: str
    what: str
    draw: list[str]
    limits: list[str]
    accuracy: AccuracyOut | None

    @classmethod
    def of(cls, one: Recipe, cards: Mapping[str, SceneCard], language: str) -> Self:
        card, english = cards.get(one.scene), language.startswith("en")
        accuracy = None
        if card is not None:
            told = model.expected(card, None)
            accuracy = AccuracyOut(error=told.error, recall=told.recall, precision=told.precision, meets=None,
                                   footage=model.footage(card.accuracy, language))  # fmt: skip
        return cls(
            code=one.code, scene=one.scene, installed=card is not None,
            scene_name=one.scene if card is None else card.en if english else card.zh,
            title=one.en if english else one.zh, who=one.who_en if english else one.who_zh,
            what=one.what_en if english else one.what_zh, draw=list(one.draw_en if english else one.draw_zh),
            limits=list(one.limits_en if english else one.limits_zh), accuracy=accuracy,
        )  # fmt: skip


class PublishedOut(BaseModel):
    """A need of this platform that somebody published."""

    demand: UUID
    scene: str
    scene_name: str
    title: str
    unit: str
    words: str
    review: str
    mark: int | None
    cameras: int
    benefit: BenefitOut
    by_name: str
    at: datetime

    @classmethod
    def of(cls, one: Published, cards: Mapping[str, SceneCard], language: str) -> Self:
        card, body = cards.get(one.scene), one.body
        return cls(
            demand=one.demand_id, scene=one.scene, title=body["title"], unit=body["unit"], words=body["words"],
            scene_name=one.scene if card is None else card.en if language.startswith("en") else card.zh,
            review=body["review"], mark=body["mark"], cameras=body["cameras"],
            benefit=BenefitOut.of(body["benefit"]), by_name=one.by_name, at=one.at,
        )  # fmt: skip


class LibraryOut(BaseModel):
    """Recipes that come with the platform, and needs published here."""

    recipes: list[RecipeOut]
    cases: list[PublishedOut]
