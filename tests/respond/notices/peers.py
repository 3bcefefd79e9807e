"""Real peers notices are sent to: a mail server, an MQTT broker, a web server that says what it is told to say."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import shutil
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ports import free_port

WAIT = 20.0


def certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate of its own authority for 127.0.0.1, and its key: files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    place, secret = directory / "peer.pem", directory / "peer.key"
    place.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return place, secret


def context(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS, and the file to trust it by."""
    place, secret = certificate(directory)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(place, secret)
    return made, place


@dataclass
class Mails:
    """What a mail server took. `refuse`: what it says to a recipient instead."""

    port: int = 0
    taken: list[Envelope] = field(default_factory=list)
    accounts: list[tuple[str, str]] = field(default_factory=list)
    refuse: str = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        self.taken.append(envelope)
        return "250 OK"


@contextlib.asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None, account: tuple[str, str] | None) -> AsyncIterator[Mails]:
    """aiosmtpd on a port of its own; with TLS it takes nothing before STARTTLS, with an account nothing without."""
    mails = Mails()

    def known(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        said = (given.login.decode(), given.password.decode())
        mails.accounts.append(said)
        return AuthResult(success=said == account, handled=False)

    def made() -> SMTP:
        return SMTP(
            mails, hostname="peer", tls_context=tls, require_starttls=tls is not None, enable_SMTPUTF8=True,
            auth_required=account is not None, authenticator=known, auth_require_tls=tls is not None,
        )  # fmt: skip

    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
    mails.port = server.sockets[0].getsockname()[1]
    try:
        yield mails
    finally:
        server.close()


@dataclass
class Posts:
    """What a web server was sent. `say`: status and headers of the next answers; 204 when there are none."""

    port: int = 0
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    say: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.taken.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        status, headers = self.say.pop(0) if self.say else (204, {})
        return web.Response(status=status, headers=headers, text=None if status == 204 else "not now")


@contextlib.asynccontextmanager
async def web_server() -> AsyncIterator[Posts]:
    """aiohttp on a port of its own."""
    posts = Posts()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", posts.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    posts.port = runner.addresses[0][1]
    try:
        yield posts
    finally:
        await runner.cleanup()


def mosquitto() -> str | None:
    """Where the broker is installed."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


@contextlib.asynccontextmanager
async def broker(directory: Path, *, account: tuple[str, str] | None, tls: bool) -> AsyncIterator[tuple[int, Path]]:
    """Mosquitto on a port of its own; its port, and the file to trust it by."""
    place, secret = certificate(directory)
    for _ in range(5):  # somebody may take the port before the broker does
        port = free_port()
        lines = [f"listener {port} 127.0.0.1", "user root", "persistence false", "log_dest stderr"]
        if tls:
            lines += [f"certfile {place}", f"keyfile {secret}"]
        if account is None:
            lines.append("allow_anonymous true")
        else:
            passwords = directory / "passwords"
            making = await asyncio.create_subprocess_exec(
                "mosquitto_passwd", "-b", "-c", str(passwords), *account, stderr=asyncio.subprocess.DEVNULL
            )
            await asyncio.wait_for(making.wait(), WAIT)
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        (directory / "broker.conf").write_text("\n".join(lines) + "\n")
        running = await asyncio.create_subprocess_exec(
            str(mosquitto()), "-c", str(directory / "broker.conf"), stderr=asyncio.subprocess.DEVNULL
        )
        if await _listens(running, port):
            break
    else:
        raise RuntimeError("no broker within five attempts")
    try:
        yield port, place
    finally:
        if running.returncode is None:
            running.terminate()
        await asyncio.wait_for(running.wait(), WAIT)


async def _listens(running: asyncio.subprocess.Process, port: int) -> bool:
    async with asyncio.timeout(WAIT):
        while running.returncode is None:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return True
            await asyncio.sleep(0.05)
    return False
