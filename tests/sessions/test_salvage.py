"""One growing file, made whole."""

from pathlib import Path

from livesegment.sessions.lines import event_id
from livesegment.sessions.salvage import Saved, finished, save_lines, save_video
from tests.sessions.made import picture, write_video


def growing_video(folder: Path) -> Path:
    path = folder / "raw-0001.part.mkv"
    write_video(path, [picture([], (64, 48))] * 3, [0, 100, 200], fps=10.0, whole=False)
    return path


def test_names() -> None:
    assert finished(Path("a/raw-0001.part.mkv")) == Path("a/raw-0001.mkv")
    assert finished(Path("a/raw-0001.mkv")) == Path("a/raw-0001.mkv")


def test_a_video_is_saved_under_its_final_name(tmp_path: Path) -> None:
    saved = save_video(growing_video(tmp_path), tmp_path / "aside")
    assert saved == Saved("raw-0001.mkv", 3, 0.3, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aside", "raw-0001.mkv"]


def test_a_damaged_file_that_has_the_final_name_is_moved_aside(tmp_path: Path) -> None:
    (tmp_path / "raw-0001.mkv").write_bytes(b"other")
    save_video(growing_video(tmp_path), tmp_path / "aside")
    assert (tmp_path / "aside" / "raw-0001.mkv").read_bytes() == b"other"


def test_without_a_file_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert save_lines(tmp_path / "events.jsonl", tmp_path / "aside", event_id) is None


def test_lines_without_what_each_has_are_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    good = b'{"type":"new","id":"a"}\n'
    path.write_bytes(good + b'{"type":"new"}\n' + b"7\n")
    saved = save_lines(path, tmp_path / "aside", event_id)
    assert saved == Saved("events.jsonl", 1, None, 17, "2 cut or no line of ours")
    assert path.read_bytes() == good


def test_a_file_without_a_good_line_is_moved_aside(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(b'{"ty')
    saved = save_lines(tmp_path / "events.jsonl", tmp_path / "aside", event_id)
    assert saved is not None
    assert saved.note == "nothing to save"
    assert [path.name for path in (tmp_path / "aside").iterdir()] == ["events.part.jsonl"]
