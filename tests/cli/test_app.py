"""The command line as a whole."""

import json
import subprocess
import sys

LOOK = """
import json, os, sys
import livesegment.cli.app as app
heavy = [name for name in ("numpy", "cv2", "onnx", "openvino") if name in sys.modules]
sys.argv = ["livesegment", "models", "path", "motion"]
app.leave = lambda code: None
app.main()
print(json.dumps([heavy, os.environ.get("OPENBLAS_NUM_THREADS")]))
"""


def looked() -> tuple[list[str], str]:
    """What a process of its own has imported for the command line, and numpy's threads."""
    child = subprocess.run(
        [sys.executable, "-c", LOOK], capture_output=True, text=True, check=True, timeout=60
    )
    heavy, threads = json.loads(child.stdout.splitlines()[-1])
    return heavy, threads


def test_nothing_heavy_is_imported_for_help_and_errors() -> None:
    assert looked()[0] == []


def test_numpy_keeps_to_one_thread() -> None:
    """Set before numpy is imported, or not heeded: its threads spin beside the network."""
    assert looked()[1] == "1"
