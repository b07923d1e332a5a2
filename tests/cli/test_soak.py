"""A short soak: the recorder's memory is bounded, and nothing of a calm camera is missed."""

import pytest

from tests.benchmarks.soak import soak


@pytest.mark.parametrize("seconds", [3, pytest.param(8, marks=pytest.mark.long)])
def test_a_calm_recording_misses_nothing_and_stays_small(seconds: int) -> None:
    result = soak(
        ["--source", "synthetic", "--realtime", "--fps", "10"],
        "colour-shapes",
        "mjpeg",
        seconds,
        "--record-raw",
    )
    assert result.code == 0, result.said
    assert result.manifest["state"] == "finished"
    assert set(result.manifest["recorder_dropped"]) == {"overlay", "raw"}
    frames = result.manifest["videos"][0]["frames"]
    assert frames + result.manifest["recorder_dropped"]["overlay"] == result.manifest["frames"]
    assert max(result.rss) < 1e9
