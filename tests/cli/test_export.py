"""`sessions export`, as a user types it."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.runner import ROOT, Cli
from tests.sessions.made import make_session, plant

NAME = "2026-11-23T08-30-00Z_camera-0"
WHAT = {
    "coco": ["annotations.json", "results.json"],
    "yolo": ["data.yaml", "images", "labels"],
    "labels": ["classes", "classes.json", "instances"],
}


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where sessions are recorded, with one inside; the working folder is beside."""
    folder = tmp_path / "sessions"
    make_session(folder, frames=6)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.parametrize("form", list(WHAT))
def test_folders_are_named_after_the_session_and_the_format(
    cli: Cli, form: str, sessions: Path
) -> None:
    ended = cli("sessions", "export", "latest", "--format", form)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == f"wrote {NAME}-{form}: 6 frames, 12 instances\n"
    found = sorted(path.name for path in (sessions.parent / f"{NAME}-{form}").iterdir())
    assert found == WHAT[form]


@pytest.mark.parametrize(
    ("form", "what"), [("csv", "6 frames, 12 instances"), ("mp4", "6 pictures")]
)
def test_files_are_named_after_the_session(cli: Cli, form: str, what: str, sessions: Path) -> None:
    ended = cli("sessions", "export", NAME, "-f", form)
    assert (ended.code, ended.err) == (0, f"wrote {NAME}.{form}: {what}\n")
    assert (sessions.parent / f"{NAME}.{form}").stat().st_size > 0


def test_a_session_elsewhere_and_a_target_elsewhere_can_be_named(
    cli: Cli, sessions: Path, tmp_path: Path
) -> None:
    target = tmp_path / "deep" / "out.csv"
    target.parent.mkdir()
    assert cli("sessions", "export", sessions / NAME, "-f", "csv", "-o", target).code == 0
    os.rename(sessions, tmp_path / "moved")  # noqa: PTH104 -- a folder
    moved = tmp_path / "moved"
    ended = cli(
        "sessions", "export", "camera", "--in", moved, "-f", "csv", "-o", tmp_path / "b.csv"
    )
    assert ended.code == 0
    assert (tmp_path / "b.csv").read_bytes() == target.read_bytes()


@pytest.mark.usefixtures("sessions")
def test_a_session_that_a_kill_broke_off_is_exported_as_it_is(cli: Cli, tmp_path: Path) -> None:
    make_session(tmp_path / "sessions", frames=6, finished=False, name="broken")
    for form in ("coco", "yolo", "csv", "labels", "mp4"):
        ended = cli("sessions", "export", "broken", "-f", form)
        assert ended.code == 0, ended.err
        assert ": 6 " in ended.err


@pytest.mark.usefixtures("sessions")
def test_time_score_and_classes_choose(cli: Cli, tmp_path: Path) -> None:
    words = ("sessions", "export", "latest", "-f", "csv", "-o")
    for name, flags, lines in (
        ("a", ("--start", "600ms", "--end", "0.8s"), 5),
        ("b", ("--score", "0.7"), 7),
        ("c", ("--classes", "green"), 7),
        ("d", ("--classes", "green", "--score", "0.7"), 1),
    ):
        assert cli(*words, tmp_path / name, *flags).code == 0
        assert len((tmp_path / name).read_text("utf-8").splitlines()) == lines


@pytest.mark.usefixtures("sessions")
def test_yolo_has_pictures_where_there_are_any_and_says_where_not(cli: Cli, tmp_path: Path) -> None:
    cli("sessions", "export", "latest", "-f", "yolo", "-o", tmp_path / "a")
    assert len(list((tmp_path / "a" / "images").iterdir())) == 6
    make_session(tmp_path / "sessions", frames=6, raw=False, name="other")
    ended = cli("sessions", "export", "other", "-f", "yolo", "-o", tmp_path / "b")
    assert list((tmp_path / "b" / "images").iterdir()) == []
    assert "without pictures" in ended.err
    ended = cli(
        "sessions", "export", "other", "-f", "yolo", "-o", tmp_path / "c", "--pictures", "raw"
    )
    assert ended.code == 2
    assert "--pictures overlay" in ended.err


@pytest.mark.usefixtures("sessions")
def test_masks_ids_and_videos_can_be_chosen(cli: Cli, tmp_path: Path) -> None:
    words = ("sessions", "export", "latest")
    assert cli(*words, "-f", "coco", "--masks", "polygon", "--pictures", "overlay").code == 0
    content = json.loads((tmp_path / f"{NAME}-coco" / "annotations.json").read_text("utf-8"))
    assert isinstance(content["annotations"][0]["segmentation"], list)
    assert len(list((tmp_path / f"{NAME}-coco" / "images").iterdir())) == 6
    assert cli(*words, "-f", "labels", "--ids", "rows").code == 0
    assert cli(*words, "-f", "mp4", "--video", "raw").code == 0


@pytest.mark.usefixtures("sessions")
@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("-f", "png"), "--format 'png' is not known"),
        (("-f", "coco", "--masks", "bits"), "--masks 'bits' is not known"),
        (("-f", "coco", "--pictures", "all"), "--pictures 'all' is not known"),
        (("-f", "labels", "--ids", "names"), "--ids 'names' is not known"),
        (("-f", "mp4", "--video", "both"), "--video 'both' is not known"),
        (("-f", "csv", "--masks", "rle"), "--masks has no meaning for --format csv"),
        (("-f", "mp4", "--score", "0.5"), "--score has no meaning for --format mp4"),
        (("-f", "csv", "--classes", "dragon"), "the model has no class 'dragon'"),
        (("-f", "csv", "--start", "soon"), "--start 'soon' is no duration"),
        (("-f", "csv", "--start", "2s", "--end", "1s"), "--end 1s is not after --start 2s"),
        (("-f", "mp4", "-o", "film.mkv"), "the file must be called .mp4"),
        (("-f", "csv", "-o", "sessions"), "sessions is there already"),
    ],
)
def test_what_cannot_be_is_refused(
    cli: Cli, words: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    ended = cli("sessions", "export", "latest", *words)
    assert (ended.code, complaint in ended.complaint[0]) == (2, True), ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["sessions"]


@pytest.mark.usefixtures("sessions")
@pytest.mark.parametrize("form", ["coco", "yolo", "csv", "labels"])
def test_a_session_without_frames_is_one_line(cli: Cli, form: str, tmp_path: Path) -> None:
    make_session(tmp_path / "sessions", frames=6, name="empty", raw=False)
    (tmp_path / "sessions" / "empty" / "frames.jsonl").write_text("")
    ended = cli("sessions", "export", "empty", "-f", form)
    assert (ended.code, ended.err) == (
        3,
        "error: there is nothing to export: empty has no frame\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["sessions"]


@pytest.mark.usefixtures("sessions")
@pytest.mark.parametrize("form", ["coco", "yolo", "csv", "labels"])
def test_lines_that_cannot_be_read_are_left_out_and_said(
    cli: Cli, form: str, tmp_path: Path
) -> None:
    lines = tmp_path / "sessions" / NAME / "frames.jsonl"
    kept = lines.read_text("utf-8").splitlines(keepends=True)
    lines.write_text("".join((*kept[:3], '{"frame":3}\n', *kept[4:])), "utf-8")
    ended = cli("sessions", "export", "latest", "-f", form)
    assert ended.code == 0
    assert ": 5 frames, 10 instances" in ended.err
    assert "1 line of frames.jsonl left out that cannot be read: line 4:" in ended.err


@pytest.mark.usefixtures("sessions")
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "missing"])
@pytest.mark.parametrize("form", ["coco", "yolo", "csv", "labels"])
def test_lines_that_are_no_file_leave_nothing(
    cli: Cli, form: str, kind: str, tmp_path: Path
) -> None:
    lines = tmp_path / "sessions" / NAME / "frames.jsonl"
    plant(kind, lines, lines.rename(tmp_path / "sessions" / "elsewhere"))
    ended = cli("sessions", "export", "latest", "-f", form)
    assert (ended.code, len(ended.complaint)) == (3, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["sessions"]


@pytest.mark.parametrize("form", ["coco", "yolo", "csv", "labels", "mp4"])
def test_a_former_export_is_replaced_if_that_is_said(
    cli: Cli, form: str, sessions: Path, tmp_path: Path
) -> None:
    words = ("sessions", "export", "latest", "-f", form)
    assert cli(*words).code == 0
    make_session(sessions, frames=3, name="9")
    ended = cli("sessions", "export", "9", "-f", form, "-o", cli_target(form), "--overwrite")
    assert ended.code == 0, ended.err
    assert ": 3 " in ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == [cli_target(form), "sessions"]


def cli_target(form: str) -> str:
    """Where an export goes if nothing is said."""
    return f"{NAME}.{form}" if form in {"csv", "mp4"} else f"{NAME}-{form}"


@pytest.mark.usefixtures("sessions")
@pytest.mark.parametrize("form", ["coco", "csv"])
def test_a_typo_makes_no_folder(cli: Cli, form: str, tmp_path: Path) -> None:
    ended = cli("sessions", "export", "latest", "-f", form, "-o", "exprots/out.csv")
    assert (ended.code, "there is no folder exprots" in ended.complaint[0]) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["sessions"]


def test_what_is_read_is_not_written_over(cli: Cli, sessions: Path, tmp_path: Path) -> None:
    """By whatever link it is named."""
    lines = sessions / NAME / "frames.jsonl"
    (tmp_path / "hard.csv").hardlink_to(lines)
    (tmp_path / "soft.csv").symlink_to(lines)
    before = lines.read_bytes()
    for target in ("hard.csv", "soft.csv", lines):
        ended = cli("sessions", "export", NAME, "-f", "csv", "-o", target, "--overwrite")
        assert (ended.code, "is what is read" in ended.complaint[0]) == (2, True)
    assert lines.read_bytes() == before
    ended = cli("sessions", "export", NAME, "-f", "coco", "-o", sessions / NAME, "--overwrite")
    assert ended.code == 2


def test_what_was_exported_is_not_written_over(cli: Cli, sessions: Path) -> None:
    assert cli("sessions", "export", "latest", "-f", "csv").code == 0
    before = (sessions.parent / f"{NAME}.csv").stat().st_mtime_ns
    ended = cli("sessions", "export", "latest", "-f", "csv")
    assert (ended.code, len(ended.complaint)) == (2, 2)
    assert (sessions.parent / f"{NAME}.csv").stat().st_mtime_ns == before


@pytest.mark.usefixtures("sessions")
def test_quiet_says_nothing(cli: Cli) -> None:
    ended = cli("sessions", "export", "latest", "-f", "csv", "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


@pytest.mark.usefixtures("sessions")
def test_a_terminal_sees_how_far_it_is(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = ("sessions", "export", "latest", "-f", "csv")
    process = subprocess.Popen(
        [sys.executable, "-m", "livesegment", *words],
        stderr=theirs,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    said = b""
    try:
        while data := os.read(ours, 4096):
            said += data
    except OSError:  # how a pseudo-terminal says that nobody writes to it any more
        pass
    os.close(ours)
    assert process.wait(10) == 0
    assert "\N{BOX DRAWINGS HEAVY HORIZONTAL}".encode() in said
    assert b" frames\r" in said
    assert f"wrote {NAME}.csv".encode() in said
