"""TensorFlow's operations rewritten as ONNX's, as OpenCV's importer understands them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from livesegment.errors import ModelError
from livesegment.families.rebuild.layer_writer import TO_NCHW, Layer, LayerWriter, Tensor
from livesegment.families.rebuild.operation import AS_IT_IS, Operation
from livesegment.families.rebuild.picture_layers import (
    convolution,
    crop,
    depthwise,
    pad,
    pool,
    resize,
    weights_name,
    xy_first,
)

_TO_THE_END = int(np.iinfo(np.int64).max)


def add_layer(to: LayerWriter, operation: Operation, model: str) -> None:
    """Add an operation whose inputs are there.

    Args:
        to: the network.
        operation: of TensorFlow's.
        model: its name, for messages.

    Raises:
        ModelError: it is of a kind, or used in a way, that cannot be rebuilt.
    """
    layer = LAYERS.get(operation.kind)
    if layer is None:
        raise ModelError(
            f"{model}: node {operation.name} is of type {operation.kind or '?'}, "
            "which cannot be rebuilt as ONNX",
            hint=AS_IT_IS,
        )
    try:
        to.tensors[operation.name] = layer(to, operation)
    except (ValueError, IndexError, ArithmeticError) as error:
        raise ModelError(
            f"{model}: node {operation.name} ({operation.kind}) cannot be rebuilt as ONNX: {error}",
            hint=AS_IT_IS,
        ) from error


def _matmul(to: LayerWriter, operation: Operation) -> Tensor:
    source, weights = to.read(operation), to.values(operation, 1)
    if operation.flag("transpose_a") or source.picture or weights.ndim != 2:
        raise ValueError("only a flat tensor times a constant matrix can be rebuilt")
    if operation.flag("transpose_b"):
        weights = weights.T
    name = to.onnx.constant(weights_name(operation), xy_first(operation, weights))
    to.onnx.node("MatMul", [source.name, name], operation.name)
    return Tensor(operation.name, 2)


def _bias(to: LayerWriter, operation: Operation) -> Tensor:
    source, maker = to.read(operation), to.maker(operation)
    values = to.values(operation, 1)
    name = operation.inputs[1]
    if maker is not None and maker.flag("loc_pred_transposed"):
        values, name = xy_first(maker, values), f"{name}/xy"
    shape = (-1, 1, 1) if source.picture else (-1,)
    biases = to.onnx.constant(f"{name}/{len(shape)}", values.reshape(shape))
    to.onnx.node("Add", [source.name, biases], operation.name)
    return replace(source, name=operation.name)


def _arithmetic(kind: str) -> Layer:
    def layer(to: LayerWriter, operation: Operation) -> Tensor:
        constant_first = operation.inputs[0] not in to.tensors
        if constant_first and kind == "Sub":
            raise ValueError("a constant less a tensor")
        like = to.read(operation, 1 if constant_first else 0)
        operands = [to.operand(operation, index, like) for index in range(2)]
        to.onnx.node(kind, operands, operation.name)
        return replace(like, name=operation.name)

    return layer


def _normalisation(to: LayerWriter, operation: Operation) -> Tensor:
    source = to.read(operation)
    if operation.attributes.get("is_training") is True:
        raise ValueError("it is in training mode")
    facts = [
        to.onnx.constant(name, to.values(operation, index))
        for index, name in enumerate(operation.inputs[1:5], start=1)
    ]
    epsilon = float(operation.number("epsilon", 1e-4))
    to.onnx.node("BatchNormalization", [source.name, *facts], operation.name, epsilon=epsilon)
    return replace(source, name=operation.name)


def _activation(kind: str) -> Layer:
    def layer(to: LayerWriter, operation: Operation) -> Tensor:
        source = to.read(operation)
        limits = []
        if kind == "Clip":
            limits = [to.onnx.constant(f"limit {n}", np.array(n, np.float32)) for n in (0, 6)]
        to.onnx.node(kind, [source.name, *limits], operation.name)
        return replace(source, name=operation.name)

    return layer


def _softmax(to: LayerWriter, operation: Operation) -> Tensor:
    source = to.read(operation)
    axis = operation.whole("axis", -1)
    if source.picture or axis not in {-1, source.axes - 1}:
        raise ValueError("only one along the last axis of a flat tensor can be rebuilt")
    to.onnx.node("Softmax", [source.name], operation.name, axis=-1)
    return replace(source, name=operation.name)


def _concat(to: LayerWriter, operation: Operation) -> Tensor:
    sources = [to.read(operation, index) for index in range(len(operation.inputs) - 1)]
    axis = int(to.values(operation, len(sources)).item())
    first = sources[0]
    if any(source.picture != first.picture for source in sources):
        raise ValueError("it joins a picture with something else")
    if first.picture:
        axis = TO_NCHW.index(axis % 4)
    to.onnx.node("Concat", [source.name for source in sources], operation.name, axis=axis)
    if axis != 1:
        return replace(first, name=operation.name, size=None)
    channels = [source.channels for source in sources]
    return replace(first, name=operation.name, channels=sum(channels) if all(channels) else 0)


def _reshape(to: LayerWriter, operation: Operation) -> Tensor:
    source = to.read(operation)
    sides = [int(side) for side in to.values(operation, 1).ravel()]
    if len(sides) == 4:
        raise ValueError("its result has four axes")
    shape = to.onnx.constant(f"{operation.name}/sides", sides)
    to.onnx.node("Reshape", [to.nhwc(source, operation.name), shape], operation.name)
    return Tensor(operation.name, len(sides))


def _flatten(to: LayerWriter, operation: Operation) -> Tensor:
    source = to.read(operation)
    to.onnx.node("Flatten", [to.nhwc(source, operation.name)], operation.name, axis=1)
    return Tensor(operation.name, 2)


def _slice(to: LayerWriter, operation: Operation) -> Tensor:
    source = to.read(operation)
    begins, sizes = (to.values(operation, index).ravel() for index in (1, 2))
    if len(begins) != source.axes or len(sizes) != source.axes:
        raise ValueError(f"{len(begins)} places for {source.axes} axes")
    if source.picture:
        begins, sizes = begins[TO_NCHW], sizes[TO_NCHW]
    ends = [
        _TO_THE_END if size == -1 else int(begin + size)
        for begin, size in zip(begins, sizes, strict=True)
    ]
    to.onnx.node(
        "Slice",
        [
            source.name,
            to.onnx.constant(f"{operation.name}/first", begins),
            to.onnx.constant(f"{operation.name}/last", ends),
        ],
        operation.name,
    )
    return replace(source, name=operation.name, size=None, channels=0)


def _mean(to: LayerWriter, operation: Operation) -> Tensor:
    source = to.read(operation)
    if not source.picture or sorted(to.values(operation, 1).ravel().tolist()) != [1, 2]:
        raise ValueError("only one over height and width can be rebuilt")
    keep = operation.flag("keepdims", default=operation.flag("keep_dims"))
    name = operation.name if keep else f"{operation.name}/kept"
    to.onnx.node("GlobalAveragePool", [source.name], name)
    if keep:
        return Tensor(name, 4, picture=True, size=(1, 1))
    to.onnx.node("Flatten", [name], operation.name, axis=1)
    return Tensor(operation.name, 2)


def _transpose(to: LayerWriter, operation: Operation) -> Tensor:
    source = to.read(operation)
    order = to.values(operation, 1).ravel().tolist()
    if order == list(range(source.axes)):
        return source
    if not source.picture or order != TO_NCHW:
        raise ValueError(f"the order {order}")
    return replace(source, picture=False)


def _identity(to: LayerWriter, operation: Operation) -> Tensor:
    return to.raw(operation)


LAYERS: Mapping[str, Layer] = {
    "Add": _arithmetic("Add"),
    "AddV2": _arithmetic("Add"),
    "AvgPool": pool("AveragePool"),
    "BiasAdd": _bias,
    "ConcatV2": _concat,
    "Conv2D": convolution,
    "CropAndResize": crop,
    "DepthwiseConv2dNative": depthwise,
    "Flatten": _flatten,
    "FusedBatchNorm": _normalisation,
    "FusedBatchNormV3": _normalisation,
    "Identity": _identity,
    "MatMul": _matmul,
    "MaxPool": pool("MaxPool"),
    "Mean": _mean,
    "MirrorPad": pad,
    "Mul": _arithmetic("Mul"),
    "Pad": pad,
    "Relu": _activation("Relu"),
    "Relu6": _activation("Clip"),
    "Reshape": _reshape,
    "ResizeBilinear": resize,
    "Sigmoid": _activation("Sigmoid"),
    "Slice": _slice,
    "Softmax": _softmax,
    "Sub": _arithmetic("Sub"),
    "Transpose": _transpose,
}
"""TensorFlow's name -> what writes it."""
