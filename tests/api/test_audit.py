"""The audit: found by person, action, object and time; shown with before and after; exported, which is noted too."""

import csv
import io


async def test_it_is_searched_by_who_what_and_when(sign_in):
    admin, other = await sign_in("administrator", name="root"), await sign_in("administrator", name="second")
    for name in ("li.na", "wang"):
        made = await admin.post("/api/v1/people", json={"name": name, "roles": ["officer"], "regions": ["4501"]})
        assert made.status_code == 201
    person = made.json()["person"]
    etag = (await other.get(f"/api/v1/people/{person['id']}")).headers["etag"]
    changed = await other.patch(
        f"/api/v1/people/{person['id']}", json={"roles": ["analyst"]}, headers={"If-Match": etag}
    )
    assert changed.status_code == 200

    async def found(query: str) -> list[tuple[str, str, str]]:
        answer = await admin.get(f"/api/v1/audit?{query}")
        assert answer.status_code == 200, answer.text
        return [(each["actor_name"], each["action"], each["subject_name"]) for each in answer.json()["items"]]

    assert await found("what=wan") == [
        ("second", "access.person_changed", "wang"),
        ("root", "access.person_added", "wang"),
    ]
    assert await found("who=SECO&action=access.person") == [("second", "access.person_changed", "wang")]
    assert await found(f"what={person['id']}&action=access.person_added") == [("root", "access.person_added", "wang")]
    assert await found("what=%25") == []  # no wildcards of the database's own
    at = (await admin.get("/api/v1/audit?action=access.person_changed")).json()["items"][0]["at"].replace("+", "%2B")
    assert await found(f"to={at}&action=access.person_changed") == []
    assert len(await found(f"from={at}&action=access.person_changed")) == 1
    [entry] = (await admin.get("/api/v1/audit?action=access.person_changed")).json()["items"]
    assert entry["detail"]["roles"] == [["officer"], ["analyst"]]


async def test_an_export_says_when_by_whom_and_under_what_and_is_noted(sign_in):
    admin = await sign_in("administrator", name="root")
    made = {"name": "li.na", "display_name": "李娜", "roles": ["officer"], "regions": ["4501"]}
    await admin.post("/api/v1/people", json=made)
    answer = await admin.get("/api/v1/audit/export?action=access.person", headers={"Accept-Language": "zh"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    head, columns, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert "Root" in head[0]
    assert "action=access.person" in head[0]
    assert columns[0] == "时间"
    assert [(row[1], row[2], row[4]) for row in rows] == [("root", "access.person_added", "li.na")]
    [noted] = (await admin.get("/api/v1/audit?action=access.audit_exported")).json()["items"]
    assert noted["detail"] == {"under": {"action": "access.person"}}


async def test_what_a_spreadsheet_would_run_is_text(sign_in, database):
    from commonsight.access import audit
    from commonsight.clock import SystemClock

    admin = await sign_in("administrator")
    async with database.write() as session:
        await audit.record(
            session, audit.LOCAL, "test.noted", SystemClock().now(), kind="x", subject_name='=HYPERLINK("http://evil")'
        )
    answer = await admin.get("/api/v1/audit/export?action=test.")
    assert "'=HYPERLINK" in answer.text


async def test_only_who_may_reads_it(sign_in):
    for role, status in (("officer", 403), ("operator", 403), ("regulator", 200)):
        client = await sign_in(role)
        assert (await client.get("/api/v1/audit/export")).status_code == status
        assert (await client.get("/api/v1/audit")).status_code == status
