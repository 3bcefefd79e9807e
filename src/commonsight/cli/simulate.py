"""`commonsight simulate`: virtual cameras for trying things out, without the platform."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from commonsight.cli.terminal import ConfigOption, fail_on_refusal, settings_of, speak
from commonsight.clock import SystemClock
from commonsight.simulate import footage
from commonsight.simulate.city import City
from commonsight.simulate.fleet import Fleet, Mix

app = typer.Typer(help="虚拟摄像机 · Virtual cameras that play footage from published packages.", no_args_is_help=True)


@app.command("cameras")
@fail_on_refusal
def cameras(
    footage_names: Annotated[
        list[str] | None,
        typer.Option("--footage", "-f", help="片段 · Clip to play, may be repeated; default: every clip to be had."),
    ] = None,
    count: Annotated[
        int, typer.Option("--count", "-n", min=0, max=1_000_000, help="数量 · Cameras at /fleet/<n>.")
    ] = 10,
    port: Annotated[int, typer.Option("--port", "-p", min=0, max=65534, help="端口 · TCP port; 0: any.")] = 8654,
    host: Annotated[str, typer.Option(help="监听地址 · Address to listen on.")] = "127.0.0.1",
    seed: Annotated[int, typer.Option(help="随机种子 · Seed of the faults.")] = 45,
    faults: Annotated[bool, typer.Option(help="故障 · Give the fleet its faults; without: all healthy.")] = False,
    config: ConfigOption = None,
) -> None:
    """播放虚拟摄像机，直到按下 Ctrl-C · Play virtual cameras until Ctrl-C."""
    settings = settings_of(config)
    known = [clip.name for clip in footage.clips()]
    unknown = [name for name in footage_names or [] if name not in known]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}; {', '.join(known)}", param_hint="--footage")
    mix = Mix() if faults else Mix(0, 0, 0, 0, 0, 0, 0)
    fleet = Fleet(seed, count, host=host, port=port, dead_port=port + 1 if port else 0, mix=mix)
    asyncio.run(_play(settings.data_dir, fleet, footage_names or []))


@app.command("footage")
@fail_on_refusal
def bring_footage(config: ConfigOption = None) -> None:
    """预先取得演示视频 · Bring the footage now, so that the first start need not wait for it."""
    asyncio.run(_bring(settings_of(config).data_dir))


def _progress(line: str) -> None:
    typer.echo(line, err=True)


async def _bring(data_dir: Path) -> None:
    city = City(Fleet(0, 0), SystemClock())
    async for clip in city.bring(data_dir, _progress):
        typer.echo(clip)


async def _play(data_dir: Path, fleet: Fleet, names: list[str]) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    city = City(fleet, SystemClock())
    async for _ in city.bring(data_dir, _progress, names):
        if stop.is_set():
            return
    await city.start()
    base = f"rtsp://{fleet.host}:{fleet.port}"
    for clip in city.clips:
        typer.echo(f"{base}/watch/{clip}")
    if fleet.count:
        typer.echo(f"{base}/fleet/0" + (f" … {fleet.count - 1}" if fleet.count > 1 else ""))
    await stop.wait()
    speak("simulate.stopping", err=True)
    await city.close()
