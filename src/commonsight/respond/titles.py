"""What a case is called: a message code of its own, the words of the catalogue of faults, or both languages at once."""

from collections.abc import Mapping
from typing import Any, Final

from commonsight.respond.maintenance.model import sort_of
from commonsight.text import say

FAULT: Final = "fault:"
BOTH: Final = "both:"
_BETWEEN: Final = "\x1f"


def both(zh: str, en: str) -> str:
    """A title or words that a room above us made in both languages: kept as one text, read by `in_language`."""
    return f"{BOTH}{zh.replace(_BETWEEN, ' ')}{_BETWEEN}{en.replace(_BETWEEN, ' ')}"


def in_language(kept: str, language: str) -> str:
    """The part of `both` in one language; any other text as it is."""
    if not kept.startswith(BOTH):
        return kept
    zh, _, en = kept.removeprefix(BOTH).partition(_BETWEEN)
    return en or zh if language.startswith("en") else zh


def shortened(kept: str, most: int) -> str:
    """At most so many letters, of each language where there are both."""
    if not kept.startswith(BOTH):
        return kept[:most]
    zh, _, en = kept.removeprefix(BOTH).partition(_BETWEEN)
    return both(zh[:most], en[:most])


def code_of(subject: str) -> str:
    """The code of what a case is about; empty where a room above us made the words."""
    return "" if subject.startswith(BOTH) else subject


def title_of(subject: str, language: str) -> str:
    """The title of a case with this subject: `fault:<code>`, `both` languages, or a message code."""
    if subject.startswith(BOTH):
        return in_language(subject, language)
    if not subject.startswith(FAULT):
        return say(subject, language)
    try:
        return sort_of(subject.removeprefix(FAULT)).said(language)
    except ValueError:  # of another edition of the catalogue
        return subject.removeprefix(FAULT)


def said_of(detail: Mapping[str, Any], language: str) -> str:
    """What the platform says of a step it took by itself: a message code and its values, in one language.

    A value that is a mapping of languages (`{"zh": …, "en": …}`) is a word of one of our catalogues.
    """
    code = detail.get("say")
    if not isinstance(code, str):
        return ""
    short = "en" if language.startswith("en") else "zh"
    values = detail.get("values") or {}
    return say(code, language, **{name: _in(value, short) for name, value in values.items()})


def _in(value: Any, language: str) -> Any:
    if isinstance(value, Mapping) and language in value:
        return value[language]
    return [_in(each, language) for each in value] if isinstance(value, list) else value
