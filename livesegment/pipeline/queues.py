"""The hand-overs between the threads of a run."""

import time
from typing import TypeAlias

from livesegment.frame import Frame
from livesegment.instances import Segmentation
from livesegment.threads.mailbox import Mailbox, WhenFull

LIVE_QUEUE = 2
FILE_QUEUE = 4

Result: TypeAlias = tuple[Frame, Segmentation]


class Queues:
    """Frames to be segmented, frames to be shown, and results."""

    def __init__(self, *, live: bool, exact: bool, max_age: float | None = None) -> None:
        """Make them.

        Args:
            live: whether frames come at their own pace, so that late readers miss some.
            exact: whether each frame is shown with its own result.
            max_age: seconds; a live frame that was captured longer ago is not worth its work.
        """
        self.live, self.exact = live, exact
        self._max_age = max_age if live else None
        when_full = WhenFull.DROP_OLDEST if live else WhenFull.WAIT
        queue = LIVE_QUEUE if live else FILE_QUEUE
        self.to_show: Mailbox[Frame] = Mailbox(queue, when_full)
        """With masks exact nothing goes through here."""
        newest = 1 if live or not exact else FILE_QUEUE
        self.to_segment: Mailbox[Frame] = Mailbox(
            newest, when_full if exact else WhenFull.DROP_OLDEST
        )
        self.results: Mailbox[Result] = Mailbox(
            FILE_QUEUE if exact and not live else 1,
            WhenFull.WAIT if exact else WhenFull.DROP_OLDEST,
        )

    @property
    def dropped(self) -> int:
        """Frames that came and were never shown."""
        return (self.to_segment if self.exact else self.to_show).dropped

    def time(self, frame: Frame) -> float:
        """A frame's time on the clock that the pace of the run goes by."""
        return frame.captured_at if self.live else frame.pts

    def is_too_old(self, frame: Frame) -> bool:
        """Whether a frame is not worth its work any more."""
        return self._max_age is not None and time.monotonic() - frame.captured_at > self._max_age

    def close(self) -> None:
        """Let nothing more through, and forget what waits. Safe twice."""
        for mailbox in (self.to_show, self.to_segment, self.results):
            mailbox.close(discard=True)
