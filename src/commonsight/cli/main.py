"""The commands at the top: run, demo, add, version; and the nouns below them."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from commonsight import __version__
from commonsight.catalog.imports.model import Existing, Format
from commonsight.cli.later import Root
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, settings_of

app = typer.Typer(
    cls=Root,
    no_args_is_help=True,
    help="共视 Commonsight: a region's public cameras, turned into data that people can trust and use.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_show_locals=False,  # locals hold passwords
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"commonsight {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[  # noqa: ARG001 - the callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="版本 · Print the version.")
    ] = False,
) -> None:
    """What holds for every command: answers go to standard output, so what is logged on the way must not."""
    import logging
    import sys

    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        # Standard error as it is when something is logged: whoever calls us in process may have closed today's by then.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


@app.command()
@fail_on_refusal
def run(config: ConfigOption = None) -> None:
    """启动平台 · Start the platform and keep it running; Ctrl-C stops it."""
    from commonsight.cli.start import start

    asyncio.run(start(settings_of(config), config))


@app.command()
@fail_on_refusal
def demo(
    config: ConfigOption = None,
    cameras: Annotated[
        int | None, typer.Option(min=1, max=250_000, help="演示摄像机数量 · Cameras in the demo region.")
    ] = None,
) -> None:
    """演示 · Start the platform with a demo region: 20,000 simulated cameras, some of them watched."""
    from commonsight.cli.demo import demo as start_demo

    asyncio.run(start_demo(settings_of(config), config, cameras))


@app.command()
@fail_on_refusal
def add(
    url: Annotated[str, typer.Argument(help="rtsp://用户:口令@地址/路径 · The camera's address.")],
    name: Annotated[str | None, typer.Option(help="名称 · What people call it; default: from the address.")] = None,
    region: Annotated[str | None, typer.Option(help="行政区划代码 · Division code; default: the whole region.")] = None,
    config: ConfigOption = None,
) -> None:
    """添加摄像机 · Bring a camera of your own, and say whether it plays."""
    from commonsight.cli import cameras

    cameras.add(url, name=name, region=region, config=config)


@app.command("import")
@fail_on_refusal
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="cameras.xlsx, .csv, .json")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查不写入 · Say what would happen.")] = False,
    skip_refused: Annotated[
        bool, typer.Option("--skip-refused", help="跳过未通过的行 · Write the good rows without the others.")
    ] = False,
    existing: Annotated[
        Existing, typer.Option(help="已有的摄像机：更新、跳过、拒绝 · What becomes of cameras on file.")
    ] = Existing.CHANGE,
    coordinates: Annotated[
        str | None, typer.Option(help="文件的坐标系 wgs84|gcj02|bd09 · Only if its source says so.")
    ] = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """导入摄像机档案 · Bring cameras from a file; undo with `imports undo`."""
    from commonsight.cli import imports

    imports.import_file(
        file,
        dry_run=dry_run,
        skip_refused=skip_refused,
        existing=existing,
        coordinates=coordinates,
        config=config,
        as_json=as_json,
    )


@app.command("export")
@fail_on_refusal
def export_(
    file: Annotated[Path, typer.Argument(help="cameras.xlsx, .csv, .json; - 标准输出 standard output")],
    region: Annotated[str | None, typer.Option(help="行政区划代码 · Division code.")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="停用的 · Those out of use instead.")] = False,
    kind: Annotated[Format | None, typer.Option("--format", help="默认按文件名 · Told from the name.")] = None,
    config: ConfigOption = None,
) -> None:
    """导出摄像机档案 · Write the camera list into a file that can be brought in again."""
    from commonsight.cli import imports

    imports.export_file(file, region=region, archived=archived, kind=kind, config=config)
