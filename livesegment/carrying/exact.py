"""Each frame with the masks of its own result, and identities from frame to frame."""

from dataclasses import replace

import numpy as np

from livesegment.carrying.identity import MEMORY, Roster, Seen, Track, identify
from livesegment.carrying.motion import raster_for
from livesegment.carrying.patch import to_raster
from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation


class ExactCarrier:
    """Leaves masks as they were inferred and tells whose they are; see `Carrier`.

    No motion is measured: between two frames of a film objects overlap with themselves. Time is
    that of the film, however long its segmentation takes. A frame that comes without a new result
    differs in nothing from the one before, and shows the same. Instances that come with their
    identities, as those of a recording do, keep these.
    """

    def __init__(self) -> None:
        self.key: Segmentation | None = None
        self._size: tuple[int, int] | None = None
        self._roster = Roster()
        self._known: list[Seen] = []
        self._gone: list[Track] = []
        self._told: tuple[Segmentation, Instances] | None = None
        """The last result, and what was made of it."""

    def expect(self, frame_index: int) -> None:
        """Nothing to prepare; see `Carrier.expect`."""

    def correct(self, segmentation: Segmentation) -> None:
        """Take the result of the next frame; see `Carrier.correct`."""
        self.key = segmentation

    def advance(self, frame: Frame) -> Instances:
        """The frame's own instances, with their identities; see `Carrier.advance`."""
        if self.key is None or self.key.size != frame.size:
            return Instances.empty()
        if self._told is not None and self._told[0] is self.key:
            return self._told[1]
        if self.key.instances.track_ids is not None:
            self._told = self.key, self.key.instances
            return self._told[1]
        if frame.size != self._size:
            self._size, self._known, self._gone = frame.size, [], []
        found, raster = self.key.instances, raster_for(frame.size)
        patches = [
            to_raster(mask, (region[0], region[1]), frame.size, raster)
            for mask, region in zip(found.masks, found.regions.tolist(), strict=True)
        ]
        class_ids: list[int] = found.class_ids.tolist()
        matches = identify(self._known, self._gone, patches, class_ids, frame.pts)
        seen: list[Seen] = []
        for j, patch in enumerate(patches):
            track = matches[j][0] if j in matches else Track()
            self._roster.see(track, patch, class_ids[j], float(found.scores[j]), frame.pts)
            seen.append(Seen(track, patch, 0.0))
        self._forget(seen, frame.pts)
        numbers = np.array([one.track.number for one in seen], np.int32)
        self._told = self.key, replace(found, track_ids=numbers)
        return self._told[1]

    def _forget(self, seen: list[Seen], now: float) -> None:
        """Keep in mind for a while who is out of sight."""
        here = {id(one.track) for one in seen}
        absent = [one.track for one in self._known] + self._gone
        self._gone = [
            track for track in absent if id(track) not in here and now - track.seen_at < MEMORY
        ]
        self._known = seen
