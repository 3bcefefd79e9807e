"""Nouns whose modules are imported when one of them is used: `commonsight --help` needs none of the platform."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

NOUNS: Final[Mapping[str, str]] = {
    "cameras": "摄像机 · Cameras: list, show, bring the demo region in.",
    "imports": "导入记录 · Imports: list, undo, template.",
    "devices": "国标设备 · GB/T 28181 devices and lower platforms: list, add, remove.",
    "health": "健康 · Health: indicators, league tables, samples.",
    "models": "模型 · Models: list, install, show, remove.",
    "diagnosis": "画面诊断 · Diagnosis: calibrate thresholds, take that back.",
    "people": "用户 · People: list, add, reset a password, deactivate.",
    "cluster": "集群 · Analysis workers on many machines, through Ray.",
    "simulate": "虚拟摄像机 · Virtual cameras that play footage from published packages.",
    "exports": "导出 · Exported recordings: verify.",
    "tls": "TLS · Certificates of our own servers.",
    "backup": "备份 · Backups: make, list, go back to a moment, drill.",
    "config": "配置 · Check, print and explain settings.",
}
"""Noun, which is also its module's name, to what the list of commands says of it."""


# Typer carries a click of its own under a private name: its contexts and commands have no public type.


class Noun(TyperGroup):
    """Stands in the list of commands; what is typed behind it is read by the module's own commands."""

    def group(self) -> Any:
        """The module's own commands."""
        made = typer.main.get_command(import_module(f"commonsight.cli.{self.name}").app)
        made.name = self.name
        return made

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the real group, which then also runs in it."""
        return self.group().make_context(info_name, args, parent, **extra)


class Root(TyperGroup):
    """The top of the command line: commands of its own, then the nouns."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Own commands first."""
        return [*super().list_commands(ctx), *NOUNS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command of its own, or a noun that is imported when it is used."""
        if cmd_name in NOUNS:
            return Noun(name=cmd_name, help=NOUNS[cmd_name])
        return super().get_command(ctx, cmd_name)
