"""HTTP: scene packs: export, see what fits, lay on cameras, take back."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.analyze.scenes import pack_service, pack_store
from commonsight.analyze.scenes.pack_service import CAMERAS_MOST, Checked
from commonsight.analyze.scenes.packs import NAME_MOST, Finding
from commonsight.http import (
    After,
    Limit,
    OnceOnly,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    problems,
    requires,
)

router = APIRouter(tags=["scenes"])

Reader = Annotated[Identity, requires("scenes.read")]
Editor = Annotated[Identity, requires("analysis.write")]


class Strict(BaseModel):
    """A body that says nothing we do not know."""

    model_config = ConfigDict(extra="forbid")


class FromIn(Strict):
    """What of one camera goes into a pack."""

    camera_id: UUID
    setups: list[str] | None = Field(None, max_length=100, description="left out: all that were set up for good")


class ExportIn(Strict):
    """Proven setups for a pack."""

    cameras: list[FromIn] = Field(min_length=1, max_length=50)
    name: str = Field(min_length=1, max_length=NAME_MOST, examples=["路口拥堵与违停"])
    note: str = Field("", max_length=2000)
    named: bool = Field(False, description="whether the cameras are named in it")


class PackIn(Strict):
    """A pack and the cameras it is meant for."""

    pack: dict[str, Any] = Field(description="as exported, unchanged")
    cameras: list[UUID] = Field(default_factory=list, max_length=CAMERAS_MOST)
    whole: bool = Field(
        False, description="zone scenes watch the whole picture at once; else shapes have to be redrawn, until then off"
    )


class FindingOut(BaseModel):
    """Something that does not fit."""

    code: str = Field(examples=["parameter_bounded"])
    blocks: bool
    what: str
    expected: str
    actual: str

    @classmethod
    def of(cls, found: Finding) -> Self:
        return cls(
            code=found.code, blocks=found.blocks, what=found.what, expected=found.expected, actual=found.actual
        )  # fmt: skip


class PackSetupOut(BaseModel):
    """One setup of a pack, and what stands against it whatever the camera."""

    scene: str
    name: str
    accuracy: int = Field(description="measurements that came with it")
    findings: list[FindingOut]


class PackCameraOut(BaseModel):
    """How a pack lies on one camera."""

    camera_id: UUID
    name: str
    laid: int = Field(description="setups that can be taken over")
    findings: list[FindingOut]


class CheckedOut(BaseModel):
    """What would come of laying a pack on cameras."""

    name: str
    note: str
    made_at: str
    made_by: str
    sha256: str
    setups: list[PackSetupOut]
    cameras: list[PackCameraOut]

    @classmethod
    def of(cls, pack: dict[str, Any], seen: Checked) -> Self:
        measured = [len(one.get("accuracy") or []) for one in pack["setups"]]
        return cls(
            name=str(pack.get("name", "")),
            note=str(pack.get("note", "")),
            made_at=str(pack.get("made_at", "")),
            made_by=str(pack.get("made_by", "")),
            sha256=str(pack["sha256"]),
            setups=[
                PackSetupOut(
                    scene=one.setup.scene,
                    name=one.setup.name,
                    accuracy=count,
                    findings=[FindingOut.of(f) for f in found],
                )
                for one, found, count in zip(seen.opened, seen.setups, measured, strict=True)
            ],
            cameras=[
                PackCameraOut(
                    camera_id=fit.camera_id,
                    name=fit.name,
                    laid=fit.laid,
                    findings=[FindingOut.of(one) for found in fit.findings.values() for one in found],
                )
                for fit in seen.cameras
            ],
        )


class AppliedOut(CheckedOut):
    """What was laid on which cameras; `change` takes it back."""

    change: UUID


class ChangeOut(BaseModel):
    """A pack that was laid on cameras of the caller's regions."""

    id: UUID
    at: datetime
    by_name: str
    pack_name: str
    pack_sha256: str
    cameras: int
    undone_at: datetime | None
    undone_by_name: str | None
    kept: int = Field(description="cameras an undo left alone, because they were changed since")


class UndoneOut(BaseModel):
    """What an undo did."""

    put_back: int
    kept: int = Field(description="changed by somebody since; left as they are")


@router.post("/scene-packs/export", responses=problems(401, 403, 404, 422))
async def export(request: Request, caller: Reader, session: Writes, said: ExportIn) -> dict[str, Any]:
    """A pack of proven setups: settings, the cards' versions, measured accuracy, and the digest of it all."""
    now = request.app.state.clock.now()
    chosen = {one.camera_id: one.setups for one in said.cameras}
    made = await pack_service.export(
        session, caller, chosen, name=said.name, note=said.note, named=said.named, now=now
    )  # fmt: skip
    await audit.record(
        session, Actor.of(caller), "analyze.scene_pack_exported", now, kind="scene_pack", subject_id=made["sha256"],
        subject_name=said.name, cameras=len(chosen), setups=len(made["setups"]),
    )  # fmt: skip
    return made


@router.post("/scene-packs/check", responses=problems(401, 403, 404, 422))
async def check(caller: Editor, session: Reads, said: PackIn) -> CheckedOut:
    """What of a pack does not fit here, setup by setup and camera by camera; nothing is written."""
    seen = await pack_service.check(session, caller, said.pack, said.cameras, whole=said.whole)
    return CheckedOut.of(said.pack, seen)


@router.post("/scene-packs/apply", status_code=201, responses=problems(401, 403, 404, 409, 422))
async def apply(request: Request, caller: Editor, session: Writes, once: OnceOnly, said: PackIn) -> AppliedOut:
    """Lay a pack on cameras. Where shapes came along, each setup is off until somebody has moved them and saved it."""
    now = request.app.state.clock.now()
    change, seen = await pack_service.apply(session, caller, said.pack, said.cameras, whole=said.whole, now=now)
    await audit.record(
        session, Actor.of(caller), "analyze.scene_pack_applied", now, kind="scene_pack",
        subject_id=said.pack["sha256"], subject_name=str(said.pack.get("name", ""))[:NAME_MOST], change=str(change),
        cameras=sum(1 for fit in seen.cameras if fit.laid),
    )  # fmt: skip
    return await once.keep(AppliedOut(change=change, **CheckedOut.of(said.pack, seen).model_dump()), 201)


@router.get("/scene-packs/changes", responses=problems(401, 403, 422))
async def changes(caller: Reader, session: Reads, after: After = None, limit: Limit = 50) -> Page[ChangeOut]:
    """Packs that were laid on cameras, newest first."""
    key = cursor_decode("scene_changes", after, datetime, UUID) if after else None
    rows = await pack_store.changes(session, caller.regions, key, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = cursor_encode("scene_changes", last.at, last.id) if last else None
    items = [ChangeOut.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return Page(items=items, next=following)


@router.post("/scene-packs/changes/{change_id}/undo", responses=problems(401, 403, 404, 409))
async def undo(request: Request, caller: Editor, session: Writes, change_id: UUID) -> UndoneOut:
    """Put back what stood before, on every camera that nobody has changed since."""
    now = request.app.state.clock.now()
    put_back, kept = await pack_service.undo(session, caller, change_id, now)
    await audit.record(
        session, Actor.of(caller), "analyze.scene_pack_undone", now, kind="scene_change", subject_id=change_id,
        put_back=put_back, kept=kept,
    )  # fmt: skip
    return UndoneOut(put_back=put_back, kept=kept)
