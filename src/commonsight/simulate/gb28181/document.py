"""MANSCDP documents as a virtual device writes them: a writer of its own, so that ours is read by somebody else's.

Written as text and not through an element tree: a fleet sends hundreds of thousands of items.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final
from xml.sax.saxutils import escape

CONTENT_TYPE: Final = "Application/MANSCDP+xml"
NAME_BYTES: Final = 31
_NAME: Final = re.compile(rb"<Name>([^<]*)</Name>")

Fields = dict[str, "str | Fields"]
"""Elements of an item in the order they are sent; a nested table is `Info`."""


class Charset(StrEnum):
    """What a device declares. Under the name GB2312 many send GB18030, or rare characters would be lost."""

    GB2312 = "GB2312"
    GB18030 = "GB18030"
    UTF_8 = "UTF-8"


def document(kind: str, command: str, serial: str, device: str, *parts: str) -> str:
    """A document without its declaration; `parts` are finished elements."""
    head = f"<CmdType>{command}</CmdType><SN>{escape(serial)}</SN><DeviceID>{escape(device)}</DeviceID>"
    return f"<{kind}>{head}{''.join(parts)}</{kind}>"


def elements(fields: Mapping[str, "str | Fields"]) -> str:
    """Elements for fields, nested as they are."""
    parts = []
    for name, value in fields.items():
        if not isinstance(value, str):
            value = elements(value)
        elif "&" in value or "<" in value or ">" in value:
            value = escape(value)
        parts.append(f"<{name}>{value}</{name}>")
    return "".join(parts)


def listed(name: str, items: Iterable[str]) -> str:
    """`<name Num="n">` around finished items."""
    found = [f"<Item>{item}</Item>" for item in items]
    return f'<{name} Num="{len(found)}">{"".join(found)}</{name}>'


def encode(text: str, charset: Charset, *, wrong: bool = False) -> bytes:
    """Bytes with their declaration. `wrong`: the declaration says one thing and the bytes are another."""
    utf_8 = (charset is Charset.UTF_8) is not wrong
    head = f'<?xml version="1.0" encoding="{charset}"?>\r\n'
    return (head + text).encode("utf-8" if utf_8 else "gb18030")


def cut_names(body: bytes) -> bytes:
    """Names as a device with a buffer of `NAME_BYTES` sends them: the rest is missing, half a character perhaps."""
    return _NAME.sub(lambda found: b"<Name>" + found[1][:NAME_BYTES] + b"</Name>", body)
