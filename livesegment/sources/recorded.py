"""A recorded session as a source: its raw pictures, with the indices and the clock they had."""

import logging
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livesegment.errors import SourceError
from livesegment.frame import Frame, Image
from livesegment.sessions.lines import RecordedFrame
from livesegment.sessions.session import Session
from livesegment.sources.base import Source, SourceInfo
from livesegment.sources.capture import as_bgr, open_file
from livesegment.sources.video import DAMAGED_FRAMES, VideoSource

log = logging.getLogger(__name__)

TOLERANCE = 0.002
"""Seconds; a video's times are whole milliseconds, and so is its start."""
RAW = "raw"


class Places:
    """The places of a session's frames, asked for in order."""

    def __init__(self, session: Session) -> None:
        self._rest = iter(session.lines())
        self._next = next(self._rest, None)

    @property
    def ended(self) -> bool:
        """Whether no place is left."""
        return self._next is None

    def at_clock(self, clock: float) -> RecordedFrame | None:
        """The place nearest to a time; None where there is none within `TOLERANCE`.

        Args:
            clock: seconds on the session's clock, later than in the call before.
        """
        while self._next is not None and self._next.clock < clock - TOLERANCE:
            self._next = next(self._rest, None)
        best = self._next
        if best is None or best.clock > clock + TOLERANCE:
            return None
        while True:
            self._next = after = next(self._rest, None)
            if after is None or abs(after.clock - clock) >= abs(best.clock - clock):
                return best
            best = after

    def at_index(self, index: int) -> RecordedFrame | None:
        """The place of a frame; None where the session has none of this index.

        Args:
            index: greater than in the call before.
        """
        while self._next is not None and self._next.index < index:
            self._next = next(self._rest, None)
        return self._next if self._next is not None and self._next.index == index else None


class RecordedSource:
    """The raw videos of a session, one after the other; see `Source`.

    A frame has the index that it had in its session, and the session's clock as its time. Pictures
    that no line tells of, as the last ones before a kill may be, are counted on from the one
    before.
    """

    is_live = False

    def __init__(self, session: Session) -> None:
        """Find the videos.

        Raises:
            SourceError: there are none.
        """
        self.name = session.facts.source or session.name
        self._videos = session.videos(RAW)
        if not self._videos:
            raise _nothing_raw(session)
        self._left = iter(self._videos)
        self._places = Places(session)
        self._capture: Any = None
        self._video = self._videos[0]
        self._stopped = threading.Event()
        self._last = -1
        self._gave_any = False

    def open(self) -> SourceInfo:
        """Open the first video that can be; see `Source.open`."""
        if not self._next_video():
            raise self._unreadable()
        facts = self._video.facts
        width = self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)
        height = self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        counts = [video.facts.frames for video in self._videos]
        return SourceInfo(
            size=facts.size or (int(width), int(height)),
            fps=facts.fps,
            frame_count=None if None in counts else sum(count or 0 for count in counts),
            description="recorded session",
        )

    def read(self) -> Frame | None:
        """The next frame; damaged ones are left out; see `Source.read`."""
        while self._capture is not None and not self._stopped.is_set():
            picture = self._grab()
            if picture is None:
                if not self._stopped.is_set() and not self._next_video() and not self._gave_any:
                    raise self._unreadable()
                continue
            self._gave_any = True
            clock = self._video.start + self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            place = self._places.at_clock(clock)
            self._last = self._last + 1 if place is None else place.index
            size = self._video.facts.size if place is None else place.size
            image = as_bgr(picture) if size is None else _cut(as_bgr(picture), size)
            pts = clock if place is None else place.clock
            return Frame(image, self._last, time.monotonic(), pts)
        return None

    def interrupt(self) -> None:
        """Let the next read end; see `Source.interrupt`."""
        self._stopped.set()

    def close(self) -> None:
        """Close the video; see `Source.close`."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _next_video(self) -> bool:
        """Open the next video that can be; False after the last."""
        self.close()
        for video in self._left:
            capture = open_file(video.path)
            if capture is not None:
                self._capture, self._video = capture, video
                return True
            log.warning("%s cannot be read and is left out", video.path)
        return False

    def _grab(self) -> Any:
        for _ in range(DAMAGED_FRAMES):
            arrived, picture = self._capture.read()
            if arrived and picture is not None and picture.size:
                return picture
            if self._stopped.is_set():
                return None
        return None

    def _unreadable(self) -> SourceError:
        return SourceError(
            f"no picture of {self._videos[0].path} can be decoded",
            hint=f"`livesegment sessions repair {self._videos[0].path.parent}` may mend it",
        )


class StandInSource:
    """The film that a session was made of, where the session has no raw video; see `Source`.

    Only the frames that the session has are given, with its clock as their time.
    """

    is_live = False

    def __init__(self, session: Session, film: Path) -> None:
        self._film: Source = VideoSource(str(film))
        self._path = film
        self._session = session
        self.name = session.facts.source or session.name
        self._places = Places(session)

    def open(self) -> SourceInfo:
        """Open the film; see `Source.open`."""
        return replace(self._film.open(), frame_count=None)

    def read(self) -> Frame | None:
        """The film's next frame that is in the session; see `Source.read`."""
        while not self._places.ended and (frame := self._film.read()) is not None:
            place = self._places.at_index(frame.index)
            if place is None:
                continue
            if place.size != frame.size:
                raise SourceError(
                    f"{self._path} is not what {self._session.name} was recorded from: its "
                    f"pictures are {_by(frame.size)}, the session's {_by(place.size)}"
                )
            return replace(frame, pts=place.clock)
        return None

    def interrupt(self) -> None:
        """Let the next read end; see `Source.interrupt`."""
        self._film.interrupt()

    def close(self) -> None:
        """Close the film; see `Source.close`."""
        self._film.close()


def _nothing_raw(session: Session) -> SourceError:
    """Why there is nothing to draw on."""
    if any(facts.kind == RAW and facts.removed for facts in session.facts.videos):
        return SourceError(
            f"the raw videos of {session.name} were removed to make room",
            hint="`livesegment sessions pin` keeps a session",
        )
    return SourceError(
        f"{session.name} has no raw video to draw on",
        hint="record with --record-raw; of a film, --source FILE names it instead",
    )


def _cut(image: Image, size: tuple[int, int]) -> Image:
    """A picture without the row and column that made its sides even."""
    width, height = size
    return np.ascontiguousarray(image[:height, :width])


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
