"""One source on its way to the sinks: what of a run belongs to it alone."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from livesegment.carrying.crowd import Crowd
from livesegment.cli import build, facts, recording
from livesegment.cli.health_lines import HealthLines
from livesegment.cli.options import RunOptions
from livesegment.cli.parts import Parts, weights
from livesegment.cli.status import rest_line
from livesegment.compositing.look import Look
from livesegment.errors import LiveSegmentError
from livesegment.events.hooks import Hooks
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Masks
from livesegment.pipeline.notice import Notice, notice, phrase
from livesegment.pipeline.pipeline import Pipeline
from livesegment.pipeline.presenter import Presenter
from livesegment.sinks.base import Ending, Sink
from livesegment.sinks.queued_lines import QueuedLines, SourceLines
from livesegment.sinks.session import SessionSink
from livesegment.threads.fair import Party

log = logging.getLogger(__name__)

SESSIONS = Path("sessions")
"""Where the r and s keys put things."""


class Channel:
    """A source with its pipeline, its controls, its recording and its figures.

    It is a run of its own: it ends, and fails, without the channels beside it.
    """

    def __init__(
        self,
        options: RunOptions,
        given: Parts,
        *,
        look: Look,
        hooks: Hooks,
        watched: bool,
        runs_on: str,
        sinks: "Callable[[Channel], Sequence[Sink]]",
        turn: Party | None = None,
        crowd: Crowd | None = None,
        lines: QueuedLines | None = None,
    ) -> None:
        """Put it together; nothing is opened yet, and nothing is written.

        Args:
            options: of the run.
            given: its parts.
            look: how the picture is to look.
            hooks: who is told of events.
            watched: whether someone sees the picture, who keeps it when a recording fails.
            runs_on: what the network runs on, in words.
            sinks: makes those that take its views besides the recording.
            turn: at the network, where other channels share it.
            crowd: whose masks are carried side by side with this one's.
            lines: take what is found, as JSON; they end with this channel where it is alone.

        Raises:
            LiveSegmentError: an option asks for something impossible.
        """
        self.meter = Meter()
        self.name = given.source.name
        self.parts = given
        self.masks = given.masks
        self.runs_on = runs_on
        self._options = options
        self._segmenter, self._live = given.segmenter, given.source.is_live
        self._weights: list[dict[str, str]] | None = None
        self.controls = Controls(self._segmenter, look)
        self.session = SessionSink(
            SESSIONS if options.record is None else Path(options.record),
            self.name,
            live=self._live,
            facts=self._facts,
            settings=recording.settings(options, live=self._live),
            events=recording.watch(
                options, self._segmenter.labels, hooks, live=self._live, spent=self.meter.spent
            ),
            goes_on=watched or options.record is None,
            said=self._say,
            spent=self.meter.spent,
        )
        self._crowd = crowd
        self._lines = lines
        self._carriers = {given.masks: build.carrier(options, given.masks, crowd)}
        self.presenter = Presenter(
            self._carriers[given.masks],
            self.controls,
            [*self._line_sinks(alone=turn is None), self.session, *given.sinks, *sinks(self)],
            self.meter,
            labels=self._segmenter.labels,
            statistics=self._statistics,
            notice=self._notice,
        )
        self.pipeline = Pipeline(
            given.source,
            self._segmenter,
            self.presenter,
            self.meter,
            masks=given.masks,
            limits=given.limits,
            pace=given.pace,
            at_once=given.at_once,
            turn=turn,
            max_age=given.max_age,
        )
        self.controls.settings["masks"] = lambda: str(self.masks)
        self.controls.actions |= {
            "r": self._toggle_recording,
            "s": lambda: self._snapshot(overlay=True),
            "p": lambda: self._snapshot(overlay=False),
            "S": lambda: self._snapshot(overlay=False),  # Qt on Linux reports it as s
            "c": self._cycle_masks,
        }

    @property
    def ending(self) -> Ending | None:
        """Why it ended; None while it goes on."""
        return self.pipeline.ending

    def begin_recording(self) -> None:
        """Start a session, where one is asked for.

        To be called last: all else is known to be there then, and nothing empty is left.

        Raises:
            SinkError: it cannot be started.
        """
        if self._options.record is None:
            return
        try:
            self.session.start()
        except LiveSegmentError:
            self.presenter.close(Ending.FAILED)
            raise

    def run(self) -> Ending:
        """Run to the end.

        Raises:
            LiveSegmentError: something failed on the way.
        """
        ending = self.pipeline.run()
        if self.session.failure is not None and self._options.record is not None:
            raise self.session.failure
        return ending

    def stop(self, ending: Ending) -> None:
        """From any thread, or a signal handler: end in good order."""
        self.pipeline.stop(ending)

    def goes_on_unwatched(self) -> bool:
        """Whether it is of use without its window, where nobody can end a pause any more."""
        self.controls.paused = False
        return (
            self.ending is not None
            or self.session.recording
            or self._options.jsonl is not None
            or bool(self.parts.sinks)
        )

    def status(self) -> str:
        """How it goes, in one line."""
        now, meter, health = time.monotonic(), self.meter, self.pipeline.health
        parts = [
            f"capture {meter.fps('capture', now):.1f}",
            f"segment {meter.fps('segment', now):.1f}",
            f"shown {meter.fps('shown', now):.1f} fps",
            f"frame {meter.count('shown')}",
            f"dropped {self.pipeline.dropped}",
        ]
        if health is not None and (said := phrase(health, now)):
            parts.insert(0, said)
        economy = self.pipeline.economy
        if economy.skipped:
            parts.append(f"skipped {economy.skipped}")
        if self.pipeline.too_old:
            parts.append(f"too old {self.pipeline.too_old}")
        if self._rests:
            parts.append(f"network idle {economy.idle:.0%}")
        if self._options.roi:
            parts.append(f"roi {self._options.roi}")
        if self._live:
            parts.append(f"staleness {1000 * meter.staleness:.0f} ms")
        parts.append(self.runs_on)
        if self.session.recording:
            parts.append("REC")
        elif self.session.failure is not None:
            parts.append("recording failed")
        if self.controls.paused:
            parts.append("paused")
        return "  ".join(parts)

    @property
    def lines_lost(self) -> int:
        """JSON lines that nobody got, of all sources that share them."""
        return 0 if self._lines is None else self._lines.lost

    def _line_sinks(self, *, alone: bool) -> list[Sink]:
        """What makes JSON lines of it; before the session, which says how many were lost."""
        if self._lines is None:
            return []
        name = None if alone else self.name
        return [
            SourceLines(self._lines, name, live=self._live, ended=lambda: self.ending is not None),
            HealthLines(self._lines, lambda: self.pipeline.supervised, name),
        ]

    def _statistics(self) -> list[str]:
        """The same as lines for the window."""
        now, meter, last = time.monotonic(), self.meter, self.presenter.last
        lines = [
            f"capture\t{meter.fps('capture', now):.1f} fps",
            f"segment\t{meter.fps('segment', now):.1f} fps",
            f"shown\t{meter.fps('shown', now):.1f} fps, {self.pipeline.dropped} dropped",
            f"staleness\t{1000 * meter.staleness:.0f} ms",
            self.runs_on,
        ]
        if last is not None and last.mask_age is not None:
            lines.insert(4, f"mask age\t{1000 * last.mask_age:.0f} ms")
        supervised = self.pipeline.supervised
        if supervised is not None:
            lines.append(f"source\t{supervised.health.state}, {facts.connections(supervised)}")
        if self._rests:
            lines.append(f"network\t{rest_line(self.pipeline.economy)}")
        if self._options.roi:
            lines.append(f"segmented\twithin {self._options.roi}")
        if self.session.recording:
            lines.append("recording")
        return lines

    def _notice(self) -> Notice | None:
        health = self.pipeline.health
        return None if health is None else notice(health, time.monotonic(), time.time())

    def _facts(self) -> Mapping[str, Any]:
        """What the manifest says of it."""
        if self._weights is None:
            self._weights = weights(self.parts.model)
        return {
            "weights": self._weights,
            "labels": list(self._segmenter.labels),
            "runs_on": self.runs_on,
            "masks": str(self.masks),
            "adjustments": list(self.controls.adjustments),
            "thresholds": facts.limits(self._segmenter.thresholds, self._options.classes),
            "captured": self.meter.count("capture"),
            "dropped": self.pipeline.dropped,
            "too_old": self.pipeline.too_old,
            **({} if self._lines is None else {"lines_lost": self.lines_lost}),
            **facts.health(self.pipeline.supervised),
            "compute": facts.compute(self._options, self.pipeline.economy),
            **self.parts.facts,
        }

    @property
    def _rests(self) -> bool:
        """Whether the network was asked to rest now and then."""
        return bool(self._options.idle) or self._options.segment_rate is not None

    def _say(self, text: str) -> None:
        """Put a few words on the screen."""
        self.controls.message = text

    def _cycle_masks(self) -> None:
        if not self.parts.can_cycle:
            self.controls.message = "masks as they are"
            return
        if self.masks is Masks.EXACT:
            self.controls.message = "masks exact: --realtime plays a film with carried masks"
            return
        carried = self.masks is Masks.CARRIED
        self.masks = Masks.HELD if carried else Masks.CARRIED
        # Each is kept: the one that hands out numbers must never hand one out again.
        if self.masks not in self._carriers:
            self._carriers[self.masks] = build.carrier(self._options, self.masks, self._crowd)
        self.presenter.carrier = self._carriers[self.masks]
        self.controls.message = f"masks {self.masks}"

    def _toggle_recording(self) -> None:
        try:
            self.session.toggle()
        except LiveSegmentError as error:
            # The key was pressed in the middle of a run that goes on very well without.
            log.warning("%s", error)
            self.controls.message = "recording failed"
            return
        self.controls.message = "recording" if self.session.recording else "recording ended"

    def _snapshot(self, *, overlay: bool) -> None:
        view = self.presenter.last
        if view is None:
            return
        image = view.picture if overlay else view.frame.image
        try:
            path = self.session.snapshot(image, view.frame.index)
        except LiveSegmentError as error:
            log.warning("%s", error)
            self.controls.message = "snapshot failed"
            return
        self.controls.message = f"saved {path.name}"
