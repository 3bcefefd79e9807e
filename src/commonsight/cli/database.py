"""The platform's database for one command: the server that runs, or one that runs for as long as the command does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from commonsight.cli.terminal import settings_of, speak
from commonsight.places.service import load_packaged
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.records.migrate import migrate_async
from commonsight.records.postgres import DATABASE, USER, EmbeddedPostgres, is_held
from commonsight.records.postgres_place import settle
from commonsight.settings import Settings, default_data_dir


def demo_data_dir() -> Path:
    """Where the demo keeps its data: beside those of a real platform, never among them."""
    default = default_data_dir()
    return default.with_name(f"{default.name}-demo")


def settings_of_platform(config: Path | None) -> Settings:
    """The settings; where they name no data directory and only the demo runs here, those of the demo."""
    settings = settings_of(config)
    named = settings.database.url is not None or "data_dir" in settings.model_fields_set
    if named or is_held(settings.data_dir) or not is_held(demo_data_dir()):
        return settings
    speak("cli.demo_meant", err=True, path=demo_data_dir())
    return settings.model_copy(update={"data_dir": demo_data_dir()})


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The migrated database with the region tree, whether the platform runs or not.

    Raises:
        Refusal: of the server's start, of a migration, `places.data_missing`.
    """
    server = None
    url = settings.database.url
    if url is None:
        server = EmbeddedPostgres.of(settings)
        try:
            url = server.start()
        except Refusal as refusal:
            if refusal.code != "records.already_running":
                raise
            server, url = None, _running(settings)
    try:
        await migrate_async(url)
        database = Database(url, pool_size=2, name="commonsight command")
        try:
            await load_packaged(database, settings.region.code[:2])
            yield database
        finally:
            await database.close()
    finally:
        if server is not None:
            await asyncio.to_thread(server.stop)


def _running(settings: Settings) -> str:
    """URL of the embedded server that a running platform holds."""
    place = settle(settings.data_dir, settings.runtime_dir)
    password = (settings.data_dir / "postgres.password").read_text("ascii").strip()
    return f"postgresql://{USER}:{password}@/{DATABASE}?host={quote(str(place.sockets), safe='')}"
