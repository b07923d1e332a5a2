"""What happens to a live source is told in JSON, once for each change."""

import json
from pathlib import Path

from livesegment.cli.health_lines import HealthLines
from livesegment.sinks.base import Ending
from livesegment.sinks.queued_lines import QueuedLines
from livesegment.sources.base import SourceInfo
from livesegment.sources.supervision.health import Cause, Health, HealthLog, State, Tally
from tests.fakes import view


class _Source:
    """A `Supervised` of which the test says how it is."""

    def __init__(self) -> None:
        self.log = HealthLog()
        self.tally = Tally()
        self.info: SourceInfo | None = None

    @property
    def health(self) -> Health:
        return self.log.now

    @property
    def changes(self) -> tuple[Health, ...]:
        return tuple(self.log.changes)


def test_a_change_is_one_line_between_those_of_frames(tmp_path: Path) -> None:
    source, path = _Source(), tmp_path / "lines.jsonl"
    lines = QueuedLines(str(path), alone=True)
    told = HealthLines(lines, lambda: source, "door")
    told.idle()
    told.idle()
    source.log.enter(State.LIVE, attempts=1)
    lines.write(view(0), "door", waits=True, ended=lambda: False)
    told.write(view(0))
    source.log.enter(State.LOST, reason="connection refused", cause=Cause.REFUSED, attempts=2)
    told.idle()
    source.log.enter(State.CONNECTING, reason="connection refused", attempts=3)
    told.idle()  # one more try of many
    source.log.enter(State.LOST, reason="connection refused", cause=Cause.REFUSED, attempts=3)
    told.idle()
    lines.close(Ending.USER)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row.get("state") for row in rows if row.get("type") == "health"] == [
        "connecting",
        "live",
        "lost",
    ]
    lost = rows[-1]
    assert (lost["source"], lost["reason"], lost["cause"], lost["attempts"]) == (
        "door",
        "connection refused",
        "refused",
        2,
    )
    assert lost["time"].endswith("Z")
    assert sum("frame" in row for row in rows) == 1


def test_of_a_film_nothing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    lines = QueuedLines(str(path), alone=True)
    HealthLines(lines, lambda: None).write(view(0))
    lines.close(Ending.USER)
    assert not path.exists()
