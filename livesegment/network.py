"""A network as files or bytes: what a family asks for and an engine loads."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Tensors: TypeAlias = Mapping[str, NDArray[np.float32]]
"""Tensors by the name that the network gives them."""


class Format(Enum):
    """How a network is written down."""

    ONNX = "ONNX"
    TENSORFLOW = "TensorFlow"
    """A frozen graph's bytes for the weights, OpenCV's text graph for the topology."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One network, in memory, with the tensors that are wanted of it."""

    name: str
    """For messages: the file it came from."""
    format: Format
    weights: bytes
    outputs: tuple[str, ...]
    """Names of the tensors wanted, in the family's order; empty for all."""
    graph: str = ""
    """Text graph, where the format has one."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine likes ONNX to be written where it can say one thing in several ways."""

    crops_by_grid: bool = False
    """Crops are taken by GridSample; else by RoiAlign."""
    widest_depthwise: int | None = None
    """Pixels of a kernel over single channels; wider ones are written as kernels over all channels,
    with zeros. None: whatever the width."""
