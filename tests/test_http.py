"""The pieces routes are written with, and the guarantee behind `Idempotency-Key`."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import text

from commonsight import http
from commonsight.api import problem
from commonsight.clock import ManualClock
from commonsight.http import Caller, OnceOnly, Writes, requires
from commonsight.problem import Refusal

KEYS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30),
    st.integers(-(2**63), 2**63 - 1),
    st.uuids(),
    st.datetimes(timezones=st.just(UTC)),
    st.none(),
)


@given(st.lists(KEYS, max_size=4))
def test_a_cursor_gives_back_the_keys_it_was_made_of(keys):
    cursor = http.cursor_encode("list", *keys)
    assert http.cursor_decode("list", cursor, *(type(key) for key in keys)) == tuple(keys)


@given(st.text(max_size=80), st.lists(st.sampled_from([str, int, float, bool, datetime, UUID]), max_size=3))
def test_a_forged_cursor_is_refused_never_crashed_on(cursor, types):
    with contextlib.suppress(Refusal):
        keys = http.cursor_decode("list", cursor, *types)
        assert all(key is None or isinstance(key, kind) for key, kind in zip(keys, types, strict=True))


@pytest.mark.parametrize(
    ("keys", "types"),
    [
        (("a",), (int,)),
        ((1,), (str,)),
        ((True,), (int,)),
        ((2**63,), (int,)),
        (("a\x00",), (str,)),
        (("2026-01-01T00:00:00",), (datetime,)),
        (("not a uuid",), (UUID,)),
        (("a", "b"), (str,)),
    ],
)
def test_a_cursor_with_keys_of_another_kind_is_refused(keys, types):
    with pytest.raises(Refusal, match=r"http.cursor_invalid"):
        http.cursor_decode("list", http.cursor_encode("list", *keys), *types)


def test_a_cursor_fits_only_the_list_it_was_made_for():
    with pytest.raises(Refusal, match=r"http.cursor_invalid"):
        http.cursor_decode("other", http.cursor_encode("list", "a"), str)
    with pytest.raises(Refusal, match=r"http.cursor_invalid"):
        http.cursor_decode("list", "x" * (http.CURSOR_LIMIT + 1), str)


FIRST = UUID(int=1)


@dataclass(frozen=True)
class Somebody:
    regions: tuple[str, ...] = ("45",)
    language: str = "zh"
    id: UUID = FIRST
    name: str = "li.na"
    display_name: str = "李娜"
    organisation: str = ""
    roles: tuple[str, ...] = ()
    permissions: frozenset[str] = frozenset()


def test_a_scope_is_cut_to_what_both_sides_share():
    caller = Somebody(("4501", "4502"))
    assert http.narrow(caller, None) == ("4501", "4502")
    assert http.narrow(caller, "") == ("4501", "4502")
    assert http.narrow(caller, "45") == ("4501", "4502")
    assert http.narrow(caller, "450103") == ("450103",)
    with pytest.raises(Refusal, match=r"http.region_outside_scope") as refused:
        http.narrow(caller, "4503")
    assert (refused.value.status, refused.value.actual) == (403, "4503")
    assert http.narrow(Somebody(()), None) == ()


@given(st.lists(st.text("0123456789", min_size=1, max_size=6), max_size=3), st.text("0123456789", max_size=6))
def test_no_narrowing_ever_widens(own, asked):
    try:
        got = http.narrow(Somebody(tuple(own)), asked)
    except Refusal:
        return
    assert all(http.within(own, prefix) for prefix in got)
    assert all(prefix.startswith(asked) for prefix in got)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.3, zh;q=0.2", "en"),
        ("en;q=0.2, zh;q=0.3", "zh"),
        ("fr, de", "en"),
        ("*", "en"),
        ("zh;q=x", "en"),
        (",;=;q=", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_callers_own(header, language):
    request = http.Request({"type": "http", "headers": [(b"accept-language", header.encode())], "state": {}})
    request.state.caller = Somebody(language="en")
    assert http.language_of(request) == language


def test_an_etag_tells_versions_apart():
    first, second = http.etag_of(uuid4(), 1), http.etag_of("a", "b")
    assert first != second
    assert http.etag_of("a", "b") == second != http.etag_of("ab")
    http.match_or_refuse(second, second)
    http.match_or_refuse(f"{first}, {second}", second)
    http.match_or_refuse("*", second)
    with pytest.raises(Refusal) as refused:
        http.match_or_refuse(None, second)
    assert refused.value.status == 428
    with pytest.raises(Refusal) as refused:
        http.match_or_refuse(first, second)
    assert (refused.value.status, refused.value.actual) == (412, first)


class Thing(BaseModel):
    name: str


@pytest.fixture
async def client(database):
    """A route that adds an organisation, once per key."""
    app, clock = FastAPI(), ManualClock(datetime(2026, 5, 1, tzinfo=UTC))

    async def authorize(request, permission):
        return Somebody(id=UUID(request.headers.get("x-caller", str(FIRST))))

    app.state.database, app.state.clock, app.state.authorize = database, clock, authorize
    problem.install(app)

    @app.post("/things", status_code=201)
    async def add(
        caller: Annotated[Caller, requires("things.write")], session: Writes, once: OnceOnly, body: Thing
    ) -> Thing:
        if body.name == "refused":
            raise Refusal("http.refused", status=409)
        await session.execute(
            text("INSERT INTO organisations VALUES (:id, :name, NULL, now())"),
            {"id": uuid4(), "name": f"{body.name} {uuid4()}"},
        )
        return await once.keep(Thing(name=f"made {body.name}"))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as made:
        made.clock = clock
        yield made


async def made(database):
    async with database.read() as session:
        return await session.scalar(text("SELECT count(*) FROM organisations"))


async def send(client, name="a", key="key-1", caller=1):
    headers = {"x-caller": str(UUID(int=caller))} | ({"Idempotency-Key": key} if key else {})
    return await client.post("/things", json={"name": name}, headers=headers)


async def test_a_write_sent_twice_happens_once(client, database):
    first, second = await send(client), await send(client)
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (201, {"name": "made a"})
    assert second.headers["idempotency-replayed"] == "true"
    assert await made(database) == 1


async def test_without_a_key_each_write_counts(client, database):
    await send(client, key=None)
    await send(client, key=None)
    assert await made(database) == 2


async def test_sent_at_once_it_still_happens_once(client, database):
    answers = await asyncio.gather(*(send(client) for _ in range(4)))
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, '{"name":"made a"}')}
    assert await made(database) == 1


async def test_a_key_belongs_to_one_caller_and_one_request(client, database):
    await send(client)
    other = await send(client, name="b")
    assert (other.status_code, other.json()["code"]) == (422, "http.idempotency_conflict")
    assert (await send(client, caller=2)).status_code == 201
    assert await made(database) == 2


async def test_a_refused_write_leaves_its_key_free(client, database):
    assert (await send(client, name="refused")).status_code == 409
    assert (await send(client, name="a")).status_code == 201


async def test_keys_are_bounded_in_number_and_in_time(client, database, monkeypatch):
    monkeypatch.setattr(http, "IDEMPOTENCY_MOST", 2)
    for number in range(5):
        await send(client, key=f"key-{number}")
        client.clock.advance(1)
    async with database.read() as session:
        kept = list(await session.scalars(text("SELECT key FROM idempotency_keys ORDER BY at")))
    assert kept == ["key-2", "key-3", "key-4"]
    client.clock.advance(http.IDEMPOTENCY_KEPT.total_seconds())
    await send(client, key="late")
    async with database.read() as session:
        kept = list(await session.scalars(text("SELECT key FROM idempotency_keys ORDER BY at")))
    assert kept == ["late"]


async def test_an_overlong_key_is_refused(client):
    assert (await send(client, key="k" * 201)).status_code == 422
