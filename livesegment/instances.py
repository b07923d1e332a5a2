"""What was found in one frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livesegment.geometry import pixel_regions

Mask: TypeAlias = NDArray[np.bool_]
"""A mask that covers its box and no more."""


@dataclass(frozen=True, slots=True, eq=False)
class Instances:
    """The objects found in one frame, a row each, best score first.

    A mask covers the pixels that its box touches and no others: 30 objects at 1080p are a few
    hundred kilobytes, where full-frame masks are 62 megabytes.
    """

    boxes: NDArray[np.float32]
    """(n, 4) x1, y1, x2, y2 in frame pixels, clipped to the frame; x2 and y2 are exclusive."""
    scores: NDArray[np.float32]
    """(n,) in 0..1."""
    class_ids: NDArray[np.int32]
    """(n,) places in the model's list of labels, from 0."""
    masks: Sequence[Mask]
    """n crops; `masks[i]` is (y2 - y1, x2 - x1) of `regions[i]`."""
    track_ids: NDArray[np.int32] | None = None
    """(n,) identities that last through a session, or None where nothing is tracked."""

    def __post_init__(self) -> None:
        n = len(self.boxes)
        if self.boxes.shape != (n, 4):
            raise ValueError(f"boxes must be (n, 4), got {self.boxes.shape}")
        for name in ("scores", "class_ids", "masks", "track_ids"):
            column = getattr(self, name)
            if column is not None and len(column) != n:
                raise ValueError(f"{name} has {len(column)} rows, boxes has {n}")
            if name != "masks" and column is not None and column.ndim != 1:
                raise ValueError(f"{name} must be (n,), got {column.shape}")
        for (x1, y1, x2, y2), mask in zip(self.regions.tolist(), self.masks, strict=True):
            if mask.dtype != np.bool_ or mask.shape != (y2 - y1, x2 - x1):
                raise ValueError(
                    f"mask {mask.shape} {mask.dtype} must be bool and cover box {(x1, y1, x2, y2)}"
                )

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def regions(self) -> NDArray[np.int32]:
        """(n, 4) x1, y1, x2, y2: the pixels that the masks cover; x2 and y2 are exclusive."""
        return pixel_regions(self.boxes)

    @classmethod
    def empty(cls) -> Self:
        """Nothing found."""
        return cls.from_rows([], [], [], [])

    @classmethod
    def from_rows(
        cls,
        boxes: ArrayLike,
        scores: ArrayLike,
        class_ids: ArrayLike,
        masks: Sequence[Mask],
        track_ids: ArrayLike | None = None,
    ) -> Self:
        """Build from anything array-like, converted to the columns' types."""
        corners = np.asarray(boxes, np.float32)
        return cls(
            boxes=corners if corners.size else corners.reshape(0, 4),
            scores=np.asarray(scores, np.float32),
            class_ids=np.asarray(class_ids, np.int32),
            masks=masks,
            track_ids=None if track_ids is None else np.asarray(track_ids, np.int32),
        )

    def take(self, rows: NDArray[Any]) -> Self:
        """Some of the rows, by boolean mask (n,) or by index."""
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return type(self)(
            boxes=self.boxes[index],
            scores=self.scores[index],
            class_ids=self.class_ids[index],
            masks=[self.masks[i] for i in index.tolist()],
            track_ids=None if self.track_ids is None else self.track_ids[index],
        )


UNKNOWN = -1
"""Index of no frame: nobody looked for objects, which is not the same as that none are there."""


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """What was found in one frame, and what it cost."""

    instances: Instances
    frame_index: int
    """`UNKNOWN` where none was looked at."""
    captured_at: float
    """Of the frame: `time.monotonic()` seconds."""
    size: tuple[int, int]
    """(width, height) of the frame, in pixels."""
    timings: Mapping[str, float] = field(default_factory=dict)
    """Stage -> seconds, in the order of running."""
