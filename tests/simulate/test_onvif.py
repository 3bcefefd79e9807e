"""The virtual ONVIF camera keeps its door: proofs are fresh and used once, hostile messages do no harm."""

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from commonsight.clock import ManualClock
from commonsight.simulate.onvif.answers import Shown
from commonsight.simulate.onvif.server import Camera, OnvifServer

ENVELOPE = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>{header}</s:Header>
<s:Body><t:{operation} xmlns:t="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>"""


def proof(password: str, created: str, nonce: bytes) -> str:
    made = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    told = {"Username": "op", "Password": made, "Nonce": base64.b64encode(nonce).decode(), "Created": created}
    return "<Security>" + "".join(f"<{name}>{value}</{name}>" for name, value in told.items()) + "</Security>"


@pytest.fixture
async def server() -> AsyncIterator[OnvifServer]:
    shown = [Shown("p", "main", "H264", 640, 360, 25, "rtsp://10.0.0.5/", "http://10.0.0.5/")]
    made = OnvifServer(Camera(shown, "op", "s3cret"), ManualClock())
    await made.start("127.0.0.1")
    yield made
    await made.close()


async def ask(server: OnvifServer, body: str | bytes) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.post(server.url, data=body) as response:
        return response.status, await response.text()


async def test_a_proof_is_taken_once_and_only_while_it_is_fresh(server: OnvifServer) -> None:
    def message(password: str = "s3cret", seconds: float = 0) -> str:
        created = f"{server.now() + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"
        return ENVELOPE.format(
            header=proof(password, created, secrets.token_bytes(16)), operation="GetDeviceInformation"
        )

    fresh = message()
    assert (await ask(server, fresh))[0] == 200
    assert (await ask(server, fresh))[0] == 400
    for refused in (message("wrong"), message(seconds=-60), message(seconds=60)):
        status, answer = await ask(server, refused)
        assert (status, "NotAuthorized" in answer) == (400, True)


async def test_the_time_is_told_to_anybody_and_nothing_else(server: OnvifServer) -> None:
    assert (await ask(server, ENVELOPE.format(header="", operation="GetSystemDateAndTime")))[0] == 200
    assert (await ask(server, ENVELOPE.format(header="", operation="GetDeviceInformation")))[0] == 400
    server.camera.username = None
    assert (await ask(server, ENVELOPE.format(header="", operation="Reboot")))[0] == 400


@pytest.mark.parametrize("body", [b"", b"<a/>", b"\xff\xfe", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
async def test_hostile_messages(server: OnvifServer, body: bytes) -> None:
    assert (await ask(server, body))[0] == 400
    assert server.match(body) is None
