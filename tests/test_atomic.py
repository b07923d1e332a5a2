"""Names in folders that others may have filled."""

import os
from pathlib import Path

import pytest

from livesegment.atomic import fresh, is_regular, opened, own_folder
from tests.sessions.made import plant

KINDS = ("link", "dangling", "pipe", "folder")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A file of somebody else's, in a folder of its own."""
    path = tmp_path / "theirs" / "file"
    path.parent.mkdir()
    path.write_bytes(b"theirs")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_file_is_opened(kind: str, tmp_path: Path, other: Path) -> None:
    path = tmp_path / "name"
    plant(kind, path, other if kind == "link" else tmp_path / "none")
    assert not is_regular(path)
    with pytest.raises(OSError, match="is a ") as raised:
        opened(path)
    assert raised.value.filename == str(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such device")
def test_a_device_is_not_opened() -> None:
    with pytest.raises(OSError, match="is a device"):
        opened(Path("/dev/zero"))


def test_a_file_is_opened(other: Path) -> None:
    assert is_regular(other)
    with opened(other) as file:
        assert file.read() == b"theirs"


@pytest.mark.parametrize("name", ["none", "a" * 300, "a\0b"])
def test_what_is_not_there_is_no_file(name: str, tmp_path: Path) -> None:
    assert not is_regular(tmp_path / name)


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "missing", "hard link", "file"])
def test_a_new_file_replaces_what_had_its_name(kind: str, tmp_path: Path, other: Path) -> None:
    path = tmp_path / "name"
    if kind == "hard link":
        os.link(other, path)
    elif kind == "file":
        path.write_bytes(b"before")
    else:
        plant(kind, path, other if kind == "link" else other.parent / "none")
    with fresh(path) as file:
        file.write(b"ours")
    assert is_regular(path)
    assert path.read_bytes() == b"ours"
    assert [(one.name, one.read_bytes()) for one in other.parent.iterdir()] == [("file", b"theirs")]


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "name").mkdir()
    with pytest.raises(OSError, match="name"):
        fresh(tmp_path / "name")


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    assert own_folder(tmp_path / "name")
    assert not own_folder(tmp_path / "name")


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe"])
def test_what_leads_to_a_folder_is_none(kind: str, tmp_path: Path, other: Path) -> None:
    plant(kind, tmp_path / "name", other.parent if kind == "link" else tmp_path / "none")
    with pytest.raises(NotADirectoryError, match="no folder"):
        own_folder(tmp_path / "name")
    assert not (tmp_path / "none").exists()
