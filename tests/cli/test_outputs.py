"""No run writes over what it reads, over a stranger's file, or into a folder made of a typo."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from livesegment.cli import outputs
from livesegment.cli.options import RunOptions
from livesegment.errors import SinkError, UsageError
from tests.cli.runner import Cli

OLD = '{"frame":99}\n'
RUN = ("run", "--source", "synthetic", "--model", "colour-shapes", "--headless", "--quiet")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all that can be read, which the program is run in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / "pictures" / name), np.zeros((16, 16, 3), np.uint8))
    for name in ("film.mp4", "door.mp4", "own.onnx", "own.names", "netrc", "bg.png", "run.toml"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


READ = {
    "film": RunOptions(source=["film.mp4"]),
    "one of several": RunOptions(source=["door.mp4", "film.mp4"]),
    "film by another name": RunOptions(source=[{"source": "film.mp4", "name": "x"}]),  # type: ignore[list-item]
    "model": RunOptions(model="film.mp4"),
    "credentials": RunOptions(credentials="film.mp4"),
    "background": RunOptions(background="film.mp4"),
    "path with dots": RunOptions(source=["pictures/../film.mp4"]),
}


def _twice(target: Path, read: Path) -> None:
    between = target.with_name("between")
    between.symlink_to(read)
    target.symlink_to(between)


LINKS: dict[str, Callable[[Path, Path], object]] = {
    "itself": lambda target, read: read.rename(target),
    "link": lambda target, read: target.symlink_to(read),
    "hard link": lambda target, read: target.hardlink_to(read),
    "link to a link": _twice,
}


@pytest.mark.parametrize("options", READ.values(), ids=READ)
@pytest.mark.parametrize("kind", LINKS)
def test_what_is_read_is_not_written_over(kind: str, options: RunOptions, place: Path) -> None:
    target = place / ("film.mp4" if kind == "itself" else "out.jsonl")
    LINKS[kind](target, place / "film.mp4")
    for flag in ("jsonl", "record"):
        with pytest.raises(UsageError, match="is what is read"):
            outputs.check(options.with_values({flag: str(target), "overwrite": True}))


@pytest.mark.parametrize("source", ["pictures", "pictures/*.png", "pictures/b.png", "./pictures/"])
def test_nor_is_any_of_the_pictures(source: str, place: Path) -> None:
    options = RunOptions(source=[source], overwrite=True)
    (place / "link").symlink_to("pictures/b.png")
    for target in ("pictures/b.png", "link"):
        with pytest.raises(UsageError, match="is what is read"):
            outputs.check(options.with_values({"jsonl": target}))
    outputs.check(options.with_values({"jsonl": "pictures/new.jsonl"}))


def test_nor_what_is_read_beside_a_model_nor_the_config_file(place: Path) -> None:
    options = RunOptions(model="own.onnx", jsonl="own.names", overwrite=True)
    with pytest.raises(UsageError, match="is what is read"):
        outputs.check(options)
    with pytest.raises(UsageError, match="is what is read"):
        outputs.check(
            RunOptions(jsonl=str(place / "run.toml"), overwrite=True), config=Path("run.toml")
        )


def test_nor_a_file_that_is_read_under_the_name_of_the_part(place: Path) -> None:
    (place / "film.mp4").rename(place / "a.part.jsonl")
    with pytest.raises(UsageError, match="is what is read"):
        outputs.check(RunOptions(source=["a.part.jsonl"], jsonl="a.jsonl"))


def test_a_folder_that_is_read_is_not_recorded_into(place: Path) -> None:
    with pytest.raises(UsageError, match="is what is read"):
        outputs.check(RunOptions(source=["pictures"], record=str(place / "pictures")))
    outputs.check(RunOptions(source=["pictures/a.png"], record="pictures"))


@pytest.mark.parametrize("flag", ["jsonl", "record"])
def test_of_a_typo_no_folder_is_made(flag: str, place: Path) -> None:
    before = sorted(place.rglob("*"))
    with pytest.raises(UsageError, match="there is no folder") as caught:
        outputs.check(RunOptions().with_values({flag: "typo/out"}))
    assert caught.value.hint
    assert sorted(place.rglob("*")) == before
    outputs.check(RunOptions().with_values({flag: "out"}))


@pytest.mark.parametrize(
    "content", [b"film", b"[1]\n", b'"text"\n', b"{\n", b'{"a"', b"\x1aE\xdf\xa3", b"\n{}\n"]
)
def test_a_file_that_holds_no_lines_is_replaced_only_where_that_is_said(
    content: bytes, place: Path
) -> None:
    (place / "out").write_bytes(content)
    with pytest.raises(UsageError, match="holds no JSON lines") as caught:
        outputs.check(RunOptions(jsonl="out"))
    assert "--overwrite" in (caught.value.hint or "")
    outputs.check(RunOptions(jsonl="out", overwrite=True))


@pytest.mark.parametrize("content", ["", OLD, '{"source":"a","frame":1}\n{"half', "{}\n"])
def test_former_results_are_replaced(content: str, place: Path) -> None:
    (place / "out").write_text(content, "utf-8")
    outputs.check(RunOptions(jsonl="out"))


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "film.mp4/out"])
def test_a_name_that_can_be_none_is_refused(name: str, place: Path) -> None:
    for flag in ("jsonl", "record"):
        with pytest.raises(SinkError, match="cannot be written"):
            outputs.check(RunOptions().with_values({flag: name}))


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="the system has no such file")
def test_what_is_no_file_is_asked_nothing(place: Path) -> None:
    os.mkfifo(place / "pipe")
    for target in ("/dev/null", "pipe", "-"):
        outputs.check(RunOptions(jsonl=target, source=["film.mp4"], credentials="/dev/null"))


def test_a_run_that_would_write_over_its_film_says_so_and_leaves_it(cli: Cli, place: Path) -> None:
    before = (place / "film.mp4").read_bytes()
    ended = cli(*RUN[:1], "--source", "film.mp4", "--jsonl", "film.mp4", *RUN[3:])
    assert ended.code == 2
    assert len(ended.complaint) == 2, ended.err
    assert (place / "film.mp4").read_bytes() == before


@pytest.mark.wheel
def test_a_second_run_replaces_the_results_of_the_first(cli: Cli, place: Path) -> None:
    for frames in ("3", "2"):
        ended = cli(*RUN, "--jsonl", "out.jsonl", "--max-frames", frames)
        assert ended.code == 0, ended.err
        text = (place / "out.jsonl").read_text("utf-8")
        assert [json.loads(line)["frame"] for line in text.splitlines()] == list(range(int(frames)))
    assert not (place / "out.part.jsonl").exists()


def test_a_run_that_fails_at_once_leaves_the_results_of_the_first(cli: Cli, place: Path) -> None:
    (place / "out.jsonl").write_text(OLD, "utf-8")
    shutil.copy(place / "own.names", place / "broken.mp4")
    ended = cli(*RUN[:1], "--source", "broken.mp4", "--jsonl", "out.jsonl", *RUN[3:])
    assert ended.code == 3
    assert (place / "out.jsonl").read_text("utf-8") == OLD
    assert not (place / "out.part.jsonl").exists()


@pytest.mark.parametrize(
    ("flag", "text", "hint"),
    [
        ("--keep", "7", "7d is days"),
        ("--keep", "7.5", "7.5d is days"),
        ("--keep", "30s", "1m or more"),
        ("--keep", "1ms", "1m or more"),
        ("--keep-size", "50", "50GB is gigabytes"),
        ("--keep-size", "50000000000", "50000000000GB is gigabytes"),
        ("--keep-size", "50kb", "1MB or more"),
        ("--keep-size", "0GB", "1MB or more"),
    ],
)
def test_what_removes_recordings_asks_for_a_unit_and_not_too_little(
    flag: str, text: str, hint: str, cli: Cli, place: Path
) -> None:
    ended = cli(*RUN, "--record", "out", flag, text)
    assert ended.code == 2
    assert ended.complaint[0].startswith(f"error: {flag} {text!r}")
    assert hint in ended.complaint[1]
    assert not (place / "out").exists()
