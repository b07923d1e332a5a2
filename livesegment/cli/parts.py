"""The parts of a run that depend on what is seen, and by what: source, segmenter, their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from livesegment.cli import build
from livesegment.cli.console import PlainConsole
from livesegment.cli.options import RunOptions
from livesegment.cli.sources import all_sources, max_age
from livesegment.pipeline.mode import Limits, Masks
from livesegment.pipeline.pace import Pace
from livesegment.segmenters.base import Segmenter
from livesegment.segmenters.shared import SharedSegmenter
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
    max_age: float | None = None
    """Seconds; frames captured longer ago are left out."""
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


@dataclass(frozen=True, slots=True)
class Factory:
    """Makes the parts of one source after the other, all of them with the same model."""

    options: RunOptions
    model: Model
    console: PlainConsole
    quiet: bool
    alone: bool
    """Whether there is just one source, which then may have the network for itself."""
    loaded: "list[build.Loaded]" = field(default_factory=list)
    """The network that all of them share."""

    def parts(self, source: Source) -> Parts:
        """What a source needs; the first one loads the network.

        Raises:
            LiveSegmentError: a part cannot be made.
        """
        options = self.options
        masks = build.masks(options, source.is_live)
        pace = build.pace(options, masks, self.model)
        # A film's frames may be segmented side by side, if each is: none waits for another then.
        film = self.alone and not source.is_live and not options.idle
        loaded = self._segmenter(AT_ONCE if film else 1)
        return Parts(
            source=source,
            segmenter=self._own(loaded.segmenter),
            masks=masks,
            limits=build.limits(options),
            pace=pace,
            at_once=loaded.at_once,
            max_age=max_age(options),
            model=self.model,
            facts={"model": options.model, "engine": loaded.engine, "device": loaded.device},
        )

    def _own(self, segmenter: Segmenter) -> Segmenter:
        """A source's own view of the network: its thresholds are its own."""
        return segmenter if self.alone or self._learns else SharedSegmenter(segmenter)

    @property
    def _learns(self) -> bool:
        """Background subtraction learns what one camera sees; a network knows no camera."""
        return self.model.spec.family == "motion"

    def _segmenter(self, at_once: int) -> "build.Loaded":
        if self.loaded and not self._learns:
            return self.loaded[0]
        made = build.segmenter(
            self.options,
            self.model,
            self.console,
            quiet=self.quiet or bool(self.loaded),
            at_once=at_once,
        )
        self.loaded.append(made)
        return made


def all_parts(
    options: RunOptions, console: PlainConsole, *, quiet: bool
) -> tuple[Factory, list[Parts]]:
    """What the options name: the parts of each source, and what makes those of more.

    Raises:
        LiveSegmentError: a part cannot be made.
    """
    build.check(options)
    model = find_model(options.model)
    build.remark(options, model)
    sources = all_sources(options)
    factory = Factory(options, model, console, quiet, alone=len(sources) == 1)
    return factory, [factory.parts(source) for source in sources]


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
