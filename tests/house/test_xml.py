"""No XML that anybody sends us has entities: every parser in the source is found, and every entrance is tried."""

import ast
import asyncio
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import commonsight
from commonsight.catalog.imports import read_xlsx
from commonsight.catalog.imports.sheet import Sheet
from commonsight.connect.model import SourceError
from commonsight.connect.onvif import client, discovery
from commonsight.connect.wire import manscdp
from commonsight.problem import Refusal

SOURCE = Path(commonsight.__file__).parent

HARMLESS = {
    "xml.etree.ElementTree": {"Element", "SubElement", "ParseError", "tostring"},
    "xml.sax.saxutils": {"escape", "quoteattr"},
}
"""What may be taken of the standard library: building and escaping, never reading."""

READERS = (
    "xml",
    "lxml",
    "defusedxml",
    "pyexpat",
    "html5lib",
    "bs4",
    "xmltodict",
    "xmlschema",
    "untangle",
    "feedparser",
)
BUILDS_WITH_LXML = {"connect/onvif/media2.py"}
"""Builds a message for a library that speaks lxml; what it reads goes through defusedxml."""

SECRET = "the content of a local file"
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


def test_every_parser_in_the_source_is_one_that_refuses_entities():
    readers: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        name = str(path.relative_to(SOURCE))
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                taken = {(alias.name, "") for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                taken = {(node.module, alias.name) for alias in node.names}
            else:
                continue
            for module, what in taken:
                root = module.partition(".")[0]
                if root not in READERS:
                    continue
                if root == "defusedxml":
                    readers.setdefault(name, set()).add(what)
                elif root == "lxml":
                    assert name in BUILDS_WITH_LXML, f"{name} reads with lxml"
                else:
                    assert what in HARMLESS.get(module, set()), f"{name} imports {module}.{what}: use defusedxml"
    assert {"connect/wire/manscdp.py", "connect/onvif/discovery.py", "connect/onvif/media2.py"} <= readers.keys()


def test_every_use_forbids_even_a_document_type():
    """An entity needs one, and nobody we talk to sends one."""
    seen = 0
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called == "fromstring":
                seen += 1
                given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                assert given.get("forbid_dtd") == "True", f"{path.name}:{node.lineno}"
            for parser in ("etree.fromstring", "etree.parse", "etree.XML", "etree.iterparse", "XMLParser", "iterparse"):
                assert called != parser, f"{path.name}:{node.lineno} reads with {called}"
    assert seen >= 5


@pytest.fixture
def hostile(tmp_path):
    file = tmp_path / "secret"
    file.write_text(SECRET)
    return [
        f"{LAUGHS}<x>&c;</x>",
        f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{file}">]><x>&a;</x>',
        f'<!DOCTYPE x SYSTEM "file://{file}"><x/>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]><x/>',
    ]


def test_messages_of_gb28181_devices(hostile):
    for document in hostile:
        text = document.replace("<x", "<Response").replace("x>", "Response>").replace("DOCTYPE x", "DOCTYPE Response")
        with pytest.raises(manscdp.ManscdpError):
            manscdp.decode(f'<?xml version="1.0"?>{text}'.encode())


def test_answers_to_a_probe(hostile):
    for document in hostile:
        assert discovery.matches(document.encode(), "10.0.0.1", "urn:uuid:1") == []
        assert discovery.matches(document.encode("utf-16"), "10.0.0.1", "urn:uuid:1") == []


async def test_answers_of_onvif_devices(hostile):
    """The library's own parser too: a device whose every answer is hostile gets nowhere and tells nothing back."""
    for document in hostile:
        asked: list[bytes] = []

        async def answer(request: web.Request, body: str = document, heard: list[bytes] = asked) -> web.Response:
            heard.append(await request.read())
            return web.Response(text=body, content_type="application/soap+xml")

        app = web.Application()
        app.add_routes([web.post("/{path:.*}", answer)])
        async with asyncio.timeout(60), TestServer(app) as server:
            with pytest.raises(SourceError) as failed:
                await client.describe(f"http://127.0.0.1:{server.port}/onvif/device_service", "op", "x", timeout=20)
        assert asked
        assert SECRET not in str(failed.value) + "".join(each.decode() for each in asked)
        assert "hahaha" not in str(failed.value)


def test_workbooks(hostile, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["name", "url"])
    buffer = io.BytesIO()
    book.save(buffer)
    for number, document in enumerate(hostile):
        doctype = document.partition("<x")[0]
        path = tmp_path / f"{number}.xlsx"
        with zipfile.ZipFile(buffer) as good, zipfile.ZipFile(path, "w") as bad:
            for entry in good.infolist():
                content = good.read(entry)
                if entry.filename.endswith("sheet1.xml"):
                    head, mark, rest = content.partition(b"<worksheet")
                    named = doctype.replace("DOCTYPE x", "DOCTYPE worksheet").encode()
                    content = head + named + mark + rest.replace(b"<v>0</v>", b"<v>&a;</v>")
                bad.writestr(entry, content)
        said = ""
        try:
            read_xlsx.check_archive(path)
            said = repr(list(read_xlsx.lines(path, Sheet())))
        except Refusal as refused:
            said = str(refused)
        assert SECRET not in said
        assert "hahaha" not in said
