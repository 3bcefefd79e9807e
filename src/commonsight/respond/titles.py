"""What a case is called: a message code of its own, or the words of the catalogue of faults."""

from collections.abc import Mapping
from typing import Any, Final

from commonsight.respond.maintenance.model import sort_of
from commonsight.text import say

FAULT: Final = "fault:"


def title_of(subject: str, language: str) -> str:
    """The title of a case with this subject: `fault:<code>` or a message code."""
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
