"""Engines and devices side by side: how fast each runs a model, and whether it finds the same.

Each runs in processes of its own, in several rounds, one after the other and then again: what else
the machine does at the time falls upon all of them alike.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from livesegment.engines.base import Obstacle
from livesegment.engines.registry import REFERENCE, engine_factory
from livesegment.errors import EngineError, LiveSegmentError
from livesegment.segmenters.agreement import Agreement, compare, together
from livesegment.segmenters.choice import EXACT, fastest
from livesegment.segmenters.trial import Setup, Trial, attempt
from livesegment.segmenters.verdicts import Rival

ANY = "auto"
"""Every device."""
SECONDS = 8.0
"""After which a round begins no further run."""

HALVES = {"fp16": "f16", "bf16": "bf16"}
"""End of a device's name -> what it computes in."""


@dataclass(frozen=True, slots=True)
class Absent:
    """An engine, or a device of one, that is not here."""

    engine: str
    device: str
    """Empty where the engine itself is missing."""
    reason: str
    hint: str

    def __str__(self) -> str:
        return f"{self.engine} on {self.device}" if self.device else self.engine


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What came of one setup; all times in seconds, medians over the rounds."""

    setup: Setup
    rounds: tuple[Trial, ...] = ()
    """Empty where it failed."""
    problem: str = ""
    """Why it failed; empty where it did not."""
    hint: str = ""

    @property
    def runs_on(self) -> str:
        """As the engine reports it; empty where it failed."""
        return self.rounds[0].runs_on if self.rounds else ""

    @property
    def load(self) -> float:
        """From the file to a network that can run."""
        return median(trial.load for trial in self.rounds)

    @property
    def warm_up(self) -> float:
        """The first run."""
        return median(trial.warm_up for trial in self.rounds)

    @property
    def p50(self) -> float:
        """The median run, picture in, objects out."""
        return median(trial.typical for trial in self.rounds)

    @property
    def p95(self) -> float:
        """What 95 of 100 runs do not exceed."""
        return median(float(np.quantile(trial.segment, 0.95)) for trial in self.rounds)

    @property
    def infer(self) -> float:
        """The network's part of the median run."""
        return median(median(trial.infer) for trial in self.rounds)

    @property
    def peak_memory(self) -> int | None:
        """Bytes; None where the system does not tell."""
        told = [trial.peak_memory for trial in self.rounds if trial.peak_memory is not None]
        return int(median(told)) if told else None

    @property
    def precision(self) -> str:
        """What it computes in, as "bf16"; empty where nothing tells."""
        detail = self.runs_on.partition("(")[2].rpartition(")")[0]
        if detail in {"f32", "f16", "bf16"}:
            return detail
        ending = self.setup.device.rpartition("-")[2]
        return HALVES.get(ending, "f32" if ending == EXACT else "")


def survey(engines: Iterable[str], device: str = ANY) -> tuple[list[tuple[str, str]], list[Absent]]:
    """What there is to compare.

    Args:
        engines: names, as they are to stand.
        device: only this one, or "auto" for all.

    Returns:
        Engines and their devices, exact ones first and the reference before all, whether it was
        named or not; and what of those named is not here.

    Raises:
        EngineError: nothing of what was named is here.
    """
    found: list[tuple[str, str]] = []
    absent: list[Absent] = []
    for engine in engines:
        try:
            factory = engine_factory(engine)
        except EngineError as error:
            absent.append(Absent(engine, "", str(error), error.hint or ""))
            continue
        for place, obstacle in factory.devices().items():
            if device not in {ANY, place}:
                continue
            if obstacle is None:
                found.append((engine, place))
            else:
                absent.append(_absent(engine, place, obstacle))
    if not found:
        reasons = "; ".join(f"{item}: {item.reason}" for item in absent)
        raise EngineError(
            "none of the engines asked for has "
            + ("a device here" if device == ANY else f"the device {device} here")
            + (f" ({reasons})" if reasons else ""),
            hint=absent[0].hint if absent else "--device cpu always works",
        )
    exact = [pair for pair in found if pair[1] == EXACT]
    return list(dict.fromkeys([(REFERENCE, EXACT), *exact, *found])), absent


def measure(
    setups: Sequence[Setup],
    pictures: Sequence[Path] = (),
    *,
    rounds: int = 3,
    runs: int = 20,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Result]:
    """Run every setup once a round; one that fails is not tried again.

    Args:
        setups: what to run.
        pictures: files to run it on; none: the specimen.
        rounds: how many.
        runs: timed ones a round; fewer where they take too long.
        progress: called with what is being run.

    Returns:
        As many, in the same order.
    """
    trials: dict[Setup, list[Trial]] = {setup: [] for setup in setups}
    failures: dict[Setup, LiveSegmentError] = {}
    for number in range(1, rounds + 1):
        for setup in setups:
            if setup in failures:
                continue
            progress(f"{setup}, round {number} of {rounds}")
            try:
                trials[setup].append(attempt(setup, pictures=pictures, runs=runs, seconds=SECONDS))
            except LiveSegmentError as error:
                failures[setup] = error
    return [
        Result(setup, problem=str(failures[setup]), hint=failures[setup].hint or "")
        if setup in failures
        else Result(setup, tuple(trials[setup]))
        for setup in setups
    ]


def reference(results: Iterable[Result]) -> Result | None:
    """What the others are compared with: the first that runs, as for `--engine auto`."""
    return next((result for result in results if result.rounds), None)


def agreement(reference: Result, other: Result) -> Agreement:
    """What of the reference's objects another found, over all pictures; both must have run."""
    pairs = zip(reference.rounds[0].instances, other.rounds[0].instances, strict=True)
    return together([compare(one, two) for one, two in pairs])


def winner(results: Sequence[Result]) -> Result | None:
    """The one that `--engine auto` would take by these figures: its rule, on these pictures."""
    first = reference(results)
    by_rival = {}
    for result in results:
        if first is None or not result.rounds:
            continue
        found = agreement(first, result)
        problem = "" if found.same or result is first else "finds other objects"
        setup = result.setup
        by_rival[Rival(setup.engine, setup.device, result.p50, found.found, problem)] = result
    best = fastest(by_rival)
    return None if best is None else by_rival[best]


def _absent(engine: str, device: str, obstacle: Obstacle) -> Absent:
    return Absent(engine, device, obstacle.reason, obstacle.hint)
