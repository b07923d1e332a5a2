"""One thing looked at, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from livesegment.errors import ExitCode


class Verdict(StrEnum):
    """What a finding means for a user."""

    OK = "ok"
    WARN = "warn"
    """It works without, but something is missing, slower or other than usual."""
    FAIL = "fail"
    """What ought to work does not, or what works is damaged."""


class Topic(StrEnum):
    """What a finding is about, in the order of looking."""

    PYTHON = "python"
    WHEELS = "wheels"
    ENVIRONMENT = "environment"
    PROCESSOR = "processor"
    GRAPHICS = "graphics"
    ENGINES = "engines"
    DISPLAY = "display"
    RECORDING = "recording"
    CAMERAS = "cameras"
    MODELS = "models"


EXIT_CODES = {
    Topic.DISPLAY: ExitCode.SINK,
    Topic.RECORDING: ExitCode.SINK,
    Topic.CAMERAS: ExitCode.SOURCE,
    Topic.MODELS: ExitCode.MODEL,
}
"""Topic -> exit status of a failure in it: that which a run would end with; else `ENGINE`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A row of `livesegment doctor`."""

    topic: Topic
    name: str
    verdict: Verdict
    says: str
    """What was found, in half a sentence."""
    hint: str = ""
    """What to type or do, where something is not as it should be."""


def ok(topic: Topic, name: str, says: str) -> Finding:
    """It works."""
    return Finding(topic, name, Verdict.OK, says)


def warn(topic: Topic, name: str, says: str, hint: str) -> Finding:
    """It works without."""
    return Finding(topic, name, Verdict.WARN, says, hint)


def fail(topic: Topic, name: str, says: str, hint: str) -> Finding:
    """It does not work."""
    return Finding(topic, name, Verdict.FAIL, says, hint)


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """0 where nothing fails, else the status that fits the first failure."""
    first = next((row for row in findings if row.verdict is Verdict.FAIL), None)
    return ExitCode.OK if first is None else EXIT_CODES.get(first.topic, ExitCode.ENGINE)
