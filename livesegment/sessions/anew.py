"""The manifest of a session as it is found, out of the old one and of what is there."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from livesegment.sessions.facts import moment, number, objects, texts
from livesegment.sessions.films import Film
from livesegment.sessions.lines import RecordedFrame
from livesegment.sessions.overview import INTERRUPTED, state_of
from livesegment.sessions.timeline import iso

SCHEMA = 2
REPAIRED = "repaired"
BROKEN_OFF = "interrupted (repaired)"
NAME_TIME = "%Y-%m-%dT%H-%M-%SZ"
"""How the name of a session's folder begins."""
NEAR = 0.002
"""Seconds; a picture's time and its line's are both rounded to a millisecond."""


@dataclass(slots=True)
class Story:
    """What the lines of frames.jsonl tell of a session."""

    frames: int = 0
    clocks: "array[float]" = field(default_factory=lambda: array("d"))
    """When each frame was captured, seconds on the session's clock."""
    labels: dict[int, str] = field(default_factory=dict)
    """Classes that were seen."""
    first: str | None = None
    last: str | None = None
    """Wall-clock time of the first and of the last frame."""

    @property
    def live(self) -> bool:
        """Whether the session's clock went as the wall clock did; that of a film does not."""
        first, last = moment(self.first), moment(self.last)
        if first is None or last is None or not self.clocks:
            return False
        differs = (last - first).total_seconds() - (self.clocks[-1] - self.clocks[0])
        return abs(differs) <= max(0.1, 0.01 * (self.clocks[-1] - self.clocks[0]))

    @classmethod
    def of(cls, frames: Iterable[RecordedFrame]) -> "Story":
        """Read it out of the lines."""
        story = cls()
        for frame in frames:
            story.frames += 1
            story.clocks.append(frame.clock)
            if moment(frame.time) is not None:
                story.first, story.last = story.first or frame.time, frame.time
            story.labels |= {one.class_id: one.label for one in frame.instances}
        return story


def renewed(
    path: Path,
    old: Mapping[str, Any] | None,
    films: Sequence[Film],
    story: Story,
    events: int,
) -> dict[str, Any]:
    """The manifest of a session that was repaired.

    Args:
        path: the session's folder.
        old: its manifest; None where there is none that can be read.
        films: the overlay and raw videos that are there and whole.
        story: what frames.jsonl tells.
        events: how many there are in events.jsonl.
    """
    facts = dict(old) if old is not None else _made_up(path, films, story)
    ended = state_of(facts, None) != INTERRUPTED
    known = [dict(row) for row in objects(facts.get("videos"))]
    facts |= {"state": REPAIRED, "videos": _videos(known, films, story)}
    kept = {str(row.get("file")) for row in facts["videos"]}
    lost = [name for row in known if (name := str(row.get("file"))) not in kept]
    if lost:
        told = [f"{name}: nothing of it could be saved" for name in lost]
        facts["problems"] = [*texts(facts.get("problems")), *told]
    if not ended:
        facts["ended"] = story.last or _end(facts)
        facts["end_reason"] = BROKEN_OFF
    facts |= {"frames": story.frames, "events": events}
    for key in ("pid", "boot"):
        facts.pop(key, None)
    return facts


def start(film: Film, story: Story, after: float | None) -> float:
    """When a video's first picture was captured, seconds on the session's clock.

    The times of its pictures are those of lines, with the same steps between; where no run of
    lines fits (at a constant rate none need fit), it begins where the one before it ended.

    Args:
        film: the video.
        story: with the clock of every line.
        after: where the video before it ended; None for the first.
    """
    clocks = sorted(story.clocks)
    begin = 0 if after is None else bisect_left(clocks, after - NEAR)
    usual = clocks[0] if clocks and after is None else after or 0.0
    steps = [(ms - film.times[0]) / 1000 for ms in film.times]
    for clock in clocks[begin:] if len(steps) > 1 else ():
        if all(_is_in(clock + step, clocks) for step in steps):
            return round(clock - film.times[0] / 1000, 3)
    return round(usual, 3)


def _is_in(when: float, clocks: Sequence[float]) -> bool:
    place = bisect_left(clocks, when - NEAR)
    return place < len(clocks) and clocks[place] <= when + NEAR


def _videos(
    rows: Sequence[dict[str, Any]], films: Sequence[Film], story: Story
) -> list[dict[str, Any]]:
    """The list of videos: what was known of each, and what was found."""
    by_name = {str(row.get("file")): row for row in rows}
    there = {film.path.name: film for film in films}
    kept = [row for row in rows if str(row.get("file")) in there or "removed" in row]
    missing = sorted(there.keys() - by_name.keys())
    kept += [{"file": name, "kind": name.split("-")[0]} for name in missing]
    ends: dict[str, float] = {}
    for row in kept:
        film, kind = there.get(str(row.get("file"))), str(row.get("kind"))
        if film is not None:
            found = {"codec": film.codec, "width": film.size[0], "height": film.size[1]}
            found["fps"] = film.fps or round(film.frames / max(film.seconds, 0.001), 3)
            row |= {key: value for key, value in found.items() if key not in row}
            row |= {"seconds": round(film.seconds, 3), "frames": film.frames}
            row["bytes"] = film.path.stat().st_size
            if number(row.get("start")) is None:
                row["start"] = start(film, story, ends.get(kind))
        begun, seconds = number(row.get("start")), number(row.get("seconds"))
        if begun is not None and seconds is not None:
            ends[kind] = begun + seconds
    return kept


def _end(facts: Mapping[str, Any]) -> str:
    """When the last video ended, by the wall clock; where there are no lines that say it."""
    ends = [
        (number(video.get("start")) or 0.0) + (number(video.get("seconds")) or 0.0)
        for video in facts["videos"]
    ]
    end, begun, wall = max(ends, default=0.0), 0.0, moment(facts.get("started"))
    for anchor in objects(facts.get("clocks")):
        clock, then = number(anchor.get("clock")), moment(anchor.get("wall"))
        if clock is not None and then is not None and clock <= end:
            begun, wall = clock, then
    return iso((wall or datetime.fromtimestamp(0, UTC)) + timedelta(seconds=end - begun))


def _made_up(path: Path, films: Sequence[Film], story: Story) -> dict[str, Any]:
    """What can be told of a session without its manifest."""
    time, _, source = path.name.partition("_")
    try:
        started = iso(datetime.strptime(time, NAME_TIME).replace(tzinfo=UTC))
    except ValueError:
        source = path.name
        started = story.first or _last_change(film.path for film in films)
    count = max(story.labels, default=-1) + 1
    return {
        "schema": SCHEMA,
        "source": source or "unknown",
        "started": started,
        "live": story.live,
        "labels": [story.labels.get(i, f"class {i}") for i in range(count)],
        "problems": ["the manifest was lost, and made anew from what was there"],
    }


def _last_change(paths: Iterable[Path]) -> str:
    """When the newest of some files was written to."""
    newest = max((path.stat().st_mtime for path in paths), default=0.0)
    return iso(datetime.fromtimestamp(newest, UTC))
