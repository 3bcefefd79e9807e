"""Sessions: readers cannot write, writers commit once."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from commonsight.problem import Refusal
from commonsight.records.database import Database, NoConnection


async def test_write_commits_at_the_end(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("CREATE TABLE t (x int)"))
        await session.execute(text("INSERT INTO t VALUES (1)"))
    async with database.read() as session:
        assert await session.scalar(text("SELECT sum(x) FROM t")) == 1


async def test_write_rolls_back_when_the_block_raises(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("CREATE TABLE t (x int)"))

    async def half() -> None:
        async with database.write() as session:
            await session.execute(text("INSERT INTO t VALUES (1)"))
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await half()
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM t")) == 0


async def test_a_reader_is_refused_by_the_server(database: Database) -> None:
    async with database.read() as session:
        with pytest.raises(DBAPIError, match="read-only"):
            await session.execute(text("CREATE TABLE t (x int)"))
    async with database.write() as session:  # the same pooled connection must be writable again
        await session.execute(text("CREATE TABLE t (x int)"))


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "nonsense secret", "", "postgresql://h:secretport/x"])
def test_a_wrong_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(Refusal) as caught:
        Database(url)
    assert caught.value.code == "records.url_invalid"
    assert "secret" not in str(caught.value)


async def test_a_pool_that_stays_empty_is_a_timeout_to_everybody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commonsight.records.database.POOL_WAIT_SECONDS", 0.05)
    narrow = Database(database.url, pool_size=1)
    async with narrow.read():
        with pytest.raises(TimeoutError) as caught:
            async with narrow.read():
                pass
    assert isinstance(caught.value, NoConnection)
    assert isinstance(caught.value, SQLAlchemyError)
    async with narrow.read() as session:  # and then there is one again
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
    await narrow.close()
