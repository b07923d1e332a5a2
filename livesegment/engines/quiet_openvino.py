"""OpenVINO, imported without its telemetry.

Its package tells a web analytics service of every import, in a thread that it starts. A program
that looks through cameras talks to nobody unasked; and OpenVINO has a stand-in of its own for
where the telemetry package is missing.
"""

import sys
from importlib import import_module
from typing import Any

TELEMETRY = "openvino_telemetry"


def _import_unreported() -> Any:
    if TELEMETRY in sys.modules or "openvino" in sys.modules:
        return import_module("openvino")
    sys.modules[TELEMETRY] = None  # type: ignore[assignment] # an import of it now fails
    try:
        return import_module("openvino")
    finally:
        del sys.modules[TELEMETRY]


openvino = _import_unreported()
