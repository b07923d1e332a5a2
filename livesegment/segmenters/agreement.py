"""Whether two segmentations of one picture found the same objects."""

from dataclasses import dataclass

import numpy as np

from livesegment.instances import Instances

USUAL_SCORE = 0.5
"""Where scores are cut by default."""
ENOUGH = 3
"""Objects that a comparison should have; where the usual score leaves fewer, it is lowered."""
SLACK = 0.1
"""An object may score this much less than the cut: rounding moves scores across any line."""
LEAST_OVERLAP = 0.5
"""Mask IoU from which two objects are the same one."""
GOOD_OVERLAP = 0.95
"""Mean mask IoU from which the masks are the same."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What of a reference's objects another engine found too."""

    reference: int
    """Objects that the reference found."""
    found: int
    """How many of them the other found: same class, masks that overlap."""
    extra: int
    """Objects that only the other found."""
    overlap: float
    """Mean mask IoU of what both found, 0..1; 1 where there is nothing."""
    score_error: float
    """Largest difference of a score between the two."""

    @property
    def recall(self) -> float:
        """Share of the reference's objects that were found, 0..1."""
        return self.found / self.reference if self.reference else 1.0

    @property
    def empty(self) -> bool:
        """Whether there was nothing to compare."""
        return not self.reference and not self.extra

    @property
    def same(self) -> bool:
        """Whether both found the same objects; where there were none, nothing tells."""
        alike = self.found == self.reference and not self.extra and self.overlap >= GOOD_OVERLAP
        return alike and self.reference > 0


def compare(reference: Instances, other: Instances) -> Agreement:
    """Match two lists of objects of one picture; those without a pixel are left out.

    Args:
        reference: best first, cut at a low score: how low the comparison goes is decided here.
        other: likewise.
    """
    reference, other = _drawn(reference), _drawn(other)
    cut = _cut(reference)
    strong = reference.take(reference.scores > cut)
    candidates = other.take(other.scores > cut - SLACK)
    taken: set[int] = set()
    overlaps, errors = [], []
    for i in range(len(strong)):
        best, overlap = _best(strong, i, candidates, taken)
        if best is not None:
            taken.add(best)
            overlaps.append(overlap)
            errors.append(abs(float(strong.scores[i] - candidates.scores[best])))
    surplus = [
        j for j in range(len(candidates)) if j not in taken and candidates.scores[j] > cut + SLACK
    ]
    # What the reference found a little below the cut is not the other's invention.
    weak = reference.take(reference.scores <= cut)
    extra = sum(_best(candidates, j, weak, set())[0] is None for j in surplus)
    return Agreement(
        reference=len(strong),
        found=len(overlaps),
        extra=extra,
        overlap=float(np.mean(overlaps)) if overlaps else 1.0,
        score_error=max(errors, default=0.0),
    )


def together(parts: list[Agreement]) -> Agreement:
    """The agreement over several pictures."""
    found = sum(part.found for part in parts)
    return Agreement(
        reference=sum(part.reference for part in parts),
        found=found,
        extra=sum(part.extra for part in parts),
        overlap=sum(part.overlap * part.found for part in parts) / found if found else 1.0,
        score_error=max((part.score_error for part in parts), default=0.0),
    )


def mask_overlap(a: Instances, i: int, b: Instances, j: int) -> float:
    """Intersection over union of two masks, each from its own crop; 0..1."""
    one, two = a.regions[i], b.regions[j]
    left, top = np.maximum(one[:2], two[:2])
    right, bottom = np.minimum(one[2:], two[2:])
    areas = int(np.count_nonzero(a.masks[i])) + int(np.count_nonzero(b.masks[j]))
    if right <= left or bottom <= top or not areas:
        return 0.0
    part_a = a.masks[i][top - one[1] : bottom - one[1], left - one[0] : right - one[0]]
    part_b = b.masks[j][top - two[1] : bottom - two[1], left - two[0] : right - two[0]]
    both = int(np.count_nonzero(part_a & part_b))
    return both / (areas - both)


def _drawn(instances: Instances) -> Instances:
    """Those that anything is shown of: no overlap tells two empty masks from each other."""
    return instances.take(np.array([mask.any() for mask in instances.masks], np.bool_))


def _cut(reference: Instances) -> float:
    """The score to compare above: the usual one, or what leaves enough to compare."""
    if np.count_nonzero(reference.scores > USUAL_SCORE) >= ENOUGH or not len(reference):
        return USUAL_SCORE
    ranked = np.sort(reference.scores)[::-1]
    return min(USUAL_SCORE, 0.999 * float(ranked[min(ENOUGH, len(ranked)) - 1]))


def _best(a: Instances, i: int, b: Instances, taken: set[int]) -> tuple[int | None, float]:
    """The object of `b` that overlaps object i of `a` most, of its class and not taken."""
    best, most = None, LEAST_OVERLAP
    for j in np.flatnonzero(b.class_ids == a.class_ids[i]).tolist():
        if j not in taken and (overlap := mask_overlap(a, i, b, j)) > most:
            best, most = j, overlap
    return best, most
