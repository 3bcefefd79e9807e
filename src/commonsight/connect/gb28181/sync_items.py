"""Catalogue messages as words for the camera file. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element

from commonsight.catalog.intake_fields import code_of
from commonsight.catalog.intake_rules import EVENTS, ITEM_EVENTS, Word
from commonsight.connect.wire.manscdp import Manscdp, item_fields

ITEMS_MOST: Final = 10_000
"""Items read from one message; a body of the largest size holds fewer."""

ANNOUNCED_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """One message of a catalogue.

    Args:
        announced: `SumNum`; None when it says none.
        refused: the device says that it cannot answer.
        words: items with an identifier.
        unreadable: items without one.
    """

    announced: int | None
    refused: bool
    words: tuple[Word, ...]
    unreadable: int


def page(message: Manscdp, at: datetime, sync_id: UUID | None) -> CataloguePage:
    """A `Response`: items as of `at`, when its query was sent."""
    words = []
    unreadable = 0
    for element in _items(message.root):
        fields = item_fields(element)
        code = code_of(fields)
        if code:
            words.append(Word("", code, at, sync_id, fields))
        else:
            unreadable += 1
    said = (message.root.findtext("SumNum") or "").strip()
    announced = int(said) if said.isascii() and said.isdigit() and len(said) <= ANNOUNCED_DIGITS else None
    refused = (message.root.findtext("Result") or "").strip().upper() == "ERROR" and not words
    return CataloguePage(announced, refused, tuple(words), unreadable)


def notice(message: Manscdp, at: datetime, sync_id: UUID | None) -> tuple[list[Word], int]:
    """A `Notify`: its events and how many could not be read. Each is a microsecond later than the one before, because
    what is said later in one message is the later word.

    Devices leave the event out, write it in small letters, or say `ON` with a whole item; all of it is understood.
    """
    words: list[Word] = []
    unreadable = 0
    for element in _items(message.root):
        fields = item_fields(element)
        code = code_of(fields)
        event = fields.get("Event", "").strip().upper()
        if not event:
            # Without a word of its own an item speaks for itself.
            event = "UPDATE" if "Name" in fields else fields.get("Status", "").strip().upper()
        if not code or event not in EVENTS:
            unreadable += 1
            continue
        kept = fields if event in ITEM_EVENTS else None
        words.append(Word(event, code, at + timedelta(microseconds=len(words)), sync_id, kept))
    return words, unreadable


def _items(root: Element) -> Iterator[Element]:
    listed = root.find("DeviceList")
    for place, element in enumerate(() if listed is None else listed.findall("Item")):
        if place >= ITEMS_MOST:
            return
        yield element
