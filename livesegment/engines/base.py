"""The seam between a network and whatever runs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from livesegment.network import Dialect, Format, Network, Tensors


@dataclass(frozen=True, slots=True)
class EngineReport:
    """What really runs a network: measured, not asked for."""

    engine: str
    """Name and version, as "OpenCV 5.0.0 (classic)"."""
    device: str
    """One of `DEVICES`, as found after a forward pass."""
    detail: str = ""
    """Anything worth knowing, such as how many layers ran elsewhere."""

    def __str__(self) -> str:
        return f"{self.engine} on {self.device}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why something cannot be had on this machine, and what would change that."""

    reason: str
    """Half a sentence: "no OpenCL driver is installed"."""
    hint: str
    """What to type or do."""


class Engine(Protocol):
    """Runs one network. Knows nothing of pictures, boxes or classes.

    Loaded in one thread and then used by one thread only, which may be another: two threads in
    one network at once crash OpenCV.
    """

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> Tensors:
        """Run the network once.

        Args:
            inputs: input name -> tensor; a network of one input takes any name. What the network
                wants in another type is converted.

        Returns:
            The tensors that the network was loaded for, as float32 whatever the network gives.
            They hold until the next `run`, which may write over them.

        Raises:
            ModelError: the runtime cannot run the network at all, as its first run shows.
            EngineError: the device is not what was asked for, or a later run failed.
        """
        ...

    def report(self) -> EngineReport:
        """What really ran; meaningful after the first `run`."""
        ...


class EngineFactory(Protocol):
    """Loads networks on one runtime; the engine's class itself."""

    formats: frozenset[Format]
    """The formats that this runtime reads."""
    dialect: Dialect
    """How it likes the networks that are rebuilt for it."""

    def __call__(self, network: Network, *, device: str, threads: int | None) -> Engine:
        """Load `network` on `device`, one of `devices`, that nothing is in the way of.

        Args:
            network: what to load.
            device: where.
            threads: None leaves the runtime's own choice.

        Raises:
            ModelError: the runtime cannot read the network.
            EngineError: the device turns out not to work.
        """
        ...

    def version(self) -> str:
        """Of the runtime, as "5.0.0"."""
        ...

    def devices(self) -> Mapping[str, Obstacle | None]:
        """Every device that this runtime could have, and what is in its way here, if anything.

        Told without a network: a device may still fail to run one.
        """
        ...
