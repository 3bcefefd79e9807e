"""The job queue's own tables (Procrastinate), kept in step with the installed package.

The package ships its schema whole plus one SQL file per change since. A fresh database gets the
whole; an older one gets the files it has not seen, in order. Which files those are is written down
in `queue_migrations`, because the package itself keeps no record.
"""

from pathlib import Path
from typing import Final

import structlog
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

log = structlog.get_logger(__name__)

LEDGER: Final = "CREATE TABLE IF NOT EXISTS queue_migrations (name text PRIMARY KEY, at timestamptz DEFAULT now())"

# A failed job that goes back to waiting must not collide with a waiting job of the same queueing lock: the package's
# UPDATE would raise, and the job would stay "doing" for as long as its worker lives. A retried job gives its lock up.
RETRY_TRIGGER: Final = """
CREATE OR REPLACE FUNCTION commonsight_retry_gives_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.queueing_lock := NULL;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER commonsight_retry_gives_way BEFORE UPDATE OF status ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status <> 'todo' AND NEW.status = 'todo' AND NEW.queueing_lock IS NOT NULL)
    EXECUTE FUNCTION commonsight_retry_gives_way();
"""


def bring_up(connection: Connection) -> int:
    """Apply what is missing in one transaction; returns how many of the package's files are newly accounted for."""
    with connection.begin():
        connection.execute(text(LEDGER))
        done = set(connection.scalars(text("SELECT name FROM queue_migrations")))
        files = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
        missing = [file for file in files if file.name not in done]
        if not missing:
            return 0
        scripts = [file.read_text("utf-8") for file in missing] if done else [SchemaManager.get_schema()]
        for script in [*scripts, RETRY_TRIGGER]:
            # Straight to the driver: the files hold `%` and `:` that SQLAlchemy would take for parameters.
            connection.connection.driver_connection.execute(script)  # type: ignore[union-attr]
        connection.execute(
            text("INSERT INTO queue_migrations (name) VALUES (:name)"), [{"name": file.name} for file in missing]
        )
        log.info("queue_migrated", files=len(missing), fresh=not done)
        return len(missing)
