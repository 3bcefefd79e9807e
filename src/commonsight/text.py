"""Text for people: message codes with a Chinese and an English catalogue.

Each room keeps its own `messages.toml` beside its code:

    ["gate.purpose_missing"]
    zh = "请填写调阅目的。"
    en = "State the purpose of the retrieval."
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import structlog

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

log = structlog.get_logger(__name__)


class _Shown(dict[str, Any]):
    """A placeholder without a value stays visible instead of breaking the message."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@cache
def catalogue() -> dict[str, dict[Language, str]]:
    """All rooms' messages, by code. A code belongs to exactly one room."""
    found: dict[str, dict[Language, str]] = {}
    root = files("commonsight")
    sheets = [root / "messages.toml"] + [p / "messages.toml" for p in root.iterdir() if p.is_dir()]
    for sheet in sheets:
        if not sheet.is_file():
            continue
        for code, said in tomllib.loads(sheet.read_text("utf-8")).items():
            if code in found:
                raise ValueError(f"message code {code!r} stands in two catalogues")
            found[code] = said
    return found


def say(code: str, lang: str = "zh", **values: Any) -> str:
    """The message for `code` in `lang`; a code without a message is shown as itself, never as an error."""
    said = catalogue().get(code)
    if said is None:
        log.warning("message_missing", code=code)
        return code
    language: Language = "en" if lang.startswith("en") else "zh"
    return said[language].format_map(_Shown({name: _worded(value, language) for name, value in values.items()}))


def _worded(value: Any, language: Language) -> Any:
    """Several values as a person lists them; anything else as it is."""
    if isinstance(value, list | tuple | set | frozenset):
        each = sorted(map(str, value)) if isinstance(value, set | frozenset) else map(str, value)
        return ("、" if language == "zh" else ", ").join(each)
    return value
