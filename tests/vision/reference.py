"""TensorFlow's operators in plain numpy, as its documentation defines them: the judge of the conversion."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's SAME: as many outputs as strides fit, the odd pixel at the end."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def windows(x: Array, kernel: tuple[int, int], strides: tuple[int, int], padding: str, fill: float) -> Array:
    """(batch, rows, columns, channels, kernel rows, kernel columns) of an NHWC picture."""
    if padding == "SAME":
        pads = [same_padding(x.shape[axis + 1], kernel[axis], strides[axis]) for axis in (0, 1)]
        x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(1, 2))
    return view[:, :: strides[0], :: strides[1]]


def conv2d(
    x: Array,
    kernel: Array,
    *,
    strides: tuple[int, int] = (1, 1),
    dilations: tuple[int, int] = (1, 1),
    padding: str = "VALID",
) -> Array:
    rows, columns, per_group, written = kernel.shape
    spread = ((rows - 1) * dilations[0] + 1, (columns - 1) * dilations[1] + 1)
    view = windows(x, spread, strides, padding, 0.0)[..., :: dilations[0], :: dilations[1]]
    groups = x.shape[3] // per_group
    out = [
        np.einsum(
            "bhwcij,ijco->bhwo",
            view[:, :, :, group * per_group : (group + 1) * per_group],
            kernel[..., group * written // groups : (group + 1) * written // groups],
            optimize=True,
        )
        for group in range(groups)
    ]
    return np.concatenate(out, axis=3)


def max_pool(x: Array, *, ksize: tuple[int, int], strides: tuple[int, int], padding: str) -> Array:
    return windows(x, ksize, strides, padding, -np.inf).max(axis=(4, 5))


def resize_bilinear(x: Array, size: tuple[int, int], *, half_pixel_centers: bool) -> Array:
    for axis, target in ((1, size[0]), (2, size[1])):
        source = x.shape[axis]
        offset = 0.5 if half_pixel_centers else 0.0
        at = (np.arange(target) + offset) * (source / target) - offset
        low = np.floor(at).astype(int)
        share = (at - low).reshape([-1 if index == axis else 1 for index in range(x.ndim)])
        first = np.take(x, np.clip(low, 0, source - 1), axis=axis)
        second = np.take(x, np.clip(low + 1, 0, source - 1), axis=axis)
        x = first * (1 - share) + second * share
    return x


def leaky_relu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * x)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def attributes(node: Any) -> dict[str, tuple[int, int]]:
    """Strides, kernel size and dilations of a node as (rows, columns)."""
    return {
        key: tuple(node.attributes[key][1:3]) for key in ("strides", "ksize", "dilations") if key in node.attributes
    }


def run(graph: Any, x: Array) -> dict[str, Array]:
    """Evaluate a whole graph as TensorFlow would, in its own layout: slow, and independent of the conversion."""
    values: dict[str, Array] = {**graph.constants, graph.inputs[0].name: x}
    for node in graph.nodes:
        if node.op in ("Const", "Placeholder"):
            continue
        given = [values[name] for name in node.inputs]
        values[node.name] = _operator(node, given, values)
    return {port.name: values[port.name] for port in graph.outputs}


def _operator(node: Any, given: list[Array], values: dict[str, Array]) -> Array:
    windowed = attributes(node)
    match node.op:
        case "Conv2D":
            return conv2d(*given, padding=node.attributes["padding"], **windowed)
        case "MaxPool":
            return max_pool(given[0], padding=node.attributes["padding"], **windowed)
        case "Pad" | "PadV2":
            return np.pad(given[0], given[1], constant_values=given[2].item() if len(given) > 2 else 0)
        case "Add" | "AddV2":
            return given[0] + given[1]
        case "LeakyRelu":
            return leaky_relu(given[0], node.attributes["alpha"])
        case "Sigmoid":
            return sigmoid(given[0])
        case "Transpose":
            return given[0].transpose(given[1])
        case "ConcatV2":
            return np.concatenate(given[:-1], axis=int(given[-1]))
        case "SplitV":
            parts = np.split(given[0], np.cumsum(given[1])[:-1], axis=int(given[2]))
            values.update({f"{node.name}:{index}": part for index, part in enumerate(parts)})
            return parts[0]
        case "Reshape":
            return given[0].reshape(given[1])
        case "ResizeBilinear":
            half = bool(node.attributes["half_pixel_centers"])
            return resize_bilinear(given[0], tuple(given[1]), half_pixel_centers=half)
        case "SparseToDense":
            return np.full(tuple(given[1]), given[3])
        case "Identity":
            return given[0]
    raise AssertionError(node.op)
