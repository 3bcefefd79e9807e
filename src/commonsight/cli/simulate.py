"""`commonsight simulate`: virtual cameras, devices and lower platforms for trying things out."""

import asyncio
import signal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from commonsight.cli import break_mend
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, settings_of, speak
from commonsight.clock import SystemClock
from commonsight.simulate import footage
from commonsight.simulate.city import City
from commonsight.simulate.fleet import Fleet, Mix
from commonsight.simulate.gb28181.document import Charset


class Edition(StrEnum):
    """Edition of GB/T 28181."""

    Y2016 = "2016"
    Y2022 = "2022"
    MIXED = "mixed"


class Transport(StrEnum):
    """How SIP goes."""

    UDP = "udp"
    TCP = "tcp"
    MIXED = "mixed"


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


@app.command("fleet")
@fail_on_refusal
def fleet(
    platforms: Annotated[int, typer.Option(min=0, max=20_000, help="下级平台数 · Lower platforms.")] = 2,
    cameras: Annotated[int, typer.Option(min=0, max=1_000_000, help="每平台摄像机数 · Cameras below each.")] = 40,
    devices: Annotated[
        int, typer.Option(min=0, max=20_000, help="直连设备数 · Recorders and cameras that register by themselves.")
    ] = 0,
    to: Annotated[
        str | None, typer.Option(help="上级 SIP 地址 · host:port of the platform above; default: this platform's own.")
    ] = None,
    server: Annotated[
        str | None, typer.Option(help="上级平台编码 · 20-digit id of the platform above; default: ours.")
    ] = None,
    domain: Annotated[str | None, typer.Option(help="上级 SIP 域 · Its SIP domain; default: from its id.")] = None,
    faults: Annotated[
        str, typer.Option(help="故障计划 · none, mild, lossy, rough, broken and key=value, comma-separated.")
    ] = "none",
    seed: Annotated[int, typer.Option(help="随机种子 · Seed of everything.")] = 45,
    edition: Annotated[Edition, typer.Option(help="标准版本 · Edition they speak.")] = Edition.MIXED,
    transport: Annotated[Transport, typer.Option(help="信令传输 · How SIP goes.")] = Transport.MIXED,
    page: Annotated[int, typer.Option(min=0, max=1_000, help="每条消息条目数 · Items a message; 0: as usual.")] = 0,
    charset: Annotated[
        Charset | None, typer.Option(help="声明的字符集 · Charset declared; default: by edition.")
    ] = None,
    spread: Annotated[float, typer.Option(min=0, help="注册分散时间 · Registrations begin within, s; 0: a storm.")] = 5,
    storm_every: Annotated[float, typer.Option(min=0, help="注册风暴间隔 · A storm every so many s; 0: none.")] = 0,
    happenings: Annotated[
        float, typer.Option(min=0, help="自发事件间隔 · Mean time between events of one party, s; 0: none.")
    ] = 0,
    password: Annotated[
        str, typer.Option(envvar="COMMONSIGHT_FLEET_PASSWORD", help="统一口令 · One password for all.")
    ] = "",
    accounts: Annotated[
        bool, typer.Option("--accounts", help="仅列出编码和口令 · Print codes and passwords as CSV.")
    ] = False,
    pictures: Annotated[bool, typer.Option(help="播放演示视频 · Answer invitations with footage.")] = True,
    config: ConfigOption = None,
) -> None:
    """模拟下级平台和设备，直到按下 Ctrl-C · Play lower platforms and devices that speak GB/T 28181 until Ctrl-C."""
    from commonsight.cli import fleet as fleets  # heavy, and no other command needs it

    plan = fleets.plan(
        seed=seed, platforms=platforms, cameras=cameras, devices=devices, version=edition.value,
        transport=transport.value, faults=faults, page=page, charset=charset, spread=spread, happenings=happenings,
        password=password,
    )  # fmt: skip
    if accounts:
        fleets.print_accounts(plan)
        return
    asyncio.run(
        fleets.play(
            plan, settings_of(config), to=to, server=server, domain=domain, storm_every=storm_every, pictures=pictures
        )
    )


app.command("break")(break_mend.break_camera)
app.command("mend")(break_mend.mend_camera)
app.command("list")(break_mend.list_broken)


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
