"""Render the reference pages from what runs, so that no page can say anything else.

python scripts/reference.py          # write docs/reference and commonsight.toml
python scripts/reference.py --check  # exit 1 and name the pages that are out of date
"""

import sys
from collections.abc import Callable
from pathlib import Path

import typer.main
from typer.core import TyperGroup

from commonsight.access.model import permissions, roles
from commonsight.analyze.scenes.accuracy import judged
from commonsight.analyze.scenes.model import Accuracy, SceneCard
from commonsight.analyze.scenes.registry import OURS, installed
from commonsight.api.app import create_app
from commonsight.api.docs import guards
from commonsight.cli.config import render_reference, render_sample
from commonsight.cli.later import Noun
from commonsight.cli.main import app as cli
from commonsight.clock import SystemClock
from commonsight.inspect.indicators import definitions
from commonsight.records.database import Database
from commonsight.settings import Settings
from commonsight.vision import cards

ROOT = Path(__file__).parent.parent
NOTE = "Rendered by `make reference`; do not edit."


def api() -> str:
    """Every route with the permission it asks for. `/docs` on a running platform shows the bodies too."""
    made = create_app(Settings(), Database("postgresql:///none"), SystemClock())
    guarded = guards(made)
    lines = [
        "# HTTP interface", "", NOTE, "", made.description, "",
        "The whole, with bodies and answers, is at `/docs` of a running platform and `/openapi.json`.", "",
        "| method | path | permission | |", "|---|---|---|---|",
    ]  # fmt: skip
    for path, methods in made.openapi()["paths"].items():
        for method, operation in methods.items():
            permission = guarded.get((path, method.upper()))
            summary = (operation.get("description") or operation.get("summary", "")).strip().split("\n")[0]
            lines.append(
                f"| {method.upper()} | `{path}` | {f'`{permission}`' if permission else 'public'} | {summary} |"
            )
    lines += ["", "## Permissions and roles", ""]
    names = list(roles())
    lines += ["| permission | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for permission in permissions():
        marks = ["●" if permission in roles()[name].permissions else "" for name in names]
        lines.append(f"| `{permission}` | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"


def command_line() -> str:
    """Every command with its arguments and options."""
    lines = ["# Command line", "", NOTE, "", "Exit codes: 0 done, 1 found something wrong, 2 wrong use."]

    def walk(command: object, path: str) -> None:
        if isinstance(command, Noun):
            command = command.group()
        if isinstance(command, TyperGroup):
            with typer.Context(command) as context:
                found = {name: command.get_command(context, name) for name in command.list_commands(context)}
            for name in sorted(found):
                walk(found[name], f"{path} {name}")
            return
        lines.extend(["", f"## {path}", "", (command.help or "").split("\n")[0], ""])  # type: ignore[attr-defined]
        for parameter in command.params:  # type: ignore[attr-defined]
            name = ", ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.name.upper()
            lines.append(f"- `{name}`: {getattr(parameter, 'help', None) or ''}".rstrip(": "))

    walk(typer.main.get_command(cli), "commonsight")
    return "\n".join(line for line in lines if not line.startswith("- `--help")) + "\n"


def indicator_page() -> str:
    """The indicators of health: what is counted over what, and how else it may be."""
    lines = ["# Indicators 指标", "", NOTE, ""]
    lines += [
        "An operator chooses the variant and the bars; what stands here is what ships. Each figure says its variant."
    ]
    for found in definitions.indicators().values():
        lines += ["", f"## {found.en} {found.zh}", ""]
        bars = [f"{word} {bar:.0%}" for word, bar in (("aim", found.aim), ("alert below", found.alert)) if bar]
        lines += [f"`{found.code}`" + (f", {', '.join(bars)}" if bars else "")]
        for variant in found.variants.values():
            usual = " (usual)" if variant == found.usual and len(found.variants) > 1 else ""
            lines += ["", f"### {variant.en} {variant.zh}{usual}", "", f"`{variant.code}` = {variant.formula}"]
            if variant.unknown:
                lines += ["", f"Unknown: {' + '.join(variant.unknown)}"]
            lines += ["", variant.definition_en, "", variant.definition_zh]
    lines += ["", "## Counts 计数", "", "| count | 中文 | |", "|---|---|---|"]
    lines += [f"| `{count.code}` | {count.zh} | {count.en} |" for count in definitions.counts().values()]
    return "\n".join(lines) + "\n"


def models() -> str:
    """The model cards."""
    lines = ["# Models", "", NOTE, "", "Weights come from published packages, verified by hash at every load."]
    for name in cards.published():
        card = cards.card(name)
        lines += ["", f"## {name}", "", f"{card.title.en} · {card.title.zh}", ""]
        lines += [
            f"- Architecture: {card.architecture}",
            f"- Licence: {card.licence}. {card.licence_note.en}",
            f"- Training data: {card.training_data.en}",
            f"- Known limits: {card.limits.en}",
            f"- Source: {card.source.registry} `{card.source.package}` {card.source.version}",
            f"- SHA-256 of the weights: `{card.weights.sha256}`",
        ]
    return "\n".join(lines) + "\n"


def scene_page() -> str:
    """The scenes of this house, from their cards."""
    registry = installed()
    if registry.broken:
        sys.exit(f"scenes that do not load: {', '.join(f'{one.name} ({one.why})' for one in registry.broken)}")
    ours = [card for code, card in registry.cards.items() if registry.packages[code] == OURS]
    lines = [
        "# Scenes 场景", "", NOTE, "",
        "What each needs, what it gives, how accurate it was measured to be (`make bench-incidents`), and when not to",
        "believe it. How to set one up: [the guide](../guide/scenes.md).",
    ]  # fmt: skip
    for area in dict.fromkeys(card.area for card in ours):
        lines += ["", f"## {area.capitalize()}"]
        for card in ours:
            if card.area == area:
                lines += _scene(card)
    return "\n".join(lines) + "\n"


def _scene(card: SceneCard) -> list[str]:
    needs = card.needs
    looks = f"every {needs.slowest_seconds:g} s, every {needs.burst_seconds:g} s when something is afoot"
    detector = f"detector ({', '.join(needs.classes)})" if needs.classes else "no detector"
    words = [looks, f"{needs.decoding.value} decoded", detector]
    words += ["tracking"] if needs.tracks else []
    words += ["calibrated ground"] if needs.ground else []
    words += [f"at least {card.targets_least} {' or '.join(card.targets)}"] if card.targets_least else []
    words += [f"its own model `{card.model}`"] if card.model else []
    lines = ["", f"### {card.en} {card.zh}", "", f"`{card.code}`", "", card.what_en, "", card.what_zh, ""]
    lines += [f"Needs: {'; '.join(words)}."]
    lines += ["", "Accuracy:", "", *([_measured(one) for one in card.accuracy] or ["- not measured"])]
    lines += ["", "When not to believe it:", "", *(f"- {limit}" for limit in card.limits_en)]
    if card.parameters:
        lines += ["", "| parameter | default | range | moved by feedback |", "|---|---|---|---|"]
    for one in card.parameters:
        span = f"{one.least:g} – {one.most:g} {one.unit}".strip()
        lines.append(f"| `{one.code}` {one.en} | {one.default:g} | {span} | {'yes' if one.tuned else ''} |")
    if card.measures:
        lines += ["", "| figure | unit | folded | |", "|---|---|---|---|"]
    lines += [
        f"| `{one.code}` {one.en} | {one.unit} | {one.fold.value} | {one.definition_en} |" for one in card.measures
    ]
    if card.incidents:
        lines += [
            "",
            "Reports: " + ", ".join(f"`{k.code}` {k.en} (severity {k.severity})" for k in card.incidents) + ".",
        ]
    return lines


def _measured(told: Accuracy) -> str:
    found = judged(told)
    parts = []
    if found.recall is not None:
        share = found.recall
        parts.append(
            f"found {told.found} of {told.truth} ({share.value:.0%}; 95 %: {share.low:.0%} to {share.high:.0%})"
        )
    if found.precision is not None:
        parts.append(f"{told.wrong} of {told.found + told.wrong} reports wrong")
    if told.error is not None:
        parts.append(f"error of the figure {told.error:.0%}")
    if found.alarms_upper is not None:
        upper = f"95 %: below {found.alarms_upper:.2g} an hour"
        parts.append(f"{told.alarms} false alarms in {told.hours:g} h without events ({upper})")
    return f"- {told.footage_en}: {'; '.join(parts)}"


PAGES: dict[str, Callable[[], str]] = {
    "commonsight.toml": render_sample,
    "docs/reference/configuration.md": render_reference,
    "docs/reference/api.md": api,
    "docs/reference/cli.md": command_line,
    "docs/reference/indicators.md": indicator_page,
    "docs/reference/models.md": models,
    "docs/reference/scenes.md": scene_page,
}


def stale() -> list[str]:
    """Pages that differ from what the code says."""
    return [
        name
        for name, render in PAGES.items()
        if not (ROOT / name).exists() or (ROOT / name).read_text("utf-8") != render()
    ]


if __name__ == "__main__":
    found = stale()
    if "--check" in sys.argv[1:]:
        sys.exit(f"out of date, run `make reference`: {', '.join(found)}" if found else 0)
    for name in found:
        (ROOT / name).write_text(PAGES[name](), "utf-8")
        sys.stdout.write(f"{name}\n")
