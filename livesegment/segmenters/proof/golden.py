"""What OpenCV once made of known models as they are, for versions of it that cannot read them.

One JSON file a model, written by `tests/goldens/make_mask_rcnn_goldens.py` on an OpenCV that reads
TensorFlow graphs, for the picture that proofs use.
"""

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from livesegment.families.rebuild.conversion import Against
from livesegment.network import Network

FOLDER = "goldens"


@dataclass(frozen=True, slots=True, eq=False)
class Golden:
    """The answer to the test picture."""

    against: ClassVar[Against] = Against.GOLDEN
    name: str
    """Engine and version that gave it."""
    rows: NDArray[np.float32]
    """(n, 7) detections, best first."""
    masks: NDArray[np.float32]
    """(k, h, w) probabilities of the first k rows, each of its row's class."""

    @classmethod
    def of(cls, source: Network) -> Self | None:
        """That of a model, by the sum of its files; None where it is not a known one."""
        key = sum_of(source)
        for file in resources.files(__package__).joinpath(FOLDER).iterdir():
            told = json.loads(file.read_text("utf-8"))
            if told["sum"] == key:
                rows = np.array(told["rows"], np.float32).reshape(-1, 7)
                return cls(told["name"], rows, np.array(told["masks"], np.float32))
        return None


def sum_of(source: Network) -> str:
    """A SHA-256 over both files of a model."""
    total = hashlib.sha256()
    for part in (source.weights, source.graph.encode()):
        total.update(len(part).to_bytes(8, "little") + part)
    return total.hexdigest()
