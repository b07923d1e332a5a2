"""One session while it is recorded: videos, lines, events, and the manifest that grows with it."""

import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from livesegment.codecs.video_file import check_room
from livesegment.errors import EngineError
from livesegment.sessions.folder import SessionFolder
from livesegment.sessions.owner import RECORDING, boot_id, hold
from livesegment.sessions.retention import Kept
from livesegment.sessions.session import LINES, PINNED
from livesegment.sessions.timeline import Timeline, iso
from livesegment.sinks.base import BY_ITSELF, Ending, View, Watch
from livesegment.sinks.durability import Durability
from livesegment.sinks.jsonl import JsonLines
from livesegment.sinks.recorder import Recorder
from livesegment.sinks.retention import Retention
from livesegment.sinks.settings import Settings
from livesegment.sinks.upkeep import Upkeep
from livesegment.threads.worker import Worker

log = logging.getLogger(__name__)

JOIN_SECONDS = 10.0
"""For which the end of a session waits until the disk has it."""


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
        self._closed = False
        self._begun = 0
        """Video files that the manifest was told of."""
        self._recorders: dict[str, Recorder] = {}
        self._events: Watch | None = None
        self._pruning: Upkeep | None = None
        self._durability = Durability(folder.path)
        self._retention = Retention(
            folder.path, keep=settings.keep, keep_size=settings.keep_size, own=self._kept
        )
        with ExitStack() as undo:
            undo.enter_context(hold(folder.path))
            check_room(folder.path, settings.min_free)
            self._lines = JsonLines(str(folder.path / LINES), part=True, wall=self._timeline.wall)
            failed = undo.enter_context(ExitStack())
            failed.callback(self._lines.close, Ending.FAILED)
            self._write_manifest()
            self._recorders = _recorders(folder.path, settings, live=live, spent=spent)
            if events is not None:
                self._events = events(folder.path)
            manifest = partial(self._write_manifest, durable=True)
            self._upkeep = Upkeep((manifest, self._durability.sync))
            failed.callback(self._upkeep.close)
            if settings.keep is not None or settings.keep_size is not None:
                # In a thread of its own: while much is removed, the disk is to keep the rest.
                self._pruning = Upkeep((self._retention.look,))
            failed.pop_all()
            self._held = undo.pop_all()

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
        end = None if ending in BY_ITSELF else self._timeline.end(time.monotonic())
        parts: list[Callable[[], object]] = [self._upkeep.close]
        if self._pruning is not None:
            parts.append(self._pruning.close)
        parts += [partial(one.close, end) for one in self._recorders.values()]
        if self._events is not None:
            parts.append(partial(self._events.close, ending))
        parts.append(partial(self._lines.close, ending))
        failures: list[BaseException] = []
        with self._held:
            for finish in parts:
                try:
                    finish()
                except Exception as error:  # noqa: BLE001 -- raised again below
                    failures.append(error)
            if not failures and reason is None and self.folder.remove_if_empty():
                return
            why = reason or (str(failures[0]) if failures else str(ending))
            failures += self._leave(why)
        if failures:
            raise failures[0]

    def _leave(self, why: str) -> list[BaseException]:
        """Write the last manifest, and have the disk keep all; what failed of it."""
        last = {**self._known(), "state": "finished", "ended": iso(datetime.now(UTC))}
        write = partial(self.folder.write_manifest, **last, end_reason=why)

        def leave() -> None:
            write(durable=True)
            self._durability.sync()

        worker = Worker("session-end", leave)
        try:
            worker.start()
        except EngineError:  # no thread is to be had
            worker = Worker("session-end", write)
            worker.run()
        if not worker.stop(JOIN_SECONDS):
            log.error("the disk has not kept all within %.0f s", JOIN_SECONDS)
        return [] if worker.error is None else [worker.error]

    def _kept(self) -> list[Kept]:
        """Files of this session that may make room for others."""
        if not self._live or not self._timeline.clocks or (self.folder.path / PINNED).exists():
            return []
        clock = self._timeline.clock(time.monotonic(), 0.0)
        clips = self._events.kept(clock) if self._events else []
        return [*clips, *(kept for one in self._recorders.values() for kept in one.kept(clock))]

    def _write_manifest(self, *, durable: bool = False) -> None:
        self.folder.write_manifest(durable=durable, **self._known())

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


def _recorders(
    folder: Path, settings: Settings, *, live: bool, spent: Callable[[str, float], None]
) -> dict[str, Recorder]:
    """What encodes each kind of video that is asked for."""
    codecs = {"overlay": settings.codec if settings.overlay else None, "raw": settings.raw_codec}
    return {
        kind: Recorder(
            folder,
            kind,
            live=live,
            codec=codec,
            segment_length=settings.segment_length,
            min_free=settings.min_free,
            spent=spent,
        )
        for kind, codec in codecs.items()
        if codec is not None
    }
