"""What is written and told of events: lines, best pictures, hooks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from livesegment.atomic import growing
from livesegment.errors import SinkError
from livesegment.events.event import Event, Told
from livesegment.events.hooks import Hooks, Message
from livesegment.events.lines import EventLines
from livesegment.events.moment import Moment
from livesegment.sessions.timeline import WallClock


class Report:
    """Writes to a session's folder and tells hooks; used from several threads."""

    def __init__(self, folder: Path, hooks: Hooks) -> None:
        self._folder = folder
        self._hooks = hooks
        self._lines = EventLines(folder)
        self._wall = WallClock()

    def time(self, moment: Moment) -> str:
        """Wall-clock time of a frame's capture."""
        self._wall.jumped()
        return self._wall.tell(moment.captured_at)

    def begins(self, event: Event, moment: Moment) -> None:
        """An event begins.

        Raises:
            SinkError: it cannot be written.
        """
        self._save_picture(event)
        self._pass_on(event, self._write(event.line(Told.NEW, moment, self.time(moment))))

    def changes(self, event: Event, moment: Moment) -> None:
        """There is more to say of an event that goes on; hooks are not told.

        Raises:
            SinkError: it cannot be written.
        """
        self._write(event.line(Told.UPDATE, moment, self.time(moment)))

    def ends(self, event: Event, moment: Moment, files: Sequence[Mapping[str, Any]]) -> None:
        """An event is over, and its clip is whole.

        Args:
            event: which.
            moment: at which it was known to be over.
            files: of its clip; none where it could not be written.

        Raises:
            SinkError: it cannot be written.
        """
        self._save_picture(event)
        line = event.line(Told.END, moment, self.time(moment))
        line |= {"clip": files[0]["file"] if files else None, "clips": list(files)}
        self._pass_on(event, self._write(line))

    def close(self) -> None:
        """Close the file of lines. Safe twice."""
        self._lines.close()

    def _write(self, line: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        return line, self._lines.write(line)

    def _pass_on(self, event: Event, written: tuple[dict[str, Any], bytes]) -> None:
        line, data = written
        folder = self._folder.resolve()
        self._hooks.tell(
            Message(
                type=line["type"],
                id=event.id,
                condition=event.condition.text,
                clip=folder / line["clip"] if line["clip"] else None,
                session=folder,
                data=data,
            )
        )

    def _save_picture(self, event: Event) -> None:
        """Write the best picture of an event, in one step."""
        path = self._folder / f"{event.stem}.jpg"
        if event.best is None:
            return
        try:
            path.parent.mkdir(exist_ok=True)
            growing(path).write_bytes(event.best.jpeg)
            growing(path).replace(path)
        except OSError as error:
            raise SinkError(f"cannot write {path}: {error.strerror}") from error
