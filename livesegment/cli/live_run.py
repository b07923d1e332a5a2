"""One run of one source, put together from its options and carried out."""

from contextlib import ExitStack

from livesegment.cli import build, recording
from livesegment.cli.channel import Channel
from livesegment.cli.console import PlainConsole
from livesegment.cli.options import RunOptions
from livesegment.cli.parts import Parts, all_parts
from livesegment.cli.status import StatusLine, summarise
from livesegment.cli.values import duration
from livesegment.sinks.base import Ending, Sink
from livesegment.sinks.queued_lines import QueuedLines
from livesegment.sinks.window import Window


class LiveRun:
    """Everything that a `livesegment run` of one source is made of."""

    def __init__(
        self, options: RunOptions, console: PlainConsole, *, quiet: bool, given: Parts | None = None
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
        self._console, self._quiet, self._options = console, quiet, options
        self._interval = duration(options.stats_interval, "--stats-interval")
        recording.check(options)
        look = build.look(options)
        self._windowed = build.windowed(options, console, quiet=quiet)
        self._hooks = recording.hooks(options)
        given = given or all_parts(options, console, quiet=quiet)[1][0]
        self._lines: QueuedLines | None = None
        with ExitStack() as undo:
            if options.jsonl is not None:
                alone = not (self._windowed or given.sinks or options.record)
                self._lines = QueuedLines(options.jsonl, alone=alone)
                undo.callback(self._lines.close, Ending.FAILED)
            self.channel = Channel(
                options,
                given,
                look=look,
                hooks=self._hooks,
                watched=self._windowed,
                # Asked for once, before the segment thread owns the network: two in it crash it.
                runs_on=given.segmenter.describe(),
                sinks=self._sinks,
                lines=self._lines,
            )
            self.pipeline, self.meter = self.channel.pipeline, self.channel.meter
            self.channel.begin_recording()
            undo.pop_all()

    def go(self) -> Ending:
        """Run to the end, and say what was done.

        Raises:
            LiveSegmentError: something failed on the way.
        """
        channel = self.channel
        if not self._quiet:
            how = [channel.runs_on]
            if channel.parts.model is not None:
                how = [self._options.model, channel.runs_on, f"masks {channel.masks}"]
            if self._options.roi:
                how.append(f"segmented within {self._options.roi}")
            self._console.say(f"{channel.name}: {', '.join(how)}")
        try:
            return channel.run()
        finally:
            self._hooks.close()
            if not self._quiet:
                summarise(self._console, channel)

    def interrupt(self, *, terminated: bool) -> None:
        """From a signal handler: end in good order."""
        if self._lines is not None:
            self._lines.hurry()
        self.channel.stop(Ending.TERMINATED if terminated else Ending.INTERRUPTED)

    def _sinks(self, channel: Channel) -> list[Sink]:
        sinks: list[Sink] = []
        if self._windowed:
            window = Window(
                f"livesegment - {channel.name}",
                channel.controls.press,
                goes_on=channel.goes_on_unwatched,
            )
            channel.controls.actions["f"] = window.full_screen
            sinks.append(window)
        sinks.append(
            StatusLine(self._console, channel.status, interval=self._interval, quiet=self._quiet)
        )
        return sinks
