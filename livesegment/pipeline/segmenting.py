"""What the segment threads do."""

import itertools
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

from livesegment.frame import Frame
from livesegment.instances import Segmentation
from livesegment.pipeline.economy import Account
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.pace import Pace
from livesegment.pipeline.queues import Queues
from livesegment.segmenters.base import Segmenter
from livesegment.threads.fair import Party
from livesegment.threads.mailbox import Closed
from livesegment.threads.turnstile import Turnstile


class Segmenting:
    """Takes frames, finds the objects in them, hands results on. Nobody else runs the network."""

    def __init__(
        self,
        segmenter: Segmenter,
        queues: Queues,
        *,
        pace: Pace,
        meter: Meter,
        account: Account,
        at_once: int = 1,
        turn: Party | None = None,
    ) -> None:
        """Put the parts together.

        Args:
            segmenter: finds objects.
            queues: where frames come from and results go.
            pace: which frames are worth the work.
            meter: told what everything takes.
            account: likewise.
            at_once: threads that `run` is the body of.
            turn: at the network, where others share it.
        """
        self.taken: int | None = None
        """Index of the frame that was taken last."""
        self.too_old = 0
        """Frames that were left out, and are not shown either."""
        self._segmenter, self._queues = segmenter, queues
        self._pace, self._meter, self._account = pace, meter, account
        self._at_once = self._running = at_once
        self._turn = turn
        self._taking, self._noting = threading.Lock(), threading.Lock()
        self._numbers = itertools.count()
        self._order = Turnstile()

    def close(self) -> None:
        """From any thread: let nobody wait any more. Safe twice."""
        self._order.close()
        self.close_turn()

    def close_turn(self) -> None:
        """Where the network is shared, want it no more. Safe twice."""
        if self._turn is not None:
            self._turn.close()

    def run(self) -> None:
        """The body of each thread.

        Raises:
            LiveSegmentError: the network failed.
        """
        last: Segmentation | None = None
        thresholds = self._segmenter.thresholds
        complete = False
        try:
            while True:
                with self._network():
                    with self._taking:
                        frame = self._queues.to_segment.get()
                        if frame is None:
                            continue
                        if self._queues.is_too_old(frame):
                            self.too_old += self._queues.exact  # else the presenter counts it
                            continue
                        number = next(self._numbers)
                    if self._segmenter.thresholds is not thresholds:
                        thresholds = self._segmenter.thresholds
                        self._pace.look_again()
                    fresh = self._pace.segments(frame, self._queues.time(frame)) or last is None
                    if fresh or last is None:
                        last = self._segmented(frame)
                with self._order.turn(number):
                    if fresh or self._queues.exact:  # else the last result goes on to hold
                        self._queues.results.put((frame, last))
        except Closed:
            complete = True
        finally:
            with self._noting:
                self._running -= 1
                others = self._running > 0
            # The others may have frames in hand still; but after a failure nobody goes on.
            if not (complete and others):
                self._queues.to_segment.close(discard=True)
                self._order.close()
                self._queues.results.close()
                self._queues.to_show.close()

    @contextmanager
    def _network(self) -> Generator[None]:
        """Have the network; where it is shared, with a frame there and the turn taken.

        A turn is not asked for before there is a frame, so a slow source costs the others none;
        and the frame is taken in the turn, so it is the newest, however long that was waited for.

        Raises:
            Closed: no more frames come, or no more turns are wanted.
        """
        if self._turn is None:
            yield
            return
        self._queues.to_segment.wait()
        with self._turn.take():
            yield

    def _segmented(self, frame: Frame) -> Segmentation:
        """Run the network, and note what it took."""
        self.taken = frame.index
        started = time.perf_counter()
        segmentation = self._segmenter.segment(frame)
        spent = time.perf_counter() - started
        with self._noting:
            self._account.busy += spent / self._at_once
            for stage, seconds in segmentation.timings.items():
                self._meter.spent(stage, seconds)
            self._meter.tick("segment", time.monotonic())
        return segmentation
