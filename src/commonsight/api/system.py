"""The platform's own state: processes, stores, models, disk; liveness, readiness, metrics."""

import asyncio
import shutil
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

import commonsight
from commonsight.http import Caller, Page, problems, public, requires
from commonsight.records import nodes
from commonsight.records.database import Database, ReadSession
from commonsight.records.migrate import head
from commonsight.settings import Settings
from commonsight.text import say
from commonsight.vision.store import ModelStore

router = APIRouter(tags=["system"])
probes = APIRouter(tags=["system"])
"""Asked by machines, outside /api/v1."""

MayRead = Annotated[Caller, requires("system.read")]

DISK_LOW = 0.9
"""Fuller than this share, and the page says so."""

READY_SECONDS = 3.0


class ProcessOut(BaseModel):
    """One process, as it last spoke of itself."""

    name: str = Field(examples=["media-1"])
    kind: str = Field(examples=["media"])
    pid: int
    state: Literal["running", "lost"]
    started_at: datetime
    seen_at: datetime
    detail: dict[str, Any]


class Notice(BaseModel):
    """Something an operator should know, in both languages."""

    level: Literal["info", "warning", "error"]
    code: str
    zh: str
    en: str


class Said(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class ModelOut(BaseModel):
    """A model card: what it is, where its weights come from, under what licence, and what it cannot do."""

    name: str = Field(examples=["nanodet-coco-416"])
    version: str
    task: str = Field(examples=["detect"])
    title: Said
    labels: list[str]
    licence: str = Field(description="SPDX expression of the weights", examples=["Apache-2.0"])
    licence_note: Said
    training_data: Said
    limits: Said
    source: dict[str, Any]
    installed: bool
    state: str = Field(description="installed, missing, or changed: a file is there that is not what the card says")
    bytes: int


_SHOWN = set(ModelOut.model_fields) - {"installed", "state", "bytes"}


class SystemOut(BaseModel):
    """The platform at a glance."""

    version: str
    started_at: datetime = Field(description="when this API process started")
    processes: list[ProcessOut]
    database: dict[str, Any]
    lake: dict[str, Any]
    models: list[ModelOut]
    disk: dict[str, Any]
    notices: list[Notice]


async def processes(session: ReadSession) -> list[ProcessOut]:
    """Every process on record, by name."""
    return [
        ProcessOut(
            name=node.name,
            kind=node.kind,
            pid=node.pid,
            state="running" if lives else "lost",
            started_at=node.started_at,
            seen_at=node.seen_at,
            detail=node.detail,
        )
        for node, lives in await nodes.known(session)
    ]


def without_heartbeat(data: dict[str, Any]) -> Any:
    """The processes without the moment of their last word, which always changes."""
    return [{key: value for key, value in one.items() if key != "seen_at"} for one in data["processes"]]


def notice(level: Literal["info", "warning", "error"], code: str, **values: Any) -> Notice:
    """A notice from the catalogue."""
    return Notice(level=level, code=code, zh=say(code, "zh", **values), en=say(code, "en", **values))


@router.get("/system", responses=problems(401, 403))
async def system(request: Request, caller: MayRead) -> SystemOut:  # noqa: ARG001 - the guard needs the caller
    """Processes, stores, models, disk, and what needs attention."""
    state = request.app.state
    database: Database = state.database
    settings: Settings = state.settings
    async with database.read() as session:
        running = await processes(session)
        stored = await _database(session)
    disk = await asyncio.to_thread(_disk, settings)
    installed = await asyncio.to_thread(models_of, settings)
    return SystemOut(
        version=commonsight.__version__,
        started_at=state.started_at,
        processes=running,
        database=stored,
        lake={"url": settings.lake_url},
        models=installed,
        disk=disk,
        notices=_notices(settings, running, disk, installed),
    )


def models_of(settings: Settings) -> list[ModelOut]:
    """The model cards and whether their weights are here. Reads and hashes files: run on a thread."""
    return [
        ModelOut(
            **one.card.model_dump(mode="json", include=_SHOWN),
            installed=one.state == "installed",
            state=one.state,
            bytes=one.bytes,
        )
        for one in ModelStore(settings.models_dir).list()
    ]


@router.get("/models", responses=problems(401, 403))
async def models(request: Request, caller: MayRead) -> Page[ModelOut]:  # noqa: ARG001 - the guard needs the caller
    """The model cards: task, labels, licence, known limits, and whether the weights are installed."""
    return Page(items=await asyncio.to_thread(models_of, request.app.state.settings))


async def _database(session: ReadSession) -> dict[str, Any]:
    row = (
        await session.execute(
            text("SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS size")
        )
    ).one()
    return {"version": row.version, "size_bytes": row.size}


def _disk(settings: Settings) -> dict[str, Any]:
    place = settings.data_dir
    while not place.exists() and place != place.parent:
        place = place.parent
    used = shutil.disk_usage(place)
    return {"path": str(settings.data_dir), "total_bytes": used.total, "free_bytes": used.free}


def _notices(
    settings: Settings, running: list[ProcessOut], disk: dict[str, Any], installed: list[ModelOut]
) -> list[Notice]:
    found = [notice("warning", "http.notice_process_lost", name=one.name) for one in running if one.state == "lost"]
    alive = {one.kind for one in running if one.state == "running"}
    wanted = {"media": settings.media.nodes, "work": settings.work.processes, "see": settings.see.processes}
    found += [
        notice("error", f"http.notice_no_{kind}") for kind, number in wanted.items() if number and kind not in alive
    ]
    if not any(one.installed for one in installed if one.name == settings.vision.model):
        found.append(notice("warning", "http.notice_model_missing", name=settings.vision.model))
    share = 1 - disk["free_bytes"] / disk["total_bytes"] if disk["total_bytes"] else 0.0
    if share >= DISK_LOW:
        found.append(notice("warning", "http.notice_disk_low", percent=round(share * 100)))
    return found


@probes.get("/healthz", dependencies=[public()])
async def healthz() -> dict[str, str]:
    """This process answers."""
    return {"status": "ok"}


@probes.get("/readyz", dependencies=[public()])
async def readyz(request: Request, response: Response) -> dict[str, Any]:
    """This process can do its work: the database answers and has the schema this program knows. 503 otherwise."""
    checks = {"database": False, "schema": False}
    try:
        async with asyncio.timeout(READY_SECONDS), request.app.state.database.read() as session:
            found = await session.scalar(text("SELECT version_num FROM alembic_version"))
            checks = {"database": True, "schema": found == head()}
    except (DBAPIError, PoolTimeout, OSError, TimeoutError):
        pass
    ready = all(checks.values())
    response.status_code = 200 if ready else 503
    return {"status": "ready" if ready else "waiting", "checks": checks}


@probes.get("/metrics", dependencies=[public()], response_class=Response)
async def metrics() -> Response:
    """Prometheus metrics of this process."""
    return Response(await asyncio.to_thread(generate_latest), media_type=CONTENT_TYPE_LATEST)
