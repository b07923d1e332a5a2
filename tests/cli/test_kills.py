"""Recordings whose program was killed: all but the last moment is there after a repair.

A few of what `tests.benchmarks.kills` does by the hundred.
"""

from pathlib import Path

import pytest

from livesegment.codecs.registry import CODECS, why_not

pytest.importorskip("jsonschema")
from tests.benchmarks.aftermath import NEAR, outcome
from tests.benchmarks.kills import kill

AFTER = (0.4, pytest.param(1.6, marks=pytest.mark.long), 2.3)
"""Seconds from the first line: hardly begun, in the first file, just in the second."""


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("codec", CODECS)
def test_a_killed_recording_lost_nothing_older_than_a_second(
    codec: str, after: float, tmp_path: Path
) -> None:
    reason = why_not(codec)
    if reason is not None:
        pytest.skip(reason)
    found = outcome(kill(codec, after, tmp_path / "out"))
    assert not found.faults
    assert found.saved == found.written
    assert found.lines_lost == 0
    assert found.length_error <= 1.0
    assert found.start_error <= NEAR
