"""The program on streams that fail: each row of docs/adversity.md that speaks of its output."""

import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import cv2
import pytest

from livesegment.sessions.schema import schema
from tests.cli.program import START, Line, Program, everything, program
from tests.servers.credentials import Asking, Credentials
from tests.servers.mjpeg import MjpegServer
from tests.servers.patience import until
from tests.servers.rtsp import RtspServer

PASSWORD = "a#b@c/?"  # noqa: S105 -- a test's


def _epochs(lines: Iterable[Line]) -> list[int]:
    return [line.get("epoch", 0) for line in lines]


def _sizes(running: Program) -> list[tuple[int, int]]:
    """(width, height) of each recorded file, in order."""
    sizes = []
    for path in sorted(running.session.glob("overlay-*.mkv")):
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        arrived, picture = capture.read()
        capture.release()
        assert arrived
        sizes.append((picture.shape[1], picture.shape[0]))
    return sizes


def test_a_stall_is_over_in_the_same_session_and_connection(tmp_path: Path) -> None:
    with RtspServer() as server, program(server.url(), tmp_path) as running:
        running.until_line(lambda line: line["instances"])
        server.silent.set()
        count, lines = server.programme.count, len(running.lines)
        with pytest.raises(AssertionError, match="in vain"):
            until(lambda: len(running.lines) > lines + 60, 2.5)
        server.silent.clear()
        until(lambda: server.programme.count > count)
        running.until_line()
        assert running.end().code == 130
        assert set(_epochs(running.lines)) == {0}
        states = [entry["state"] for entry in running.manifest["health"]]
    assert "stalled" in states
    assert "lost" not in states


def _assert_valid(running: Program) -> None:
    """The session is as its schemas have it."""
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(running.manifest, schema("manifest"))
    for text in (running.session / "frames.jsonl").read_text("utf-8").splitlines():
        jsonschema.validate(json.loads(text), schema("frame"))


def test_a_restart_with_another_size_goes_on_in_the_same_session(tmp_path: Path) -> None:
    with RtspServer() as server, program(server.url(), tmp_path) as running:
        running.until_line()
        server.go_down()
        server.programme.size = (640, 360)
        server.come_up()
        running.until_line(lambda line: line["width"] == 640)
        assert running.end().code == 130
        frames = [line["frame"] for line in running.lines]
        clocks = [
            json.loads(text)["clock"]
            for text in (running.session / "frames.jsonl").read_text("utf-8").splitlines()
        ]
        assert set(_epochs(running.lines)) == {0, 1}
        assert frames == sorted(set(frames))
        assert clocks == sorted(set(clocks))
        assert _sizes(running) == [(320, 240), (640, 360)]
        _assert_valid(running)
    assert "live again" in running.err


def test_black_pictures_after_a_connect_are_not_segmented_or_recorded(tmp_path: Path) -> None:
    with RtspServer() as server:
        server.programme.black = 80
        with program(server.url(), tmp_path) as running:
            running.until_line(lambda line: line["frame"] > 5)
            running.end()
            (film,) = running.session.glob("overlay-*.mkv")
            capture = cv2.VideoCapture(str(film), cv2.CAP_FFMPEG)
            arrived, picture = capture.read()
            capture.release()
    assert arrived
    assert picture.mean() > 40


def test_a_frozen_picture_is_told(tmp_path: Path) -> None:
    with (
        MjpegServer() as server,
        program(server.url(), tmp_path, "--frozen-after", "1s") as running,
    ):
        running.until_line()
        server.programme.frozen = True
        running.until_line(lambda line: line.get("state") == "frozen")
        server.programme.frozen = False
        running.until_line(lambda line: line.get("state") == "live")
        assert running.end().code == 130
    assert "frozen" in running.err


@pytest.mark.parametrize(
    ("credentials", "path", "said"),
    [
        ("admin:wr0ng", "/live", "user or password is wrong"),
        ("", "/live", "wants a user and a password"),
        ("admin:s3cret", "/other", "no such stream"),
    ],
)
def test_a_wrong_password_or_path_is_said_and_ends_the_program(
    credentials: str, path: str, said: str, tmp_path: Path
) -> None:
    with RtspServer(credentials=Credentials("admin", "s3cret", Asking.DIGEST)) as server:
        running = Program(server.url(credentials, path), tmp_path)
        ended = running.end(None)
    assert ended.code == 3
    assert len(ended.complaint) == 2
    assert said in ended.complaint[0]
    assert "wr0ng" not in ended.err
    assert "s3cret" not in ended.err


@pytest.mark.parametrize("asking", list(Asking))
def test_a_password_of_special_signs_works_and_appears_nowhere(
    asking: Asking, tmp_path: Path
) -> None:
    """As it is typed, to the server; in no output, file, title or list of processes."""
    with RtspServer(credentials=Credentials("admin", PASSWORD, asking)) as server:
        url = server.url(f"admin:{PASSWORD}")
        with program(url, tmp_path, "--verbose", "--record-raw") as running:
            running.until_line()
            seen = running.command_line
            server.go_down()
            until(lambda: "lost" in running.err)
            server.come_up()
            running.until_line(lambda line: line.get("epoch") == 1)
            seen += Path(f"/proc/{running.process.pid}/comm").read_bytes()
            ended = running.end()
        seen += ended.out.encode() + ended.err.encode() + everything(tmp_path)
    assert ended.code == 130
    assert running.session.name.encode() in seen
    for secret in (PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD)):
        assert secret.encode() not in seen


def test_ctrl_c_is_heeded_while_a_server_never_answers(tmp_path: Path) -> None:
    with RtspServer() as server:
        server.trouble.mute = True
        running = Program(server.url(), tmp_path)
        until(lambda: server.met, START)
        assert running.end().code == 130


def test_a_server_that_is_not_there_is_tried_and_given_up(tmp_path: Path) -> None:
    with RtspServer() as server:
        server.go_down()
        running = Program(server.url(), tmp_path, "--retry", "2")
        ended = running.end(None)
    assert ended.code == 3
    assert "refuses" in ended.complaint[0]
    assert not list(tmp_path.glob("out/*"))
