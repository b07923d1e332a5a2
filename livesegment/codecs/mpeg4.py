"""MPEG-4 Part 2 by OpenCV, taken out of its hands packet by packet.

OpenCV writes files, and these it keeps back by the quarter of a megabyte: minutes of a still
scene, lost in a kill. Into a named pipe FFmpeg hands every packet on at once (`file.c`: no least
packet size where the file is a FIFO), so OpenCV is given a pipe to write an AVI file to. What
comes out at the other end are the packets, framed by four letters and a length.
"""

import os
import re
import struct
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2

from livesegment.codecs.base import Packet
from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.threads.mailbox import Closed, Mailbox, WhenFull
from livesegment.threads.worker import Worker

FOURCC = "mp4v"
HEADER = struct.Struct("<4sI")
"""Of a RIFF chunk: its name and its length. A list has the name of its kind behind it."""
VIDEO = b"00dc"
"""The name of a chunk with a compressed picture."""
PICTURE = b"\x00\x00\x01\xb6"
"""Begins a picture; two bits behind it say its kind (ISO/IEC 14496-2, 6.2.5)."""
READ = 1 << 16
PATIENCE = 10.0
"""Seconds that one picture may take."""
LARGEST_TERM = 65535
"""Of a fraction in MPEG-4's header."""


def storable_rate(fps: float) -> float:
    """The nearest rate that OpenCV's MPEG-4 files can state.

    OpenCV makes of a rate the first decimal fraction within a thousandth of it, and MPEG-4 takes
    fractions of up to 65535 only: 66.6667 would be refused. (`icvInitFFMPEG` in OpenCV's
    cap_ffmpeg_impl.hpp; `mpeg4videoenc.c` in FFmpeg.)

    Args:
        fps: pictures a second, 0.01..650.
    """
    fps = round(fps, 2) if fps > LARGEST_TERM / 1000 else fps
    while True:
        scale = 1
        while abs(int(fps * scale + 0.5) / scale - fps) > 0.001:
            scale *= 10
        near = int(fps * scale + 0.5) / scale
        if near == fps:  # which OpenCV will then make of it, too
            return fps
        fps = near


def here() -> bool:
    """Whether this system has named pipes."""
    return hasattr(os, "mkfifo")


class Mpeg4Encoder:
    """MPEG-4 Part 2 by OpenCV, at a constant rate; see `Encoder`."""

    name = "OpenCV MPEG-4"
    codec_id = "V_MPEG4/ISO/ASP"
    exact = False

    def __init__(self, size: tuple[int, int], fps: float) -> None:
        self.private = b""
        self._closed = False
        if "OPENCV_LOG_LEVEL" not in os.environ:  # FFmpeg's failures are told in our own words
            cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        self._packets: Mailbox[bytes] = Mailbox(4, WhenFull.WAIT)
        with tempfile.TemporaryDirectory(prefix="livesegment-") as folder:
            pipe = Path(folder) / "pictures.avi"
            os.mkfifo(pipe, 0o600)
            # Open for reading first: opening for writing waits for a reader. That it does not
            # wait for a writer is wanted here only.
            self._pipe = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
            self._writer: Any = cv2.VideoWriter(  # noqa: TID251 -- this is the wrapper
                str(pipe),
                cv2.CAP_FFMPEG,
                cv2.VideoWriter.fourcc(*FOURCC),  # noqa: TID251 -- this is the wrapper
                fps,
                size,
            )
        # The pipe has no name any more: nothing is left of it, however the program ends.
        if not self._writer.isOpened():
            os.close(self._pipe)
            self._closed = True
            raise SinkError(
                f"OpenCV cannot write MPEG-4 of {size[0]}x{size[1]} at {fps:g} fps",
                hint="--codec mjpeg records pictures of any size",
            )
        os.set_blocking(self._pipe, True)
        self._reader = Worker("mpeg4", self._read)
        self._reader.start()

    def encode(self, image: Image, ms: int) -> list[Packet]:
        """Compress one picture; see `Encoder.encode`."""
        refused = self._writer.write(image) is False  # 4.x always says None
        try:
            data = None if refused else self._packets.get(PATIENCE)
        except Closed:
            data = None
        if data is None:
            raise SinkError("OpenCV's MPEG-4 encoder failed", hint="--codec mjpeg does without it")
        picture = data.find(PICTURE)
        key = 0 <= picture < len(data) - 4 and data[picture + 4] >> 6 == 0
        if not self.private:
            # The header stands before the first picture, up to what groups pictures.
            group = re.search(rb"\x00\x00\x01[\xb3\xb6]", data)
            self.private = data[: group.start()] if group else b""
        return [Packet(data, ms, key)]

    def flush(self) -> list[Packet]:
        """Nothing is held back."""
        return []

    def close(self) -> None:
        """Let OpenCV end; see `Encoder.close`."""
        if self._closed:
            return
        self._closed = True
        self._packets.close(discard=True)
        self._writer.release()  # which lets the reader come to its end
        self._reader.stop(PATIENCE)
        os.close(self._pipe)

    def _read(self) -> None:
        """The thread at the other end of the pipe."""
        pending = bytearray()
        try:
            while data := os.read(self._pipe, READ):
                pending += data
                self._hand_over(pending)
        finally:
            self._packets.close()

    def _hand_over(self, pending: bytearray) -> None:
        """Give on what is complete."""
        at = 0
        while len(pending) - at >= HEADER.size:
            name, length = HEADER.unpack_from(pending, at)
            if name in {b"RIFF", b"LIST"}:
                length = 4  # what is inside comes next
            end = at + HEADER.size + length + length % 2
            if end > len(pending):
                break
            if name == VIDEO:
                with suppress(Closed):  # ours is the pipe alone then: it must not fill
                    self._packets.put(bytes(pending[at + HEADER.size : at + HEADER.size + length]))
            at = end
        del pending[:at]
