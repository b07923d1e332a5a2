"""The index at the end of a file: where the pictures are from which a player can start."""

from array import array

from livesegment.matroska import ebml

EVERY_MS = 900
"""A little under a second, so that key frames a second apart are all in the index."""


class Cues:
    """Collects key frames while a file grows; 24 bytes for each, about one a second."""

    def __init__(self) -> None:
        self._times, self._clusters, self._offsets = array("Q"), array("Q"), array("Q")

    def __len__(self) -> int:
        return len(self._times)

    def add(self, ms: int, cluster: int, offset: int) -> None:
        """Note a key frame, unless there is one of nearly the same time.

        Args:
            ms: its time.
            cluster: where its cluster begins, from the beginning of the segment's content.
            offset: where its block begins, from the beginning of the cluster's content.
        """
        if self._times and ms - self._times[-1] < EVERY_MS:
            return
        self._times.append(ms)
        self._clusters.append(cluster)
        self._offsets.append(offset)

    def encoded(self, track: int) -> bytes:
        """The Cues element for the track of that number."""
        columns = zip(self._times, self._clusters, self._offsets, strict=True)
        points = (
            ebml.element(
                ebml.CUE_POINT,
                ebml.number(ebml.CUE_TIME, ms)
                + ebml.element(
                    ebml.CUE_TRACK_POSITIONS,
                    ebml.number(ebml.CUE_TRACK, track)
                    + ebml.number(ebml.CUE_CLUSTER_POSITION, cluster)
                    + ebml.number(ebml.CUE_RELATIVE_POSITION, offset),
                ),
            )
            for ms, cluster, offset in columns
        )
        return ebml.element(ebml.CUES, b"".join(points))
