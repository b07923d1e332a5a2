"""Films that are really written, and those that a fake cannot write."""

import pytest

from livesegment.doctor import recording
from livesegment.doctor.child import NoAnswerError
from livesegment.doctor.finding import Verdict
from livesegment.errors import SinkError
from tests.doctor.answers import Answers, row

pytestmark = pytest.mark.wheel
WHOLE = {"read": recording.FRAMES, "off": 1.0}


@pytest.mark.parametrize("name", ["mp4v in .mkv", "MJPG in .avi"])
def test_a_film_is_written_and_reads_back_as_it_was(name: str) -> None:
    facts = recording.record(name)
    assert facts["read"] == recording.FRAMES
    assert facts["off"] < recording.NEAR


def test_all_kinds_written_is_well() -> None:
    found = recording.findings(Answers({"recording:record": WHOLE}))
    assert [finding.verdict for finding in found] == [Verdict.OK] * 3


@pytest.mark.parametrize(
    "answer",
    [
        NoAnswerError("crashed (SIGSEGV)"),
        {"read": 0, "off": 0.0},
        {"read": recording.FRAMES - 1, "off": 0.0},
        {"read": recording.FRAMES, "off": 90.0},
    ],
    ids=["crash", "empty", "one short", "other pictures"],
)
def test_what_the_recorder_writes_must_come_out_whole(answer: dict[str, float]) -> None:
    ask = Answers({"recording:record": WHOLE, "recording:record mp4v in .mkv": answer})
    found = recording.findings(ask)
    assert row(found, "mp4v in .mkv").verdict is Verdict.FAIL
    assert row(found, "MJPG in .avi").verdict is Verdict.OK


def test_a_full_disk_says_what_the_recorder_would() -> None:
    full = NoAnswerError("less than 200 MB left", kind="SinkError", hint="make room")
    found = recording.findings(Answers({"recording:record": full}))
    assert row(found, "mp4v in .mkv").hint == "make room"


def test_h264_is_not_needed() -> None:
    missing = NoAnswerError("cannot be written", kind="SinkError")
    ask = Answers({"recording:record": WHOLE, "recording:record H.264 in .mp4": missing})
    found = row(recording.findings(ask), "H.264 in .mp4")
    assert found.verdict is Verdict.WARN
    assert "ffmpeg" in found.hint


def test_a_film_that_opencv_cannot_write_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    impossible = recording.Film("none", "ZZZZ", ".mp4", "", "")
    monkeypatch.setattr(recording, "OTHERS", (impossible,))
    with pytest.raises(SinkError, match="cannot be written"):
        recording.record("none")
