"""One run, put together from its options and carried out."""

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from livesegment.cli import build, recording
from livesegment.cli.facts import compute, limits
from livesegment.cli.options import RunOptions
from livesegment.cli.parts import Parts, parts, weights
from livesegment.cli.status import StatusLine, economy_line, rest_line, stage_table
from livesegment.cli.values import duration
from livesegment.errors import LiveSegmentError
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Masks
from livesegment.pipeline.pipeline import Pipeline
from livesegment.pipeline.presenter import Presenter
from livesegment.sinks.base import Ending, Sink
from livesegment.sinks.jsonl import JsonLines
from livesegment.sinks.session import SessionSink
from livesegment.sinks.window import Window

log = logging.getLogger(__name__)

SESSIONS = Path("sessions")
"""Where the r and s keys put things."""


class LiveRun:
    """Everything that one `livesegment run` is made of."""

    def __init__(
        self, options: RunOptions, console: Console, *, quiet: bool, given: Parts | None = None
    ) -> None:
        """Make every part; what cannot be made ends the run before a file was touched.

        Args:
            options: what is asked for.
            console: where it is said how things are.
            quiet: whether it is not.
            given: parts that are there already, whatever the options say of them.

        Raises:
            LiveSegmentError: a part cannot be made.
        """
        self._console = console
        self._quiet = quiet
        self._options = options
        self.meter = Meter()
        interval = duration(options.stats_interval, "--stats-interval")
        look = build.look(options)
        windowed = build.windowed(options, console, quiet=quiet)
        self._hooks = recording.hooks(options)
        self._parts = given = given or parts(options, console, quiet=quiet)
        settings = recording.settings(options, live=given.source.is_live)
        self._segmenter, self._masks = given.segmenter, given.masks
        # Asked for once, before the segment thread owns the network: two threads in one crash it.
        self._runs_on = self._segmenter.describe()
        self._weights: list[dict[str, str]] | None = None
        self._source_name, self._live = given.source.name, given.source.is_live
        self._controls = Controls(self._segmenter, look)
        self._session = SessionSink(
            SESSIONS if options.record is None else Path(options.record),
            given.source.name,
            live=given.source.is_live,
            facts=self._facts,
            settings=settings,
            events=recording.watch(
                options,
                self._segmenter.labels,
                self._hooks,
                live=given.source.is_live,
                spent=self.meter.spent,
            ),
            goes_on=windowed or options.record is None,
            said=self._say,
            spent=self.meter.spent,
        )
        sinks: list[Sink] = [self._session, *given.sinks]
        if windowed:
            sinks.append(self._window(given.source.name))
        sinks.append(StatusLine(console, self.status, interval=interval, quiet=quiet))
        if options.jsonl is not None:
            sinks.append(JsonLines(options.jsonl))
        self._carriers = {given.masks: build.carrier(options, given.masks)}
        self._presenter = Presenter(
            self._carriers[given.masks],
            self._controls,
            sinks,
            self.meter,
            labels=self._segmenter.labels,
            statistics=self._statistics,
        )
        self.pipeline = Pipeline(
            given.source,
            self._segmenter,
            self._presenter,
            self.meter,
            masks=given.masks,
            limits=given.limits,
            pace=given.pace,
            at_once=given.at_once,
        )
        self._controls.actions |= {
            "r": self._toggle_recording,
            "s": lambda: self._snapshot(overlay=True),
            "p": lambda: self._snapshot(overlay=False),
            "S": lambda: self._snapshot(overlay=False),  # Qt on Linux reports it as s
            "c": self._cycle_masks,
        }
        if options.record is not None:
            self._begin_recording()

    def go(self) -> Ending:
        """Run to the end, and say what was done.

        Raises:
            LiveSegmentError: something failed on the way.
        """
        if not self._quiet:
            how = [self._runs_on]
            if self._parts.model is not None:
                how = [self._options.model, self._runs_on, f"masks {self._masks}"]
            if self._options.roi:
                how.append(f"segmented within {self._options.roi}")
            self._console.print(
                f"{self._source_name}: {', '.join(how)}",
                highlight=False,
                soft_wrap=True,
            )
        try:
            ending = self.pipeline.run()
        finally:
            self._hooks.close()
            if not self._quiet and self.meter.count("shown"):
                self._summarise()
        if self._session.failure is not None and self._options.record is not None:
            raise self._session.failure
        return ending

    def interrupt(self, *, terminated: bool) -> None:
        """From a signal handler: end in good order."""
        self.pipeline.stop(Ending.TERMINATED if terminated else Ending.INTERRUPTED)

    def status(self) -> str:
        """The run in one line."""
        now, meter = time.monotonic(), self.meter
        parts = [
            f"capture {meter.fps('capture', now):.1f}",
            f"segment {meter.fps('segment', now):.1f}",
            f"shown {meter.fps('shown', now):.1f} fps",
            f"frame {meter.count('shown')}",
            f"dropped {self.pipeline.dropped}",
        ]
        economy = self.pipeline.economy
        if economy.skipped:
            parts.append(f"skipped {economy.skipped}")
        if self._rests:
            parts.append(f"network idle {economy.idle:.0%}")
        if self._options.roi:
            parts.append(f"roi {self._options.roi}")
        if self._live:
            parts.append(f"staleness {1000 * meter.staleness:.0f} ms")
        parts.append(self._runs_on)
        if self._session.recording:
            parts.append("REC")
        elif self._session.failure is not None:
            parts.append("recording failed")
        if self._controls.paused:
            parts.append("paused")
        return "  ".join(parts)

    def _statistics(self) -> list[str]:
        """The run as lines for the window."""
        now, meter, last = time.monotonic(), self.meter, self._presenter.last
        lines = [
            f"capture\t{meter.fps('capture', now):.1f} fps",
            f"segment\t{meter.fps('segment', now):.1f} fps",
            f"shown\t{meter.fps('shown', now):.1f} fps, {self.pipeline.dropped} dropped",
            f"staleness\t{1000 * meter.staleness:.0f} ms",
            self._runs_on,
        ]
        if last is not None and last.mask_age is not None:
            lines.insert(4, f"mask age\t{1000 * last.mask_age:.0f} ms")
        if self._rests:
            lines.append(f"network\t{rest_line(self.pipeline.economy)}")
        if self._options.roi:
            lines.append(f"segmented\twithin {self._options.roi}")
        if self._session.recording:
            lines.append("recording")
        return lines

    def _summarise(self) -> None:
        meter = self.meter
        seconds = meter.seconds("shown")
        shown, captured = meter.count("shown"), meter.count("capture")
        economy = self.pipeline.economy
        skipped = f"{economy.skipped} skipped, " if economy.skipped else ""
        self._console.print(stage_table(meter))
        self._console.print(
            f"{shown} of {captured} frames shown in {seconds:.1f} s "
            f"({(shown - 1) / max(seconds, 1e-9):.1f} fps), {skipped}"
            f"{self.pipeline.dropped} dropped",
            highlight=False,
            soft_wrap=True,
        )
        if self._parts.model is not None:
            self._console.print(economy_line(economy), highlight=False, soft_wrap=True)
        if self._session.dropped:
            self._console.print(
                f"the recording misses {self._session.dropped} pictures: the encoder was too slow",
                highlight=False,
            )
        for text in self._session.problems:
            self._console.print(text, highlight=False, soft_wrap=True)
        for path in self._session.finished:
            self._console.print(f"recorded {path}", highlight=False, soft_wrap=True)

    def _facts(self) -> Mapping[str, Any]:
        """What the manifest says of this run."""
        thresholds = self._segmenter.thresholds
        if self._weights is None:
            self._weights = weights(self._parts.model)
        return {
            "weights": self._weights,
            "labels": list(self._segmenter.labels),
            "runs_on": self._runs_on,
            "masks": str(self._masks),
            "thresholds": limits(thresholds, self._options.classes),
            "captured": self.meter.count("capture"),
            "dropped": self.pipeline.dropped,
            "compute": compute(self._options, self.pipeline.economy),
            **self._parts.facts,
        }

    @property
    def _rests(self) -> bool:
        """Whether the network was asked to rest now and then."""
        return bool(self._options.idle) or self._options.segment_rate is not None

    def _window(self, source: str) -> Window:
        window = Window(f"livesegment - {source}", self._controls.press)
        self._controls.actions["f"] = window.full_screen
        return window

    def _begin_recording(self) -> None:
        """Start the session last: all else is known to be there, and nothing empty is left."""
        try:
            self._session.start()
        except LiveSegmentError:
            self._presenter.close(Ending.FAILED)
            raise

    def _say(self, text: str) -> None:
        """Put a few words on the screen."""
        self._controls.message = text

    def _cycle_masks(self) -> None:
        if not self._parts.can_cycle:
            self._controls.message = "masks as they are"
            return
        if self._masks is Masks.EXACT:
            self._controls.message = "masks exact: --realtime plays a film with carried masks"
            return
        carried = self._masks is Masks.CARRIED
        self._masks = Masks.HELD if carried else Masks.CARRIED
        # Each is kept: the one that hands out numbers must never hand one out again.
        if self._masks not in self._carriers:
            self._carriers[self._masks] = build.carrier(self._options, self._masks)
        self._presenter.carrier = self._carriers[self._masks]
        self._controls.message = f"masks {self._masks}"

    def _toggle_recording(self) -> None:
        try:
            self._session.toggle()
        except LiveSegmentError as error:
            # The key was pressed in the middle of a run that goes on very well without.
            log.warning("%s", error)
            self._controls.message = "recording failed"
            return
        recording = self._session.recording
        self._controls.message = "recording" if recording else "recording ended"

    def _snapshot(self, *, overlay: bool) -> None:
        view = self._presenter.last
        if view is None:
            return
        image = view.picture if overlay else view.frame.image
        try:
            path = self._session.snapshot(image, view.frame.index)
        except LiveSegmentError as error:
            log.warning("%s", error)
            self._controls.message = "snapshot failed"
            return
        self._controls.message = f"saved {path.name}"
