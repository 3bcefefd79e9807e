"""The ONNX graph being written: its values with their layouts, its nodes and constants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from commonsight.vision.tfjs import ModelFormatError, TfjsGraph, base_name

NHWC = (0, 2, 3, 1)
"""The layout of an NHWC value that is held as NCHW: TensorFlow axis i is ONNX axis NHWC[i]."""
_PADS_WITH = {"Conv": 0.0, "MaxPool": -np.inf}
"""What these operators take for pixels beyond the edge."""


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor of the graph: held in ONNX as `name`, where TensorFlow's axis i is ONNX's axis `layout[i]`.

    `shape` is in TensorFlow's order and that of the declared input size.
    """

    name: str
    shape: tuple[int, ...]
    layout: tuple[int, ...]


class Builder:
    """Nodes and initializers written so far, and what is known of TensorFlow's values and constants."""

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

    def fold_pads(self, outputs: Iterable[str]) -> None:
        """Move paddings into the convolutions and poolings that read them.

        Exact: a convolution pads with zeros itself, a pooling for the maximum with minus infinity. As a node of its own
        a padding copies the picture and takes it out of the blocked layout the runtime keeps between convolutions.
        """
        made = {name: node for node in self.nodes for name in node.output}
        for node in self.nodes:
            pad = made.get(node.input[0]) if node.op_type in _PADS_WITH else None
            if pad is None or pad.op_type != "Pad" or b"VALID" not in [item.s for item in node.attribute]:
                continue
            pads, fill = (numpy_helper.to_array(self._initializer(name)) for name in pad.input[1:])
            before, after = pads.reshape(2, -1)
            if fill != _PADS_WITH[node.op_type] or len(before) != 4 or before[:2].any() or after[:2].any():
                continue
            kernel = next(item.ints for item in node.attribute if item.name == "kernel_shape")
            if max(*before, *after) >= min(kernel):  # a window of nothing but padding: the runtime refuses poolings so
                continue
            kept = [item for item in node.attribute if item.name != "auto_pad"]
            del node.attribute[:]
            node.attribute.extend([*kept, helper.make_attribute("pads", [*map(int, (*before[2:], *after[2:]))])])
            node.input[0] = pad.input[0]
        read = {name for node in self.nodes for name in node.input} | set(outputs)
        self.nodes = [node for node in self.nodes if node.op_type != "Pad" or node.output[0] in read]
        read = {name for node in self.nodes for name in node.input}
        self.initializers = [item for item in self.initializers if item.name in read]

    def _initializer(self, name: str) -> onnx.TensorProto:
        return next(item for item in self.initializers if item.name == name)
