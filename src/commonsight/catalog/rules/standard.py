"""The entry standard (标准化信息录入规范), rendered from the fields and rules that the checker runs."""

import html
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from commonsight.catalog.rules import fields
from commonsight.catalog.rules.fields import CLASSES, Field
from commonsight.catalog.rules.model import Rule, rule_set
from commonsight.text import say

Format = Literal["md", "html"]
MEDIA_TYPES: Final[dict[str, str]] = {"md": "text/markdown; charset=utf-8", "html": "text/html; charset=utf-8"}

Table = tuple[list[str], list[list[str]]]
Part = tuple[str, list[str], Table | None]
"""Heading, paragraphs, table."""


def parts(language: str) -> list[Part]:
    """The document: what it is about, point classes, fields, forms of values, rules, figures."""

    def word(name: str, **values: object) -> str:
        return " ".join(say(f"catalog.standard_{name}", language, **values).split())

    known = rule_set()
    every = fields.catalogue()
    classes = every["point_class"].choices
    made: list[Part] = [
        (
            word("about"),
            [word("about_text", version=known.version, date=known.date.isoformat(), digest=known.digest)],
            None,
        ),
        (
            word("classes"),
            [word("classes_text")],
            (
                [word("code"), word("name")],
                [[code, names[1] if language == "en" else names[0]] for code, names in classes.items()],
            ),
        ),
        (
            word("fields"),
            [word("fields_text")],
            (
                [word(name) for name in ("name", "code", "reported", "type", "mandatory", "how", "source")],
                [_field(of, language) for of in every.values()],
            ),
        ),
    ]
    for kind in ("complete", "accurate"):
        rules = [rule for rule in known.rules.values() if rule.kind == kind]
        heads = [word(name) for name in ("number", "rule", "field", "severity", "repair", "source", "code")]
        made.append((word(kind), [word(f"{kind}_text")], (heads, list(_rules(rules, language)))))
    made.append((word("figures"), [word("figures_complete"), word("figures_accurate")], None))
    return made


def _field(of: Field, language: str) -> list[str]:
    def word(name: str) -> str:
        return " ".join(say(f"catalog.standard_{name}", language).split())

    needed = word("every") if "all" in of.mandatory else "、".join(name for name in CLASSES if name in of.mandatory)
    how = [of.note_en if language == "en" else of.note_zh]
    if of.choices and of.code != "point_class":
        how.append(", ".join(f"{code} {names[1 if language == 'en' else 0]}" for code, names in of.choices.items()))
    if of.low is not None and of.high is not None:
        how.append(f"{of.low:g}-{of.high:g}")
    if of.example:
        how.append(f"{word('example')} {of.example}")
    basis = f" ({word('basis_' + of.basis)})" if of.basis else ""
    return [
        of.name(language),
        of.code,
        of.reported or "",
        word(f"type_{of.type}"),
        needed + basis if needed else "",
        "; ".join(said for said in how if said),
        word(f"source_{of.source}"),
    ]


def _rules(rules: Sequence[Rule], language: str) -> Iterable[list[str]]:
    every = fields.catalogue()
    for number, rule in enumerate(rules, start=1):
        of = every.get(rule.field)
        yield [
            str(number),
            rule.says(language),
            of.name(language) if of else "" if rule.field == "*" else rule.field,
            " ".join(say(f"catalog.severity_{rule.severity.word}", language).split()),
            " ".join(say(f"catalog.repair_is_{rule.repair}", language).split()),
            rule.source,
            rule.code,
        ]


def title(language: str) -> str:
    """What the document is called."""
    return " ".join(say("catalog.standard_title", language).split())


def render(kind: Format, language: str) -> str:
    """The whole document; the same for the same rule set."""
    return _markdown(language) if kind == "md" else _html(language)


def _markdown(language: str) -> str:
    lines = [f"# {title(language)}", ""]
    for number, (heading, paragraphs, table) in enumerate(parts(language), start=1):
        lines += [f"## {number} {heading}", ""]
        for paragraph in paragraphs:
            lines += [paragraph, ""]
        if table is not None:
            heads, rows = table
            lines += [_row(heads), "|" + " --- |" * len(heads), *map(_row, rows), ""]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


_STYLE: Final = (
    "body{font:15px/1.7 'Noto Sans SC','Microsoft YaHei',sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;"
    "color:#1d2129}table{border-collapse:collapse;width:100%;font-size:13px;margin:1em 0}"
    "th,td{border:1px solid #c9cdd4;padding:4px 8px;text-align:left;vertical-align:top}th{background:#f2f3f5}"
    "h1{font-size:26px;text-align:center}thead{display:table-header-group}tr{break-inside:avoid}"
    "@page{size:A4 landscape;margin:15mm}"
)


def _html(language: str) -> str:
    head = html.escape(title(language))
    body = [f"<h1>{head}</h1>"]
    for number, (heading, paragraphs, table) in enumerate(parts(language), start=1):
        body.append(f"<h2>{number} {html.escape(heading)}</h2>")
        body += [f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs]
        if table is not None:
            heads, rows = table
            body.append("<table><thead>" + _cells(heads, "th") + "</thead><tbody>")
            body += [_cells(row, "td") for row in rows]
            body.append("</tbody></table>")
    spoken = "en" if language == "en" else "zh-CN"
    return (
        f'<!doctype html>\n<html lang="{spoken}"><head><meta charset="utf-8"><title>{head}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def _cells(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"
