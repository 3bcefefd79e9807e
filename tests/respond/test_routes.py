"""Cases over HTTP: lists, steps, four eyes, merging, handing over in bulk, and whose they are."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from commonsight.access.model import Identity
from commonsight.respond import routes
from tests.catalog.conftest import Client, speaking
from tests.respond.conftest import NOON, Person, World


@pytest.fixture
async def http(world: World, person: Person) -> AsyncIterator[Client]:
    """A client of the real routes as an operator of all Guangxi."""
    async for made in speaking(world.database, routes.router):
        made.caller = await person("chief", "operator", unit="指挥中心")  # type: ignore[assignment]
        made._transport.app.state.clock = world.clock  # type: ignore[attr-defined]
        yield made


async def opened(world: World, http: Client, **alarm: Any) -> dict[str, Any]:
    await world.alarm(**alarm)
    await world.hand_on()
    found: dict[str, Any] = (await http.get("/cases")).json()["items"][0]
    return found


async def step(http: Client, case: str, action: str, **more: Any) -> Any:
    tag = (await http.get(f"/cases/{case}")).headers["etag"]
    return await http.post(f"/cases/{case}/steps", json={"action": action} | more, headers={"If-Match": tag})


def me(caller: Any) -> dict[str, str]:
    return {"kind": "person", "id": str(caller.id)}


async def test_a_case_goes_from_open_to_closed_and_its_history_says_who(world: World, http: Client) -> None:
    case = await opened(world, http)
    assert (case["title"], case["place"], case["region"]["name"]) == ("区域入侵", "民族广场东", "青秀区")
    done = await step(http, case["id"], "assign", assignee=me(http.caller))
    assert (done.status_code, done.json()["assignee"]["name"]) == (200, "Chief")
    for action, words in (("handle", "已劝离"), ("verify", ""), ("close", "")):
        world.clock.advance(60)
        done = await step(http, case["id"], action, words=words)
        assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["actions"]) == ("closed", ["reopen"])
    lines = await http.all(f"/cases/{case['id']}/steps", limit=2)
    assert [line["action"] for line in lines] == ["opened", "assign", "handle", "verify", "close"]
    assert [line["by_name"] for line in lines] == ["", "Chief", "Chief", "Chief", "Chief"]
    assert lines[2]["words"] == "已劝离"


async def test_a_step_is_taken_from_the_version_one_has_seen(world: World, http: Client) -> None:
    case = await opened(world, http)
    stale = (await http.get(f"/cases/{case['id']}")).headers["etag"]
    await step(http, case["id"], "assign", assignee=me(http.caller))
    said = {"action": "release"}
    late = await http.post(f"/cases/{case['id']}/steps", json=said, headers={"If-Match": stale})
    assert (late.status_code, late.json()["code"]) == (412, "http.precondition_failed")
    without = await http.post(f"/cases/{case['id']}/steps", json=said)
    assert without.status_code == 428


async def test_a_step_that_does_not_follow_says_what_does(world: World, http: Client) -> None:
    case = await opened(world, http)
    refused = await step(http, case["id"], "close")
    assert (refused.status_code, refused.json()["code"]) == (409, "respond.step_impossible")
    assert refused.json()["expected"] == ["assign", "false_alarm", "merge"]
    silent = await step(http, case["id"], "false_alarm", words=" ")
    assert (silent.status_code, silent.json()["code"]) == (422, "respond.words_missing")


async def test_only_who_has_a_case_says_what_was_done(world: World, http: Client, person: Person) -> None:
    case = await opened(world, http)
    wei = await person("wei", "officer", unit="青秀分局")
    unit = (await world.rows("SELECT id FROM organisations WHERE name = '青秀分局'"))[0].id
    await step(http, case["id"], "assign", assignee={"kind": "organisation", "id": str(unit)})
    refused = await step(http, case["id"], "handle", words="看过了")
    assert (refused.status_code, refused.json()["code"]) == (403, "respond.not_yours")
    http.caller = wei  # type: ignore[assignment]
    assert (await step(http, case["id"], "handle", words="已到场")).status_code == 200
    mine = (await http.get("/cases", params={"mine": True})).json()["items"]
    assert [one["number"] for one in mine] == [case["number"]]


async def test_an_incident_is_verified_by_somebody_else(world: World, http: Client, person: Person) -> None:
    made = await http.post("/cases", json={"words": "路口积水", "region": "450103", "severity": 2})
    assert (made.status_code, made.json()["place"]) == (201, "青秀区")
    case = made.json()["id"]
    await step(http, case, "assign", assignee=me(http.caller))
    await step(http, case, "handle", words="已抽排")
    refused = await step(http, case, "verify")
    assert (refused.status_code, refused.json()["code"]) == (403, "respond.four_eyes")
    http.caller = await person("li", "operator")  # type: ignore[assignment]
    assert (await step(http, case, "verify")).status_code == 200


async def test_alarms_are_not_filed_by_hand(http: Client) -> None:
    refused = await http.post("/cases", json={"kind": "alarm", "words": "x", "region": "450103"})
    assert refused.json()["code"] == "respond.kind_not_by_hand"
    refused = await http.post("/cases", json={"words": "x"})
    assert refused.json()["code"] == "respond.place_missing"


async def test_two_cases_of_one_thing_are_merged_and_parted_again(world: World, http: Client) -> None:
    first = await opened(world, http)
    second = await opened(world, http, type_=8)
    merged = await step(http, second["id"], "merge", into=first["id"])
    assert (merged.json()["state"], merged.json()["merged_into"]) == ("merged", first["id"])
    whole = (await http.get(f"/cases/{first['id']}")).json()
    assert (whole["occurrences"], whole["merged"], len(whole["evidence"])) == (2, [second["id"]], 2)
    itself = await step(http, first["id"], "merge", into=first["id"])
    assert itself.json()["code"] == "respond.merge_impossible"
    back = await step(http, second["id"], "unmerge")
    assert (back.json()["state"], back.json()["merged_into"]) == ("open", None)
    assert (await http.get(f"/cases/{first['id']}")).json()["occurrences"] == 1


async def test_many_are_given_at_once_and_taken_back(world: World, http: Client, person: Person) -> None:
    wei = await person("wei", "officer")
    ids = [(await opened(world, http, type_=number))["id"] for number in (1, 2, 3)]
    closed = ids[2]
    await step(http, closed, "false_alarm", words="树影")
    said = {"cases": [*ids, str(uuid4())], "assignee": me(wei)}
    done = (await http.post("/cases/assignments", json=said)).json()
    assert done["assigned"] == 2
    assert [one["code"] for one in done["left"]] == ["respond.step_impossible", "respond.case_unknown"]
    await step(http, ids[0], "release")
    back = (await http.delete(f"/cases/assignments/{done['batch']}")).json()
    assert (back["assigned"], [one["case"] for one in back["left"]]) == (1, [ids[0]])
    assert (await http.get(f"/cases/{ids[1]}")).json()["state"] == "open"
    again = await http.delete(f"/cases/assignments/{done['batch']}")
    assert (again.status_code, again.json()["code"]) == (404, "respond.undo_gone")


async def test_a_case_is_given_only_to_who_may_handle_it_there(world: World, http: Client, person: Person) -> None:
    case = await opened(world, http)
    for unfit in (
        await person("analyst", "analyst"), await person("far", "officer", regions=("4502",)),
        await person("gone", "officer", active=False),
    ):  # fmt: skip
        refused = await step(http, case["id"], "assign", assignee=me(unfit))
        assert (refused.status_code, refused.json()["code"]) == (422, "respond.assignee_unfit"), unfit.name
    found = (await http.get("/cases/candidates", params={"region": "450103"})).json()["items"]
    assert [(one["kind"], one["name"]) for one in found] == [("organisation", "指挥中心"), ("person", "Chief")]


async def test_nobody_sees_cases_of_other_regions(world: World, http: Client, person: Person) -> None:
    case = await opened(world, http)
    http.caller = await person("far", "operator", regions=("4502",))  # type: ignore[assignment]
    assert (await http.get("/cases")).json()["items"] == []
    assert (await http.get("/cases/summary")).json()["open"] == 0
    for answer in (
        await http.get(f"/cases/{case['id']}"), await http.get(f"/cases/{case['id']}/steps"),
        await http.post(f"/cases/{case['id']}/comments", json={"words": "x"}),
        await http.post(f"/cases/{case['id']}/steps", json={"action": "release"}, headers={"If-Match": "*"}),
    ):  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (404, "respond.case_unknown")
    refused = await http.get("/cases", params={"region": "450103"})
    assert refused.status_code == 403
    assert (await http.get("/cases/candidates", params={"region": "450103"})).status_code == 403


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({}, [4, 3, 2, 1]),
        ({"severity": [1, 2]}, [4, 2]),
        ({"state": "false_alarm"}, [1]),
        ({"live": True}, [4, 3, 2]),
        ({"kind": "incident"}, [4]),
        ({"q": "积水"}, [4]),
        ({"q": "#3"}, [3]),
        ({"q": "民族广场"}, [3, 2, 1]),
        ({"overdue": True}, [2]),
        ({"region": "450103"}, [4, 3, 2, 1]),
    ],
)
async def test_lists_are_narrowed_and_turned_page_by_page(
    world: World, http: Client, asked: dict[str, Any], numbers: list[int]
) -> None:
    first = await opened(world, http, priority=3, type_=1)
    await step(http, first["id"], "false_alarm", words="树影")
    await opened(world, http, priority=2, type_=2)
    world.clock.advance(5 * 3_600)
    await opened(world, http, priority=3, type_=3)
    await http.post("/cases", json={"words": "路口积水", "region": "450103", "severity": 1})
    found = await http.all("/cases", limit=2, **asked)
    assert [one["number"] for one in found] == numbers


async def test_comments_change_neither_state_nor_version(world: World, http: Client) -> None:
    case = await opened(world, http)
    before = (await http.get(f"/cases/{case['id']}")).headers["etag"]
    made = await http.post(f"/cases/{case['id']}/comments", json={"words": " 保安已通知 "})
    assert (made.status_code, made.json()["words"], made.json()["action"]) == (201, "保安已通知", "comment")
    assert (await http.get(f"/cases/{case['id']}")).headers["etag"] == before


async def test_a_filing_sent_twice_opens_one_case(http: Client) -> None:
    said = {"words": "路口积水", "region": "450103"}
    ids = {
        (await http.post("/cases", json=said, headers={"Idempotency-Key": "a"})).json()["id"] for _ in range(2)
    }  # fmt: skip
    assert len(ids) == 1


async def test_answers_are_in_the_callers_language(world: World, http: Client) -> None:
    case = await opened(world, http)
    found = await http.get(f"/cases/{case['id']}", headers={"Accept-Language": "en"})
    assert found.json()["title"] == "Intrusion"


# --- notices --------------------------------------------------------------------------------------------------------


async def test_notices_are_read_by_whose_they_are(world: World, http: Client, person: Person) -> None:
    await opened(world, http)
    (notice,) = (await http.get("/notices")).json()["items"]
    assert (notice["event"], notice["title"], notice["read_at"]) == ("新事件", "区域入侵", None)
    assert (await http.get("/notices/unread")).json() == {"unread": 1, "more": False}
    other: Identity = await person("li", "operator")
    chief, http.caller = http.caller, other  # type: ignore[assignment]
    await http.post("/notices/read", json={"ids": [notice["id"]]})
    http.caller = chief
    assert (await http.get("/notices/unread")).json()["unread"] == 1, "nobody reads for another"
    assert (await http.post("/notices/read", json={})).json()["unread"] == 0
    assert (await http.get("/notices", params={"unread": True})).json()["items"] == []


async def test_a_secret_is_shown_once_and_never_again(http: Client, key: None) -> None:
    said = {"kind": "webhook", "name": "指挥平台", "url": "https://example.org/hook"}
    made = await http.post("/notices/channels", json=said)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    secret, channel = made.json()["secret"], made.json()["channel"]["id"]
    assert secret.startswith("whsec_")
    for answer in (await http.get("/notices/channels"), await http.get(f"/notices/channels/{channel}")):
        assert secret not in answer.text
        assert "secret" not in answer.text
    renewed = await http.post(f"/notices/channels/{channel}/secret")
    assert renewed.json()["secret"] not in (None, secret)


async def test_channels_are_changed_from_the_version_seen_and_not_removed_under_rules(http: Client) -> None:
    said = {"kind": "email", "name": "值班室", "to": ["duty@example.org"]}
    made = (await http.post("/notices/channels", json=said)).json()["channel"]
    path = f"/notices/channels/{made['id']}"
    tag = (await http.get(path)).headers["etag"]
    changed = await http.patch(path, json={"to": ["a@example.org", "b@example.org"]}, headers={"If-Match": tag})
    assert changed.json()["to"] == ["a@example.org", "b@example.org"]
    assert (await http.patch(path, json={"name": "x"}, headers={"If-Match": tag})).status_code == 412
    rule = await http.post("/notices/rules", json={"channel_id": made["id"], "events": ["opened", "escalated"]})
    assert (rule.status_code, rule.json()["channel_name"]) == (201, "值班室")
    assert (await http.delete(path)).json()["code"] == "respond.channel_in_use"
    assert (await http.delete(f"/notices/rules/{rule.json()['id']}")).status_code == 204
    assert (await http.delete(path)).status_code == 204
    assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("said", "operand"),
    [
        ({"kind": "email", "name": "x", "to": []}, "to"),
        ({"kind": "email", "name": "x", "to": ["a@b, c@d"]}, "to"),
        ({"kind": "email", "name": "x", "to": ["a@b\nBcc: c@d"]}, "to"),
        ({"kind": "mqtt", "name": "x", "topic": "a/#"}, "topic"),
        ({"kind": "mqtt", "name": "x", "topic": "$SYS/x"}, "topic"),
        ({"kind": "webhook", "name": "x"}, "url"),
        ({"kind": "webhook", "name": " ", "url": "https://example.org/"}, "name"),
    ],
)
async def test_a_channel_that_cannot_work_is_refused_by_its_field(
    http: Client, said: dict[str, Any], operand: str
) -> None:
    refused = await http.post("/notices/channels", json=said)
    assert (refused.status_code, refused.json()["operand"]) == (422, operand)


async def test_who_manages_less_sees_less(world: World, http: Client, person: Person) -> None:
    said = {"kind": "email", "name": "全区", "to": ["duty@example.org"]}
    made = (await http.post("/notices/channels", json=said)).json()["channel"]
    http.caller = await person("local", "operator", regions=("4501",))  # type: ignore[assignment]
    assert (await http.get("/notices/channels")).json()["items"] == []
    assert (await http.get(f"/notices/channels/{made['id']}")).status_code == 404
    assert (await http.post(f"/notices/channels/{made['id']}/test")).status_code == 404
    http.caller = await person("wei", "officer")  # type: ignore[assignment]
    own = await http.post("/notices/rules", json={"events": ["opened"], "severity": 2})
    assert own.status_code == 201
    assert [one["id"] for one in (await http.get("/notices/rules")).json()["items"]] == [own.json()["id"]]
    refused = await http.post("/notices/rules", json={"events": ["opened"], "channel_id": made["id"]})
    assert refused.json()["code"] == "respond.rule_not_yours"


async def test_a_test_is_put_in_line_and_found_among_the_deliveries(world: World, http: Client) -> None:
    said = {"kind": "email", "name": "值班室", "to": ["duty@example.org"]}
    made = (await http.post("/notices/channels", json=said)).json()["channel"]
    asked = await http.post(f"/notices/channels/{made['id']}/test")
    assert asked.status_code == 202
    (delivery,) = (await http.get("/notices/deliveries", params={"channel": made["id"]})).json()["items"]
    assert (delivery["id"], delivery["state"], delivery["type"]) == (asked.json()["delivery"], "waiting", "test")
    assert await world.jobs("respond:deliver") == [{"channel_id": made["id"]}]
    assert NOON.isoformat()[:10] in delivery["created_at"]
