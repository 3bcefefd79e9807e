"""Small TensorFlow.js graph models, written the way its converter writes them."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def attribute(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"b": value}
    if isinstance(value, str):
        return {"s": base64.b64encode(value.encode()).decode()}
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, float):
        return {"f": value}
    return {"list": {"i": [str(item) for item in value]}}


def node(name: str, op: str, inputs: Sequence[str] = (), **attributes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "op": op,
        "input": list(inputs),
        "attr": {key: attribute(value) for key, value in attributes.items()},
    }


def port(name: str, shape: Sequence[int]) -> dict[str, Any]:
    return {
        "name": f"{name}:0",
        "dtype": "DT_FLOAT",
        "tensorShape": {"dim": [{"size": str(size)} for size in shape]},
    }


def model(
    shape: Sequence[int],
    nodes: Sequence[dict[str, Any]],
    constants: Mapping[str, Any],
    outputs: Sequence[str] = ("out",),
    *,
    half: bool = False,
) -> tuple[bytes, bytes]:
    """A document with input `x` of this shape and the bytes of its weights; `half` stores float weights as float16."""
    manifest, weights = [], b""
    for name, value in constants.items():
        array = np.asarray(value)
        entry: dict[str, Any] = {"name": name, "shape": list(array.shape)}
        if array.dtype.kind == "i":
            entry["dtype"] = "int32"
            weights += array.astype("<i4").tobytes()
        else:
            entry["dtype"] = "float32"
            if half:
                entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
            weights += array.astype("<f2" if half else "<f4").tobytes()
        manifest.append(entry)
    document = {
        "format": "graph-model",
        "signature": {
            "inputs": {"x:0": port("x", shape)},
            "outputs": {f"{name}:0": port(name, ()) for name in outputs},
        },
        "modelTopology": {
            "node": [
                *(node(name, "Const") for name in constants),
                node("x", "Placeholder"),
                *nodes,
            ]
        },
        "weightsManifest": [{"paths": ["model.bin"], "weights": manifest}],
    }
    return json.dumps(document).encode(), weights
