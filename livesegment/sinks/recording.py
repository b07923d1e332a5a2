"""One session while it is recorded: videos, lines, events, and the manifest that grows with it."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from livesegment.codecs.video_file import check_room
from livesegment.errors import SinkError
from livesegment.sessions.folder import SessionFolder
from livesegment.sessions.owner import RECORDING, boot_id, hold
from livesegment.sessions.retention import oldest_segments, purge
from livesegment.sessions.session import LINES, PINNED
from livesegment.sessions.timeline import Timeline, iso
from livesegment.sinks.base import BY_ITSELF, Ending, View
from livesegment.sinks.jsonl import JsonLines
from livesegment.sinks.recorder import Recorder
from livesegment.sinks.settings import Settings
from livesegment.sinks.upkeep import Upkeep

log = logging.getLogger(__name__)

_retaining = threading.Lock()
"""Of several sessions that are being recorded, each sees what the one before it removed."""

RETENTION_SECONDS = 60.0
"""Between two looks for old recordings."""


class Watch(Protocol):
    """What makes clips of events; called from the presenter's thread."""

    @property
    def events(self) -> int:
        """How many there were."""
        ...

    @property
    def problems(self) -> list[str]:
        """What went wrong and was got over."""
        ...

    @property
    def dropped(self) -> int:
        """Pictures that its encoder was too late for."""
        ...

    def write(self, view: View, clock: float) -> object:
        """Look at one view, whose time on the session's clock is told.

        Raises:
            SinkError: a clip could not be written.
        """
        ...

    def idle(self) -> object:
        """See whether it still works; raises as `write` does."""
        ...

    def close(self, ending: Ending) -> None:
        """Finish clips and events. Safe to call twice; raises as `write` does."""
        ...


class Recording:
    """One session while it is recorded."""

    def __init__(
        self,
        folder: SessionFolder,
        settings: Settings,
        *,
        live: bool,
        facts: Callable[[], Mapping[str, Any]],
        events: Callable[[Path], Watch] | None = None,
        spent: Callable[[str, float], None] = lambda _stage, _seconds: None,
    ) -> None:
        """Write the first manifest, and make every part ready.

        Args:
            folder: of the session; empty.
            settings: how it is recorded.
            live: whether the source has its own pace.
            facts: what the manifest says of the run; asked from a thread of the recording's own.
            events: makes what watches for events, in the session's folder.
            spent: told how long encoding took.

        Raises:
            SinkError: something cannot be written.
        """
        self.folder = folder
        self._live, self._facts = live, facts
        self._timeline = Timeline(live=live)
        self._settings = settings
        self._closed = False
        self._begun = 0
        """Video files that the manifest was told of."""
        self._looked_at: float | None = None
        """When old recordings were last looked for."""
        self._recorders: dict[str, Recorder] = {}
        self._events: Watch | None = None
        with ExitStack() as held:  # given up where a part of it cannot be made
            held.enter_context(hold(folder.path))
            check_room(folder.path, settings.min_free)
            self._lines = JsonLines(str(folder.path / LINES), part=True, wall=self._timeline.wall)
            held.callback(self._lines.close, Ending.FAILED)
            self._write_manifest()
            self._make_ready(events, spent)
            self._upkeep = Upkeep((self._retain, self._write_manifest))
            self._held = held.pop_all()

    def _make_ready(
        self,
        events: Callable[[Path], Watch] | None,
        spent: Callable[[str, float], None],
    ) -> None:
        """Make what takes pictures; none of it has a thread before the first."""
        settings, folder = self._settings, self.folder
        for kind, codec in (
            ("overlay", settings.codec if settings.overlay else None),
            ("raw", settings.raw_codec),
        ):
            if codec is not None:
                self._recorders[kind] = Recorder(
                    folder.path,
                    kind,
                    live=self._live,
                    codec=codec,
                    segment_length=settings.segment_length,
                    min_free=settings.min_free,
                    spent=spent,
                )
        if events is not None:
            self._events = events(folder.path)

    @property
    def dropped(self) -> int:
        """Pictures that the encoders were too late for."""
        clips = self._events.dropped if self._events else 0
        return clips + sum(one.dropped for one in self._recorders.values())

    @property
    def problems(self) -> list[str]:
        """What went wrong and was got over."""
        told = [text for one in self._recorders.values() for text in one.problems]
        return told + (self._events.problems if self._events else [])

    def write(self, view: View) -> None:
        """Record one view.

        Raises:
            SinkError: a part of the recording failed.
        """
        frame = view.frame
        jump = self._timeline.jumped(time.monotonic())
        if jump:
            log.warning("the wall clock moved by %+.1f s; a new video file begins", jump)
            for one in self._recorders.values():
                one.split()
        clock = self._timeline.place(frame.captured_at, frame.pts, view.fps)
        self._lines.write(view, clock)
        pictures = {"overlay": view.picture, "raw": frame.image}
        for kind, one in self._recorders.items():
            one.write(pictures[kind], clock, view.fps)
        if self._events is not None:
            self._events.write(view, clock)
        begun = sum(len(one.files) for one in self._recorders.values())
        if begun != self._begun:  # where a file starts is worth more than to be told in seconds
            self._begun = begun
            self._upkeep.soon()
        self.check()

    def check(self) -> None:
        """See whether every part still works.

        Raises:
            SinkError: one does not.
        """
        self._upkeep.check()
        for one in self._recorders.values():
            one.check()
        if self._events is not None:
            self._events.idle()

    def close(self, ending: Ending, reason: str | None = None) -> None:
        """Finish every part, whatever happens to the others, and write the last manifest.

        A session without a single frame takes its folder away again.

        Args:
            ending: why the run ended.
            reason: why the recording ended, where it did before the run.

        Raises:
            SinkError: a part could not be finished; the first of several.
        """
        if self._closed:
            return
        self._closed = True
        now = time.monotonic()
        end = None if ending in BY_ITSELF else self._timeline.end(now)
        parts: list[Callable[[], object]] = [self._upkeep.close]
        parts += [partial(one.close, end) for one in self._recorders.values()]
        if self._events is not None:
            parts.append(partial(self._events.close, ending))
        parts.append(partial(self._lines.close, ending))
        parts.append(self._held.close)
        failures: list[Exception] = []
        for finish in parts:
            try:
                finish()
            except Exception as error:  # noqa: BLE001 -- raised again below
                failures.append(error)
        if not failures and reason is None and self.folder.remove_if_empty():
            return
        why = reason or (str(failures[0]) if failures else str(ending))
        try:
            self.folder.write_manifest(
                **self._known() | {"state": "finished", "ended": iso(datetime.now(UTC))},
                end_reason=why,
            )
        except SinkError as error:
            failures.append(error)
        if failures:
            raise failures[0]

    def _retain(self) -> None:
        """Now and then: remove what is older, or more, than is to be kept."""
        now, settings = time.monotonic(), self._settings
        if settings.keep is None and settings.keep_size is None:
            return
        if self._looked_at is not None and now - self._looked_at < RETENTION_SECONDS:
            return
        self._looked_at = now
        with _retaining:
            self._remove_oldest(now)

    def _remove_oldest(self, now: float) -> None:
        """Whole sessions first, then the oldest files of this one."""
        settings, folder = self._settings, self.folder.path
        purged = purge(
            folder.parent,
            keep=settings.keep,
            keep_size=settings.keep_size,
            now=datetime.now(UTC),
            spare=folder,
        )
        for path in purged.removed:
            log.info("removed %s, as --keep and --keep-size ask", path)
        for text in purged.problems:
            log.warning("%s", text)
        if not self._live or not self._timeline.clocks or (folder / PINNED).exists():
            return
        clock = self._timeline.clock(now, 0.0)
        for one in self._recorders.values():
            # What the videos of one kind may lose is not taken from the other's as well.
            for name in oldest_segments(
                one.files, clock=clock, keep=settings.keep, excess=purged.excess
            ):
                one.remove(name)

    def _write_manifest(self) -> None:
        self.folder.write_manifest(**self._known())

    def _known(self) -> dict[str, Any]:
        """What the manifest says by now."""
        recorders = self._recorders
        return {
            "state": RECORDING,
            "pid": os.getpid(),
            "boot": boot_id(),
            "live": self._live,
            **self._facts(),
            "clocks": list(self._timeline.clocks),
            "videos": [facts for one in recorders.values() for facts in list(one.files)],
            "gaps": list(self._timeline.gaps),
            "more_gaps": self._timeline.more_gaps,
            "frames": self._lines.lines,
            "recorder_dropped": {kind: one.dropped for kind, one in recorders.items()},
            "events": self._events.events if self._events else 0,
            "problems": self.problems,
        }
