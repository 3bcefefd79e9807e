"""Certificates of exports: what was handed out, signed, and how anybody checks one without us.

A certificate is JSON. What is signed (Ed25519, RFC 8032) are the canonical bytes (RFC 8785) of its `certificate`. The
digests in it (SHA-256 and SM3) say which files it speaks of; the key in it says who signed, and is worth what the
reader knows of that key: an API route publishes the keys of a platform.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from commonsight.problem import Refusal
from commonsight.records.canonical import canonical
from commonsight.records.keys import key_file

FORMAT: Final = "commonsight-export-certificate/1"
KEY_FILE: Final = "export-signing.key"
CERTIFICATE_MAX: Final = 20_000_000
"""Largest certificate read, bytes."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Digests:
    """Of one file. Hexadecimal."""

    sha256: str
    sm3: str
    size: int


class Signer:
    """Signs with the installation's own key, which is made at the first use and never leaves the data directory."""

    def __init__(self, data_dir: Path) -> None:
        kept = key_file(data_dir / KEY_FILE, _made)
        self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept.decode()))

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, said: dict[str, Any]) -> dict[str, Any]:
        """A certificate that says `said`. Raises ValueError when it has no canonical form."""
        body = {"format": FORMAT, **said}
        return {
            "certificate": body,
            "signature": {
                "algorithm": "Ed25519",
                "key": base64.b64encode(self.public).decode(),
                "value": base64.b64encode(self._key.sign(canonical(body))).decode(),
            },
        }


def _made() -> bytes:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex().encode()


@dataclass(frozen=True, slots=True)
class Checked:
    """What a certificate says, once its signature has held. `key`: base64 of who signed."""

    body: dict[str, Any]
    key: str


def check(document: Any, trusted: str | None = None) -> Checked:
    """The certificate in `document`, when its signature holds.

    Args:
        trusted: base64 of the key that must have signed; None: any.

    Raises:
        Refusal: `media.certificate_invalid` (not one of ours), `media.certificate_forged` (the signature does not
            hold), `media.certificate_other_key`.
    """
    try:
        body, signature = document["certificate"], document["signature"]
        key, value = (
            base64.b64decode(signature["key"], validate=True),
            base64.b64decode(signature["value"], validate=True),
        )
        if body["format"] != FORMAT or signature["algorithm"] != "Ed25519" or not isinstance(body["files"], list):
            raise ValueError(f"format {body['format']!r}")
        public, signed = Ed25519PublicKey.from_public_bytes(key), canonical(body)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise Refusal("media.certificate_invalid", status=422, reason=str(error)[:200]) from error
    try:
        public.verify(value, signed)
    except InvalidSignature:
        raise Refusal("media.certificate_forged", status=422, operand="signature") from None
    name = base64.b64encode(key).decode()
    if trusted is not None and trusted.strip() != name:
        raise Refusal("media.certificate_other_key", status=422, operand="key", expected=trusted.strip(), actual=name)
    return Checked(body, name)


def check_file(checked: Checked, path: Path) -> dict[str, Any]:
    """What the certificate says of this very file.

    Raises:
        Refusal: `media.certificate_other_file`: its digest is none of those certified.
        OSError: the file cannot be read.
    """
    found = digests(path)
    for one in checked.body["files"]:
        if isinstance(one, dict) and one.get("sha256") == found.sha256 and one.get("sm3") == found.sm3:
            return one
    raise Refusal(
        "media.certificate_other_file", status=422, rule="SHA-256 and SM3", operand=path.name,
        expected=", ".join(str(one.get("sha256")) for one in checked.body["files"] if isinstance(one, dict)),
        actual=found.sha256,
    )  # fmt: skip


def read(path: Path) -> Any:
    """A certificate's JSON. Raises Refusal `media.certificate_invalid`, OSError."""
    with path.open("rb") as file:
        data = file.read(CERTIFICATE_MAX + 1)
    try:
        if len(data) > CERTIFICATE_MAX:
            raise ValueError(f"more than {CERTIFICATE_MAX} bytes")
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Refusal("media.certificate_invalid", status=422, reason=str(error)[:200]) from error


def digests(path: Path) -> Digests:
    """SHA-256 and SM3 (GB/T 32905) of a file. Raises OSError."""
    with path.open("rb") as file:
        return _digests(file)


def _digests(file: BinaryIO) -> Digests:
    sha256, sm3, size = hashlib.sha256(), hashes.Hash(hashes.SM3()), 0
    while chunk := file.read(_CHUNK):
        sha256.update(chunk)
        sm3.update(chunk)
        size += len(chunk)
    return Digests(sha256.hexdigest(), sm3.finalize().hex(), size)
