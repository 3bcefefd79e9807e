"""What lies beside the database and belongs into a backup: keys, the server's password, the certificate."""

import base64
import contextlib
import io
import os
import tarfile
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from commonsight.problem import Refusal

PLAIN, SEALED = "keys.tar", "keys.tar.sealed"
FILE_MOST: Final = 1_000_000
NOT_KEPT: Final = ("postgres.lock", "postgres.made", "postgres.location", "postgres.start.log", "first-password")
FOLDERS: Final = ("tls", "keys")
_SALT_BYTES: Final = 16


def pack(data_dir: Path, part: Path, passphrase: str | None) -> bool:
    """Put the small files beside the database into the backup, readable for us alone; True when they are encrypted."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in _kept(data_dir):
            tar.add(path, str(path.relative_to(data_dir)), recursive=False)
    content = buffer.getvalue()
    if passphrase is not None:
        salt = os.urandom(_SALT_BYTES)
        content = salt + _box(passphrase, salt).encrypt(content)
    path = part / (PLAIN if passphrase is None else SEALED)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return passphrase is not None


def unpack(place: Path, passphrase: str | None) -> dict[str, bytes]:
    """Names and contents of the files in a backup.

    Raises:
        Refusal: `records.backup_sealed` without the right passphrase, `records.backup_broken`.
    """
    try:
        if (place / SEALED).is_file():
            if passphrase is None:
                raise Refusal("records.backup_sealed", rule="passphrase", operand="--passphrase-file")
            sealed = (place / SEALED).read_bytes()
            content = _box(passphrase, sealed[:_SALT_BYTES]).decrypt(sealed[_SALT_BYTES:])
        else:
            content = (place / PLAIN).read_bytes()
        found: dict[str, bytes] = {}
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            for member in tar:
                parts = Path(member.name).parts
                if member.isfile() and not member.name.startswith("/") and ".." not in parts:
                    file = tar.extractfile(member)
                    assert file is not None
                    found[member.name] = file.read()
    except InvalidToken as error:
        raise Refusal("records.backup_sealed", rule="passphrase", operand="--passphrase-file") from error
    except (OSError, tarfile.TarError, EOFError) as error:
        raise Refusal("records.backup_broken", operand=str(place), reason=str(error)) from error
    return found


def put_back(files: dict[str, bytes], data_dir: Path, mark: str) -> list[str]:
    """Write files that are missing or differ; what differs is kept beside under `mark`. Returns what was written."""
    written: list[str] = []
    for name, content in files.items():
        path = data_dir / name
        with contextlib.suppress(FileNotFoundError):
            if path.read_bytes() == content:
                continue
            path.rename(path.with_name(f"{path.name}.before-{mark}"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        written.append(name)
    return written


def _kept(data_dir: Path) -> list[Path]:
    places = [data_dir, *(data_dir / name for name in FOLDERS)]
    return sorted(
        path
        for place in places
        if place.is_dir()
        for path in place.iterdir()
        if path.is_file()
        and not path.is_symlink()
        and path.stat().st_size <= FILE_MOST
        and path.name not in NOT_KEPT
        and ".before-" not in path.name
    )


def _box(passphrase: str, salt: bytes) -> Fernet:
    key = Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode())
    return Fernet(base64.urlsafe_b64encode(key))
