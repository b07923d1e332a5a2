"""A stream that is slow to begin gets more time at the next try."""

import pytest

from livesegment.sources.addresses.address import Address
from livesegment.sources.probes.diagnosis import Diagnosis
from livesegment.sources.streams import wanted_stream
from livesegment.sources.streams.stream import OPEN_TIMEOUT
from livesegment.sources.streams.wanted_stream import LONG_TIMEOUT, WantedStream
from livesegment.sources.supervision.health import Cause


@pytest.mark.parametrize(
    ("cause", "seconds"), [(Cause.UNKNOWN, LONG_TIMEOUT), (Cause.REFUSED, OPEN_TIMEOUT)]
)
def test_what_answers_and_gives_no_picture_in_time_is_given_more(
    cause: Cause, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wanted_stream, "diagnose", lambda *_: Diagnosis(cause, "why"))
    wanted = WantedStream(Address.parse("rtsp://camera.example/live"))
    assert wanted.connect().open_timeout == OPEN_TIMEOUT
    assert wanted.diagnose().reason == "why"
    assert wanted.connect().open_timeout == seconds
    assert wanted.connect().name == "camera.example/live"
