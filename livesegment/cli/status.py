"""What the run says of itself on stderr: a line while it goes on, a table at its end."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.live import Live
from rich.table import Table
from rich.text import Text

from livesegment.cli.console import PlainConsole, printable
from livesegment.pipeline.economy import Economy
from livesegment.pipeline.meter import Meter
from livesegment.sinks.base import Ending, View

if TYPE_CHECKING:
    from livesegment.cli.channel import Channel

REFRESH = 0.25
"""Seconds between two updates of the live line."""


class StatusLine:
    """A line that is rewritten in a terminal, or one every few seconds elsewhere; see `Sink`."""

    stage = "status"

    def __init__(
        self, console: PlainConsole, text: Callable[[], str], *, interval: float, quiet: bool
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
                for line in self._text().split("\n"):
                    self._console.say(line)
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


def _lost(lines: int) -> str:
    return f"{lines} JSON lines were lost: whoever reads them stopped, or the disk is full"


def summarise(console: PlainConsole, channel: "Channel") -> None:
    """Say what came of one source: stages, frames, costs, recordings."""
    meter, session = channel.meter, channel.session

    if not meter.count("shown"):
        return
    seconds = meter.seconds("shown")
    shown, captured = meter.count("shown"), meter.count("capture")
    economy = channel.pipeline.economy
    skipped = f"{economy.skipped} skipped, " if economy.skipped else ""
    too_old = f"{channel.pipeline.too_old} too old, " if channel.pipeline.too_old else ""
    console.print(stage_table(meter))
    console.say(
        f"{shown} of {captured} frames shown in {seconds:.1f} s "
        f"({(shown - 1) / max(seconds, 1e-9):.1f} fps), {skipped}{too_old}"
        f"{channel.pipeline.dropped} dropped"
    )
    if channel.parts.model is not None:
        console.say(economy_line(economy))
    if channel.lines_lost:
        console.say(_lost(channel.lines_lost))
    if session.dropped:
        console.say(f"the recording misses {session.dropped} pictures: the encoder was too slow")
    for text in session.problems:
        console.say(text)
    for path in session.finished:
        console.say(printable(f"recorded {path}"))


def summarise_all(console: PlainConsole, channels: "Sequence[Channel]") -> None:
    """Say what came of several sources, a row each, and where their recordings are."""
    table = Table(title_style="dim", header_style="dim")
    table.add_column("source")
    for column in ("shown", "fps", "dropped", "segmented", "staleness p95", "connected"):
        table.add_column(column, justify="right")
    for channel in channels:
        meter, supervised = channel.meter, channel.pipeline.supervised
        shown, seconds = meter.count("shown"), meter.seconds("shown")
        stale = {stage: p95 for stage, _, _, p95, _ in meter.table()}.get("staleness", 0.0)
        table.add_row(
            channel.name,
            str(shown),
            f"{max(0, shown - 1) / seconds:.1f}" if seconds > 0 else "-",
            str(channel.pipeline.dropped),
            str(meter.count("segment")),
            f"{1000 * stale:.0f} ms",
            "" if supervised is None else str(supervised.tally.connects),
        )
    console.print(table)
    if channels and channels[0].lines_lost:
        console.say(_lost(channels[0].lines_lost))
    for channel in channels:
        for text in channel.session.problems:
            console.say(f"{channel.name}: {text}")
        for path in channel.session.finished:
            console.say(printable(f"recorded {path}"))
