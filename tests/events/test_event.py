"""What is told of an event."""

import re
from datetime import UTC, datetime

from livesegment.events.event import MOST_TRACK_IDS, Event, Told, new_id
from livesegment.events.parser import parse
from tests.events.seen import LABELS, moment, tally

TIME = "2026-11-23T14:05:09.123Z"


def event(text: str = "person>=1") -> Event:
    return Event(parse(text, LABELS), 3, "1763906709.123-abcdef", 2.0, 2.0)


def test_a_line_tells_all_that_is_known() -> None:
    one = event()
    one.see(moment(2.0), tally("person", "car", "person", scores=[0.7, 0.9, 0.8]), b"2")
    one.last = 2.2
    assert one.line(Told.NEW, moment(2.0), TIME) == {
        "type": "new",
        "id": "1763906709.123-abcdef",
        "condition": "person>=1",
        "clock": 2.0,
        "time": TIME,
        "frame": 50,
        "start": 2.0,
        "end": None,
        "classes": {"person": 2},
        "track_ids": [1, 3],
        "tracks": 2,
        "best": {"frame": 50, "clock": 2.0, "score": 0.8, "picture": "clips/event-0003.jpg"},
        "clip": "clips/event-0003.mkv",
    }
    assert one.line(Told.END, moment(7.0), TIME)["end"] == 2.2


def test_classes_are_the_most_that_were_there_at_once() -> None:
    one = event("any")
    one.see(moment(0), tally("person", "car"), b"")
    one.see(moment(1), tally("person", "person"), b"")
    one.see(moment(2), tally("car"), b"")
    assert one.counts == {"person": 2, "car": 1}


def test_the_best_picture_is_the_first_of_the_best_score() -> None:
    one = event()
    for clock, score in enumerate([0.6, 0.9, 0.9, 0.7]):
        one.see(moment(clock), tally("person", scores=[score]), b"%d" % clock)
    assert one.best is not None
    assert (one.best.clock, one.best.score, one.best.jpeg) == (1, 0.9, b"1")


def test_an_event_of_nothing_there_has_a_picture_without_a_score() -> None:
    one = event("not person")
    one.see(moment(4), tally("car"), b"4")
    one.see(moment(5), tally("car"), b"5")
    line = one.line(Told.NEW, moment(5), TIME)
    assert line["classes"] == {}
    assert (line["best"]["clock"], line["best"]["score"]) == (4, None)


def test_news_is_due_once_a_second_and_only_where_there_is_some() -> None:
    one = event()
    one.see(moment(0), tally("person"), b"")
    one.line(Told.NEW, moment(0), TIME)
    one.see(moment(2), tally("person"), b"")
    assert not one.due(2)  # all is as it was
    one.see(moment(2.1), tally("person", "person"), b"")
    assert one.due(2.1)
    one.line(Told.UPDATE, moment(2.1), TIME)
    one.see(moment(2.5), tally("person", ids=[9]), b"")
    assert not one.due(2.5)
    assert one.due(3.1)


def test_of_many_tracks_the_newest_are_listed() -> None:
    one = event()
    for number in range(1, 301):
        one.see(moment(number), tally("person", ids=[number]), b"")
    line = one.line(Told.END, moment(301), TIME)
    assert line["track_ids"] == list(range(301 - MOST_TRACK_IDS, 301))
    assert line["tracks"] == 300


def test_ids_tell_the_time_and_are_never_the_same() -> None:
    stamp = datetime(2026, 11, 23, 14, 5, 9, 123000, UTC).timestamp()
    ids = {new_id(TIME) for _ in range(50)}
    assert len(ids) == 50
    assert all(re.fullmatch(rf"{stamp:.3f}-[0-9a-f]{{6}}", one) for one in ids)
