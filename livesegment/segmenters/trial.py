"""A model's first run in a process of its own: some damaged files crash OpenCV outright.

What passed is remembered by the files' sums and OpenCV's version, so a model pays for this once.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from livesegment.errors import EngineError, ExitCode, LiveSegmentError, ModelError
from livesegment.families.base import Thresholds
from livesegment.segmenters.load import load_segmenter
from livesegment.store import Model, data_folder, digest, find_model

TIMEOUT = 120.0
"""Seconds that a trial may take."""


def try_model(model: Model) -> None:
    """Load a model of the user's and run it on one picture, in a child process.

    Raises:
        ModelError: it cannot be read, or crashed the process that tried.
        EngineError: it could be read but not run.
    """
    verdict = _verdict_file(model)
    if verdict.is_file():
        return
    command = [sys.executable, "-m", "livesegment.segmenters.trial", str(model.paths["weights"])]
    try:
        child = subprocess.run(  # noqa: S603 -- this program itself
            command, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"{model.paths['weights']} gave no answer in {TIMEOUT:.0f} s on a trial run"
        ) from error
    if child.returncode == 0:
        _remember(verdict)
        return
    try:
        said = json.loads(child.stdout.splitlines()[-1])
        message, hint = str(said["message"]), said["hint"]
    except (IndexError, ValueError, KeyError, TypeError):
        raise ModelError(
            f"{model.paths['weights']} crashed OpenCV on a trial run: the file is damaged",
            hint="export or fetch it again",
        ) from None
    kind = EngineError if child.returncode == ExitCode.ENGINE else ModelError
    raise kind(message, hint=hint)


def _verdict_file(model: Model) -> Path:
    import cv2

    sums = [f"{role} {digest(path, 'sha256')}" for role, path in sorted(model.paths.items())]
    key = hashlib.sha256("\n".join([cv2.__version__, *sums]).encode()).hexdigest()
    return data_folder() / "tried" / key[:32]


def _remember(verdict: Path) -> None:
    try:
        verdict.parent.mkdir(parents=True, exist_ok=True)
        verdict.touch()
    except OSError:
        return  # a home that cannot be written costs a trial each time, nothing more


def main(path: str) -> int:
    """Try the model in this process; what is wrong goes to stdout as JSON."""
    try:
        load_segmenter(find_model(path), Thresholds()).warm_up()
    except LiveSegmentError as error:
        sys.stdout.write(json.dumps({"message": str(error), "hint": error.hint}) + "\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
