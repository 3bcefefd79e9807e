"""From pictures to verdicts, health, maintenance and back; and what people see and say of it, over HTTP."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import text

from commonsight.inspect.diagnosis import evidence, routes, store, threshold_routes
from commonsight.inspect.diagnosis.looking import Diagnoser
from commonsight.inspect.model import Tried
from commonsight.inspect.sweeps.store import next_cameras
from commonsight.inspect.verdicts import write_tries
from commonsight.jobs import House
from commonsight.records.database import Database
from commonsight.vision.picture import Planes
from tests.access import people
from tests.catalog.conftest import Client, speaking
from tests.gate.given import give
from tests.inspect.test_model import PLAYS
from tests.vision.quality.scenes import planes, street

BLACK = planes(np.full((360, 640), 16.0), np.full((180, 320), 128.0), np.full((180, 320), 128.0))


async def looked(house: House, camera: UUID, *pictures: Planes, decisive: bool = False) -> None:
    """Looks an hour apart, the last one now."""
    now = house.clock.now()
    for number, picture in enumerate(pictures):
        async with Diagnoser(house.database, house.clock, house.settings, decisive=decisive) as diagnoser:
            await diagnoser.look(camera, picture, now - timedelta(hours=len(pictures) - 1 - number))


async def cameras_of(house: House, count: int) -> list[UUID]:
    async with house.database.read() as session:
        return (await next_cameras(session))[:count]


async def answer(database: Database, query: str, **values: Any) -> list[tuple[Any, ...]]:
    async with database.read() as session:
        return [tuple(row) for row in await session.execute(text(query), values)]


HEALTH = "SELECT health FROM cameras WHERE id = :id"
FAULTS = "SELECT code, state FROM maintenance_faults WHERE camera_id = :id"
TOLD = "SELECT topic FROM outbox WHERE topic LIKE 'inspect.picture_%' AND payload ->> 'camera' = :id ORDER BY id"


async def test_from_a_black_picture_to_a_fault_and_back(house: House) -> None:
    [camera] = await cameras_of(house, 1)

    async def told() -> list[str]:
        return [topic for (topic,) in await answer(house.database, TOLD, id=str(camera))]

    await looked(house, camera, BLACK)
    async with house.database.read() as session:
        assert (await store.verdicts(session, [camera]))[(camera, "signal_loss")].streak == 1
        assert await store.suspects(session, [camera]) == {camera}
        assert await store.due(session, [camera], house.clock.now() - timedelta(days=1)) == {camera}
    assert (await told(), await answer(house.database, FAULTS, id=camera)) == ([], [])

    await looked(house, camera, BLACK)
    assert await told() == ["inspect.picture_fault"]
    [(code, state)] = await answer(house.database, FAULTS, id=camera)
    assert (code, state == "ended") == ("bad_picture.signal_loss", False)
    assert await answer(house.database, HEALTH, id=camera) == [(2,)]
    [(name,)] = await answer(house.database, "SELECT evidence FROM diagnoses WHERE evidence IS NOT NULL")
    kept = evidence.read(evidence.place_of(house.settings.data_dir), name)
    assert kept is not None
    assert kept.startswith(b"\xff\xd8")

    # It plays, and badly: the sweep's word that it plays does not make the picture well.
    async with house.database.write() as session:
        await write_tries(session, [Tried(camera, house.clock.now(), PLAYS)], house.settings.inspect)
    assert await answer(house.database, HEALTH, id=camera) == [(2,)]

    # After a repair one look is enough; otherwise it takes as many as the fault took.
    await looked(house, camera, street())
    assert await told() == ["inspect.picture_fault"]
    await looked(house, camera, street(), decisive=True)
    assert await told() == ["inspect.picture_fault", "inspect.picture_well"]
    assert await answer(house.database, HEALTH, id=camera) == [(1,)]
    assert [state for _, state in await answer(house.database, FAULTS, id=camera)] == ["ended"]
    async with house.database.read() as session:
        assert await store.spoiled(session, [camera]) == set()
        assert len(await store.history(session, camera)) == 4


async def test_pictures_hours_apart_that_are_the_same_to_the_point_are_frozen(house: House) -> None:
    still, alive = await cameras_of(house, 2)
    await looked(house, still, *[street()] * 4)
    await looked(house, alive, *[street(10 + number, grain=2) for number in range(4)])
    found = await answer(
        house.database, "SELECT camera_id, state FROM diagnoses WHERE item = 'freeze' ORDER BY camera_id"
    )
    assert dict(found) == {still: "fault", alive: "well"}


async def test_what_was_not_due_and_what_is_gone_costs_nothing(house: House) -> None:
    one, two = await cameras_of(house, 2)
    await looked(house, one, street())
    async with Diagnoser(house.database, house.clock, house.settings) as diagnoser:
        assert await diagnoser.due([one, two]) == {two}
        await diagnoser.look(UUID(int=1), street(), house.clock.now())
    off = house.settings.model_copy(
        update={"diagnosis": house.settings.diagnosis.model_copy(update={"enabled": False})}
    )
    async with Diagnoser(house.database, house.clock, off) as diagnoser:
        assert await diagnoser.due([one, two]) == set()
    with pytest.raises(RuntimeError):
        await diagnoser.look(one, street(), house.clock.now())


# --- over HTTP ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    """An operator of all Guangxi, who holds no grant."""
    identity = await people.add(house.database, "operator.one", roles=("operator",), regions=("45",))
    async with house.database.write() as session:
        await session.execute(text("UPDATE grants SET revoked_at = now(), revoked_reason = 'test'"))
    async for made in speaking(house.database, routes.router, threshold_routes.router):
        made.caller = identity
        state = made._transport.app.state  # type: ignore[attr-defined]
        state.settings, state.clock = house.settings, house.clock
        yield made


async def test_faults_are_listed_argued_with_and_seen(client: Client, house: House) -> None:
    one, two = await cameras_of(house, 2)
    for camera in (one, two):
        await looked(house, camera, BLACK, BLACK)
    counts = (await client.get("/diagnosis/counts")).json()
    assert (counts["looked"], counts["faulty"], counts["intact"]) == (2, 2, 0)
    assert next(one for one in counts["items"] if one["item"] == "signal_loss")["faulty"] == 2

    first = (await client.get("/diagnosis/findings", params={"item": "signal_loss", "limit": 1})).json()
    second = (
        await client.get("/diagnosis/findings", params={"item": "signal_loss", "limit": 1, "after": first["next"]})
    ).json()
    listed = [row["camera_id"] for page in (first, second) for row in page["items"]]
    assert sorted(listed) == sorted([str(one), str(two)])
    assert second["next"] is None
    assert first["items"][0]["has_evidence"]
    assert (await client.get("/diagnosis/findings", params={"item": "beauty"})).status_code == 404

    # This is normal here: the verdict goes at once, and comes back when that is taken back.
    path = f"/cameras/{one}/findings"
    past = {"until": "2020-01-01T00:00:00Z"}
    assert (await client.post(f"{path}/signal_loss/feedback", json=past)).json()[
        "code"
    ] == "inspect.diagnosis_until_past"
    assert (await client.post(f"{path}/signal_loss/feedback", json={"value": 7})).json()[
        "code"
    ] == "inspect.diagnosis_value"
    said = (await client.post(f"{path}/signal_loss/feedback", json={"note": "检修"})).json()
    assert (said["act"], said["person"]) == ("mute", client.caller.display_name)
    held = (await client.get(path)).json()
    assert [row["state"] for row in held["verdicts"] if row["item"] == "signal_loss"] == ["well"]
    assert await answer(house.database, HEALTH, id=one) == [(1,)]
    await looked(house, one, BLACK)
    assert (await client.get("/diagnosis/counts")).json()["faulty"] == 1
    undo = f"/cameras/{one}/feedback/{said['id']}/undo"
    assert (await client.post(undo)).status_code == 200
    assert (await client.post(undo)).json()["code"] == "inspect.feedback_unknown"
    assert (await client.get("/diagnosis/counts")).json()["faulty"] == 2
    assert len((await client.get(path)).json()["looks"]) == 3

    # The picture is behind a door: a grant, a reason, a line of the register, and who looks is written into it.
    reason = {"purpose_code": "maintenance", "purpose_text": ""}
    assert (await client.post(f"{path}/signal_loss/evidence", json=reason)).json()["code"] == "gate.no_grant"
    await give(house.database, client.caller)
    assert (await client.post(f"{path}/signal_loss/evidence", json={})).json()["code"] == "gate.purpose_missing"
    seen = await client.post(f"{path}/signal_loss/evidence", json=reason)
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
    assert seen.content.startswith(b"\xff\xd8")
    registered = "SELECT close_reason, bytes > 0, first_frame_at IS NOT NULL FROM retrievals WHERE camera_id = :id"
    lines = await answer(house.database, registered, id=one)
    assert lines == [("snapshot", True, True)]
    assert (await client.post(f"{path}/blur/evidence", json=reason)).json()["code"] == "inspect.evidence_gone"


async def test_a_threshold_is_foreseen_set_and_taken_back(client: Client, house: House) -> None:
    [camera] = await cameras_of(house, 1)
    await looked(house, camera, street(), street(2))
    last = "SELECT c.kind, d.phase FROM cameras AS c JOIN diagnosed AS d ON d.camera_id = c.id WHERE c.id = :id"
    [(kind, phase)] = await answer(house.database, last, id=camera)
    looks = await answer(house.database, "SELECT phase FROM diagnosis_looks WHERE camera_id = :id", id=camera)
    same = sum(light == phase for (light,) in looks)
    asked = {"item": "too_dark", "kind": kind, "phase": phase, "value": 255}
    seen = (await client.get("/diagnosis/thresholds/preview", params=asked)).json()
    assert (seen["looks"], seen["flagged"], seen["flagged_now"]) == (same, same, 0)

    listed = await client.get("/diagnosis/thresholds")
    assert (await client.post("/diagnosis/thresholds", json=asked)).status_code == 428
    headers = {"If-Match": listed.headers["ETag"]}
    made = await client.post("/diagnosis/thresholds", json=asked, headers=headers)
    assert made.status_code == 201
    assert (await client.post("/diagnosis/thresholds", json=asked, headers=headers)).status_code == 412
    unknown = asked | {"kind": "toaster"}
    assert (await client.post("/diagnosis/thresholds", json=unknown)).json()["code"] == "inspect.diagnosis_kind_unknown"

    async def limits() -> list[float]:
        found = (await client.get("/diagnosis/items")).json()["items"]
        item = next(one for one in found if one["code"] == "too_dark")
        return [one["value"] for one in item["limits"] if one["kind"] == kind and one["phase"] == phase]

    assert await limits() == [255]
    undo = f"/diagnosis/thresholds/{made.json()['id']}/undo"
    assert (await client.post(undo)).status_code == 200
    assert (await client.post(undo)).status_code == 404
    assert await limits() == []
    assert (await client.get("/diagnosis/thresholds")).json()["items"][0]["undone_by"] == client.caller.display_name


async def test_looks_are_asked_for_in_ones_own_regions(client: Client, house: House) -> None:
    cameras = [str(one) for one in await cameras_of(house, 2)]
    asked = await client.post("/diagnosis/looks", json={"camera_ids": cameras})
    assert (asked.status_code, asked.json()["cameras"]) == (202, 2)
    assert (await client.post("/diagnosis/looks", json={"camera_ids": [str(UUID(int=1))]})).status_code == 404
    queued = await answer(
        house.database, "SELECT args -> 'cameras' FROM procrastinate_jobs WHERE task_name = 'inspect:look'"
    )
    assert queued == [(cameras,)]
