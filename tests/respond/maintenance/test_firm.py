"""The firm's telephone and the desk: own orders only, photos without whereabouts, contracts, rounds, figures."""

import io
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from PIL import Image
from sqlalchemy import text

from commonsight.api.app import create_app
from tests.access import people

HOME = "/api/v1/maintenance"


def picture(kind="JPEG", size=(2400, 1200), gps=True):
    """A photo as a phone takes it: turned on its side, with where it was taken."""
    image, exif, out = Image.new("RGB", size, (90, 120, 60)), Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    if gps:
        exif.get_ifd(0x8825).update({1: "N", 2: (22.0, 49.0, 0.0)})
    image.save(out, kind, exif=exif.tobytes())
    return out.getvalue()


@pytest.fixture
async def door(yard):
    """Clients by name: an operator, somebody of the firm, somebody of another one."""
    app = create_app(yard.world.house.settings, yard.world.database, yard.world.clock)
    made = {}

    async def client(name, roles, unit=None):
        identity = await people.add(yard.world.database, name, roles=roles, now=yard.world.clock.now())
        async with yard.world.database.write() as session:
            await session.execute(
                text("UPDATE people SET organisation_id = :unit WHERE id = :id"), {"unit": unit, "id": identity.id}
            )
        secret = await people.sign_in(yard.world.database, identity, now=yard.world.clock.now(), hours=24 * 60)
        made[name] = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://commonsight.test",
            headers={"Authorization": ""}, cookies={"commonsight_session": secret},
        )  # fmt: skip
        return made[name]

    yield client
    for one in made.values():
        await one.aclose()


async def test_a_repair_from_the_telephone(yard, door):
    await yard.contract()
    camera = await yard.camera(
        "桂春路口", manufacturer="海康威视", model="DS-2CD", pole="NN-012", install_time="2025-01-01"
    )
    await yard.faulty(camera)
    await yard.tend(90)
    firm = await door("fitter", ("maintainer",), yard.firm)
    stranger = await door("stranger", ("maintainer",))
    [listed] = (await firm.get(f"{HOME}/mine")).json()["items"]
    assert (listed["place"], listed["title"], listed["contract"]) == ("桂春路口", "离线", "青秀区运维")
    at = f"{HOME}/mine/{listed['id']}"
    assert (await stranger.get(f"{HOME}/mine")).json()["items"] == []
    assert (await stranger.get(at)).json()["code"] == "respond.order_unknown"
    assert (await stranger.post(f"{at}/take")).status_code == 404
    shown = (await firm.get(at)).json()
    assert shown["members"][0]["file"] == {"maker": "海康威视", "model": "DS-2CD", "pole": "NN-012"}
    assert "停电" in shown["first"][0]
    assert "rtsp" not in str(shown)
    assert (await firm.post(f"{at}/take")).json()["taken_name"] == "Fitter"
    assert (await firm.post(f"{at}/arrive", json={"point": [200, 0]})).status_code == 422
    assert (await firm.post(f"{at}/arrive", json={"point": [108.3, 22.8]})).json()["arrived"] == [108.3, 22.8]

    heic = b"\x00\x00\x00\x18ftypheic" + bytes(40)
    refused = await firm.post(f"{at}/photos", content=heic)
    assert (refused.status_code, refused.json()["code"]) == (415, "respond.photo_heic")
    assert (await firm.post(f"{at}/photos", content=picture()[:9000])).json()["code"] == "respond.photo_broken"
    kept = (await firm.post(f"{at}/photos", content=picture())).json()
    assert (kept["width"], kept["height"]) == (960, 1920)  # upright, and no larger than needed
    assert (await firm.post(f"{at}/photos", content=picture())).json()["id"] == kept["id"]
    back = await firm.get(f"{at}/photos/{kept['id']}")
    assert back.headers["content-type"] == "image/jpeg"
    assert not Image.open(io.BytesIO(back.content)).getexif()
    located = (await firm.post(f"{at}/photos?located=true", content=picture("PNG"))).json()
    where = Image.open(io.BytesIO((await firm.get(f"{at}/photos/{located['id']}")).content)).getexif()
    assert where.get_ifd(0x8825)[1] == "N"
    assert (await stranger.get(f"{at}/photos/{kept['id']}")).status_code == 404

    assert (await firm.post(f"{at}/handled", json={"words": " ", "cause": "power"})).status_code == 422
    assert (await firm.post(f"{at}/handled", json={"words": "好了", "cause": "magic"})).status_code == 422
    done = await firm.post(f"{at}/handled", json={"words": "更换电源", "cause": "power", "parts": "12V 适配器"})
    assert (done.json()["state"], done.json()["recheck"]) == ("handled", "")
    await yard.hand_on()
    assert (await firm.get(at)).json()["recheck"] == "asked"
    await yard.well(camera)
    await yard.tend(5)
    over = (await firm.get(at)).json()
    assert (over["state"], over["recheck"], over["checked"]) == ("closed", "well", {"well": 1, "of": 1, "still": []})
    assert [line["action"] for line in over["history"]] == [
        "opened", "assign", "taken", "arrived", "handle", "verify", "close",
    ]  # fmt: skip
    # Well before anybody said so: what was done is asked for, and then there is nothing left to check.
    again = await yard.camera("古城路口")
    await yard.faulty(again)
    await yard.tend(90)
    [second] = (await firm.get(f"{HOME}/mine")).json()["items"]
    await firm.post(f"{HOME}/mine/{second['id']}/take")
    await yard.well(again)
    await yard.tend(5)
    assert (await firm.get(f"{HOME}/mine/{second['id']}")).json()["state"] == "assigned"
    await firm.post(f"{HOME}/mine/{second['id']}/handled", json={"words": "重启", "cause": "none"})
    await yard.hand_on()
    ended = (await firm.get(f"{HOME}/mine/{second['id']}")).json()
    assert (ended["state"], ended["recheck"]) == ("closed", "well")

    assert (await firm.get(f"{HOME}/mine")).json()["items"] == []
    assert len((await firm.get(f"{HOME}/mine?ended=true")).json()["items"]) == 2
    assert (await firm.get(f"{HOME}/orders")).json()["code"] == "access.forbidden"
    assert (await firm.get("/api/v1/cases")).json()["code"] == "access.forbidden"

    desk = await door("operator", ("operator",))
    rows = (await desk.get(f"{HOME}/statistics?by=maker")).json()["rows"]
    assert {(row["name"], row["orders"], row["on_time"], row["came_back"]) for row in rows} == {
        ("海康威视", 1, 1, 0),
        ("", 1, 1, 0),
    }
    causes = (await desk.get(f"{HOME}/statistics?by=cause")).json()["rows"]
    assert {row["name"] for row in causes} == {"供电", "到场时已正常"}
    sheet = await desk.get(f"{HOME}/statistics.csv?by=unit")
    assert "南宁安维" in sheet.text
    assert (await desk.get(f"{HOME}/statistics.xlsx")).content[:2] == b"PK"
    assert (await desk.get(f"{HOME}/orders/{listed['id']}/photos/{kept['id']}")).status_code == 200


async def test_contracts_windows_and_rounds_of_the_desk(yard, door):
    desk = await door("operator", ("operator",))
    today = yard.world.clock.now().date()
    camera = await yard.camera("桂春路口")
    async with yard.world.database.write() as session:
        await session.execute(
            text("UPDATE cameras SET protocol = 'rtsp', url = 'rtsp://10.1.2.3/1' WHERE id = :id"), {"id": camera}
        )
    choice = {"selection": {"cameras": [str(camera)]}}
    contract = {
        "name": "青秀", "unit_id": str(yard.firm), "choice": choice, "valid_from": str(today),
        "valid_to": str(today + timedelta(days=30)), "levels": [{"respond": 2, "repair": 24}],
    }  # fmt: skip
    wrong = await desk.post(f"{HOME}/contracts", json=contract | {"levels": [{"respond": 5, "repair": 2}]})
    assert wrong.json()["code"] == "respond.contract_invalid"
    wrong = await desk.post(f"{HOME}/contracts", json=contract | {"levels": [
        {"codes": ["broken"], "respond": 1, "repair": 2}]})  # fmt: skip
    assert wrong.json()["actual"] == "broken"

    await yard.faulty(camera)
    await yard.tend(90)
    [order] = (await desk.get(f"{HOME}/orders?waits=true")).json()["items"]
    made = await desk.post(f"{HOME}/contracts", json=contract)
    assert made.status_code == 201
    given = (await desk.post(f"{HOME}/orders/{order['id']}/give")).json()
    assert (given["assignee"]["name"], given["state"]) == ("南宁安维", "assigned")
    assert (await desk.get(f"{HOME}/summary")).json()["waits"] == 0
    path = f"{HOME}/contracts/{made.json()['id']}"
    assert (await desk.put(path, json=contract)).status_code == 428
    changed = await desk.put(path, json=contract | {"name": "青秀二期"}, headers={"If-Match": made.headers["etag"]})
    assert changed.json()["name"] == "青秀二期"
    assert (await desk.delete(path)).json()["running"] is False

    now = yard.world.clock.now()
    planned = await desk.post(
        f"{HOME}/windows",
        json={"choice": choice, "reason": "杆件迁移", "starts_at": now.isoformat(),
              "ends_at": (now + timedelta(hours=3)).isoformat()},
    )  # fmt: skip
    assert (planned.json()["state"], planned.json()["cameras"]) == ("open", 1)
    await yard.faulty(camera, code="clock")
    await yard.tend(90)
    assert len(await yard.orders()) == 1
    assert (await desk.get(f"{HOME}/summary")).json()["held"] == 1
    seen = (await desk.get(f"/api/v1/cameras/{camera}/maintenance")).json()
    assert ([one["reason"] for one in seen["windows"]], len(seen["orders"])) == (["杆件迁移"], 1)
    ended = await desk.post(f"{HOME}/windows/{planned.json()['id']}/end", json={})
    assert ended.json()["state"] == "over"
    await yard.tend(1)
    await yard.tend(90)
    assert len(await yard.orders()) == 2

    plan = {"name": "月度巡检", "unit_id": str(yard.firm), "choice": choice, "checklist": ["擦拭护罩"],
            "next_on": str(today), "every_days": 30, "within_days": 7}  # fmt: skip
    assert (await desk.post(f"{HOME}/rounds", json=plan)).status_code == 201
    await yard.tend(1)
    [shown] = (await desk.get(f"{HOME}/rounds")).json()["items"]
    assert shown["next_on"] == str(today + timedelta(days=30))
    assert (shown["latest"]["cameras"], shown["latest"]["looked"]) == (1, 0)
    firm = await door("fitter", ("maintainer",), yard.firm)
    at = f"{HOME}/mine/{shown['latest']['case_id']}"
    assert (await firm.get(at)).json()["checklist"] == ["擦拭护罩"]
    look = f"{at}/looks/{camera}"
    assert (await firm.post(look, json={"state": "faulty"})).json()["code"] == "respond.words_missing"
    done = await firm.post(look, json={"state": "faulty", "words": "护罩进水"})
    assert (done.json()["state"], done.json()["looks"][0]["state"]) == ("closed", "faulty")
    await yard.tend(90)
    assert [case.subject for case in await yard.orders()].count("fault:seen") == 1


async def test_the_desk_splits_an_order_and_takes_it_back(yard, door):
    await yard.contract()
    cameras = [await yard.camera(f"民族大道{n}", switch="QX-SW-017") for n in range(3)]
    await yard.faulty(*cameras)
    await yard.tend(90)
    desk = await door("operator", ("operator",))
    [order] = (await desk.get(f"{HOME}/orders")).json()["items"]
    at = f"{HOME}/orders/{order['id']}"
    assert (await desk.post(f"{at}/split", json={"cameras": list(map(str, cameras))})).status_code == 422
    made = (await desk.post(f"{at}/split", json={"cameras": [str(cameras[0])]})).json()
    assert (made["place"], made["cameras"], made["assignee"]["name"]) == ("民族大道0", 1, "南宁安维")
    assert (await desk.get(at)).json()["cameras"] == 2
    case = await desk.get(f"/api/v1/cases/{made['id']}")
    step = {"action": "merge", "into": order["id"]}
    back = await desk.post(
        f"/api/v1/cases/{made['id']}/steps", json=step, headers={"If-Match": case.headers["etag"]}
    )  # fmt: skip
    assert back.status_code == 200
    await yard.hand_on()
    await yard.tend(1)
    assert (await desk.get(at)).json()["cameras"] == 3
    firms = (await desk.get(f"/api/v1/cases/candidates?region=450103&kind=fault&q={'安维'}")).json()["items"]
    assert firms == []  # nobody of the firm has an account yet
    await door("fitter", ("maintainer",), yard.firm)
    firms = (await desk.get("/api/v1/cases/candidates?region=450103&kind=fault&q=安维")).json()["items"]
    assert UUID(firms[0]["id"]) == yard.firm
