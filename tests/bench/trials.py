"""Stand-ins for trials: what a child would have told, without one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from livesegment.errors import LiveSegmentError
from livesegment.instances import Instances
from livesegment.segmenters.trial import Setup, Trial
from tests.fakes import instances


def trial(
    setup: Setup,
    seconds: Sequence[float] = (0.1,),
    *,
    found: Sequence[Instances] | None = None,
    runs_on: str = "",
    load: float = 0.5,
    peak_memory: int | None = 200_000_000,
) -> Trial:
    """A trial whose runs took so long, nine tenths of it in the network."""
    return Trial(
        setup,
        runs_on=runs_on or f"{setup.engine.title()} 1.0 on {setup.device}",
        load=load,
        warm_up=2 * load,
        segment=tuple(seconds),
        infer=tuple(0.9 * run for run in seconds),
        peak_memory=peak_memory,
        instances=tuple(found or [instances(3)]),
    )


@dataclass(slots=True)
class Trials:
    """As `attempt`: plays, for each setup, what `outcome` says, and remembers what was asked."""

    outcome: Callable[[Setup], Trial | LiveSegmentError]
    asked: list[Setup] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)

    def __call__(
        self, setup: Setup, *, pictures: Sequence[Path] = (), runs: int = 5, seconds: float = 3.0
    ) -> Trial:
        self.asked.append(setup)
        self.pictures = list(pictures)
        outcome = self.outcome(setup)
        if isinstance(outcome, LiveSegmentError):
            raise outcome
        return outcome


def by_place(seconds: Mapping[str, float | LiveSegmentError]) -> Trials:
    """Trials that last as long as "engine device" says, or fail as it says."""

    def outcome(setup: Setup) -> Trial | LiveSegmentError:
        told = seconds[f"{setup.engine} {setup.device}"]
        return told if isinstance(told, LiveSegmentError) else trial(setup, [told])

    return Trials(outcome)
