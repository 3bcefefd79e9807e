"""Pictures that devices send, kept in a directory that never grows beyond its bound: the oldest go first."""

import base64
import binascii
from pathlib import Path
from uuid import UUID

from commonsight.connect.viid.model import Image
from commonsight.connect.wire import jpeg

MAX_PICTURE = 4 * 1024 * 1024
LOW_WATER = 0.9
"""Share of the bound down to which old pictures are removed at once."""


class Images:
    """Call from one thread at a time.

    Args:
        most: bytes of all pictures together; 0: none is kept.
    """

    def __init__(self, directory: Path, most: int) -> None:
        self._directory = directory
        self._most = most
        self._sizes: dict[str, int] | None = None

    @property
    def wanted(self) -> bool:
        return self._most > 0

    @property
    def bytes(self) -> int:
        """What lies there now."""
        return sum(self._known().values())

    def keep(self, key: UUID, images: tuple[Image, ...]) -> list[str]:
        """Keep the pictures of one object; returns their file names. What is no whole JPEG is dropped."""
        names = []
        for number, image in enumerate(images):
            data = _decoded(image.data)
            if data is None or len(data) > self._most:
                continue
            name = f"{key.hex}-{number}.jpg"
            self._room(len(data))
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self._directory / name).write_bytes(data)
            self._known()[name] = len(data)
            names.append(name)
        return names

    def forget(self, names: list[str]) -> None:
        """Remove pictures by name."""
        for name in names:
            if self._known().pop(name, None) is not None:
                (self._directory / name).unlink(missing_ok=True)

    def _room(self, wanted: int) -> None:
        known = self._known()
        total = sum(known.values())
        if total + wanted <= self._most:
            return
        for name in sorted(known):  # names begin with a UUIDv7, so the oldest come first
            if total + wanted <= self._most * LOW_WATER:
                return
            total -= known.pop(name)
            (self._directory / name).unlink(missing_ok=True)

    def _known(self) -> dict[str, int]:
        if self._sizes is None:
            found = self._directory.glob("*.jpg") if self._directory.is_dir() else ()
            self._sizes = {path.name: path.stat().st_size for path in found}
        return self._sizes


def _decoded(text: str) -> bytes | None:
    if len(text) > MAX_PICTURE * 4 // 3 + 4:
        return None
    try:
        data = base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=False)
    except (binascii.Error, ValueError):
        return None
    whole = jpeg.whole(data)
    return None if whole is None else whole[0]
