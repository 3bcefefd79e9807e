"""What somebody broke by hand: orders to single virtual cameras, kept in a file of the world's data directory.

A file and no port: who may write into the data directory may break the demo, nobody needs a password for it, an order
given while the world is down is obeyed when it comes up, and it survives every restart until it is taken back.
"""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog

from commonsight.problem import Refusal

ORDERS_MOST: Final = 10_000
BYTES_MOST: Final = 1024 * 1024

log = structlog.get_logger(__name__)


class Harm(StrEnum):
    """Ways to break a virtual camera."""

    REFUSED = "refused"  # nothing listens where it was
    HUNG = "hung"  # takes the connection and never says a word
    NO_VIDEO = "no_video"  # agrees to play, sends nothing
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - its password is no longer the one on file
    BLACK = "black"
    FROZEN = "frozen"
    BLURRED = "blurred"
    COVERED = "covered"

    @property
    def spoils_picture(self) -> bool:
        """Whether the camera still plays, and only its picture is bad."""
        return self in {Harm.BLACK, Harm.FROZEN, Harm.BLURRED, Harm.COVERED}


Orders = Mapping[str, Harm | None]
"""By the camera's path on the virtual server (`fleet/12`, `watch/street`). None: it was mended of what its seed gave
it."""


class Book:
    """The orders on disk. Commands write it, the world reads it; one writer at a time."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "simulate" / "damage.json"
        self._seen: tuple[int, int] | None = None

    def read(self) -> dict[str, Harm | None]:
        """All orders. What cannot be understood is left out with a line in the log: the world must not fall over it."""
        try:
            with self.path.open("rb") as file:
                data = file.read(BYTES_MOST + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            log.warning("damage_not_readable", reason=error.strerror)
            return {}
        try:
            document = json.loads(data) if len(data) <= BYTES_MOST else None
        except ValueError:
            document = None
        if not isinstance(document, dict):
            log.warning("damage_not_understood", path=str(self.path))
            return {}
        known = {str(harm): harm for harm in Harm}
        found: dict[str, Harm | None] = {}
        for camera, how in list(document.items())[:ORDERS_MOST]:
            if how is None or how in known:
                found[camera] = None if how is None else known[how]
            else:
                log.warning("damage_unknown", camera=camera, how=str(how)[:40])
        return found

    def changes(self) -> dict[str, Harm | None] | None:
        """All orders when the file is another than at the last call, else None."""
        try:
            status = self.path.stat()
            seen = (status.st_mtime_ns, status.st_ino)
        except OSError:
            seen = (0, 0)
        if seen == self._seen:
            return None
        self._seen = seen
        return self.read()

    def order(self, camera: str, how: Harm | None) -> None:
        """Break a camera, or (None) keep it well whatever its seed says. Raises `Refusal` simulate.damage_most."""
        with self._held() as orders:
            if camera not in orders and len(orders) >= ORDERS_MOST:
                raise Refusal("simulate.damage_most", operand="orders", expected=ORDERS_MOST, actual=len(orders) + 1)
            orders[camera] = how

    def forget(self, camera: str) -> None:
        """Take an order back: the camera is again as its seed made it."""
        with self._held() as orders:
            orders.pop(camera, None)

    @contextmanager
    def _held(self) -> Iterator[dict[str, Harm | None]]:
        """The orders to change; written back whole, or not at all, when the block ends."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            orders = self.read()
            yield orders
            fresh = self.path.with_suffix(".new")
            fresh.write_text(json.dumps(dict(sorted(orders.items())), indent=1), "utf-8")
            fresh.replace(self.path)
