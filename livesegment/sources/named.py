"""A source under another name."""

from livesegment.frame import Frame
from livesegment.sources.base import Source, SourceInfo


class NamedSource:
    """A source that is called otherwise than it calls itself; see `Source`."""

    def __init__(self, source: Source, name: str) -> None:
        self.name = name
        self._source = source

    @property
    def is_live(self) -> bool:
        """As the source is."""
        return self._source.is_live

    def open(self) -> SourceInfo:
        """Open it; see `Source.open`."""
        return self._source.open()

    def read(self) -> Frame | None:
        """The next frame; see `Source.read`."""
        return self._source.read()

    def interrupt(self) -> None:
        """Let the next read end; see `Source.interrupt`."""
        self._source.interrupt()

    def close(self) -> None:
        """Close it; see `Source.close`."""
        self._source.close()
