"""A codec is the best there is, or the one asked for, or a reason why not."""

import pytest

from livesegment.codecs import h264, mpeg4, registry
from livesegment.codecs.registry import CODECS, chosen, encoder
from livesegment.errors import SinkError, UsageError


def _without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    monkeypatch.setattr(h264, "why_not", lambda: "no PyAV" if "h264" in missing else None)
    monkeypatch.setattr(mpeg4, "here", lambda: "mpeg4" not in missing)


@pytest.mark.parametrize(
    ("missing", "overlay", "raw"),
    [
        ((), "h264", "h264"),
        (("h264",), "mpeg4", "mjpeg"),
        (("h264", "mpeg4"), "mjpeg", "mjpeg"),
    ],
)
def test_auto_takes_the_best_that_works(
    missing: tuple[str, ...], overlay: str, raw: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without(monkeypatch, *missing)
    assert chosen("auto") == overlay
    assert chosen("auto", exact=True) == raw


def test_raw_video_of_mpeg4_is_motion_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch)
    assert chosen("mpeg4") == "mpeg4"
    assert chosen("mpeg4", exact=True) == "mjpeg"


def test_what_was_asked_for_is_had_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "h264", "mpeg4")
    with pytest.raises(SinkError, match="no PyAV") as caught:
        chosen("h264")
    assert caught.value.hint == "pip install av"
    with pytest.raises(SinkError, match="named pipes"):
        chosen("mpeg4")
    with pytest.raises(UsageError, match="'vp9' is not known"):
        chosen("vp9")


def test_every_codec_has_an_encoder() -> None:
    for name in CODECS:
        if registry.why_not(name) is None:
            made = encoder(name, (64, 48), 25)
            assert made.codec_id.startswith("V_")
            made.close()
    with pytest.raises(ValueError, match="no codec"):
        encoder("vp9", (64, 48), 25)
