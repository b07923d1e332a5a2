"""Films that are really written, and those that a fake cannot write."""

import sys

import pytest

from livesegment.codecs import mpeg4
from livesegment.codecs.registry import CODECS
from livesegment.doctor import recording
from livesegment.doctor.child import NoAnswerError
from livesegment.doctor.finding import Verdict
from tests.doctor.answers import Answers, row

pytestmark = pytest.mark.wheel
WHOLE = {"read": recording.FRAMES, "off": 1.0, "encoder": "a coder"}
MISSING = {"missing": "it is not installed"}
H264, MPEG4, MJPEG = (film.name for film in recording.FILMS)


@pytest.mark.parametrize("codec", CODECS)
def test_a_film_is_written_and_reads_back_as_it_was(codec: str) -> None:
    if codec == "h264":
        pytest.importorskip("av")
    facts = recording.record(codec)
    assert facts["read"] == recording.FRAMES
    assert facts["off"] < recording.NEAR
    assert facts["encoder"]


def test_codecs_are_looked_at_in_the_order_in_which_they_are_taken() -> None:
    assert tuple(film.codec for film in recording.FILMS) == CODECS


def test_without_pyav_h264_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    assert "PyAV" in recording.record("h264")["missing"]


def test_without_named_pipes_mpeg4_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mpeg4, "here", lambda: False)
    assert "named pipes" in recording.record("mpeg4")["missing"]


def test_all_codecs_working_is_well() -> None:
    found = recording.findings(Answers({"recording:record": WHOLE}))
    assert [finding.verdict for finding in found] == [Verdict.OK] * 3
    assert "a coder" in row(found, H264).says


def test_the_codec_that_auto_takes_is_told() -> None:
    ask = Answers({"recording:record": WHOLE, "recording:record h264": MISSING})
    taken = [one.name for one in recording.findings(ask) if "auto takes it" in one.says]
    assert taken == [MPEG4]


def test_a_missing_codec_says_what_to_type() -> None:
    ask = Answers({"recording:record": WHOLE, "recording:record h264": MISSING})
    found = row(recording.findings(ask), H264)
    assert found.verdict is Verdict.WARN
    assert "not installed" in found.says
    assert found.hint == "pip install av"


BROKEN = pytest.mark.parametrize(
    "answer",
    [
        NoAnswerError("crashed (SIGSEGV)"),
        {**WHOLE, "read": 0},
        {**WHOLE, "read": recording.FRAMES - 1},
        {**WHOLE, "off": 90.0},
    ],
    ids=["crash", "empty", "one short", "other pictures"],
)


@BROKEN
def test_what_auto_takes_must_come_out_whole(answer: dict[str, float]) -> None:
    ask = Answers({"recording:record": WHOLE, "recording:record h264": answer})
    found = recording.findings(ask)
    assert row(found, H264).verdict is Verdict.FAIL
    assert row(found, MJPEG).verdict is Verdict.OK


@BROKEN
def test_what_auto_does_not_take_need_not_work(answer: dict[str, float]) -> None:
    ask = Answers({"recording:record": WHOLE, "recording:record mjpeg": answer})
    assert row(recording.findings(ask), MJPEG).verdict is Verdict.WARN


def test_a_failure_hints_at_what_the_recorder_would() -> None:
    full = NoAnswerError("the disk is full", kind="SinkError", hint="make room")
    found = recording.findings(Answers({"recording:record": full}))
    assert row(found, H264).hint == "make room"
