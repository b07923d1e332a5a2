"""What tests of supervision share."""

import pytest

from livesegment.sources.supervision import lookout, supervised
from tests.sources.lines import Clock


@pytest.fixture
def short_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source looks at the clock all the time."""
    monkeypatch.setattr(supervised, "TICK", 0.002)


@pytest.fixture
def short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is seen at once when a server is back."""
    monkeypatch.setattr(lookout, "LOOK_SECONDS", 0.002)


@pytest.fixture
def clock() -> Clock:
    """Stands still."""
    return Clock()
