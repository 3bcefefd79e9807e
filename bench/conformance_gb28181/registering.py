"""REGISTER: digests, refusals, the end of a registration, and a storm in small."""

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable

from sqlalchemy import text

from bench.conformance_gb28181 import sipp
from bench.conformance_gb28181.house import PASSWORD, House, free_port
from bench.conformance_gb28181.table import Table
from commonsight.connect.gb28181 import store
from commonsight.records.database import notify

ONLINE = "SELECT online FROM gb_devices WHERE code = :code"
REASON = "SELECT offline_reason FROM gb_devices WHERE code = :code"


async def check(house: House, table: Table) -> None:
    """All of it."""
    for transport, device in (("udp", "45010000001320000001"), ("tcp", "45010000001320000002")):
        ran = await sipp.run(house, "register", device, transport=transport)
        table.note("REGISTER", transport, "MD5: 401, then 200 with Date and Expires", "sipp", ran.good, ran.words)
        known = await house.until("SELECT count(*) FROM gb_devices WHERE code = :code", 1, code=device)
        table.note("REGISTER", transport, "the device is on file after its first registration", "state", known)
    lost = await house.until(REASON, "connection_lost", code="45010000001320000002")
    table.note("REGISTER", "tcp", "a broken connection takes the device offline at once", "state", lost)

    device = "45010000001320000003"
    ran = await sipp.run(house, "register_refused", device, password="not the password")
    table.note("REGISTER", "udp", "a wrong password is answered 403", "sipp", ran.good, ran.words)
    table.note("REGISTER", "udp", "and leaves nothing on file", "state", not await house.rows(ONLINE, code=device))

    device = "45010000001320000004"
    ran = await sipp.run(house, "unregister", device)
    table.note("REGISTER", "udp", "Expires 0 signs off, with a digest of its own", "sipp", ran.good, ran.words)
    gone = await house.until(REASON, "unregistered", code=device)
    table.note("REGISTER", "udp", "and the device is offline, by its own word", "state", gone)

    await _sm3(house, table)
    await _redirect(house, table)
    many = 200
    ran = await sipp.run(house, "register", "45010000001320000006", calls=many, more=("-r", "100"))
    table.note("REGISTER", "udp", f"{many} registrations at 100 a second, none refused", "sipp", ran.good, ran.words)


async def _redirect(house: House, table: Table) -> None:
    """A device that is told to register elsewhere, which is data of the device."""
    device = "45010000001320000007"
    await sipp.run(house, "register", device)
    await house.until("SELECT count(*) FROM gb_devices WHERE code = :code", 1, code=device)
    async with house.database.write() as session:
        await session.execute(
            text("UPDATE gb_devices SET quirks = CAST(:quirks AS jsonb) WHERE code = :code"),
            {"quirks": json.dumps({"redirect": f"sip:{house.settings.sip.id}@192.0.2.1:5060"}), "code": device},
        )
        await notify(session, store.CHANGED, {"code": device})
    await asyncio.sleep(1)  # until the signalling process has heard of it
    ran = await sipp.run(house, "register_redirected", device)
    table.note("REGISTER", "udp", "302 with the other platform's address in Contact", "sipp", ran.good, ran.words)


async def _sm3(house: House, table: Table) -> None:
    """sipp knows no SM3, so the digest comes from another library over its twin socket."""
    if "sm3" not in hashlib.algorithms_available:
        table.skip("REGISTER", "SM3 digest of a 2022 device", "sipp", "this Python's OpenSSL knows no SM3")
        return

    def sm3(words: str) -> str:
        return hashlib.new("sm3", words.encode()).hexdigest()

    device, realm = "45010000001320000005", house.settings.sip.realm
    uri = f"sip:{house.settings.sip.id}@{realm}"

    async def answer(words: str) -> str:
        found = re.search(r"Nonce: (\S+)", words)
        nonce = found[1] if found else ""
        digest = sm3(f"{sm3(f'{device}:{realm}:{PASSWORD}')}:{nonce}:{sm3(f'REGISTER:{uri}')}")
        return (
            f'Digest username="{device}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
            f'response="{digest}", algorithm=SM3'
        )

    port = free_port()
    server = await asyncio.start_server(_twin(answer), "127.0.0.1", port)
    async with server:
        ran = await sipp.run(house, "register_sm3", device, more=("-3pcc", f"127.0.0.1:{port}"))
    table.note(
        "REGISTER", "udp", "SM3: a 2022 device is offered SM3 and its digest passes", "sipp", ran.good, ran.words
    )


def _twin(
    answer: Callable[[str], Awaitable[str]],
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """The other side of sipp's twin socket: messages end with an escape character (27)."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            words = (await reader.readuntil(b"\x1b")).decode()
            call = re.search(r"Call-ID: (\S+)", words)
            reply = f"Call-ID: {call[1] if call else ''}\r\n{await answer(words)}\r\n\r\n"
            writer.write(reply.encode() + b"\x1b")
            await writer.drain()
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    return serve
