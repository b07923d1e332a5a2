"""The film of one event, written from the ring."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livesegment.codecs.base import EncoderError
from livesegment.codecs.video_file import MIN_FREE, VideoFile
from livesegment.errors import SinkError
from livesegment.events.moment import ROUNDING
from livesegment.events.ring import Reader, Shot
from livesegment.frame import Image
from livesegment.sessions.retention import Kept

MJPEG = "mjpeg"
"""The codec whose packets are the ring's pictures; it goes on where another failed."""
WRITE = "clip"
"""What the work of writing a clip is called in the table of stages."""


class Clip:
    """Writes what a reader gets to event-0001.mkv, as long as its event lasts.

    A picture of another size begins event-0001-2.mkv, and so on; so does an encoder that fails.
    Used from one thread, save for
    `end_at`.
    """

    def __init__(
        self,
        path: Path,
        reader: Reader,
        *,
        codec: str,
        min_free: int = MIN_FREE,
        spent: Callable[[str, float], None] = lambda _stage, _seconds: None,
    ) -> None:
        self.files: list[dict[str, Any]] = []
        """Finished files: name, start on the session's clock, seconds, frames, size, codec."""
        self.problems: list[str] = []
        """What went wrong and was got over."""
        self.finished = False
        self.end_at: float | None = None
        """No later picture belongs to it; None while its event goes on."""
        self._path = path
        self._reader = reader
        self._codec = codec
        self._min_free = min_free
        self._spent = spent
        self._file: VideoFile | None = None
        self._start = self._last = 0.0
        self._opened = 0

    @property
    def missed(self) -> int:
        """Pictures that went from the ring before they were written."""
        return self._reader.missed

    def step(self) -> bool:
        """Write the next picture, or finish; False where there is nothing to do yet.

        Raises:
            SinkError: it cannot be written; what was written is finished.
        """
        if self.finished:
            return False
        end_at = self.end_at  # before the look into the ring: all of the clip is in it then
        shot = self._reader.take()
        if shot is None and end_at is None:
            return False
        try:
            if shot is None or (end_at is not None and shot.clock > end_at + ROUNDING):
                self.finish(end_at)
            else:
                self._write(shot)
        except SinkError:
            self._reader.close()
            self.finished = True
            raise
        return True

    def finish(self, end: float | None = None) -> None:
        """Close the file; safe twice.

        Args:
            end: up to when its last picture stands, on the session's clock.

        Raises:
            SinkError: it could not be finished.
        """
        self.finished = True
        self._reader.close()
        self._close(end)

    def _write(self, shot: Shot) -> None:
        began = time.perf_counter()
        try:
            self._append(shot)
        except SinkError as error:
            with suppress(SinkError):  # the first failure says why
                self._close(None)
            if not isinstance(error, EncoderError) or self._codec == MJPEG:
                raise
            self.problems.append(f"{error}; went on as {MJPEG}")
            self._codec = MJPEG
            self._append(shot)
        self._spent(WRITE, time.perf_counter() - began)

    def _append(self, shot: Shot) -> None:
        if self._file is not None and self._file.size != shot.size:
            self._close(shot.clock)
        file = self._file or self._open(shot)
        self._last = shot.clock
        # An odd side is padded by `write`, so such a picture cannot go in as it is.
        if self._codec == MJPEG and not any(side % 2 for side in shot.size):
            file.write_jpeg(shot.jpeg, shot.clock - self._start)
        else:
            file.write(_picture(shot), shot.clock - self._start)

    def _open(self, shot: Shot) -> VideoFile:
        self._opened += 1
        stem = self._path.stem + (f"-{self._opened}" if self._opened > 1 else "")
        path = self._path.with_stem(stem)
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise SinkError(f"cannot write {path}: {error.strerror}") from error
        self._file = VideoFile(
            path, codec=self._codec, size=shot.size, fps=shot.fps, min_free=self._min_free
        )
        self._start = shot.clock
        return self._file

    def _close(self, end: float | None) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        after = end is not None and end > self._last
        file.close(end - self._start if end is not None and after else None)
        if file.frames:
            self.files.append(
                {
                    "file": f"{file.path.parent.name}/{file.path.name}",
                    "start": round(self._start, 4),
                    "seconds": round(file.seconds, 4),
                    "frames": file.frames,
                    "width": file.size[0],
                    "height": file.size[1],
                    "codec": file.codec,
                }
            )


def kept(folder: Path, clips: list[dict[str, Any]], clock: float) -> list[Kept]:
    """Finished clips by their ages, each with the picture of its event.

    Args:
        folder: of the session.
        clips: as `Clip.files` has them; what is removed is taken off the list.
        clock: the time now, on the session's clock.
    """
    found = []
    for one in list(clips):
        clip = folder / one["file"]
        files = [file for file in (clip, clip.with_suffix(".jpg")) if file.exists()]
        size = sum(file.stat().st_size for file in files)
        age = clock - one["start"] - one["seconds"]
        found.append(Kept(one["file"], age, size, partial(_remove, files, clips, one)))
    return found


def _remove(files: list[Path], clips: list[dict[str, Any]], one: dict[str, Any]) -> bool:
    for file in files:
        file.unlink(missing_ok=True)
    clips.remove(one)
    return True


def _picture(shot: Shot) -> Image:
    picture: Any = cv2.imdecode(np.frombuffer(shot.jpeg, np.uint8), cv2.IMREAD_COLOR)
    return picture  # type: ignore[no-any-return]
