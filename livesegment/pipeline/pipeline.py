"""Capture -> segment -> present: who runs in which thread, and how all of them end.

    capture thread -- newest --> segment thread
          |                           |
          +------ every frame ---> presenter (the caller's thread) <-- results

With masks held (or carried) the presenter shows every frame with the newest result there is. With
masks exact each frame goes through the segment thread first, and is shown with its own result, or
with that of an earlier frame from which it does not differ. A film may have several segment
threads; its frames are shown in their order all the same.
"""

import itertools
import logging
import threading
import time
from typing import TypeAlias

from livesegment.frame import Frame
from livesegment.instances import Segmentation
from livesegment.pipeline.economy import Account, Economy
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Limits, Masks
from livesegment.pipeline.pace import Pace
from livesegment.pipeline.presenter import Presenter
from livesegment.segmenters.base import Segmenter
from livesegment.sinks.base import Ending
from livesegment.sources.base import Source, SourceInfo
from livesegment.threads.mailbox import Closed, Mailbox, WhenFull
from livesegment.threads.turnstile import Turnstile
from livesegment.threads.worker import Worker

log = logging.getLogger(__name__)

JOIN_SECONDS = 1.5
"""A thread stuck in a driver for longer is left behind: the end must come within two seconds."""
IDLE_SECONDS = 0.03
MOMENT = 0.05
LIVE_QUEUE = 2
FILE_QUEUE = 4


Result: TypeAlias = tuple[Frame, Segmentation]


class Pipeline:
    """One run from a source to the sinks.

    Any failure, in any thread, ends all of them and is raised by `run` with its own traceback,
    after every sink was finished.
    """

    def __init__(
        self,
        source: Source,
        segmenter: Segmenter,
        presenter: Presenter,
        meter: Meter,
        *,
        masks: Masks,
        limits: Limits | None = None,
        pace: Pace | None = None,
        at_once: int = 1,
    ) -> None:
        """Put the parts together.

        Args:
            source: where frames come from.
            segmenter: finds objects.
            presenter: shows them.
            meter: told what everything takes.
            masks: which masks a shown frame gets.
            limits: where the run ends by itself.
            pace: which frames are worth the work.
            at_once: frames that are segmented side by side, which `segmenter` must allow; only
                with exact masks of a film, and without a gate in `pace`.
        """
        self.info: SourceInfo | None = None
        """What the source says of itself; None until it is open."""
        self.ending: Ending | None = None
        """Why the run ended; None while it goes on."""
        self._source = source
        self._segmenter = segmenter
        self._presenter = presenter
        self._meter = meter
        self._limits = limits or Limits()
        self._pace = pace or Pace()
        self._account = Account()
        self._natural_end = Ending.END_OF_SOURCE
        self._deadline: float | None = None
        """Monotonic time up to which the workers are waited for."""
        self._exact = masks is Masks.EXACT
        self._taken: int | None = None
        """Index of the frame that the segment thread took last."""
        when_full = WhenFull.DROP_OLDEST if source.is_live else WhenFull.WAIT
        queue = LIVE_QUEUE if source.is_live else FILE_QUEUE
        self._shown_frames: Mailbox[Frame] = Mailbox(queue, when_full)
        newest = 1 if source.is_live or not self._exact else FILE_QUEUE
        self._to_segment: Mailbox[Frame] = Mailbox(
            newest, when_full if self._exact else WhenFull.DROP_OLDEST
        )
        self._results: Mailbox[Result] = Mailbox(
            FILE_QUEUE if self._exact and not source.is_live else 1,
            WhenFull.WAIT if self._exact else WhenFull.DROP_OLDEST,
        )
        self._at_once = at_once
        self._segmenting = at_once
        """Segment threads that still run."""
        self._taking, self._noting = threading.Lock(), threading.Lock()
        self._turns = itertools.count()
        self._order = Turnstile()
        names = ["segment", *(f"segment-{i}" for i in range(2, at_once + 1))]
        segment = [Worker(name, self._segment) for name in names]
        self._workers = (Worker("capture", self._capture), *segment)

    @property
    def dropped(self) -> int:
        """Frames that came and were never shown."""
        return (self._to_segment if self._exact else self._shown_frames).dropped

    @property
    def economy(self) -> Economy:
        """What the run cost up to now."""
        return self._account.economy(self._meter, self._pace)

    @property
    def abandoned(self) -> list[str]:
        """Names of threads that did not stop in time, after `run`."""
        return [worker.name for worker in self._workers if worker.is_alive()]

    def run(self) -> Ending:
        """Run to the end.

        Returns:
            Why it ended.

        Raises:
            LiveSegmentError: a stage failed.
        """
        failure: BaseException | None = None
        for worker in self._workers:
            worker.start()
        try:
            self._present()
        except BaseException as error:  # noqa: BLE001 -- raised again below
            failure = error
        self.stop(Ending.USER)
        self._source.interrupt()
        for mailbox in (self._shown_frames, self._to_segment, self._results):
            mailbox.close(discard=True)
        self._order.close()
        try:
            failure = failure or self._worker_error()
            self._presenter.close(Ending.FAILED if failure else self.ending or Ending.USER)
        except BaseException as error:  # noqa: BLE001 -- raised again below
            failure = failure or error
        self._join()
        for name in self.abandoned:
            log.warning("%s is stuck and was left behind", name)
        failure = failure or self._worker_error()
        if failure is not None:
            self.ending = Ending.FAILED
            raise failure
        return self.ending or Ending.USER

    def stop(self, ending: Ending) -> None:
        """From any thread, or a signal handler: end the run. The first reason given counts."""
        if self.ending is None:
            self.ending = ending

    def _present(self) -> None:
        """Show frames until there are no more, a sink asks to end, or `stop` was called."""
        try:
            while self.ending is None and self._step():
                pass
        except Closed:
            # The source is at its end, or a worker failed; wait until it can be told which. If it
            # was the segmenter, the source may still be waiting for a frame.
            self._source.interrupt()
            self._join()
            self.stop(self._natural_end)

    def _join(self) -> None:
        """Wait for the workers, `JOIN_SECONDS` from the first time this is called."""
        if self._deadline is None:
            self._deadline = time.monotonic() + JOIN_SECONDS
        for worker in self._workers:
            worker.stop(max(MOMENT, self._deadline - time.monotonic()))

    def _step(self) -> bool:
        """Show the next frame, or wait a moment; False if a sink asks to end."""
        controls = self._presenter.controls
        if controls.paused and not controls.steps and not self._source.is_live:
            # Back-pressure holds the film. Nobody sets this event: a key ends the pause.
            threading.Event().wait(IDLE_SECONDS)
            if self._worker_error() is not None:
                raise Closed
            return self._presenter.idle()
        newest: Segmentation | None
        if self._exact:
            result = self._results.get(IDLE_SECONDS)
            if result is None:
                return self._presenter.idle()
            frame, newest = result
        else:
            shown = self._shown_frames.get(IDLE_SECONDS)
            if shown is None:
                return self._presenter.idle()
            frame, newest = shown, self._newest_result()
        stepping = controls.steps > 0
        go_on = self._presenter.show(frame, newest, taken=self._taken, fps=self._fps)
        if stepping:  # counted afterwards: the presenter freezes the screen at 0
            controls.steps = max(0, controls.steps - 1)
        return go_on

    @property
    def _fps(self) -> float | None:
        """Frames a second that are to be expected, where the source states any."""
        stated, most = self.info.fps if self.info else None, self._pace.max_fps
        return stated if stated is None or most is None else min(stated, most)

    def _newest_result(self) -> Segmentation | None:
        try:
            result = self._results.get(0)
        except Closed:
            return None
        return None if result is None else result[1]

    def _worker_error(self) -> BaseException | None:
        return next((worker.error for worker in self._workers if worker.error), None)

    def _capture(self) -> None:
        """The capture thread: the only one that touches the source."""
        try:
            self.info = self._source.open()
            while True:
                started = time.perf_counter()
                frame = self._source.read()
                if frame is None:
                    break
                if self._limits.passed(frame):
                    self._natural_end = Ending.LIMIT
                    break
                self._account.begin()
                self._meter.spent("capture", time.perf_counter() - started)
                self._meter.tick("capture", frame.captured_at)
                if self._pace.takes(self._time(frame)):
                    self._to_segment.put(frame)
                    if not self._exact:
                        self._shown_frames.put(frame)
                if self._limits.reached(frame):
                    self._natural_end = Ending.LIMIT
                    break
        except Closed:
            pass
        finally:
            self._to_segment.close()
            self._shown_frames.close()
            self._source.close()

    def _segment(self) -> None:
        """A segment thread: they alone touch the network."""
        last: Segmentation | None = None
        thresholds = self._segmenter.thresholds
        complete = False
        try:
            while True:
                with self._taking:
                    frame = self._to_segment.get()
                    if frame is None:
                        continue
                    turn = next(self._turns)
                if self._segmenter.thresholds is not thresholds:
                    thresholds = self._segmenter.thresholds
                    self._pace.look_again()
                fresh = self._pace.segments(frame, self._time(frame)) or last is None
                if fresh or last is None:
                    last = self._segmented(frame)
                with self._order.turn(turn):
                    if fresh or self._exact:  # else the last result goes on to hold
                        self._results.put((frame, last))
        except Closed:
            complete = True
        finally:
            with self._noting:
                self._segmenting -= 1
                others = self._segmenting > 0
            # The others may have frames in hand still; but after a failure nobody goes on.
            if not (complete and others):
                self._to_segment.close(discard=True)
                self._order.close()
                self._results.close()
                self._shown_frames.close()

    def _segmented(self, frame: Frame) -> Segmentation:
        """Run the network, and note what it took."""
        self._taken = frame.index
        started = time.perf_counter()
        segmentation = self._segmenter.segment(frame)
        spent = time.perf_counter() - started
        with self._noting:
            self._account.busy += spent / self._at_once
            for stage, seconds in segmentation.timings.items():
                self._meter.spent(stage, seconds)
            self._meter.tick("segment", time.monotonic())
        return segmentation

    def _time(self, frame: Frame) -> float:
        """A frame's time on the clock that the pace goes by."""
        return frame.captured_at if self._source.is_live else frame.pts
