"""What happens to a live source, as JSON lines between those of its frames."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from livesegment.sessions.timeline import iso
from livesegment.sinks.base import Ending, View
from livesegment.sinks.queued_lines import QueuedLines
from livesegment.sources.supervision.health import Health, State, Supervised


class HealthLines:
    """Writes a line whenever the source's state changes, or its reason; see `Sink`.

    Its lines have no `frame`: who wants frames only passes over them.
    """

    stage = "status"

    def __init__(
        self,
        lines: QueuedLines,
        source: Callable[[], Supervised | None],
        name: str | None = None,
    ) -> None:
        """Get ready.

        Args:
            lines: take them.
            source: whose state it is; None where nobody watches over it.
            name: of the source, where there are several.
        """
        self._lines = lines
        self._source = source
        self._name = name
        self._told: Health | None = None

    def write(self, view: View) -> bool:
        """Tell of a change; see `Sink.write`."""
        del view
        return self.idle()

    def idle(self, remade: View | None = None) -> bool:
        """Tell of a change; see `Sink.idle`."""
        del remade
        source = self._source()
        if source is None:
            return True
        health, told = source.health, self._told
        if told is not None and not _is_news(told, health):
            return True
        self._told = health
        named = {} if self._name is None else {"source": self._name}
        return self._lines.tell({"type": "health", **named, **as_row(health)})

    def close(self, ending: Ending) -> None:
        """Nothing is held open; see `Sink.close`."""


def _is_news(told: Health, health: Health) -> bool:
    """Whether something is to be told; that a lost source is tried again is not."""
    if told.state is State.LOST and health.state is State.CONNECTING:
        return False
    return (told.state, told.reason, told.out_since) != (
        health.state,
        health.reason,
        health.out_since,
    )


def as_row(health: Health) -> dict[str, Any]:
    """A state for JSON: when it was entered, why, and how many tries there were."""
    entered = time.time() - (time.monotonic() - health.since)
    return {
        "state": str(health.state),
        "time": iso(datetime.fromtimestamp(entered, UTC)),
        "reason": health.reason,
        "cause": None if health.cause is None else str(health.cause),
        "attempts": health.attempts,
    }
