"""One line of JSON a frame, whole or not at all, of exactly what was shown."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livesegment.errors import SinkError
from livesegment.instances import Instances
from livesegment.rle import decode_counts, decode_mask
from livesegment.sessions.timeline import WallClock
from livesegment.sinks.base import Ending
from livesegment.sinks.jsonl import JsonLines, record
from tests.fakes import CEILING, view

END = Ending.END_OF_SOURCE
ROOT = Path(__file__).parents[2]


def _scene() -> Instances:
    """A ring and a corner, tracked and not."""
    ring = np.ones((9, 11), bool)
    ring[3:6, 3:8] = False
    return Instances.from_rows(
        [(2.5, 3.25, 12.75, 11.5), (60, 40, 64, 48)],
        [0.912345, 0.5],
        [2, 7],
        [ring, np.ones((8, 4), bool)],
        [7, 0],
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_line_has_what_it_is_documented_to_have(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    sink = JsonLines(str(path))
    shown = replace(
        view(812, found=_scene(), pts=27.0664),
        key_frame=809,
        mask_age=0.1,
        staleness=0.0341,
    )
    assert sink.write(shown)
    sink.close(END)
    (line,) = _lines(path)
    assert list(line) == [
        *("frame", "pts", "time", "key_frame", "mask_age", "width", "height", "staleness"),
        "instances",
    ]
    assert (line["frame"], line["key_frame"], line["pts"]) == (812, 809, 27.0664)
    assert (line["mask_age"], line["staleness"]) == (0.1, 0.0341)
    assert (line["width"], line["height"]) == (64, 48)
    first, second = line["instances"]
    assert list(first) == ["track_id", "class_id", "class", "score", "bbox", "area", "segmentation"]
    assert (first["track_id"], first["class_id"], first["class"]) == (7, 2, "blue")
    assert first["score"] == 0.912345
    assert first["bbox"] == [2.5, 3.25, 10.25, 8.25]
    assert first["area"] == 84
    assert first["segmentation"]["size"] == [48, 64]
    assert "track_id" not in second
    assert second["class"] == "class 7"


def test_masks_decode_to_what_was_shown() -> None:
    scene = _scene()
    line = record(view(found=scene), WallClock())
    for row, found in enumerate(line["instances"]):
        height, width = found["segmentation"]["size"]
        mask = decode_mask(decode_counts(found["segmentation"]["counts"]), (width, height))
        x1, y1, x2, y2 = scene.regions[row]
        expected = np.zeros((48, 64), bool)
        expected[y1:y2, x1:x2] = scene.masks[row]
        assert np.array_equal(mask, expected)


def test_before_the_first_result_there_is_no_key_frame() -> None:
    line = record(view(), WallClock())
    assert (line["key_frame"], line["mask_age"], line["instances"]) == (None, None, [])


def test_the_time_is_that_of_the_capture_in_utc() -> None:
    text = record(view(at=time.monotonic() - 60), WallClock())["time"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    seconds = (datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds()
    assert 59 < seconds < 60 + CEILING


def test_each_line_is_there_as_soon_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    sink = JsonLines(str(path))
    for index in range(3):
        sink.write(view(index))
        assert [line["frame"] for line in _lines(path)] == list(range(index + 1))
    sink.close(END)
    assert sink.lines == 3


def test_no_folder_is_made_of_a_typo(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="No such file"):
        JsonLines(str(tmp_path / "typo" / "out.jsonl"))
    assert list(tmp_path.iterdir()) == []


OLD = '{"frame":99}\n'


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Yesterday's results."""
    path = tmp_path / "out.jsonl"
    path.write_text(OLD, "utf-8")
    path.chmod(0o640)
    return path


def test_what_was_there_stays_until_the_new_is_whole(old: Path) -> None:
    sink = JsonLines(str(old))
    sink.write(view(0))
    assert old.read_text("utf-8") == OLD
    assert [line["frame"] for line in _lines(old.with_name("out.part.jsonl"))] == [0]
    sink.close(END)
    assert [line["frame"] for line in _lines(old)] == [0]
    assert [path.name for path in old.parent.iterdir()] == [old.name]
    assert old.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("ending", list(Ending))
def test_a_run_without_a_line_leaves_what_was_there(ending: Ending, old: Path) -> None:
    JsonLines(str(old)).close(ending)
    assert old.read_text("utf-8") == OLD
    assert [path.name for path in old.parent.iterdir()] == [old.name]


def test_an_empty_file_that_was_there_stays_too(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.touch()
    JsonLines(str(path)).close(END)
    assert path.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_costs_nothing_that_was_there(old: Path) -> None:
    sink = JsonLines(str(old))
    sink.write(view(0))
    assert sink._file is not None
    with Path("/dev/full").open("wb") as full:
        os.dup2(full.fileno(), sink._file.fileno())
    with pytest.raises(SinkError, match=r"out\.part\.jsonl: No space left"):
        sink.write(view(1))
    sink.close(END)
    assert old.read_text("utf-8") == OLD
    assert [line["frame"] for line in _lines(old.with_name("out.part.jsonl"))] == [0]


def test_a_link_stays_a_link_and_what_it_leads_to_is_replaced(old: Path) -> None:
    link = old.with_name("link")
    link.symlink_to(old.name)
    sink = JsonLines(str(link))
    sink.write(view(0))
    sink.close(END)
    assert link.is_symlink()
    assert [line["frame"] for line in _lines(old)] == [0]


def test_a_link_in_the_place_of_the_part_is_not_followed(old: Path) -> None:
    mine = old.with_name("mine")
    mine.write_text("mine", "utf-8")
    old.with_name("out.part.jsonl").symlink_to(mine)
    sink = JsonLines(str(old))
    sink.write(view(0))
    sink.close(END)
    assert mine.read_text("utf-8") == "mine"
    assert not old.is_symlink()


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="the system has no such name")
@pytest.mark.parametrize("target", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("frames", [0, 2])
def test_standard_output_by_its_name_is_written_to_as_it_is(
    target: str, frames: int, tmp_path: Path
) -> None:
    """Also where it is a file with content, which only looks as if it were to be replaced."""
    code = f"""
import sys
from livesegment.sinks.base import Ending
from livesegment.sinks.jsonl import JsonLines
from tests.fakes import view
sink = JsonLines({target!r})
for index in range({frames}):
    sink.write(view(index))
sink.close(Ending.USER)
"""
    out = tmp_path / "redirected"
    out.write_text(OLD, "utf-8")
    with out.open("a", encoding="utf-8") as file:
        subprocess.run([sys.executable, "-c", code], stdout=file, cwd=ROOT, check=True)
    assert [line["frame"] for line in _lines(out)] == list(range(frames))
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    assert Path(target).exists()


def test_a_file_without_a_line_is_not_left(tmp_path: Path) -> None:
    sink = JsonLines(str(tmp_path / "out.jsonl"))
    sink.close(END)
    sink.close(END)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_file_is_left_even_without_a_line(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    JsonLines(str(pipe)).close(END)
    os.close(reader)
    assert pipe.is_fifo(), "as /dev/null would be gone, for a user who may delete it"


@pytest.mark.parametrize("name", ["", "file/out.jsonl"])
def test_a_place_that_cannot_be_written_is_an_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="cannot write"):
        JsonLines(str(tmp_path / name))


def test_a_full_disk_is_an_error() -> None:
    sink = JsonLines("/dev/full")
    with pytest.raises(SinkError, match="cannot write /dev/full: No space left"):
        sink.write(view())
    sink.close(END)
    assert Path("/dev/full").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_whole_lines_under_the_final_name(tmp_path: Path) -> None:
    sink = JsonLines(str(tmp_path / "lines.jsonl"), part=True)
    sink.write(view())
    file = sink._file
    assert file is not None
    with Path("/dev/full").open("wb") as full:
        file.write('{"half')
        file.flush()
        os.dup2(full.fileno(), file.fileno())
    with pytest.raises(SinkError, match="No space left") as caught:
        sink.write(view(1))
    sink.close(END)
    assert caught.value.hint == "make room, and record again"
    assert [path.name for path in tmp_path.iterdir()] == ["lines.jsonl"]
    (line,) = (tmp_path / "lines.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["frame"] == 0


def test_the_run_ends_when_the_reader_of_a_pipe_goes_away(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    sink = JsonLines(str(pipe))
    assert sink.write(view(0))
    assert sink.idle()
    os.close(reader)
    assert not sink.write(view(1))
    assert not sink.idle()
    assert not sink.write(view(2))
    sink.close(END)


@contextmanager
def _program(code: str) -> Generator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_reader_that_stops_early_causes_no_complaint() -> None:
    code = """
from livesegment.sinks.base import Ending
from livesegment.sinks.jsonl import JsonLines
from tests.fakes import view
sink = JsonLines("-")
for index in range(1_000_000):
    if not sink.write(view(index)):
        break
else:
    raise SystemExit("nobody noticed")
sink.close(Ending.USER)
"""
    with _program(code) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["frame"] == 0
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(CEILING) == 0, said
        assert said == b""
