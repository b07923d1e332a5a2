"""What tests of the command line share."""

from pathlib import Path

import pytest

from livesegment.builtin import colour_shapes
from tests.cli.runner import Cli


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    """The command line, in this process and without a display."""
    return Cli(monkeypatch, capfd)


@pytest.fixture
def own_model(tmp_path: Path) -> Path:
    """A Mask R-CNN of the user's: FILE.pb with FILE.pbtxt and FILE.names beside it."""
    weights, graph = colour_shapes.build()
    path = tmp_path / "own.pb"
    path.write_bytes(weights)
    path.with_suffix(".pbtxt").write_text(graph, "utf-8")
    path.with_suffix(".names").write_text("\n".join(colour_shapes.LABELS), "utf-8")
    return path
