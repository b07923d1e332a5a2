"""`livesegment bench`: what is typed, what is printed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livesegment.bench.scores import painted
from livesegment.cli.bench import app
from livesegment.errors import LiveSegmentError, ModelError, SourceError, UsageError
from livesegment.sources.synthetic import Scene

FRAMES = 8


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films of the scene, frames and truth."""
    folder, scene = tmp_path_factory.mktemp("films"), Scene()
    for start, name in ((0, "early"), (3, "late")):
        for kind in ("frames", "truth"):
            (folder / kind / name).mkdir(parents=True)
        for i in range(FRAMES):
            seconds = start + i / 30
            mask = painted(scene.truth(seconds), scene.size).astype(np.uint8)
            cv2.imwrite(str(folder / "frames" / name / f"{i:05}.png"), scene.picture(seconds))
            cv2.imwrite(str(folder / "truth" / name / f"{i:05}.png"), 255 * mask)
    return folder


def stream(folder: Path, *arguments: str | Path, name: str = "") -> None:
    """`livesegment bench streaming` on what is in a folder."""
    typed = ["--frames", folder / "frames" / name, "--truth", folder / "truth" / name]
    words = ["streaming", *typed, "--model", "colour-shapes", *arguments]
    app([str(word) for word in words], standalone_mode=False)


def test_json(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every film, every latency, every method, and the mean."""
    stream(films, "--latency", "33ms,100ms", "--json")
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert {key: said[key] for key in ("model", "fps", "select", "carry")} == {
        "model": "colour-shapes",
        "fps": 30.0,
        "select": "overlap",
        "carry": "mid",
    }
    assert [(film["name"], film["frames"]) for film in said["films"]] == [
        ("early", FRAMES),
        ("late", FRAMES),
    ]
    for film in said["films"]:
        assert [(score["latency"], score["method"]) for score in film["scores"]] == [
            (latency, method)
            for latency in (0.033, 0.1)
            for method in ("held", "carried", "no delay")
        ]
        held, carried, bound = film["scores"][3:]
        assert held["J"] < bound["J"] <= 1
        assert held["F"] < bound["F"] <= 1
        assert {score["frames"] for score in (held, carried, bound)} == {FRAMES - 3}
        assert (held["age"], bound["age"]) == ([3, 5], [0, 0])
        assert carried["cost"] > 0
        assert bound["cost"] is None
    first = [film["scores"][0]["J"] for film in said["films"]]
    assert said["mean"][0]["J"] == pytest.approx(sum(first) / 2, abs=1e-4)


def test_a_table_a_latency_and_one_of_the_means(
    films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For people, on 80 columns."""
    stream(films, "--latency", "33ms,100ms")
    said = capsys.readouterr().out
    titles = ["latency 33 ms", "latency 100 ms", "mean of 2 films"]
    assert [line.strip() for line in said.splitlines() if line.strip() in titles] == titles
    rows = [line.split() for line in said.splitlines() if line.strip()]
    assert [row[0] for row in rows if row[0] in {"early", "late"}] == ["early", "late"] * 2
    assert max(map(len, said.splitlines())) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" not in said


def test_a_film_shorter_than_one_of_the_latencies(
    films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Has no figures there."""
    stream(films, "--latency", "100ms,1s", "--masks", "held", name="late")
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[-1] == ["1", "s", "0", "-", "-", "-", "-"]


def test_one_film_is_one_table(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And one method where one was asked for."""
    stream(films, "--latency", "100ms", "--masks", "held", name="late")
    said = capsys.readouterr().out
    assert said.strip().splitlines()[0].strip() == "late"
    assert "held" in said
    assert "carried" not in said


def test_classes_take_all_of_a_class(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Red ones alone are less than the truth, which is all of them."""
    every = ("--latency", "100ms", "--masks", "held", "--json")
    stream(films, *every, name="late")
    stream(films, *every, "--select", "classes", "--classes", "red", name="late")
    overlap, classes = (
        json.loads(text + "}")["mean"] for text in capsys.readouterr().out.split("\n}\n")[:2]
    )
    assert classes[-1]["J"] < overlap[-1]["J"]


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (["--latency", "fast"], UsageError, ["--latency 'fast'", "33ms"]),
        (["--latency", "0ms"], UsageError, ["--latency '0ms'", "33ms"]),
        (["--latency", ","], UsageError, ["names no duration", "33ms"]),
        (["--latency", "33"], UsageError, ["33 s", "33ms is 33 milliseconds"]),
        (["--masks", "exact"], UsageError, ["--masks 'exact'", "held, carried"]),
        (["--masks", ""], UsageError, ["--masks", "held, carried"]),
        (["--carry", "auto"], UsageError, ["--carry 'auto'", "lo, mid, hi"]),
        (["--select", "all"], UsageError, ["--select 'all'", "overlap, classes"]),
        (["--select", "classes"], UsageError, ["needs --classes", "person"]),
        (["--classes", "purple"], UsageError, ["'purple'", "red"]),
        (["--device", "abacus"], UsageError, ["--device 'abacus'", "cpu"]),
        (["--model", "colour-shape"], ModelError, ["no model", "colour-shapes"]),
    ],
)
def test_bad_options(
    films: Path, arguments: list[str], kind: type[LiveSegmentError], words: list[str]
) -> None:
    """Each says what is wrong and what to type."""
    if "--latency" not in arguments:
        arguments = [*arguments, "--latency", "100ms"]
    with pytest.raises(kind) as caught:
        stream(films, *arguments)
    said = f"{caught.value} {caught.value.hint}"
    for word in words:
        assert word in said


def without_frames(folder: Path) -> None:
    """The folder is not there."""
    (folder / "frames").rename(folder / "elsewhere")


def without_truth(folder: Path) -> None:
    """There is a folder, but nothing in it."""
    for path in (folder / "truth").iterdir():
        path.unlink()


def of_another_size(folder: Path) -> None:
    """Half of it."""
    for path in (folder / "truth").iterdir():
        cv2.imwrite(str(path), np.zeros((24, 32), np.uint8))


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (without_frames, ["no such folder", "00000.png"]),
        (without_truth, ["no truth for", "00000.png"]),
        (of_another_size, ["is 32x24, the film is 64x48", "one size"]),
    ],
)
def test_bad_folders(tmp_path: Path, break_it: Callable[[Path], None], words: list[str]) -> None:
    """Each says what is wrong and how it should be."""
    for kind in ("frames", "truth"):
        (tmp_path / kind).mkdir()
        for i in range(6):
            picture = np.zeros((48, 64, 3), np.uint8)
            cv2.imwrite(str(tmp_path / kind / f"{i:05}.png"), picture)
    break_it(tmp_path)
    with pytest.raises(SourceError) as caught:
        stream(tmp_path, "--latency", "100ms", "--masks", "held")
    said = f"{caught.value} {caught.value.hint}"
    for word in words:
        assert word in said
