"""Nothing is told to anybody, and nothing is left anywhere but where it was asked for.

Whole commands under strace, in a network without a way out: not what libraries say of themselves
counts, but what they do.
"""

from pathlib import Path

import pytest

from livesegment.engines.registry import ENGINES, engine_factory
from livesegment.errors import EngineError
from livesegment.families.yolo_seg import Layout
from tests.cli.watched import HOOK, SOURCE, Watched, watch, why_not
from tests.families.red_finder import red_finder

pytestmark = pytest.mark.skipif(bool(reason := why_not()), reason=reason)

RUN = ("run", "--headless", "--device", "cpu")


@pytest.fixture
def own(tmp_path: Path) -> str:
    """A model of the user's."""
    path = tmp_path / "own.onnx"
    path.write_bytes(red_finder(Layout.COLUMNS))
    return str(path)


def assert_silent(done: Watched, *, codes: tuple[int, ...] = (0,)) -> None:
    """It ran, spoke to nobody else, and wrote nowhere else."""
    assert done.code in codes, done.said
    assert done.connected == []
    assert done.wrote == []


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_is_silent(engine: str, own: str, tmp_path: Path) -> None:
    """Alone, and in the child that tries the model first."""
    try:
        engine_factory(engine)
    except EngineError as error:
        pytest.skip(str(error))
    source = ("--source", "synthetic", "--max-frames", "3")
    assert_silent(watch(*RUN, *source, "--engine", engine, "--model", own, folder=tmp_path))
    assert not list((tmp_path / "home").iterdir())


def test_an_import_is_silent(own: str, tmp_path: Path) -> None:
    assert_silent(watch("models", "import", own, folder=tmp_path))
    assert not list((tmp_path / "home").iterdir())


def test_a_recording_speaks_to_its_source_and_its_hook_alone(tmp_path: Path) -> None:
    options = ("--record", "out", "--on", "any", "--webhook", HOOK, "--max-frames", "30")
    done = watch(
        *(*RUN, "--source", SOURCE, "--model", "colour-shapes", "--min-free", "0", *options),
        folder=tmp_path,
    )
    assert_silent(done)
    assert list((tmp_path / "run" / "out").iterdir())
    assert not list((tmp_path / "home").iterdir())


def test_doctor_is_silent(tmp_path: Path) -> None:
    """Its status says what this machine lacks."""
    assert_silent(watch("doctor", folder=tmp_path), codes=(0, 3, 4, 5, 6))
    assert not list((tmp_path / "home").iterdir())


def test_what_is_done_is_seen(tmp_path: Path) -> None:
    """Else the tests before would show nothing."""
    (tmp_path / "elsewhere").mkdir()
    lines = tmp_path / "elsewhere" / "lines"
    source = ("--source", "synthetic", "--model", "motion", "--max-frames", "3")
    assert str(lines) in watch(*RUN, *source, "--jsonl", str(lines), folder=tmp_path).wrote[0]
    far = ("--source", "rtsp://192.0.2.1/video", "--retry", "1", "--model", "motion")
    assert "192.0.2.1" in watch(*RUN, *far, folder=tmp_path).connected[0]
