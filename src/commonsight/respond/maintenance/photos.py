"""Photos of repairs: taken apart and put together anew, so that what is kept is a picture and nothing else.

A phone writes where a photo was taken into it. That is a person's whereabouts, so it goes unless whoever took the photo
wants it kept; so does everything else a file can carry beside a picture.
"""

import asyncio
import io
import os
import warnings
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from PIL import Image, ImageOps

from commonsight.problem import Refusal
from commonsight.settings import Maintenance

PHOTOS_MOST: Final = 6
SIDE_MOST: Final = 1_920
"""Pixels of the longer side: a name plate is legible, an order stays below a few megabytes."""

PIXELS_MOST: Final = 50_000_000
GPS: Final = 0x8825
"""The EXIF directory that says where."""

KINDS: Final = {"JPEG": "image/jpeg", "PNG": "image/png"}


def folder(data_dir: Path) -> Path:
    """Where photos lie."""
    return data_dir / "maintenance" / "photos"


def place(data_dir: Path, digest: bytes) -> Path:
    """Where the photo with this content lies."""
    name = digest.hex()
    return folder(data_dir) / name[:2] / name


@dataclass(frozen=True, slots=True)
class Made:
    """A photo as it is kept."""

    content: bytes
    digest: bytes
    kind: str
    width: int
    height: int


async def clean_elsewhere(said: bytes, settings: Maintenance, *, located: bool) -> Made:
    """`clean` in a thread: it takes tenths of a second."""
    return await asyncio.to_thread(clean, said, settings, located=located)


def clean(said: bytes, settings: Maintenance, *, located: bool) -> Made:
    """The photo as it is kept: upright, not larger than needed, without what a file can carry beside a picture.

    Args:
        located: where it was taken may stay in it.

    Raises:
        Refusal: `respond.photo_large` (413), `respond.photo_kind` (415) for what is neither JPEG nor PNG (HEIC too),
            `respond.photo_broken` (422).
    """
    if len(said) > settings.photo_bytes:
        raise Refusal(
            "respond.photo_large", status=413, rule="maintenance.photo_bytes", operand="photo",
            expected=settings.photo_bytes, actual=len(said),
        )  # fmt: skip
    kind = _kind(said)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata, which does not stay
            with Image.open(io.BytesIO(said), formats=tuple(KINDS)) as opened:
                if opened.width * opened.height > PIXELS_MOST:
                    raise Refusal(
                        "respond.photo_large", status=413, rule="pixels", operand="photo", expected=PIXELS_MOST,
                        actual=opened.width * opened.height,
                    )  # fmt: skip
                exif = opened.getexif()
                where = dict(exif.get_ifd(GPS)) if located else {}
                upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Refusal(
            "respond.photo_broken", status=422, rule="a whole picture", operand="photo", actual=type(error).__name__
        ) from error
    upright.thumbnail((SIDE_MOST, SIDE_MOST))
    kept = Image.Exif()
    if where:
        kept.get_ifd(GPS).update(where)
    out = io.BytesIO()
    upright.save(out, "JPEG" if kind == "JPEG" else "PNG", quality=85, exif=kept.tobytes() if where else b"")
    content = out.getvalue()
    return Made(content, sha256(content).digest(), KINDS[kind], upright.width, upright.height)


def _kind(said: bytes) -> str:
    if said[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if said[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    heic = said[4:8] == b"ftyp" and said[8:12] in (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")
    raise Refusal(
        "respond.photo_heic" if heic else "respond.photo_kind", status=415, rule="JPEG or PNG", operand="photo",
        expected=list(KINDS.values()), actual="HEIC" if heic else said[:4].hex(),
    )  # fmt: skip


def keep(data_dir: Path, photo: Made) -> None:
    """Write a photo under its own digest, whole or not at all."""
    target = place(data_dir, photo.digest)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        part.write_bytes(photo.content)
        part.replace(target)


def forget(data_dir: Path, digest: bytes) -> None:
    """Drop a photo that no order has any more."""
    place(data_dir, digest).unlink(missing_ok=True)


def read(data_dir: Path, digest: bytes, photo_id: UUID) -> bytes:
    """A photo's bytes.

    Raises:
        Refusal: `respond.photo_gone` (410): the file is not there, or is not what was kept.
    """
    try:
        found = place(data_dir, digest).read_bytes()
    except OSError:
        found = b""
    if sha256(found).digest() != digest:
        raise Refusal("respond.photo_gone", status=410, operand="photo", actual=str(photo_id))
    return found
