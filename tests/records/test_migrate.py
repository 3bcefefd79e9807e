"""Migrations: they end where the models are, and refuse what they do not know."""

import importlib
import pkgutil
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

import commonsight
from commonsight.problem import Refusal
from commonsight.records import migrate as module
from commonsight.records import queue_schema
from commonsight.records.base import Base
from commonsight.records.database import Database, address
from commonsight.records.migrate import head, migrate


def import_tables() -> None:
    """Every room's models."""
    for room in pkgutil.iter_modules(commonsight.__path__, "commonsight."):
        if room.ispkg:
            for part in pkgutil.iter_modules(importlib.import_module(room.name).__path__, f"{room.name}."):
                if part.name.endswith((".tables", ".nodes")):
                    importlib.import_module(part.name)
    importlib.import_module("commonsight.outbox")


def missing(difference: Any) -> bool:
    """Whether a difference is something the models have and the migrations have not."""
    changes = difference if isinstance(difference, list) else [difference]
    return any(not change[0].startswith("remove_") for change in changes)


@pytest.mark.filterwarnings("ignore:Did not recognize type")
async def test_the_migrated_database_is_what_the_models_say(database: Database) -> None:
    import_tables()

    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": lambda o, n, kind, r, c: kind != "index"}
        )
        return [d for d in compare_metadata(context, Base.metadata) if missing(d)]

    async with database.engine.connect() as connection:
        assert await connection.run_sync(compare) == []


def test_a_second_run_does_nothing(database_url: str) -> None:
    assert migrate(database_url) == []


def test_a_database_of_a_newer_program_is_refused(database_url: str) -> None:
    engine = create_engine(address(database_url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
    with pytest.raises(Refusal) as caught:
        migrate(database_url)
    assert (caught.value.code, caught.value.actual, caught.value.expected) == (
        "records.schema_newer",
        "9999_future",
        head(),
    )


def test_an_old_server_is_refused_with_both_versions(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POSTGRES_VERSION", 99)
    with pytest.raises(Refusal) as caught:
        migrate(database_url)
    assert (caught.value.code, caught.value.expected) == ("records.postgres_too_old", 99)
    assert str(caught.value.actual).startswith("18.")


def test_the_queue_follows_its_package(database_url: str) -> None:
    """A file that a newer package brings is applied, once, to a database that has the older ones."""
    engine = create_engine(address(database_url), poolclass=NullPool)
    with engine.connect() as connection:
        assert queue_schema.bring_up(connection) == 0
        with connection.begin():
            connection.execute(
                text("DELETE FROM queue_migrations WHERE name = '03.04.00_50_post_add_retry_failed_job_procedure.sql'")
            )
        assert queue_schema.bring_up(connection) == 1
        assert queue_schema.bring_up(connection) == 0
