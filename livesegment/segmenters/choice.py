"""Which engine and device run a model: the fastest here that finds what the reference finds.

What can be had is tried, each in a process of its own, on a drawn picture; one that finds other
objects is out, however fast. Where the reference finds nothing, nothing is known of the others.
The verdict is remembered for these files, these versions and this processor, for a while.
What was asked for by name is taken or refused, never replaced.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

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
from livesegment.segmenters.trial import (
    LEAST_SCORE,
    TIMEOUT,
    Setup,
    Trial,
    TrialTimeoutError,
    attempt,
)
from livesegment.segmenters.verdicts import Choice, Rival, verdict
from livesegment.store import Model

log = logging.getLogger(__name__)

AUTO = "auto"
NOTHING = "nothing to compare was found"
"""What is the matter with those that ran where the reference found nothing."""
WITHOUT_RIVALS = frozenset({"motion", "builtin"})
"""Families that run on OpenCV anyway: nothing to gain that would pay for a comparison."""
LEAST_PATIENCE, PATIENCE = 10.0, 5.0
"""Seconds that a rival may take, and that many times what the reference took: one that is still
compiling then is not for now."""
EXACT = "cpu"
"""The device of a reference: other engines on it compute in float32 as the reference does."""


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
    kept = verdict(model, setups)
    if (known := kept.read()) is not None:
        return known
    load_family(model, input_size)  # what is wrong with the files themselves is wrong for all
    choice = _compare(setups, set(wanted), progress)
    kept.write(choice)
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
    return verdict(model, _setups(model, wanted, threads, input_size)).read()


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
            steady = not isinstance(error, TrialTimeoutError)
            rivals.append(Rival(setup.engine, setup.device, problem=str(error), steady=steady))
            continue
        if reference is None:
            reference = trial
            patience = min(TIMEOUT, LEAST_PATIENCE + PATIENCE * (time.monotonic() - started))
        agreement = compare(reference.instances[0], trial.instances[0])
        problem = ""
        if trial is not reference and not agreement.same:
            problem = NOTHING if agreement.empty else f"finds other objects than {reference.setup}"
        rivals.append(
            Rival(
                *(setup.engine, setup.device, trial.typical, agreement.found, problem),
                steady=trial.steady,
            )
        )
    for rival in rivals:
        log.info("%s: %s", rival, rival.problem or _milliseconds(rival))
    among = [rival for rival in rivals if (rival.engine, rival.device) in wanted]
    best = fastest(among) or _safest(among)
    if best is None:
        if failure is not None:
            raise failure
        raise EngineError(
            f"{setups[-1].engine} on {setups[-1].device} finds other objects than the reference",
            hint="`livesegment bench engines` shows by how much; --device cpu is exact",
        )
    return Choice(best.engine, best.device, _why(best, rivals), tuple(rivals))


def _safest(rivals: Sequence[Rival]) -> Rival | None:
    """Of those that there was nothing to compare by: one that computes exactly, if there is one."""
    unknown = [rival for rival in rivals if rival.problem == NOTHING]
    return min(unknown, key=lambda rival: rival.device != EXACT, default=None)


def _why(best: Rival, rivals: Sequence[Rival]) -> str:
    """What speaks for the choice, with figures."""
    if len(rivals) == 1:
        return ""
    first = next(rival for rival in rivals if not rival.problem)
    if not first.objects:
        return (
            f"{best}: nothing could be compared, as {first} finds nothing in the test picture "
            f"down to a score of {LEAST_SCORE}"
        )
    if first is best:
        return f"{best}: the fastest here, {_milliseconds(best)} a picture"
    return (
        f"{best}: the fastest here that finds the same {first.objects} objects as {first}, "
        f"{_milliseconds(best)} a picture instead of {_milliseconds(first)}"
    )


def _milliseconds(rival: Rival) -> str:
    return f"{1000 * (rival.seconds or 0):.0f} ms"
