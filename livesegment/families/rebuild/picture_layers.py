"""What slides over pictures: convolutions, pools, padding, resizing, crops."""

from dataclasses import replace

import numpy as np

from livesegment.families.frozen_graph import Constant
from livesegment.families.rebuild.layer_writer import TO_NCHW, Layer, LayerWriter, Tensor
from livesegment.families.rebuild.operation import Operation
from livesegment.families.rebuild.resizing import Resizing, interpolation, merge

LARGEST = 1024
"""Samples along a side of what is resized: more is a damaged file."""


def convolution(to: LayerWriter, operation: Operation) -> Tensor:
    """Conv2D, with the resize before it where there is one."""
    source = to.raw(operation)
    weights = xy_first(operation, to.values(operation, 1))
    strides, dilations = operation.pair("strides"), operation.pair("dilations")
    if weights.ndim != 4 or not source.picture:
        raise ValueError(f"weights of shape {weights.shape} on a tensor of {source.axes} axes")
    kernel = weights.shape[:2]
    same = operation.word("padding", "") == "SAME"
    if source.resized is not None and same and strides == dilations == (1, 1):
        return _convolution_of_resized(to, operation, weights, source.resized)
    source = to.read(operation)
    name = to.onnx.constant(weights_name(operation), weights.transpose(3, 2, 0, 1))
    to.onnx.node(
        "Conv",
        [source.name, name],
        operation.name,
        kernel_shape=kernel,
        strides=strides,
        dilations=dilations,
        **_padding(operation),
    )
    reach = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True))
    made = _picture(operation.name, source, reach, strides, same=same)
    return replace(made, channels=weights.shape[3])


def _convolution_of_resized(
    to: LayerWriter, operation: Operation, weights: Constant, resizing: Resizing
) -> Tensor:
    """A resize and a convolution in one, on the few samples that there were before.

    Each tap of the kernel is a convolution of one sample, done before the resize; what is left is
    to spread the results, moved by the tap, and to add them up: two products of small matrices.
    For the usual mask head, 4x4 made 15x15, that is a fourteenth of the work.
    """
    height, width, _, channels = weights.shape
    rows, columns = resizing.source_size
    down = merge(resizing.down, height)
    across = merge(resizing.across, width)
    taps = weights.transpose(3, 0, 1, 2).reshape(-1, weights.shape[2], 1, 1)
    name = operation.name
    each = to.onnx.node(
        "Conv",
        [resizing.source, to.onnx.constant(f"{name}/taps", taps)],
        f"{name}/each",
        kernel_shape=[1, 1],
    )
    shape = to.onnx.constant(f"{name}/split", [-1, width, rows, columns])
    split = to.onnx.node("Reshape", [each, shape], f"{name}/parts")
    turned = to.onnx.node("Transpose", [split], f"{name}/turned", perm=[0, 2, 1, 3])
    shape = to.onnx.constant(f"{name}/together", [-1, channels, height * rows, width * columns])
    together = to.onnx.node("Reshape", [turned, shape], f"{name}/maps")
    columns_of = to.onnx.constant(f"{name}/across", across.T)
    wide = to.onnx.node("MatMul", [together, columns_of], f"{name}/wide")
    to.onnx.node("MatMul", [to.onnx.constant(f"{name}/down", down), wide], name)
    return Tensor(name, 4, picture=True, size=(len(down), len(across)), channels=channels)


def depthwise(to: LayerWriter, operation: Operation) -> Tensor:
    """DepthwiseConv2dNative: each channel by itself, several times over."""
    source, weights = to.read(operation), to.values(operation, 1)
    height, width, channels, times = weights.shape
    turned = weights.transpose(2, 3, 0, 1).reshape(channels * times, 1, height, width)
    groups = channels
    widest = to.dialect.widest_depthwise
    if widest is not None and max(height, width) > widest:
        whole = np.zeros((channels * times, channels, height, width), np.float32)
        rows = np.arange(channels * times)
        whole[rows, rows // times] = turned[:, 0]
        turned, groups = whole, 1
    strides = operation.pair("strides")
    to.onnx.node(
        "Conv",
        [source.name, to.onnx.constant(weights_name(operation), turned)],
        operation.name,
        kernel_shape=[height, width],
        strides=strides,
        dilations=operation.pair("dilations"),
        group=groups,
        **_padding(operation),
    )
    made = _picture(operation.name, source, None, strides, same=False)
    return replace(made, channels=channels * times)


def pool(kind: str) -> Layer:
    """MaxPool or AvgPool, which counts no padding."""

    def layer(to: LayerWriter, operation: Operation) -> Tensor:
        source = to.raw(operation)
        size, strides = operation.pair("ksize"), operation.pair("strides")
        same = operation.word("padding", "") == "SAME"
        if not (source.crops and size == strides and not same and source.crops % size[0] == 0):
            source = to.read(operation)
        attributes = {"count_include_pad": 0} if kind == "AveragePool" else {}
        to.onnx.node(
            kind,
            [source.name],
            operation.name,
            kernel_shape=size,
            strides=strides,
            **_padding(operation),
            **attributes,
        )
        made = _picture(operation.name, source, size, strides, same=same)
        return replace(made, crops=source.crops // size[0])

    return layer


def pad(to: LayerWriter, operation: Operation) -> Tensor:
    """Pad with zeros or MirrorPad."""
    source = to.read(operation)
    mode = operation.word("mode", "CONSTANT")
    modes = {"CONSTANT": "constant", "REFLECT": "reflect"}
    paddings = to.values(operation, 1)
    if mode not in modes or not source.picture or paddings.shape != (4, 2):
        raise ValueError(f"its mode is {mode}, its paddings are {paddings.tolist()}")
    ends = to.onnx.constant(f"{operation.name}/ends", paddings[TO_NCHW].T.ravel())
    to.onnx.node("Pad", [source.name, ends], operation.name, mode=modes[mode])
    channels = source.channels and source.channels + int(paddings[3].sum())
    return replace(source, name=operation.name, size=None, channels=channels)


def resize(to: LayerWriter, operation: Operation) -> Tensor:
    """ResizeBilinear of what has a size of its own, put off until somebody wants it."""
    source = to.read(operation)
    height, width = (int(side) for side in to.values(operation, 1).ravel())
    if source.size is None or not source.picture:
        raise ValueError("the size of what it resizes depends on the picture")
    if not 1 <= min(height, width) <= max(height, width) <= LARGEST:
        raise ValueError(f"its result is {width}x{height}")
    align, half = operation.flag("align_corners"), operation.flag("half_pixel_centers")
    down, across = (
        interpolation(before, after, align_corners=align, half_pixel_centers=half)
        for before, after in zip(source.size, (height, width), strict=True)
    )
    resizing = Resizing(source.name, source.size, down, across)
    return replace(source, name=operation.name, size=(height, width), resized=resizing)


def crop(to: LayerWriter, operation: Operation) -> Tensor:
    """CropAndResize: bilinear samples at even distances from edge to edge of each box.

    Where the samples lie is computed outside, in float32 whatever the network computes in:
    `rois` of RoiAlign, or the `grid` of GridSample.
    """
    features = to.read(operation, 0)
    if operation.word("method", "bilinear") != "bilinear":
        raise ValueError(f"its method is {operation.attributes['method']}")
    height, width = (int(side) for side in to.values(operation, 2).ravel())
    if min(height, width) < 2:
        raise ValueError(f"its crops are {width}x{height}")
    if to.crop_sizes:
        raise ValueError("there are two crops in this part of the graph")
    to.crop_sizes.append((height, width))
    size = height, width
    if to.dialect.crops_by_grid:
        grid = to.onnx.input("grid", [1, "samples", width, 2])
        to.onnx.node(
            "GridSample",
            [features.name, grid],
            operation.name,
            mode="bilinear",
            padding_mode="border",
            align_corners=1,
        )
        return Tensor(
            operation.name, 4, picture=True, size=size, channels=features.channels, crops=height
        )
    rois = to.onnx.input("rois", ["boxes", 4])
    to.onnx.node(
        "RoiAlign",
        [features.name, rois, to.onnx.zeros_like_rows(rois, "pictures")],
        operation.name,
        mode="avg",
        output_height=height,
        output_width=width,
        sampling_ratio=1,
        coordinate_transformation_mode="half_pixel",
    )
    return Tensor(operation.name, 4, picture=True, size=size, channels=features.channels)


def weights_name(operation: Operation) -> str:
    """What the weights are called once they are as `xy_first` makes them."""
    return operation.inputs[1] + ("/xy" if operation.flag("loc_pred_transposed") else "")


def xy_first(operation: Operation, values: Constant) -> Constant:
    """Boxes told as y, x, height, width made x, y, width, height, as OpenCV's importer does.

    The last axis holds them, of weights as of biases.
    """
    if not operation.flag("loc_pred_transposed"):
        return values
    if values.shape[-1] % 4:
        raise ValueError(f"{values.shape[-1]} numbers are not four a box")
    return values.reshape(*values.shape[:-1], -1, 2)[..., ::-1].reshape(values.shape)


def _padding(operation: Operation) -> dict[str, str]:
    """The padding of a convolution or pool: what is odd of SAME goes right and below."""
    padding = operation.word("padding", "")
    if padding not in {"SAME", "VALID"}:
        raise ValueError(f"its padding is {padding or 'not stated'}")
    return {"auto_pad": "SAME_UPPER" if padding == "SAME" else "VALID"}


def _picture(
    name: str,
    source: Tensor,
    reach: tuple[int, ...] | None,
    strides: tuple[int, int],
    *,
    same: bool,
) -> Tensor:
    """What a pool or such makes; its size, where that of its source is known."""
    size = None
    if source.size is not None and (same or reach is not None):
        height, width = (
            -(-side // stride) if same else (side - (reach or (1, 1))[axis]) // stride + 1
            for axis, (side, stride) in enumerate(zip(source.size, strides, strict=True))
        )
        size = height, width
    return Tensor(name, 4, picture=True, size=size, channels=source.channels)
