"""Alembic's entry: runs on the connection `records.migrate` hands over, which already holds the lock."""

from alembic import context

from commonsight.records.base import Base

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("migrations run through `commonsight.records.migrate`, which takes the lock first")

context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    # Each step commits by itself: what is done stays done when a later step fails, and the log says where.
    transaction_per_migration=True,
    on_version_apply=context.config.attributes.get("on_version_apply"),
)
with context.begin_transaction():
    context.run_migrations()
