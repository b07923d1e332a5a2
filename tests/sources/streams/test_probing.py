"""What FFmpeg is told to look at before a stream begins."""

import pytest

from livesegment.sources.streams.probing import AT_ONCE, PATIENT, attempts


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps"])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_rtsp_goes_over_the_transport_that_is_asked_for(scheme: str, transport: str) -> None:
    for options in attempts(scheme, transport, 4.0):
        assert f"rtsp_transport;{transport}|" in options


def test_rtsp_is_tried_fast_and_then_with_patience() -> None:
    fast, patient = attempts("rtsp", "tcp", 4.0)
    assert fast.endswith(AT_ONCE)
    assert patient.endswith(PATIENT.format(most=2_000_000))


@pytest.mark.parametrize("scheme", ["udp", "rtp", "tcp", "srt", "rtmp", "rtmps", "http", "https"])
def test_what_else_there_is_is_tried_once(scheme: str) -> None:
    (options,) = attempts(scheme, "udp", 4.0)
    assert "rtsp_transport" not in options
    assert bool(options) == (not scheme.startswith("http"))


def test_who_has_more_time_looks_for_longer() -> None:
    assert "analyzeduration;13000000" in attempts("rtsp", "tcp", 15.0)[1]
