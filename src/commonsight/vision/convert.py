"""Turn a TensorFlow.js graph into ONNX, operator by operator, with numpy and `onnx` only.

TensorFlow graphs compute images as NHWC and are full of transpositions; ONNX Runtime computes them as NCHW. Every value
here carries the permutation between the two, so a TensorFlow Transpose costs nothing: it only changes that permutation.
A real Transpose is written only where an operator cannot work in the layout at hand, for a convolutional network at its
very ends. The conversion is exact: weights are copied bit for bit after dequantisation, nothing is approximated.

Same graph, same bytes: nodes are named and written in the graph's order, and the file names no version of a library.
"""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from commonsight.vision.onnx_graph import Builder, Value
from commonsight.vision.operators import OPERATORS
from commonsight.vision.tfjs import ModelFormatError, Port, TfjsGraph

OPSET = 17
"""ONNX operator set of the written models; everything used here is stable in it and old runtimes read it."""
IR_VERSION = 8
"""The file format version that goes with operator set 17."""


def convert(graph: TfjsGraph, *, free_size: bool = False) -> onnx.ModelProto:
    """Write `graph` as an ONNX model and check it.

    Args:
        graph: what `tfjs.read` returned.
        free_size: leave height and width of a four-dimensional NCHW input open. The caller answers for the network
            being fully convolutional: sizes must then be multiples of its largest stride.

    Raises:
        ModelFormatError: for an operator or an attribute that is not supported, naming the node.
    """
    build = Builder(graph)
    inputs = [_input(build, port, free_size) for port in graph.inputs]
    for node in graph.nodes:
        if node.op in ("Const", "Placeholder"):
            continue
        if node.op not in OPERATORS:
            raise ModelFormatError(f"operator {node.op!r} of node {node.name!r} is not supported")
        try:
            OPERATORS[node.op](build, node)
        except ModelFormatError:
            raise
        except (IndexError, KeyError, ValueError, TypeError, OverflowError, ZeroDivisionError) as error:
            raise ModelFormatError(f"node {node.name!r} ({node.op}) is broken: {error}") from error
    outputs = [_output(build, port, free_size) for port in graph.outputs]
    build.fold_pads(port.name for port in graph.outputs)
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


def _input(build: Builder, port: Port, free_size: bool) -> onnx.ValueInfoProto:
    if any(size < 1 for size in port.shape):
        raise ModelFormatError(f"input {port.name!r} has shape {port.shape}; a declared size is needed")
    build.values[port.name] = Value(port.name, port.shape, tuple(range(len(port.shape))))
    declared: list[int | str] = list(port.shape)
    if free_size and len(declared) == 4:
        declared[2:] = ["height", "width"]
    return helper.make_tensor_value_info(port.name, TensorProto.FLOAT, declared)


def _output(build: Builder, port: Port, free_size: bool) -> onnx.ValueInfoProto:
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


def free_size(content: bytes, name: str) -> bytes:
    """Take the size of picture an ONNX model was written for off it, so that any size may enter.

    Batch, height and width of the input `name` and of all outputs are left open, shapes in between are forgotten, and
    weights are no longer inputs, so that the runtime may fold them. The caller answers for the network being fully
    convolutional. Same model, same bytes.

    Raises:
        ModelFormatError: the model has no such input.
    """
    model = onnx.load_model_from_string(content)
    given = [value for value in model.graph.input if value.name == name]
    if not given or len(given[0].type.tensor_type.shape.dim) != 4:
        raise ModelFormatError(f"no input {name!r} of four dimensions")
    del model.graph.input[:]
    model.graph.input.extend(given)
    del model.graph.value_info[:]
    for value in (*model.graph.input, *model.graph.output):
        for index, dimension in enumerate(value.type.tensor_type.shape.dim):
            if index != 1:
                dimension.Clear()
                dimension.dim_param = f"{value.name}_{index}"
    onnx.checker.check_model(model)
    freed: bytes = model.SerializeToString(deterministic=True)
    return freed
