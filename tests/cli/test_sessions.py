"""`livesegment sessions`: what list, show, repair, pin and unpin print and refuse."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from livesegment.cli.console import printable
from livesegment.cli.session_rows import local, size, span, typed
from livesegment.sessions.facts import moment
from livesegment.sessions.owner import boot_id
from tests.cli.runner import Cli
from tests.sessions.made import make_session, plant

pytestmark = pytest.mark.wheel
ENDED = "2026-11-21T08-30-00Z_film.mp4"
KILLED = "2026-11-22T08-30-00Z_camera-0"


@pytest.fixture(autouse=True)
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """./sessions with one that ended and one that was killed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    folder = tmp_path / "sessions"
    make_session(folder, frames=5, raw=False, live=False, name=ENDED)
    make_session(folder, frames=5, finished=False, name=KILLED)
    set_manifest(folder / ENDED, started="2026-11-21T08:30:00.000Z")
    return folder


def set_manifest(path: Path, **facts: Any) -> None:
    file = path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | facts), "utf-8")


def record(path: Path) -> None:
    """Let a living process be the one that records it."""
    set_manifest(path, state="recording", pid=os.getppid(), boot=boot_id(), clocks=[])


def test_list_shows_each_in_a_terminal_of_80_columns(cli: Cli) -> None:
    ended = cli("sessions", "list")
    assert ended.code == 0
    for word in (ENDED, KILLED, "finished", "interrupted", "end of source", "0.5 s"):
        assert word in ended.out
    assert "sessions repair --all" in ended.err


def test_list_as_json(cli: Cli, parent: Path) -> None:
    (parent / KILLED / "manifest.json").write_text("{", "utf-8")
    rows = json.loads(cli("sessions", "list", "--in", parent, "--json").out)
    assert [(row["name"], row["state"]) for row in rows] == [
        (ENDED, "finished"),
        (KILLED, "damaged"),
    ]
    assert rows[0]["frames"] == 5


def test_list_says_who_is_recording_and_what_is_pinned(cli: Cli, parent: Path) -> None:
    record(parent / KILLED)
    cli("sessions", "pin", KILLED)
    assert "recording, pinned" in cli("sessions", "list", parent).out


def test_without_recordings_there_is_a_line_and_no_failure(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    ended = cli("sessions", "list")
    assert (ended.code, ended.out) == (0, "")
    assert "no sessions in sessions" in ended.err
    assert json.loads(cli("sessions", "list", "--json").out) == []
    assert cli("sessions", "repair", "--all").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("list", "nowhere"), 2, "there is no folder nowhere"),
        (("list", "sessions", "--in", "sessions"), 2, "given twice"),
        (("show", "nothing"), 2, "there is no session 'nothing'"),
        (("show", "2026"), 2, "names 2 sessions"),
        (("show", "latest", "--in", "nowhere"), 2, "there is no folder nowhere"),
        (("show", "."), 3, "no session"),
        (("pin", "."), 3, "no session"),
        (("unpin", "nothing"), 2, "there is no session"),
        (("repair",), 2, "or give --all"),
        (("repair", "latest", "--all"), 2, "not both"),
        (("repair", "nothing"), 2, "there is no session"),
        (("repair", "."), 3, "no video and no line"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    cli: Cli, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ended = cli("sessions", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert words in ended.complaint[0]


def test_a_flag_with_a_typo_is_refused(cli: Cli) -> None:
    assert cli("sessions", "list", "--jsn").code == 2


def test_show_tells_what_was_run_and_what_to_type_next(cli: Cli) -> None:
    out = cli("sessions", "show", "latest").out
    for words in (
        KILLED,
        "camera 0, live",
        "colour-shapes.pb, sha256 0123456789ab...",
        "3: red, green, blue",
        "opencv on cpu",
        "score 0.5",
        "overlay-0001.part.mkv",
        f"livesegment sessions repair {KILLED}",
    ):
        assert words in out


def test_show_offers_a_replay_where_there_is_raw_video(cli: Cli, parent: Path) -> None:
    make_session(parent, frames=3, name="raw")
    assert "livesegment sessions replay raw" in cli("sessions", "show", "raw").out
    assert "next:" not in cli("sessions", "show", ENDED).out


def test_show_tells_what_went_wrong(cli: Cli, parent: Path) -> None:
    video = {"file": "overlay-0002.mkv", "kind": "overlay", "removed": "2026-11-23T00:00:00Z"}
    set_manifest(
        parent / ENDED,
        gaps=[{"start": 12.0, "seconds": 5.0}] * 10,
        more_gaps=3,
        captured=100,
        dropped=7,
        recorder_dropped={"overlay": 2},
        problems=["h264 failed; went on as mpeg4"],
        events=4,
        videos=[video],
    )
    out = cli("sessions", "show", ENDED).out
    for words in (
        "5.0 s at 12 s",
        "and 5 more",
        "7 of 100 never shown",
        "2 not in the overlay video",
        "h264 failed",
        "overlay-0002.mkv (removed)",
    ):
        assert words in out


def test_show_as_json_has_the_whole_manifest(cli: Cli, parent: Path) -> None:
    shown = json.loads(cli("sessions", "show", ENDED, "--json").out)
    assert shown["manifest"] == json.loads((parent / ENDED / "manifest.json").read_text("utf-8"))
    assert shown["state"] == "finished"


def test_show_survives_whatever_a_manifest_says(cli: Cli, parent: Path) -> None:
    before = json.loads((parent / ENDED / "manifest.json").read_text("utf-8"))
    odds: tuple[Any, ...] = (None, "\x1b[2J", 10**400, [5], [{}], {"a": None})
    for odd in odds:
        set_manifest(parent / ENDED, **dict.fromkeys(before, odd))
        ended = cli("sessions", "show", ENDED)
        assert ended.code == 0
        assert "\x1b" not in ended.out


def test_a_damaged_manifest_is_not_shown_but_repaired(cli: Cli, parent: Path) -> None:
    (parent / ENDED / "manifest.json").write_text("{", "utf-8")
    ended = cli("sessions", "show", ENDED)
    assert ended.code == 3
    assert "sessions repair" in ended.complaint[1]
    assert cli("sessions", "repair", ENDED).code == 0
    assert cli("sessions", "show", ENDED).code == 0


def test_repair_prints_a_table_and_then_that_all_is_whole(cli: Cli) -> None:
    ended = cli("sessions", "repair", "latest")
    assert ended.code == 0
    for words in ("overlay-0001.mkv", "raw-0001.mkv", "frames.jsonl", "18 B", "manifest.json"):
        assert words in ended.out
    again = cli("sessions", "repair", "latest")
    assert (again.code, again.out) == (0, "")
    assert "whole already" in again.err


def test_repair_of_all_takes_those_that_need_it(cli: Cli) -> None:
    rows = json.loads(cli("sessions", "repair", "--all", "--json").out)
    assert [(row["name"], row["changed"]) for row in rows] == [(KILLED, True)]
    assert json.loads(cli("sessions", "repair", "--all", "--json").out) == []


def test_one_beyond_repair_does_not_keep_the_others_from_it(cli: Cli, parent: Path) -> None:
    (parent / "0").mkdir()
    (parent / "0" / "manifest.json").write_text('{"schema": 2, "state": "recording"}', "utf-8")
    ended = cli("sessions", "repair", "--all")
    assert ended.code == 3
    assert "no video and no line" in ended.complaint[0]
    assert f"{KILLED}: whole now" in ended.err


def test_repair_refuses_what_is_being_recorded(cli: Cli, parent: Path) -> None:
    record(parent / KILLED)
    ended = cli("sessions", "repair", KILLED)
    assert ended.code == 2
    assert f"by process {os.getppid()}" in ended.complaint[0]
    ended = cli("sessions", "repair", "--all")
    assert ended.code == 0
    assert "left alone" in ended.err


def test_pin_and_unpin(cli: Cli, parent: Path) -> None:
    assert "pinned" in cli("sessions", "pin", ENDED, KILLED).err
    assert (parent / ENDED / "pinned").exists()
    assert "already" in cli("sessions", "pin", ENDED).err
    assert "not pinned any more" in cli("sessions", "unpin", ENDED).err
    assert not (parent / ENDED / "pinned").exists()
    assert "was not pinned" in cli("sessions", "unpin", ENDED).err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (4.52, "4.5 s"), (59.97, "1:00"), (61.0, "1:01"), (3723.0, "1:02:03")],
)
def test_spans(seconds: float | None, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(5, "5 B"), (1500, "1.5 kB"), (2_000_000, "2.0 MB"), (3 * 10**9, "3.0 GB")]
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


def test_the_ends_of_the_calendar_are_written_too() -> None:
    assert local(moment("1900-01-01T00:00:00+14:00"))
    assert local(moment("2999-12-31T23:59:59-14:00"))
    assert local(None) == ""


def test_what_is_typed_for_a_session_elsewhere_is_its_path() -> None:
    assert typed(Path("sessions/a b")) == "'a b'"
    assert typed(Path("/other/a")) == "/other/a"


def test_what_could_steer_a_terminal_is_not_printed() -> None:
    assert printable("a\x1b[2Jb") == "a\N{REPLACEMENT CHARACTER}[2Jb"


@pytest.mark.parametrize("command", ["show", "export", "replay", "pin", "unpin", "repair"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_manifest_that_is_no_file_is_one_line(
    cli: Cli, command: str, kind: str, parent: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").write_bytes((parent / ENDED / "manifest.json").read_bytes())
    plant(kind, parent / ENDED / "manifest.json", tmp_path / "other")
    words = {"export": ("-f", "csv"), "replay": ("--headless",)}.get(command, ())
    ended = cli("sessions", command, ENDED, *words)
    assert ended.code == (3 if command in {"show", "export", "replay"} else 0), ended.err
    if ended.code == 3:
        assert f"is a {kind}" in ended.complaint[0]
    assert ("damaged" in cli("sessions", "list").out) is (command != "repair")


@pytest.mark.parametrize("kind", ["dangling", "link"])
def test_a_pin_writes_through_no_link(cli: Cli, kind: str, parent: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    if kind == "link":
        theirs.write_text("theirs")
        os.utime(theirs, (1, 1))
    plant(kind, parent / ENDED / "pinned", theirs)
    assert cli("sessions", "pin", ENDED).code == 0
    assert (parent / ENDED / "pinned").exists()
    assert theirs.stat().st_mtime == 1 if kind == "link" else not theirs.exists()


def test_of_very_many_videos_the_newest_are_shown(cli: Cli, parent: Path) -> None:
    rows = [{"file": f"raw-{number:04}.mkv", "kind": "raw"} for number in range(2000)]
    set_manifest(parent / ENDED, videos=rows)
    out = cli("sessions", "show", ENDED).out
    assert "the newest 500 of 2000 videos" in out
    assert "raw-1999.mkv" in out
    assert "raw-1499.mkv" not in out
