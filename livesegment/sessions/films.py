"""What a video file of a session holds, found by reading it."""

from array import array
from dataclasses import dataclass
from pathlib import Path

from livesegment.atomic import is_regular
from livesegment.matroska.ebml import MatroskaError
from livesegment.matroska.reader import MatroskaReader
from livesegment.sessions.facts import number

CODECS = {
    "V_MJPEG": "mjpeg",
    "V_MPEG4/ISO/ASP": "mpeg4",
    "V_MPEG4/ISO/AVC": "h264",
}
"""What the manifest calls what Matroska calls so."""
BEGINNING = 100
"""Pictures whose times are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """One video file, read to its end."""

    path: Path
    frames: int
    seconds: float
    """Until its last picture ends, as far as the file says so."""
    codec: str
    size: tuple[int, int]
    fps: float | None
    """Pictures a second, where the file states it."""
    whole: bool
    """Whether it has its duration and its index, and nothing is cut off."""
    times: "array[int]"
    """Of its first pictures, milliseconds since the first of all in the order of showing."""


def watch(path: Path) -> Film | None:
    """Read a video file; None where it is empty or no Matroska file, or has no picture.

    A link to one is none either.

    Raises:
        OSError: it cannot be read.
    """
    if not is_regular(path) or not path.stat().st_size:
        return None
    times: array[int] = array("q")
    frames = last = 0
    try:
        reader = MatroskaReader(path)
        for block in reader:
            frames += 1
            last = max(last, block.ms)
            if len(times) < BEGINNING:
                times.append(block.ms)
        whole = reader.whole and not reader.lost_bytes
        track, duration = reader.track, reader.duration_ms
    except MatroskaError:
        return None
    if not frames:
        return None
    codec = CODECS.get(track.codec_id, track.codec_id)
    seconds = number((last if duration is None else duration) / 1000, 0.0) or last / 1000
    shown = array("q", sorted(times))  # H.264 may store them in another order
    return Film(path, frames, seconds, codec, track.size, track.fps, whole, shown)
