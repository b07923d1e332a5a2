"""One video file of a recording: from pictures with times to a file that plays."""

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from livesegment.atomic import growing
from livesegment.codecs.base import EncoderError, Packet
from livesegment.codecs.constant_rate import ConstantRate
from livesegment.codecs.mpeg4 import storable_rate
from livesegment.codecs.registry import encoder
from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.matroska.writer import MatroskaWriter, Track

MIN_FREE = 1_000_000_000
"""Bytes; below this a recording ends in good order instead of breaking off."""
CHECK_SECONDS = 1.0


def check_room(folder: Path, min_free: int) -> None:
    """See that a folder is there, and its disk not too full to record on.

    Args:
        folder: to be recorded into.
        min_free: bytes that are to stay free.

    Raises:
        SinkError: it is not, or it is.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise SinkError(f"cannot record to {folder}: {error.strerror}") from error
    if free < min_free:
        raise SinkError(
            f"no room to record to {folder}: {free / 1e6:.0f} MB are left on the disk, "
            f"and {min_free / 1e6:.0f} MB shall stay free",
            hint="make room, or say by --min-free how much is to stay free",
        )


class VideoFile:
    """Writes pictures to a Matroska file, each at its time.

    While it grows it is called NAME.part.mkv; only a finished file has its final name. Every
    picture is handed to the operating system as soon as it is compressed, so a killed program
    loses none of these.
    """

    def __init__(
        self,
        path: Path,
        *,
        codec: str,
        size: tuple[int, int],
        fps: float,
        min_free: int = MIN_FREE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make ready to write; the file appears with its first packet.

        Args:
            path: its final name.
            codec: one of `registry.CODECS`.
            size: (width, height) of the pictures.
            fps: how many are expected a second; what a codec of constant rate keeps to.
            min_free: bytes that are left free on the disk.
            clock: for when to look at the disk.

        Raises:
            EncoderError: no encoder can be had for such pictures.
            SinkError: the disk is too full.
        """
        self.path = path
        self.frames = 0
        """Pictures in the file, repetitions included."""
        self.seconds = 0.0
        """From its first picture to its end; final after `close`."""
        self.fps = storable_rate(fps)
        """As the file states it, which may differ by a thousandth from what was asked for."""
        self.codec = codec
        self.size = size
        self._part = growing(path)
        self._min_free = min_free
        self._clock = clock
        self._checked_at = clock()
        check_room(self.path.parent, self._min_free)
        # Most codecs have even sides only: an odd last row or column is repeated, not cut off.
        self._coded = (size[0] + size[0] % 2, size[1] + size[1] % 2)
        with self._encoding():
            self._encoder = encoder(codec, self._coded, self.fps)
        self._rate = None if self._encoder.exact else ConstantRate(self.fps)
        self._last: Image | None = None
        self._last_ms = -1
        self._writer: MatroskaWriter | None = None
        self._closed = False

    @property
    def encoder(self) -> str:
        """What really compresses."""
        return self._encoder.name

    @property
    def size_in_bytes(self) -> int:
        """Size of the file up to now."""
        return self._writer.bytes if self._writer else 0

    def write(self, image: Image, seconds: float) -> None:
        """Append one picture.

        Args:
            image: (height, width, 3) uint8 BGR, of the file's size.
            seconds: since the first picture; a time that is not later than that of the picture
                before is taken as a millisecond later.

        Raises:
            EncoderError: the encoder failed; what was written is kept.
            SinkError: the disk is full, or the file was taken away.
        """
        height, width = image.shape[:2]
        if (width, height) != self.size:
            raise SinkError(f"{self.path}: picture is {width}x{height}, the file {self.size}")
        if self._coded != self.size:
            right, below = self._coded[0] - width, self._coded[1] - height
            image = np.pad(image, ((0, below), (0, right), (0, 0)), "edge")
        self._look_after()
        if self._rate is None:
            self._encode(image, max(round(1000 * seconds), self._last_ms + 1))
            return
        # A picture is written when the next one comes: only then it is known for how long it is.
        repeats = self._rate.advance(seconds)
        if self._last is not None:
            self._repeat(self._last, repeats)
        self._last = image

    def write_jpeg(self, data: bytes, seconds: float) -> None:
        """Append one picture that is a JPEG of the file's size, to a file of codec mjpeg.

        Raises:
            SinkError: the disk is full, or the file was taken away.
        """
        if self.codec != "mjpeg":
            raise ValueError(f"{self.path} is {self.codec}, no Motion JPEG")
        self._look_after()
        ms = self._last_ms = max(round(1000 * seconds), self._last_ms + 1)
        self._put([Packet(data, ms, key=True)])

    def close(self, end: float | None = None) -> None:
        """Finish the file and give it its final name; an empty one is removed. Safe twice.

        Args:
            end: seconds from the first picture to the file's end; None: as long as one picture
                lasts after the last.

        Raises:
            SinkError: the file could not be finished.
        """
        if self._closed:
            return
        self._closed = True
        try:
            try:
                if self._rate is not None and self._last is not None:
                    self._repeat(self._last, self._rate.finish(end))
                with self._encoding():
                    packets = self._encoder.flush()
                self._put(packets)
            finally:
                self._finish(end)
        finally:
            self._encoder.close()

    def _finish(self, end: float | None) -> None:
        if self._writer is None:
            return
        after_last = (self._last_ms + round(1000 / self.fps)) / 1000
        # An end that is told is that of the file, so that the next one begins where it ends.
        until = after_last if end is None else max(end, (self._last_ms + 1) / 1000)
        self.seconds = self.frames / self.fps if self._rate else until
        with self._writing():
            self._writer.close(round(1000 * self.seconds))
            if self.frames:
                self._part.replace(self.path)
            else:  # the disk took the file's head and not its first picture
                self._part.unlink(missing_ok=True)

    def _repeat(self, image: Image, times: int) -> None:
        for _ in range(times):
            self._encode(image, round(1000 * self.frames / self.fps))

    def _encode(self, image: Image, ms: int) -> None:
        with self._encoding():
            packets = self._encoder.encode(image, ms)
        self._last_ms = ms
        self._put(packets)

    def _put(self, packets: list[Packet]) -> None:
        if not packets:
            return
        with self._writing():
            if self._writer is None:
                coder = self._encoder
                fps = None if self._rate is None else self.fps
                track = Track(coder.codec_id, self._coded, coder.private, fps)
                self._writer = MatroskaWriter(self._part, track)
            for packet in packets:
                self._writer.write(packet.data, packet.ms, key=packet.key)
                self.frames += 1

    def _look_after(self) -> None:
        """Now and then: is there room, and is the file still there."""
        now = self._clock()
        if now - self._checked_at > CHECK_SECONDS:
            self._checked_at = now
            check_room(self.path.parent, self._min_free)
            if self._writer is not None and not self._part.exists():
                raise SinkError(
                    f"{self._part} was taken away while it was being written",
                    hint="what else was recorded is where it was",
                )

    @contextmanager
    def _encoding(self) -> Iterator[None]:
        """Tell an encoder's failures from the disk's."""
        try:
            yield
        except SinkError as error:
            raise EncoderError(f"{self.path.name}: {error}", hint=error.hint) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn a disk's refusals into words."""
        try:
            yield
        except OSError as error:
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            gone = error.errno == errno.ENOENT
            what = "it was taken away" if gone else error.strerror or error
            raise SinkError(
                f"{self.path}: {'the disk is full' if full else what}",
                hint="make room, and record again" if full else None,
            ) from error
