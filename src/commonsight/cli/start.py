"""What `run` and `demo` do around the supervisor: first start, and telling where to go."""

import io
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from commonsight.access.first import ensure_first_administrator, password_file
from commonsight.cli.terminal import speak
from commonsight.clock import SystemClock
from commonsight.places.service import load_packaged
from commonsight.processes.rotation import Terminal
from commonsight.processes.supervisor import Supervisor
from commonsight.records.database import Database
from commonsight.settings import Settings

Prepare = Callable[[Database], Awaitable[None]]


class Told(io.StringIO):
    """Keeps the one-time password until the address is told too: between the two, log lines scroll by."""

    def isatty(self) -> bool:
        return sys.stderr.isatty()


async def start(settings: Settings, config: Path | None, *, demo: bool = False, prepare: Prepare | None = None) -> None:
    """Run the platform until it is stopped.

    Args:
        prepare: awaited with the migrated database before any process starts.
    """
    told = Told()

    async def migrated(url: str) -> None:
        database = Database(url, pool_size=2, name="commonsight start")
        try:
            await load_packaged(database, settings.region.code[:2])
            await ensure_first_administrator(database, SystemClock(), settings, terminal=told)
            if prepare is not None:
                await prepare(database)
        finally:
            await database.close()

    async def serving(_: str) -> None:
        scheme = "https" if settings.tls.on else "http"
        address = settings.api.public_url or f"{scheme}://{settings.api.host}:{settings.api.port}"
        speak("cli.serving", err=True, address=address)
        if told.getvalue():
            sys.stderr.write(told.getvalue())
        elif (left := password_file(settings)).exists():
            speak("cli.password_left", err=True, path=left)
        speak("cli.stop_hint", err=True, logs=settings.data_dir / "logs", pid=os.getpid())

    speak("cli.starting", err=True)
    await Supervisor(
        settings, config, demo=demo, migrated=migrated, serving=serving, terminal=_terminal(settings)
    ).run()


def _terminal(settings: Settings) -> Terminal:
    """A person sees what needs them, unless they set a level; a machine that collects our lines gets all of them."""
    quiet = sys.stderr.isatty() and "level" not in settings.log.model_fields_set
    return Terminal(form=settings.log.format, level="warning" if quiet else settings.log.level)
