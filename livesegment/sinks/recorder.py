"""The overlay as video files, encoded in a thread of its own."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livesegment.frame import Image
from livesegment.sinks.base import Ending, View
from livesegment.sinks.constant_rate import ConstantRate
from livesegment.sinks.video import VideoFile
from livesegment.threads.mailbox import Closed, Mailbox, WhenFull
from livesegment.threads.worker import Worker

log = logging.getLogger(__name__)

QUEUE = 30
"""Pictures that may wait for the encoder: a second of them."""
USUAL_FPS = 30.0
LEAST_FPS, MOST_FPS = 0.01, 240.0
"""What a source states beyond these is not believed."""
LONGEST_GAP = 60.0
"""Seconds; after a longer silence a new file starts, instead of an hour of one still picture."""
JOIN_SECONDS = 30.0
ENCODE = "encode"
"""What the work of the recorder's own thread is called in the table of stages."""


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    image: Image
    time: float
    """Seconds on the recording's clock."""
    fps: float


@dataclass(slots=True)
class _Film:
    """The file being written."""

    file: VideoFile
    rate: ConstantRate
    last: _Picture
    size: tuple[int, int]

    @property
    def longest_gap(self) -> float:
        """Seconds; in a very slow film a frame may stand for longer than `LONGEST_GAP`."""
        return max(LONGEST_GAP, 2 / self.rate.fps)


class Recorder:
    """Records what is shown as overlay-0001.mkv and so on; see `Sink`.

    Live, the clock is that of the capture and a late encoder misses pictures, which are counted;
    of a film every picture is recorded, on the film's own clock. A new file starts when the
    picture changes its size. `spent` is told from the recorder's own thread how long each picture
    took to encode.
    """

    stage = "record"

    def __init__(
        self,
        folder: Path,
        *,
        live: bool,
        clock: Callable[[], float] = time.monotonic,
        spent: Callable[[str, float], None] = lambda _stage, _seconds: None,
    ) -> None:
        self.files: list[dict[str, Any]] = []
        """Finished files: name, frames, seconds, size, start on the recording's clock."""
        self._folder = folder
        self._live = live
        self._clock = clock
        self._spent = spent
        self._film: _Film | None = None
        self._stopped_at: float | None = None
        policy = WhenFull.DROP_OLDEST if live else WhenFull.WAIT
        self._queue: Mailbox[_Picture] = Mailbox(QUEUE, policy)
        self._worker = Worker("recorder", self._encode)
        self._worker.start()

    @property
    def dropped(self) -> int:
        """Pictures that the encoder was too late for."""
        return self._queue.dropped

    def write(self, view: View) -> bool:
        """Hand the picture to the encoder; see `Sink.write`."""
        when = view.frame.captured_at if self._live else view.frame.pts
        stated = view.fps is not None and LEAST_FPS <= view.fps <= MOST_FPS
        fps = view.fps if view.fps is not None and stated else USUAL_FPS
        try:
            self._queue.put(_Picture(view.picture, when, fps))
        except Closed:
            self._raise()
        return True

    def idle(self, remade: View | None = None) -> bool:
        """See whether the encoder still runs; see `Sink.idle`."""
        del remade
        self._raise()
        return True

    def close(self, ending: Ending) -> None:
        """Encode what waits and finish the file; see `Sink.close`."""
        del ending
        if self._live and self._stopped_at is None:
            self._stopped_at = self._clock()
        self._queue.close()
        if not self._worker.stop(JOIN_SECONDS):
            log.error("the encoder did not finish within %.0f s", JOIN_SECONDS)
        self._raise()

    def _raise(self) -> None:
        error, self._worker.error = self._worker.error, None
        if error is not None:
            raise error

    def _encode(self) -> None:
        """The recorder thread."""
        try:
            while True:
                picture = self._queue.get()
                if picture is not None:
                    self._append(picture)
        except Closed:
            pass
        finally:
            self._queue.close(discard=True)
            self._finish(self._stopped_at)

    def _append(self, picture: _Picture) -> None:
        height, width = picture.image.shape[:2]
        film = self._film
        if film is not None and (
            film.size != (width, height) or picture.time - film.last.time > film.longest_gap
        ):
            self._finish(picture.time if film.size != (width, height) else None)
            film = None
        if film is None:
            name = f"overlay-{len(self.files) + 1:04d}.mkv"
            file = VideoFile(self._folder / name, fps=picture.fps, size=(width, height))
            film = _Film(file, ConstantRate(file.fps), picture, (width, height))
            film.rate.advance(picture.time)
            self._film = film
            self.files.append({"file": name, "start": round(picture.time, 4)})
            return
        for _ in range(film.rate.advance(picture.time)):
            self._write(film)
        film.last = picture

    def _write(self, film: _Film) -> None:
        started = time.perf_counter()
        film.file.write(film.last.image)
        self._spent(ENCODE, time.perf_counter() - started)

    def _finish(self, end: float | None) -> None:
        """Write the last picture to the end of the film, and close the file."""
        film, self._film = self._film, None
        if film is None:
            return
        try:
            if end is not None and end - film.last.time > film.longest_gap:
                end = None
            for _ in range(film.rate.finish(end)):
                self._write(film)
        finally:
            film.file.close()
            frames, fps = film.file.frames, film.rate.fps
            self.files[-1] |= {
                "frames": frames,
                "fps": fps,
                "seconds": round(frames / fps, 4),
                "width": film.size[0],
                "height": film.size[1],
            }
