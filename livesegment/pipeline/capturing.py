"""What the capture thread does."""

import time

from livesegment.pipeline.economy import Account
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Limits
from livesegment.pipeline.pace import Pace
from livesegment.pipeline.queues import Queues
from livesegment.sinks.base import Ending
from livesegment.sources.base import Source, SourceInfo
from livesegment.threads.mailbox import Closed


class Capturing:
    """Reads a source to its end, and hands its frames on. Nobody else touches the source."""

    def __init__(
        self,
        source: Source,
        queues: Queues,
        *,
        limits: Limits,
        pace: Pace,
        meter: Meter,
        account: Account,
    ) -> None:
        self.info: SourceInfo | None = None
        """What the source says of itself; None until it is open."""
        self.first_at: float | None = None
        """Capture of the first frame."""
        self.natural_end = Ending.END_OF_SOURCE
        """Why the frames came to their end, where nothing failed."""
        self._source, self._queues = source, queues
        self._limits, self._pace = limits, pace
        self._meter, self._account = meter, account

    def run(self) -> None:
        """The thread's body.

        Raises:
            SourceError: the source failed.
        """
        try:
            self.info = self._source.open()
            while self._step():
                pass
        except Closed:
            pass
        finally:
            self._queues.to_segment.close()
            self._queues.to_show.close()
            self._source.close()

    def _step(self) -> bool:
        """Hand the next frame on; False after the last one."""
        started = time.perf_counter()
        frame = self._source.read()
        if frame is None:
            return False
        if self._limits.passed(frame):
            self.natural_end = Ending.LIMIT
            return False
        self._account.begin()
        self.first_at = self.first_at or frame.captured_at
        self._meter.spent("capture", time.perf_counter() - started)
        self._meter.tick("capture", frame.captured_at)
        if self._pace.takes(self._queues.time(frame)):
            self._queues.to_segment.put(frame)
            if not self._queues.exact:
                self._queues.to_show.put(frame)
        if self._limits.reached(frame):
            self.natural_end = Ending.LIMIT
            return False
        return True
