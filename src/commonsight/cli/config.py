"""`commonsight config`: check a file, print the commented sample, the reference page, or what is in force."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from commonsight.cli.terminal import ConfigOption, fail_on_refusal, settings_of, speak
from commonsight.settings import Section, Settings

SHOWN = "(set)"  # instead of a secret

app = typer.Typer(no_args_is_help=True, help="配置 · Check, print and explain settings.")


@app.command()
@fail_on_refusal
def check(config: ConfigOption = None) -> None:
    """检查配置 · Read the settings as the platform would; exit 1 and name the key when one is wrong."""
    settings = settings_of(config)
    speak("cli.config_good", data_dir=settings.data_dir)


@app.command()
@fail_on_refusal
def show(
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """当前配置 · Print what is in force after the file and the environment; passwords are left out."""
    document = settings_of(config).model_dump(mode="json")
    for section, key in (("database", "url"), ("sip", "password")):
        if document[section][key]:
            document[section][key] = SHOWN
    for provider in document["oidc"]["providers"]:
        if provider["client_secret"]:
            provider["client_secret"] = SHOWN
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for key, value in flat(document):
        typer.echo(f"{key} = {toml(value)}")


@app.command()
def sample() -> None:
    """配置样例 · Print the fully commented file with every key at its default."""
    typer.echo(render_sample(), nl=False)


@app.command()
def reference() -> None:
    """配置手册 · Print the reference page (Markdown)."""
    typer.echo(render_reference(), nl=False)


def flat(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves of nested tables as dotted keys, in order."""
    for key, value in document.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def toml(value: Any) -> str:
    """A TOML literal, tables in one line. Keys that are not set are left out: TOML knows no null."""
    if value is None:
        return '""'
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items() if v is not None) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return json.dumps(value if not isinstance(value, Path) else str(value), ensure_ascii=False)


def sections() -> Iterator[tuple[str, type[Section]]]:
    """The tables of the file, in the order they are declared."""
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield name, field.annotation


def bounds(field: FieldInfo) -> str:
    """What the field's own checks ask for, in symbols; empty when anything goes."""
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "pattern": "matches"}
    found = [f"{signs[k]} {getattr(m, k)}" for m in field.metadata for k in signs if getattr(m, k, None) is not None]
    return ", ".join(found)


def tables(field: FieldInfo) -> Iterator[type[Section]]:
    """The table a list holds, if it holds tables."""
    for inner in get_args(field.annotation):
        if isinstance(inner, type) and issubclass(inner, Section):
            yield inner


def example(field: FieldInfo) -> str:
    return toml(field.examples[0]) if field.examples else toml(field.default)


def render_sample() -> str:
    """The commented configuration file. Keys stand commented out, so that a default may improve later."""
    lines = [
        "# Commonsight (共视) settings. Every key is shown with its default; take away the `#` to change one.",
        "# The environment wins over this file: COMMONSIGHT_API__PORT=9000 sets api.port.",
        "# Check with: commonsight config check",
        "",
        f"# {Settings.model_fields['data_dir'].description}.",
        "# Default: /var/lib/commonsight as root, ~/.local/state/commonsight otherwise.",
        f"#data_dir = {example(Settings.model_fields['data_dir'])}",
    ]
    for name, section in sections():
        lines += ["", "", f"# {one_line(section)}", f"[{name}]"]
        for key, field in section.model_fields.items():
            limits = bounds(field)
            lines += ["", f"# {field.description}." + (f" ({limits})" if limits else "")]
            if field.default is None:
                lines += ["# Not set by default; this is an example.", f"#{key} = {example(field)}"]
            else:
                lines.append(f"#{key} = {toml(field.default)}")
            for model in tables(field):
                lines += [f"#   {at}: {inner.description}." for at, inner in model.model_fields.items()]
    return "\n".join(lines) + "\n"


def render_reference() -> str:
    """The reference page of all settings."""
    lines = [
        "# Settings",
        "",
        "Rendered by `make reference`; do not edit. Variables: `COMMONSIGHT_<SECTION>__<KEY>`.",
        "",
        f"`data_dir`: {Settings.model_fields['data_dir'].description}. "
        "Default `/var/lib/commonsight` as root, `~/.local/state/commonsight` otherwise.",
    ]
    for name, section in sections():
        lines += [
            "",
            f"## {name}",
            "",
            one_line(section),
            "",
            "| key | default | rule | meaning |",
            "|---|---|---|---|",
        ]
        for key, field in section.model_fields.items():
            default = "(not set)" if field.default is None else f"`{toml(field.default)}`"
            rule = f"`{bounds(field)}`".replace("|", "\\|") if bounds(field) else ""
            meaning = f"{field.description}." + (f" Example: `{example(field)}`." if field.default is None else "")
            lines.append(f"| `{key}` | {default} | {rule} | {meaning} |")
            for model in tables(field):
                for at, inner in model.model_fields.items():
                    rule = f"`{bounds(inner)}`".replace("|", "\\|") if bounds(inner) else ""
                    default = "(not set)" if inner.default is None else "required"
                    if inner.default is not None and not inner.is_required():
                        default = f"`{toml(inner.default)}`"
                    lines.append(f"| `{key}[].{at}` | {default} | {rule} | {inner.description}. |")
    return "\n".join(lines) + "\n"


def one_line(section: type[BaseModel]) -> str:
    return " ".join((section.__doc__ or "").split())
