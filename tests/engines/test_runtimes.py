"""What OpenVINO does to a process beside its work."""

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


INTERRUPT = """
import gc, signal
from livesegment.builtin import tiny_onnx
from livesegment.engines.openvino import OpenVinoEngine
from livesegment.network import Format, Network
from livesegment.threads.worker import Worker
import numpy as np
network = Network("tiny.onnx", Format.ONNX, tiny_onnx.build(), (tiny_onnx.OUTPUT,))
for _ in range(3):
    engines = [OpenVinoEngine(network)]
    worker = Worker("forgets", engines.clear)
    worker.start()
    worker.stop(10)
    gc.collect()
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_ctrl_c_after_an_engine_is_gone_does_not_crash() -> None:
    """Its plugin takes the memory of the signals' stack along when it is unloaded."""
    child = subprocess.run(
        [sys.executable, "-c", INTERRUPT], capture_output=True, text=True, check=False, timeout=60
    )
    assert child.returncode == 0, child.stderr
    assert child.stdout.split() == ["interrupted"] * 3
