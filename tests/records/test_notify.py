"""Notifications: after the commit only, again after the server was away, hostile payloads included."""

import asyncio
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from commonsight.records.database import Database, notify
from commonsight.records.notify import PAYLOAD_BYTES, decode, encode, listen


async def test_listeners_hear_what_was_committed(database: Database) -> None:
    ear = listen(database.dsn, ["c"])
    try:
        assert await anext(ear) == ("", {})

        async def half() -> None:
            async with database.write() as session:
                await notify(session, "c", {"n": 1})
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await half()
        async with database.write() as session:
            await notify(session, "c", {"n": 2, "名": "桥"})
        assert await asyncio.wait_for(anext(ear), 10) == ("c", {"n": 2, "名": "桥"})
    finally:
        await ear.aclose()


async def test_a_cut_connection_comes_back_and_says_that_something_may_be_missed(database: Database) -> None:
    ear = listen(database.dsn, ["c"])
    try:
        assert await anext(ear) == ("", {})
        async with database.write() as session:
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listen'"
            await session.execute(text(cut + " AND datname = current_database()"))
        assert await asyncio.wait_for(anext(ear), 10) == ("", {})
        async with database.write() as session:
            await notify(session, "c", {"n": 3})
        assert await asyncio.wait_for(anext(ear), 10) == ("c", {"n": 3})
    finally:
        await ear.aclose()


async def test_what_strangers_send_is_an_empty_payload(database: Database) -> None:
    ear = listen(database.dsn, ["c"])
    try:
        await anext(ear)
        async with await psycopg.AsyncConnection.connect(database.dsn, autocommit=True) as stranger:
            await stranger.execute("NOTIFY c, 'not json'")
        assert await asyncio.wait_for(anext(ear), 10) == ("c", {})
    finally:
        await ear.aclose()


@pytest.mark.parametrize("body", ["", "[]", "1", "null", "{", "\ud800", "[" * 100_000])
def test_decoding_never_raises(body: str) -> None:
    assert decode(body) == {}


def test_a_payload_that_does_not_fit_is_refused_before_it_is_sent() -> None:
    def payload(size: int) -> dict[str, Any]:
        return {"a": "é" * ((size - len('{"a":""}')) // 2)}

    assert len(encode(payload(PAYLOAD_BYTES - 2)).encode()) < PAYLOAD_BYTES
    with pytest.raises(ValueError, match="send an id"):
        encode(payload(PAYLOAD_BYTES + 2))
