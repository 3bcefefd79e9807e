"""A person says that a new view is right, and takes it back; what was read is told."""

import httpx
import pytest
from sqlalchemy import text

from commonsight.inspect.osd import routes as osd
from commonsight.inspect.references import routes
from commonsight.records.database import Database
from tests.catalog.conftest import Somebody, application


class Operator(Somebody):
    """Somebody at a known address."""

    address = None


async def test_references_are_replaced_and_put_back_but_not_those_of_domes(seeded: Database) -> None:
    async with seeded.write() as session:
        found = await session.execute(text("SELECT id FROM cameras WHERE region LIKE '45%' ORDER BY id LIMIT 2"))
        still, dome = found.scalars().all()
        for camera_id, kind in ((still, "fixed"), (dome, "dome")):
            await session.execute(
                text("UPDATE cameras SET kind = :kind WHERE id = :id"), {"id": camera_id, "kind": kind}
            )
    somebody = Operator()
    app = application(seeded, lambda: somebody, routes.router, osd.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get(f"/cameras/{still}/references")).json()["state"] == "none"
        assert (await client.post(f"/cameras/{still}/references/undo")).json()[
            "code"
        ] == "inspect.reference_none_before"
        for note in ("按计划调整", "再次调整"):
            taken = await client.post(f"/cameras/{still}/references", json={"note": note})
            assert taken.status_code == 201
        assert [(one["phase"], one["version"], one["state"], one["note"]) for one in taken.json()["items"]] == [
            ("day", 2, "waiting", "再次调整"),
            ("night", 2, "waiting", "再次调整"),
        ]
        assert taken.json()["can_undo"]
        back = await client.post(f"/cameras/{still}/references/undo")
        assert {(one["version"], one["note"]) for one in back.json()["items"]} == {(1, "按计划调整")}
        assert (await client.get(f"/cameras/{dome}/references")).json()["state"] == "turning"
        refused = await client.post(f"/cameras/{dome}/references", json={})
        assert (refused.status_code, refused.json()["code"]) == (409, "inspect.reference_turning")
        read = (await client.get(f"/cameras/{still}/osd")).json()
        assert (read["reading"], read["clock_bar"], read["label_bar"]) == (None, 10.0, pytest.approx(0.5))
