"""One source's place in a window that several share."""

from collections import deque
from collections.abc import Callable

from livesegment.frame import Image
from livesegment.sinks.base import Ending, View

MOST_KEYS = 64
"""That wait to be handed on; the oldest beyond are forgotten."""


class Tile:
    """Keeps the newest picture for the window's thread, and hands keys over to its own; see `Sink`.

    The window is another thread's, and what keys change belongs to the presenter's: each comes
    for what the other left here.
    """

    stage = "show"

    def __init__(
        self, name: str, on_key: Callable[[str], None], note: Callable[[], str] = str
    ) -> None:
        """Start without a picture.

        Args:
            name: of the source.
            on_key: called with each key, in the presenter's thread.
            note: how the source is, in a few words; called in the window's thread.
        """
        self.name = name
        self._on_key = on_key
        self._note = note
        self._keys: deque[str] = deque(maxlen=MOST_KEYS)
        self._newest: tuple[int, Image | None] = (0, None)
        self._ending: Ending | None = None

    @property
    def newest(self) -> tuple[int, Image | None]:
        """How many pictures there were, and the last of them. For any thread."""
        return self._newest

    @property
    def note(self) -> str:
        """How the source is; for the window's thread."""
        said = self._note()
        return said or ("" if self._ending is None else str(self._ending))

    def press(self, key: str) -> None:
        """From any thread: hand a key on, soon."""
        self._keys.append(key)

    def write(self, view: View) -> bool:
        """Keep the picture; see `Sink.write`."""
        self._keep(view.screen)
        return self.idle(None)

    def idle(self, remade: View | None = None) -> bool:
        """Hand keys on while no frame comes; see `Sink.idle`."""
        if remade is not None:
            self._keep(remade.screen)
        while self._keys:
            self._on_key(self._keys.popleft())
        return True

    def close(self, ending: Ending) -> None:
        """Keep the last picture, and say that it is; see `Sink.close`."""
        self._ending = ending

    def _keep(self, picture: Image) -> None:
        self._newest = (self._newest[0] + 1, picture)
