"""The columns of a camera file, from `columns.toml`: one list for template, import, export and guide.

The fields of the file that have no column of their own (`rules/fields.toml`) follow those that a person fills in.
"""

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from commonsight.catalog.rules import fields


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `shown`: told by exports and left alone by imports; `secret`: taken by imports, never told."""

    key: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()
    example: str = ""
    note_zh: str = ""
    note_en: str = ""
    shown: bool = False
    secret: bool = False

    def heading(self, language: str) -> str:
        """What stands above the column."""
        return self.en if language == "en" else self.zh

    def note(self, language: str) -> str:
        """What a person should know who fills it in."""
        return self.note_en if language == "en" else self.note_zh


@cache
def columns() -> dict[str, Column]:
    """Every column, by key, in the order of the file."""
    document = tomllib.loads((files("commonsight.catalog.imports") / "columns.toml").read_text("utf-8"))
    listed = {
        key: Column(key, **(said | {"aliases": tuple(said.get("aliases", ()))})) for key, said in document.items()
    }
    filled = {key: column for key, column in listed.items() if not column.shown}
    return filled | {key: _of(each) for key, each in fields.kept().items()} | listed


def _of(of: fields.Field) -> Column:
    choices = "；".join(f"{code} {zh}" for code, (zh, _) in of.choices.items())
    meant = "; ".join(f"{code} {en}" for code, (_, en) in of.choices.items())
    return Column(
        of.code,
        of.zh,
        of.en,
        () if of.reported is None else (of.reported,),
        of.example,
        of.note_zh or choices,
        of.note_en or meant,
    )


def written() -> list[Column]:
    """The columns that an import takes."""
    return [column for column in columns().values() if not column.shown]


def _folded(heading: str) -> str:
    """Headings are compared without case, spaces, and what people hang on them: `* 名称 (必填)` is `名称`."""
    text = unicodedata.normalize("NFKC", heading).casefold().strip().strip("*").partition("(")[0]
    return "".join(text.replace("_", " ").replace("-", " ").split())


@cache
def _known() -> dict[str, str]:
    found: dict[str, str] = {}
    for column in columns().values():
        for heading in (column.key, column.zh, column.en, *column.aliases):
            found.setdefault(_folded(heading), column.key)
    return found


def key_of(heading: str) -> str | None:
    """The column that a heading means, in either language; None when it means none."""
    # A template's headings carry both languages: `名称 / name`.
    for part in (heading, *heading.split("/")):
        if key := _known().get(_folded(part)):
            return key
    return None
