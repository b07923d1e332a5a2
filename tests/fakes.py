"""Stand-ins for the seams of the pipeline, which do as they are told and remember what they saw."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from livesegment.families.base import Thresholds
from livesegment.frame import Frame, Image
from livesegment.instances import Instances, Segmentation
from livesegment.sinks.base import Ending, View
from livesegment.sources.base import SourceInfo

CEILING = 10.0
"""Seconds; no wait of a test is longer, and none that passes comes near."""
FPS = 25.0
SIZE = (64, 48)


def image(value: int = 0, size: tuple[int, int] = SIZE) -> Image:
    """A picture of one grey; `size` is (width, height)."""
    return np.full((size[1], size[0], 3), value % 256, np.uint8)


def frame(index: int, *, size: tuple[int, int] = SIZE, at: float | None = None) -> Frame:
    """Frame `index` of a film of 25 a second, as grey as its index."""
    captured_at = time.monotonic() if at is None else at
    return Frame(image(index, size), index, captured_at, index / FPS)


def instances(count: int = 1, *, class_ids: Sequence[int] | None = None) -> Instances:
    """Squares of 4 pixels a side, one beside the other."""
    boxes = [(6 * i, 2, 6 * i + 4, 6) for i in range(count)]
    ids = [0] * count if class_ids is None else class_ids
    return Instances.from_rows(boxes, [0.9] * count, ids, [np.ones((4, 4), bool)] * count)


def view(
    index: int = 0,
    *,
    size: tuple[int, int] = SIZE,
    at: float | None = None,
    pts: float | None = None,
    fps: float | None = FPS,
    found: Instances | None = None,
) -> View:
    """What a sink gets for frame `index`."""
    shown = frame(index, size=size, at=at)
    if pts is not None:
        shown = replace(shown, pts=pts)
    return View(
        frame=shown,
        instances=Instances.empty() if found is None else found,
        labels=("red", "green", "blue"),
        picture=shown.image,
        screen=shown.image,
        fps=fps,
        key_frame=None,
        mask_age=None,
        staleness=0.0,
    )


class Stuck(threading.Event):
    """A wait that no interrupt ends, as in a driver; the test ends it by `set`."""


Step: TypeAlias = int | Frame | BaseException | threading.Event | Callable[[], object]


class FakeSource:
    """Plays a script: frames (or their indices), errors, events to wait for, things to call."""

    def __init__(
        self,
        script: Iterable[Step],
        *,
        live: bool = False,
        fails_to_open: BaseException | None = None,
    ) -> None:
        self.name = "fake"
        self.is_live = live
        self.given: list[int] = []
        """Indices of the frames handed out."""
        self.opened_in: list[str] = []
        """Names of the threads that opened it."""
        self.closed_in: list[str] = []
        self.interrupted = threading.Event()
        self._script = iter(script)
        self._fails_to_open = fails_to_open
        self._waiting: threading.Event | None = None

    def open(self) -> SourceInfo:
        self.opened_in.append(threading.current_thread().name)
        if self._fails_to_open is not None:
            raise self._fails_to_open
        return SourceInfo(size=SIZE, fps=FPS)

    def read(self) -> Frame | None:
        for step in self._script:
            if self.interrupted.is_set():
                return None
            if isinstance(step, BaseException):
                raise step
            if isinstance(step, threading.Event):
                self._wait(step)
                continue
            if isinstance(step, Frame | int):
                taken = frame(step) if isinstance(step, int) else step
                self.given.append(taken.index)
                return taken
            step()
        return None

    def interrupt(self) -> None:
        self.interrupted.set()
        waiting = self._waiting
        if waiting is not None and not isinstance(waiting, Stuck):
            waiting.set()

    def close(self) -> None:
        self.closed_in.append(threading.current_thread().name)

    def _wait(self, event: threading.Event) -> None:
        self._waiting = event
        if self.interrupted.is_set() and not isinstance(event, Stuck):
            return
        if not event.wait(CEILING):
            raise AssertionError("the script waited in vain")


class FakeSegmenter:
    """Finds one square in every frame; `before` is called with each frame and may wait or raise."""

    def __init__(self, before: Callable[[Frame], object] | None = None) -> None:
        self.thresholds = Thresholds()
        self.labels = ("red", "green", "blue")
        self.segmented: list[int] = []
        """Indices of the frames it began with."""
        self._before = before

    def warm_up(self) -> None:
        pass

    def segment(self, frame: Frame) -> Segmentation:
        self.segmented.append(frame.index)
        if self._before is not None:
            self._before(frame)
        return Segmentation(
            instances(), frame.index, frame.captured_at, frame.size, {"infer": 0.001}
        )

    def describe(self) -> str:
        return "fake on cpu"


class FakeSink:
    """Keeps what it gets; `on_write` and `on_idle` may wait, raise, or say False."""

    stage = "fake"

    def __init__(
        self,
        on_write: Callable[[View], object] | None = None,
        on_idle: Callable[[], object] | None = None,
        *,
        fails_to_close: BaseException | None = None,
    ) -> None:
        self.views: list[View] = []
        self.idles = 0
        self.remade: list[View] = []
        """Views made anew while no frame came."""
        self.endings: list[Ending] = []
        self._on_write = on_write
        self._on_idle = on_idle
        self._fails_to_close = fails_to_close

    @property
    def shown(self) -> list[int]:
        """Indices of the frames that it got."""
        return [view.frame.index for view in self.views]

    def write(self, view: View) -> bool:
        self.views.append(view)
        return self._on_write is None or self._on_write(view) is not False

    def idle(self, remade: View | None = None) -> bool:
        self.idles += 1
        if remade is not None:
            self.remade.append(remade)
        return self._on_idle is None or self._on_idle() is not False

    def close(self, ending: Ending) -> None:
        self.endings.append(ending)
        if self._fails_to_close is not None:
            raise self._fails_to_close


def wait_for(event: threading.Event) -> None:
    """Wait for what another thread is to do; fails where it does not."""
    if not event.wait(CEILING):
        raise AssertionError("waited in vain")
