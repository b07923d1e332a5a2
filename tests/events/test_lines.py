"""events.jsonl."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from livesegment.errors import SinkError
from livesegment.events.lines import EventLines


def test_a_line_is_on_the_disk_once_it_is_written(tmp_path: Path) -> None:
    lines = EventLines(tmp_path)
    assert lines.write({"condition": "größe>1"}) == '{"condition":"größe>1"}'.encode()
    assert (tmp_path / "events.jsonl").read_text("utf-8") == '{"condition":"größe>1"}\n'
    lines.write({"a": 2})
    assert (tmp_path / "events.jsonl").read_text("utf-8").endswith('\n{"a":2}\n')
    lines.close()
    lines.close()


def test_without_a_line_there_is_no_file(tmp_path: Path) -> None:
    EventLines(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_lines_of_several_threads_stay_whole(tmp_path: Path) -> None:
    lines = EventLines(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: lines.write({"n": n, "text": "x" * 5000}), range(200)))
    lines.close()
    text = (tmp_path / "events.jsonl").read_text()
    read = [json.loads(line)["n"] for line in text.splitlines()]
    assert sorted(read) == list(range(200))


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="cannot write"):
        EventLines(tmp_path / "gone").write({})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").symlink_to("/dev/full")
    lines = EventLines(tmp_path)
    with pytest.raises(SinkError, match="No space left"):
        lines.write({})
    lines.close()
