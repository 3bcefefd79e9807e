"""HTTP: what there is to learn from, versions of datasets, candidates, promotion and roll-back."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response

from commonsight.access.model import Identity
from commonsight.analyze.training import candidate_store, pictures, service, store
from commonsight.analyze.training.views import (
    CandidateIn,
    CandidateOut,
    CardOut,
    DatasetIn,
    DatasetOut,
    FileIn,
    PromotionOut,
    ReasonIn,
    TallyOut,
    scene_name,
)
from commonsight.gate import service as gate
from commonsight.gate.model import CAMERAS_MOST, Action
from commonsight.http import OnceOnly, Page, Reads, Writes, language_of, problems, requires
from commonsight.problem import Refusal
from commonsight.vision import cards
from commonsight.vision.store import ModelStore

router = APIRouter(tags=["training"])

MayRead = Annotated[Identity, requires("scenes.read")]
MayTrain = Annotated[Identity, requires("training.write")]
TakesPictures = Annotated[Identity, requires("training.write", pictures="snapshot")]
Scene = Annotated[str | None, Query(max_length=40)]

LIST_MOST = 200
MINUTES = 5


@router.get("/training/samples", responses=problems(401, 403))
async def samples(request: Request, caller: MayRead, session: Reads) -> Page[TallyOut]:  # noqa: ARG001
    """How many labelled incidents there are, by scene."""
    language = language_of(request)
    return Page(
        items=[
            TallyOut(
                scene=row.scene, name=scene_name(row.scene, language), real=row.true, false_alarms=row.false,
                pictures=row.pictures, latest=row.latest,
            )
            for row in await store.tally(session)
        ]
    )  # fmt: skip


@router.get("/training/cards", responses=problems(401, 403))
async def detectors(request: Request, caller: MayTrain) -> Page[CardOut]:  # noqa: ARG001
    """Detectors that may be measured: those of the platform and those users brought (`commonsight models add`)."""
    models = ModelStore(request.app.state.settings.models_dir)
    language = language_of(request)

    def known() -> list[CardOut]:
        brought = cards.brought()
        return [
            CardOut(
                name=one.card.name, title=one.card.title.en if language == "en" else one.card.title.zh,
                installed=one.state == "installed", brought=one.card.name in brought,
            )
            for one in models.list()
            if one.card.task == "detect"
        ]  # fmt: skip

    return Page(items=await asyncio.to_thread(known))


@router.get("/training/datasets", responses=problems(401, 403))
async def datasets(request: Request, caller: MayRead, session: Reads, scene: Scene = None) -> Page[DatasetOut]:  # noqa: ARG001
    """Versions of datasets, the newest first."""
    return Page(
        items=[DatasetOut.of(one, language_of(request)) for one in await store.datasets(session, scene, LIST_MOST)]
    )


@router.post("/training/datasets", status_code=202, responses=problems(401, 403, 404, 409, 422))
async def freeze(request: Request, caller: MayTrain, session: Writes, once: OnceOnly, said: DatasetIn) -> DatasetOut:
    """Make a version out of the labels there are; a job writes it, `state` says how far it is."""
    made = await service.freeze(session, caller, said.scene, said.note.strip(), request.app.state.clock.now())
    return await once.keep(DatasetOut.of(await service.dataset(session, made), language_of(request)), 202)


@router.post(
    "/training/datasets/{dataset_id}/file",
    response_class=Response,
    responses=problems(401, 403, 404, 409, 422)
    | {200: {"content": {"application/zip": {}}, "description": "COCO JSON of both parts, and pictures"}},
)
async def file(request: Request, caller: TakesPictures, dataset_id: UUID, said: FileIn) -> Response:
    """The version's file. It holds pictures of every camera in it: each is a retrieval, under a grant, registered."""
    state = request.app.state
    async with state.database.write() as session:
        of = await service.dataset(session, dataset_id)
        if of.state != "ready":
            raise Refusal("analyze.dataset_not_ready", status=409, operand="dataset", expected="ready", actual=of.state)
        cameras = sorted({sample.camera_id for sample, _ in await store.frozen(session, dataset_id) if sample.picture})
        path = pictures.dataset_path(pictures.place_of(state.settings.data_dir), of.name)
        if not await asyncio.to_thread(path.is_file):
            raise Refusal("analyze.dataset_elsewhere", status=410, operand="dataset", actual=of.number)
        for first in range(0, len(cameras), CAMERAS_MOST):
            some = cameras[first : first + CAMERAS_MOST]
            issued = await gate.issue(
                session, caller=caller, cameras=some, purpose_code=said.purpose_code, purpose_text=said.purpose_text,
                minutes=MINUTES, action=Action.SNAPSHOT,
            )  # fmt: skip
            if issued.permit.limits.resolution is not None:
                raise Refusal(
                    "media.limit_unsupported", status=403, rule="limits", operand="resolution",
                    expected=issued.permit.limits.resolution,
                )  # fmt: skip
            for camera in some:
                line = await gate.open_retrieval(session, issued.permit, camera, node="api", action=Action.SNAPSHOT)
                await gate.close_retrieval(session, line, seconds=0, bytes=0, reason="dataset")
    return FileResponse(path, media_type="application/zip", filename=of.name, headers={"Cache-Control": "no-store"})


@router.get("/training/candidates", responses=problems(401, 403))
async def candidates(request: Request, caller: MayRead, session: Reads, scene: Scene = None) -> Page[CandidateOut]:  # noqa: ARG001
    """Candidates and what was promoted, the newest first."""
    found = await candidate_store.page(session, scene, LIST_MOST)
    return Page(items=[CandidateOut.of(one, language_of(request)) for one in found])


@router.post("/training/candidates", status_code=202, responses=problems(401, 403, 404, 409, 422))
async def ask(request: Request, caller: MayTrain, session: Writes, once: OnceOnly, said: CandidateIn) -> CandidateOut:
    """Train a filter, or measure a detector's card, on a version of a dataset; a job does it."""
    now = request.app.state.clock.now()
    made = await service.ask(session, caller, said.kind, said.dataset_id, said.card, now)
    found = await candidate_store.one(session, made)
    assert found is not None
    return await once.keep(CandidateOut.of(found, language_of(request)), 202)


@router.post("/training/candidates/{candidate_id}/promote", responses=problems(401, 403, 404, 409, 422))
async def promote(
    request: Request, caller: MayTrain, session: Writes, once: OnceOnly, candidate_id: UUID, said: ReasonIn
) -> CandidateOut:  # fmt: skip
    """Let a measured candidate run from now on, in every region."""
    _everywhere(request, caller)
    made = await service.promote(session, caller, candidate_id, said.reason, request.app.state.clock.now())
    return await once.keep(CandidateOut.of(made, language_of(request)), 200)


@router.post("/training/scenes/{scene}/{kind}/rollback", status_code=204, responses=problems(401, 403, 409, 422))
async def roll_back(
    request: Request, caller: MayTrain, session: Writes, scene: str, kind: Literal["head", "card"], said: ReasonIn
) -> None:  # fmt: skip
    """Take back what was promoted last: what ran before runs again, or nothing."""
    _everywhere(request, caller)
    await service.roll_back(session, caller, kind, scene, said.reason, request.app.state.clock.now())


@router.get("/training/promotions", responses=problems(401, 403))
async def promotions(request: Request, caller: MayRead, session: Reads, scene: Scene = None) -> Page[PromotionOut]:  # noqa: ARG001
    """What was promoted and rolled back, the newest first."""
    found = await candidate_store.promotions(session, None, scene, LIST_MOST)
    return Page(items=[PromotionOut.of(one, language_of(request)) for one in found])


def _everywhere(request: Request, caller: Identity) -> None:
    """What runs in all regions is for who may change all regions."""
    region = request.app.state.settings.region.code
    if not any(region.startswith(prefix) for prefix in caller.regions):
        raise Refusal(
            "http.region_outside_scope", status=403, rule="scope", operand="region", expected=list(caller.regions),
            actual=region,
        )  # fmt: skip
