"""How each TensorFlow operator is written in ONNX.

A function takes the graph being written and a node, writes what it needs and records the value or constant it makes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from commonsight.vision.onnx_graph import NHWC, Builder, Value
from commonsight.vision.tfjs import ModelFormatError, Node


def _transpose(build: Builder, node: Node) -> None:
    value = build.value(node.inputs[0])
    perm = build.integers(node.inputs[1])
    if sorted(perm) != list(range(len(value.shape))):
        raise ModelFormatError(f"node {node.name!r}: {perm} is no permutation of {len(value.shape)} axes")
    shape, layout = tuple(value.shape[axis] for axis in perm), tuple(value.layout[axis] for axis in perm)
    build.values[node.name] = Value(value.name, shape, layout)


def _identity(build: Builder, node: Node) -> None:
    build.values[node.name] = build.value(node.inputs[0])


def _unary(op: str, *attributes: str) -> Callable[[Builder, Node], None]:
    def write(build: Builder, node: Node) -> None:
        value = build.value(node.inputs[0])
        build.emit(op, [value.name], [node.name], **{key: node.attributes[key] for key in attributes})
        build.values[node.name] = Value(node.name, value.shape, value.layout)

    return write


def _add(build: Builder, node: Node) -> None:
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


def _sparse_to_dense(build: Builder, node: Node) -> None:
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


def _conv2d(build: Builder, node: Node) -> None:
    value = build.laid_out(build.value(node.inputs[0]), NHWC)
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
    build.values[node.name] = Value(node.name, (batch, *size, written), NHWC)


def _max_pool(build: Builder, node: Node) -> None:
    value = build.laid_out(build.value(node.inputs[0]), NHWC)
    batch, height, width, channels = value.shape
    kernel, strides = _window(node, "ksize"), _window(node, "strides")
    build.emit("MaxPool", [value.name], [node.name], kernel_shape=kernel, strides=strides, auto_pad=_auto_pad(node))
    size = (_spatial(node, height, kernel[0], strides[0]), _spatial(node, width, kernel[1], strides[1]))
    build.values[node.name] = Value(node.name, (batch, *size, channels), NHWC)


def _pad(build: Builder, node: Node) -> None:
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


def _concat(build: Builder, node: Node) -> None:
    first, *others = (build.value(reference) for reference in node.inputs[:-1])
    axis = _axis(build, node, node.inputs[-1], len(first.shape))
    parts = [first, *(build.laid_out(other, first.layout) for other in others)]
    build.emit("Concat", [part.name for part in parts], [node.name], axis=first.layout[axis])
    shape = list(first.shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    build.values[node.name] = Value(node.name, tuple(shape), first.layout)


def _split(build: Builder, node: Node) -> None:
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


def _axis(build: Builder, node: Node, reference: str, rank: int) -> int:
    (axis,) = build.integers(reference)
    if not -rank <= axis < rank:
        raise ModelFormatError(f"node {node.name!r}: axis {axis} is outside {rank} dimensions")
    return axis % rank


def _resize_bilinear(build: Builder, node: Node) -> None:
    """Written with scales, not sizes, so that the same graph serves other input sizes."""
    if node.attributes.get("align_corners"):
        raise ModelFormatError(f"node {node.name!r}: align_corners is not supported")
    mode = "half_pixel" if node.attributes.get("half_pixel_centers") else "asymmetric"
    value = build.laid_out(build.value(node.inputs[0]), NHWC)
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
    build.values[node.name] = Value(node.name, (batch, rows, columns, channels), NHWC)


def _reshape(build: Builder, node: Node) -> None:
    value = build.value(node.inputs[0])
    value = build.laid_out(value, tuple(range(len(value.shape))))
    target = build.integers(node.inputs[1])
    shape = np.empty(value.shape, dtype=np.bool_).reshape(target).shape
    lengths = build.initializer(f"{node.name}/shape", np.asarray(target, dtype=np.int64))
    build.emit("Reshape", [value.name, lengths], [node.name])
    build.values[node.name] = Value(node.name, shape, tuple(range(len(shape))))


OPERATORS: dict[str, Callable[[Builder, Node], None]] = {
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
