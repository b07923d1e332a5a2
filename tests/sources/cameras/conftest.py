"""What tests of cameras share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from livesegment.sources.cameras.camera import CameraSource
from tests.sources.fake_camera_capture import source_on
from tests.sources.fake_cameras import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """With one camera."""
    found = Machine(tmp_path)
    found.plug(0)
    return found


@pytest.fixture
def on(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., CameraSource]:
    """Makes a source on a capture, or on none."""
    return lambda capture, **wishes: source_on(capture, machine, monkeypatch, **wishes)
