"""A small Mask R-CNN of random weights, with every kind of node that the default model has.

Its nodes are those of OpenCV's text graph of mask_rcnn_inception_v2_coco; its channels are few.
"""

import numpy as np
from numpy.typing import NDArray

from livesegment.builtin.graph_text import GraphBuilder

CLASSES = 4
CROP = 14
WIDTHS, HEIGHTS = [24.0, 48.0, 40.0], [40.0, 48.0, 24.0]


class RandomGraph(GraphBuilder):
    """Adds layers with weights from a generator."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = np.random.default_rng(seed)

    def weights(self, *shape: int, gain: float = 1.0) -> NDArray[np.float32]:
        """Weights whose sums stay about as large as what goes in."""
        scale = gain * np.sqrt(2 / np.prod(shape[:-1]))
        return np.asarray(self._random.standard_normal(shape) * scale, np.float32)

    def normalised(self, name: str, source: str, shape: tuple[int, ...], stride: int = 1) -> str:
        """Add a convolution without biases, a FusedBatchNorm and a Relu."""
        last = self.node(
            f"{name}/Conv2D",
            "Conv2D",
            [source, self.floats(f"{name}/weights", self.weights(*shape))],
            data_format="NHWC",
            padding="SAME",
            strides=[1, stride, stride, 1],
        )
        facts = [
            self.floats(f"{name}/BatchNorm/{fact}", values)
            for fact, values in (
                ("gamma", 1 + 0.2 * self._random.random(shape[-1])),
                ("beta", 0.2 * self._random.standard_normal(shape[-1])),
                ("moving_mean", 0.2 * self._random.standard_normal(shape[-1])),
                ("moving_variance", 0.5 + self._random.random(shape[-1])),
            )
        ]
        last = self.node(f"{name}/BatchNorm", "FusedBatchNorm", [last, *facts], epsilon=0.001)
        return self.node(f"{name}/Relu", "Relu", [last])

    def dense(self, name: str, source: str, shape: tuple[int, int], *, boxes: bool) -> str:
        """Add a MatMul and a BiasAdd."""
        gain = 0.3 if boxes else 2.0
        weights = self.floats(f"{name}/weights", self.weights(*shape, gain=gain))
        marks = {"loc_pred_transposed": True} if boxes else {}
        last = self.node(
            f"{name}/MatMul",
            "MatMul",
            [source, weights],
            transpose_a=False,
            transpose_b=False,
            **marks,
        )
        biases = self.floats(f"{name}/biases", self.weights(shape[1], 1)[:, 0] * 0.1)
        return self.node(f"{name}/BiasAdd", "BiasAdd", [last, biases])


def build(seed: int = 0) -> tuple[bytes, str]:
    """The frozen graph and the text graph."""
    graph = RandomGraph(seed)
    features = _add_features(graph)
    proposals = _add_proposals(graph, features)
    _add_masks(graph, features, _add_detections(graph, features, proposals))
    return graph.frozen(), graph.text()


def _add_features(graph: RandomGraph) -> str:
    image = graph.placeholder("image_tensor", 3)
    last = graph.node("Scale", "Mul", [image, graph.floats("Scale/x", 2 / 255)])
    last = graph.node("Shift", "Sub", [last, graph.floats("Shift/y", 1.0)])
    last = graph.node(
        "First/depthwise",
        "DepthwiseConv2dNative",
        [last, graph.floats("First/depthwise_weights", graph.weights(7, 7, 3, 2, gain=2.5))],
        padding="SAME",
        strides=[1, 2, 2, 1],
    )
    last = graph.normalised("First", last, (1, 1, 6, 8))
    last = graph.pool("Pool", last, (3, 3), 2)
    last = graph.normalised("Second", last, (3, 3, 8, 8))
    branches = [
        graph.normalised("Mixed/Branch_0", last, (3, 3, 8, 8), stride=2),
        graph.normalised(
            "Mixed/Branch_1",
            graph.pool("Mixed/AvgPool", last, (3, 3), op="AvgPool"),
            (1, 1, 8, 8),
            stride=2,
        ),
        graph.pool("Mixed/MaxPool", last, (3, 3), 2),
    ]
    return graph.concat("Mixed/concat", branches)


def _add_proposals(graph: RandomGraph, features: str) -> str:
    hidden = graph.convolution(
        "Conv", features, graph.weights(3, 3, 24, 12), np.zeros(12), activation="Relu6"
    )
    boxes = graph.node(
        "FirstStage/Boxes/Conv2D",
        "Conv2D",
        [hidden, graph.floats("FirstStage/Boxes/w", graph.weights(1, 1, 12, 12, gain=0.3))],
        padding="SAME",
        strides=[1, 1, 1, 1],
        loc_pred_transposed=True,
    )
    biases = graph.floats("FirstStage/Boxes/b", graph.weights(12, 1)[:, 0])
    boxes = graph.node("FirstStage/Boxes/BiasAdd", "BiasAdd", [boxes, biases])
    logits = graph.convolution(
        "FirstStage/Classes", hidden, graph.weights(1, 1, 12, 6, gain=0.5), np.zeros(6)
    )
    pairs = graph.reshape("FirstStage/pairs", logits, [0, -1, 2])
    shares = graph.node("FirstStage/softmax", "Softmax", [pairs], axis=-1)
    priors = graph.node(
        "proposals",
        "PriorBox",
        [boxes, "image_tensor"],
        width=WIDTHS,
        height=HEIGHTS,
        step=8.0,
        offset=0.0,
        variance=[0.1, 0.1, 0.2, 0.2],
        flip=False,
        clip=True,
    )
    return graph.node(
        "detection_out",
        "DetectionOutput",
        [
            graph.node("FirstStage/boxes/flat", "Flatten", [boxes]),
            graph.node("FirstStage/shares/flat", "Flatten", [shares]),
            priors,
        ],
        num_classes=2,
        background_label_id=0,
        share_location=True,
        code_type="CENTER_SIZE",
        nms_threshold=0.7,
        top_k=6000,
        keep_top_k=20,
        clip=True,
    )


def _crops(graph: RandomGraph, suffix: str, features: str, boxes: str) -> str:
    """Add crops and the layers behind them, (n, 12, 4, 4)."""
    size = graph.integers(f"CropAndResize{suffix}/crop_size", [CROP, CROP])
    crops = graph.node(
        f"CropAndResize{suffix}",
        "CropAndResize",
        [features, boxes, size],
        method="bilinear",
        extrapolation_value=0.0,
    )
    halved = graph.pool(f"MaxPool2D{suffix}", crops, (2, 2), 2, padding="VALID")
    return graph.normalised(f"SecondStage{suffix}", halved, (3, 3, 24, 12), stride=2)


def _add_detections(graph: RandomGraph, features: str, proposals: str) -> str:
    stage = _crops(graph, "", features, proposals)
    axes = graph.integers("Mean/axes", [1, 2])
    mean = graph.node("Mean", "Mean", [stage, axes], keep_dims=True)
    flat = graph.node("Mean/flat", "Flatten", [mean])
    boxes = graph.dense("Boxes", flat, (12, 4 * CLASSES), boxes=True)
    boxes = graph.reshape("Boxes/rows", boxes, [1, -1, 4])
    variances = graph.floats("Boxes/variance", [0.1, 0.1, 0.2, 0.2])
    boxes = graph.node("Boxes/encoded", "Mul", [boxes, variances], axis=2)
    logits = graph.dense("Classes", flat, (12, CLASSES + 1), boxes=False)
    rows = graph.reshape("Classes/rows", logits, [-1, 1, CLASSES + 1])
    shares = graph.node("Classes/softmax", "Softmax", [rows], axis=-1)
    begins = graph.integers("Classes/slice/begins", [0, 0, 1])
    sizes = graph.integers("Classes/slice/sizes", [-1, -1, -1])
    shares = graph.node("Classes/slice", "Slice", [shares, begins, sizes])
    begins = graph.integers("corners/begins", [0, 0, 0, 3])
    sizes = graph.integers("corners/sizes", [-1, -1, -1, 4])
    corners = graph.node("corners", "Slice", [proposals, begins, sizes])
    return graph.node(
        "detection_out_final",
        "DetectionOutput",
        [
            graph.node("Boxes/flat", "Flatten", [boxes]),
            graph.reshape("Classes/flat", shares, [1, -1]),
            graph.reshape("corners/flat", corners, [1, 1, -1]),
        ],
        num_classes=CLASSES,
        background_label_id=CLASSES + 1,
        share_location=False,
        variance_encoded_in_target=True,
        code_type="CENTER_SIZE",
        confidence_threshold=0.3,
        nms_threshold=0.6,
        keep_top_k=20,
        group_by_classes=False,
        clip=True,
    )


def _add_masks(graph: RandomGraph, features: str, detections: str) -> None:
    stage = _crops(graph, "_1", features, detections)
    size = graph.integers("Resize/size", [15, 15])
    last = graph.node("Resize", "ResizeBilinear", [stage, size], align_corners=True)
    last = graph.convolution(
        "Mask",
        last,
        graph.weights(3, 3, 12, 10),
        0.1 * graph.weights(10, 1)[:, 0],
        activation="Relu",
    )
    last = graph.convolution("Mask_1", last, graph.weights(3, 3, 10, CLASSES), np.zeros(CLASSES))
    order = graph.integers("transpose/perm", [0, 3, 1, 2])
    turned = graph.node("transpose", "Transpose", [last, order])
    graph.node("detection_masks", "Sigmoid", [turned])
