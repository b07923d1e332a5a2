"""Where the time of a run goes, and how near it comes to the network running by itself.

The run, the network alone and the segmenter alone take turns in one process on the same engine:
what else the machine does at the time falls upon all of them alike.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import cycle, islice
from statistics import median
from typing import Protocol, TypeVar

from livesegment.frame import Frame
from livesegment.pipeline.meter import Meter
from livesegment.segmenters.network import NetworkSegmenter

Clock = Callable[[], float]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run; times in seconds, medians over the rounds."""

    name: str
    count: int
    """How often a run went through it."""
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the whole program did."""

    frames: int
    """Shown."""
    seconds: float
    """From opening the source to the finished recording; loading is before."""
    stages: tuple[Stage, ...]

    @property
    def fps(self) -> float:
        """Frames a second, end to end."""
        return self.frames / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of each; frames a second."""

    run: Run
    network: float | None
    """The network alone on tensors that are there already; None where the model has none."""
    segmenter: float | None
    """Prepare, network and decode, one frame after the other; likewise."""

    @property
    def ratio(self) -> float | None:
        """Share of the bare network's frames a second that the whole run has."""
        return self.run.fps / self.network if self.network else None


@dataclass(frozen=True, slots=True)
class Report:
    """What came of all rounds."""

    rounds: tuple[Round, ...]

    @property
    def frames(self) -> int:
        """Shown in a run."""
        return self.rounds[0].run.frames

    @property
    def fps(self) -> float:
        """Of the run, end to end; the median round."""
        return median(one.run.fps for one in self.rounds)

    @property
    def network(self) -> float | None:
        """Frames a second of the network alone; the median round."""
        return _median([one.network for one in self.rounds])

    @property
    def segmenter(self) -> float | None:
        """Frames a second of prepare, network and decode; the median round."""
        return _median([one.segmenter for one in self.rounds])

    @property
    def ratio(self) -> float | None:
        """The median of the rounds' own ratios."""
        return _median([one.ratio for one in self.rounds])

    @property
    def stages(self) -> list[Stage]:
        """As of the first run, with the medians of all."""
        found = []
        for stage in self.rounds[0].run.stages:
            same = [s for one in self.rounds for s in one.run.stages if s.name == stage.name]
            p50, p95 = median(s.p50 for s in same), median(s.p95 for s in same)
            found.append(Stage(stage.name, stage.count, p50, p95))
        return found


class Loops(Protocol):
    """What a run is compared with; each returns frames a second."""

    def network(self) -> float:
        """The network alone."""
        ...

    def segmenter(self) -> float:
        """Prepare, network and decode."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class BareLoops:
    """The loops of one loaded model; see `Loops`.

    The network runs on what the frames were made into beforehand. A family of several networks
    makes the next one's inputs from the last one's outputs: that is counted in.
    """

    model: NetworkSegmenter
    frames: Sequence[Frame]
    """What the loops go round; at least one."""
    runs: int
    """Of each loop."""
    clock: Clock = time.perf_counter

    def network(self) -> float:
        """The network alone; see `Loops.network`."""
        prepared = [self.model.prepare(frame) for frame in self.frames]
        return self._rate(self.model.infer, prepared)

    def segmenter(self) -> float:
        """Prepare, network and decode; see `Loops.segmenter`."""
        return self._rate(self.model.segment, self.frames)

    def _rate(self, work: Callable[[T], object], items: Sequence[T]) -> float:
        """How often a second something can be done; once before it counts."""
        work(items[0])
        started = self.clock()
        for item in islice(cycle(items), self.runs):
            work(item)
        return self.runs / (self.clock() - started)


class Playing(Protocol):
    """A run that is ready to go: loaded, warm, its source not yet open."""

    meter: Meter

    def go(self) -> object:
        """Run it to its end."""
        ...


def compare(
    ready: Callable[[], AbstractContextManager[Playing]],
    loops: Loops | None,
    *,
    rounds: int,
    clock: Clock = time.perf_counter,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Let the run and the loops take turns.

    Args:
        ready: makes one run; what it leaves behind goes when its context ends.
        loops: what to compare it with; None: nothing.
        rounds: how many turns each has.
        clock: in seconds.
        progress: called with what is being run.
    """
    found = []
    for number in range(1, rounds + 1):
        of = f"round {number} of {rounds}"
        progress(f"the network alone, {of}")
        network = loops.network() if loops else None
        progress(f"the segmenter alone, {of}")
        segmenter = loops.segmenter() if loops else None
        progress(f"the whole run, {of}")
        with ready() as run:
            started = clock()
            run.go()
            seconds = clock() - started
            stages = tuple(
                Stage(name, count, p50, p95) for name, count, p50, p95, _ in run.meter.table()
            )
            shown = run.meter.count("shown")
        found.append(Round(Run(shown, seconds, stages), network, segmenter))
    return Report(tuple(found))


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
