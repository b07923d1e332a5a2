"""Changes that are done or not done, and never half."""

import errno
import os
from pathlib import Path

import pytest

from livesegment.errors import SinkError
from livesegment.sessions.durable import changing, move, put_bytes


def test_a_file_is_moved_into_a_folder_that_is_made(tmp_path: Path) -> None:
    (tmp_path / "a.part.mkv").write_bytes(b"1")
    moved = move(tmp_path / "a.part.mkv", tmp_path / "aside")
    assert moved == tmp_path / "aside" / "a.part.mkv"
    assert moved.read_bytes() == b"1"


def test_what_is_there_already_is_not_overwritten(tmp_path: Path) -> None:
    for content in (b"1", b"2", b"3"):
        (tmp_path / "a.part.mkv").write_bytes(content)
        move(tmp_path / "a.part.mkv", tmp_path / "aside")
    found = {path.name: path.read_bytes() for path in (tmp_path / "aside").iterdir()}
    assert found == {"a.part.mkv": b"1", "a-2.part.mkv": b"2", "a-3.part.mkv": b"3"}


def test_a_file_that_cannot_be_written_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"before")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        put_bytes(b"after", tmp_path / "a", tmp_path / "a.new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"before")]


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "Read-only")]
)
def test_what_the_disk_refuses_is_put_into_words(number: int, words: str) -> None:
    with pytest.raises(SinkError, match=words) as raised, changing(Path("a")):
        raise OSError(number, os.strerror(number))
    assert raised.value.hint
