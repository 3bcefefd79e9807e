"""`commonsight devices`: GB/T 28181 devices and lower platforms from the terminal."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from commonsight.access.audit import LOCAL
from commonsight.catalog import codes, secrets
from commonsight.cli.database import opened, settings_of_platform
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, language, speak
from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import filing, store
from commonsight.connect.gb28181.store import Filter, Kept
from commonsight.connect.gb28181.views import DeviceOut
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.settings import Settings
from commonsight.text import say

app = typer.Typer(no_args_is_help=True, help="国标设备 · GB/T 28181 devices and lower platforms: list, add, remove.")

T = TypeVar("T")
PAGE = 500


class KindWord(StrEnum):
    """What a device is."""

    DEVICE = "device"
    PLATFORM = "platform"


CodeArgument = Annotated[str, typer.Argument(help="20 位国标编码 · The device's 20-digit code.")]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
@fail_on_refusal
def list_devices(
    online: Annotated[
        bool | None, typer.Option("--online/--offline", help="只列在线或离线 · One of them only.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出设备 · Devices on file, and whether they are here."""

    async def ask(database: Database, settings: Settings) -> list[Kept]:
        found: list[Kept] = []
        async with database.read() as session:
            while True:
                after = (found[-1].device.name, found[-1].device.id) if found else None
                page = await store.page(session, Filter((settings.region.code,), online=online), after, PAGE)
                found += page
                if len(page) < PAGE:
                    return found

    found = _with_database(config, ask)
    if as_json:
        rows = [DeviceOut.of(kept).model_dump(mode="json") for kept in found]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for device in (kept.device for kept in found):
        where = f"{device.transport} {device.host}:{device.port}" if device.host else "-"
        why = "" if device.online else say(f"connect.gb_{device.offline_reason or 'never_registered'}", language())
        typer.echo(
            f"{'●' if device.online else '○'} {device.code}  {device.name}  {device.kind}  {where}  {why}".rstrip()
        )
    speak("cli.devices_listed", err=True, count=len(found), online=sum(kept.device.online for kept in found))


@app.command()
@fail_on_refusal
def add(
    code: CodeArgument,
    name: Annotated[str | None, typer.Option(help="名称 · Name; default: the code.")] = None,
    kind: Annotated[KindWord | None, typer.Option(help="类型 · Default: as the code's type digits say.")] = None,
    region: Annotated[str | None, typer.Option(help="行政区划代码 · Division code; default: as the code says.")] = None,
    config: ConfigOption = None,
) -> None:
    """添加设备 · Put a device on file. Its password is asked for, or read as one line from standard input."""
    password = (
        typer.prompt(say("cli.device_password", language()), hide_input=True, err=True)
        if sys.stdin.isatty()
        else sys.stdin.readline().rstrip("\r\n")
    )
    given = {"password": password}
    given |= {"name": name} if name else {}
    given |= {"kind": kind.value} if kind else {}
    given |= {"region": region} if region else {}

    async def ask(database: Database, settings: Settings) -> Kept:
        secrets.install(settings.data_dir)
        by = filing.Changer(LOCAL, (settings.region.code,))
        async with database.write() as session:
            return await filing.add(
                session, code, filing.Given.of(**given), by, settings.region.code, SystemClock().now()
            )

    made = _with_database(config, ask).device
    speak("cli.device_added", name=made.name, gb_code=made.code, id=made.id)


@app.command()
@fail_on_refusal
def remove(code: CodeArgument, config: ConfigOption = None) -> None:
    """移除设备 · Take a device out of use. Its cameras stay on file; adding it again undoes it."""

    async def ask(database: Database, settings: Settings) -> Kept:
        by = filing.Changer(LOCAL, (settings.region.code,))
        async with database.write() as session:
            kept = await store.by_code(session, str(codes.parse(code.strip())))
            if kept is None:
                raise Refusal("connect.gb_device_unknown", status=404, operand="device", actual=code)
            await filing.remove(session, kept.device.id, by, lambda _: None, SystemClock().now())
            return kept

    gone = _with_database(config, ask).device
    speak("cli.device_removed", name=gone.name, gb_code=gone.code)


def _with_database(config: Path | None, ask: Callable[[Database, Settings], Awaitable[T]]) -> T:
    async def run() -> T:
        settings = settings_of_platform(config)
        async with opened(settings) as database:
            return await ask(database, settings)

    return asyncio.run(run())
