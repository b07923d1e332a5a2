"""What the log says of a live source: that it is gone, once, and that it is back."""

import logging

log = logging.getLogger(__name__)


class Trouble:
    """From the first loss until frames come again, whatever happens in between."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._since: float | None = None

    def begin(self, words: str, since: float) -> None:
        """Say what befell the source, unless it is in trouble already.

        Args:
            words: as they follow the name.
            since: when, in seconds.
        """
        if self._since is None:
            self._since = since
            log.warning("%s %s", self._name, words)

    def end(self, at: float) -> None:
        """Say that it is over, at `at` seconds, if there was any."""
        if self._since is not None:
            log.warning("%s is live again after %s", self._name, span(at - self._since))
            self._since = None


def span(seconds: float) -> str:
    """A length of time, as people say it."""
    return f"{round(seconds, 1):g} s"
