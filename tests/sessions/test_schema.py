"""The JSON Schemas, and sessions held against them."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livesegment.sessions.repair import repair
from livesegment.sessions.schema import KINDS, Kind, schema
from livesegment.sessions.session import Session
from tests.sessions.made import line, make_session, square_and_disc

jsonschema = pytest.importorskip("jsonschema")

EVENT = {
    "type": "end",
    "id": "1700000000.000-abc123",
    "condition": "person>=1",
    "clock": 12.5,
    "time": "2026-11-23T08:30:12.500Z",
    "frame": 125,
    "start": 10.0,
    "end": 12.0,
    "classes": {"person": 2},
    "track_ids": [1, 2],
    "best": {"frame": 110, "clock": 11.0, "score": 0.9, "picture": "clips/event-0001.jpg"},
    "clip": "clips/event-0001.mkv",
}


def wrong(kind: Kind, value: object) -> list[str]:
    """What a schema finds wrong with a value."""
    validator = jsonschema.Draft202012Validator(schema(kind))
    return [error.message for error in validator.iter_errors(value)]


@pytest.fixture
def manifest(tmp_path: Path) -> dict[str, Any]:
    return dict(Session.open(make_session(tmp_path, frames=3)).manifest)


@pytest.mark.parametrize("kind", KINDS)
def test_the_schemas_are_schemas(kind: Kind) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))


@pytest.mark.parametrize("finished", [True, False])
def test_manifests_of_sessions_are_valid(tmp_path: Path, finished: bool) -> None:
    path = make_session(tmp_path, frames=3, finished=finished)
    assert wrong("manifest", Session.open(path).manifest) == []


@pytest.mark.parametrize("lost", [True, False])
def test_manifests_of_repaired_sessions_are_valid(tmp_path: Path, lost: bool) -> None:
    path = make_session(tmp_path, frames=3, finished=False)
    if lost:
        (path / "manifest.json").unlink()
    repair(path)
    assert wrong("manifest", Session.open(path).manifest) == []


def test_lines_are_valid(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=3)
    lines = (path / "frames.jsonl").read_text("utf-8").splitlines()
    assert [wrong("frame", json.loads(line)) for line in lines] == [[], [], []]


@pytest.mark.parametrize("told", ["new", "update", "end"])
def test_events_are_valid(told: str) -> None:
    assert wrong("event", EVENT | {"type": told, "end": 12.0 if told == "end" else None}) == []


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts.pop("source"),
        lambda facts: facts.pop("videos"),
        lambda facts: facts.pop("ended"),
        lambda facts: facts.update(schema=1),
        lambda facts: facts.update(state="done"),
        lambda facts: facts.update(state="recording"),
        lambda facts: facts.update(started="yesterday"),
        lambda facts: facts["videos"][0].pop("start"),
        lambda facts: facts["videos"][0].pop("frames"),
        lambda facts: facts["videos"][0].update(file="../overlay.mkv"),
        lambda facts: facts["videos"][0].update(kind="other"),
        lambda facts: facts.update(dropped=-1),
    ],
)
def test_wrong_manifests_are_told(manifest: dict[str, Any], change: Change) -> None:
    facts = copy.deepcopy(manifest)
    change(facts)
    assert wrong("manifest", facts)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.pop("clock"),
        lambda frame: frame.update(frame=-1),
        lambda frame: frame.update(key_frame=None),
        lambda frame: frame["instances"][0].update(bbox=[1, 2, 3]),
        lambda frame: frame["instances"][0]["segmentation"].update(counts="~"),
        lambda frame: frame["instances"][0].update(score=1.5),
    ],
)
def test_wrong_lines_are_told(change: Change) -> None:
    frame = line(0, square_and_disc(0, (64, 48)), (64, 48), 10.0)
    change(frame)
    assert wrong("frame", frame)


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.update(type="begin"),
        lambda event: event.pop("id"),
        lambda event: event.update(end=None),
        lambda event: event.update(classes={"person": "two"}),
    ],
)
def test_wrong_events_are_told(change: Change) -> None:
    event = copy.deepcopy(EVENT)
    change(event)
    assert wrong("event", event)


@pytest.mark.parametrize("kind", KINDS)
def test_keys_that_are_not_known_yet_are_allowed(kind: Kind, manifest: dict[str, Any]) -> None:
    frame = line(0, [], (64, 48), 10.0)
    value = {"manifest": manifest, "frame": frame, "event": EVENT}[kind]
    assert wrong(kind, json.loads(json.dumps(value)) | {"weather": "rain"}) == []
