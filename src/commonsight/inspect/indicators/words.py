"""What scopes are called."""

from typing import NamedTuple

from commonsight.catalog import vocabulary
from commonsight.inspect.indicators.model import ScopeKind


class Named(NamedTuple):
    """A name in both languages."""

    zh: str
    en: str


def scope_name(kind: str, code: str, name: str | None) -> Named | None:
    """Of a sector the vocabulary's word, of the others what the file calls it; None: it does not say."""
    if kind == ScopeKind.SECTOR and (word := vocabulary.sectors().get(code)) is not None:
        return Named(word.zh, word.en)
    return None if name is None else Named(name, name)
