"""Pictures as video files, encoded in a thread of its own."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from livesegment.codecs.base import EncoderError
from livesegment.codecs.registry import chosen
from livesegment.codecs.video_file import MIN_FREE, VideoFile
from livesegment.frame import Image
from livesegment.sessions.retention import Kept
from livesegment.sessions.timeline import iso
from livesegment.threads.mailbox import Closed, Mailbox, WhenFull
from livesegment.threads.worker import Worker

log = logging.getLogger(__name__)

QUEUE = 30
"""Pictures that may wait for the encoder: a second of them."""
QUEUE_BYTES = 192_000_000
"""They may take no more, so large pictures wait in smaller numbers."""
USUAL_FPS = 30.0
LEAST_FPS, MOST_FPS = 0.01, 240.0
"""What a source states beyond these is not believed."""
LONGEST_GAP = 60.0
"""Seconds; after a longer silence a new file starts, instead of an hour of one still picture."""
JOIN_SECONDS = 30.0
LAST_RESORT = "mjpeg"
"""The codec that goes on where another failed: it has no state that could be broken."""


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    image: Image
    time: float
    """Seconds on the session's clock."""
    fps: float
    part: int
    """How many times another file was asked for before."""


@dataclass(slots=True)
class _Film:
    """The file being written."""

    file: VideoFile
    start: float
    """Of its first picture, seconds on the session's clock."""
    last: float
    """Of the newest."""
    part: int
    """See `_Picture`."""

    @property
    def longest_gap(self) -> float:
        """Seconds; in a very slow film a frame may stand for longer than `LONGEST_GAP`."""
        return max(LONGEST_GAP, 2 / self.file.fps)


class Recorder:
    """Records pictures as KIND-0001.mkv and so on.

    Live, a late encoder misses pictures, which are counted; of a film every picture is recorded.
    A new file starts when the picture changes its size, after a long silence, where one is asked
    for, and when an encoder fails: then with the codec of last resort.
    """

    def __init__(
        self,
        folder: Path,
        kind: str,
        *,
        live: bool,
        codec: str,
        segment_length: float | None = None,
        min_free: int = MIN_FREE,
        spent: Callable[[str, float], None] = lambda _stage, _seconds: None,
    ) -> None:
        """Start the thread; no file yet.

        Args:
            folder: of the session.
            kind: overlay or raw: what the files are called, and what the table of stages says.
            live: whether late pictures are dropped, or waited for.
            codec: one of `registry.CODECS`.
            segment_length: seconds after which a new file starts.
            min_free: bytes to leave free on the disk.
            spent: told from the recorder's own thread how long each picture took.
        """
        self.files: list[dict[str, Any]] = []
        """What the manifest says of each file."""
        self.problems: list[str] = []
        """What went wrong and was got over."""
        self._folder = folder
        self._kind = kind
        self._stage = "encode" if kind == "overlay" else f"encode {kind}"
        self._live = live
        self._codec = codec
        self._segment_length = segment_length
        self._min_free = min_free
        self._spent = spent
        self._film: _Film | None = None
        self._end: float | None = None
        self._part = 0
        """How many times another file was asked for; told with each picture, as some are lost."""
        self._queue: Mailbox[_Picture] | None = None
        self._worker = Worker(f"recorder-{kind}", self._encode)

    @property
    def dropped(self) -> int:
        """Pictures that the encoder was too late for."""
        return 0 if self._queue is None else self._queue.dropped

    def write(self, image: Image, at: float, fps: float | None) -> None:
        """Hand a picture to the encoder.

        Args:
            image: which must not change any more.
            at: its time, seconds on the session's clock.
            fps: how many come a second, where that is known.

        Raises:
            SinkError: the encoder or the disk failed.
        """
        if self._queue is None:
            capacity = max(2, min(QUEUE, QUEUE_BYTES // image.nbytes))
            self._queue = Mailbox(capacity, WhenFull.DROP_OLDEST if self._live else WhenFull.WAIT)
            self._worker.start()
        stated = fps is not None and LEAST_FPS <= fps <= MOST_FPS
        try:
            self._queue.put(_Picture(image, at, fps if fps and stated else USUAL_FPS, self._part))
        except Closed:
            self.check()

    def split(self) -> None:
        """Let the next picture begin a new file; from the thread that writes."""
        self._part += 1

    def kept(self, clock: float) -> list[Kept]:
        """The finished files that are still there, by their ages; from any thread.

        Args:
            clock: the time now, on the session's clock.
        """
        finished = [one for one in list(self.files) if "seconds" in one and "removed" not in one]
        return [
            Kept(
                one["file"],
                clock - one["start"] - one["seconds"],
                one["bytes"],
                partial(self._remove, one["file"]),
            )
            for one in finished
        ]

    def _remove(self, name: str) -> bool:
        """Remove a finished file and note it."""
        for place, facts in enumerate(self.files):
            if facts["file"] == name:
                (self._folder / name).unlink(missing_ok=True)
                self.files[place] = facts | {"removed": iso(datetime.now(UTC))}
        return True

    def check(self) -> None:
        """See whether the encoder still runs.

        Raises:
            SinkError: it failed.
        """
        error, self._worker.error = self._worker.error, None
        if error is not None:
            raise error

    def close(self, end: float | None) -> None:
        """Encode what waits and finish the file.

        Args:
            end: when the recording ends, on the session's clock; None: with its last picture.

        Raises:
            SinkError: the encoder or the disk failed.
        """
        self._end = end
        if self._queue is not None:
            self._queue.close()
        if not self._worker.stop(JOIN_SECONDS):
            log.error("the encoder did not finish within %.0f s", JOIN_SECONDS)
        self.check()

    def _encode(self) -> None:
        """The recorder thread."""
        if self._queue is None:
            return
        try:
            while True:
                picture = self._queue.get()
                if picture is not None:
                    self._append(picture)
        except Closed:
            pass
        finally:
            self._queue.close(discard=True)
            self._finish(self._end)

    def _append(self, picture: _Picture) -> None:
        film = self._film_for(picture)
        started = time.perf_counter()
        try:
            film.file.write(picture.image, picture.time - film.start)
        except EncoderError as error:
            self._give_way(error)
            film = self._begin(picture)
            film.file.write(picture.image, 0.0)
        self._spent(self._stage, time.perf_counter() - started)
        film.last = picture.time

    def _film_for(self, picture: _Picture) -> _Film:
        """The file that a picture belongs to."""
        height, width = picture.image.shape[:2]
        film = self._film
        if film is not None:
            silent = picture.time - film.last > film.longest_gap
            length = self._segment_length
            full = length is not None and picture.time - film.start >= length
            if full or picture.part != film.part or silent or film.file.size != (width, height):
                self._finish(None if silent else picture.time)
                film = None
        if film is not None:
            return film
        try:
            return self._begin(picture)
        except EncoderError as error:
            self._give_way(error)
            return self._begin(picture)

    def _begin(self, picture: _Picture) -> _Film:
        height, width = picture.image.shape[:2]
        name = f"{self._kind}-{len(self.files) + 1:04d}.mkv"
        file = VideoFile(
            self._folder / name,
            codec=self._codec,
            size=(width, height),
            fps=picture.fps,
            min_free=self._min_free,
        )
        self._film = _Film(file, picture.time, picture.time, picture.part)
        self.files.append(
            {
                "file": name,
                "kind": self._kind,
                "codec": self._codec,
                "encoder": file.encoder,
                "start": round(picture.time, 4),
                "width": width,
                "height": height,
                "fps": file.fps,
            }
        )
        return self._film

    def _give_way(self, error: EncoderError) -> None:
        """Go on with the codec of last resort, or not at all."""
        try:
            self._finish(None)
        except EncoderError:
            log.debug("a failed encoder held pictures back", exc_info=True)
        if self._codec == LAST_RESORT:
            raise error
        self._codec = chosen(LAST_RESORT)
        self.problems.append(f"{error}; went on as {self._codec}")
        log.warning("%s", self.problems[-1])

    def _finish(self, end: float | None) -> None:
        """Write the last picture to the end of the film, and close the file."""
        film, self._film = self._film, None
        if film is None:
            return
        if end is not None and end - film.last > film.longest_gap:
            end = None
        try:
            film.file.close(None if end is None else end - film.start)
        finally:
            facts = self.files.pop()
            if film.file.frames:
                self.files.append(  # another one: retention may be looking at it
                    facts
                    | {
                        "frames": film.file.frames,
                        "seconds": round(film.file.seconds, 4),
                        "bytes": film.file.size_in_bytes,
                    }
                )
