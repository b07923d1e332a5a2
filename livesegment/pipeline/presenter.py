"""The display side: masks onto the newest frame, one picture made, every sink served."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from livesegment.carrying.base import Carrier
from livesegment.compositing.hud import with_notice, with_text
from livesegment.compositing.look import compose
from livesegment.frame import Frame, Image
from livesegment.instances import UNKNOWN, Instances, Segmentation
from livesegment.pipeline.controls import KEYS, Controls
from livesegment.pipeline.freshness import Freshness
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.notice import Notice
from livesegment.sinks.base import Ending, Sink, View

log = logging.getLogger(__name__)

PLACEHOLDER = (360, 640, 3)
"""Shape of the picture that stands on screen before a source gave its first."""


class Presenter:
    """Turns frames and results into views and hands these to the sinks.

    Runs in the thread that calls it, and never waits for a window.
    """

    def __init__(
        self,
        carrier: Carrier,
        controls: Controls,
        sinks: Sequence[Sink],
        meter: Meter,
        *,
        labels: tuple[str, ...],
        statistics: Callable[[], Sequence[str]] = tuple,
        notice: Callable[[], Notice | None] = lambda: None,
    ) -> None:
        """Put the parts together.

        Args:
            carrier: brings masks to the frame shown.
            controls: what keys change.
            sinks: take the views.
            meter: told what everything takes.
            labels: class names in the order of class ids.
            statistics: lines for the screen, where they are switched on.
            notice: what is to be said of the source, on the screen only.
        """
        self.controls = controls
        self.carrier = carrier
        """May be replaced between two frames."""
        self.last: View | None = None
        """The view on screen."""
        self._covered = False
        """Whether its masks tell of its frame."""
        self._freshness = Freshness()
        self._drawn: object = None
        """State of the controls that it was drawn by."""
        self._taken: int | None = None
        self._sinks = sinks
        self._meter = meter
        self._labels = labels
        self._statistics = statistics
        self._notice = notice

    def show(
        self,
        frame: Frame,
        segmentation: Segmentation | None,
        *,
        taken: int | None = None,
        confirmed: tuple[int, float] | None = None,
        fps: float | None = None,
        state: str | None = None,
    ) -> bool:
        """Show one frame.

        Args:
            frame: the newest.
            segmentation: a result that arrived since the last frame, or None.
            taken: index of the frame that is being segmented, where one is.
            confirmed: index and capture of the newest frame for which the newest result is known
                to hold, though it may be of an earlier one.
            fps: as the source states it.
            state: how the source is.

        Returns:
            False if a sink asks to end.

        Raises:
            SinkError: a sink failed.
        """
        started = time.perf_counter()
        if taken is not None and taken != self._taken:
            self._taken = taken
            self.carrier.expect(taken)
        if segmentation is not None:
            self.carrier.correct(segmentation)
        found = self.carrier.advance(frame)
        carried = time.perf_counter()
        covered = self._freshness.covers(frame, self.carrier.key, confirmed)
        view = self._view(frame, found, covered, fps, state)
        composed = time.perf_counter()
        self._meter.spent("carry", carried - started)
        self._meter.spent("compose", composed - carried)
        self._meter.spent("staleness", view.staleness)
        if view.mask_age is not None:
            self._meter.spent("mask age", view.mask_age)
        if self._frozen:  # what is live goes on, and is recorded, behind the picture on screen
            self._remake()
            view = replace(view, screen=self.last.screen if self.last else view.screen)
        else:
            self.last, self._covered, self._drawn = view, covered, self._looks
        go_on = True
        for sink in self._sinks:  # all of them, even after one asked to end
            begun = time.perf_counter()
            go_on = sink.write(view) and go_on
            self._meter.spent(sink.stage, time.perf_counter() - begun)
        self._meter.tick("shown", time.monotonic())
        return go_on

    def idle(self) -> bool:
        """Let the sinks answer their user while no frame comes; False if one asks to end."""
        # Else a notice would stay that is not true any more, or never come where no frame comes.
        remade = self._remake() if self._frozen or self._noticed() else None
        go_on = True
        for sink in self._sinks:
            go_on = sink.idle(remade) and go_on
        return go_on

    def close(self, ending: Ending) -> None:
        """Finish every sink, whatever happens to the others.

        Raises:
            BaseException: the first failure, after all were tried.
        """
        failures: list[BaseException] = []
        for sink in self._sinks:
            try:
                sink.close(ending)
            except BaseException as error:  # noqa: BLE001 -- raised again below
                failures.append(error)
        if failures:
            for other in failures[1:]:
                log.error("%s", other)
            raise failures[0]

    @property
    def _frozen(self) -> bool:
        """Whether the screen stays as it is."""
        return self.controls.paused and not self.controls.steps and self.last is not None

    @property
    def _looks(self) -> tuple[object, object]:
        """All that changes how the screen looks."""
        return self.controls.state, self._notice()

    def _noticed(self) -> bool:
        """Whether there is something to be said of the source, or was."""
        before = self._drawn[1] if isinstance(self._drawn, tuple) else None
        return before is not None or self._notice() is not None

    def _remake(self) -> View | None:
        """Make the view on screen anew, if a key or the source has changed how it looks since."""
        looks = self._looks
        if self._drawn == looks:
            return None
        self._drawn = looks
        if self.last is None:
            # Only for the screen: sinks that record are never handed what was made anew.
            blank = Frame(np.full(PLACEHOLDER, 96, np.uint8), 0, time.monotonic(), 0.0)
            return self._view(blank, Instances.empty(), True, None, None)
        last = self.last
        fresh = self._view(last.frame, last.instances, self._covered, last.fps, last.state)
        self.last = replace(last, picture=fresh.picture, screen=fresh.screen)
        return self.last

    def _view(
        self,
        frame: Frame,
        instances: Instances,
        covered: bool,
        fps: float | None,
        state: str | None,
    ) -> View:
        look = self.controls.look
        picture = compose(frame.image, instances, self._labels, look, covered=covered)
        on_screen, visible = picture, self.controls.visible(instances)
        if visible is not instances:
            on_screen = compose(frame.image, visible, self._labels, look, covered=covered)
        key = self.carrier.key
        if key is not None and key.frame_index == UNKNOWN:
            key = None
        return View(
            frame=frame,
            instances=instances,
            labels=self._labels,
            picture=picture,
            screen=self._screen(on_screen),
            fps=fps,
            key_frame=None if key is None else key.frame_index,
            mask_age=None if key is None else max(0.0, frame.captured_at - key.captured_at),
            staleness=max(0.0, time.monotonic() - frame.captured_at),
            state=state,
        )

    def _screen(self, picture: Image) -> Image:
        lines: list[str] = []
        if self.controls.show_statistics:
            lines += self._statistics()
        if self.controls.show_help:
            lines += [f"{keys}\t{what}" for keys, what in KEYS]
            lines += self.controls.legend(self._labels)
        if self.controls.message:
            lines.append(self.controls.message)
        notice = self._notice()
        if notice is not None and not notice.stale:
            lines.append(": ".join(notice.lines))
        elif notice is not None:
            picture = with_notice(picture, notice.lines)
        return with_text(picture, lines) if lines else picture
