"""Turn a TensorFlow.js graph into ONNX, operator by operator, with numpy and `onnx` only.

TensorFlow graphs compute images as NHWC and are full of transpositions; ONNX Runtime computes them as NCHW. Every value
here carries the permutation between the two, so a TensorFlow Transpose costs nothing: it only changes that permutation.
A real Transpose is written only where an operator cannot work in the layout at hand, for a convolutional network at its
very ends. The conversion is exact: weights are copied bit for bit after dequantisation, nothing is approximated.

Same graph, same bytes: nodes are named and written in the graph's order, and the file names no version of a library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from commonsight.vision.tfjs import ModelFormatError, Node, Port, TfjsGraph, base_name

OPSET = 17
"""ONNX operator set of the written models; everything used here is stable in it and old runtimes read it."""
IR_VERSION = 8
"""The file format version that goes with operator set 17."""
_NHWC = (0, 2, 3, 1)
"""The permutation of an NHWC value that is held as NCHW: TensorFlow axis i is ONNX axis _NHWC[i]."""


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor of the graph: held in ONNX as `name`, where TensorFlow's axis i is ONNX's axis `layout[i]`.

    `shape` is in TensorFlow's order and that of the declared input size.
    """

    name: str
    shape: tuple[int, ...]
    layout: tuple[int, ...]


class _Builder:
    """The ONNX graph being written, the values and constants known so far."""

    def __init__(self, graph: TfjsGraph) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.values: dict[str, Value] = {}
        self.constants: dict[str, NDArray[Any]] = dict(graph.constants)
        self._laid_out: dict[tuple[str, tuple[int, ...]], Value] = {}

    def value(self, reference: str) -> Value:
        key = reference.removesuffix(":0")
        if key not in self.values:
            kind = "a constant" if base_name(key) in self.constants else "unknown"
            raise ModelFormatError(f"{reference!r} is {kind} where a computed value is expected")
        return self.values[key]

    def constant(self, reference: str) -> NDArray[Any]:
        key = reference.removesuffix(":0")
        if key not in self.constants:
            raise ModelFormatError(f"{reference!r} is computed; only constants are supported here")
        return self.constants[key]

    def integers(self, reference: str) -> list[int]:
        return [int(item) for item in self.constant(reference).reshape(-1)]

    def emit(self, op: str, inputs: Iterable[str], outputs: list[str], **attributes: Any) -> None:
        self.nodes.append(helper.make_node(op, list(inputs), outputs, name=outputs[0], **attributes))

    def initializer(self, name: str, array: NDArray[Any]) -> str:
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def renamed(self, value: Value, name: str) -> Value:
        """The same value under another name in ONNX, so that its own name is free for the graph's output."""
        for node in self.nodes:
            for names in (node.input, node.output):
                names[:] = [name if held == value.name else held for held in names]
            node.name = node.output[0]
        self.values = {
            key: replace(held, name=name) if held.name == value.name else held for key, held in self.values.items()
        }
        self._laid_out = {
            (name if held == value.name else held, layout): laid for (held, layout), laid in self._laid_out.items()
        }
        return replace(value, name=name)

    def laid_out(self, value: Value, layout: tuple[int, ...]) -> Value:
        """The same value held in another layout; written once and used by all who ask."""
        if value.layout == layout:
            return value
        key = (value.name, layout)
        if key not in self._laid_out:
            perm = [0] * len(layout)
            for axis, target in enumerate(layout):
                perm[target] = value.layout[axis]
            name = f"{value.name}/layout{''.join(map(str, layout))}"
            self.emit("Transpose", [value.name], [name], perm=perm)
            self._laid_out[key] = Value(name, value.shape, layout)
        return self._laid_out[key]


def convert(graph: TfjsGraph, *, free_size: bool = False) -> onnx.ModelProto:
    """Write `graph` as an ONNX model and check it.

    Args:
        graph: what `tfjs.read` returned.
        free_size: leave height and width of a four-dimensional NCHW input open. The caller answers for the network
            being fully convolutional: sizes must then be multiples of its largest stride.

    Raises:
        ModelFormatError: for an operator or an attribute that is not supported, naming the node.
    """
    build = _Builder(graph)
    inputs = [_input(build, port, free_size) for port in graph.inputs]
    for node in graph.nodes:
        if node.op in ("Const", "Placeholder"):
            continue
        if node.op not in _OPERATORS:
            raise ModelFormatError(f"operator {node.op!r} of node {node.name!r} is not supported")
        try:
            _OPERATORS[node.op](build, node)
        except ModelFormatError:
            raise
        except (IndexError, KeyError, ValueError, TypeError, OverflowError, ZeroDivisionError) as error:
            raise ModelFormatError(f"node {node.name!r} ({node.op}) is broken: {error}") from error
    outputs = [_output(build, port, free_size) for port in graph.outputs]
    model = helper.make_model(
        helper.make_graph(build.nodes, "model", inputs, outputs, build.initializers),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="commonsight",
    )
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ModelFormatError(f"the converted graph does not check: {error}") from error
    return model


def _input(build: _Builder, port: Port, free_size: bool) -> onnx.ValueInfoProto:
    if any(size < 1 for size in port.shape):
        raise ModelFormatError(f"input {port.name!r} has shape {port.shape}; a declared size is needed")
    build.values[port.name] = Value(port.name, port.shape, tuple(range(len(port.shape))))
    declared: list[int | str] = list(port.shape)
    if free_size and len(declared) == 4:
        declared[2:] = ["height", "width"]
    return helper.make_tensor_value_info(port.name, TensorProto.FLOAT, declared)


def _output(build: _Builder, port: Port, free_size: bool) -> onnx.ValueInfoProto:
    value = build.value(port.name)
    straight = tuple(range(len(value.shape)))
    if value.name == port.name and value.layout != straight:
        value = build.renamed(value, f"{value.name}/held")
    plain = build.laid_out(value, straight)
    if plain.name != port.name:
        build.emit("Identity", [plain.name], [port.name])
    shape: list[int | str] = list(value.shape)
    if free_size and len(shape) == 3:
        shape[1] = f"{port.name}_rows"
    return helper.make_tensor_value_info(port.name, TensorProto.FLOAT, shape)


def _transpose(build: _Builder, node: Node) -> None:
    value = build.value(node.inputs[0])
    perm = build.integers(node.inputs[1])
    if sorted(perm) != list(range(len(value.shape))):
        raise ModelFormatError(f"node {node.name!r}: {perm} is no permutation of {len(value.shape)} axes")
    shape, layout = tuple(value.shape[axis] for axis in perm), tuple(value.layout[axis] for axis in perm)
    build.values[node.name] = Value(value.name, shape, layout)


def _identity(build: _Builder, node: Node) -> None:
    build.values[node.name] = build.value(node.inputs[0])


def _unary(op: str, *attributes: str) -> Callable[[_Builder, Node], None]:
    def write(build: _Builder, node: Node) -> None:
        value = build.value(node.inputs[0])
        build.emit(op, [value.name], [node.name], **{key: node.attributes[key] for key in attributes})
        build.values[node.name] = Value(node.name, value.shape, value.layout)

    return write


def _add(build: _Builder, node: Node) -> None:
    left, right = (reference.removesuffix(":0") for reference in node.inputs)
    if left in build.constants and right in build.constants:
        build.constants[node.name] = build.constants[left] + build.constants[right]
        return
    if left in build.constants:
        left, right = right, left
    value = build.value(left)
    if right in build.constants:
        constant = build.constants[right]
        full = constant.reshape((1,) * (len(value.shape) - constant.ndim) + constant.shape)
        shape = np.broadcast_shapes(value.shape, full.shape)
        operand = build.initializer(f"{node.name}/constant", full.transpose(np.argsort(value.layout)))
    else:
        other = build.laid_out(build.value(right), value.layout)
        if other.shape != value.shape:
            raise ModelFormatError(f"node {node.name!r} adds {value.shape} and {other.shape}; shapes must be equal")
        shape, operand = value.shape, other.name
    build.emit("Add", [value.name, operand], [node.name])
    build.values[node.name] = Value(node.name, tuple(shape), value.layout)


def _sparse_to_dense(build: _Builder, node: Node) -> None:
    """Shape arithmetic left over from an earlier conversion: with no indices it is just its default, repeated."""
    indices, shape, values, default = (build.constant(reference) for reference in node.inputs)
    dense = np.full([int(size) for size in shape], default.item(), dtype=default.dtype)
    if indices.size:
        dense[tuple(np.atleast_2d(indices).T if indices.ndim > 1 else (indices,))] = values
    build.constants[node.name] = dense


def _window(node: Node, attribute: str) -> tuple[int, int]:
    """Height and width of an NHWC attribute such as `strides`."""
    if node.attributes.get("data_format", "NHWC") != "NHWC":
        raise ModelFormatError(f"node {node.name!r}: data_format must be NHWC")
    batch, height, width, channels = node.attributes.get(attribute) or [1, 1, 1, 1]
    if (batch, channels) != (1, 1) or height < 1 or width < 1:
        raise ModelFormatError(f"node {node.name!r}: {attribute} must be [1, height, width, 1], positive")
    return height, width


def _spatial(node: Node, size: int, kernel: int, stride: int) -> int:
    padding = node.attributes.get("padding")
    if padding not in ("SAME", "VALID"):
        raise ModelFormatError(f"node {node.name!r}: padding {padding!r} is not supported (SAME or VALID)")
    return -(-size // stride) if padding == "SAME" else (size - kernel) // stride + 1


def _auto_pad(node: Node) -> str:
    """TensorFlow's SAME puts the odd pixel at the end, which ONNX calls SAME_UPPER."""
    return "SAME_UPPER" if node.attributes.get("padding") == "SAME" else "VALID"


def _conv2d(build: _Builder, node: Node) -> None:
    value = build.laid_out(build.value(node.inputs[0]), _NHWC)
    kernel = build.constant(node.inputs[1])
    if kernel.ndim != 4 or len(value.shape) != 4:
        raise ModelFormatError(f"node {node.name!r}: Conv2D needs four dimensions")
    batch, height, width, channels = value.shape
    rows, columns, read_channels, written = kernel.shape
    if read_channels < 1 or channels % read_channels:
        raise ModelFormatError(f"node {node.name!r}: {channels} channels cannot be read in groups of {read_channels}")
    strides, dilations = _window(node, "strides"), _window(node, "dilations")
    spread = (rows - 1) * dilations[0] + 1, (columns - 1) * dilations[1] + 1
    build.emit(
        "Conv",
        [value.name, build.initializer(f"{node.name}/kernel", kernel.transpose(3, 2, 0, 1))],
        [node.name],
        strides=strides,
        dilations=dilations,
        kernel_shape=[rows, columns],
        group=channels // read_channels,
        auto_pad=_auto_pad(node),
    )
    size = (_spatial(node, height, spread[0], strides[0]), _spatial(node, width, spread[1], strides[1]))
    build.values[node.name] = Value(node.name, (batch, *size, written), _NHWC)


def _max_pool(build: _Builder, node: Node) -> None:
    value = build.laid_out(build.value(node.inputs[0]), _NHWC)
    batch, height, width, channels = value.shape
    kernel, strides = _window(node, "ksize"), _window(node, "strides")
    build.emit("MaxPool", [value.name], [node.name], kernel_shape=kernel, strides=strides, auto_pad=_auto_pad(node))
    size = (_spatial(node, height, kernel[0], strides[0]), _spatial(node, width, kernel[1], strides[1]))
    build.values[node.name] = Value(node.name, (batch, *size, channels), _NHWC)


def _pad(build: _Builder, node: Node) -> None:
    value = build.value(node.inputs[0])
    paddings = build.constant(node.inputs[1])
    if paddings.shape != (len(value.shape), 2) or (paddings < 0).any():
        raise ModelFormatError(f"node {node.name!r}: paddings must be one pair, not negative, for each axis")
    held = np.empty_like(paddings)
    held[list(value.layout)] = paddings
    pads = build.initializer(f"{node.name}/pads", held.T.reshape(-1).astype(np.int64))
    fill = np.float32(build.constant(node.inputs[2]).item() if len(node.inputs) > 2 else 0.0)
    build.emit("Pad", [value.name, pads, build.initializer(f"{node.name}/fill", np.asarray(fill))], [node.name])
    shape = tuple(size + int(pair.sum()) for size, pair in zip(value.shape, paddings, strict=True))
    build.values[node.name] = Value(node.name, shape, value.layout)


def _concat(build: _Builder, node: Node) -> None:
    first, *others = (build.value(reference) for reference in node.inputs[:-1])
    axis = _axis(build, node, node.inputs[-1], len(first.shape))
    parts = [first, *(build.laid_out(other, first.layout) for other in others)]
    build.emit("Concat", [part.name for part in parts], [node.name], axis=first.layout[axis])
    shape = list(first.shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    build.values[node.name] = Value(node.name, tuple(shape), first.layout)


def _split(build: _Builder, node: Node) -> None:
    value = build.value(node.inputs[0])
    sizes = build.integers(node.inputs[1])
    axis = _axis(build, node, node.inputs[2], len(value.shape))
    if sum(sizes) != value.shape[axis] or min(sizes) < 0:
        raise ModelFormatError(f"node {node.name!r}: sizes {sizes} do not make up {value.shape[axis]}")
    names = [node.name if index == 0 else f"{node.name}:{index}" for index in range(len(sizes))]
    lengths = build.initializer(f"{node.name}/sizes", np.asarray(sizes, dtype=np.int64))
    build.emit("Split", [value.name, lengths], names, axis=value.layout[axis])
    for name, size in zip(names, sizes, strict=True):
        build.values[name] = Value(name, (*value.shape[:axis], size, *value.shape[axis + 1 :]), value.layout)


def _axis(build: _Builder, node: Node, reference: str, rank: int) -> int:
    (axis,) = build.integers(reference)
    if not -rank <= axis < rank:
        raise ModelFormatError(f"node {node.name!r}: axis {axis} is outside {rank} dimensions")
    return axis % rank


def _resize_bilinear(build: _Builder, node: Node) -> None:
    """Written with scales, not sizes, so that the same graph serves other input sizes."""
    if node.attributes.get("align_corners"):
        raise ModelFormatError(f"node {node.name!r}: align_corners is not supported")
    mode = "half_pixel" if node.attributes.get("half_pixel_centers") else "asymmetric"
    value = build.laid_out(build.value(node.inputs[0]), _NHWC)
    batch, height, width, channels = value.shape
    rows, columns = build.integers(node.inputs[1])
    scales = np.asarray([1.0, 1.0, rows / height, columns / width], dtype=np.float32)
    build.emit(
        "Resize",
        [value.name, "", build.initializer(f"{node.name}/scales", scales)],
        [node.name],
        mode="linear",
        coordinate_transformation_mode=mode,
    )
    build.values[node.name] = Value(node.name, (batch, rows, columns, channels), _NHWC)


def _reshape(build: _Builder, node: Node) -> None:
    value = build.value(node.inputs[0])
    value = build.laid_out(value, tuple(range(len(value.shape))))
    target = build.integers(node.inputs[1])
    shape = np.empty(value.shape, dtype=np.bool_).reshape(target).shape
    lengths = build.initializer(f"{node.name}/shape", np.asarray(target, dtype=np.int64))
    build.emit("Reshape", [value.name, lengths], [node.name])
    build.values[node.name] = Value(node.name, shape, tuple(range(len(shape))))


_OPERATORS: dict[str, Callable[[_Builder, Node], None]] = {
    "Add": _add,
    "AddV2": _add,
    "ConcatV2": _concat,
    "Conv2D": _conv2d,
    "Identity": _identity,
    "LeakyRelu": _unary("LeakyRelu", "alpha"),
    "MaxPool": _max_pool,
    "Pad": _pad,
    "PadV2": _pad,
    "Reshape": _reshape,
    "ResizeBilinear": _resize_bilinear,
    "Sigmoid": _unary("Sigmoid"),
    "SparseToDense": _sparse_to_dense,
    "SplitV": _split,
    "Transpose": _transpose,
}
"""What can be converted; each writes its node and records the value or constant it makes."""
