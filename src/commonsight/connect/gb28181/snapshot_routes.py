"""HTTP: ask a camera for pictures, take them in from the device, hand them to who asked."""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from commonsight.connect.gb28181 import filing, signalling, snapshots, store
from commonsight.connect.gb28181.snapshots import Snapshot
from commonsight.connect.gb28181.views import SnapshotIn, SnapshotOut
from commonsight.gate import service as gate
from commonsight.gate import store as gate_store
from commonsight.gate.model import Action
from commonsight.http import Caller, Reads, Writes, problems, public, requires
from commonsight.problem import Refusal
from commonsight.settings import Settings

router = APIRouter()

Viewer = Annotated[Caller, requires("pictures.view")]
Takes = Annotated[Caller, requires("pictures.view", pictures="snapshot")]


def place_of(settings: Settings) -> Path:
    """Where pictures lie."""
    return settings.data_dir / "snapshots"


@router.post(
    "/cameras/{camera_id}/snapshots", status_code=202, responses=problems(401, 403, 404, 409, 422, 502, 503, 504)
)
async def ask(request: Request, response: Response, caller: Takes, camera_id: UUID, said: SnapshotIn) -> SnapshotOut:
    """Ask the camera to take pictures. The retrieval is registered first: no reason, no picture.

    The device posts them to an address that is made for this series; follow `Location` to see what has come.
    """
    state = request.app.state
    now = state.clock.now()
    async with state.database.write() as session:
        await gate.refuse_without_grant(session, caller, camera_id, Action.SNAPSHOT)
        channel = await filing.channel_of(session, camera_id, caller.regions)
        kept = await store.by_code(session, channel.device)
        if kept is None or kept.removed:
            raise Refusal("connect.gb_device_unknown", status=404, operand="device", actual=channel.device)
        issued = await gate.issue(
            session, caller=caller, cameras=[camera_id], purpose_code=said.purpose_code,
            purpose_text=said.purpose_text, action=Action.SNAPSHOT,
        )  # fmt: skip
        series, key = await snapshots.ask(
            session, camera_id=camera_id, device_id=kept.device.id, channel=channel.code,
            permit_id=issued.permit.id, holder_id=caller.id, number=said.number, interval=said.interval, now=now,
        )  # fmt: skip
        await snapshots.purge(session, place_of(state.settings), now)
    own = f"{request.url.path.partition('/cameras/')[0]}/gb28181/uploads/{series.session}/{key}"
    try:
        async with signalling.connect(state.database, "api") as line:
            await line.call(
                "snapshot", device=channel.device, channel=channel.code, number=said.number, interval=said.interval,
                url=_reachable(state.settings, request) + own, session=series.session,
            )  # fmt: skip
    except Refusal:
        async with state.database.write() as session:
            await snapshots.failed(session, series.id, state.clock.now())
        raise
    response.headers["Location"] = f"{request.url.path}/{series.id}"
    return _out(series, request.url.path)


@router.get("/cameras/{camera_id}/snapshots/{snapshot_id}", responses=problems(401, 403, 404))
async def follow(request: Request, caller: Viewer, session: Reads, camera_id: UUID, snapshot_id: UUID) -> SnapshotOut:
    """What has become of a series one asked for."""
    series = _mine(await snapshots.one(session, snapshot_id, camera_id), caller, snapshot_id)
    return _out(series, request.url.path.rpartition("/")[0])


@router.get(
    "/cameras/{camera_id}/snapshots/{snapshot_id}/pictures/{number}",
    response_class=Response,
    responses=problems(401, 403, 404) | {200: {"content": {"image/jpeg": {}}, "description": "the picture"}},
)
async def picture(
    request: Request, caller: Takes, session: Writes, camera_id: UUID, snapshot_id: UUID, number: int
) -> Response:
    """One picture, to who asked for it, for as long as the permit runs. Each look is a line of the register."""
    series = _mine(await snapshots.one(session, snapshot_id, camera_id), caller, snapshot_id)
    permit = await gate_store.permit_by_id(session, series.permit_id)
    if permit is None or not 1 <= number <= series.received:
        raise _unknown(snapshot_id)
    line = await gate.open_retrieval(session, permit, camera_id, node="api", action=Action.SNAPSHOT)
    path = snapshots.picture_path(place_of(request.app.state.settings), series.id, number)
    try:
        data = await asyncio.to_thread(path.read_bytes)
    except FileNotFoundError:
        raise _unknown(snapshot_id) from None
    await gate.first_frame(session, line)
    await gate.close_retrieval(session, line, seconds=0, bytes=len(data), reason="snapshot")
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post(
    "/gb28181/uploads/{session_name}/{key}",
    status_code=200,
    dependencies=[public()],
    responses=problems(404, 410, 415),
    include_in_schema=False,
)
@router.put("/gb28181/uploads/{session_name}/{key}", status_code=200, dependencies=[public()], include_in_schema=False)
async def upload(request: Request, session_name: str, key: str) -> Response:
    """A device posts a picture. Devices hold no account: the address itself is the key, and it is used up."""
    state = request.app.state
    body = await request.body()
    found = await asyncio.to_thread(snapshots.picture_of, body, request.headers.get("content-type", ""))
    async with state.database.write() as session:
        await snapshots.take_in(
            session, session_name[:100], key[:200], found, place_of(state.settings), state.clock.now()
        )
    return Response(status_code=200)


def _reachable(settings: Settings, request: Request) -> str:
    """Our own address as a device reaches it."""
    return (settings.api.public_url or str(request.base_url)).rstrip("/")


def _mine(series: Snapshot | None, caller: Caller, snapshot_id: UUID) -> Snapshot:
    """A series belongs to who asked for it: whoever else wants the pictures gives a reason of their own."""
    if series is None or series.holder_id != caller.id:
        raise _unknown(snapshot_id)
    return series


def _unknown(snapshot_id: UUID) -> Refusal:
    return Refusal("connect.snapshot_unknown", status=404, operand="snapshot", actual=str(snapshot_id))


def _out(series: Snapshot, base: str) -> SnapshotOut:
    state = series.state
    return SnapshotOut.model_validate(
        {
            "id": series.id,
            "camera_id": series.camera_id,
            "state": state,
            "wanted": series.wanted,
            "received": series.received,
            "created_at": series.created_at,
            "expires_at": series.expires_at,
            "finished_at": series.finished_at,
            "pictures": [f"{base}/{series.id}/pictures/{number}" for number in range(1, series.received + 1)],
        }
    )
