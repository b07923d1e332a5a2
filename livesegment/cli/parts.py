"""The parts of a run that depend on what is seen, and by what: source, segmenter, their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from livesegment.cli import build
from livesegment.cli.options import RunOptions
from livesegment.pipeline.mode import Limits, Masks
from livesegment.pipeline.pace import Pace
from livesegment.segmenters.base import Segmenter
from livesegment.sinks.base import Sink
from livesegment.sources.base import Source
from livesegment.store import Model, digest, find_model

AT_ONCE = 2
"""Frames of a film that are segmented side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a run is made of, besides its options."""

    source: Source
    segmenter: Segmenter
    """Loaded, and told which classes are wanted."""
    masks: Masks = Masks.EXACT
    limits: Limits = field(default_factory=Limits)
    pace: Pace = field(default_factory=Pace)
    at_once: int = 1
    """Frames that are segmented side by side."""
    model: Model | None = None
    """What finds the objects; None where they were found before."""
    sinks: Sequence[Sink] = ()
    """Besides those that the options ask for."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """For the manifest, over what the run says of itself."""

    @property
    def can_cycle(self) -> bool:
        """Whether masks may be carried or held instead."""
        return self.model is not None


def parts(options: RunOptions, console: Console, *, quiet: bool) -> Parts:
    """What the options name.

    Raises:
        LiveSegmentError: a part cannot be made.
    """
    limits = build.limits(options)
    model = find_model(options.model)
    source = build.source(options)
    masks = build.masks(options, source.is_live)
    pace = build.pace(options, masks, model)
    # A film's frames may be segmented side by side, if each is: none waits for another then.
    at_once = 1 if source.is_live or options.idle else AT_ONCE
    loaded = build.segmenter(options, model, console, quiet=quiet, at_once=at_once)
    return Parts(
        source=source,
        segmenter=loaded.segmenter,
        masks=masks,
        limits=limits,
        pace=pace,
        at_once=loaded.at_once,
        model=model,
        facts={"model": options.model, "engine": loaded.engine, "device": loaded.device},
    )


def weights(model: Model | None) -> list[dict[str, str]]:
    """The files of a model, each with its sum; for the manifest.

    Raises:
        ModelError: a file cannot be read.
    """
    if model is None:
        return []
    return [
        {"file": file.name, "sha256": digest(model.paths[file.role], "sha256", text=file.is_text)}
        for file in model.spec.files
    ]
