"""What a manifest says, as far as it can be believed."""

from pathlib import Path
from typing import Any

import pytest

from livesegment.errors import SourceError
from livesegment.sessions.facts import LARGEST, MOST_VALUES
from livesegment.sessions.manifest import Manifest, VideoFacts, read
from livesegment.sessions.overview import overviews
from livesegment.sessions.session import Session
from tests.sessions.made import LABELS, STARTED, make_session, plant

ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 1e12, 2**70, 10**400, float("inf"), float("nan")),
    *("", "x", "a" * 5000, "\ud800", [], [1], [[]], [{}], {}, {"a": 1}),
)


def test_all_that_is_gone_by(tmp_path: Path) -> None:
    facts = Manifest.of(read(make_session(tmp_path, frames=4, fps=10.0)))
    assert (facts.schema, facts.source, facts.live, facts.model) == (
        *(2, "camera 0", True),
        "colour-shapes",
    )
    assert (facts.labels, facts.started, facts.frames) == (LABELS, STARTED, 4)
    overlay, _ = facts.videos
    assert (overlay.file, overlay.kind, overlay.codec) == ("overlay-0001.mkv", "overlay", "mjpeg")
    assert (overlay.start, overlay.seconds, overlay.frames) == (0.5, 0.4, 4)
    assert (overlay.size, overlay.fps, overlay.removed) == ((64, 48), 10.0, False)


def test_the_first_schema_says_less() -> None:
    facts = Manifest.of({"source": "camera 0", "live": True})
    assert (facts.schema, facts.live, facts.labels, facts.videos) == (1, True, (), ())


@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_is_not_there(odd: Any) -> None:
    keys = ("schema", "source", "model", "runs_on", "labels", "started", "ended", "frames")
    facts = Manifest.of(dict.fromkeys((*keys, "end_reason", "videos", "live"), odd))
    assert 1 <= facts.schema <= 2**53
    assert facts.frames is None or 0 <= facts.frames <= 2**53
    assert facts.started is facts.ended is None
    assert facts.live is (odd is True)
    for text in (facts.source, facts.model, facts.runs_on, facts.end_reason, *facts.labels):
        assert len(text.encode()) < 5000


@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_of_a_video_is_not_there(odd: Any) -> None:
    keys = ("file", "kind", "codec", "start", "seconds", "frames", "bytes", "width", "height")
    facts = VideoFacts.of(dict.fromkeys((*keys, "fps"), odd))
    assert len(facts.file) <= 200
    for value, most in ((facts.start, 1e10), (facts.seconds, 1e10), (facts.fps, 1e5)):
        assert value is None or abs(value) <= most
    assert facts.size is None or 0 < facts.size[0] == facts.size[1] < 2**16


@pytest.mark.parametrize("name", ["../secret.mkv", "..", ".", "", "/etc/passwd", "a/../../b", "\0"])
def test_a_video_is_looked_for_in_the_folder_only(name: str, tmp_path: Path) -> None:
    for place in ("secret.mkv", "session/passwd/", "session.part", "session/b/"):
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True)
        path.mkdir() if place.endswith("/") else path.touch()
    assert Session(tmp_path / "session", {"videos": [{"file": name}]}).videos() == []


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder"])
def test_what_is_no_file_is_a_row_with_the_reason(kind: str, tmp_path: Path) -> None:
    path = make_session(tmp_path / "sessions", frames=1)
    other = make_session(tmp_path / "others", frames=1) / "manifest.json"
    plant(kind, path / "manifest.json", other if kind == "link" else tmp_path / "none")
    (row,) = overviews(tmp_path / "sessions")
    assert (row.state, row.frames) == ("damaged", None)
    assert f"is a {'link' if kind == 'dangling' else kind}" in row.problem
    with pytest.raises(SourceError, match="cannot be read: is a"):
        Session.open(path)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_video_that_is_no_file_is_none(kind: str, tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=2)
    (path / "raw-0001.mkv").rename(tmp_path / "moved.mkv")
    plant(kind, path / "raw-0001.mkv", tmp_path / "moved.mkv")
    assert Session.open(path).videos("raw") == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b" " * (LARGEST + 1) + b"{}", id="bytes"),
        pytest.param(b'{"a":[' + b"[]," * MOST_VALUES + b"0]}", id="values"),
        pytest.param(b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}", id="depth"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="digits"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"\xff{}", id="no text"),
    ],
)
def test_what_is_too_large_or_no_json_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(data)
    with pytest.raises(SourceError, match="cannot be read: "):
        Session.open(tmp_path)


def test_what_is_within_bounds_stays_as_it_is(tmp_path: Path) -> None:
    """Also what this version knows nothing of."""
    text = (
        '{"schema": 9, "new": {"a": [1, 2.5, null, true, "\u00e9"]}, "deep": ' + "[" * 9 + "]" * 9
    )
    (tmp_path / "manifest.json").write_text(
        text + ', "huge": 1e999, "none": NaN, "long": "' + "a" * 5000 + '"}', "utf-8"
    )
    found = read(tmp_path)
    assert found["schema"] == 9
    assert found["new"] == {"a": [1, 2.5, None, True, "\u00e9"]}
    assert (found["huge"], found["none"], len(found["long"])) == (None, None, 4096)
    assert str(found["deep"]) == "[" * 9 + "]" * 9


def test_a_file_that_is_listed_twice_is_there_once() -> None:
    rows = [{"file": "a.mkv", "start": 1.0}, {"kind": "raw"}, 7, {"file": "a.mkv", "start": 2.0}]
    assert [video.start for video in Manifest.of({"videos": rows}).videos] == [2.0]
