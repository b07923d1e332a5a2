"""OpenVINO's telemetry stays off."""

import subprocess
import sys

import pytest

pytest.importorskip("openvino")

LOOK = """
import sys, threading
from livesegment.engines import openvino
assert openvino.OpenVinoEngine.version()
print([name for name in sys.modules if name.startswith("openvino_telemetry")])
print([thread.name for thread in threading.enumerate()])
"""


def test_nothing_is_told_to_anybody_when_openvino_is_imported() -> None:
    """In a process of its own: what another test imported before does not count."""
    child = subprocess.run(
        [sys.executable, "-c", LOOK], capture_output=True, text=True, check=True, timeout=60
    )
    assert child.stdout.splitlines() == ["[]", "['MainThread']"]
