"""An RTSP server is asked no more than is needed, and its description is understood."""

from livesegment.sources.probes.diagnosis import diagnose
from livesegment.sources.supervision.health import Cause
from tests.sources.scripted_server import SOUND, VIDEO, ScriptedServer, answering, found, told


def test_a_stream_of_sound_has_no_video() -> None:
    diagnosis = found(answering(told("200 OK", body=SOUND)))
    assert diagnosis.cause is Cause.NO_VIDEO
    assert diagnosis.reason.endswith("has no video in this stream")


def test_a_camera_without_tcp_wants_udp() -> None:
    described = told("200 OK", body=VIDEO)
    diagnosis = found(answering(described, told("461 Unsupported Transport")))
    assert diagnosis.hint == "--rtsp-transport udp"


def test_what_is_set_up_is_taken_down() -> None:
    described = told("200 OK", "Content-Base: rtsp://127.0.0.1/live/", body=VIDEO)
    with ScriptedServer(answering(described, told("200 OK", "Session: 12;timeout=60"))) as server:
        diagnose(server.address("rtsp"), None)
        methods = [first.split(" ")[0] for first, _ in server.asked]
        assert methods == ["DESCRIBE", "SETUP", "TEARDOWN"]
        assert server.asked[1][0] == "SETUP rtsp://127.0.0.1/live/track1 RTSP/1.0"
        assert server.asked[2][1]["session"] == "12"
