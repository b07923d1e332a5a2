"""Capture -> segment -> present: who runs in which thread, and how all of them end.

    capture thread -- newest --> segment thread
          |                           |
          +------ every frame ---> presenter (the caller's thread) <-- results

With masks held (or carried) the presenter shows every frame with the newest result there is. With
masks exact each frame goes through the segment thread first, and is shown with its own result, or
with that of an earlier frame from which it does not differ. A film may have several segment
threads; its frames are shown in their order all the same.
"""

import logging
import threading
import time

from livesegment.errors import SourceError
from livesegment.instances import Segmentation
from livesegment.pipeline.capturing import Capturing
from livesegment.pipeline.economy import Account, Economy
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Limits, Masks
from livesegment.pipeline.pace import Pace
from livesegment.pipeline.presenter import Presenter
from livesegment.pipeline.queues import Queues
from livesegment.pipeline.segmenting import Segmenting
from livesegment.segmenters.base import Segmenter
from livesegment.sinks.base import Ending
from livesegment.sources.base import Source, SourceInfo
from livesegment.sources.supervision.health import Health, Supervised
from livesegment.threads.fair import Party
from livesegment.threads.mailbox import Closed
from livesegment.threads.worker import Worker

log = logging.getLogger(__name__)

FIRST_FRAME = 20.0
"""Seconds that a live source has to give one, however short the run is to be."""
JOIN_SECONDS = 1.5
"""A thread stuck in a driver for longer is left behind: the end must come within two seconds."""
IDLE_SECONDS = 0.03
MOMENT = 0.05
OVERTIME = 0.5
"""Seconds that a live source's last frame may be late before the time is over without it."""


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
        turn: Party | None = None,
        max_age: float | None = None,
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
            turn: where other pipelines share `segmenter`, which is then used in turns only. Not
                together with `at_once`.
            max_age: seconds; a live source's frame that was captured longer ago is left out.
        """
        if turn is not None and at_once > 1:
            raise ValueError("a network that is shared takes one frame at a time")
        self.ending: Ending | None = None
        """Why the run ended; None while it goes on."""
        self._source = source
        self._presenter = presenter
        self._meter = meter
        self._limits = limits or Limits()
        self._pace = pace = pace or Pace()
        self._account = account = Account()
        self._started = 0.0
        self._deadline: float | None = None
        """Monotonic time up to which the workers are waited for."""
        self._too_old = 0
        exact = masks is Masks.EXACT
        self._queues = queues = Queues(live=source.is_live, exact=exact, max_age=max_age)
        self._capturing = Capturing(
            source, queues, limits=self._limits, pace=pace, meter=meter, account=account
        )
        self._segmenting = Segmenting(
            segmenter,
            queues,
            pace=pace,
            meter=meter,
            account=account,
            at_once=at_once,
            turn=turn,
        )
        names = ["segment", *(f"segment-{i}" for i in range(2, at_once + 1))]
        segment = [Worker(name, self._segmenting.run) for name in names]
        self._workers = (Worker("capture", self._capturing.run), *segment)

    @property
    def info(self) -> SourceInfo | None:
        """What the source says of itself; None until it is open."""
        return self._capturing.info if self.supervised is None else self.supervised.info

    @property
    def supervised(self) -> Supervised | None:
        """The source, where it says how it is."""
        return self._source if isinstance(self._source, Supervised) else None

    @property
    def health(self) -> Health | None:
        """How the source is; None where nobody watches over it."""
        return None if self.supervised is None else self.supervised.health

    @property
    def dropped(self) -> int:
        """Frames that came and were never shown."""
        return self._queues.dropped

    @property
    def too_old(self) -> int:
        """Frames that were older than is wanted when their turn came."""
        return self._too_old + self._segmenting.too_old

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
        self._started = time.monotonic()
        try:
            for worker in self._workers:
                worker.start()
            self._present()
        except BaseException as error:  # noqa: BLE001 -- raised again below
            failure = error
        self.stop(Ending.USER)
        self._source.interrupt()
        self._queues.close()
        self._segmenting.close()
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
            # was the segmenter, the source may still be waiting for a frame. And nobody wants the
            # result of a frame that still waits for its turn.
            self._source.interrupt()
            self._segmenting.close_turn()
            self._join()
            self.stop(self._capturing.natural_end)

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
        if self._queues.exact:
            result = self._queues.results.get(IDLE_SECONDS)
            if result is None:
                return self._idle()
            frame, newest = result
        else:
            shown = self._queues.to_show.get(IDLE_SECONDS)
            if shown is None:
                return self._idle()
            if self._queues.is_too_old(shown):
                self._too_old += 1
                return self._presenter.idle()
            frame, newest = shown, self._newest_result()
        stepping = controls.steps > 0
        health = self.health
        go_on = self._presenter.show(
            frame,
            newest,
            taken=self._segmenting.taken,
            confirmed=self._pace.confirmed,
            fps=self._fps,
            state=None if health is None else str(health.state),
        )
        if stepping:  # counted afterwards: the presenter freezes the screen at 0
            controls.steps = max(0, controls.steps - 1)
        return go_on

    def _idle(self) -> bool:
        """Let the sinks answer their user; False if one asks to end, or the time is over.

        Raises:
            SourceError: the time is over, and nothing ever came.
        """
        seconds = self._limits.seconds
        if self._source.is_live and seconds is not None:
            first_at, now = self._capturing.first_at, time.monotonic()
            if first_at is not None and now - first_at > seconds + OVERTIME:
                self.stop(Ending.LIMIT)
            limit = max(seconds, FIRST_FRAME)
            if first_at is None and now - self._started > limit:
                why = self.health.reason if self.health else None
                raise SourceError(
                    f"{self._source.name} gave no picture within {limit:g} s"
                    + (f": {why}" if why else "")
                )
        return self._presenter.idle()

    @property
    def _fps(self) -> float | None:
        """Frames a second that are to be expected, where the source states any."""
        stated, most = self.info.fps if self.info else None, self._pace.max_fps
        return stated if stated is None or most is None else min(stated, most)

    def _newest_result(self) -> Segmentation | None:
        try:
            result = self._queues.results.get(0)
        except Closed:
            return None
        return None if result is None else result[1]

    def _worker_error(self) -> BaseException | None:
        return next((worker.error for worker in self._workers if worker.error), None)
