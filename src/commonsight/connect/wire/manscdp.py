"""MANSCDP: the XML bodies of GB/T 28181 messages (field practice of 2016 and 2022 devices).

Devices declare GB2312 and send GB18030, or declare nothing, or send UTF-8 under any name; rare characters in the names
of places must survive all of it. Documents with a DTD or entities are refused unread.
"""

import re
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

CONTENT_TYPE = "Application/MANSCDP+xml"
KINDS = ("Query", "Control", "Notify", "Response")
MAX_BODY = 1024 * 1024
"""Largest document read, bytes."""
MAX_DEPTH = 16
MAX_FIELDS = 200
"""Fields kept of one item."""
MAX_VALUE = 4096
"""Characters kept of one field."""

Encoding = Literal["GB18030", "GB2312", "UTF-8"]

_DECLARATION = re.compile(rb"\s*<\?xml[^>]{0,200}?\?>", re.IGNORECASE)
_DECLARED = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']", re.IGNORECASE)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)")


class ManscdpError(ValueError):
    """A body that is no MANSCDP document."""


@dataclass(frozen=True, slots=True)
class Manscdp:
    """One message: root name, CmdType, SN, DeviceID, and the document. SN and DeviceID are "" when left out."""

    kind: str
    command: str
    serial: str
    device: str
    root: Element


def build(kind: str, command: str, serial: str | int, device: str, *children: Element | tuple[str, str]) -> Element:
    """A document: `<kind><CmdType/><SN/><DeviceID/>…</kind>`; children as elements or (name, text)."""
    root = Element(kind)
    for name, text in (("CmdType", command), ("SN", str(serial)), ("DeviceID", device)):
        SubElement(root, name).text = text
    for child in children:
        if isinstance(child, tuple):
            SubElement(root, child[0]).text = child[1]
        else:
            root.append(child)
    return root


def encode(root: Element, *, encoding: Encoding = "GB18030") -> bytes:
    """Bytes with a declaration. Under the name GB2312 the bytes are GB18030 too, so that rare characters survive.

    Raises `ManscdpError` for text XML cannot carry (control characters).
    """
    text = tostring(root, encoding="unicode")
    if found := _NOT_XML.search(text):
        raise ManscdpError(f"character U+{ord(found[0]):04X} cannot stand in XML")
    codec = "utf-8" if encoding == "UTF-8" else "gb18030"
    return f'<?xml version="1.0" encoding="{encoding}"?>\r\n{text}\r\n'.encode(codec)


def decode(body: bytes, *, encoding: str | None = None) -> Manscdp:
    """Reads a document. Raises `ManscdpError`.

    Args:
        body: at most `MAX_BODY` bytes.
        encoding: the device's encoding where it is known to differ from what it declares ("UTF-8", "GB18030").
    """
    if len(body) > MAX_BODY:
        raise ManscdpError(f"body of {len(body)} bytes, accepted are {MAX_BODY}")
    root = _parse(_text(body, encoding))
    if root.tag not in KINDS:
        raise ManscdpError(f"root <{str(root.tag)[:40]}> is none of {', '.join(KINDS)}")
    _check_depth(root)
    command = _short(root, "CmdType", 64)
    if not command:
        raise ManscdpError("no CmdType")
    return Manscdp(str(root.tag), command, _short(root, "SN", 64), _short(root, "DeviceID", 64), root)


def item_fields(element: Element) -> dict[str, str]:
    """Leaves of an item as a flat mapping, in the order they stand: "Name", "Info/PTZType".

    Unknown fields are kept; a repeated one gets a number ("Info/Resolution[2]"). The first `MAX_FIELDS` fields and
    `MAX_VALUE` characters of each are kept.
    """
    found: dict[str, str] = {}
    stack = [(child, str(child.tag)) for child in reversed(element)]
    while stack and len(found) < MAX_FIELDS:
        node, path = stack.pop()
        if len(path) > 200:
            continue
        if len(node):
            stack += [(child, f"{path}/{child.tag}") for child in reversed(node)]
            continue
        name, copies = path, 1
        while name in found:
            copies += 1
            name = f"{path}[{copies}]"
        found[name] = (node.text or "").strip()[:MAX_VALUE]
    return found


def _text(body: bytes, known: str | None) -> str:
    """The document without its declaration, which speaks of bytes and no longer holds for text."""
    body = body.strip(b"\x00 \t\r\n")
    marked = body.startswith(b"\xef\xbb\xbf")
    body = body[3:] if marked else body
    head = _DECLARATION.match(body)
    declared = ""
    if head:
        name = _DECLARED.search(head[0])
        declared = name[1].decode("ascii").upper() if name else ""
        body = body[head.end() :]
    believed = (known or "").upper() or ("UTF-8" if marked else declared)
    first, second = ("utf-8", "gb18030") if believed in ("UTF-8", "UTF8", "") else ("gb18030", "utf-8")
    for codec in (first, second):
        try:
            return body.decode(codec)
        except UnicodeDecodeError:
            continue
    # A name cut in the middle of a character: one mark of loss, the rest stays readable.
    return body.decode("gb18030", "replace")


def _parse(text: str) -> Element:
    try:
        return _fromstring(text)
    except ParseError:
        pass
    # Names with a bare "&" and stray control characters are common; nothing else is guessed.
    try:
        return _fromstring(_LONE_AMPERSAND.sub("&amp;", _NOT_XML.sub("", text)))
    except ParseError as error:
        raise ManscdpError(f"not well-formed: {error}") from error


def _fromstring(text: str) -> Element:
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except DefusedXmlException as error:
        raise ManscdpError("a document type or entity is not accepted") from error
    except ParseError:
        raise
    except (ValueError, LookupError) as error:
        raise ManscdpError(f"not well-formed: {error}") from error
    return root


def _check_depth(root: Element) -> None:
    level = list(root)
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node]
        if not level:
            return
    raise ManscdpError(f"nested deeper than {MAX_DEPTH}")


def _short(root: Element, name: str, limit: int) -> str:
    text = (root.findtext(name) or "").strip()
    if len(text) > limit:
        raise ManscdpError(f"{name} is longer than {limit} characters")
    return text
