"""One recorded file: written so that whatever is on the disk can be played, read back without a database.

    ftyp moov       what a browser needs before the first picture
    uuid            `About` as JSON: which camera, since when; players pass over it
    (moof mdat)*    one picture, or one piece of sound, each: the fragments that live viewers get

A file that is being written is called `*.part`. It gets its name when it is whole and on the disk. One that a killed
process left is whole up to its last fragment: `recovered` cuts off what is beyond and gives it its name.
"""

import hashlib
import json
import mmap
import os
import struct
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from commonsight.connect.model import TICKS_PER_SECOND
from commonsight.media.fmp4 import Head, read_head

PART: Final = ".part"
ENDING: Final = ".mp4"
ABOUT_MAX: Final = 4_096
MOOV_MAX: Final = 1_000_000
"""Largest box in front of the pictures that is believed, bytes."""
_BOX: Final = struct.Struct(">I4s")
_MARK: Final = UUID("6f1c7d0e-6b43-4c8e-9a52-3f7a0d9b51e4").bytes
"""What tells our box from anybody else's."""


class SegmentError(ValueError):
    """A file that is no segment of ours, or holds no whole picture. The text says why."""


@dataclass(frozen=True, slots=True)
class About:
    """What a segment says of itself. `start`: when its first picture came, UTC."""

    camera: UUID
    start: datetime
    mime: str
    codec: str
    width: int
    height: int
    sound: bool
    kind: str
    plan: UUID | None = None
    keep_days: int = 30

    def box(self) -> bytes:
        """The box that holds it."""
        fields = asdict(self) | {
            "camera": str(self.camera),
            "start": self.start.astimezone(UTC).isoformat(),
            "plan": None if self.plan is None else str(self.plan),
        }
        body = json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()
        return _BOX.pack(24 + len(body), b"uuid") + _MARK + body

    @classmethod
    def of(cls, body: bytes) -> "About":
        """Raises SegmentError."""
        try:
            fields = json.loads(body)
            plan = fields.pop("plan")
            fields |= {
                "camera": UUID(fields["camera"]),
                "start": datetime.fromisoformat(fields["start"]),
                "plan": None if plan is None else UUID(plan),
            }
            made = cls(**fields)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SegmentError(f"about: {error}") from error
        if made.start.tzinfo is None:
            raise SegmentError("about: the start has no zone")
        return made


@dataclass(frozen=True, slots=True)
class Piece:
    """Where one fragment lies in its file."""

    at: int
    head: Head


@dataclass(frozen=True, slots=True)
class Segment:
    """A file that was read. `init`: `ftyp` and `moov`. `pieces`: pictures and sound in the order they were written.
    `end`: where the last whole fragment ends; `size`: of the file."""

    path: Path
    about: About
    init: bytes
    pieces: tuple[Piece, ...]
    end: int
    size: int

    @property
    def pictures(self) -> list[Piece]:
        return [piece for piece in self.pieces if not piece.head.sound]

    @property
    def seconds(self) -> float:
        """From the first picture to the end of the last."""
        last = self.pictures[-1].head
        return (last.decode_time + last.duration) / TICKS_PER_SECOND

    @property
    def span(self) -> tuple[datetime, datetime]:
        return self.about.start, self.about.start + timedelta(seconds=self.seconds)

    def group_before(self, moment: datetime) -> int:
        """Index among the pieces of the last keyframe that is not later than `moment`; the first one otherwise."""
        ticks = (moment - self.about.start).total_seconds() * TICKS_PER_SECOND
        found = 0
        for index, piece in enumerate(self.pieces):
            if piece.head.sound:
                continue
            if piece.head.decode_time > ticks and index:
                break
            if piece.head.keyframe:
                found = index
        return found

    def group_after(self, moment: datetime) -> int:
        """Index of the first keyframe that is not earlier than `moment`; their number when there is none."""
        ticks = (moment - self.about.start).total_seconds() * TICKS_PER_SECOND
        for index, piece in enumerate(self.pieces):
            if piece.head.keyframe and not piece.head.sound and piece.head.decode_time >= ticks:
                return index
        return len(self.pieces)


def read(path: Path) -> Segment:
    """Read what a file holds, without its pictures.

    Raises:
        SegmentError: it is none of ours, or holds no picture.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise SegmentError("empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data, memoryview(data) as view:
            return _walk(path, view, size)


def _walk(path: Path, view: memoryview, size: int) -> Segment:
    at, init_end, about = 0, 0, None
    while about is None:
        if at + _BOX.size > size:
            raise SegmentError("cut off in front of the first picture")
        length, name = _BOX.unpack_from(view, at)
        if not _BOX.size <= length <= MOOV_MAX or at + length > size:
            raise SegmentError(f"a box of {length} bytes at {at}")
        if name == b"uuid" and bytes(view[at + 8 : at + 24]) == _MARK and length <= ABOUT_MAX:
            about = About.of(bytes(view[at + 24 : at + length]))
            init_end = at
        elif name not in (b"ftyp", b"moov"):
            raise SegmentError(f"a box {name!r} at {at}")
        at += length
    pieces = []
    while (head := read_head(view, at)) is not None and at + head.size <= size:
        pieces.append(Piece(at, head))
        at += head.size
    if not any(not piece.head.sound for piece in pieces):
        raise SegmentError("no whole picture")
    return Segment(path, about, bytes(view[:init_end]), tuple(pieces), at, size)


@dataclass(frozen=True, slots=True)
class Closed:
    """A segment that is whole and on the disk under its name."""

    path: Path
    about: About
    ends: datetime
    size: int
    sha256: bytes


class Writer:
    """Writes one segment. Every method waits for the disk, so it is called from a thread. Raises OSError."""

    def __init__(self, path: Path, about: About, init: bytes) -> None:
        self.path = path
        self._about = about
        self._part = path.with_name(path.name + PART)
        self._part.parent.mkdir(parents=True, exist_ok=True)
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._file = self._part.open("wb", buffering=0)
        self.write(init + about.box())

    def write(self, data: bytes) -> None:
        """Append whole fragments."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self._digest.update(data)
        self._bytes += len(data)

    def close(self, ends: datetime) -> Closed:
        """Bring it to the disk and give it its name."""
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.rename(self.path)
        sync_directory(self.path.parent)
        return Closed(self.path, self._about, ends, self._bytes, self._digest.digest())

    def give_up(self) -> None:
        """Leave what is there to `recovered`."""
        self._file.close()


def recovered(part: Path) -> Closed | None:
    """Give a file that a killed process left its name, without what was not whole; None: it held nothing and is gone.

    Raises OSError.
    """
    path = part.with_name(part.name.removesuffix(PART))
    try:
        found = read(part)
    except SegmentError:
        part.unlink()
        return None
    with part.open("r+b") as file:
        file.truncate(found.end)
        os.fsync(file.fileno())
    part.rename(path)
    sync_directory(path.parent)
    return closed(path)


def closed(path: Path) -> Closed:
    """What a file under its name is, read anew. Raises SegmentError, OSError."""
    found = read(path)
    if found.end != found.size:
        raise SegmentError(f"{found.size - found.end} bytes behind the last whole fragment")
    return Closed(path, found.about, found.span[1], found.size, digest_of(path))


def digest_of(path: Path) -> bytes:
    """SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def sync_directory(directory: Path) -> None:
    """Bring a directory's entries to the disk: without that a name may be lost with the power."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def place(root: Path, node: str, camera: UUID, start: datetime) -> Path:
    """Where a segment lies: `<root>/<node>/<day>/<camera>/<time>.mp4`, UTC."""
    utc = start.astimezone(UTC)
    return root / node / f"{utc:%Y%m%d}" / str(camera) / f"{utc:%H%M%S.%f}{ENDING}"
