"""The motion of an object as a whole."""

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.complex64]
"""Positions (n,) as x + iy, so that turning and scaling is one product."""

FEWEST = 12
"""With fewer points turning and scaling cannot be told from noise."""
SCALES = (0.4, 2.5)
"""An object that seems to have grown or shrunk by more was not followed but lost."""


def _middle(values: NDArray[np.floating]) -> float:
    """The median but for the mean of the two in the middle, at a fifth of numpy's time."""
    half = len(values) // 2
    return float(np.partition(values, half)[half])


@dataclass(frozen=True, slots=True)
class Similarity:
    """Turning, scaling and shifting of the plane: z -> turn z + shift."""

    turn: complex
    shift: complex

    def inverse(self) -> Self:
        """The way back."""
        return type(self)(1 / self.turn, -self.shift / self.turn)


def fit_similarity(before: Points, after: Points, weights: NDArray[np.floating]) -> Similarity:
    """The similarity that most of the points follow.

    Least squares, reweighted three times by how far off each point is, on the scale of the median
    distance (Geman and McClure's weights); it starts from the median shift.

    Args:
        before: (n,) positions.
        after: (n,) the same points later.
        weights: (n,) how much each counts.
    """
    moved = after - before
    shift = complex(_middle(moved.real), _middle(moved.imag))
    if len(before) < FEWEST:
        return Similarity(1, shift)
    fit = Similarity(1, shift)
    off = np.abs(moved - shift)
    floor = 1.0
    for _ in range(4):
        scale = 1.5 * max(floor, 1.48 * _middle(off))
        trust = weights / np.square(1 + np.square(off / scale))
        trust /= trust.sum() + 1e-9
        from_mean, to_mean = trust @ before, trust @ after
        arm, goal = before - from_mean, after - to_mean
        pull = trust * np.conj(arm)
        turn = complex(pull @ goal) / (float((pull @ arm).real) + 1e-9)
        fit = Similarity(turn, complex(to_mean) - turn * complex(from_mean))
        off = np.abs(turn * before + np.complex64(fit.shift) - after)
        floor = 0.5
    return fit if SCALES[0] < abs(fit.turn) < SCALES[1] else Similarity(1, shift)
