import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import func, select, text

from commonsight.access import service as access
from commonsight.clock import SystemClock
from commonsight.gate import permits, service, store, tasks
from commonsight.gate.model import Standing, Viewer
from commonsight.gate.tables import PermitRow, RetrievalRow
from commonsight.outbox import Entry
from commonsight.problem import Refusal
from commonsight.records.canonical import digest
from tests.access import people

from .given import give

HERE = Viewer((), "10.0.0.1")
WHY = {"purpose_code": "emergency", "purpose_text": "江北大道积水"}


@pytest.fixture
async def officer(database):
    person = await people.add(database, "li.na", roles=("officer",), regions=("4501",))
    await give(database, person)
    return person


async def issued(database, caller, *cameras, **more):
    async with database.write() as session:
        return await service.issue(session, caller=caller, cameras=cameras, **(WHY | more))


async def opened(database, made, camera_id, node="media-1", now=None):
    async with database.write() as session:
        permit = await service.check(session, made.ticket, camera_id, viewer=HERE, now=now)
        return await service.open_retrieval(session, permit, camera_id, node=node, now=now)


async def lines(database):
    async with database.read() as session:
        return list(await session.scalars(select(RetrievalRow).order_by(RetrievalRow.id)))


async def test_a_permit_and_its_line_in_the_register_come_together(database, camera, officer):
    seen = await camera("民族广场", "450103")
    made = await issued(database, officer, seen)
    (line,) = await lines(database)
    # Decree 799, article 16: reason, content, unit, name.
    assert (line.purpose_code, line.purpose_text) == ("emergency", "江北大道积水")
    assert (line.camera_id, line.camera_name, line.region) == (seen, "民族广场", "450103")
    assert (line.holder_id, line.holder_name) == (officer.id, "Li.Na")
    assert line.permit_id == made.permit.id
    assert made.retrievals == {seen: line.id}
    assert line.opened_at is None
    async with database.read() as session:
        row = await session.get(PermitRow, made.permit.id)
    assert made.ticket not in str(vars(row))


@pytest.mark.parametrize("why", [{"purpose_code": None}, {"purpose_code": "other", "purpose_text": ""}])
async def test_without_a_reason_there_is_neither_permit_nor_line(database, camera, officer, why):
    with pytest.raises(Refusal, match=r"gate.purpose"):
        await issued(database, officer, await camera(), **why)
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(PermitRow)) == 0
    assert await lines(database) == []


async def test_cameras_beyond_ones_regions_do_not_exist(database, camera, officer):
    inside, outside = await camera("in", "450103"), await camera("out", "4502")
    for asked in ([outside], [inside, outside], [uuid4()]):
        with pytest.raises(Refusal, match=r"gate.camera_unknown") as refused:
            await issued(database, officer, *asked)
        assert refused.value.status == 404
    assert await lines(database) == []


async def test_the_outbox_proves_the_line_without_telling_who(database, camera, officer):
    await issued(database, officer, await camera())
    (line,) = await lines(database)
    async with database.read() as session:
        told = (await session.execute(text("SELECT payload FROM outbox WHERE topic = 'gate.retrieval'"))).scalar_one()
    assert told == permits.proof(line)
    for secret in (officer.name, line.holder_name, str(officer.id), line.purpose_text, line.camera_name):
        assert secret not in json.dumps(told, ensure_ascii=False)
    line.purpose_text = "something else"
    assert told["declared_sha256"] != permits.proof(line)["declared_sha256"]
    assert len(digest(told)) == 32


async def test_a_ticket_opens_only_what_its_permit_covers(database, camera, officer):
    seen, other = await camera("a"), await camera("b")
    made = await issued(database, officer, seen)
    for ticket, camera_id, code in (
        ("wrong", seen, "gate.ticket_unknown"),
        ("", seen, "gate.ticket_unknown"),
        (made.ticket, other, "gate.camera_not_covered"),
    ):
        async with database.read() as session:
            with pytest.raises(Refusal, match=code):
                await service.check(session, ticket, camera_id)


async def test_the_first_opening_uses_the_line_of_the_permit_each_further_one_gets_its_own(database, camera, officer):
    seen = await camera()
    made = await issued(database, officer, seen)
    first = await opened(database, made, seen)
    second = await opened(database, made, seen, node="media-2")
    assert first == made.retrievals[seen]
    assert second != first
    told = await lines(database)
    assert [line.node for line in told] == ["media-1", "media-2"]
    assert all(line.purpose_code == "emergency" for line in told)


async def test_what_was_seen_is_written_once(database, camera, officer):
    seen = await camera()
    line_id = await opened(database, await issued(database, officer, seen), seen)
    for seconds in (12.5, 99.0):
        async with database.write() as session:
            await service.first_frame(session, line_id)
            await service.close_retrieval(session, line_id, seconds=seconds, bytes=4096, reason="viewer_left")
    (line,) = await lines(database)
    assert (line.seconds, line.bytes, line.close_reason) == (12.5, 4096, "viewer_left")
    assert line.opened_at <= line.first_frame_at <= line.closed_at


async def test_a_first_frame_cannot_come_before_the_opening_was_written(database, camera, officer):
    made = await issued(database, officer, await camera())
    async with database.write() as session:
        await service.first_frame(session, next(iter(made.retrievals.values())))
    (line,) = await lines(database)
    assert line.first_frame_at is None


async def test_nothing_opens_after_revocation_and_media_nodes_are_told(database, camera, officer):
    seen = await camera()
    made = await issued(database, officer, seen)
    async with database.read() as session:
        permit = await service.check(session, made.ticket, seen, viewer=HERE)
    async with await psycopg.AsyncConnection.connect(database.dsn, autocommit=True) as listening:
        await listening.execute(f"LISTEN {service.REVOKED}")
        async with database.write() as session:
            await service.revoke(session, made.permit.id, "returned")
            await service.revoke(session, made.permit.id, "again")
        notes = [json.loads(note.payload) async for note in listening.notifies(timeout=5, stop_after=1)]
    assert notes == [{"permit_id": str(made.permit.id)}]
    # Even who checked before the revocation does not get in after it.
    async with database.write() as session:
        with pytest.raises(Refusal, match=r"gate.ticket_revoked") as refused:
            await service.open_retrieval(session, permit, seen, node="media-1")
    assert refused.value.actual == "returned"
    async with database.read() as session:
        assert await service.standing(session, made.permit.id) is Standing.REVOKED
        assert await service.standing(session, uuid4()) is Standing.REVOKED


async def test_nothing_opens_after_expiry(database, camera, officer):
    seen = await camera()
    made = await issued(database, officer, seen, minutes=5)
    await opened(database, made, seen)
    await opened(database, made, seen, now=made.permit.expires_at - timedelta(seconds=1))
    with pytest.raises(Refusal, match=r"gate.ticket_expired"):
        await opened(database, made, seen, now=made.permit.expires_at)


async def test_an_opening_and_a_revocation_at_once_never_pass_each_other(database, camera, officer):
    seen = await camera()
    for _ in range(5):
        made = await issued(database, officer, seen)

        async def revoke(permit_id=made.permit.id):
            async with database.write() as session:
                await service.revoke(session, permit_id, "returned")
                return await store.moment(session)

        tried = await asyncio.gather(revoke(), opened(database, made, seen), return_exceptions=True)
        async with database.read() as session:
            line = await session.get(RetrievalRow, made.retrievals[seen])
            permit = await session.get(PermitRow, made.permit.id)
        if isinstance(tried[1], Refusal):
            assert line.opened_at is None
        else:
            assert line.opened_at <= permit.revoked_at


async def test_a_system_permit_covers_all_cameras_and_registers_each_it_opens(database, camera, officer):
    first, second = await camera("a"), await camera("b")
    async with database.write() as session:
        made = await service.issue_system(session, name="see-1", purpose_code="analysis")
    assert await lines(database) == []
    await opened(database, made, first)
    await opened(database, made, second)
    told = await lines(database)
    assert [(line.holder_kind, line.holder_name, line.camera_name) for line in told] == [
        ("system", "see-1", "a"),
        ("system", "see-1", "b"),
    ]
    assert {line.region for line in told} == {"450103"}


async def test_a_system_permit_needs_a_system_purpose(database):
    async with database.write() as session:
        with pytest.raises(Refusal, match=r"gate.purpose_unknown"):
            await service.issue_system(session, name="see-1", purpose_code="emergency")
        with pytest.raises(Refusal, match=r"gate.purpose_missing"):
            await service.issue_system(session, name="see-1", purpose_code="")
        with pytest.raises(Refusal, match=r"gate.hours_invalid"):
            await service.issue_system(session, name="see-1", purpose_code="analysis", hours=0)


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        (access.Change(active=False), False),
        (access.Change(roles=["regulator"]), False),
        (access.Change(display_name="other"), True),
        (access.Change(roles=["operator"]), True),
    ],
)
async def test_permits_follow_their_holder(database, camera, officer, change, kept):
    made = await issued(database, officer, await camera())
    async with database.write() as session:
        await access.change_person(session, SystemClock(), granter=None, person_id=officer.id, change=change)
    async with database.write() as session:
        entry = Entry(1, SystemClock().now(), "access.person_changed", {"person": str(officer.id)}, b"")
        await tasks.follow_person(session, entry)
        assert (await service.standing(session, made.permit.id) is Standing.VALID) is kept


@pytest.mark.parametrize("by_token", [False, True])
async def test_permits_end_with_the_session_they_were_taken_out_in(database, camera, officer, by_token):
    here, elsewhere = (None, uuid4()) if by_token else (uuid4(), None)
    kept = await issued(database, replace(officer, session_id=elsewhere), await camera())
    made = await issued(database, replace(officer, session_id=here), await camera())
    told = {"person": str(officer.id)} | ({"tokens": [str(uuid4())]} if by_token else {"sessions": [str(here)]})
    async with database.write() as session:
        await tasks.follow_sessions(session, Entry(1, SystemClock().now(), "access.sessions_ended", told, b""))
        assert await service.standing(session, made.permit.id) is Standing.REVOKED
        assert await service.standing(session, kept.permit.id) is Standing.VALID


async def test_lines_of_a_media_node_that_died_are_closed_with_the_permits_end(database, camera, officer):
    seen = await camera()
    async with database.write() as session:
        now = await store.moment(session) - timedelta(hours=2)
        made = await service.issue(session, caller=officer, cameras=[seen], minutes=60, now=now, **WHY)
    line_id = await opened(database, made, seen, now=now + timedelta(seconds=59))
    fresh = await opened(database, await issued(database, officer, seen), seen)
    async with database.write() as session:
        assert await store.close_abandoned(session, 120) == 1
    closed = {line.id: line for line in await lines(database)}
    assert closed[line_id].close_reason == "node_lost"
    assert closed[line_id].closed_at == made.permit.expires_at
    assert closed[fresh].closed_at is None


async def test_a_media_node_that_died_has_its_lines_closed_by_its_successor(database, camera, officer):
    seen = await camera()
    made = await issued(database, officer, seen)
    before = await opened(database, made, seen)
    began = SystemClock().now()
    later = await opened(database, await issued(database, officer, seen), seen, now=began + timedelta(seconds=1))
    async with database.write() as session:
        assert await service.close_inherited(session, "media-9", began) == 0
        node = {line.id: line for line in await lines(database)}[before].node
        assert await service.close_inherited(session, node, began) == 1
    closed = {line.id: line for line in await lines(database)}
    assert closed[before].close_reason == "node_lost"
    assert closed[later].closed_at is None
