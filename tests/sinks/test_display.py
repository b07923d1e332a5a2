"""Whether there is a display is found out without a window, which would abort the process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from livesegment.sinks.display import why_no_window
from tests.fakes import CEILING

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X is Linux's")


@linux
@pytest.mark.parametrize("display", [None, "", ":9999", "nonsense", "no.such.host:0"])
def test_without_a_display_there_is_a_reason_and_no_abort(display: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    if display is not None:
        environment["DISPLAY"] = display
    code = "from livesegment.sinks.display import why_no_window; print(why_no_window())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=CEILING * 3,
        check=True,
    )
    assert done.stdout.strip() == "there is no display ($DISPLAY)"
    assert done.stderr == ""


@linux
def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livesegment.sinks.display.LIBRARIES", ("libnosuch.so.6",))
    reason = why_no_window()
    assert reason is not None
    assert reason.startswith("libnosuch.so.6 is missing")


def test_other_systems_always_have_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert why_no_window() is None
