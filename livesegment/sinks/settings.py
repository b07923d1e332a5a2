"""How sessions are recorded."""

from dataclasses import dataclass

from livesegment.codecs.video_file import MIN_FREE

SEGMENT_SECONDS = 300.0
"""Of one video file, when live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is asked of a recording."""

    codec: str = "mpeg4"
    """Of the overlay: one of `codecs.registry.CODECS`."""
    raw_codec: str | None = None
    """Of the camera's own picture, an exact one; None: it is not recorded."""
    overlay: bool = True
    """Whether everything is recorded, or clips only."""
    segment_length: float | None = None
    """Seconds after which a new video file starts."""
    min_free: int = MIN_FREE
    """Bytes to leave free on the disk."""
    keep: float | None = None
    """Seconds after which recordings are removed."""
    keep_size: int | None = None
    """Bytes that recordings may take before the oldest are removed."""
