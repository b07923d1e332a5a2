"""Events as they are written and passed on."""

import json
import threading
from pathlib import Path

import pytest

from livesegment.errors import SinkError
from livesegment.events.event import Event
from livesegment.events.hooks import Hooks, Message
from livesegment.events.parser import parse
from livesegment.events.report import Report
from tests.events.seen import LABELS, moment, tally


class Ear:
    """Hears what it is told."""

    name = "ear"

    def __init__(self) -> None:
        self.heard: list[Message] = []

    def deliver(self, message: Message, stop: threading.Event) -> None:
        self.heard.append(message)


def event() -> Event:
    one = Event(parse("person", LABELS), 1, "17.5-abcdef", 2.0, 2.0)
    one.see(moment(2.0), tally("person"), b"jpeg")
    return one


def test_an_event_is_told_from_beginning_to_end(tmp_path: Path) -> None:
    ear = Ear()
    hooks = Hooks([ear])
    report, one = Report(tmp_path, hooks), event()
    report.begins(one, moment(2.0))
    report.changes(one, moment(3.0))
    report.ends(one, moment(4.0), [{"file": "clips/event-0001.mkv", "frames": 3}])
    report.close()
    hooks.close()
    told = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [line["type"] for line in told] == ["new", "update", "end"]
    assert told[2]["clips"] == [{"file": "clips/event-0001.mkv", "frames": 3}]
    assert [message.type for message in ear.heard] == ["new", "end"]
    assert (tmp_path / "clips" / "event-0001.jpg").read_bytes() == b"jpeg"
    assert len(list((tmp_path / "clips").iterdir())) == 1


def test_an_event_whose_clip_could_not_be_written_has_none(tmp_path: Path) -> None:
    ear = Ear()
    hooks = Hooks([ear])
    report = Report(tmp_path, hooks)
    report.ends(event(), moment(4.0), [])
    report.close()
    hooks.close()
    assert json.loads((tmp_path / "events.jsonl").read_text())["clip"] is None
    assert ear.heard[0].clip is None


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "clips").write_text("no folder")
    with pytest.raises(SinkError, match=r"cannot write .*event-0001\.jpg"):
        Report(tmp_path, Hooks()).begins(event(), moment(2.0))
