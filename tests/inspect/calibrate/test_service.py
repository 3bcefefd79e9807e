"""Calibration against the database: from kept looks to thresholds that apply, and back."""

import json

import pytest
from sqlalchemy import text

from commonsight.inspect.calibrate import service
from commonsight.inspect.diagnosis import store as diagnoses
from commonsight.inspect.diagnosis.model import Phase, items
from commonsight.jobs import House
from commonsight.problem import Refusal


async def test_proposals_apply_and_are_taken_back(house: House) -> None:
    noise = items()["noise"]
    async with house.database.write() as session:
        await session.execute(
            text("""
                INSERT INTO diagnosis_looks (camera_id, at, phase, scores)
                SELECT id, :now, 'day', CAST(:scores AS jsonb) FROM cameras WHERE archived_at IS NULL
            """),
            {"now": house.clock.now(), "scores": json.dumps({"noise": 3.25})},
        )
    async with house.database.read() as session:
        day, night = await service.proposals(session, ["noise"], "", 0.02)
    assert (day.proposed, day.now, day.cameras) == (3.25, noise.day, 600)
    assert (day.flagged_now, day.flagged_then, night.proposed) == (0, 0, None)
    async with house.database.write() as session:
        changes = await service.apply(session, [day, night], "trial", house.clock.now())
    assert len(changes) == 1
    async with house.database.read() as session:
        assert (await diagnoses.thresholds(session)).of(noise, "fixed", Phase.DAY) == 3.25
    async with house.database.write() as session:
        await service.undo(session, changes, house.clock.now())
    async with house.database.read() as session:
        assert (await diagnoses.thresholds(session)).of(noise, "fixed", Phase.DAY) == noise.day
    with pytest.raises(Refusal) as refused:
        async with house.database.write() as session:
            await service.undo(session, changes, house.clock.now())
    assert refused.value.code == "inspect.threshold_unknown"
