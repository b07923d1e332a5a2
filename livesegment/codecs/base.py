"""The seam between a recording and whatever compresses its pictures."""

from dataclasses import dataclass
from typing import Protocol

from livesegment.errors import SinkError
from livesegment.frame import Image


class EncoderError(SinkError):
    """An encoder failed, though the disk is well: another may do."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One compressed picture."""

    data: bytes
    ms: int
    """When it is shown: milliseconds since the file's beginning."""
    key: bool
    """Whether it can be read without the ones before."""


class Encoder(Protocol):
    """Compresses the pictures of one file, in the order in which they are shown.

    Used from one thread only.
    """

    @property
    def name(self) -> str:
        """What really compresses, for people: library, preset, device."""
        ...

    @property
    def codec_id(self) -> str:
        """As Matroska names it, such as V_MJPEG."""
        ...

    @property
    def exact(self) -> bool:
        """Whether pictures may come at any time; otherwise they must come at the constant rate."""
        ...

    @property
    def private(self) -> bytes:
        """What a player must know before the first packet; meaningful after that packet."""
        ...

    def encode(self, image: Image, ms: int) -> list[Packet]:
        """Compress one picture.

        Args:
            image: of the size that the encoder was made for.
            ms: its time, greater than that of the one before.

        Returns:
            The packets that are ready, which may be those of earlier pictures.

        Raises:
            SinkError: the encoder failed; it is of no further use.
        """
        ...

    def flush(self) -> list[Packet]:
        """The packets of all pictures that are still held back; none may follow.

        Raises:
            SinkError: the encoder failed.
        """
        ...

    def close(self) -> None:
        """Give back what it holds. Safe to call twice."""
        ...
