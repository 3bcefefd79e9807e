"""Backups by themselves: the supervisor makes one when the newest is older than `backup.every_hours`."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from commonsight.clock import Clock
from commonsight.problem import Refusal
from commonsight.records import archive, backup
from commonsight.records.postgres import EmbeddedPostgres
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 600.0
FAILED_SECONDS: Final = 3_600.0
"""A backup that failed is tried again after this: a full disk is not helped by trying at once."""


async def keep(server: EmbeddedPostgres, settings: Settings, clock: Clock) -> None:
    """Make backups in time, for ever. A failure is logged as an error and tried again later."""
    if settings.backup.dir is None or not settings.backup.every_hours:
        return
    root = settings.backup.dir.resolve()
    while True:
        wait = LOOK_SECONDS
        try:
            await asyncio.to_thread(_made_if_due, server, settings, clock)
        except (Refusal, OSError) as error:
            log.error("backup_failed", dir=str(root), error=str(error))
            wait = FAILED_SECONDS
        await clock.sleep(wait)


def _made_if_due(server: EmbeddedPostgres, settings: Settings, clock: Clock) -> bool:
    assert settings.backup.dir is not None
    root = settings.backup.dir.resolve()
    known = backup.found(root, archive.identifier(server.place))
    if known and clock.now() - known[-1].point_at < timedelta(hours=settings.backup.every_hours):
        return False
    backup.create(
        root, server.place, settings.data_dir, server.password, keep=timedelta(days=settings.backup.keep_days)
    )
    return True
