"""Which status a failure ends the command with."""

import pytest

from livesegment.doctor.finding import Topic, exit_code, fail, ok, warn
from livesegment.errors import ExitCode


def test_nothing_found_is_well() -> None:
    assert exit_code([]) == ExitCode.OK


def test_a_warning_is_no_failure() -> None:
    assert exit_code([ok(Topic.PYTHON, "a", ""), warn(Topic.ENGINES, "b", "", "do")]) == 0


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        (Topic.WHEELS, ExitCode.ENGINE),
        (Topic.ENGINES, ExitCode.ENGINE),
        (Topic.GRAPHICS, ExitCode.ENGINE),
        (Topic.DISPLAY, ExitCode.SINK),
        (Topic.RECORDING, ExitCode.SINK),
        (Topic.CAMERAS, ExitCode.SOURCE),
        (Topic.MODELS, ExitCode.MODEL),
    ],
)
def test_a_failure_has_the_status_that_a_run_would_end_with(topic: Topic, code: int) -> None:
    assert exit_code([fail(topic, "a", "", "do")]) == code


def test_the_first_failure_counts() -> None:
    rows = [
        warn(Topic.ENGINES, "a", "", "do"),
        fail(Topic.CAMERAS, "b", "", "do"),
        fail(Topic.MODELS, "c", "", "do"),
    ]
    assert exit_code(rows) == ExitCode.SOURCE
