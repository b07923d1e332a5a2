"""What the user can get wrong: a clear line, the right status, nothing left behind."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.cli.runner import Cli, Ended

SYNTHETIC = ("--source", "synthetic", "--max-frames", "2")


def assert_complains(ended: Ended, code: int, *words: str) -> None:
    """One error line with these words, at most one hint, no traceback, the right status."""
    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err
    errors = [line for line in ended.complaint if line.startswith("error:")]
    assert len(errors) == 1, ended.err
    assert len(ended.complaint) <= 2
    for word in words:
        assert word in " ".join(ended.complaint), ended.err


def test_default_model_without_weights_says_what_works(cli: Cli) -> None:
    """Two lines, three ways on."""
    ended = cli("--camera", "0", "--headless")
    assert_complains(ended, 4, "models pull", "--model FILE.onnx", "--model motion")
    assert len(ended.err.strip().splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.onnx", None, ("no such file",)),
        ("empty.onnx", b"", ("is empty",)),
        ("text.onnx", b"this is no model\n" * 40, ("no ONNX model",)),
        ("missing.pb", None, ("no such file",)),
        ("empty.pb", b"", ("is empty",)),
        ("picture.jpg", b"\xff\xd8\xff", ("neither an .onnx nor a .pb",)),
        ("only.pbtxt", b'node { name: "a" op: "Placeholder" }', ("text graph", "only.pb")),
        ("colour-shape", None, ("no model", "colour-shapes")),
    ],
)
def test_unusable_model_file(
    cli: Cli, tmp_path: Path, name: str, content: bytes | None, words: tuple[str, ...]
) -> None:
    """A model that is not there, or no model."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    model = path if "." in name else name
    assert_complains(cli(*SYNTHETIC, "--headless", "--model", model), 4, *words)


def test_weights_without_their_text_graph(cli: Cli, own_model: Path) -> None:
    """A .pb needs its .pbtxt."""
    own_model.with_suffix(".pbtxt").unlink()
    ended = cli(*SYNTHETIC, "--headless", "--model", own_model)
    assert_complains(ended, 4, "own.pbtxt")


def test_text_file_called_pb(cli: Cli, own_model: Path) -> None:
    """OpenCV 5 crashes on it."""
    own_model.write_text("not a graph\n" * 100, "utf-8")
    assert_complains(cli(*SYNTHETIC, "--headless", "--model", own_model), 4, "TensorFlow graph")


def test_truncated_weights(cli: Cli, own_model: Path) -> None:
    """A download that broke off."""
    own_model.write_bytes(own_model.read_bytes()[:-1000])
    assert_complains(cli(*SYNTHETIC, "--headless", "--model", own_model), 4, "damaged")


def test_weights_with_the_graph_of_another_model(cli: Cli, own_model: Path) -> None:
    """The graph asks for constants that the weights do not have."""
    graph = own_model.with_suffix(".pbtxt")
    graph.write_text(graph.read_text("utf-8").replace("weights", "wheights"), "utf-8")
    assert_complains(cli(*SYNTHETIC, "--headless", "--model", own_model), 4, "own.pb")


def test_empty_text_graph(cli: Cli, own_model: Path) -> None:
    """An empty graph loads as an empty network, or crashes."""
    own_model.with_suffix(".pbtxt").write_text("", "utf-8")
    assert_complains(cli(*SYNTHETIC, "--headless", "--model", own_model), 4, "own.pbtxt is empty")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.mp4", b"", ("is empty",)),
        ("noise.mp4", bytes(range(256)) * 64, ("no video",)),
        ("text.mkv", b"no video either\n" * 9, ("no video",)),
        ("missing.mp4", None, ("no such file",)),
    ],
)
def test_unusable_video(
    cli: Cli, tmp_path: Path, name: str, content: bytes | None, words: tuple[str, ...]
) -> None:
    """A video that is none; the session folder that was to take it is gone again."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    out = tmp_path / "out"
    ended = cli("--source", path, "--model", "motion", "--headless", "--record", out)
    assert_complains(ended, 3, *words)
    assert not list(out.glob("*"))


def test_truncated_video_is_recorded_as_far_as_it_goes(cli: Cli, tmp_path: Path) -> None:
    """Half a file gives half a film, and no error."""
    whole, half = tmp_path / "whole.avi", tmp_path / "half.avi"
    writer = cv2.VideoWriter(str(whole), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))  # noqa: TID251
    rng = np.random.default_rng(0)
    for _ in range(40):
        writer.write(rng.integers(0, 255, (48, 64, 3), np.uint8))
    writer.release()
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    ended = cli(
        "--source", half, "--model", "motion", "--headless", "--jsonl", tmp_path / "f.jsonl"
    )
    lines = (tmp_path / "f.jsonl").read_text("utf-8").splitlines()
    assert ended.code == 0, ended.err
    assert 10 < len(lines) < 40


def test_folder_without_pictures(cli: Cli, tmp_path: Path) -> None:
    """A directory is a folder of pictures; this one has none."""
    ended = cli("--source", tmp_path, "--model", "motion", "--headless")
    assert_complains(ended, 3, "no pictures")


def test_camera_of_a_name_that_none_has(cli: Cli) -> None:
    """It is no number, so it is a name."""
    ended = cli("--camera", "zero", "--model", "motion", "--headless")
    assert_complains(ended, 3, "no camera called")


@pytest.mark.parametrize("camera", ["-1", "0.5", ""])
def test_camera_that_can_be_none(cli: Cli, camera: str) -> None:
    """Negative numbers crash OpenCV."""
    assert_complains(cli("--camera", camera, "--model", "motion", "--headless"), 2, "number")


def test_camera_that_is_not_there(cli: Cli) -> None:
    """No machine has a thousand."""
    ended = cli("--camera", "999", "--model", "motion", "--headless")
    assert_complains(ended, 3, "camera 999", "livesegment demo")


@pytest.mark.parametrize("flag", ["--record", "--jsonl"])
def test_output_that_cannot_be_written(cli: Cli, tmp_path: Path, flag: str) -> None:
    """A file where a folder should be."""
    (tmp_path / "file").write_text("here first", "utf-8")
    target = tmp_path / "file" / "out"
    ended = cli(*SYNTHETIC, "--model", "motion", "--headless", flag, target)
    assert_complains(ended, 6, str(tmp_path / "file"))
    assert (tmp_path / "file").read_text("utf-8") == "here first"


def test_failed_recording_leaves_no_empty_lines_file(cli: Cli, tmp_path: Path) -> None:
    """When one output cannot be had, the others are not begun."""
    (tmp_path / "file").touch()
    lines = tmp_path / "f.jsonl"
    ended = cli(
        *(*SYNTHETIC, "--model", "motion", "--headless"),
        *("--jsonl", lines, "--record", tmp_path / "file"),
    )
    assert_complains(ended, 6, "cannot record")
    assert not lines.exists()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--classes", "gren"), ("gren", "did you mean 'green'")),
        (("--classes", "7"), ("no class '7'",)),
        (("--classes", ","), ("names no class",)),
        (("--style", "fil"), ("'fil'", "contour")),
        (("--masks", "eaxct"), ("'eaxct'", "exact")),
        (("--masks", "held"), ("--realtime",)),
        (("--engine", "tensorrt"), ("tensorrt", "opencv")),
        (("--device", "tpu"), ("tpu", "cuda")),
        (("--duration", "soon"), ("no duration", "30s")),
        (("--duration", "0s"), ("no duration",)),
        (("--stats-interval", "-5s"), ("no duration",)),
        (("--input-size", "big"), ("no size", "640x360")),
        (("--input-size", "2"), ("no size",)),
        (("--background", "x.png"), ("replace-background",)),
        (("--style", "replace-background", "--background", "nowhere.png"), ("nowhere.png",)),
    ],
)
def test_impossible_option(cli: Cli, flags: tuple[str, ...], words: tuple[str, ...]) -> None:
    """A value that no run can have: status 2 and what is allowed."""
    ended = cli(*SYNTHETIC, "--model", "colour-shapes", "--headless", *flags)
    assert_complains(ended, 2, *words)


def test_device_that_is_not_there(cli: Cli) -> None:
    """An explicit device is never replaced in silence."""
    cuda_targets = cv2.dnn.getAvailableTargets(cv2.dnn.DNN_BACKEND_CUDA)
    if cv2.dnn.DNN_TARGET_CUDA in cuda_targets:
        pytest.skip("this machine has CUDA")
    ended = cli(*SYNTHETIC, "--model", "colour-shapes", "--headless", "--device", "cuda")
    assert_complains(ended, 5, "CUDA", "--device cpu")


def test_no_display_and_nothing_to_write(cli: Cli) -> None:
    """Nothing would come out of such a run."""
    assert_complains(cli(*SYNTHETIC, "--model", "motion"), 2, "display", "--record")


def test_window_that_cannot_be_opened(cli: Cli) -> None:
    """Asking for a window where there is no display is an error, not an abort."""
    assert_complains(cli(*SYNTHETIC, "--model", "motion", "--window"), 6, "display")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scroe = 0.4", ("scroe", "did you mean 'score'")),
        ("score = 'high'", ("score", "float")),
        ("score = 2", ("score", "from 0 to 1")),
        ("score = ", ("not TOML",)),
        ("max_instances = 1.5", ("max_instances", "int")),
    ],
)
def test_wrong_config_file(cli: Cli, tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    """Unknown keys and impossible values are named, with the file."""
    config = tmp_path / "run.toml"
    config.write_text(text, "utf-8")
    assert_complains(cli(*SYNTHETIC, "--config", config), 2, "run.toml", *words)


def test_missing_config_file(cli: Cli, tmp_path: Path) -> None:
    """A config file that is not there."""
    assert_complains(cli("run", "--config", tmp_path / "none.toml"), 2, "none.toml")


def test_misspelt_flag(cli: Cli) -> None:
    """The nearest flag is named."""
    ended = cli("--camra", "0")
    assert ended.code == 2
    assert "--camera" in ended.err


def test_password_is_never_said(cli: Cli) -> None:
    """A stream that cannot be opened is named without its password."""
    url = "rtsp://user:s3cr3t@127.0.0.1:1/live"
    ended = cli("--source", url, "--model", "motion", "--headless")
    assert_complains(ended, 3, "127.0.0.1")
    assert "s3cr3t" not in ended.err + ended.out


def test_named_model_whose_file_was_damaged_since(cli: Cli, own_model: Path) -> None:
    """Sums are compared before OpenCV sees the file."""
    assert cli("models", "import", own_model, "--name", "mine").code == 0
    installed = Path(cli("models", "path", "mine").out.splitlines()[0])
    content = bytearray(installed.read_bytes())
    content[len(content) // 2] ^= 1
    installed.write_bytes(content)
    ended = cli(*SYNTHETIC, "--headless", "--model", "mine")
    assert_complains(ended, 4, "damaged", "sha256")
