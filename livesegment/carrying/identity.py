"""Which object of a new result is which of those known."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from livesegment.carrying.patch import Patch, shared_area

CONFIRMED = 2
"""Results in which an object must have been seen before it gets an id."""
FORGET = 0.8
"""What each earlier vote for a class counts for after one more result."""
HIDDEN = 0.8
"""What is thought to be left of an object's area from result to result, however little is seen."""
SAME_CLASS = 0.25
"""Least overlap of two masks of one object, where the result calls it what it was called."""
OTHER_CLASS = 0.45
"""Likewise where it calls it something else: a car, then a truck."""
NEAR = 1.0
"""Where masks do not meet: how far centres may be apart, in units of the object's own size."""
LEAST_REACH = 16.0
"""Raster pixels that the centres of tiny things may be apart."""
GROWN = 2.5
"""By how much it may be larger then; smaller it may be by any, as it comes out from behind."""
MEMORY = 2.0
"""Seconds after which an object out of sight that comes back is another one."""
FASTEST = 0.5
"""Seconds for which a lost object is thought to have gone on as it went."""


@dataclass(slots=True, eq=False)
class Track:
    """One object through the session."""

    number: int = 0
    """Its id; 0 until it was seen in two results."""
    results: int = 0
    """In which it was seen."""
    votes: dict[int, float] = field(default_factory=dict)
    """Class id -> scores that spoke for it, the older the less."""
    centre: complex = 0j
    """x + iy in raster pixels, when last seen in a result."""
    area: float = 0.0
    """In raster pixels, as a whole: what is hidden for a moment counts."""
    velocity: complex = 0j
    """Raster pixels a second."""
    seen_at: float = 0.0
    """Capture time of the frame of that result."""

    @property
    def confirmed(self) -> bool:
        """Whether it has an id."""
        return self.number > 0

    @property
    def class_id(self) -> int:
        """What most results call it."""
        return max(self.votes, key=lambda class_id: (self.votes[class_id], -class_id))

    def expected(self, at: float) -> complex:
        """Where it should be at a time, if it went on as it went: x + iy in raster pixels."""
        return self.centre + self.velocity * min(max(0.0, at - self.seen_at), FASTEST)


class Roster:
    """Hands out ids, each once in a session."""

    def __init__(self) -> None:
        self._last = 0

    def see(self, track: Track, patch: Patch, class_id: int, score: float, at: float) -> None:
        """Note that a result shows an object.

        Args:
            track: the object.
            patch: where the result has it.
            class_id: what the result calls it.
            score: of the result, 0..1.
            at: capture time of the result's frame.
        """
        for known in track.votes:
            track.votes[known] *= FORGET
        track.votes[class_id] = track.votes.get(class_id, 0.0) + max(score, 1e-3)
        track.results += 1
        if track.results == CONFIRMED:
            self._last += 1
            track.number = self._last
        centre, area = place(patch)
        if track.results > 1 and at > track.seen_at:
            # A part that looks out from behind something says little of where the whole is going.
            trust = min(1.0, area / track.area) ** 2
            velocity = (centre - track.centre) / (at - track.seen_at)
            track.velocity += trust * (velocity - track.velocity)
        track.area = max(area, HIDDEN * track.area)
        track.centre, track.seen_at = centre, at


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """An object known, as it lies in the frame of a new result."""

    track: Track
    patch: Patch
    travel: float
    """How far it was carried since its own key frame, in raster pixels."""


def place(patch: Patch) -> tuple[complex, float]:
    """The centre of a patch's box (x + iy) and its area, in raster pixels."""
    centre = complex(patch.x + patch.right, patch.y + patch.bottom) / 2
    return centre, float(max(1, patch.area))


def overlaps(old: Sequence[Patch], new: Sequence[Patch]) -> NDArray[np.float64]:
    """Intersection over union of the masks of each pair: (len(old), len(new)), 0..1."""
    ious = np.zeros((len(old), len(new)))
    old_areas, new_areas = [patch.area for patch in old], [patch.area for patch in new]
    for i, one in enumerate(old):
        for j, other in enumerate(new):
            shared = shared_area(one, other)
            if shared:
                ious[i, j] = shared / (old_areas[i] + new_areas[j] - shared)
    return ious


def best_first(affinity: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs one to one, the best first, of those whose affinity (m, n) is more than 0."""
    pairs: list[tuple[int, int]] = []
    left = affinity.copy()
    while left.size and left.max() > 0:
        i, j = divmod(int(left.argmax()), left.shape[1])
        pairs.append((i, j))
        left[i, :] = 0
        left[:, j] = 0
    return pairs


def by_overlap(
    old: Sequence[Seen], new: Sequence[Patch], class_ids: Sequence[int]
) -> list[tuple[int, int]]:
    """Pairs of old and new objects whose masks cover each other, best first."""
    ious = overlaps([seen.patch for seen in old], new)
    same = np.array(
        [[seen.track.class_id == class_id for class_id in class_ids] for seen in old], bool
    ).reshape(ious.shape)
    enough = ious > np.where(same, SAME_CLASS, OTHER_CLASS)
    return best_first(np.where(enough, ious + 0.1 * same, 0))


def by_distance(
    old: Sequence[tuple[Track, complex]], new: Sequence[Patch], class_ids: Sequence[int]
) -> list[tuple[int, int]]:
    """Pairs whose masks do not meet but that are near, alike in size and called the same.

    For what is small and fast, or was out of sight for a moment.

    Args:
        old: objects and where they should be, x + iy in raster pixels.
        new: the result's masks.
        class_ids: what the result calls them.
    """
    affinity = np.zeros((len(old), len(new)))
    places = [place(patch) for patch in new]
    for i, (track, expected) in enumerate(old):
        for j, (centre, area) in enumerate(places):
            reach = max(NEAR * np.sqrt(max(area, track.area)), LEAST_REACH)
            far = abs(centre - expected) / reach
            if track.class_id == class_ids[j] and area < GROWN * track.area and far < 1:
                affinity[i, j] = 1 - far + 1e-6
    return best_first(affinity)


def identify(
    known: Sequence[Seen],
    gone: Sequence[Track],
    new: Sequence[Patch],
    class_ids: Sequence[int],
    at: float,
) -> dict[int, tuple[Track, Seen | None]]:
    """Which object of a result is which.

    Args:
        known: the objects under way, as they lie in the result's frame.
        gone: objects out of sight.
        new: the result's masks.
        class_ids: what the result calls them.
        at: capture time of the result's frame.

    Returns:
        Place in the result -> its track, and what was known of it where its mask was carried to.
        What is not there is new.
    """
    matches: dict[int, tuple[Track, Seen | None]] = {}
    for i, j in by_overlap(known, new, class_ids):
        matches[j] = known[i].track, known[i]
    taken = {id(track) for track, _ in matches.values()}
    places = [(seen.track, place(seen.patch)[0]) for seen in known]
    places += [(seen.track, seen.track.expected(at)) for seen in known]
    places += [(track, track.expected(at)) for track in gone if at - track.seen_at < MEMORY]
    places = [(track, centre) for track, centre in places if id(track) not in taken]
    rest = [j for j in range(len(new)) if j not in matches]
    pairs = by_distance(places, [new[j] for j in rest], [class_ids[j] for j in rest])
    for i, j in pairs:  # best first; a track is there with every place that it may be at
        track = places[i][0]
        if id(track) not in taken:
            taken.add(id(track))
            matches[rest[j]] = track, None
    return matches
