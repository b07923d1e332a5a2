"""Exports appear whole, or not at all, and write nothing over."""

import errno
import os
from pathlib import Path

import pytest

from livesegment.errors import SinkError, UsageError
from livesegment.sessions.export import place


def test_a_folder_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "way"
    with place.folder(target) as path:
        (path / "one").write_text("1")
        assert not target.exists()
    assert [file.name for file in target.iterdir()] == ["one"]
    assert [file.name for file in target.parent.iterdir()] == ["way"]


def test_an_empty_folder_may_be_there(tmp_path: Path) -> None:
    with place.folder(tmp_path / "out") as path:
        (path / "one").touch()
        (tmp_path / "out").mkdir()
    assert (tmp_path / "out" / "one").exists()


def test_files_have_their_names_only_when_all_are_whole(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    target.touch()
    with place.files(target) as path:
        path.write_text("1")
        path.with_name("film-2.mp4").write_text("2")
        assert target.stat().st_size == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["film-2.mp4", "film.mp4"]
    assert target.read_text() == "1"


@pytest.mark.parametrize("kind", [place.folder, place.files])
def test_what_is_there_is_not_written_over(kind: object, tmp_path: Path) -> None:
    assert callable(kind)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").touch()
    (tmp_path / "file").write_text("mine")
    for name in ("folder", "file"):
        with pytest.raises(UsageError, match="is there already") as caught, kind(tmp_path / name):
            raise AssertionError
        assert "-o" in str(caught.value.hint)


def test_a_second_file_is_not_written_over_either(tmp_path: Path) -> None:
    second = tmp_path / "film-2.mp4"
    second.write_text("mine")

    def write() -> None:
        with place.files(tmp_path / "film.mp4") as path:
            path.write_text("1")
            path.with_name(second.name).write_text("2")

    with pytest.raises(UsageError, match="is there already"):
        write()
    assert [file.name for file in tmp_path.iterdir()] == [second.name]
    assert second.read_text() == "mine"


def test_a_folder_for_a_file_and_a_file_for_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a folder"), place.files(tmp_path / "folder"):
        raise AssertionError
    with pytest.raises(UsageError, match="is a file"), place.folder(tmp_path / "file"):
        raise AssertionError


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("bug"), UsageError("no")])
@pytest.mark.parametrize("kind", [place.folder, place.files])
def test_nothing_is_left_of_what_went_wrong(
    kind: object, error: BaseException, tmp_path: Path
) -> None:
    assert callable(kind)

    def write() -> None:
        with kind(tmp_path / "out") as path:
            (path / "one" if path.is_dir() else path).write_text("1")
            raise error

    with pytest.raises(type(error)):
        write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "Read-only")]
)
def test_the_disks_refusals_are_words(number: int, words: str, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=words), place.folder(tmp_path / "out"):
        raise OSError(number, os.strerror(number))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "out"
    with pytest.raises((SinkError, UsageError), match="cannot"), place.folder(target):
        raise AssertionError


def test_what_a_kill_left_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out.part").mkdir()
    (tmp_path / "out.part" / "old").touch()
    with place.folder(tmp_path / "out") as path:
        assert path.name == "out.part-2"
    assert (tmp_path / "out.part" / "old").exists()


def test_a_former_export_is_replaced_when_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out"
    (target / "images").mkdir(parents=True)
    (target / "images" / "00000000.jpg").write_text("before")
    (target / "annotations.json").write_text("before")
    with place.folder(target, overwrite=True) as path:
        (path / "results.json").touch()
        assert (target / "annotations.json").read_text() == "before"
    assert [file.name for file in target.iterdir()] == ["results.json"]
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_a_former_export_stays_where_the_new_one_fails(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "annotations.json").write_text("before")
    with pytest.raises(KeyboardInterrupt), place.folder(target, overwrite=True):
        raise KeyboardInterrupt
    assert (target / "annotations.json").read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    "mine", ["notes.txt", "images/holiday.jpg", "images/old/00000001.jpg", "labels/1.txt/a"]
)
def test_no_folder_with_anything_else_in_it_is_replaced(mine: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    (target / mine).parent.mkdir(parents=True)
    (target / mine).write_text("mine")
    (target / "annotations.json").touch()
    refused = pytest.raises(UsageError, match="not what an export writes")
    with refused, place.folder(target, overwrite=True):
        raise AssertionError
    assert (target / mine).read_text() == "mine"


def test_a_file_is_replaced_when_the_new_one_is_whole(tmp_path: Path) -> None:
    for name in ("film.mp4", "film-2.mp4"):
        (tmp_path / name).write_text("before")
    with place.files(tmp_path / "film.mp4", overwrite=True) as path:
        path.write_text("1")
        assert (tmp_path / "film.mp4").read_text() == "before"
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        "film.mp4": "1",
        "film-2.mp4": "before",
    }


def test_what_came_into_the_folder_meanwhile_stays(tmp_path: Path) -> None:
    target = tmp_path / "out"

    def write() -> None:
        with place.folder(target) as path:
            (path / "one").touch()
            target.mkdir()
            (target / "mine").touch()

    with pytest.raises(UsageError, match="is there already"):
        write()
    assert [file.name for file in target.iterdir()] == ["mine"]


def test_no_folder_is_made_of_a_typo(tmp_path: Path) -> None:
    for kind in (place.folder, place.files):
        with pytest.raises(UsageError, match="no folder"), kind(tmp_path / "typo" / "out"):
            raise AssertionError
    assert list(tmp_path.iterdir()) == []
