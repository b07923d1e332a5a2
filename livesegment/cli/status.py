"""What the run says of itself on stderr: a line while it goes on, a table at its end."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from livesegment.pipeline.economy import Economy
from livesegment.pipeline.meter import Meter
from livesegment.sinks.base import Ending, View

REFRESH = 0.25
"""Seconds between two updates of the live line."""


class StatusLine:
    """A line that is rewritten in a terminal, or one every few seconds elsewhere; see `Sink`."""

    stage = "status"

    def __init__(
        self, console: Console, text: Callable[[], str], *, interval: float, quiet: bool
    ) -> None:
        self._console = console
        self._text = text
        self._quiet = quiet
        self._interval = REFRESH if console.is_terminal else interval
        self._next = 0.0
        self._live: Live | None = None

    def write(self, view: View) -> bool:
        """Say how things are, when it is time to; see `Sink.write`."""
        del view
        return self.idle()

    def idle(self, remade: View | None = None) -> bool:
        """Say how things are, when it is time to; see `Sink.idle`."""
        del remade
        now = time.monotonic()
        if self._quiet or now < self._next:
            return True
        first, self._next = self._next == 0.0, now + self._interval
        if not self._console.is_terminal:
            if not first:  # nothing is known yet
                self._console.print(self._text(), highlight=False, soft_wrap=True)
            return True
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(Text(self._text(), overflow="ellipsis", no_wrap=True), refresh=True)
        return True

    def close(self, ending: Ending) -> None:
        """Take the line away; the table says it all."""
        del ending
        if self._live is not None:
            self._live.stop()
            self._live = None


def stage_table(meter: Meter) -> Table:
    """Milliseconds of every stage, as percentiles over the whole run."""
    table = Table(title="milliseconds a frame", title_style="dim", header_style="dim")
    table.add_column("stage")
    for column in ("frames", "p50", "p95", "p99"):
        table.add_column(column, justify="right")
    for stage, count, *quantiles in meter.table():
        table.add_row(stage, str(count), *(f"{1000 * value:.1f}" for value in quantiles))
    return table


def economy_line(economy: Economy) -> str:
    """What was segmented, what was not and why, and what it cost."""
    others = [
        f"{count} {why}"
        for count, why in (
            (economy.still, "still"),
            (economy.over_rate, "over the rate"),
            (economy.passed_by, "while it was busy"),
        )
        if count
    ]
    return (
        f"segmented {economy.segmented} of {economy.taken} frames"
        + (f": {', '.join(others)}" if others else "")
        + f"; the network was idle {economy.idle:.0%} of the time; "
        f"{1000 * economy.cpu_per_frame:.0f} ms of CPU a frame shown"
    )


def rest_line(economy: Economy) -> str:
    """How much the network rests, for the window."""
    parts = [f"idle {economy.idle:.0%}"]
    parts += [f"{economy.still} still"] if economy.still else []
    parts += [f"{economy.over_rate} over the rate"] if economy.over_rate else []
    return ", ".join(parts)
