"""Grants over PostgreSQL: which covers, what a revocation cuts, how many cameras a choice comes to."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text

from commonsight.access import service as access
from commonsight.clock import SystemClock
from commonsight.gate import giving, grant_store, selection, service, store, tasks
from commonsight.gate.grant_model import Selection
from commonsight.gate.model import Action, Standing, Viewer
from commonsight.outbox import Entry
from commonsight.problem import Refusal
from tests.access import people

from .given import give

WHY = {"purpose_code": "emergency", "purpose_text": "江北大道积水"}
REGION = "45"


@pytest.fixture
async def officer(database):
    return await people.add(database, "li.na", roles=("officer",), regions=("45",))


@pytest.fixture
async def boss(database):
    return await people.add(database, "boss", roles=("administrator",), regions=("45",))


async def issued(database, caller, *cameras, **more):
    async with database.write() as session:
        return await service.issue(session, caller=caller, cameras=cameras, **(WHY | more))


async def refused(database, caller, *cameras, **more):
    with pytest.raises(Refusal) as found:
        await issued(database, caller, *cameras, **more)
    return found.value


def wanted(holder, **more):
    said = {
        "holder_kind": "person", "holder": str(holder), "cameras": Selection(regions=("4501",)),
        "actions": [Action.LIVE], "expires_at": SystemClock().now() + timedelta(days=3), "basis": "三月三活动保障方案",
    }  # fmt: skip
    return giving.Wanted(**(said | more))


async def given_by(database, caller, holder, **more):
    async with database.write() as session:
        return await giving.give(session, caller, wanted(holder, **more), SystemClock().now())


async def test_roles_of_the_first_day_may_look_and_officers_may_not(database, camera, officer):
    seen = await camera()
    operator = await people.add(database, "op", roles=("operator",))
    assert (await issued(database, operator, seen)).permit.grant_id is not None
    none = await refused(database, officer, seen)
    assert (none.code, none.status, none.operand, none.actual) == ("gate.no_grant", 403, "grant", "none")


async def test_a_permit_says_its_grant_and_keeps_to_its_limits(database, camera, officer):
    seen = await camera()
    grant = await give(database, officer, limits={"mask": "faces", "minutes": 10}, actions=("live", "snapshot"))
    made = await issued(database, officer, seen, minutes=60)
    assert made.permit.grant_id == grant
    assert (made.permit.limits.mask, made.permit.limits.minutes) == ("faces", 10)
    assert made.permit.expires_at - made.permit.issued_at == timedelta(minutes=10)
    assert made.permit.actions == {Action.LIVE, Action.SNAPSHOT}


async def test_a_permit_ends_with_its_grant(database, camera, officer):
    await give(database, officer, days=1 / 24 / 2)
    made = await issued(database, officer, await camera(), minutes=240)
    assert made.permit.expires_at - made.permit.issued_at <= timedelta(minutes=30)


async def test_the_widest_of_several_grants_is_used(database, camera, officer):
    await give(database, officer, limits={"mask": "faces_plates"})
    plain = await give(database, "officer", kind="role", limits={"minutes": 5})
    made = await issued(database, officer, await camera())
    assert (made.permit.grant_id, made.permit.limits.mask) == (plain, None)


@pytest.mark.parametrize(
    ("limits", "asked", "operand"),
    [
        ({"cameras": {"regions": ["4502"]}}, {}, "camera"),
        ({"actions": ("playback",)}, {}, "action"),
        ({"purposes": ("traffic",)}, {}, "purpose"),
        ({"starts_at": SystemClock().now() + timedelta(days=1)}, {}, "starts_at"),
        ({"days": -0.5}, {}, "expires_at"),
    ],
)
async def test_the_refusal_says_what_the_nearest_grant_falls_short_by(
    database, camera, officer, limits, asked, operand
):
    await give(database, officer, **limits)
    found = await refused(database, officer, await camera(), **asked)
    assert (found.code, found.operand) == ("gate.no_grant", operand)
    assert found.values["why_zh"]


async def test_footage_is_named_by_the_permit_and_nothing_else_opens(database, camera, officer):
    seen = await camera()
    await give(database, officer)
    now = SystemClock().now()
    span = (now - timedelta(hours=2), now - timedelta(hours=1))
    assert (await refused(database, officer, seen, action=Action.PLAYBACK)).code == "gate.footage_missing"
    long = (now - timedelta(days=40), now)
    assert (await refused(database, officer, seen, action=Action.PLAYBACK, footage=long)).code == "gate.footage_invalid"
    made = await issued(database, officer, seen, action=Action.PLAYBACK, footage=span)
    async with database.write() as session:
        inside = (span[0] + timedelta(minutes=1), span[1])
        here = Viewer((), "10.0.0.1")
        permit = await service.check(session, made.ticket, seen, action=Action.PLAYBACK, footage=inside, viewer=here)
        await service.open_retrieval(session, permit, seen, node="m", action=Action.PLAYBACK, footage=inside)
        beyond = (span[0] - timedelta(seconds=1), span[1])
        for action, footage, code in (
            (Action.PLAYBACK, beyond, "gate.footage_not_covered"),
            (Action.LIVE, None, "gate.action_not_covered"),
            (Action.DOWNLOAD, span, "gate.action_not_covered"),
        ):
            with pytest.raises(Refusal, match=code):
                await service.check(session, made.ticket, seen, action=action, footage=footage)
            with pytest.raises(Refusal, match=code):
                await service.open_retrieval(session, permit, seen, node="m", action=action, footage=footage)
    async with database.read() as session:
        (line,) = await store.register_page(session, store.Filter(("45",)), after=None, limit=5)
    assert (line.action, line.footage_from, line.footage_to) == ("playback", *inside)


async def test_a_ticket_is_its_viewers_and_has_to_be_used_soon(database, camera, officer):
    seen = await camera()
    await give(database, officer)
    bound = await issued(database, officer, seen, viewer="a secret")
    free = await issued(database, officer, seen)
    here, there = Viewer((), "10.0.0.1"), Viewer((), "10.0.0.2")
    async with database.write() as session:
        await service.check(session, bound.ticket, seen, viewer=Viewer(("x", "a secret"), "10.0.0.9"))
        for viewer in (None, here, Viewer(("another",))):
            with pytest.raises(Refusal, match=r"gate.viewer_other"):
                await service.check(session, bound.ticket, seen, viewer=viewer)
        # Without a secret the first address that uses it makes it its own.
        permit = await service.check(session, free.ticket, seen, viewer=here)
        await service.open_retrieval(session, permit, seen, node="m", viewer=here)
        await service.check(session, free.ticket, seen, viewer=here)
        with pytest.raises(Refusal, match=r"gate.viewer_other"):
            await service.check(session, free.ticket, seen, viewer=there)
        with pytest.raises(Refusal, match=r"gate.viewer_other"):
            await service.open_retrieval(session, permit, seen, node="m", viewer=there)
        late = bound.permit.issued_at + timedelta(seconds=60)
        with pytest.raises(Refusal, match=r"gate.ticket_unused"):
            await service.check(session, bound.ticket, seen, viewer=Viewer(("a secret",)), now=late)
        await service.check(session, free.ticket, seen, viewer=here, now=late)


async def test_a_grant_is_never_wider_than_its_giver(database, camera, officer, boss):
    here, there = await camera("here", "450103"), await camera("there", "4502")
    local = await people.add(database, "local", roles=("administrator",), regions=("4501",))
    with pytest.raises(Refusal, match=r"gate.grant_exceeds"):
        await given_by(database, local, officer.id, cameras=Selection(regions=("45",)))
    with pytest.raises(Refusal, match=r"gate.camera_unknown"):
        await given_by(database, local, officer.id, cameras=Selection(cameras=frozenset({there})))
    await given_by(database, local, officer.id, cameras=Selection(tags=("sector:other",)))
    await issued(database, officer, here)
    assert (await refused(database, officer, there)).operand == "camera"


async def test_what_is_given_is_told_to_the_ledger_without_names(database, camera, officer, boss):
    grant = await given_by(database, boss, "li.na")
    assert grant.holder == str(officer.id)
    async with database.write() as session:
        now = SystemClock().now()
        await giving.revoke(session, boss, grant.id, "活动已结束", lambda _: None, REGION, now)
        found = await session.execute(
            text("SELECT topic, payload FROM outbox WHERE topic LIKE 'gate.grant%' ORDER BY id")
        )
        told = [tuple(row) for row in found]
    assert [topic for topic, _ in told] == ["gate.grant_given", "gate.grant_revoked"]
    for _, payload in told:
        assert payload["grant"] == str(grant.id)
        assert len(payload["declared_sha256"]) == 64
        for secret in ("Li.Na", "活动", str(officer.id)):
            assert secret not in json.dumps(payload, ensure_ascii=False)
    assert told[0][1]["declared_sha256"] != told[1][1]["declared_sha256"]


async def test_revoking_a_grant_cuts_what_runs_under_it_and_nothing_else(database, camera, officer, boss):
    seen = await camera()
    mine = await given_by(database, boss, officer.id)
    cut = [await issued(database, officer, seen) for _ in range(2)]
    await give(database, boss)
    kept = await issued(database, boss, seen)
    async with await psycopg.AsyncConnection.connect(database.dsn, autocommit=True) as listening:
        await listening.execute(f"LISTEN {service.REVOKED}")
        async with database.write() as session:
            assert (await giving.one(session, boss, mine.id, REGION))[1] == 2
            _, permits = await giving.revoke(
                session, boss, mine.id, "活动已结束", lambda _: None, REGION, SystemClock().now()
            )
        assert permits == 2
        notes = [json.loads(note.payload)["permit_id"] async for note in listening.notifies(timeout=5, stop_after=2)]
    assert set(notes) == {str(made.permit.id) for made in cut}
    async with database.write() as session:
        assert [await service.standing(session, made.permit.id) for made in cut] == [Standing.REVOKED] * 2
        assert await service.standing(session, kept.permit.id) is Standing.VALID
        with pytest.raises(Refusal, match=r"gate.grant_revoked"):
            await giving.revoke(session, boss, mine.id, "再撤销一次", lambda _: None, REGION, SystemClock().now())
    assert (await refused(database, officer, seen)).code == "gate.no_grant"


async def test_a_permit_and_a_revocation_at_once_never_pass_each_other(database, camera, officer, boss):
    seen = await camera()
    for _ in range(4):
        grant = await given_by(database, boss, officer.id)

        async def revoke(grant_id=grant.id):
            async with database.write() as session:
                await giving.revoke(session, boss, grant_id, "活动已结束", lambda _: None, REGION, SystemClock().now())

        _, made = await asyncio.gather(revoke(), issued(database, officer, seen), return_exceptions=True)
        if isinstance(made, Refusal):
            assert made.code == "gate.no_grant"
            continue
        async with database.read() as session:
            assert await service.standing(session, made.permit.id) is Standing.REVOKED


async def test_where_nobody_is_known_a_persons_ticket_opens_nothing(database, camera, officer):
    seen = await camera()
    await give(database, officer)
    made = await issued(database, officer, seen)
    async with database.read() as session:
        with pytest.raises(Refusal, match=r"gate.viewer_other"):
            await service.check(session, made.ticket, seen)


async def test_only_who_may_reach_all_of_a_grant_takes_it_back(database, officer, boss):
    grant = await given_by(database, boss, officer.id)
    local = await people.add(database, "local", roles=("administrator",), regions=("4501",))
    async with database.write() as session:
        assert (await giving.one(session, local, grant.id, REGION))[0].id == grant.id
        for caller, which in ((local, grant.id), (boss, uuid4())):
            with pytest.raises(Refusal, match=r"gate.grant_unknown"):
                await giving.revoke(session, caller, which, "不再需要", lambda _: None, REGION, SystemClock().now())
        built_in = UUID("00000000-0000-7000-8000-000000000002")
        with pytest.raises(Refusal, match=r"gate.grant_unknown"):
            await giving.revoke(session, local, built_in, "不再需要", lambda _: None, REGION, SystemClock().now())
        await giving.revoke(session, boss, built_in, "改为逐人授权", lambda _: None, REGION, SystemClock().now())


async def test_holders_have_to_exist(database, boss):
    for kind, holder in (("person", str(uuid4())), ("person", "nobody"), ("organisation", "x"), ("role", "king")):
        with pytest.raises(Refusal, match=r"gate.holder_unknown"):
            await given_by(database, boss, holder, holder_kind=kind)


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        (access.Change(roles=["analyst"]), False),
        (access.Change(roles=["officer", "analyst"]), True),
        (access.Change(regions=["4502"]), False),
        (access.Change(regions=["4501"]), True),
    ],
)
async def test_permits_follow_the_role_and_regions_they_were_given_for(database, camera, officer, change, kept):
    await give(database, "officer", kind="role")
    made = await issued(database, officer, await camera())
    async with database.write() as session:
        await access.change_person(session, SystemClock(), granter=None, person_id=officer.id, change=change)
    async with database.write() as session:
        entry = Entry(1, SystemClock().now(), "access.person_changed", {"person": str(officer.id)}, b"")
        await tasks.follow_person(session, entry)
        assert (await service.standing(session, made.permit.id) is Standing.VALID) is kept


CHOICES = [
    Selection(everything=True),
    Selection(regions=("4501",)),
    Selection(regions=("4502", "450103")),
    Selection(tags=("kind:dome",)),
    Selection(regions=("4501",), tags=("kind:dome", "kind:fixed", "sector:traffic")),
    Selection(groups=((UUID(int=7), "top"),)),
    Selection(groups=((UUID(int=7), "below"),), regions=("4502",)),
    Selection(polygon={"type": "Polygon", "coordinates": [[[108, 22], [109, 22], [109, 23], [108, 23], [108, 22]]]}),
    Selection(),
]


@pytest.mark.parametrize("chosen", CHOICES, ids=lambda chosen: str(chosen.as_json())[:40])
async def test_the_database_counts_what_the_rule_says(database, camera, chosen):
    """The rule decides on single cameras, SQL counts many: they must never say different things."""
    ids = [await camera(f"c{number}", region) for number, region in enumerate(("450103", "450103", "4502", "4502"))]
    async with database.write() as session:
        for number, (camera_id, kind, sector, point) in enumerate(
            zip(
                ids,
                ("dome", "fixed", "dome", "remote"),
                ("traffic", "traffic", "traffic", "other"),
                ((108.5, 22.5), (108.0, 22.5), None, (110.0, 24.0)),
                strict=True,
            )
        ):
            await session.execute(
                text(
                    "UPDATE cameras SET kind = :kind, sector = :sector, location = CASE WHEN CAST(:lon AS float8) "
                    "IS NULL THEN NULL ELSE point(:lon, :lat) END WHERE id = :id"
                ),
                {"id": camera_id, "kind": kind, "sector": sector, "lon": point and point[0], "lat": point and point[1]},
            )
            if number == 0:
                await session.execute(
                    text(
                        "INSERT INTO intake_sources (id, code, name, region, protocol, url_prefix) "
                        "VALUES (:id, 'p', 'p', '45', 'gb28181', 'gb28181://p/')"
                    ),
                    {"id": UUID(int=7)},
                )
                for code, parent in (("top", None), ("below", "top")):
                    await session.execute(
                        text(
                            "INSERT INTO camera_groups (source_id, code, name, kind, parent) "
                            "VALUES (:s, :c, :c, 'group', :p)"
                        ),
                        {"s": UUID(int=7), "c": code, "p": parent},
                    )
                await session.execute(
                    text("INSERT INTO camera_group_members (source_id, code, camera_id) VALUES (:s, 'below', :id)"),
                    {"s": UUID(int=7), "id": camera_id},
                )
    for scope in (("45",), ("4501",), ()):
        async with database.read() as session:
            facts = await grant_store.facts(session, ids)
            counted = await selection.count(session, (scope,), chosen)
        held = [one for one in facts.values() if one.region.startswith(scope or ("-",)) and chosen.holds(one)]
        assert counted.cameras == len(held), scope
        assert set(counted.names) == {one.name for one in held}
