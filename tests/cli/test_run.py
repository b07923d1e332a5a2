"""`run` and `demo` from end to end, with the built-in model."""

import json
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest

from livesegment.rle import decode_counts, decode_mask
from livesegment.sources.synthetic import Scene
from tests.cli.runner import Cli, spawn

pytestmark = pytest.mark.wheel
FRAMES = 12


def rows(path: Path) -> list[dict[str, object]]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def film(path: Path) -> tuple[int, float]:
    """Frames of a video, counted, and its rate."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    count = 0
    while capture.read()[0]:
        count += 1
    fps = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return count, fps


def test_synthetic_scene_is_segmented_recorded_and_written(cli: Cli, tmp_path: Path) -> None:
    """The main job: every object found where it is, in the film and in the lines."""
    lines = tmp_path / "f.jsonl"
    ended = cli(
        *("run", "--source", "synthetic", "--model", "colour-shapes", "--headless"),
        *("--record", tmp_path / "out", "--jsonl", lines, "--max-frames", str(FRAMES)),
    )
    assert ended.code == 0, ended.err
    (session,) = (tmp_path / "out").iterdir()
    assert film(session / "overlay-0001.mkv") == (FRAMES, 30)
    recorded = rows(session / "frames.jsonl")
    assert [row.pop("clock") for row in recorded] == [row["pts"] for row in recorded]
    assert recorded == rows(lines)
    manifest = json.loads((session / "manifest.json").read_text("utf-8"))
    assert manifest["end_reason"] == "limit reached"
    assert manifest["videos"][0]["frames"] == FRAMES
    scene = Scene()
    for row in rows(lines):
        truth = scene.truth(float(str(row["pts"])))
        found = row["instances"]
        assert isinstance(found, list)
        assert sorted(i["class_id"] for i in found) == sorted(truth.class_ids.tolist())
        together = np.zeros((360, 640), np.bool_)
        for instance in found:
            counts = decode_counts(instance["segmentation"]["counts"])
            together |= decode_mask(counts, (640, 360))
        real = np.zeros_like(together)
        for (x1, y1, x2, y2), mask in zip(truth.regions.tolist(), truth.masks, strict=True):
            real[y1:y2, x1:x2] |= mask
        assert (together & real).sum() / (together | real).sum() > 0.9


def test_run_is_the_default_command(cli: Cli, tmp_path: Path) -> None:
    """Options without a command mean `run`."""
    ended = cli(
        *("--source", "synthetic", "--model", "colour-shapes", "--headless", "-q"),
        *("--max-frames", "2", "--jsonl", tmp_path / "f.jsonl"),
    )
    assert (ended.code, ended.err) == (0, "")
    assert len(rows(tmp_path / "f.jsonl")) == 2


def test_standard_output_carries_data_only(cli: Cli) -> None:
    """`--jsonl -` can be piped: every line on stdout is an object."""
    ended = cli(
        *("--source", "synthetic", "--model", "motion", "--headless"),
        *("--max-frames", "3", "--jsonl", "-"),
    )
    assert [json.loads(line)["frame"] for line in ended.out.splitlines()] == [0, 1, 2]
    assert "3 of 3 frames shown" in ended.err


def test_model_of_ones_own_runs_after_a_trial(cli: Cli, own_model: Path, tmp_path: Path) -> None:
    """A .pb with its .pbtxt beside it is run, with the labels beside it."""
    ended = cli(
        *("--source", "synthetic", "--model", own_model, "--headless", "--classes", "blue"),
        *("--max-frames", "2", "--jsonl", tmp_path / "f.jsonl"),
    )
    assert ended.code == 0, ended.err
    classes = {i["class"] for row in rows(tmp_path / "f.jsonl") for i in row["instances"]}  # type: ignore[attr-defined]
    assert classes == {"blue"}


def test_pictures_of_any_shape_are_taken(cli: Cli, tmp_path: Path) -> None:
    """Grey, with alpha, odd, a line and a single pixel: each is a frame, each size a film."""
    scene = Scene().picture(2.0)
    pictures = {
        "1-grey": cv2.cvtColor(scene, cv2.COLOR_BGR2GRAY),
        "2-alpha": cv2.cvtColor(scene, cv2.COLOR_BGR2BGRA),
        "3-odd": scene[:351, :633],
        "4-line": scene[100:101],
        "5-pixel": scene[:1, :1],
    }
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, picture in pictures.items():
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    ended = cli(
        *("--source", folder, "--model", "colour-shapes", "--headless"),
        *("--record", tmp_path / "out"),
    )
    assert ended.code == 0, ended.err
    (session,) = (tmp_path / "out").iterdir()
    sizes = [(row["width"], row["height"]) for row in rows(session / "frames.jsonl")]
    assert sizes == [(640, 360), (640, 360), (633, 351), (640, 1), (1, 1)]
    assert len(list(session.glob("overlay-*.mkv"))) == 4
    assert [len(row["instances"]) for row in rows(session / "frames.jsonl")][1:3] == [5, 5]  # type: ignore[arg-type]


def test_demo_records_where_there_is_no_display(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo leaves a session in ./sessions and says what to try next."""
    monkeypatch.chdir(tmp_path)
    ended = cli("demo", "--max-frames", "5")
    assert ended.code == 0, ended.err
    (session,) = (tmp_path / "sessions").iterdir()
    assert film(session / "overlay-0001.mkv")[0] >= 5
    assert "What to try next" in ended.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_finishes_the_recording(number: int, code: int, tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM end an endless run at once, with everything finished."""
    process = spawn(
        *("demo", "--record", "out", "--jsonl", "-", "--headless", "-q"), folder=tmp_path
    )
    assert process.stdout is not None
    for _ in range(15):
        json.loads(process.stdout.readline())
    process.send_signal(number)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (code, "")
    (session,) = (tmp_path / "out").iterdir()
    assert film(session / "overlay-0001.mkv")[0] >= 15
    assert not list(session.glob("*.part*"))
    reason = json.loads((session / "manifest.json").read_text("utf-8"))["end_reason"]
    assert reason in {"interrupted", "terminated"}


def test_killed_recording_can_be_read(tmp_path: Path) -> None:
    """After SIGKILL the film is there under its unfinished name, and the lines are whole."""
    process = spawn(
        *("demo", "--record", "out", "--jsonl", "-", "--headless", "-q", "--duration", "1h"),
        folder=tmp_path,
    )
    assert process.stdout is not None
    for _ in range(150):
        process.stdout.readline()
    process.kill()
    process.communicate(timeout=10)
    (session,) = (tmp_path / "out").iterdir()
    assert not (session / "overlay-0001.mkv").exists()
    assert (session / "overlay-0001.part.mkv").stat().st_size > 0
    text = (session / "frames.part.jsonl").read_text("utf-8")
    assert all(json.loads(line) for line in text.splitlines())


def test_printed_config_can_be_read_back(cli: Cli, tmp_path: Path) -> None:
    """What --print-config prints, --config takes, and flags go over it."""
    flags = ("--score", "0.7", "--classes", "red", "--source", "synthetic", "--realtime")
    first = cli("run", *flags, "--print-config")
    config = tmp_path / "run.toml"
    config.write_text(first.out, "utf-8")
    again = cli("run", "--config", config, "--print-config")
    assert (first.code, again.out) == (0, first.out)
    over = cli("run", "--config", config, "--score", "0.9", "--print-config")
    assert "score = 0.9" in over.out
