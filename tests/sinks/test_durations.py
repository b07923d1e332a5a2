"""A second of life is a second of film, at every rate, stated rightly or not."""

import shutil
from pathlib import Path

import pytest

from livesegment.codecs.registry import why_not
from tests.benchmarks.durations import CODECS, RATES, scripted

pytestmark = pytest.mark.skipif(shutil.which("ffprobe") is None, reason="needs ffprobe")


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("stated", ["rightly", "as 30", "not at all"])
def test_a_recording_is_as_long_as_life(
    codec: str, fps: float, stated: str, tmp_path: Path
) -> None:
    if (obstacle := why_not(codec)) is not None:
        pytest.skip(str(obstacle))
    told = {"rightly": fps, "as 30": 30.0, "not at all": None}[stated]
    row = scripted(tmp_path, fps, told, codec, seconds=2.0)
    assert row.good, row
