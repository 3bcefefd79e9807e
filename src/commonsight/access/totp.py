"""Codes of an authenticator (TOTP, RFC 6238) and the recovery codes that stand in for it: no input or output.

SHA-1, six digits, thirty seconds: what every authenticator app understands. The keyed hash is not weakened by what is
known against SHA-1.
"""

import base64
import hmac
import secrets
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from commonsight.access.model import digest, new_one_time_password

SECRET_BYTES: Final = 20
DIGITS: Final = 6
STEP_SECONDS: Final = 30
DRIFT_STEPS: Final = 1
"""Steps a telephone's clock may be off, either way."""

RECOVERY_CODES: Final = 10
CODE_LONGEST: Final = 40
"""Longest code that is looked at, characters."""


def new_secret() -> bytes:
    """160 random bits."""
    return secrets.token_bytes(SECRET_BYTES)


def spelled(secret: bytes) -> str:
    """The secret as a person types it into an app: base32."""
    return base64.b32encode(secret).decode().rstrip("=")


def address(secret: bytes, name: str, issuer: str) -> str:
    """The `otpauth://` address that an app reads from a QR code."""
    return _totp(secret).get_provisioning_uri(name, issuer)


def code_at(secret: bytes, now: datetime) -> str:
    """The six digits of this moment."""
    return _totp(secret).generate(int(now.timestamp())).decode()


def step_of(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """The time step a code belongs to; None when it is wrong, too old, or of a step that was used already."""
    said = "".join(code.split())
    if len(said) != DIGITS or not said.isascii() or not said.isdigit():
        return None
    present, totp, found = int(now.timestamp()) // STEP_SECONDS, _totp(secret), None
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        # Every step is compared, so that time does not tell which one fits.
        if hmac.compare_digest(totp.generate(max(step, 0) * STEP_SECONDS), said.encode()) and step > last_step:
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes to write down: 77 random bits each, so that one plain hash is enough to keep them by."""
    return [new_one_time_password() for _ in range(RECOVERY_CODES)]


def recovery_digest(code: str) -> bytes:
    """What is kept of a recovery code; case and spaces do not count."""
    return digest("".join(code.split()).lower())


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303
