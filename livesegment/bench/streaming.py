"""Streaming accuracy: what a viewer of a live picture gets to see, against the truth.

A film is played on a clock of its own. Frame t is captured, and shown, at t / fps. A worker takes
the newest frame whenever it is free; its result is there a fixed latency later. A frame shows what
has arrived by then, held or carried to it. The latency is made up and the clock is not the
machine's, so that figures are the same on every machine, slow or fast.

One pass over a film serves all methods and latencies: each frame is segmented once.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from itertools import count
from statistics import fmean, median
from typing import TypeAlias

from livesegment.bench.scores import Fit, Truth, mostly_inside, painted
from livesegment.carrying.base import Carrier
from livesegment.frame import Frame
from livesegment.instances import Mask, Segmentation
from livesegment.segmenters.base import Segmenter

NO_DELAY = "no delay"
"""Every frame with its own result. Only bridging what the segmenter misses is better."""
FINEST = 1_000_000
"""Latencies and rates are taken as fractions with a denominator up to this."""

Sample: TypeAlias = tuple[Frame, Mask]
"""A frame and what the object really covers in it, (h, w)."""
NewCarrier: TypeAlias = Callable[[], Carrier]


class Select(StrEnum):
    """Which instances are the object."""

    OVERLAP = "overlap"
    """Those that lie mostly in the truth of their key frame: the detector's mistakes are left out
    of the account."""
    CLASSES = "classes"
    """All that the segmenter gives."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What the worker did since the frame before, the end of its work first."""

    finished: int | None = None
    """Index of the frame whose result arrived."""
    taken: int | None = None
    """Index of the frame that it began with."""


def timetable(fps: float, latency: float) -> Iterator[Tick]:
    """What the worker did before each frame is shown; endless.

    It takes the newest frame at the moment when it is free; one that it knows already makes it
    wait for the next. What happens in the very moment of a frame happens before it is shown.

    Args:
        fps: frames a second.
        latency: seconds from taking a frame to its result, above 0.
    """
    # In units of frames, and exact: 0.1 s are three frames at 30 a second, not a hair more.
    work = _exact(latency) * _exact(fps)
    running: int | None = None
    last, free_at = -1, Fraction(0)
    for now in count():
        finished, taken = None, None
        if running is not None and free_at <= now:
            finished, running = running, None
        if running is None:
            newest = math.floor(free_at)
            start = free_at
            if newest == last:
                newest, start = now, Fraction(now)
            taken = running = last = newest
            free_at = start + work
        yield Tick(finished, taken)


@dataclass(frozen=True, slots=True)
class Score:
    """One method at one latency."""

    latency: float
    """Seconds."""
    method: str
    frames: int
    """How many were scored; where it is 0, there are no figures."""
    j: float | None
    f: float | None
    cost: float | None
    """Seconds that the carrier took for a frame, the median; None without one."""
    age: tuple[int, int] | None
    """Least and most frames between the result's frame and the one shown."""


def play(
    samples: Iterable[Sample],
    segmenter: Segmenter,
    carriers: Mapping[str, NewCarrier],
    latencies: Sequence[float],
    *,
    fps: float,
    select: Select = Select.OVERLAP,
    clock: Callable[[], float] = time.thread_time,
) -> list[Score]:
    """Play one film.

    Frames up to the first result are not scored. At one latency all methods are scored on the same
    frames, and so is `NO_DELAY`.

    Args:
        samples: the film, its frames counted from 0.
        segmenter: runs once for each frame.
        carriers: method -> makes its carrier.
        latencies: in seconds.
        fps: frames a second.
        select: which instances count.
        clock: what the carriers' cost is measured by, in seconds; CPU time of the thread by
            default, as that is the same on a busy machine.

    Returns:
        For each latency a score of every method, and last that of `NO_DELAY`.
    """
    streams = [_Stream(latency, fps, carriers) for latency in latencies]
    found: dict[int, Segmentation] = {}
    for frame, mask in samples:
        truth = Truth(mask)
        found[frame.index] = _selected(segmenter.segment(frame), mask, select)
        own = truth.fit(painted(found[frame.index].instances, frame.size))
        for stream in streams:
            stream.show(frame, truth, found, own, clock)
    return [score for stream in streams for score in stream.scores()]


def mean(scores: Sequence[Score]) -> Score:
    """The mean over films of one method at one latency; films without a scored frame are left out.

    Args:
        scores: at least one.
    """
    counted = [score for score in scores if score.frames]
    costs = [score.cost for score in counted if score.cost is not None]
    ages = [score.age for score in counted if score.age is not None]
    return replace(
        scores[0],
        frames=sum(score.frames for score in counted),
        j=fmean(score.j for score in counted if score.j is not None) if counted else None,
        f=fmean(score.f for score in counted if score.f is not None) if counted else None,
        cost=fmean(costs) if costs else None,
        age=(min(low for low, _ in ages), max(high for _, high in ages)) if ages else None,
    )


@dataclass(slots=True)
class _Lane:
    """One method at one latency."""

    carrier: Carrier
    fits: list[Fit] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    """Seconds that the carrier took for a frame."""


class _Stream:
    """One film at one latency."""

    def __init__(self, latency: float, fps: float, carriers: Mapping[str, NewCarrier]) -> None:
        self._latency = latency
        self._ticks = timetable(fps, latency)
        self._lanes = {method: _Lane(new()) for method, new in carriers.items()}
        self._bound: list[Fit] = []
        self._ages: list[int] = []
        self._newest: int | None = None
        """Index of the newest frame whose result has arrived."""

    def show(
        self,
        frame: Frame,
        truth: Truth,
        found: Mapping[int, Segmentation],
        own: Fit,
        clock: Callable[[], float],
    ) -> None:
        """Let every method come to a frame, and score what it shows.

        Args:
            frame: the next one.
            truth: of this frame.
            found: frame index -> result, for all frames up to this one.
            own: how well this frame's own result fits.
            clock: in seconds.
        """
        tick = next(self._ticks)
        if tick.finished is not None:
            self._newest = tick.finished
        for lane in self._lanes.values():
            started = clock()
            if tick.finished is not None:
                lane.carrier.correct(found[tick.finished])
            if tick.taken is not None:
                lane.carrier.expect(tick.taken)
            shown = lane.carrier.advance(frame)
            spent = clock() - started
            if self._newest is not None:
                lane.costs.append(spent)
                lane.fits.append(truth.fit(painted(shown, frame.size)))
        if self._newest is not None:
            self._bound.append(own)
            self._ages.append(frame.index - self._newest)

    def scores(self) -> list[Score]:
        """What came of every method, and of no delay at last."""
        age = (min(self._ages), max(self._ages)) if self._ages else None
        every = [
            _score(
                self._latency, method, lane.fits, age, median(lane.costs) if lane.costs else None
            )
            for method, lane in self._lanes.items()
        ]
        bound = _score(self._latency, NO_DELAY, self._bound, (0, 0) if age else None, None)
        return [*every, bound]


def _selected(segmentation: Segmentation, truth: Mask, select: Select) -> Segmentation:
    """A result with the instances that count."""
    if select is Select.CLASSES:
        return segmentation
    instances = segmentation.instances
    return replace(segmentation, instances=instances.take(mostly_inside(instances, truth)))


def _score(
    latency: float,
    method: str,
    fits: Sequence[Fit],
    age: tuple[int, int] | None,
    cost: float | None,
) -> Score:
    return Score(
        latency=latency,
        method=method,
        frames=len(fits),
        j=fmean(fit.j for fit in fits) if fits else None,
        f=fmean(fit.f for fit in fits) if fits else None,
        cost=cost,
        age=age,
    )


def _exact(value: float) -> Fraction:
    return Fraction(value).limit_denominator(FINEST)
