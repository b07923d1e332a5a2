"""Which engine and device run a model: the fastest here that finds what the reference finds.

What can be had is tried, each in a process of its own, on a drawn picture; one that finds other
objects is out, however fast. The verdict is remembered for these files, these versions and this
processor. What was asked for by name is taken or refused, never replaced.
"""

import hashlib
import json
import logging
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from livesegment.engines.base import EngineFactory
from livesegment.engines.registry import (
    REFERENCE,
    check_device,
    engine_factory,
    installed_engines,
)
from livesegment.errors import EngineError, LiveSegmentError
from livesegment.families.registry import load_family
from livesegment.segmenters.agreement import compare
from livesegment.segmenters.trial import TIMEOUT, Setup, Trial, attempt
from livesegment.store import Model, data_folder, digest

log = logging.getLogger(__name__)

AUTO = "auto"
VERSION = 2
"""Of the verdicts: raised when engines or families change what they do."""
WITHOUT_RIVALS = frozenset({"motion", "builtin"})
"""Families that run on OpenCV anyway: nothing to gain that would pay for a comparison."""
LEAST_PATIENCE, PATIENCE = 10.0, 5.0
"""Seconds that a rival may take, and that many times what the reference took: one that is still
compiling then is not for now."""
EXACT = "cpu"
"""The device of a reference: other engines on it compute in float32 as the reference does."""


@dataclass(frozen=True, slots=True)
class Rival:
    """One engine and device, and how it did."""

    engine: str
    device: str
    seconds: float | None = None
    """Of the median run; None where it failed."""
    objects: int = 0
    """Of the reference's, how many it found."""
    problem: str = ""
    """Why it is out; empty where it is not."""

    def __str__(self) -> str:
        return f"{self.engine} on {self.device}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a model is to run on."""

    engine: str
    device: str
    why: str = ""
    """One line; empty where nothing was chosen."""
    rivals: tuple[Rival, ...] = ()
    """What was compared, the reference first."""


def choose(
    model: Model,
    *,
    engine: str = AUTO,
    device: str = AUTO,
    threads: int | None = None,
    input_size: tuple[int, int] | None = None,
    lossy_proposals: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Choice:
    """Find what to run a model on; a model of the user's is run once in a child at least.

    Args:
        model: what to run.
        engine: a name, or "auto".
        device: a name, or "auto".
        threads: as for the run.
        input_size: as for the run, (width, height).
        lossy_proposals: as for the run.
        progress: called with what is being tried.

    Raises:
        EngineError: what was asked for cannot be had, or nothing runs the model.
        ModelError: the model cannot be read, or crashed the process that tried.
    """
    if model.spec.family in WITHOUT_RIVALS and engine in {AUTO, REFERENCE}:
        if device not in {AUTO, EXACT}:
            check_device(engine_factory(REFERENCE), REFERENCE, device)
        return Choice(REFERENCE, EXACT if device == AUTO else device)
    wanted = _wanted(engine, device)
    if len(wanted) == 1 and model.trusted:
        return Choice(*wanted[0])
    setups = _setups(model, wanted, threads, input_size, lossy_proposals)
    verdict = _verdict_file(model, setups)
    if (known := _read(verdict)) is not None:
        return known
    load_family(model, input_size)  # what is wrong with the files themselves is wrong for all
    choice = _compare(setups, set(wanted), progress)
    _write(verdict, choice)
    return choice


def remembered(
    model: Model, *, threads: int | None = None, input_size: tuple[int, int] | None = None
) -> Choice | None:
    """What "auto" takes without another comparison; None where it would make one.

    Args:
        model: what to run.
        threads: as for the run.
        input_size: as for the run, (width, height).
    """
    if model.spec.family in WITHOUT_RIVALS:
        return Choice(REFERENCE, EXACT)
    wanted = _wanted(AUTO, AUTO)
    if len(wanted) == 1 and model.trusted:
        return Choice(*wanted[0])
    return _read(_verdict_file(model, _setups(model, wanted, threads, input_size)))


def fastest(rivals: Iterable[Rival]) -> Rival | None:
    """The quickest of those that agree with the reference, or None where none does."""
    able = [(r.seconds, r) for r in rivals if r.seconds is not None and not r.problem]
    return min(able, key=lambda pair: pair[0])[1] if able else None


def _wanted(engine: str, device: str) -> list[tuple[str, str]]:
    """The engines and devices that may be chosen.

    Raises:
        EngineError: there is none; says what is in the way of each.
    """
    factories: Mapping[str, EngineFactory]
    factories = installed_engines() if engine == AUTO else {engine: engine_factory(engine)}
    if AUTO not in {engine, device}:
        check_device(factories[engine], engine, device)
        return [(engine, device)]
    found = [
        (name, place)
        for name, factory in factories.items()
        for place, obstacle in factory.devices().items()
        if obstacle is None and device in {AUTO, place}
    ]
    if found:
        return found
    reasons = [
        f"{name}: {obstacle.reason}"
        for name, factory in factories.items()
        if (obstacle := factory.devices().get(device)) is not None
    ]
    raise EngineError(
        f"--device {device}: no installed engine can run on it"
        + (f" ({'; '.join(reasons)})" if reasons else ""),
        hint="`livesegment doctor` says what is missing; --device cpu always works",
    )


def _setups(
    model: Model,
    wanted: Sequence[tuple[str, str]],
    threads: int | None,
    input_size: tuple[int, int] | None,
    lossy_proposals: int | None = None,
) -> list[Setup]:
    """What is compared, the reference first."""
    return [
        Setup(
            model=model.asked_for,
            engine=name,
            device=place,
            threads=threads,
            input_size=input_size,
            lossy_proposals=lossy_proposals,
        )
        for name, place in _with_reference(wanted)
    ]


def _with_reference(wanted: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What to try: exact ones first, so that the first to succeed is the reference."""
    if len(wanted) == 1:
        return list(wanted)
    exact = [(name, EXACT) for name in installed_engines()]
    return list(dict.fromkeys([*exact, *wanted]))


def _compare(
    setups: Sequence[Setup], wanted: set[tuple[str, str]], progress: Callable[[str], None]
) -> Choice:
    """Try all of them, and take the fastest of those wanted that agrees with the first to run."""
    reference: Trial | None = None
    rivals: list[Rival] = []
    patience = TIMEOUT
    failure: LiveSegmentError | None = None
    for number, setup in enumerate(setups, 1):
        progress(f"trying {setup} ({number} of {len(setups)})")
        started = time.monotonic()
        try:
            trial = attempt(setup, timeout=patience)
        except LiveSegmentError as error:
            failure = failure or error
            rivals.append(Rival(setup.engine, setup.device, problem=str(error)))
            continue
        if reference is None:
            reference = trial
            patience = min(TIMEOUT, LEAST_PATIENCE + PATIENCE * (time.monotonic() - started))
        agreement = compare(reference.instances[0], trial.instances[0])
        problem = "" if agreement.same else f"finds other objects than {reference.setup}"
        rivals.append(Rival(setup.engine, setup.device, trial.typical, agreement.found, problem))
    for rival in rivals:
        log.info("%s: %s", rival, rival.problem or _milliseconds(rival))
    best = fastest([rival for rival in rivals if (rival.engine, rival.device) in wanted])
    if best is None:
        if failure is not None:
            raise failure
        raise EngineError(
            f"{setups[-1].engine} on {setups[-1].device} finds other objects than the reference",
            hint="`livesegment bench engines` shows by how much; --device cpu is exact",
        )
    return Choice(best.engine, best.device, _why(best, rivals), tuple(rivals))


def _why(best: Rival, rivals: Sequence[Rival]) -> str:
    """What speaks for the choice, with figures."""
    if len(rivals) == 1:
        return ""
    first = next(rival for rival in rivals if not rival.problem)
    if first is best:
        return f"{best}: the fastest here, {_milliseconds(best)} a picture"
    return (
        f"{best}: the fastest here that finds the same {first.objects} objects as {first}, "
        f"{_milliseconds(best)} a picture instead of {_milliseconds(first)}"
    )


def _milliseconds(rival: Rival) -> str:
    return f"{1000 * (rival.seconds or 0):.0f} ms"


def _verdict_file(model: Model, setups: Sequence[Setup]) -> Path:
    """Where the verdict on these files, versions, devices and this processor is kept."""
    facts: dict[str, Any] = {
        "version": VERSION,
        "family": model.spec.family,
        "input_size": model.spec.input_size,
        "files": {role: digest(path, "sha256") for role, path in sorted(model.paths.items())},
        "engines": {s.engine: engine_factory(s.engine).version() for s in setups},
        "setups": [{**asdict(setup), "model": ""} for setup in setups],
        "processor": _processor(),
    }
    key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return data_folder() / "verdicts" / f"{key[:32]}.json"


def _processor() -> str:
    """The processor as far as the system names it."""
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _read(verdict: Path) -> Choice | None:
    try:
        told = json.loads(verdict.read_text("utf-8"))
        rivals = tuple(Rival(**rival) for rival in told["rivals"])
        return Choice(told["engine"], told["device"], told["why"], rivals)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not there, or of another version: it is found again


def _write(verdict: Path, choice: Choice) -> None:
    try:
        verdict.parent.mkdir(parents=True, exist_ok=True)
        part = verdict.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(asdict(choice), indent=2), "utf-8")
        part.replace(verdict)
    except OSError:
        return  # a home that cannot be written costs a comparison each time, nothing more
