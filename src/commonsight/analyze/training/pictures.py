"""Pictures to learn from: copies of evidence that faces and plates were taken out of, kept by their hash."""

import hashlib
import re
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def place_of(data_dir: Path) -> Path:
    """Where training keeps its files: `pictures` and `datasets`."""
    return data_dir / "training"


def path_of(place: Path, digest: str) -> Path | None:
    """Where a picture lies; None for what is no digest."""
    return place / "pictures" / digest[:2] / f"{digest}.jpg" if _DIGEST.fullmatch(digest) else None


def keep(place: Path, data: bytes) -> tuple[str, tuple[int, int]]:
    """Keep a JPEG; returns its SHA-256 and its width and height. The same picture twice is one file.

    Raises:
        OSError: the disk, or not a JPEG.
    """
    with Image.open(BytesIO(data), formats=["JPEG"]) as opened:
        size = opened.size
    digest = hashlib.sha256(data).hexdigest()
    path = path_of(place, digest)
    assert path is not None
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(".part")
        part.write_bytes(data)
        part.replace(path)
    return digest, size


def dataset_path(place: Path, name: str) -> Path:
    """Where the file of a dataset lies."""
    return place / "datasets" / name


def decoded(path: Path) -> NDArray[np.uint8] | None:
    """A kept picture as detectors take it: uint8 (height, width, 3), blue first; None when it is gone."""
    try:
        with Image.open(path, formats=["JPEG"]) as opened:
            return np.ascontiguousarray(np.asarray(opened.convert("RGB"))[:, :, ::-1])
    except OSError:
        return None
