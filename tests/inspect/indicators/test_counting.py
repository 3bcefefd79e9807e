"""What is counted from more than health: exemptions, hours, recordings, records, pictures."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from commonsight.clock import ManualClock
from commonsight.inspect.indicators import counting, day_store, repairs, service
from commonsight.inspect.indicators.day_store import Choice
from commonsight.inspect.indicators.model import Figure, Scope
from commonsight.inspect.indicators.service import ZONE
from commonsight.media.recordings import plan_store
from commonsight.media.recordings.model import ALWAYS, Plan
from commonsight.records.database import Database, WriteSession
from tests.catalog.conftest import key, seeded, seeded_url

__all__ = ["key", "seeded", "seeded_url"]

NOON = datetime(2026, 3, 3, 4, tzinfo=UTC)
WHOLE = Scope.region("45")


async def ids(session: WriteSession) -> list[UUID]:
    """All cameras, in order."""
    return list((await session.execute(text("SELECT id FROM cameras ORDER BY id"))).scalars())


async def figures(database: Database, at: datetime) -> dict[str, Figure]:
    """The figures of everything."""
    async with database.read() as session:
        return await service.figures(session, WHOLE, at)


async def choose(database: Database, indicator: str, variant: str) -> None:
    """Count it another way."""
    async with database.write() as session:
        await day_store.choose(session, indicator, Choice(variant, None, None, "wei", NOON, 1))


async def exempted(session: WriteSession, cameras: list[UUID]) -> None:
    """An approved exemption, in force."""
    values: dict[str, Any] = {"id": uuid4(), "who": uuid4(), "other": uuid4(), "at": NOON - timedelta(days=1)}
    await session.execute(
        text("""
            INSERT INTO exemptions (id, kind, words, chosen, regions, total, starts_at, ends_at, state, asked_by,
                asked_by_name, organisation, asked_at, decided_by, decided_by_name, decided_at)
            VALUES (:id, 'construction', 'x', '{}', '{45}', 1, :at, CAST(:at AS timestamptz) + interval '5 days',
                'approved', :who, 'a', 'o', :at, :other, 'b', :at)
        """),
        values,
    )
    await session.execute(
        text("INSERT INTO exemption_members SELECT :id, unnest(CAST(:cameras AS uuid[]))"),
        {"id": values["id"], "cameras": cameras},
    )


async def test_who_is_exempt_is_in_no_number_and_told_beside_it(seeded: Database) -> None:
    async with seeded.write() as session:
        cameras = await ids(session)
        await session.execute(text("UPDATE cameras SET health = 3"))
        await session.execute(text("UPDATE cameras SET health = 1 WHERE id = ANY(:some)"), {"some": cameras[:400]})
        await exempted(session, cameras[390:500])
    found = await figures(seeded, NOON)
    assert (found["online"].numerator, found["online"].denominator, found["online"].exempt) == (390, 490, 110)
    assert (found["access"].denominator, found["geo"].denominator) == (490, 490)
    await counting.count_day(seeded, ManualClock(NOON), ZONE, 400)
    kept = await figures(seeded, NOON)
    for code in ("access", "online", "playable", "geo", "intact", "complete"):
        assert (kept[code].value, kept[code].unknown, kept[code].exempt) == (
            found[code].value, found[code].unknown, found[code].exempt,
        )  # fmt: skip
    async with seeded.read() as session:
        said = await repairs.what_if(session, WHOLE, "online", NOON)
        assert (said.lacking, said.now.denominator) == (100, 490)
    # When it has ended, they are counted again.
    assert (await figures(seeded, NOON + timedelta(days=9)))["online"].denominator == 600


async def test_the_mean_of_the_hours_is_the_days_rate(seeded: Database) -> None:
    midnight = datetime(2026, 3, 2, 16, tzinfo=UTC)
    async with seeded.write() as session:
        await session.execute(text("UPDATE cameras SET health = 1"))
    clock = ManualClock(midnight)
    for hour in range(4):
        if hour == 3:
            async with seeded.write() as session:
                await session.execute(text("UPDATE cameras SET health = 3"))
        await counting.count_hour(seeded, clock.now() + timedelta(minutes=2), ZONE)
        await counting.count_hour(seeded, clock.now() + timedelta(minutes=9), ZONE)
        clock.advance(3600)
    await counting.count_day(seeded, clock, ZONE, 400)
    await choose(seeded, "online", "hours")
    one = (await figures(seeded, clock.now()))["online"]
    assert (one.variant, one.numerator, one.denominator, one.value) == ("hours", 1_800, 2_400, 0.75)


async def test_recordings_pictures_and_records_are_counted_by_camera(seeded: Database) -> None:
    day = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight of the day before, in the region
    async with seeded.write() as session:
        first, second, *rest = (await ids(session))[:10]
        plan = Plan(
            uuid4(), "全天", {"cameras": [str(first), str(second)]}, ("45",), ALWAYS, 30, None, 5, True, "wei",
            day - timedelta(days=9), day - timedelta(days=9), 1,
        )  # fmt: skip
        await plan_store.insert_plan(session, plan)
        for camera, hours in ((first, 24), (second, 18)):
            await session.execute(
                text("""
                    INSERT INTO recordings (id, camera_id, kind, node, path, starts_at, ends_at, bytes, sha256, mime,
                        width, height, sound, least_until)
                    SELECT gen_random_uuid(), :camera, 'continuous', 'n', CAST(:camera AS text) || h, at,
                        at + interval '1 hour', 1, '', 'video/mp4', 1, 1, false, at
                    FROM (SELECT h, CAST(:day AS timestamptz) + h * interval '1 hour' AS at
                        FROM generate_series(0, :last) AS h) AS g
                """),
                {"camera": camera, "day": day, "last": hours - 1},
            )
        await session.execute(
            text("UPDATE cameras SET health = 1 WHERE id = ANY(:all)"), {"all": [first, second, *rest]}
        )
        looked = "INSERT INTO diagnosed (camera_id, looked_at, phase, intact) VALUES (:id, :at, 'day', :intact)"
        await session.execute(
            text(looked),
            [
                {"id": one, "at": NOON, "intact": intact}
                for one, intact in ((first, True), (second, True), (rest[0], False))
            ],
        )
        await session.execute(
            text("""
                INSERT INTO record_checks (camera_id, version, at, mandatory, missing, wrong)
                SELECT id, version + CAST(id = :changed AS integer), :at, 10, CAST(id = :holed AS integer) * 4, 0
                FROM cameras WHERE id = ANY(:some)
            """),
            {"some": [first, second, rest[0]], "holed": second, "changed": rest[0], "at": NOON},
        )
    assert await counting.count_recordings(seeded, NOON, ZONE) == 2
    assert await counting.count_recordings(seeded, NOON, ZONE) == 2
    found = await figures(seeded, NOON)
    assert (found["recording"].numerator, found["recording"].denominator) == (42 * 3600, 48 * 3600)
    assert (found["intact"].numerator, found["intact"].denominator, found["intact"].unknown) == (2, 3, 7)
    assert (found["complete"].numerator, found["complete"].denominator) == (16, 20)
    assert found["complete"].unknown > 597
    assert (found["accurate"].value, found["accurate"].unknown) == (1, 598)
    await choose(seeded, "recording", "cameras")
    assert (await figures(seeded, NOON))["recording"].value == 0.5
    async with seeded.read() as session:
        lacking = await repairs.what_if(session, WHOLE, "complete", NOON)
        assert [(one.gain, one.cameras) for one in lacking.order] == [(4, (second,))]
        assert (await service.value(session, "intact", WHOLE, NOON)).value == 2 / 3
        assert (await service.value(session, "intact", WHOLE, NOON.date())).value is None
