"""The window: not there, opened, or the end of the process that opens it."""

import sys

import pytest

from livesegment.doctor import display
from livesegment.doctor.child import NoAnswerError
from livesegment.doctor.finding import Verdict
from tests.doctor.answers import Answers, row

OPENS = Answers({"display:open_window": {}})


def test_without_a_display_nothing_is_opened() -> None:
    """OpenCV would end the process."""
    ask = Answers({})
    found = row(display.findings(ask, {}, lambda: "there is no display ($DISPLAY)"), "window")
    assert found.verdict is Verdict.WARN
    assert "--headless" in found.hint
    assert not ask.asked


def test_wayland_alone_needs_xwayland() -> None:
    variables = {"WAYLAND_DISPLAY": "wayland-0"}
    found = row(display.findings(Answers({}), variables, lambda: "no display"), "window")
    assert "Xwayland" in found.hint
    assert "$WAYLAND_DISPLAY=wayland-0" in found.says


def test_a_window_that_opens_is_well() -> None:
    found = row(display.findings(OPENS, {"DISPLAY": ":0"}, lambda: None), "window")
    assert (found.verdict, found.says) == (Verdict.OK, "opens; $DISPLAY=:0")


def test_a_crash_at_the_first_window_is_a_failure_and_no_crash() -> None:
    ask = Answers({"display:open_window": NoAnswerError("crashed (SIGABRT)")})
    found = row(display.findings(ask, {"DISPLAY": ":0"}, lambda: None), "window")
    assert (found.verdict, found.says) == (Verdict.FAIL, "opening one crashed (SIGABRT)")


def test_an_opencv_without_windows_says_so() -> None:
    error = NoAnswerError("no window can be opened", kind="SinkError", hint="use --headless")
    ask = Answers({"display:open_window": error})
    found = row(display.findings(ask, {"DISPLAY": ":0"}, lambda: None), "window")
    assert found.says == "opening one fails: no window can be opened"
    assert found.hint == "use --headless"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Qt's fonts, on Linux")
def test_qt_without_any_fonts_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "find_spec", lambda _: None)
    monkeypatch.setattr(display, "FONTS", ())
    found = row(display.findings(OPENS, {"DISPLAY": ":0"}, lambda: None), "fonts")
    assert found.verdict is Verdict.WARN
    assert "apt-get install fonts" in found.hint
