"""Keys of this installation: each in a file of its own in the data directory, apart from the database."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path


def key_file(path: Path, make: Callable[[], bytes]) -> bytes:
    """What the file holds; made the first time, mode 0600. Safe when several processes start at once.

    Args:
        make: gives a new key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.{os.getpid()}")
        scratch.unlink(missing_ok=True)
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link never replaces: of two processes that start together, one makes the key and both read it.
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(scratch)
        finally:
            scratch.unlink()
    return path.read_bytes().strip()
