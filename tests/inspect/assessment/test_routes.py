"""A feedback list over HTTP: from the file through explanations and faults to appeals, and back again."""

import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import text

from commonsight.clock import ManualClock
from commonsight.inspect.assessment import examine, routes, service, store, tasks
from commonsight.inspect.assessment.model import State
from commonsight.jobs import House
from commonsight.records.database import WriteSession
from tests.catalog.conftest import Client, Somebody, speaking

NOW = ManualClock().now()
AT = NOW - timedelta(hours=20)


@pytest.fixture
async def assessed(house: House) -> AsyncIterator[Client]:
    """Six cameras of Nanning checked: four work, two are offline; each as it was two days ago."""
    async with house.database.write() as session:
        await session.execute(
            text("""
                WITH few AS (SELECT id, row_number() OVER (ORDER BY code) AS n FROM cameras WHERE region >= '4501'
                    AND region < '4502' ORDER BY code LIMIT 6)
                UPDATE cameras AS c SET health = CASE WHEN n <= 4 THEN 1 ELSE 3 END, health_at = :at,
                    created_at = :filed FROM few WHERE few.id = c.id
            """),
            {"at": NOW - timedelta(days=2), "filed": NOW - timedelta(days=90)},
        )
    async for made in speaking(house.database, routes.router):
        yield made


async def six(house: House) -> list[tuple[UUID, str, str]]:
    async with house.database.read() as session:
        found = await session.execute(text("SELECT id, code, name FROM cameras WHERE health <> 0 ORDER BY code"))
        return [(row.id, row.code, row.name) for row in found]


async def proved(session: WriteSession, camera: UUID, at: datetime, slot: int) -> None:
    await session.execute(
        text("INSERT INTO probes VALUES (:id, :slot, :at, true, true, true, 20, 'h264', 1920, 1080, null)"),
        {"id": camera, "slot": slot, "at": at},
    )


def listed(rows: list[list[str]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [["序号", "设备编码", "点位名称", "在线状态", "检测时间", "原因"], *rows]:
        sheet.append(row)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


async def read(house: House, feedback_id: str) -> None:
    async with house.database.read() as session:
        held = await store.one(session, UUID(feedback_id))
    assert held is not None
    assert held.state is State.READING
    await examine.Examination(house, held).run()


async def test_from_the_list_to_the_appeal_and_back(assessed: Client, house: House) -> None:
    cameras = await six(house)
    when = AT.astimezone().isoformat()
    async with house.database.write() as session:
        for slot, offset in enumerate((-7, 15)):
            await proved(session, cameras[0][0], AT + timedelta(minutes=offset), slot)
    body = listed(
        [
            ["1", cameras[0][1], "甲", "离线", when, "注册超时"],  # we proved it around their time
            ["2", cameras[1][1], "乙", "离线", when, ""],  # our standing state says well
            ["3", cameras[2][1], "丙", "在线", when, ""],  # both say so
            ["4", "", cameras[4][2], "离线", when, ""],  # known by its name alone; both say so
            ["5", "45990300001320009999", "不存在的点位", "离线", when, ""],
            ["6", cameras[0][1], "甲", "离线", when, ""],
            ["7", cameras[3][1], "丁", "待定", when, ""],
        ]
    )
    said = {"name": "反馈清单.xlsx", "indicator": "online", "upper_name": "某上级平台", "region": "4501"}
    made = (await assessed.post("/feedbacks", json=said)).json()
    path = f"/feedbacks/{made['id']}"
    half = len(body) // 2
    assert (await assessed.put(f"{path}/file", params={"offset": 0}, content=body[:half])).json()["bytes"] == half
    wrong = await assessed.put(f"{path}/file", params={"offset": half + 1}, content=body[half:])
    assert wrong.status_code == 409
    await assessed.put(f"{path}/file", params={"offset": half}, content=body[half:])
    assert (await assessed.post(f"{path}/read")).json()["state"] == "reading"
    await read(house, made["id"])

    found = (await assessed.get(path)).json()
    assert (found["state"], found["rows"], found["wrong"], found["matched"]) == ("read", 7, 1, 5)
    rows = await assessed.all(f"{path}/rows", limit=2)
    assert [(row["row"], row["explanation"], row["match"]) for row in rows] == [
        (2, "proved_around", "code"),
        (3, "standing_well", "code"),
        (4, "agree", "code"),
        (5, "agree", "name"),
        (6, "unmatched", "none"),
        (7, "duplicate", "code"),
    ]
    assert rows[0]["evidence"]["before"]["good"]
    assert rows[0]["evidence"]["after"]["good"]
    (problem,) = (await assessed.get(f"{path}/problems")).json()["items"]
    assert (problem["row"], problem["field"]) == (8, "result")

    # Their 1 of 6 becomes our 4 of 6: the sixth row is the first again, and two of ours they do not name.
    steps = found["bridge"]
    assert [(step["code"], step["numerator"], step["denominator"]) for step in steps] == [
        ("theirs", 1, 6),
        ("duplicate", 1, 5),
        ("unmatched", 1, 4),
        ("proved_around", 2, 4),
        ("standing_well", 3, 4),
        ("not_listed", 4, 6),
        ("ours", 4, 6),
    ]
    assert all(step["words"] for step in steps)
    assert sum(step["points"] for step in steps[1:]) == round(40_000 / 6) - round(10_000 / 6)

    # What they found and we cannot disprove becomes faults; taken back, ours of our own finding stay.
    assert (await assessed.post(f"{path}/apply")).status_code == 202
    await tasks.work_through(house, UUID(made["id"]), State.APPLYING, service.apply_some)
    assert (await assessed.get(path)).json()["reported"] == 2
    assert await faulty(house) == {cameras[1][0], cameras[4][0]}
    counts = (await assessed.get(f"{path}/counts")).json()
    assert {one["code"]: one["faults"] for one in counts["items"]}["standing_well"] == 1
    assert (await assessed.post(f"{path}/apply")).json()["code"] == "inspect.upper_list_state"
    assert (await assessed.post(f"{path}/undo")).status_code == 202
    await tasks.work_through(house, UUID(made["id"]), State.UNDOING, service.undo_some)
    assert await faulty(house) == {cameras[4][0]}

    answer = await assessed.get(f"{path}/appeal.xlsx")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    lines = list(sheet.iter_rows(min_row=5, values_only=True))
    assert [line[0] for line in lines] == [2, 6, 7]
    assert lines[0][1] == cameras[0][1]
    assert "前后均实测正常" in lines[0]


async def faulty(house: House) -> set[UUID]:
    async with house.database.read() as session:
        found = await session.scalars(text("SELECT camera_id FROM maintenance_faults WHERE ended_at IS NULL"))
        return set(found)


async def test_a_list_nobody_understands_can_be_mapped_or_given_up(assessed: Client, house: House) -> None:
    (_, code, _), *_ = await six(house)
    made = (await assessed.post("/feedbacks", json={"name": "a.csv", "indicator": "online"})).json()
    path = f"/feedbacks/{made['id']}"
    body = f"SB,JG,SJ\n{code},离线,{AT.isoformat()}\n"
    await assessed.put(f"{path}/file", content=body.encode("gb18030"))
    assert (await assessed.post(f"{path}/read", json={"mapping": {"code": "SB"}})).json()["operand"] == "mapping"
    await assessed.post(f"{path}/read")
    await read(house, made["id"])
    failed = (await assessed.get(path)).json()
    assert (failed["state"], failed["headings"], failed["problem"]["rule"]) == (
        "failed",
        ["SB", "JG", "SJ"],
        "headings",
    )
    mapping = {"code": "SB", "result": "JG", "at": "SJ"}
    strange = await assessed.post(f"{path}/read", json={"mapping": mapping | {"name": "XX"}})
    assert (strange.status_code, strange.json()["operand"]) == (422, "mapping")
    await assessed.post(f"{path}/read", json={"mapping": mapping})
    await read(house, made["id"])
    assert (await assessed.get(path)).json()["matched"] == 1
    assessed.caller = Somebody(regions=("4599",))
    assert (await assessed.get(path)).status_code == 404
    assessed.caller = Somebody(regions=("45",))
    assert (await assessed.delete(path)).status_code == 204
    assert (await assessed.get("/feedbacks")).json()["items"] == []
