"""`commonsight simulate break`, `mend` and `list`: ills on command, for cameras of the demo world."""

from pathlib import Path
from typing import Annotated, Final

import typer

from commonsight.cli.database import demo_data_dir
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, settings_of, speak
from commonsight.settings import Settings
from commonsight.simulate import footage, spoil
from commonsight.simulate.city import FLEET, WATCH
from commonsight.simulate.damage import Book, Harm
from commonsight.simulate.demo import channels_of, fleet_of
from commonsight.simulate.fleet import Fault, Fleet
from commonsight.simulate.naming import path_of

CameraArgument = Annotated[
    str, typer.Argument(help="摄像机 · Camera: fleet/12, watch/street, its address, or its 20-digit code.")
]
WELL: Final = "well"


@fail_on_refusal
def break_camera(
    camera: CameraArgument,
    how: Annotated[Harm, typer.Argument(help="故障 · What goes wrong.")],
    config: ConfigOption = None,
) -> None:
    """弄坏演示中的一台摄像机 · Break a camera of the demo world; holds until it is mended, also over restarts."""
    settings = _world(config)
    fleet = fleet_of(settings)
    path = path_of(camera, fleet, lambda: channels_of(settings))
    if how.spoils_picture:
        # Made here, so that the command ends when the camera can show it, and says why when it cannot.
        spoil.prepare(_clip(path, fleet, settings), how, settings.data_dir, lambda line: typer.echo(line, err=True))
    Book(settings.data_dir).order(path, how)
    speak("simulate.broken", camera=path, how=how.value)


@fail_on_refusal
def mend_camera(camera: CameraArgument, config: ConfigOption = None) -> None:
    """修好演示中的一台摄像机 · Mend a camera of the demo world, also of what its seed gave it."""
    settings = _world(config)
    fleet = fleet_of(settings)
    path = path_of(camera, fleet, lambda: channels_of(settings))
    kind, _, number = path.partition("/")
    if kind == FLEET and fleet.fault(int(number)) is not Fault.NONE:
        Book(settings.data_dir).order(path, None)
    else:
        Book(settings.data_dir).forget(path)
    speak("simulate.mended", camera=path)


@fail_on_refusal
def list_broken(config: ConfigOption = None) -> None:
    """列出已下达的故障 · List the cameras that were broken or mended on command."""
    for path, how in sorted(Book(_world(config).data_dir).read().items()):
        typer.echo(f"{path}\t{WELL if how is None else how.value}")


def _world(config: Path | None) -> Settings:
    """The settings of the demo: its data directory unless another one is named."""
    settings = settings_of(config)
    if "data_dir" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"data_dir": demo_data_dir()})


def _clip(path: str, fleet: Fleet, settings: Settings) -> footage.Clip:
    """The clip that a camera plays where all clips could be had."""
    clips = footage.clips()
    kind, _, name = path.partition("/")
    if kind != FLEET:
        shown = name if kind == WATCH else channels_of(settings)[name]
        return next(clip for clip in clips if clip.name == shown)
    return clips[fleet.reel(int(name), len(clips))]
