"""First start: one administrator, and a password that works once."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Final, TextIO

import structlog

from commonsight.access import audit, store
from commonsight.access.model import new_one_time_password
from commonsight.access.passwords import hash_password
from commonsight.access.service import insert_person
from commonsight.clock import Clock
from commonsight.records.database import Database
from commonsight.settings import Settings
from commonsight.text import say

log = structlog.get_logger(__name__)

FIRST_NAME: Final = "admin"


def password_file(settings: Settings) -> Path:
    """Where the first password lies when there was no terminal to show it on."""
    return settings.data_dir / "first-password"


async def ensure_first_administrator(
    database: Database, clock: Clock, settings: Settings, *, terminal: TextIO | None = None
) -> bool:
    """Make the person `admin` when there is nobody yet. Returns True when they were made.

    The password is written to `terminal` (default: standard error) when that is one, else left in
    `data_dir/first-password`, mode 0600; it must be changed at the first login, which removes the file.
    Safe to call from several processes at once and at every start.
    """
    terminal = terminal or sys.stderr
    async with database.read() as reading:
        if await store.anybody(reading):
            return False
    password = new_one_time_password()
    hashed = await hash_password(password)
    async with database.write() as session:
        await store.lock_first_start(session)
        if await store.anybody(session):
            return False
        person = await insert_person(
            session,
            clock.now(),
            name=FIRST_NAME,
            display_name=say("access.first_display_name", settings.region.language),
            organisation="",
            password_hash=hashed,
            roles=("administrator",),
            regions=(settings.region.code,),
            language=settings.region.language,
        )
        await audit.record(
            session,
            audit.LOCAL,
            "access.person_added",
            clock.now(),
            kind="person",
            subject_id=person.id,
            subject_name=FIRST_NAME,
        )
        # Within the transaction: an account whose password was never shown would lock everybody out.
        if terminal.isatty():
            language = settings.region.language
            terminal.write(say("access.first_password", language, name=FIRST_NAME, password=password) + "\n")
            terminal.flush()
        else:
            _leave(password_file(settings), password)
            log.info("first_password_left", path=str(password_file(settings)))
    return True


def forget_first_password(settings: Settings) -> None:
    """Remove the file once its password has been changed."""
    with contextlib.suppress(FileNotFoundError):
        password_file(settings).unlink()


def _leave(path: Path, password: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()  # left by a start that did not finish; O_EXCL below must not meet somebody else's file or link
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{FIRST_NAME}\n{password}\n")
