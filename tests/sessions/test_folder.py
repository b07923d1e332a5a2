"""A manifest is there whole or as it was before, and a failure says what to do."""

import json
import shutil
from pathlib import Path

import pytest

from livesegment.errors import SinkError
from livesegment.sessions.folder import SessionFolder


def test_a_manifest_that_cannot_be_written_leaves_no_half(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path, "fake")
    (folder.path / "manifest.json").mkdir()
    with pytest.raises(SinkError, match="cannot write"):
        folder.write_manifest(state="recording")
    assert [path.name for path in folder.path.iterdir()] == ["manifest.json"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_the_manifest_before_and_asks_for_room(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path, "fake")
    folder.write_manifest(frames=1)
    (folder.path / "manifest.json.part").symlink_to("/dev/full")
    with pytest.raises(SinkError, match="No space left") as caught:
        folder.write_manifest(frames=2)
    assert caught.value.hint == "make room, and record again"
    assert [path.name for path in folder.path.iterdir()] == ["manifest.json"]
    assert json.loads((folder.path / "manifest.json").read_text("utf-8"))["frames"] == 1


def test_a_folder_taken_away_is_called_that(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path, "fake")
    shutil.rmtree(folder.path)
    with pytest.raises(SinkError, match="taken away"):
        folder.write_manifest(state="recording")
