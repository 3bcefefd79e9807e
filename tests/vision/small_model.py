"""A made-up detector in the published form, a few hundred bytes long, that finds bright places.

One convolution at stride 8 turns brightness into a score for class 0 and into even distances, read by the NanoDet head.
"""

import hashlib
import io
import tarfile
from dataclasses import dataclass

import numpy as np

from commonsight.vision import cards, tfjs
from commonsight.vision.cards import Head, Input, Member, ModelCard, Source, Weights
from commonsight.vision.convert import convert

from .tfjs_documents import model, node

BINS = 3


@dataclass(frozen=True)
class Small:
    """The card, the package that holds the model, and the ONNX file it becomes."""

    card: ModelCard
    document: bytes
    weights: bytes
    onnx: bytes

    def archive(self, **replaced: bytes) -> bytes:
        """The npm package; files can be replaced by keyword (`json`, `bin`)."""
        files = {
            "package/models/small.json": replaced.get("json", self.document),
            "package/models/small.bin": replaced.get("bin", self.weights),
            "package/LICENSE": b"Made for tests.",
            "package/other.txt": b"not wanted",
        }
        return archive_of(files)


def archive_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def small_model() -> Small:
    kernel = np.zeros((8, 8, 3, 2 + 4 * BINS), np.float32)
    kernel[..., 0] = 1 / (8 * 8 * 3)
    nodes = [
        node("t", "Transpose", ["x", "in"]),
        node("c", "Conv2D", ["t", "k"], strides=[1, 8, 8, 1], padding="VALID"),
        node("u", "Transpose", ["c", "back"]),
        node("s", "SplitV", ["u", "sizes", "axis"]),
        node("a", "Reshape", ["s", "rows2"]),
        node("b", "Reshape", ["s:1", "rows12"]),
        node("scores", "Transpose", ["a", "last"]),
        node("distances", "Transpose", ["b", "last"]),
    ]
    constants = {
        "in": np.array([0, 2, 3, 1]),
        "back": np.array([0, 3, 1, 2]),
        "k": kernel,
        "sizes": np.array([2, 4 * BINS]),
        "axis": np.array(1),
        "rows2": np.array([1, 2, -1]),
        "rows12": np.array([1, 4 * BINS, -1]),
        "last": np.array([0, 2, 1]),
    }
    document, weights = model((1, 3, 64, 64), nodes, constants, ("scores", "distances"))
    onnx = convert(tfjs.read(document, weights), free_size=True).SerializeToString()
    real = cards.card("nanodet-coco-416")
    card = real.model_copy(
        update={
            "name": "small",
            "labels": ("person", "car"),
            "exclusive": (("person", "car"),),
            "source": Source(
                registry="npm",
                package="small",
                version="1.0.0",
                bytes=4096,
                homepage="https://example.org",
                members=(
                    Member(path="models/small.json", sha256=hashlib.sha256(document).hexdigest()),
                    Member(path="models/small.bin", sha256=hashlib.sha256(weights).hexdigest()),
                ),
            ),
            "weights": Weights(made_from="tfjs", sha256=hashlib.sha256(onnx).hexdigest()),
            "input": Input(
                name="x", width=64, height=64, multiple=8, colour="BGR", mean=(0, 0, 0), std=(255, 255, 255)
            ),
            "head": Head(kind="nanodet", strides=(8,), scores=("scores",), distances=("distances",), bins=BINS),
        }
    )
    return Small(card, document, weights, onnx)
