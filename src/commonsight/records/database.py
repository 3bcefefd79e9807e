"""Sessions on PostgreSQL: readers that cannot write, writers that commit exactly once.

`Database` holds a bounded pool. A service gets a session and never commits: the transaction
belongs to whoever opened it (a request, a job, a test), so that a row, its audit entry and its
outbox entry stand or fall together.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL, exc, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from commonsight.problem import Refusal
from commonsight.records.notify import encode

DRIVER: Final = "postgresql+psycopg"
POOL_WAIT_SECONDS: Final = 15.0
"""A caller that gets no connection within this time fails with `NoConnection` instead of waiting on."""

CONNECT_SECONDS: Final = 10


class NoConnection(exc.TimeoutError, TimeoutError):
    """All connections of the pool are taken, and none came back in time: the database is slow, or much is asked of it.

    Python's own `TimeoutError`, too: who bears with a database that is away bears with one that is busy.
    """


class Pool(AsyncAdaptedQueuePool):
    """SQLAlchemy's, with `NoConnection`."""

    def _do_get(self) -> ConnectionPoolEntry:
        try:
            return super()._do_get()
        except exc.TimeoutError as error:
            raise NoConnection(str(error)) from None


class ReadSession(AsyncSession):
    """A READ ONLY transaction: PostgreSQL itself refuses a write through it."""


class WriteSession(ReadSession):
    """One transaction that commits when its block ends and rolls back when the block raises."""


def address(url: str) -> URL:
    """Parse a `postgresql://` URL and give it our driver.

    Raises:
        Refusal: `records.url_invalid` when it is not a PostgreSQL URL (the value is not repeated: it holds a password).
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise Refusal("records.url_invalid", operand="database.url", expected="postgresql://…") from error
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise Refusal(
            "records.url_invalid",
            operand="database.url",
            expected="postgresql://…",
            actual=f"{parsed.get_backend_name()}://…",
        )
    return parsed.set(drivername=DRIVER)


class Database:
    """A pool of connections to one PostgreSQL database.

    Args:
        url: `postgresql://user:password@host/name` or the same with `?host=/socket/directory`.
        pool_size: most connections held at once; there is no overflow.
        name: shown as `application_name` in `pg_stat_activity`.
    """

    def __init__(self, url: str, *, pool_size: int = 5, name: str = "commonsight") -> None:
        parsed = address(url)
        self.url = parsed.render_as_string(hide_password=False)
        self.dsn = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        """libpq's form of the same address, for psycopg and Procrastinate."""
        self.engine: AsyncEngine = create_async_engine(
            parsed,
            poolclass=Pool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_WAIT_SECONDS,
            # A restarted server leaves dead connections in the pool: ask before use, so that callers need not retry.
            pool_pre_ping=True,
            connect_args={"application_name": name, "connect_timeout": CONNECT_SECONDS},
        )

    def __repr__(self) -> str:
        return f"Database({self.engine.url!r})"  # SQLAlchemy masks the password

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadSession]:
        """Open a READ ONLY transaction."""
        async with ReadSession(self.engine, expire_on_commit=False, autoflush=False) as session:
            await session.connection(execution_options={"postgresql_readonly": True})
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteSession]:
        """Open a transaction that commits at the end of the block, or rolls back if the block raises."""
        async with WriteSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    async def close(self) -> None:
        """Close the pool."""
        await self.engine.dispose()


async def notify(session: WriteSession, channel: str, payload: Mapping[str, Any]) -> None:
    """Tell listeners about a change; they hear it when (and only if) this transaction commits.

    Raises:
        ValueError: the payload is larger than a notification can carry. Send an id and let the listener read.
    """
    await session.execute(text("SELECT pg_notify(:channel, :body)"), {"channel": channel, "body": encode(payload)})
