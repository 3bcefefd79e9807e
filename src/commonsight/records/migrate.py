"""Migrations: one process at a time, each step committed and logged, safe to call from every process at start."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from commonsight.problem import Refusal
from commonsight.records import queue_schema
from commonsight.records.database import CONNECT_SECONDS, address

log = structlog.get_logger(__name__)

LOCK: Final = 0x436F6D6D6F6E  # "Common": one advisory lock for whoever changes the schema
POSTGRES_VERSION: Final = 18
LOCK_POLL_SECONDS: Final = 0.2
LOCK_LOG_SECONDS: Final = 5.0


def config() -> Config:
    """Alembic's configuration, from code: there is no ini file to keep in step."""
    made = Config()
    made.set_main_option("script_location", "commonsight.records:migrations")
    made.set_main_option("path_separator", "os")
    return made


def head() -> str:
    """The newest revision this program knows."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    assert found is not None
    return found


def check_version(connection: Connection) -> None:
    """Refuse a server older than the one the schema is written for.

    Raises:
        Refusal: `records.postgres_too_old` with both versions.
    """
    number = int(connection.scalar(text("SHOW server_version_num")) or 0)
    if number // 10_000 < POSTGRES_VERSION:
        raise Refusal(
            "records.postgres_too_old",
            rule="minimum_version",
            operand="database.url",
            expected=POSTGRES_VERSION,
            actual=f"{number // 10_000}.{number % 10_000}",
        )


@contextmanager
def locked(connection: Connection) -> Iterator[None]:
    """Hold the schema's advisory lock; polls instead of blocking, so that waiting shows in the log."""
    began = told = time.monotonic()
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}):
        connection.rollback()
        if time.monotonic() - told > LOCK_LOG_SECONDS:
            told = time.monotonic()
            log.info("migration_waits", seconds=round(told - began), reason="another process is migrating")
        time.sleep(LOCK_POLL_SECONDS)
    connection.commit()
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
            connection.commit()


def migrate(url: str) -> list[str]:
    """Bring the database to the newest revision; returns the revisions applied, oldest first.

    Raises:
        Refusal: `records.postgres_too_old`, or `records.schema_newer` when a newer program has migrated this database.
    """
    engine = create_engine(address(url), poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS})
    applied: list[str] = []
    began = time.monotonic()

    def told(*, step: Any, **_: Any) -> None:
        applied.append(step.up_revision_id)
        log.info("migration_applied", revision=step.up_revision_id, seconds=round(time.monotonic() - began, 2))

    try:
        with engine.connect() as connection:
            check_version(connection)
            connection.rollback()
            with locked(connection):
                made = config()
                current = MigrationContext.configure(connection).get_current_revision()
                connection.rollback()
                known = {script.revision for script in ScriptDirectory.from_config(made).walk_revisions()}
                if current is not None and current not in known:
                    raise Refusal(
                        "records.schema_newer",
                        rule="known_revision",
                        operand="database",
                        expected=head(),
                        actual=current,
                    )
                if current != head():
                    log.info("migration_started", current=current, head=head())
                    made.attributes["connection"] = connection
                    made.attributes["on_version_apply"] = told
                    command.upgrade(made, "head")
                    connection.commit()
                queue_schema.bring_up(connection)
    finally:
        engine.dispose()
    if applied:
        log.info("migration_done", revisions=len(applied), seconds=round(time.monotonic() - began, 2))
    return applied


async def migrate_async(url: str) -> list[str]:
    """`migrate` on a thread: Alembic and the lock's waiting are blocking."""
    return await asyncio.to_thread(migrate, url)
