"""One run of several sources: a network that they share, one window, a session each."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

import cv2

from livesegment.carrying.crowd import Crowd
from livesegment.cli import build, recording
from livesegment.cli.channel import Channel
from livesegment.cli.console import PlainConsole, printable
from livesegment.cli.options import RunOptions
from livesegment.cli.parts import Parts, all_parts
from livesegment.cli.source_options import Wanted
from livesegment.cli.sources import one_source
from livesegment.cli.status import StatusLine, summarise_all
from livesegment.cli.values import duration
from livesegment.engines.registry import REFERENCE
from livesegment.errors import LiveSegmentError
from livesegment.pipeline.controls import KEYS
from livesegment.pipeline.grid_window import GridWindow
from livesegment.pipeline.group import Group, Member, MemberState
from livesegment.pipeline.notice import phrase
from livesegment.sinks.base import Ending, Sink
from livesegment.sinks.queued_lines import QueuedLines
from livesegment.sinks.tile import Tile
from livesegment.threads.fair import FairTurn


class GroupRun:
    """Everything that a `livesegment run` of several sources is made of.

    Sources come and go while it runs: `add`, `remove` and `members` are for any thread.
    """

    def __init__(self, options: RunOptions, console: PlainConsole, *, quiet: bool) -> None:
        """Make every part; what cannot be made ends the run before a file was touched.

        Args:
            options: what is asked for.
            console: where it is said how things are.
            quiet: whether it is not.

        Raises:
            LiveSegmentError: a part cannot be made.
        """
        self._console, self._quiet, self._options = console, quiet, options
        interval = duration(options.stats_interval, "--stats-interval")
        recording.check(options)
        self._look = build.look(options)
        windowed = build.windowed(options, console, quiet=quiet)
        self._hooks = recording.hooks(options)
        self._factory, given = all_parts(options, console, quiet=quiet)
        # Asked for once, before the segment threads share the network: two at once crash it.
        self._runs_on = given[0].segmenter.describe()
        if given[0].facts.get("engine") != REFERENCE:
            # Many sources keep all cores busy by themselves; OpenCV's threads then only cost.
            cv2.setNumThreads(1)
        self._turns = FairTurn()
        self._crowd = Crowd(self._running)
        self._group: Group[Channel] = Group()
        self._tiles: dict[str, Tile] = {}
        """By the name of the source."""
        self._window = (
            GridWindow(
                "livesegment",
                self._shown,
                self.remove,
                keys=KEYS[1:],
                goes_on=self._goes_on_unwatched,
            )
            if windowed
            else None
        )
        self._status = StatusLine(console, self.status, interval=interval, quiet=quiet)
        self._lines: QueuedLines | None = None
        with ExitStack() as undo:
            if options.jsonl is not None:
                alone = not (windowed or options.record)
                self._lines = QueuedLines(options.jsonl, alone=alone)
                undo.callback(self._lines.close, Ending.FAILED)
            self._channels = [self._channel(one) for one in given]
            self._all = list(self._channels)
            """Those removed since among them."""
            self._begin(self._channels)
            undo.pop_all()

    @property
    def members(self) -> Sequence[Member[Channel]]:
        """The sources, each with its channel and how it stands."""
        return self._group.members

    def add(self, wanted: Wanted) -> Member[Channel]:
        """Let one more source run, from now on.

        Raises:
            LiveSegmentError: it cannot be had, or its name is taken.
        """
        taken = {member.name for member in self.members}
        source = one_source(self._options, wanted, taken)

        def make() -> Channel:
            channel = self._channel(self._factory.parts(source))
            self._begin([channel])
            self._all.append(channel)
            return channel

        return self._group.add(source.name, make)

    def remove(self, name: str) -> None:
        """End one source, and finish its recording; the others go on.

        Raises:
            UsageError: there is none of that name.
        """
        self._group.remove(name)

    def go(self) -> Ending:
        """Run to the end, and say what was done.

        Raises:
            LiveSegmentError: a source failed; the others ran to their own ends.
        """
        if not self._quiet:
            names = ", ".join(channel.name for channel in self._channels)
            self._console.say(
                f"{names}: {self._options.model}, {self._runs_on}, shared by "
                f"{len(self._channels)} sources"
            )
        with ExitStack() as finish:  # in the opposite order
            if not self._quiet:
                finish.callback(summarise_all, self._console, self._all)
            finish.callback(self._close_lines)
            if self._window is not None:
                finish.callback(self._window.close, Ending.USER)
            finish.callback(self._status.close, Ending.USER)
            finish.callback(self._hooks.close)
            self._add_all()
            ending = self._group.run(self._tick)
        failed = [member for member in self.members if member.state is MemberState.FAILED]
        if failed and isinstance(failed[0].error, LiveSegmentError):
            raise failed[0].error
        return ending

    def _add_all(self) -> None:
        """Let all run; where one cannot, the others come to their end."""
        for place, channel in enumerate(self._channels):
            try:
                self._group.add(channel.name, partial(_as_it_is, channel))
            except LiveSegmentError:
                for other in self._channels[place:]:
                    other.presenter.close(Ending.FAILED)
                self._group.stop(Ending.FAILED)
                self._group.run()
                raise

    def interrupt(self, *, terminated: bool) -> None:
        """From a signal handler: end in good order."""
        if self._lines is not None:
            self._lines.hurry()
        self._group.stop(Ending.TERMINATED if terminated else Ending.INTERRUPTED)

    def status(self) -> str:
        """How each source goes, a line each."""
        lines = []
        for member in self.members:
            if member.state is MemberState.RUNNING:
                said = member.run.status()
            else:
                said = str(member.error or member.run.ending or member.state)
            lines.append(printable(f"{member.name}: {said}"))
        return "\n".join(lines)

    def _tick(self) -> bool:
        """What the main thread does between two looks at the others."""
        self._status.idle()
        return self._window is None or self._window.step()

    def _goes_on_unwatched(self) -> bool:
        """Whether any source is of use without the window; no pause stays that none can end."""
        each = [member.run.goes_on_unwatched() for member in self.members]
        return any(each)

    def _running(self) -> int:
        """How many sources make work."""
        return sum(member.state is MemberState.RUNNING for member in self.members)

    def _shown(self) -> list[Tile]:
        """The places in the window."""
        return [self._tiles[member.name] for member in self.members]

    def _channel(self, given: Parts) -> Channel:
        return Channel(
            self._options,
            given,
            look=self._look,
            hooks=self._hooks,
            watched=self._window is not None,
            runs_on=self._runs_on,
            sinks=self._sinks,
            turn=self._turns.party(),
            crowd=self._crowd,
            lines=self._lines,
        )

    def _close_lines(self) -> None:
        if self._lines is not None:
            films = any(not channel.parts.source.is_live for channel in self._all)
            self._lines.close(self._group.ending or Ending.USER, waits=films)

    def _sinks(self, channel: Channel) -> list[Sink]:
        sinks: list[Sink] = []
        if self._window is not None:
            tile = Tile(channel.name, channel.controls.press, lambda: _note(channel))
            self._tiles[channel.name] = tile
            sinks.append(tile)
        return sinks

    def _begin(self, channels: Sequence[Channel]) -> None:
        """Start their recordings; where one cannot be, none is left."""
        for place, channel in enumerate(channels):
            try:
                channel.begin_recording()
            except LiveSegmentError:
                for other in channels[:place]:
                    other.presenter.close(Ending.FAILED)
                raise


def _as_it_is(channel: Channel) -> Channel:
    return channel


def _note(channel: Channel) -> str:
    """How a source is, for its place in the grid."""
    health = channel.pipeline.health
    return "" if health is None else phrase(health, time.monotonic())
