"""From sizes and shifts that are sums of features to what DetectionOutput takes for a box."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livesegment.builtin.features import COLOURS
from livesegment.builtin.graph_text import GraphBuilder

Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BoxCoder:
    """Two layers that turn sizes and shifts into (dx, dy, log w, log h), for each colour.

    DetectionOutput moves the middle of a prior by dx of its width and dy of its height, and makes
    it exp(log w) times as wide. A logarithm cannot be had of convolutions and Relu, but a curve of
    straight pieces can: a sum of max(size - knot, 0), one hidden unit a knot, each times the bend
    of the curve at its knot. A shift may have both signs; a Relu lets only one through, so there is
    one hidden unit for each.
    """

    knots: tuple[int, ...]
    """Sizes at which the curve bends and is exact; below the first it is level."""
    unit: float
    """What a size or shift of 1 is in widths of the prior."""
    margin: int = 0
    """Added to a size."""

    @property
    def units(self) -> int:
        """Hidden units of a colour and axis: one a knot, then right or down, then left or up."""
        return len(self.knots) + 2

    def add(
        self,
        graph: GraphBuilder,
        names: tuple[str, str],
        source: str,
        sizes: Weights,
        shifts: Weights,
    ) -> tuple[str, str]:
        """Add the layers.

        Args:
            graph: gets them.
            names: of the hidden layer and of the encodings.
            source: the features, last axis `inputs`.
            sizes: (inputs + 1, COLOURS, 2) factors of the inputs; their sum and the last row are
                the width and the height of the colour's shape.
            shifts: (inputs, COLOURS, 2) likewise the way from the prior's middle to the shape's.

        Returns:
            The hidden layer, (COLOURS, 2, units) channels, and the encodings, (COLOURS, 4).
        """
        knots = np.array(self.knots)
        logarithms = np.log((knots + self.margin) * self.unit)
        slopes = np.diff(logarithms) / np.diff(knots)
        bends = np.diff(slopes, prepend=0, append=slopes[-1])

        first = np.concatenate(
            [
                np.repeat(sizes[:-1, ..., None], len(knots), axis=-1),
                shifts[..., None],
                -shifts[..., None],
            ],
            axis=-1,
        )
        thresholds = np.zeros((COLOURS, 2, self.units))
        thresholds[..., : len(knots)] = sizes[-1, ..., None] - knots
        second = np.zeros((COLOURS, 2, self.units, COLOURS, 4))
        for colour in range(COLOURS):
            for axis in range(2):
                second[colour, axis, : len(knots), colour, 2 + axis] = bends
                second[colour, axis, len(knots) :, colour, axis] = self.unit, -self.unit
        hidden = graph.convolution(
            names[0],
            source,
            first.reshape(1, 1, len(first), -1),
            thresholds.ravel(),
            activation="Relu",
        )
        encodings = graph.convolution(
            names[1],
            hidden,
            second.reshape(1, 1, -1, COLOURS * 4),
            [0, 0, logarithms[0], logarithms[0]] * COLOURS,
        )
        return hidden, encodings
