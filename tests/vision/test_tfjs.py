"""Reading TensorFlow.js graph models."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.vision import tfjs
from commonsight.vision.convert import convert

from .tfjs_documents import model, node


def small(**changes):
    kernel = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
    document, weights = model(
        (1, 4, 4, 2),
        [node("out", "Conv2D", ["x", "k"], strides=[1, 1, 1, 1], padding="VALID")],
        {"k": kernel, "i": np.array([1, -2, 3])},
    )
    return json.dumps(json.loads(document) | changes).encode(), weights


def test_it_reads_nodes_constants_and_ports():
    graph = tfjs.read(*small())
    assert [port.name for port in graph.inputs] == ["x"]
    assert graph.inputs[0].shape == (1, 4, 4, 2)
    assert [port.name for port in graph.outputs] == ["out"]
    assert graph.constants["i"].tolist() == [1, -2, 3]
    conv = next(item for item in graph.nodes if item.op == "Conv2D")
    assert conv.attributes == {"strides": [1, 1, 1, 1], "padding": "VALID"}


def test_float16_weights_come_back_as_float32():
    values = np.array([0.1, -2.5, np.inf], dtype=np.float32)
    graph = tfjs.read(*model((1,), [], {"k": values}, ["x"], half=True))
    assert graph.constants["k"].dtype == np.float32
    assert graph.constants["k"].tolist() == values.astype(np.float16).astype(np.float32).tolist()


@pytest.mark.parametrize(("stored", "dtype"), [("uint8", "u1"), ("uint16", "<u2")])
@pytest.mark.parametrize("kind", ["float32", "int32"])
def test_affine_weights_are_scaled_back(stored, dtype, kind):
    raw = np.array([0, 1, 200], dtype=dtype)
    quantization = {"dtype": stored, "scale": 0.5, "min": -3.0}
    entry = {"name": "k", "shape": [3], "dtype": kind, "quantization": quantization}
    document, _ = small(weightsManifest=[{"paths": ["a"], "weights": [entry]}], modelTopology={"node": []})
    values = tfjs.read(document, raw.tobytes()).constants["k"]
    assert values.dtype == kind
    assert values.tolist() == ([-3, -2, 97] if kind == "int32" else [-3.0, -2.5, 97.0])


def test_nodes_come_after_what_they_read_and_control_edges_are_dropped():
    nodes = [node("out", "Add", ["b", "b", "^x"]), node("b", "Identity", ["x"]), node("x", "Placeholder")]
    graph = tfjs.read(*small(modelTopology={"node": nodes}))
    assert [item.name for item in graph.nodes] == ["x", "b", "out"]
    assert graph.nodes[2].inputs == ("b", "b")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": "layers-model"}, "graph-model"),
        ({"modelTopology": {"node": [node("a", "Identity", ["b"]), node("b", "Identity", ["a"])]}}, "cycle"),
        ({"modelTopology": {"node": [node("a", "Identity", ["gone"])]}}, "'gone'"),
        ({"modelTopology": {"node": [node("a", "Const"), node("a", "Const")]}}, "'a' has no weights"),
        ({"modelTopology": {"node": [node("k", "Const"), node("k", "Const")]}}, "share a name"),
        ({"modelTopology": {}}, "'node'"),
        ({"signature": {}}, "'inputs'"),
        ({"weightsManifest": []}, "0 bytes"),
        ({"weightsManifest": [{"weights": [{"name": "k", "shape": [-1], "dtype": "float32"}]}]}, "negative"),
        ({"weightsManifest": [{"weights": [{"name": "k", "shape": [1], "dtype": "string"}]}]}, "'string'"),
        ({"weightsManifest": [{"weights": [{"name": "k", "shape": [1 << 40], "dtype": "int32"}]}]}, "ends at byte"),
    ],
)
def test_a_broken_document_names_what_is_wrong(changes, says):
    with pytest.raises(tfjs.ModelFormatError, match=says):
        tfjs.read(*small(**changes))


def test_weights_must_be_exactly_as_long_as_the_manifest_says():
    document, weights = small()
    for wrong in (weights[:-1], weights + b"\0"):
        with pytest.raises(tfjs.ModelFormatError, match=r"bytes|ends at byte"):
            tfjs.read(document, wrong)


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_refused(data):
    with pytest.raises(tfjs.ModelFormatError):
        tfjs.read(data, b"")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300)
@given(st.data())
def test_a_document_with_any_part_replaced_is_read_and_converted_or_refused(data):
    document = json.loads(small()[0])
    place, path = document, []
    while isinstance(place, dict | list) and place and (not path or data.draw(st.booleans())):
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        path.append((place, data.draw(st.sampled_from(list(keys)))))
        place = place[path[-1][1]]
    holder, key = path[-1]
    holder[key] = data.draw(JSON)
    with contextlib.suppress(tfjs.ModelFormatError):
        convert(tfjs.read(json.dumps(document).encode(), small()[1]))
