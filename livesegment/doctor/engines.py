"""Engines: which are installed, and each device that they say they have, tried for real."""

import sys
from collections.abc import Iterable
from dataclasses import replace

from livesegment.doctor.child import Ask, Facts, NoAnswerError
from livesegment.doctor.finding import Finding, Topic, Verdict, fail, ok, warn
from livesegment.doctor.graphics import NvidiaGpu
from livesegment.engines.registry import ENGINES, REFERENCE, engine_factory
from livesegment.errors import EngineError
from livesegment.packages import install

SECONDS = 120.0
"""A driver may build its kernels at the first run."""
SLOW_FIRST = 5.0
"""Seconds of a first run that are worth a word."""
EXACT, NEAR = 1e-3, 0.02
"""Shares that a network's answers may be off by: on the CPU, and where halves are computed in."""
ELSEWHERE = {"directml": "win32", "coreml": "darwin"}
"""Devices that one system alone can have; not a word of them on the others."""
CUDA = frozenset({"cuda", "cuda-fp16", "tensorrt"})


def findings(ask: Ask, nvidia: NvidiaGpu | str | None) -> list[Finding]:
    """Rows for every engine and device, and for an NVIDIA GPU that none of them uses."""
    rows: list[Finding] = []
    working: set[str] = set()
    for engine in ENGINES:
        try:
            facts = ask("engines:describe", engine)
        except NoAnswerError as error:
            rows.append(_without(engine, error))
            continue
        devices = {
            device: obstacle
            for device, obstacle in facts["devices"].items()
            if ELSEWHERE.get(device, sys.platform) == sys.platform
        }
        for device in (device for device, obstacle in devices.items() if obstacle is None):
            row = _tried(ask, engine, device)
            if row.verdict is Verdict.FAIL and device in CUDA:
                row = _without_cuda(row, nvidia)
            rows.append(row)
            if row.verdict is Verdict.OK:
                working.add(device)
        rows += _obstacles(engine, devices, has_nvidia=nvidia is not None)
    if isinstance(nvidia, NvidiaGpu) and not working & CUDA:
        says = f"{nvidia.name} is there, and no engine uses it"
        rows.append(warn(Topic.ENGINES, "CUDA", says, nvidia.install))
    return rows


def describe(engine: str) -> Facts:
    """In a child: an engine's version, and its devices with what is in the way of each.

    Raises:
        EngineError: its runtime is not installed.
    """
    factory = engine_factory(engine)
    return {
        "version": factory.version(),
        "devices": {
            device: obstacle and [obstacle.reason, obstacle.hint]
            for device, obstacle in factory.devices().items()
        },
    }


def _without(engine: str, error: NoAnswerError) -> Finding:
    """An engine that is not there, or that crashes when it is loaded."""
    missing = error.kind == EngineError.__name__ and engine != REFERENCE
    kind = warn if missing else fail
    hint = error.hint or install(engine, again=True)
    return kind(Topic.ENGINES, engine, str(error), hint)


def _tried(ask: Ask, engine: str, device: str) -> Finding:
    """One device after one real run."""
    name = f"{engine}, {device}"
    instead = "mend its driver, or use --device cpu"
    if device == "cpu":
        instead = f"{install(engine, again=True)}, or another --engine"
    try:
        facts = ask("forward:run", engine, device, seconds=SECONDS)
    except NoAnswerError as error:
        return fail(Topic.ENGINES, name, f"a small network: {error}", error.hint or instead)
    off = max(facts["off"], facts.get("model_off", 0.0))
    if off > (EXACT if device == "cpu" else NEAR):
        says = f"{facts['engine']} gives wrong answers, off by {off:.2g}"
        return fail(Topic.ENGINES, name, says, instead)
    return ok(Topic.ENGINES, name, _figures(facts, off))


def _without_cuda(row: Finding, nvidia: NvidiaGpu | str | None) -> Finding:
    """A build for NVIDIA GPUs that finds none to run on, or not its libraries."""
    if isinstance(nvidia, NvidiaGpu):
        return replace(row, hint=nvidia.install)
    hint = "it needs an NVIDIA GPU and its driver; use --device cpu"
    return replace(row, hint=hint, verdict=Verdict.WARN if nvidia is None else row.verdict)


def _figures(facts: Facts, off: float) -> str:
    parts = [facts["engine"] + (f" ({facts['detail']})" if facts["detail"] else "")]
    parts.append(f"a small network in {facts['milliseconds']:.2f} ms, off by {off:.0e}")
    if facts["first"] > SLOW_FIRST:
        parts.append(f"its first run took {facts['first']:.0f} s")
    if "model_milliseconds" in facts:
        here, cpu = facts["model_milliseconds"], facts["cpu_milliseconds"]
        parts.append(f"the built-in model in {here:.0f} ms, on the CPU {cpu:.0f} ms")
    return "; ".join(parts)


def _obstacles(
    engine: str, devices: dict[str, list[str] | None], *, has_nvidia: bool
) -> Iterable[Finding]:
    """A row for the devices that one thing is in the way of; without a CPU an engine is none."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for device, obstacle in devices.items():
        if obstacle is not None:
            by_reason.setdefault((obstacle[0], obstacle[1]), []).append(device)
    return [
        (fail if "cpu" in names else warn)(
            Topic.ENGINES,
            f"{engine}, {' and '.join(names)}",
            reason,
            hint if has_nvidia or not CUDA.issuperset(names) else f"with an NVIDIA GPU: {hint}",
        )
        for (reason, hint), names in by_reason.items()
    ]
