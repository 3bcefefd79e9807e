"""A version of a dataset as one file that any tool reads: COCO JSON for each part, pictures beside it. Pure but for
the file it writes."""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from commonsight.analyze.scenes.model import SceneCard
from commonsight.analyze.training.model import Part, Sample

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""Time of every entry: the same content gives the same file, so that its hash names the version."""


def categories(kinds: Sequence[str], card: SceneCard | None) -> list[dict[str, Any]]:
    """One category for each kind of incident, numbered in the order of their codes."""
    names = {kind.code: kind.en for kind in card.incidents} if card is not None else {}
    return [
        {"id": place, "name": kind, "supercategory": names.get(kind, kind)}
        for place, kind in enumerate(sorted(set(kinds)), start=1)
    ]


def annotations(samples: Sequence[Sample], card: SceneCard | None) -> dict[str, Any]:
    """The COCO document of one part. Pictures of false alarms stand in it without a box: they teach what is none.

    Boxes are [x, y, width, height] in pixels. `label`, `camera`, `at` are ours; readers of COCO skip them.
    """
    kinds = categories([sample.incident for sample in samples], card)
    number = {kind["name"]: kind["id"] for kind in kinds}
    images: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    for place, sample in enumerate(samples, start=1):
        images.append(
            {
                "id": place, "file_name": f"pictures/{sample.sha256}.jpg", "width": sample.width,
                "height": sample.height, "date_captured": sample.at.isoformat(), "label": sample.label,
                "camera": str(sample.camera_id), "incident": str(sample.incident_id),
            }
        )  # fmt: skip
        if not sample.label:
            continue
        for x0, y0, x1, y1 in sample.boxes:
            left, top = x0 * sample.width, y0 * sample.height
            width, height = (x1 - x0) * sample.width, (y1 - y0) * sample.height
            boxes.append(
                {
                    "id": len(boxes) + 1, "image_id": place, "category_id": number[sample.incident], "iscrowd": 0,
                    "bbox": [round(left, 2), round(top, 2), round(width, 2), round(height, 2)],
                    "area": round(width * height, 2),
                }
            )  # fmt: skip
    return {
        "info": {"description": "Commonsight incidents"},
        "images": images,
        "annotations": boxes,
        "categories": kinds,
    }


def write(
    target: Path, chosen: Sequence[tuple[Sample, Part]], pictures: Mapping[str, Path], card: SceneCard | None,
    about: Mapping[str, Any],
) -> tuple[int, str]:  # fmt: skip
    """Write the file; returns its bytes and SHA-256. Samples without a picture stand in `samples.json` only.

    Raises:
        OSError: the disk, or a picture that is gone.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as file:
        _entry(file, "dataset.json", _json(about))
        _entry(file, "samples.json", _json([_plain(sample, part) for sample, part in chosen]))
        for part in Part:
            own = [sample for sample, each in chosen if each is part and sample.sha256 in pictures]
            _entry(file, f"annotations_{part.value}.json", _json(annotations(own, card)))
        for digest in sorted({sample.sha256 for sample, _ in chosen if sample.sha256 in pictures}):
            _entry(file, f"pictures/{digest}.jpg", pictures[digest].read_bytes())
    with target.open("rb") as made:
        return target.stat().st_size, hashlib.file_digest(made, "sha256").hexdigest()


def _entry(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    file.writestr(zipfile.ZipInfo(name, EPOCH), data)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _plain(sample: Sample, part: Part) -> dict[str, Any]:
    return {
        "incident": str(sample.incident_id), "camera": str(sample.camera_id), "kind": sample.incident,
        "label": sample.label, "at": sample.at.isoformat(), "first": dict(sample.first), "part": part.value,
        "picture": sample.sha256 or None,
    }  # fmt: skip
