"""`livesegment models convert`: what it says, and what it refuses."""

from pathlib import Path

import pytest

from livesegment.engines import registry
from livesegment.engines.registry import installed_engines
from livesegment.errors import ExitCode
from livesegment.network import Format
from tests.cli.runner import Cli
from tests.engines.readers import needs_tensorflow

ENGINES = [
    name for name, made in installed_engines().items() if Format.TENSORFLOW not in made.formats
]


def test_a_model_is_converted_for_each_engine(cli: Cli, own_model: Path) -> None:
    ended = cli("models", "convert", own_model)
    assert ended.code == 0
    folders = [Path(line) for line in ended.out.splitlines()]
    assert len(folders) == len(ENGINES)
    for engine, folder in zip(ENGINES, folders, strict=True):
        assert (folder / "picture.onnx").is_file()
        assert f"rebuilding {own_model} as ONNX for {engine}" in ended.err
    assert ended.err.count("largest differences from") == len(ENGINES)


def test_the_model_that_ships_can_be_converted(cli: Cli) -> None:
    assert cli("models", "convert", "colour-shapes").code == 0


def test_a_model_that_is_no_such_graph_is_refused(cli: Cli) -> None:
    ended = cli("models", "convert", "motion")
    assert ended.code == ExitCode.MODEL
    assert ended.complaint == [
        "error: motion is no TensorFlow Mask R-CNN: there is nothing to convert",
        "hint: ONNX models run on every engine as they are",
    ]


def test_weights_cut_short_are_refused(cli: Cli, own_model: Path) -> None:
    own_model.write_bytes(own_model.read_bytes()[:5000])
    ended = cli("models", "convert", own_model)
    assert ended.code == ExitCode.MODEL
    assert "is damaged or no TensorFlow graph" in ended.complaint[0]


def test_a_file_that_is_not_there(cli: Cli, tmp_path: Path) -> None:
    ended = cli("models", "convert", tmp_path / "none.pb")
    assert ended.code == ExitCode.MODEL
    assert "no such file" in ended.complaint[0]


@needs_tensorflow
def test_without_an_engine_it_says_what_to_install(
    cli: Cli, own_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "ENGINES", {"opencv": registry.ENGINES["opencv"]})
    ended = cli("models", "convert", own_model)
    assert ended.code == ExitCode.ENGINE
    assert ended.complaint[0] == (
        "error: OpenCV runs this model as it is, and no engine that reads ONNX is installed"
    )
