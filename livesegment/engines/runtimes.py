"""Runtimes of other makers, imported without what they tell about us.

A program that looks through cameras talks to nobody unasked. ONNX Runtime sends the interpreter's
path and the names of graphs to its makers, and keeps an id of the machine in the user's cache; the
variable keeps it from beginning, in children too. OpenVINO tells a web analytics service of every
import, in a thread that it starts; it has a stand-in for where its telemetry package is missing.
"""

import os
import sys
from importlib import import_module
from typing import Any

SILENCE = {"ORT_DISABLE_TELEMETRY": "1"}
"""Variables that must be set before a runtime is loaded."""
TELEMETRY = "openvino_telemetry"


def runtime(name: str) -> Any:
    """Import `onnxruntime` or `openvino`; the only way to them in this program.

    Raises:
        ImportError: it is not installed, or cannot be loaded.
    """
    os.environ.update(SILENCE)
    if TELEMETRY in sys.modules or name in sys.modules:
        return import_module(name)
    sys.modules[TELEMETRY] = None  # type: ignore[assignment] # an import of it now fails
    try:
        return import_module(name)
    finally:
        del sys.modules[TELEMETRY]
