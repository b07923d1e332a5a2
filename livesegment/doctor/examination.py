"""All that is looked at, in order."""

import os
from collections.abc import Callable

from livesegment.doctor import (
    cameras,
    display,
    engines,
    environment,
    graphics,
    interpreter,
    models,
    processor,
    recording,
    wheels,
)
from livesegment.doctor.child import Ask, ask
from livesegment.doctor.finding import Finding, Topic


def examine(
    default_model: str, about_to: Callable[[Topic], object] = lambda _: None, ask: Ask = ask
) -> list[Finding]:
    """Look at everything; it takes some seconds.

    Args:
        default_model: that a run takes where none is named.
        about_to: called with each topic before it is looked at.
        ask: how what may crash is asked.
    """
    nvidia = graphics.nvidia_gpu()
    topics: dict[Topic, Callable[[], list[Finding]]] = {
        Topic.PYTHON: interpreter.findings,
        Topic.WHEELS: lambda: wheels.findings(ask),
        Topic.ENVIRONMENT: lambda: environment.findings(os.environ),
        Topic.PROCESSOR: processor.findings,
        Topic.GRAPHICS: lambda: graphics.findings(ask, nvidia),
        Topic.ENGINES: lambda: engines.findings(ask, nvidia),
        Topic.DISPLAY: lambda: display.findings(ask),
        Topic.RECORDING: lambda: recording.findings(ask),
        Topic.CAMERAS: lambda: cameras.findings(ask),
        Topic.MODELS: lambda: models.findings(default_model),
    }
    found: list[Finding] = []
    for topic, look in topics.items():
        about_to(topic)
        found += look()
    return found
