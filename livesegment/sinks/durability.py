"""All that a session has is on the disk within seconds, for the day of a power cut."""

from pathlib import Path

from livesegment.errors import SinkError
from livesegment.sessions.contents import Contents
from livesegment.sessions.durable import sync


class Durability:
    """Has the disk keep whatever was written into a session's folder since the last time.

    By the folder and not by those who write into it: no file is forgotten, and none of their
    threads waits for the disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[Path, tuple[int, int]] = {}
        """Of each file that is there: when it was changed, and its size, as the disk has it."""
        self._known = False
        """Whether the disk knows of the folder itself."""

    def sync(self) -> None:
        """Have the disk keep it; takes as long as the disk does.

        Raises:
            SinkError: the disk refuses.
        """
        try:
            self._sync()
        except OSError as error:
            if not self._folder.exists():
                return  # whoever writes says so
            raise SinkError(
                f"the disk does not keep what is recorded to {self._folder}: "
                f"{error.strerror or error}"
            ) from error

    def _sync(self) -> None:
        found = Contents.of(self._folder)
        now = {path: (facts.st_mtime_ns, facts.st_size) for path, facts in found.files.items()}
        for path, state in now.items():
            if state != self._kept.get(path):
                try:
                    sync(path)
                except FileNotFoundError:
                    continue  # it has its final name by now: next time
        if now.keys() != self._kept.keys():
            for folder in (*found.folders, self._folder):
                sync(folder)
        if not self._known:
            sync(self._folder.parent)
            self._known = True
        self._kept = now
