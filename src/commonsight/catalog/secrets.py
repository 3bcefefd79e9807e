"""Passwords of cameras, encrypted at rest.

The key lies in `data_dir/secret.key` (mode 0600), apart from the database: a dump of the one without the other opens
nothing. Losing the key loses the passwords and nothing else; they are typed in again.
"""

from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from commonsight.problem import Refusal
from commonsight.records.keys import key_file

FILE = "secret.key"


class SecretBox:
    """Encrypts and decrypts with one key (Fernet: AES-128-CBC with HMAC-SHA-256)."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def __repr__(self) -> str:
        return "SecretBox(…)"

    def seal(self, secret: str) -> bytes:
        """The encrypted form, for the database."""
        return self.seal_bytes(secret.encode())

    def open(self, sealed: bytes) -> str:
        """The secret again.

        Raises:
            Refusal: `catalog.secret_unreadable` when it was sealed with another key.
        """
        try:
            return self.open_bytes(sealed).decode()
        except UnicodeDecodeError as error:
            raise Refusal("catalog.secret_unreadable", status=503, operand=FILE) from error

    def seal_bytes(self, secret: bytes) -> bytes:
        """Like `seal`, for what is no text: files that may hold passwords."""
        return self._fernet.encrypt(secret)

    def open_bytes(self, sealed: bytes) -> bytes:
        """What `seal_bytes` encrypted. Raises like `open`."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise Refusal("catalog.secret_unreadable", status=503, operand=FILE) from error


_installed: SecretBox | None = None


def install(data_dir: Path) -> None:
    """Use this installation's key in this process. Called before passwords are read or written; again does no harm."""
    global _installed  # like the key itself, there is one of it
    if _installed is None:
        _installed = secret_box(data_dir)


def installed() -> SecretBox:
    """This process's box.

    Raises:
        Refusal: `catalog.key_missing` when the process did not call `install`.
    """
    if _installed is None:
        raise Refusal("catalog.key_missing", status=503, operand=FILE)
    return _installed


def secret_box(data_dir: Path) -> SecretBox:
    """The box of this installation; makes the key the first time. Safe when several processes start at once.

    Raises:
        Refusal: `catalog.key_invalid` when the file holds no key.
    """
    path = data_dir / FILE
    key = key_file(path, Fernet.generate_key)
    try:
        return SecretBox(key)
    except ValueError as error:
        raise Refusal("catalog.key_invalid", status=503, operand=str(path), rule="32 bytes, URL-safe base64") from error
