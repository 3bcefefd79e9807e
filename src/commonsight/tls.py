"""TLS of our own servers: their context, the rule that nothing goes out in clear, a certificate for a trial."""

import contextlib
import ipaddress
import os
import re
import socket
import ssl
import stat
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from commonsight.problem import Refusal
from commonsight.settings import Tls

DAYS: Final = 397
"""Browsers refuse certificates that are valid for longer."""
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9*_-][A-Za-z0-9._-]{0,252}")
EVERYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not bound


def refuse_exposed(setting: str, host: str, tls: Tls) -> None:
    """Let a server listen in clear only where nobody else hears it.

    Args:
        setting: the host's name in the configuration, for the message.

    Raises:
        Refusal: `tls.missing` for a host beyond this machine without a certificate and without a proxy in front.
    """
    if tls.on or tls.behind_proxy or _is_loopback(host):
        return
    raise Refusal(
        "tls.missing",
        rule="beyond this machine only over TLS",
        operand=setting,
        expected="tls.certificate and tls.key, or tls.behind_proxy",
        actual=host,
    )


def context_of(tls: Tls) -> ssl.SSLContext | None:
    """The context of our servers, TLS 1.2 and newer; None without a certificate.

    Raises:
        Refusal: `tls.unreadable` naming the file, `tls.key_open` when others may read the key.
    """
    if tls.certificate is None or tls.key is None:
        return None
    try:
        if tls.key.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            raise Refusal("tls.key_open", rule="readable for us alone", operand="tls.key", actual=str(tls.key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise Refusal(
            "tls.unreadable",
            rule="PEM, and the key of this certificate",
            operand="tls.certificate, tls.key",
            actual=f"{tls.certificate}, {tls.key}",
            reason=str(error),
        ) from error
    return context


def self_signed(place: Path, names: Sequence[str], now: datetime) -> tuple[Path, Path]:
    """Make a certificate that signs itself, for a trial: browsers warn until it is trusted by hand.

    Args:
        place: directory for `certificate.pem` and `key.pem` (mode 0600); made if need be.
        names: host names and addresses it is good for.

    Raises:
        Refusal: `tls.name_invalid`, `tls.present` when there is a key already.
    """
    alternatives: list[x509.GeneralName] = []
    for name in names:
        try:
            alternatives.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            alternatives.append(x509.DNSName(_host_name(name)))
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    place.mkdir(parents=True, exist_ok=True)
    chain, secret = place / "certificate.pem", place / "key.pem"
    try:
        handle = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Refusal("tls.present", rule="nothing is overwritten", operand="--to", actual=str(secret)) from error
    with os.fdopen(handle, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return chain, secret


def _host_name(name: str) -> str:
    try:
        ascii_name = name.encode("idna").decode()
    except UnicodeError:
        ascii_name = ""
    if not _HOST_NAME.fullmatch(ascii_name):
        raise Refusal("tls.name_invalid", rule="a host name or address", operand="name", actual=name[:100])
    return ascii_name


def own_names() -> list[str]:
    """What this machine is called: loopback, its name, and the addresses the name stands for."""
    name = socket.gethostname()
    found = ["localhost", "127.0.0.1", "::1", name]
    with contextlib.suppress(OSError):
        found += [str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(name, None)]
    return list(_once(found))


def _once(names: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(names)


def _is_loopback(host: str) -> bool:
    if host in EVERYWHERE:
        return False
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
