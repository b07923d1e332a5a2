"""Clips of what happens: conditions judged frame by frame, in a thread of its own."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from livesegment.codecs.mjpeg import jpeg
from livesegment.codecs.video_file import MIN_FREE
from livesegment.events.clip import Clip, kept
from livesegment.events.clips import Clips
from livesegment.events.condition import Condition
from livesegment.events.event import Event, new_id
from livesegment.events.hooks import Hooks
from livesegment.events.moment import Moment
from livesegment.events.report import Report
from livesegment.events.ring import LIMIT, Ring, Shot
from livesegment.events.tally import Tally
from livesegment.events.watch import Watch
from livesegment.sessions.retention import Kept
from livesegment.sinks.base import Ending, View
from livesegment.sinks.recorder import (
    JOIN_SECONDS,
    LEAST_FPS,
    MOST_FPS,
    QUEUE,
    QUEUE_BYTES,
    USUAL_FPS,
)
from livesegment.threads.mailbox import Closed, Mailbox, WhenFull
from livesegment.threads.worker import Worker

log = logging.getLogger(__name__)

ENCODE = "encode ring"
"""What compressing for the ring is called in the table of stages."""
LOOK_SECONDS = 0.5
"""Between two looks at whether no frame has come for too long."""


class EventSink:
    """Watches for events in a session; writes events.jsonl and clips/, and tells hooks.

    The presenter only leaves pictures here. They are judged and compressed in one thread, clips
    are written in another, each hook has its own; all hand-overs are bounded. Live, a picture
    that comes while too many wait is lost for clips, and counted; of a film none is. Without a
    pre-roll nothing is compressed while there is no event.
    """

    stage = "events"

    def __init__(
        self,
        folder: Path,
        conditions: Sequence[Condition],
        *,
        live: bool,
        codec: str,
        pre_roll: float,
        post_roll: float,
        min_free: int = MIN_FREE,
        hooks: Hooks | None = None,
        ring_bytes: int = LIMIT,
        spent: Callable[[str, float], None] = lambda _stage, _seconds: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make ready; no thread runs before the first view, and no file is made before an event.

        Args:
            folder: of the session.
            conditions: each has events and clips of its own.
            live: whether late pictures are dropped, or waited for.
            codec: of the clips, one of `registry.CODECS`.
            pre_roll: seconds that a clip begins before its event.
            post_roll: seconds that an event goes on after its condition held last.
            min_free: bytes to leave free on the disk.
            hooks: who is told; closed by whoever made them.
            ring_bytes: most bytes of compressed pictures in memory.
            spent: told from the threads here how long pictures took.
            now: the clock of captures.
        """
        self.events = 0
        """How many there were."""
        self.clips: list[dict[str, Any]] = []
        """Finished files, as `Clip.files` has them."""
        self._folder = folder
        self._live = live
        self._codec = codec
        self._pre_roll, self._post_roll = pre_roll, post_roll
        self._min_free = min_free
        self._hooks = hooks or Hooks()
        self._spent = spent
        self._now = now
        self._watches = [Watch(condition, post_roll) for condition in conditions]
        self._going: dict[Watch, tuple[Event, Clip]] = {}
        self._newest: Moment | None = None
        self._labels: tuple[str, ...] = ()
        self._ring = Ring(pre_roll, ring_bytes, patient=not live)
        self._report = Report(folder, self._hooks)
        self._missed = 0
        self._said_short = False
        self._problems: list[str] = []
        self._queue: Mailbox[Moment] | None = None
        self._clips: Clips | None = None
        self._worker = Worker("events", self._run)

    @property
    def dropped(self) -> int:
        """Pictures that the threads here were too late for."""
        return self._missed + (0 if self._queue is None else self._queue.dropped)

    @property
    def problems(self) -> list[str]:
        """What went wrong and was got over."""
        return self._problems + self._hooks.problems

    def write(self, view: View, clock: float) -> bool:
        """Take one view.

        Args:
            view: what is shown.
            clock: its time on the session's clock.

        Raises:
            SinkError: a clip or events.jsonl could not be written.
        """
        self._raise()
        if self._queue is None:
            capacity = max(2, min(QUEUE, QUEUE_BYTES // view.picture.nbytes))
            self._queue = Mailbox(capacity, WhenFull.DROP_OLDEST if self._live else WhenFull.WAIT)
            self._labels = view.labels
            self._clips = Clips()
            self._worker.start()
        stated = view.fps is not None and LEAST_FPS <= view.fps <= MOST_FPS
        moment = Moment(
            clock=clock,
            frame=view.frame.index,
            captured_at=view.frame.captured_at,
            picture=view.picture,
            instances=view.instances,
            known=view.key_frame is not None,
            fps=view.fps if view.fps and stated else USUAL_FPS,
        )
        try:
            self._queue.put(moment)
        except Closed:
            self._raise()
        return True

    def idle(self, remade: View | None = None) -> bool:
        """See whether all still works; see `Sink.idle`."""
        del remade
        self._raise()
        return True

    def kept(self, clock: float) -> list[Kept]:
        """The finished clips that are still there; from any thread, as `clip.kept` has them."""
        return kept(self._folder, self.clips, clock)

    def close(self, ending: Ending) -> None:
        """End the events that go on, and finish their clips. Safe to call twice.

        Raises:
            SinkError: a clip or events.jsonl could not be written.
        """
        del ending
        if self._queue is not None:
            self._queue.close()
        if not self._worker.stop(JOIN_SECONDS):
            log.error("the events' thread did not finish within %.0f s", JOIN_SECONDS)
        if self._clips is not None and not self._clips.close(JOIN_SECONDS):
            log.error("the clips were not finished within %.0f s", JOIN_SECONDS)
        self._report.close()
        self._raise()

    def _raise(self) -> None:
        error, self._worker.error = self._worker.error, None
        error = error or (self._clips.failure() if self._clips else None)
        if error is not None:
            raise error

    def _run(self) -> None:
        """The events' thread."""
        if self._queue is None or self._clips is None:
            return
        try:
            while True:
                moment = self._queue.get(LOOK_SECONDS)
                if moment is not None:
                    self._take(moment, self._clips)
                elif self._live:
                    self._silence(self._clips)
        except Closed:
            pass
        finally:
            self._queue.close(discard=True)
            for watch in list(self._going):
                self._end(watch, self._newest)
            self._clips.wake()

    def _take(self, moment: Moment, clips: Clips) -> None:
        height, width = moment.picture.shape[:2]
        tally = Tally(moment.instances, self._labels, (width, height)) if moment.known else None
        for watch in self._watches:
            if watch.see(moment.clock, tally):
                self._end(watch, moment)
        self._newest = moment
        if not self._pre_roll and not any(watch.going_on for watch in self._watches):
            return
        started = time.perf_counter()
        data = jpeg(moment.picture)
        self._spent(ENCODE, time.perf_counter() - started)
        self._ring.add(Shot(data, moment.clock, (width, height), moment.fps))
        self._say_if_short()
        for watch in self._watches:
            if watch.holding:
                self._follow(watch, moment, tally, data)
        clips.wake()

    def _silence(self, clips: Clips) -> None:
        """No frame has come for a while."""
        newest = self._newest
        if newest is None:
            return
        clock = newest.clock + self._now() - newest.captured_at
        for watch in self._watches:
            if watch.silence(clock):
                self._end(watch, newest)
        clips.wake()

    def _follow(self, watch: Watch, moment: Moment, tally: Tally | None, data: bytes) -> None:
        """A condition holds: an event begins, or goes on."""
        going = self._going.get(watch)
        event = going[0] if going else self._begin(watch, moment)
        event.last = moment.clock
        if tally is not None:
            event.see(moment, tally, data)
        if going is None:
            self._report.begins(event, moment)
        elif event.due(moment.clock):
            self._report.changes(event, moment)

    def _begin(self, watch: Watch, moment: Moment) -> Event:
        self.events += 1
        event = Event(
            condition=watch.condition,
            number=self.events,
            id=new_id(self._report.time(moment)),
            start=moment.clock,
            last=moment.clock,
        )
        clip = Clip(
            self._folder / f"{event.stem}.mkv",
            self._ring.read(moment.clock - self._pre_roll),
            codec=self._codec,
            min_free=self._min_free,
            spent=self._spent,
        )
        self._going[watch] = event, clip
        if self._clips is not None:
            self._clips.add(clip, partial(self._finished, event, clip))
        return event

    def _end(self, watch: Watch, moment: Moment | None) -> None:
        """An event is over; its last line comes when its clip is whole."""
        event, clip = self._going.pop(watch, (None, None))
        if event is not None and clip is not None:
            event.over = moment
            newest = event.last if moment is None else moment.clock  # what follows was not seen
            clip.end_at = min(event.last + self._post_roll, newest)

    def _finished(self, event: Event, clip: Clip) -> None:
        """From the clips' thread: a clip is whole, or will not become so."""
        self.clips += clip.files
        self._missed += clip.missed
        if clip.missed:
            self._problem(
                f"{event.stem}.mkv lacks {clip.missed} pictures: writing it took too long"
            )
        for text in clip.problems:
            self._problem(text)
        if event.over is not None:
            self._report.ends(event, event.over, clip.files)

    def _say_if_short(self) -> None:
        ring = self._ring
        if ring.kept is not None and not self._said_short:
            self._said_short = True
            self._problem(
                f"the pre-roll is {ring.kept:.1f} s instead of {self._pre_roll:g} s: "
                "no more memory is taken for it"
            )

    def _problem(self, text: str) -> None:
        self._problems.append(text)
        log.warning("%s", text)
