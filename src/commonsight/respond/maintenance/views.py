"""What orders look like on the wire, on the desk and on the firm's telephone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field

from commonsight.respond.maintenance.causes import causes
from commonsight.respond.maintenance.contracts import Contract, warranty_until
from commonsight.respond.maintenance.model import sort_of
from commonsight.respond.maintenance.orders import why
from commonsight.respond.maintenance.orders_store import Order
from commonsight.respond.maintenance.store import Kept
from commonsight.respond.maintenance.things_store import Shown
from commonsight.respond.maintenance.work_store import Photo
from commonsight.respond.model import Case
from commonsight.respond.store import Step
from commonsight.respond.titles import said_of
from commonsight.respond.views import CaseOut, RegionOut

Recheck = Literal["", "asked", "well", "faulty", "late"]
FaultState = Literal["waiting", "held", "ordered", "ended"]


class WordOut(BaseModel):
    """A word of a catalogue, in both languages."""

    code: str
    zh: str
    en: str


class OrderOut(CaseOut):
    """An order in a list: a case, and what maintenance knows of it."""

    code: str = Field(description="of the fault", examples=["offline"])
    why: str = Field(description="why several cameras are one order, with the figures; empty for one camera")
    cameras: int = Field(description="cameras that are still faulty")
    unit_id: UUID | None
    contract: str = Field(description="name of the contract; empty: none")
    respond_at: datetime | None = Field(description="by when somebody must have taken it, by the contract")
    taken_at: datetime | None
    taken_name: str
    arrived_at: datetime | None
    handled_at: datetime | None
    cause: str | None
    parts: str
    recheck: Recheck = Field(description="asked: being checked now; late: nobody could check it in time")
    rejected: int = Field(description="how often a check refused the repair")

    @classmethod
    def order(cls, case: Case, order: Order, names: Mapping[str, str], language: str, now: datetime) -> dict[str, Any]:
        """The fields of an order."""
        agreed = order.agreed or {}
        return cls.plain(case, names, language, now) | {
            "code": order.code, "why": "" if order.shared is None else why(order.shared, order.code, language),
            "cameras": order.members, "unit_id": order.unit_id, "contract": agreed.get("contract", ""),
            "respond_at": agreed.get("respond_at"), "taken_at": order.taken_at, "taken_name": order.taken_name,
            "arrived_at": order.arrived_at, "handled_at": order.handled_at, "cause": order.cause,
            "parts": order.parts, "recheck": order.recheck, "rejected": order.rejected,
        }  # fmt: skip

    @classmethod
    def of_order(cls, case: Case, order: Order, names: Mapping[str, str], language: str, now: datetime) -> Self:
        return cls.model_validate(cls.order(case, order, names, language, now))


class MemberFaultOut(BaseModel):
    """One thing wrong with one camera of an order."""

    id: UUID
    code: str
    said: str
    state: FaultState
    at: datetime
    seen_at: datetime = Field(description="when a check last found it so")
    times: int
    ended_at: datetime | None
    ended_how: str | None
    detail: dict[str, Any]


class MemberOut(BaseModel):
    """A camera of an order."""

    id: UUID
    code: str
    name: str
    region: RegionOut
    address: str
    point: tuple[float, float] | None = Field(description="[lon, lat], WGS-84 degrees")
    well: bool = Field(description="nothing of this order is wrong with it any more")
    faults: list[MemberFaultOut]
    file: dict[str, str] = Field(description="what the camera file says that helps on site; only what it says")
    warranty_until: date | None

    @classmethod
    def of(
        cls, camera: Shown, faults: Sequence[Kept], contract: Contract | None, names: Mapping[str, str], language: str
    ) -> Self:
        file = {
            name: getattr(camera, name)
            for name in ("maker", "model", "pole", "box", "switch", "port", "line", "power")
            if getattr(camera, name)
        }
        return cls(
            id=camera.id, code=camera.code, name=camera.name, address=camera.address, point=camera.point,
            region=RegionOut(code=camera.region, name=names.get(camera.region)),
            well=all(one.state == "ended" for one in faults),
            faults=[
                MemberFaultOut(
                    id=one.id, code=one.code, said=sort_of(one.code).said(language), state=one.state,
                    at=one.at, seen_at=one.seen_at, times=one.times, ended_at=one.ended_at, ended_how=one.ended_how,
                    detail=one.detail,
                )
                for one in faults
            ],
            file=file, warranty_until=warranty_until(contract, camera.installed, camera.warranty, camera.maker),
        )  # fmt: skip


class PhotoOut(BaseModel):
    """A photo of a repair; its bytes are at `/maintenance/photos/{id}`."""

    id: UUID
    kind: str
    bytes: int
    width: int
    height: int
    located: bool
    by_name: str
    at: datetime

    @classmethod
    def of(cls, photo: Photo) -> Self:
        return cls.model_validate(photo, from_attributes=True)


class LineOut(BaseModel):
    """A line of an order's history. `said`: what the platform has to say; `words`: what a person wrote."""

    at: datetime
    action: str
    by_name: str
    unit: str
    words: str
    said: str

    @classmethod
    def of(cls, step: Step, language: str) -> Self:
        return cls(
            at=step.at, action=step.action, by_name=step.by.name, unit=step.by.unit, words=step.words,
            said=said_of(step.detail, language),
        )  # fmt: skip


class RecheckOut(BaseModel):
    """What the check after a repair found."""

    well: int
    of: int
    still: list[str] = Field(description="cameras that are not well yet, with what is wrong")


class LookOut(BaseModel):
    """One thing to do on a round, and what was found."""

    camera: UUID
    state: Literal["open", "well", "faulty", "unreachable"]
    words: str
    by_name: str
    at: datetime | None


class OrderDetail(OrderOut):
    """Everything about an order."""

    first: list[str] = Field(description="what to look at first")
    members: list[MemberOut]
    photos: list[PhotoOut]
    history: list[LineOut]
    checked: RecheckOut | None = Field(description="what the latest check after a repair found")
    recheck_until: datetime | None
    arrived: tuple[float, float] | None
    causes: list[WordOut]
    version: int
    round: str = Field(description="name of the round this is one of; empty: a fault")
    checklist: list[str]
    looks: list[LookOut]

    @classmethod
    def detail(
        cls, case: Case, order: Order, said: "Gathered", names: Mapping[str, str], language: str, now: datetime
    ) -> Self:
        faults: dict[UUID, list[Kept]] = {}
        for fault in said.faults:
            faults.setdefault(fault.camera_id, []).append(fault)
        checked = None
        if order.said is not None:
            key = "en" if language.startswith("en") else "zh"
            still = [f"{one['name']}: {one['fault'][key]}" for one in order.said["still"]]
            checked = RecheckOut(well=order.said["well"], of=order.said["of"], still=still)
        return cls.model_validate(
            cls.order(case, order, names, language, now)
            | {
                "first": [] if said.round else sort_of(order.code).first(language),
                "members": [
                    MemberOut.of(camera, faults.get(camera.id, []), said.contract, names, language)
                    for camera in said.cameras
                ],
                "photos": [PhotoOut.of(one) for one in said.photos],
                "history": [LineOut.of(one, language) for one in said.steps],
                "checked": checked, "recheck_until": order.recheck_until, "arrived": order.arrived,
                "causes": cause_words(), "version": case.version, "round": said.round,
                "checklist": said.checklist, "looks": said.looks,
            }
        )  # fmt: skip


class Gathered:
    """What a detail is made of beside case and order."""

    def __init__(
        self, faults: Sequence[Kept], cameras: Iterable[Shown], photos: Sequence[Photo], steps: Sequence[Step],
        contract: Contract | None, round_: str = "", checklist: Sequence[str] = (), looks: Sequence[LookOut] = (),
    ) -> None:  # fmt: skip
        self.faults, self.cameras, self.photos, self.steps = faults, list(cameras), photos, steps
        self.contract, self.round, self.checklist, self.looks = contract, round_, list(checklist), list(looks)


def cause_words() -> list[WordOut]:
    """The causes a firm chooses from."""
    return [WordOut(code=code, zh=said["zh"], en=said["en"]) for code, said in causes().items()]
