"""How every command speaks: language of the terminal, refusals in words, exit codes.

Exit codes: 0 done, 1 found something wrong, 2 wrong use.
"""

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer

from commonsight.problem import Refusal
from commonsight.settings import Settings, load
from commonsight.text import Language, say

P = ParamSpec("P")
R = TypeVar("R")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="配置文件 · Settings file; default: commonsight.toml here, if there is one."),
]


def language() -> Language:
    """Chinese where the terminal's locale says so, English elsewhere."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.startswith("zh") else "en"


def speak(code: str, *, err: bool = False, **values: Any) -> None:
    """One message for a person."""
    typer.echo(say(code, language(), **values), err=err)


def settings_of(path: Path | None) -> Settings:
    return load(path)


def fail_on_refusal(command: Callable[P, R]) -> Callable[P, R]:
    """A refusal ends the command with its message and exit code 1; a stack trace helps nobody here."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Refusal as refusal:
            speak(refusal.code, err=True, **refusal.facts())
            sys.exit(1)

    return run
