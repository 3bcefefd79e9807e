"""Read a TensorFlow.js graph model: a JSON topology and the binary shards that hold its weights.

The format is the one `tensorflowjs_converter` writes (`"format": "graph-model"`): nodes as a TensorFlow GraphDef in
JSON, weights as one byte string described by `weightsManifest`, optionally quantised to float16 or affine uint8/uint16.
Nothing here executes anything from the document; a document that does not hold together raises `ModelFormatError`.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_WEIGHT_BYTES = 1 << 30
"""Weights beyond 1 GiB are refused: no model this platform runs on a processor is near it."""

_STORED = {"float32": "<f4", "int32": "<i4", "uint8": "u1", "uint16": "<u2", "float16": "<f2", "bool": "?"}


class ModelFormatError(ValueError):
    """The document is not a model this reader understands; the text names the part and the rule it breaks."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operator: `inputs` are names of nodes, with `:1` and so on for a second output."""

    name: str
    op: str
    inputs: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Port:
    """A named input or output of the graph; an unknown dimension is -1."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TfjsGraph:
    """Operators in an order in which each follows its inputs, the constants by node name, and the graph's ends."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, NDArray[Any]]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def read(document: bytes, weights: bytes) -> TfjsGraph:
    """Read a graph model.

    Args:
        document: the `.json` file.
        weights: the shards of all manifest groups, concatenated in the manifest's order.

    Raises:
        ModelFormatError: when either is broken or they do not belong together.
    """
    try:
        model = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise ModelFormatError(f"not JSON: {error}") from error
    try:
        if model["format"] != "graph-model":
            raise ModelFormatError(f"format is {model['format']!r}, expected 'graph-model'")
        nodes = [_node(raw) for raw in model["modelTopology"]["node"]]
        constants = _constants([entry for group in model["weightsManifest"] for entry in group["weights"]], weights)
        inputs = tuple(_port(raw) for raw in model["signature"]["inputs"].values())
        outputs = tuple(_port(raw) for raw in model["signature"]["outputs"].values())
    except ModelFormatError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, binascii.Error) as error:
        raise ModelFormatError(f"the document lacks or misplaces {error}") from error
    for node in nodes:
        if node.op == "Const" and node.name not in constants:
            raise ModelFormatError(f"constant {node.name!r} has no weights")
    return TfjsGraph(_ordered(nodes), constants, inputs, outputs)


def base_name(reference: str) -> str:
    """The node a reference points to: `"split:1"` -> `"split"`."""
    return reference.partition(":")[0]


def _node(raw: Mapping[str, Any]) -> Node:
    inputs = tuple(str(name) for name in raw.get("input", ()) if not str(name).startswith("^"))
    attributes = {str(key): _attribute(value) for key, value in raw.get("attr", {}).items()}
    return Node(str(raw["name"]), str(raw["op"]), inputs, attributes)


def _attribute(raw: Mapping[str, Any]) -> Any:
    """A GraphDef attribute as a plain value. JSON carries int64 as text and byte strings in base64."""
    if "s" in raw:
        return base64.b64decode(raw["s"], validate=True).decode("utf-8")
    if "i" in raw:
        return int(raw["i"])
    if "f" in raw:
        return float(raw["f"])
    if "b" in raw:
        return bool(raw["b"])
    if "type" in raw:
        return str(raw["type"])
    if "list" in raw:
        listed = raw["list"]
        return [int(item) for item in listed.get("i", ())] or [float(item) for item in listed.get("f", ())]
    return None


def _port(raw: Mapping[str, Any]) -> Port:
    shape = tuple(int(dim["size"]) for dim in raw["tensorShape"].get("dim", ()))
    return Port(base_name(str(raw["name"])), shape)


def _constants(entries: list[Mapping[str, Any]], weights: bytes) -> dict[str, NDArray[Any]]:
    constants: dict[str, NDArray[Any]] = {}
    offset = 0
    for entry in entries:
        name, shape = str(entry["name"]), tuple(int(size) for size in entry["shape"])
        if any(size < 0 for size in shape):
            raise ModelFormatError(f"weight {name!r} has shape {shape}, sizes must not be negative")
        quantization = entry.get("quantization")
        stored = str(quantization["dtype"]) if quantization else str(entry["dtype"])
        if stored not in _STORED:
            raise ModelFormatError(f"weight {name!r} is stored as {stored!r}, expected one of {sorted(_STORED)}")
        dtype = np.dtype(_STORED[stored])
        count = math.prod(shape)
        end = offset + count * dtype.itemsize
        if end > min(len(weights), MAX_WEIGHT_BYTES):
            raise ModelFormatError(f"weight {name!r} ends at byte {end}, but there are {len(weights)}")
        array = np.frombuffer(weights, dtype, count, offset).reshape(shape)
        constants[name] = _dequantized(array, str(entry["dtype"]), quantization)
        offset = end
    if offset != len(weights):
        raise ModelFormatError(f"the manifest describes {offset} bytes of weights, but there are {len(weights)}")
    return constants


def _dequantized(array: NDArray[Any], dtype: str, quantization: Mapping[str, Any] | None) -> NDArray[Any]:
    """Undo what the converter did: float16 is only narrowed, uint8 and uint16 are `stored * scale + min`."""
    if quantization is None:
        return array
    if quantization["dtype"] == "float16":
        return array.astype(np.float32)
    values = array.astype(np.float32) * np.float32(quantization["scale"]) + np.float32(quantization["min"])
    return np.rint(values).astype(np.int32) if dtype == "int32" else values.astype(np.float32)


def _ordered(nodes: list[Node]) -> tuple[Node, ...]:
    """Sort so that inputs come first, keeping the document's order where it is free (so output is reproducible)."""
    by_name = {node.name: node for node in nodes}
    if len(by_name) != len(nodes):
        raise ModelFormatError("two nodes share a name")
    waiting = {node.name: {base_name(reference) for reference in node.inputs} for node in nodes}
    users: dict[str, list[str]] = {name: [] for name in by_name}
    for name, needs in waiting.items():
        for need in needs:
            if need not in by_name:
                raise ModelFormatError(f"node {name!r} reads {need!r}, which does not exist")
            users[need].append(name)
    ready = [node.name for node in nodes if not waiting[node.name]]
    ordered: list[Node] = []
    for name in ready:  # grows while it is walked
        ordered.append(by_name[name])
        for user in users[name]:
            waiting[user].discard(name)
            if not waiting[user]:
                ready.append(user)
    if len(ordered) != len(nodes):
        raise ModelFormatError("the nodes form a cycle")
    return tuple(ordered)
