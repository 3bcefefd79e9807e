import asyncio
from pathlib import Path

import typer

from commonsight.cli.database import demo_data_dir
from commonsight.cli.models import ProgressLine
from commonsight.cli.start import start
from commonsight.cli.terminal import language, speak
from commonsight.problem import Refusal
from commonsight.processes import demo_world
from commonsight.records.database import Database
from commonsight.settings import Settings
from commonsight.simulate import footage
from commonsight.text import say
from commonsight.vision.store import ModelStore


async def demo(settings: Settings, config: Path | None, cameras: int | None) -> None:
    """Bring what the demo needs, then run until stopped. Its data stay apart from those of `commonsight run`."""
    changed: dict[str, object] = {}
    if "data_dir" not in settings.model_fields_set:
        changed["data_dir"] = demo_data_dir()
    if cameras is not None:
        changed["simulate"] = settings.simulate.model_copy(update={"cameras": cameras})
    settings = settings.model_copy(update=changed)
    await asyncio.gather(asyncio.to_thread(_bring_model, settings), asyncio.to_thread(_bring_footage, settings))

    async def prepare(database: Database) -> None:
        def progress(done: int, count: int) -> None:
            speak("cli.seeding", err=True, done=done, count=count)

        await demo_world.prepare(settings, database, settings.region.language, progress)

    await start(settings, config, demo=True, prepare=prepare)


def _bring_model(settings: Settings) -> None:
    """Install the model; without it the platform runs and the page says why nothing is counted."""
    store = ModelStore(settings.models_dir)
    name = settings.vision.model
    if store.show(name).state == "installed":
        return
    speak("vision.licence_shown", err=True, name=name, licence=store.show(name).card.licence, note="")
    try:
        with ProgressLine() as line:
            store.install(name, line)
    except Refusal as refusal:
        reason = say(refusal.code, language(), **refusal.facts())
        speak("cli.without_model", err=True, name=name, reason=reason)


def _bring_footage(settings: Settings) -> None:
    """Before anything is started: a camera whose picture is still being made would count as one that has none."""
    for clip in footage.clips():
        try:
            footage.prepare(clip, settings.data_dir, lambda line: typer.echo(line, err=True))
        except Refusal as refusal:
            reason = say(refusal.code, language(), **refusal.facts())
            speak("cli.without_clip", err=True, name=clip.name, reason=reason)
