"""Heartbeats: who lives, since when, and what they say of themselves."""

import os

import pytest
from sqlalchemy import text

from commonsight.records import nodes
from commonsight.records.database import Database


async def test_a_beat_makes_a_process_known(database: Database) -> None:
    await nodes.beat(database, "media-1", "media", "127.0.0.1:8620", {"packets": "/run/x.sock"})
    await nodes.beat(database, "see-1", "see")
    async with database.read() as session:
        (media,) = await nodes.alive(session, "media")
        assert (media.name, media.pid, media.address) == ("media-1", os.getpid(), "127.0.0.1:8620")
        assert media.detail == {"packets": "/run/x.sock"}
        assert [node.name for node in await nodes.alive(session)] == ["media-1", "see-1"]


async def test_further_beats_add_to_what_was_said(database: Database) -> None:
    await nodes.beat(database, "m", "media", "host:1", {"packets": "a"})
    async with database.read() as session:
        first = (await nodes.alive(session))[0]
    await nodes.beat(database, "m", "media", None, {"metrics": "b"})
    async with database.read() as session:
        (node,) = await nodes.alive(session)
    assert node.address == "host:1"
    assert node.detail == {"packets": "a", "metrics": "b"}
    assert node.started_at == first.started_at
    assert node.seen_at > first.seen_at


async def test_another_process_of_the_same_name_starts_over(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await nodes.beat(database, "m", "media", "host:1", {"packets": "a"})
    async with database.read() as session:
        first = (await nodes.alive(session))[0]
    monkeypatch.setattr(os, "getpid", lambda: 999_999)
    await nodes.beat(database, "m", "media")
    async with database.read() as session:
        (node,) = await nodes.alive(session)
    assert (node.pid, node.address, node.detail) == (999_999, None, {})
    assert node.started_at > first.started_at
    monkeypatch.undo()
    await nodes.leave(database, "m")  # the former process says good-bye late: that is not the present one's end
    async with database.read() as session:
        assert len(await nodes.alive(session)) == 1


async def test_silence_is_seen_and_forgotten_after_a_day(database: Database) -> None:
    await nodes.beat(database, "m", "media")
    for silence, alive, known in (("9 seconds", 1, 1), ("11 seconds", 0, 1), ("25 hours", 0, 0)):
        async with database.write() as session:
            await session.execute(text(f"UPDATE nodes SET seen_at = now() - interval '{silence}'"))
            await nodes.forget(session)
            assert len(await nodes.alive(session)) == alive
            assert [lives for _, lives in await nodes.known(session)] == [bool(alive)] * known
