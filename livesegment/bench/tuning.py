"""The setup that holds a rate on this machine and loses least.

Sizes are gone through from the largest down. Once an engine holds the rate at one of them and finds
the reference's objects, smaller ones have nothing to offer.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from livesegment.bench.engines import Result, agreement, measure
from livesegment.errors import ModelError
from livesegment.families.registry import load_family
from livesegment.frame import Image
from livesegment.image_files import read_image
from livesegment.segmenters.agreement import Agreement
from livesegment.segmenters.choice import EXACT
from livesegment.segmenters.specimen import specimen
from livesegment.segmenters.trial import Setup
from livesegment.store import Model

MARGIN = 0.15
"""Share of a frame's time that is left for decoding, drawing and recording."""
SHARES = (1.0, 0.8, 0.65, 0.5)
"""Of the full input size, side by side."""
GRAIN = 32
"""Sides are multiples of this: what most networks can take."""
TIE = 0.02
"""Setups whose quality differs by less are as good as each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One setup, and how it did."""

    result: Result
    size: tuple[int, int]
    """(width, height) that pictures are fitted into."""
    found: Agreement | None
    """With the reference at full size; None where it failed."""
    holds: bool
    """Whether it is within the time."""

    @property
    def quality(self) -> float:
        """How much it finds of what the reference finds, and how exactly; 0..1.

        Panoptic quality: Kirillov et al., "Panoptic segmentation", CVPR 2019. The overlaps of what
        both found, over what either found, where what only one found counts half.
        """
        if self.found is None:
            return 0.0
        missed = self.found.reference - self.found.found
        total = self.found.found + (missed + self.found.extra) / 2
        return self.found.found * self.found.overlap / total if total else 1.0


@dataclass(frozen=True, slots=True)
class Tuning:
    """What came of trying."""

    budget: float
    """Seconds that a picture may take."""
    candidates: tuple[Candidate, ...]
    """In the order of trying; the reference first."""
    untried: tuple[tuple[int, int], ...]
    """Smaller sizes that there was no need to try."""
    best: Candidate | None
    """What to take; None where nothing holds the rate."""
    nearest: Candidate | None
    """The fastest of all; None where nothing ran."""


def budget(fps: float) -> float:
    """Seconds that 95 of 100 pictures may take at most, for a rate to hold."""
    return (1 - MARGIN) / fps


def input_sizes(
    model: Model, asked: tuple[int, int] | None = None, pictures: Sequence[Path] = ()
) -> list[tuple[tuple[int, int], tuple[int, int] | None]]:
    """The sizes that a model's pictures can be fitted into, the largest first.

    Args:
        model: whose family is asked.
        asked: the largest, (width, height); None: the family's own.
        pictures: of which the first is fitted; none: the specimen.

    Returns:
        Each as it is, and as it is asked for; None for the family's own. One alone where the
        network's size is fixed.

    Raises:
        ModelError: the files cannot be read, or the network cannot have the size asked for.
    """
    image = specimen()
    if pictures:
        image = np.asarray(read_image(pictures[0]), np.uint8)
    full = _fitted(model, asked, image)
    found: list[tuple[tuple[int, int], tuple[int, int] | None]] = [(full, asked)]
    for share in SHARES[1:]:
        sides = [max(GRAIN, round(share * side / GRAIN) * GRAIN) for side in full]
        wanted = sides[0], sides[1]
        try:
            real = _fitted(model, wanted, image)
        except ModelError:
            break  # fixed
        if real not in [size for size, _ in found]:
            found.append((real, wanted))
    return found


def thread_counts(cores: int) -> list[int]:
    """The numbers of threads worth trying, the largest first: all cores, then halves."""
    found = [cores]
    while found[-1] > 1:
        found.append(found[-1] // 2)
    return found


def tune(
    model: str,
    places: Sequence[tuple[str, str]],
    sizes: Sequence[tuple[tuple[int, int], tuple[int, int] | None]],
    threads: Sequence[int],
    *,
    fps: float,
    pictures: Sequence[Path] = (),
    rounds: int = 1,
    runs: int = 20,
    progress: Callable[[str], None] = lambda _: None,
) -> Tuning:
    """Find the setup that holds a rate with the best quality.

    Of setups as good as each other, the one with the fewest threads is taken, then the fastest. An
    engine and device that failed once is not tried again.

    Args:
        model: a name or a path.
        places: engines and devices, the reference first.
        sizes: as `input_sizes` gives them.
        threads: numbers of threads for devices that are processors.
        fps: frames a second that are to be held.
        pictures: files to try it on; none: the specimen.
        rounds: how often each is run.
        runs: timed ones a round.
        progress: called with what is being run.
    """
    limit = budget(fps)
    reference: Result | None = None
    candidates: list[Candidate] = []
    able, left = list(places), list(sizes)
    while left and not any(c.holds and c.found and c.found.same for c in candidates):
        size, asked = left.pop(0)
        for turn, count in enumerate(threads):
            setups = [
                Setup(
                    model=model,
                    engine=engine,
                    device=device,
                    threads=count if _is_processor(device) else None,
                    input_size=asked,
                )
                for engine, device in able
                if not turn or _is_processor(device)
            ]
            say = partial(_say, progress, f"{size[0]}x{size[1]}, {count} threads")
            results = measure(setups, pictures, rounds=rounds, runs=runs, progress=say)
            reference = reference or next((result for result in results if result.rounds), None)
            candidates += [_judged(result, size, reference, limit) for result in results]
            failed = {(r.setup.engine, r.setup.device) for r in results if r.problem}
            able = [place for place in able if place not in failed]
    ran = [candidate for candidate in candidates if candidate.found is not None]
    return Tuning(
        limit,
        tuple(candidates),
        tuple(size for size, _ in left),
        best(candidates),
        min(ran, key=lambda candidate: candidate.result.p95, default=None),
    )


def best(candidates: Iterable[Candidate]) -> Candidate | None:
    """The one to take of those that hold the rate; None where none does."""
    holding = [candidate for candidate in candidates if candidate.holds]
    most = max((candidate.quality for candidate in holding), default=0.0)
    good = [candidate for candidate in holding if candidate.quality >= most - TIE]
    return min(
        good, key=lambda c: (c.result.setup.threads or 0, c.result.p95, -c.quality), default=None
    )


def _is_processor(device: str) -> bool:
    """Whether threads matter to a device."""
    return device.startswith(EXACT)


def _say(progress: Callable[[str], None], what: str, text: str) -> None:
    progress(f"{what}: {text}")


def _judged(
    result: Result, size: tuple[int, int], reference: Result | None, limit: float
) -> Candidate:
    if reference is None or not result.rounds:
        return Candidate(result, size, None, holds=False)
    return Candidate(result, size, agreement(reference, result), holds=result.p95 <= limit)


def _fitted(model: Model, size: tuple[int, int] | None, image: Image) -> tuple[int, int]:
    """What a model's family makes of a size."""
    return load_family(model, size).prepare(image)[1].input_size
