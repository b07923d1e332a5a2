"""A viewer is told when the picture is not what the camera sees now, and for how long."""

from datetime import UTC, datetime

import pytest

from livesegment.pipeline.notice import notice, phrase, span
from livesegment.sources.supervision.health import Cause, Health, State

NOW, WALL = 1000.0, 1_700_000_000.0
LOST_AT = f"CAMERA LOST since {datetime.fromtimestamp(WALL - 61, UTC).astimezone():%H:%M:%S}"


def _health(state: State, seconds: float, **about: object) -> Health:
    return Health(state, NOW - seconds, **about)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("health", "lines", "stale"),
    [
        (_health(State.CONNECTING, 2, attempts=1), ("connecting",), True),
        (
            _health(
                State.CONNECTING, 1, attempts=3, reason="connection refused", out_since=NOW - 61
            ),
            (LOST_AT, "connection refused", "try 3 now"),
            True,
        ),
        (_health(State.STALLED, 4.2), ("NO PICTURE for 4 s",), True),
        (_health(State.FROZEN, 130), ("FROZEN for 2 min 10 s",), False),
        (_health(State.LIVE, 60, reason="the picture is blank"), ("the picture is blank",), False),
    ],
)
def test_what_is_wrong_is_said(health: Health, lines: tuple[str, ...], stale: bool) -> None:
    told = notice(health, NOW, WALL)
    assert told is not None
    assert (told.lines, told.stale) == (lines, stale)


def test_a_lost_camera_says_since_when_why_and_when_it_is_tried_again() -> None:
    lost = _health(
        State.LOST,
        2,
        out_since=NOW - 61,
        reason="connection refused",
        cause=Cause.REFUSED,
        attempts=4,
        next_try=NOW + 3,
    )
    told = notice(lost, NOW, WALL)
    assert told is not None
    heading, why, after = told.lines
    assert heading == LOST_AT
    assert (why, after) == ("connection refused", "try 5 in 3 s")
    assert told.stale


def test_of_what_is_well_nothing_is_said() -> None:
    assert notice(_health(State.LIVE, 60), NOW, WALL) is None
    assert phrase(_health(State.LIVE, 60), NOW) == ""


def test_a_quick_connection_is_not_worth_a_word() -> None:
    assert notice(_health(State.CONNECTING, 0.2, attempts=1), NOW, WALL) is None


def test_a_line_of_status_has_it_in_a_few_words() -> None:
    lost = _health(State.LOST, 4, reason="connection refused", attempts=2)
    assert phrase(lost, NOW) == "lost 4 s: connection refused, try 2"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (0.4, "0 s"), (99, "99 s"), (100, "1 min 40 s"), (7300, "2 h 1 min")],
)
def test_lengths_of_time(seconds: float, text: str) -> None:
    assert span(seconds) == text
