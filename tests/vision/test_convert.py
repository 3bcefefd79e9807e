"""Each operator's conversion, evaluated by ONNX Runtime against numpy."""

import numpy as np
import onnx
import onnxruntime
import pytest

from commonsight.vision import tfjs
from commonsight.vision.convert import convert

from . import reference
from .tfjs_documents import model, node

RANDOM = np.random.default_rng(45)


def run(onnx_model, x):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx_model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"x": x.astype(np.float32)}), strict=True))


def both(shape, nodes, constants=None, outputs=("out",), **options):
    """What ONNX Runtime makes of the converted graph, and the picture it was given."""
    x = RANDOM.normal(size=shape).astype(np.float32)
    converted = convert(tfjs.read(*model(shape, nodes, constants or {}, outputs)), **options)
    found = run(converted, x)
    return x, found["out"] if tuple(outputs) == ("out",) else found


def close(found, expected):
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("padding", ["VALID", "SAME"])
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (2, 1)])
@pytest.mark.parametrize(("height", "width"), [(7, 8), (8, 7)])
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (2, 5)])
def test_conv2d(padding, strides, height, width, kernel):
    weights = RANDOM.normal(size=(*kernel, 3, 4)).astype(np.float32)
    x, found = both(
        (1, height, width, 3),
        [node("out", "Conv2D", ["x", "k"], strides=[1, *strides, 1], padding=padding, data_format="NHWC")],
        {"k": weights},
    )
    close(found, reference.conv2d(x, weights, strides=strides, padding=padding))


def test_conv2d_in_groups_and_dilated():
    weights = RANDOM.normal(size=(3, 3, 2, 6)).astype(np.float32)
    x, found = both(
        (1, 9, 9, 4),
        [node("out", "Conv2D", ["x", "k"], strides=[1, 1, 1, 1], dilations=[1, 2, 2, 1], padding="VALID")],
        {"k": weights},
    )
    close(found, reference.conv2d(x, weights, dilations=(2, 2)))


@pytest.mark.parametrize("padding", ["VALID", "SAME"])
def test_max_pool(padding):
    x, found = both(
        (1, 7, 10, 3),
        [node("out", "MaxPool", ["x"], ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding=padding)],
    )
    close(found, reference.max_pool(x, ksize=(3, 3), strides=(2, 2), padding=padding))


PADS = np.array([[0, 0], [1, 2], [0, 3], [0, 0]])


def test_pad_with_zeros():
    x, found = both((1, 4, 5, 2), [node("out", "Pad", ["x", "p"])], {"p": PADS})
    close(found, np.pad(x, PADS))


@pytest.mark.parametrize("fill", [-np.inf, 2.5])
def test_pad_with_a_value_in_a_permuted_layout(fill):
    x, found = both(
        (1, 2, 4, 5),
        [node("t", "Transpose", ["x", "perm"]), node("out", "PadV2", ["t", "p", "fill"])],
        {"perm": np.array([0, 2, 3, 1]), "p": PADS, "fill": np.float32(fill)},
    )
    close(found, np.pad(x.transpose(0, 2, 3, 1), PADS, constant_values=fill))


@pytest.mark.parametrize("half_pixel", [True, False])
@pytest.mark.parametrize("size", [(8, 12), (2, 3), (5, 9)])
def test_resize_bilinear(half_pixel, size):
    x, found = both(
        (1, 4, 6, 2),
        [node("out", "ResizeBilinear", ["x", "size"], align_corners=False, half_pixel_centers=half_pixel)],
        {"size": np.array(size)},
    )
    close(found, reference.resize_bilinear(x, size, half_pixel_centers=half_pixel))


def test_leaky_relu_and_sigmoid():
    x, found = both((2, 3), [node("a", "LeakyRelu", ["x"], alpha=0.1), node("out", "Sigmoid", ["a"])])
    close(found, reference.sigmoid(reference.leaky_relu(x, 0.1)))


@pytest.mark.parametrize("order", [["t", "b"], ["b", "t"]])
def test_adding_a_constant_broadcasts_over_tensorflows_last_axis(order):
    bias = RANDOM.normal(size=3).astype(np.float32)
    x, found = both(
        (1, 3, 4, 5),
        [node("t", "Transpose", ["x", "perm"]), node("out", "Add", order)],
        {"perm": np.array([0, 2, 3, 1]), "b": bias},
    )
    close(found, x.transpose(0, 2, 3, 1) + bias)


def test_adding_values_held_in_different_layouts():
    x, found = both(
        (1, 4, 4, 4),
        [node("t", "Transpose", ["x", "perm"]), node("out", "AddV2", ["t", "x"])],
        {"perm": np.array([0, 2, 3, 1])},
    )
    close(found, x + x.transpose(0, 2, 3, 1))


@pytest.mark.parametrize("axis", [1, 3, -1])
def test_concat_of_values_held_in_different_layouts(axis):
    x, found = both(
        (1, 4, 4, 4),
        [node("t", "Transpose", ["x", "perm"]), node("out", "ConcatV2", ["t", "x", "t", "axis"])],
        {"perm": np.array([0, 2, 3, 1]), "axis": np.array(axis)},
    )
    t = x.transpose(0, 2, 3, 1)
    close(found, np.concatenate([t, x, t], axis=axis))


@pytest.mark.parametrize("axis", [1, -1])
def test_split_gives_each_part_its_own_name(axis):
    x, found = both(
        (1, 5, 2, 5),
        [
            node("t", "Transpose", ["x", "perm"]),
            node("s", "SplitV", ["t", "sizes", "axis"]),
            node("first", "Identity", ["s"]),
            node("second", "Identity", ["s:1"]),
        ],
        {"perm": np.array([0, 3, 2, 1]), "sizes": np.array([2, 3]), "axis": np.array(axis)},
        ["first", "second"],
    )
    first, second = np.split(x.transpose(0, 3, 2, 1), [2], axis=axis)
    close(found["first"], first)
    close(found["second"], second)


def test_reshape_reads_the_values_in_tensorflows_order():
    x, found = both(
        (1, 2, 3, 4),
        [node("t", "Transpose", ["x", "perm"]), node("out", "Reshape", ["t", "shape"])],
        {"perm": np.array([0, 2, 3, 1]), "shape": np.array([1, 6, -1])},
    )
    close(found, x.transpose(0, 2, 3, 1).reshape(1, 6, -1))


def test_shape_arithmetic_of_constants_is_folded():
    x, found = both(
        (1, 6, 2),
        [
            node("d", "SparseToDense", ["at", "long", "values", "zero"]),
            node("shape", "AddV2", ["base", "d"]),
            node("out", "Reshape", ["x", "shape"]),
        ],
        {
            "at": np.zeros((0, 1), np.int32),
            "long": np.array([3]),
            "values": np.zeros(0, np.int32),
            "zero": np.array(0),
            "base": np.array([1, 4, -1]),
        },
    )
    close(found, x.reshape(1, 4, 3))


def test_sparse_to_dense_places_its_values():
    x, found = both(
        (4,),
        [node("d", "SparseToDense", ["at", "long", "values", "zero"]), node("out", "Add", ["x", "d"])],
        {
            "at": np.array([[1], [3]]),
            "long": np.array([4]),
            "values": np.array([5.0, 7.0], np.float32),
            "zero": np.float32(1.0),
        },
    )
    close(found, x + np.array([1, 5, 1, 7]))


def block(shape):
    """A convolution between the transpositions that an NCHW network gets in TensorFlow."""
    kernel = RANDOM.normal(size=(3, 3, shape[1], 4)).astype(np.float32)
    nodes = [
        node("p", "Pad", ["x", "pads"]),
        node("t", "Transpose", ["p", "in"]),
        node("c", "Conv2D", ["t", "k"], strides=[1, 2, 2, 1], padding="VALID"),
        node("b", "Add", ["c", "bias"]),
        node("u", "Transpose", ["b", "back"]),
        node("out", "LeakyRelu", ["u"], alpha=0.1),
    ]
    constants = {
        "pads": np.array([[0, 0], [0, 0], [1, 1], [1, 1]]),
        "in": np.array([0, 2, 3, 1]),
        "back": np.array([0, 3, 1, 2]),
        "k": kernel,
        "bias": RANDOM.normal(size=4).astype(np.float32),
    }
    return nodes, constants


def test_transpositions_around_a_convolution_vanish():
    nodes, constants = block((1, 3, 8, 8))
    converted = convert(tfjs.read(*model((1, 3, 8, 8), nodes, constants)))
    assert "Transpose" not in [item.op_type for item in converted.graph.node]


PAIRS = np.array([[0, 0], [1, 0], [2, 1], [0, 0]])
CHANNELS = np.array([[0, 0], [0, 0], [0, 0], [1, 1]])
CONV = {"strides": [1, 1, 1, 1], "padding": "VALID"}
POOL = {"ksize": [1, 3, 3, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}


@pytest.mark.parametrize(
    ("op", "attributes", "pads", "fill", "folded"),
    [
        ("Conv2D", CONV, PAIRS, 0.0, True),
        ("MaxPool", POOL, PAIRS, -np.inf, True),
        ("Conv2D", CONV, PAIRS, 1.0, False),
        ("MaxPool", POOL | {"ksize": [1, 2, 2, 1]}, PAIRS, -np.inf, False),
        ("MaxPool", POOL, PAIRS, 0.0, False),
        ("Conv2D", CONV, CHANNELS, 0.0, False),
        ("Conv2D", CONV | {"padding": "SAME"}, PAIRS, 0.0, False),
    ],
)
def test_padding_is_folded_where_the_operator_pads_the_same_way(op, attributes, pads, fill, folded):
    channels = 2 + int(pads[3].sum())
    kernel = RANDOM.normal(size=(3, 3, channels, 4)).astype(np.float32)
    x = RANDOM.normal(size=(1, 2, 6, 7)).astype(np.float32)
    nodes = [
        node("t", "Transpose", ["x", "perm"]),
        node("p", "PadV2", ["t", "pads", "fill"]),
        node("out", op, ["p", "k"] if op == "Conv2D" else ["p"], **attributes),
    ]
    constants = {"perm": np.array([0, 2, 3, 1]), "pads": pads, "fill": np.float32(fill), "k": kernel}
    graph = tfjs.read(*model(x.shape, nodes, constants))
    converted = convert(graph)
    assert ("Pad" not in [item.op_type for item in converted.graph.node]) is folded
    close(run(converted, x)["out"], reference.run(graph, x)["out"])


def test_a_padding_somebody_else_reads_stays_for_them():
    kernel = RANDOM.normal(size=(1, 1, 2, 2)).astype(np.float32)
    nodes = [
        node("t", "Transpose", ["x", "perm"]),
        node("p", "Pad", ["t", "pads"]),
        node("c", "Conv2D", ["p", "k"], strides=[1, 1, 1, 1], padding="VALID"),
        node("out", "Add", ["c", "p"]),
    ]
    x, found = both((1, 2, 4, 4), nodes, {"perm": np.array([0, 2, 3, 1]), "pads": PAIRS, "k": kernel})
    padded = np.pad(x.transpose(0, 2, 3, 1), PAIRS)
    close(found, reference.conv2d(padded, kernel) + padded)


def test_a_whole_block_agrees_at_its_own_and_at_a_free_size():
    nodes, constants = block((1, 3, 8, 8))
    graph = tfjs.read(*model((1, 3, 8, 8), nodes, constants))
    converted = convert(graph, free_size=True)
    for shape in ((1, 3, 8, 8), (1, 3, 16, 12)):
        x = RANDOM.normal(size=shape).astype(np.float32)
        close(run(converted, x)["out"], reference.run(graph, x)["out"])


def test_the_same_graph_gives_the_same_bytes_and_passes_the_checker():
    nodes, constants = block((1, 3, 8, 8))
    first, second = (convert(tfjs.read(*model((1, 3, 8, 8), nodes, constants))) for _ in range(2))
    assert first.SerializeToString() == second.SerializeToString()
    onnx.checker.check_model(first, full_check=True)


@pytest.mark.parametrize(
    ("nodes", "constants", "says"),
    [
        ([node("out", "Einsum", ["x"])], {}, "'Einsum' of node 'out'"),
        ([node("out", "Conv2D", ["x", "x"], strides=[1, 1, 1, 1], padding="SAME")], {}, "only constants"),
        ([node("out", "Sigmoid", ["c"])], {"c": np.zeros(3)}, "a constant where"),
        ([node("out", "MaxPool", ["x"], ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="EXPLICIT")], {}, "EXPLICIT"),
        (
            [
                node(
                    "out",
                    "MaxPool",
                    ["x"],
                    ksize=[1, 2, 2, 1],
                    strides=[1, 1, 1, 1],
                    padding="SAME",
                    data_format="NCHW",
                )
            ],
            {},
            "NHWC",
        ),
        (
            [node("out", "ResizeBilinear", ["x", "s"], align_corners=True)],
            {"s": np.array([2, 2])},
            "align_corners",
        ),
        ([node("out", "SplitV", ["x", "s", "a"])], {"s": np.array([9, 9]), "a": np.array(1)}, "do not make up"),
        ([node("out", "Pad", ["x", "p"])], {"p": np.array([[0, 0]])}, "one pair"),
        ([node("out", "Transpose", ["x", "p"])], {"p": np.array([0, 0, 1, 2])}, "no permutation"),
        ([node("out", "ConcatV2", ["x", "x", "a"])], {"a": np.array(7)}, "axis 7"),
        ([node("out", "Reshape", ["x", "s"])], {"s": np.array([5, 5])}, "'out' .Reshape. is broken"),
    ],
)
def test_what_cannot_be_converted_is_refused_by_name(nodes, constants, says):
    with pytest.raises(tfjs.ModelFormatError, match=says):
        convert(tfjs.read(*model((1, 4, 4, 2), nodes, constants)))
