"""`sessions replay` from end to end: sessions made by hand, and real ones."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livesegment.compositing.look import Look, Style, compose
from livesegment.frame import Frame, Image
from livesegment.segmenters.recorded import instances
from livesegment.sessions.session import Session
from livesegment.sources.excerpt import PacedSource
from tests.cli.runner import Cli, Ended
from tests.sessions.made import LABELS, make_session
from tests.sources.films import film

pytestmark = pytest.mark.wheel


def rows(path: Path) -> list[dict[str, Any]]:
    """The lines of a JSON lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def classes(lines: list[dict[str, Any]]) -> set[str]:
    return {found["class"] for line in lines for found in line["instances"]}


def images(path: Path) -> list[Image]:
    """Every picture of a video."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    found = []
    while True:
        arrived, image = capture.read()
        if not arrived:
            break
        found.append(np.asarray(image, np.uint8))
    capture.release()
    return found


def distance(one: Image, other: Image) -> float:
    """Mean difference of two pictures, in steps of grey."""
    return float(np.abs(one.astype(float) - other).mean())


def test_a_replay_finds_what_was_recorded(cli: Cli, tmp_path: Path) -> None:
    """Track ids and all; only when it is said is new."""
    session = make_session(tmp_path / "sessions", frames=8)
    ended = cli("sessions", "replay", session, "--headless", "--jsonl", tmp_path / "f.jsonl")
    assert ended.code == 0, ended.err
    assert "recorded by colour-shapes on OpenCV on cpu" in ended.err
    before, after = rows(session / "frames.jsonl"), rows(tmp_path / "f.jsonl")
    same = ("frame", "pts", "key_frame", "mask_age", "width", "height", "instances")
    assert [[line[key] for key in same] for line in after] == [
        [line[key] for key in same] for line in before
    ]


@pytest.mark.parametrize("style", ["fill", "cutout"])
def test_a_replay_draws_on_the_raw_picture(style: str, cli: Cli, tmp_path: Path) -> None:
    session = make_session(tmp_path / "sessions", frames=4, segments=2, size=(320, 240))
    ended = cli(
        *("sessions", "replay", "latest", "--in", tmp_path / "sessions", "--headless", "-q"),
        *("--style", style, "--to", tmp_path / "out.mkv", "--codec", "mjpeg", "--min-free", "0"),
    )
    assert (ended.code, ended.err) == (0, "")
    raw = images(session / "raw-0001.mkv") + images(session / "raw-0002.mkv")
    drawn = images(tmp_path / "out.mkv")
    assert len(drawn) == len(raw) == 4
    for line, image, picture in zip(Session.open(session).lines(), raw, drawn, strict=True):
        expected = compose(image, instances(line, line.size), LABELS, Look(style=Style(style)))
        assert distance(picture, expected) < distance(picture, image) / 4


def test_a_replay_can_be_recorded(cli: Cli, tmp_path: Path) -> None:
    """Its manifest says what it was made of."""
    session = make_session(tmp_path / "sessions", frames=6)
    ended = cli(
        *("sessions", "replay", session, "--headless", "--classes", "green"),
        *("--record", tmp_path / "again", "--codec", "mjpeg", "--min-free", "0"),
    )
    assert ended.code == 0, ended.err
    (made,) = (tmp_path / "again").iterdir()
    manifest = json.loads((made / "manifest.json").read_text("utf-8"))
    assert manifest["replay_of"] == session.name
    assert manifest["model"] == "colour-shapes"
    assert manifest["runs_on"] == "recorded by colour-shapes on OpenCV on cpu"
    assert manifest["labels"] == list(LABELS)
    assert manifest["frames"] == 6
    before, after = rows(session / "frames.jsonl"), rows(made / "frames.jsonl")
    assert [line["clock"] for line in after] == [line["clock"] for line in before]
    assert classes(after) == {"green"}


def test_what_a_kill_left_behind_can_be_replayed(cli: Cli, tmp_path: Path) -> None:
    session = make_session(tmp_path / "s", frames=9, segments=2, finished=False)
    ended = cli("sessions", "replay", session, "--headless", "-q", "--jsonl", "-")
    assert ended.code == 0, ended.err
    assert len(ended.out.splitlines()) == 9


def test_a_higher_score_leaves_less(cli: Cli, tmp_path: Path) -> None:
    session = make_session(tmp_path / "s", frames=3)
    lines = tmp_path / "f.jsonl"
    assert cli("sessions", "replay", session, "--headless", "-q", "--jsonl", lines).code == 0
    assert classes(rows(lines)) == {"red", "green"}
    ended = cli(
        *("sessions", "replay", session, "--headless", "-q", "--jsonl", lines, "--score", "0.7")
    )
    assert (ended.code, ended.err) == (0, "")
    assert classes(rows(lines)) == {"red"}


def test_a_lower_score_than_was_recorded_brings_nothing_back_and_says_so(
    cli: Cli, tmp_path: Path
) -> None:
    session = make_session(tmp_path / "s", frames=3)
    ended = cli("sessions", "replay", session, "--headless", "--score", "0.2")
    assert ended.code == 0
    assert "--score 0.2 brings nothing back: objects up to 0.5 were not recorded" in ended.err


def test_a_class_that_the_model_did_not_know_is_refused_with_the_nearest(
    cli: Cli, tmp_path: Path
) -> None:
    session = make_session(tmp_path / "s", frames=3)
    ended = cli("sessions", "replay", session, "--headless", "--classes", "grean")
    assert ended.code == 2
    assert ended.complaint == [
        "error: the model has no class 'grean'",
        "hint: did you mean 'green'?",
    ]


def test_without_raw_video_there_is_nothing_to_draw_on(cli: Cli, tmp_path: Path) -> None:
    session = make_session(tmp_path / "s", frames=3, raw=False)
    ended = cli("sessions", "replay", session, "--headless")
    assert ended.code == 3
    assert len(ended.complaint) == 2
    assert "no raw video" in ended.complaint[0]
    assert "--record-raw" in ended.complaint[1]
    assert "--source FILE" in ended.complaint[1]


def test_the_film_it_was_made_of_can_stand_in(cli: Cli, tmp_path: Path) -> None:
    session = make_session(tmp_path / "s", frames=3, raw=False, live=False)
    original = film(tmp_path / "film.avi", 10)
    ended = cli(
        *("sessions", "replay", session, "--headless", "-q", "--source", original),
        *("--jsonl", "-"),
    )
    assert ended.code == 0, ended.err
    assert [json.loads(line)["frame"] for line in ended.out.splitlines()] == [0, 1, 2]


@pytest.mark.parametrize(
    ("limit", "count"), [(("--max-frames", "4"), 4), (("--duration", "0.25s"), 3)]
)
def test_limits_count_from_the_sessions_first_picture(
    limit: tuple[str, str], count: int, cli: Cli, tmp_path: Path
) -> None:
    """Whose index and time need not be 0."""
    session = make_session(tmp_path / "s", frames=8, fps=10)
    lines = rows(session / "frames.jsonl")
    for line in lines:
        line["frame"] += 700
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (session / "frames.jsonl").write_text(text, "utf-8")
    ended = cli("sessions", "replay", session, "--headless", "-q", "--jsonl", "-", *limit)
    assert ended.code == 0, ended.err
    assert len(ended.out.splitlines()) == count


@pytest.mark.parametrize(("flags", "waits"), [(("--realtime",), 3), ((), 0)])
def test_only_in_real_time_frames_are_waited_for(
    flags: tuple[str, ...],
    waits: int,
    cli: Cli,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a window, that is."""
    paced: list[int] = []

    class Watched(PacedSource):
        def read(self) -> Frame | None:
            frame = super().read()
            paced.extend([] if frame is None else [frame.index])
            return frame

    monkeypatch.setattr("livesegment.sources.excerpt.PacedSource", Watched)
    session = make_session(tmp_path / "s", frames=3, fps=100)
    assert cli("sessions", "replay", session, "--headless", "-q", *flags).code == 0
    assert len(paced) == waits


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(("--jsonl", "frames.jsonl"), id="its lines"),
        pytest.param(("--to", "raw-0001.mkv"), id="its video"),
    ],
)
def test_a_replay_never_writes_over_what_it_reads(
    target: tuple[str, str], cli: Cli, tmp_path: Path
) -> None:
    session = make_session(tmp_path / "s", frames=3)
    before = {path.name: path.read_bytes() for path in session.iterdir()}
    flag, name = target
    ended = cli("sessions", "replay", session, "--headless", flag, session / name)
    assert ended.code == 2
    assert "inside of the session" in ended.complaint[0]
    assert {path.name: path.read_bytes() for path in session.iterdir()} == before


def test_the_film_is_matroska(cli: Cli, tmp_path: Path) -> None:
    session = make_session(tmp_path / "s", frames=3)
    ended = cli("sessions", "replay", session, "--headless", "--to", tmp_path / "out.mp4")
    assert ended.code == 2
    assert "ffmpeg -i" in ended.complaint[1]


def test_a_manifest_steers_no_terminal(cli: Cli, tmp_path: Path) -> None:
    session = make_session(tmp_path / "s", frames=3)
    manifest = json.loads((session / "manifest.json").read_text("utf-8"))
    manifest |= {"source": "a\x1b]0;b\x07", "model": "c\x1b[2J"}
    (session / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    ended = cli("sessions", "replay", session, "--headless")
    assert ended.code == 0
    assert "\x1b" not in ended.err


def test_a_recording_is_replayed_as_it_was_seen(cli: Cli, tmp_path: Path) -> None:
    """The real thing: a run that records both pictures, and the same picture made anew."""
    ended = cli(
        *("run", "--source", "synthetic", "--model", "colour-shapes", "--headless", "-q"),
        *("--max-frames", "12", "--record", tmp_path / "s", "--record-raw"),
        *("--codec", "mjpeg", "--min-free", "0"),
    )
    assert (ended.code, ended.err) == (0, "")
    ended = cli(
        *("sessions", "replay", "latest", "--in", tmp_path / "s", "--headless", "-q"),
        *("--jsonl", tmp_path / "f.jsonl"),
        *("--to", tmp_path / "out.mkv", "--codec", "mjpeg", "--min-free", "0"),
    )
    assert (ended.code, ended.err) == (0, "")
    (session,) = (tmp_path / "s").iterdir()
    before, after = rows(session / "frames.jsonl"), rows(tmp_path / "f.jsonl")
    assert len(after) == 12
    assert [line["instances"] for line in after] == [line["instances"] for line in before]
    live, anew = images(session / "overlay-0001.mkv"), images(tmp_path / "out.mkv")
    for seen, made in zip(live, anew, strict=True):
        assert distance(seen, made) < 3  # once more through JPEG


def replayed(cli: Cli, session: Path, to: Path, *more: str | Path) -> Ended:
    words = ("sessions", "replay", session, "--headless", "--to", to, "--codec", "mjpeg")
    return cli(*words, "--min-free", "0", *more)


def test_a_file_that_is_there_is_replaced_only_if_that_is_said(cli: Cli, tmp_path: Path) -> None:
    session, to = make_session(tmp_path / "s", frames=3), tmp_path / "out.mkv"
    to.write_bytes(b"before")
    ended = replayed(cli, session, to)
    assert (ended.code, "is there already" in ended.complaint[0]) == (2, True)
    assert "--overwrite" in ended.complaint[1]
    assert to.read_bytes() == b"before"
    ended = replayed(cli, session, to, "--overwrite")
    assert ended.code == 0, ended.err
    assert len(images(to)) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mkv", "s"]


@pytest.mark.parametrize("kind", ["hard link", "link", "itself"])
@pytest.mark.parametrize("more", [(), ("--overwrite",)])
def test_the_source_that_is_read_is_never_written_over(
    more: tuple[str, ...], kind: str, cli: Cli, tmp_path: Path
) -> None:
    session = make_session(tmp_path / "s", frames=3, raw=False, live=False)
    source = film(tmp_path / "film.avi", 10).rename(tmp_path / "film.mkv")
    to = source if kind == "itself" else tmp_path / "out.mkv"
    if kind == "hard link":
        to.hardlink_to(source)
    elif kind == "link":
        to.symlink_to(source)
    before = source.read_bytes()
    ended = replayed(cli, session, to, "--source", source, *more)
    assert (ended.code, "is what is read" in ended.complaint[0]) == (2, True)
    assert source.read_bytes() == before


@pytest.mark.parametrize("flag", ["--to", "--jsonl"])
def test_what_a_link_outside_leads_to_is_never_written_over(
    flag: str, cli: Cli, tmp_path: Path
) -> None:
    session = make_session(tmp_path / "s", frames=3)
    target = tmp_path / "out.mkv"
    target.hardlink_to(session / ("raw-0001.mkv" if flag == "--to" else "frames.jsonl"))
    before = target.read_bytes()
    more = ("--overwrite",) if flag == "--to" else ()
    ended = cli("sessions", "replay", session, "--headless", flag, target, *more)
    assert (ended.code, target.read_bytes()) == (2, before)


def test_a_typo_in_the_path_makes_no_folder(cli: Cli, tmp_path: Path) -> None:
    session = make_session(tmp_path / "s", frames=3)
    ended = replayed(cli, session, tmp_path / "typo" / "out.mkv")
    assert (ended.code, "there is no folder" in ended.complaint[0]) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_lines_that_cannot_be_read_are_said(cli: Cli, tmp_path: Path) -> None:
    session = make_session(tmp_path / "s", frames=6)
    lines = rows(session / "frames.jsonl")
    lines[1]["instances"][0]["class_id"] = 10**12
    lines[3]["clock"] = float("inf")
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (session / "frames.jsonl").write_text(text, "utf-8")
    ended = cli("sessions", "replay", session, "--headless", "--jsonl", tmp_path / "f.jsonl")
    assert ended.code == 0, ended.err
    assert "2 lines of frames.jsonl left out that cannot be read: line 2:" in ended.err
    found = [len(line["instances"]) for line in rows(tmp_path / "f.jsonl")]
    assert found == [2, 0, 2, 0, 2, 2]
