"""What a viewer is told of a source that is not as it should be."""

from dataclasses import dataclass
from datetime import UTC, datetime

from livesegment.sources.supervision.health import Health, State

PATIENCE = 0.5
"""Seconds; a connection that comes about sooner is not worth a word."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A few lines for the screen."""

    lines: tuple[str, ...]
    """The first one is a heading."""
    stale: bool
    """Whether the picture on screen is an old one, and is dimmed to tell so."""


def notice(health: Health, now: float, wall: float) -> Notice | None:
    """What to say of a source; None where all is well.

    Args:
        health: how it is.
        now: monotonic seconds.
        wall: seconds of the time of day, of the same moment.
    """
    seconds = now - (health.out_since or health.since)
    why = health.reason or ""
    match health.state:
        case State.LIVE:
            return Notice((why,), stale=False) if why else None
        case State.FROZEN:
            return Notice((f"FROZEN for {span(seconds)}", *([why] if why else [])), stale=False)
        case State.CONNECTING if health.attempts <= 1:
            return None if seconds < PATIENCE else Notice(("connecting",), stale=True)
        case State.CONNECTING:
            lines = [_lost(seconds, wall), *([why] if why else []), f"try {health.attempts} now"]
            return Notice(tuple(lines), stale=True)
        case State.STALLED:
            return Notice((f"NO PICTURE for {span(seconds)}", *([why] if why else [])), stale=True)
        case State.LOST:
            lines = [_lost(seconds, wall), *([why] if why else [])]
            if health.next_try is not None and health.next_try > now:
                lines.append(f"try {health.attempts + 1} in {span(health.next_try - now)}")
            return Notice(tuple(lines), stale=True)


def _lost(seconds: float, wall: float) -> str:
    since = datetime.fromtimestamp(wall - seconds, UTC).astimezone()
    return f"CAMERA LOST since {since:%H:%M:%S}"


def phrase(health: Health, now: float) -> str:
    """The same in a few words, for a line of status; empty where all is well."""
    why = f": {health.reason}" if health.reason else ""
    if health.state is State.LIVE:
        return health.reason or ""
    tries = f", try {health.attempts}" if health.attempts > 1 else ""
    return f"{health.state} {span(now - (health.out_since or health.since))}{why}{tries}"


def span(seconds: float) -> str:
    """A length of time as people say it: whole seconds, minutes, hours."""
    whole = max(0, round(seconds))
    if whole < 100:
        return f"{whole} s"
    if whole < 100 * 60:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
