"""The seam between pictures and tensors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from livesegment.frame import Image
from livesegment.geometry import Letterbox
from livesegment.instances import Instances
from livesegment.network import Network, Tensors

EVERYTHING = -1.0
"""A score below all scores, padding included: for warming up the last network of a family too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What is kept of what a network finds."""

    score: float = 0.5
    """Instances must score more than this, 0..1; `EVERYTHING` lets all rows of a network pass."""
    mask: float = 0.5
    """A pixel belongs to an instance when its probability is more than this, 0..1."""
    nms: float = 0.45
    """Overlap (IoU) beyond which the worse of two boxes of one class goes, 0..1.

    Only for families whose networks leave this to the program."""
    max_instances: int = 100
    """At most so many, the best ones."""
    class_ids: frozenset[int] | None = None
    """Only these classes; None for all."""

    def __post_init__(self) -> None:
        for name in ("score", "mask", "nms"):
            if not 0 <= getattr(self, name) <= 1 and getattr(self, name) != EVERYTHING:
                raise ValueError(f"{name} threshold must be in 0..1, got {getattr(self, name)}")
        if self.max_instances < 1:
            raise ValueError(f"max_instances must be at least 1, got {self.max_instances}")

    def wanted(self, class_ids: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Which of the (n,) class ids are asked for; (n,)."""
        if self.class_ids is None:
            return np.ones(len(class_ids), np.bool_)
        return np.isin(class_ids, list(self.class_ids))


class Family(Protocol):
    """How one kind of network is fed and read. Stateless once built; pure functions of arrays.

    A family is one network or several run in turn: after each but the last, `relay` makes the
    next one's inputs from what is there, so that work is done only for what is worth it.
    """

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the order of class ids."""
        ...

    @property
    def networks(self) -> Sequence[Network]:
        """What an engine must load, in the order of running."""
        ...

    def prepare(self, image: Image) -> tuple[Tensors, Letterbox]:
        """The first network's inputs for a picture, and how the picture was fitted into them."""
        ...

    def relay(self, tensors: Tensors, thresholds: Thresholds) -> Tensors | None:
        """The next network's inputs, or None where nothing is left to do.

        Args:
            tensors: all there are so far: the inputs and outputs of every network that ran.
            thresholds: what is worth going on with.
        """
        ...

    def decode(self, tensors: Tensors, letterbox: Letterbox, thresholds: Thresholds) -> Instances:
        """The instances that the tensors of all networks run describe, in frame pixels.

        Raises:
            ModelError: the outputs are not of this family's shape.
        """
        ...
