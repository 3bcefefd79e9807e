"""A recording is played as it was recorded, so a permit that limits pictures does not open it."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from commonsight.clock import SystemClock
from commonsight.gate import service as gate
from commonsight.gate.model import Action, Viewer
from commonsight.media.gate_admission import GateAdmission
from commonsight.problem import Refusal
from commonsight.records.database import Database

from .test_node import PERSON
from .world import camera_id


@pytest.mark.parametrize("limits", ['{"mask": "faces"}', '{"resolution": 360}', '{"fps": 5}'])
async def test_a_limited_permit_plays_nothing_back(database: Database, limits: str) -> None:
    now = SystemClock().now()
    footage = (now - timedelta(hours=2), now - timedelta(hours=1))
    async with database.write() as session:
        await session.execute(
            text(
                "INSERT INTO cameras (id, code, name, region, grams, protocol, url) VALUES"
                " (:id, '45010200001320000000', 'h264', '450102', '{}', 'rtsp', 'rtsp://127.0.0.1/h264')"
            ),
            {"id": camera_id("h264")},
        )
    async with database.write() as session:
        issued = await gate.issue(
            session, caller=PERSON, cameras=[camera_id("h264")], purpose_code="training", purpose_text="",
            action=Action.PLAYBACK, footage=footage,
        )  # fmt: skip
        await session.execute(
            text("UPDATE permits SET limits = CAST(:limits AS jsonb) WHERE id = :id"),
            {"limits": limits, "id": issued.permit.id},
        )
    admission = GateAdmission(database, SystemClock(), "media-1")
    with pytest.raises(Refusal) as refused:
        await admission.admit(
            issued.ticket, camera_id("h264"), locate=False, action=Action.PLAYBACK, footage=footage,
            viewer=Viewer((), "127.0.0.1"),
        )  # fmt: skip
    assert refused.value.code == "media.limit_unsupported"
    async with database.read() as session:
        opened = await session.execute(text("SELECT count(*) FROM retrievals WHERE opened_at IS NOT NULL"))
        assert opened.scalar_one() == 0
