"""Numbers are read from any text, or refused in one line."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from livesegment.cli.options import RunOptions
from livesegment.cli.source_options import tries
from livesegment.cli.values import (
    LARGEST,
    LONGEST,
    class_ids,
    data_size,
    duration,
    index,
    number,
    size,
    whole_number,
)
from livesegment.errors import LiveSegmentError, SpecError, UsageError
from livesegment.sources.cameras.wanted_camera import WantedCamera
from tests.cli.runner import Cli

ODD = (
    *("\u00b2", "\u0663", "\uff11", "\u2167", "\u00bd", "1\u00b2", "\u0966"),
    *("9" * 400, "9" * 5000, "0" * 5000, "1" + "0" * 30, "1e999", "1e-999", "0x10", "1_000"),
    *("nan", "inf", "-inf", "-1", "+", "-", ".", "", " ", "1.", "1..2", "1e", "--1", "1,5", "\0"),
)
READERS: dict[str, Callable[[str], object]] = {
    "number": lambda text: number(text, "--x", 0, 1e9),
    "whole_number": lambda text: whole_number(text, "--x", 0, 10**9),
    "duration": lambda text: duration(text, "--x"),
    "data_size": lambda text: data_size(text, "--x"),
    "size": lambda text: size(text, "--x"),
    "class_ids": lambda text: class_ids(text, ["person", "car"]),
    "tries": tries,
}
NUMBERS = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(categories=("Nd", "No", "Nl", "Sm", "Pd", "Zs")), max_size=8),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=12),
)
UNITS = st.sampled_from(["", "s", "ms", "d", " h", "kb", "TB", "b", "x", "x640", "X"])


@pytest.mark.parametrize("reader", READERS)
@given(text=st.builds(str.__add__, NUMBERS, UNITS))
@example(text="\u00b2")
@example(text="9" * 5000)
@example(text="9" * 400 + "TB")
def test_any_text_is_read_or_refused_in_one_short_line(reader: str, text: str) -> None:
    said = ""
    try:
        READERS[reader](text)
    except UsageError as error:
        said = str(error)
    assert len(said) < 300
    assert "\n" not in said


@given(st.floats(0, 1e6))
def test_a_number_is_read_as_it_is_written(value: float) -> None:
    assert number(f"{value:.6f}", "--x", 0, 1e9) == float(f"{value:.6f}")


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "\u00b2", "\u0663", "1_000", "0x1", ""])
def test_what_is_no_number_is_none(text: str) -> None:
    for read in (number, whole_number):
        with pytest.raises(UsageError, match="is no"):
            read(text, "--x")


@pytest.mark.parametrize("text", ["-0.1", "1.1", "50", "1e9"])
def test_a_number_beyond_its_bounds_is_refused_with_them(text: str) -> None:
    with pytest.raises(UsageError, match=r"--score .* is out of range") as caught:
        number(text, "--score", 0, 1)
    assert caught.value.hint == "a number from 0 to 1"


@given(st.text())
def test_an_index_is_whole_and_of_plain_digits(text: str) -> None:
    found = index(text)
    assert found is None or (text.isascii() and 0 <= found == int(text))


@given(NUMBERS, UNITS)
def test_times_and_sizes_are_finite(text: str, unit: str) -> None:
    for read, most in ((duration, LONGEST), (data_size, LARGEST)):
        try:
            found = read(text + unit, "--x")
        except UsageError:
            continue
        assert 0 <= found <= most


@pytest.mark.parametrize("text", ["\u00b2", "\u00bd", "9" * 400, "-1", "1.5"])
def test_no_odd_number_of_a_camera_is_a_bug(text: str) -> None:
    with pytest.raises(LiveSegmentError):
        WantedCamera(text).find()


# As options and in config files


@pytest.mark.parametrize("text", ["50", "nan", "inf", "-1", "\u00b2", "9" * 400, "1e400", "x", ""])
@pytest.mark.parametrize("flag", ["--score", "--alpha", "--fps", "--max-frames", "--threads"])
def test_an_option_with_a_number_is_read_or_refused(cli: Cli, flag: str, text: str) -> None:
    ended = cli("run", f"{flag}={text}", "--print-config")
    assert ended.code in {0, 2}
    if ended.code:
        assert ended.complaint[0].startswith(f"error: {flag} ")
    else:
        assert text == "50"


@pytest.mark.parametrize("flag", ["--fps", "--pictures", "--runs"])
def test_other_commands_read_theirs_alike(cli: Cli, flag: str) -> None:
    ended = cli("tune", flag, "\u00b2")
    assert ended.code == 2
    assert ended.complaint[0].startswith(f"error: {flag} ")


@pytest.mark.parametrize(
    "row", ["score = nan", "score = inf", "score = 50", "fps = -inf", "max_frames = 0"]
)
def test_a_config_file_has_the_same_bounds(tmp_path: Path, row: str) -> None:
    (tmp_path / "run.toml").write_text(row)
    with pytest.raises(SpecError, match=r"run\.toml: (score|fps|max_frames) "):
        RunOptions.from_file(tmp_path / "run.toml")


def test_a_number_that_is_printed_is_read_back(cli: Cli, tmp_path: Path) -> None:
    ended = cli("run", "--score", "1e-1", "--alpha=.25", "--max-frames", "10", "--print-config")
    (tmp_path / "run.toml").write_text(ended.out)
    found = RunOptions.from_file(tmp_path / "run.toml")
    assert (found["score"], found["alpha"], found["max_frames"]) == (0.1, 0.25, 10)
    assert math.isclose(found["mask_threshold"], 0.5)


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        *(("--carry", "fast"), ("--edges", "x"), ("--engine", "onnx"), ("--device", "x")),
        *(("--keep", "7x"), ("--codec", "h265"), ("--segment-length", "5minutes")),
        *(("--pre-roll", "\u00b2"), ("--min-free", "x"), ("--roi", "1,2"), ("--input-size", "1")),
        *(("--masks", "x"), ("--style", "blur"), ("--duration", "x"), ("--stats-interval", "x")),
    ],
)
def test_a_typo_is_told_before_the_model_is_looked_for(
    cli: Cli, tmp_path: Path, flag: str, value: str
) -> None:
    model = ("--model", "no-such-model", "--record", tmp_path, "--headless")
    ended = cli("run", flag, value, *model)
    assert ended.code == 2
    assert ended.complaint[0].startswith(f"error: {flag} ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "said"), [((), 0), (("--score", "0.6"), 1), (("--nms", ".1"), 1)]
)
def test_motion_says_that_it_has_no_scores(
    cli: Cli, caplog: pytest.LogCaptureFixture, flags: tuple[str, ...], said: int
) -> None:
    options = ("--source", "synthetic", "--model", "motion", "--headless", "--max-frames", "2")
    ended = cli("run", *options, *flags)
    assert ended.code == 0
    assert caplog.text.count("motion has no scores") == said
