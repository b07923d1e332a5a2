"""A model run on an engine in a process of its own, timed and listened to.

A damaged file can crash OpenCV outright, a driver can hang, and a process has but one peak of
memory: so whatever is tried, for the first time or against others, is tried in a child.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Self

import numpy as np

from livesegment import child
from livesegment.errors import EngineError, ExitCode, LiveSegmentError, ModelError
from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.instances import Instances
from livesegment.segmenters.load import load_segmenter
from livesegment.segmenters.specimen import specimen
from livesegment.store import find_model

TIMEOUT = 120.0
"""Seconds that a trial may take; OpenCL alone compiles for the better part of a minute."""
LEAST_SCORE = 0.05
"""Objects are told down to this score, for comparisons."""
MOST_OBJECTS = 100
SCATTER = 2.0
"""Times the median that the longest run may take on a machine that has nothing else to do."""


class TrialTimeoutError(ModelError):
    """A trial was ended, which may be the machine's fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A model, and what it is to run on."""

    model: str
    """A name or a path."""
    engine: str
    device: str
    threads: int | None = None
    input_size: tuple[int, int] | None = None
    """(width, height) in pixels."""
    lossy_proposals: int | None = None
    """As `load_family` takes it."""

    def __str__(self) -> str:
        return f"{self.engine} on {self.device}"


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What came of running a setup; all times in seconds."""

    setup: Setup
    runs_on: str
    """As the engine reports it."""
    load: float
    """From the file to a network that can run."""
    warm_up: float
    """The first run."""
    segment: tuple[float, ...]
    """Each run after it: picture in, objects out."""
    infer: tuple[float, ...]
    """The network's part of each."""
    peak_memory: int | None
    """Bytes that the process held at most; None where the system does not tell."""
    instances: tuple[Instances, ...]
    """What was found in each picture, down to `LEAST_SCORE`."""

    @property
    def typical(self) -> float:
        """The median run, picture in, objects out."""
        return median(self.segment)

    @property
    def steady(self) -> bool:
        """Whether the machine had nothing else to do, as far as the times tell."""
        return max(self.segment) <= SCATTER * self.typical

    @classmethod
    def from_json(cls, setup: Setup, told: Mapping[str, Any]) -> Self:
        """What a child told."""
        return cls(
            setup,
            runs_on=told["runs_on"],
            load=told["load"],
            warm_up=told["warm_up"],
            segment=tuple(told["segment"]),
            infer=tuple(told["infer"]),
            peak_memory=told["peak_memory"],
            instances=tuple(_instances(rows) for rows in told["instances"]),
        )


def attempt(
    setup: Setup,
    *,
    pictures: Sequence[Path] = (),
    runs: int = 5,
    seconds: float = 3.0,
    timeout: float = TIMEOUT,
) -> Trial:
    """Run a setup in a child process.

    Args:
        setup: what to run.
        pictures: files to run it on; none: the specimen.
        runs: of the timed kind, at least one a picture.
        seconds: after which no further run is begun.
        timeout: seconds after which the child is killed.

    Raises:
        ModelError: the model cannot be read, or crashed the process that tried.
        EngineError: it could be read but not run.
        TrialTimeoutError: it was killed; on a machine with less to do it may end in time.
    """
    wanted = {
        **asdict(setup),
        "pictures": [str(path) for path in pictures],
        "runs": runs,
        "seconds": seconds,
    }
    try:
        answer = child.ask(__name__, json.dumps(wanted), seconds=timeout)
    except TimeoutError as error:
        raise TrialTimeoutError(f"{setup.model} {error} on {setup}") from error
    except OSError as error:
        raise EngineError(
            f"{setup.model} could not be tried on {setup}: {error.strerror or error}",
            hint="close other programs: this machine starts no more",
        ) from error
    try:
        told = json.loads(answer.text)
        if answer.status == 0:
            return Trial.from_json(setup, told)
        message, hint = str(told["message"]), told["hint"]
    except (ValueError, KeyError, TypeError):
        raise ModelError(
            f"{setup.model} crashed {setup.engine} on a trial run: the file is damaged",
            hint="export or fetch it again",
        ) from None
    kind = EngineError if answer.status == ExitCode.ENGINE else ModelError
    raise kind(message, hint=hint)


def perform(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Do in this process what `attempt` asked for.

    Raises:
        LiveSegmentError: the setup cannot be run.
    """
    size = wanted["input_size"]
    started = time.perf_counter()
    segmenter = load_segmenter(
        find_model(wanted["model"]),
        Thresholds(score=LEAST_SCORE, max_instances=MOST_OBJECTS),
        engine=wanted["engine"],
        device=wanted["device"],
        threads=wanted["threads"],
        input_size=None if size is None else (size[0], size[1]),
        lossy_proposals=wanted["lossy_proposals"],
    )
    loaded = time.perf_counter()
    segmenter.warm_up()
    warm = time.perf_counter()
    frames = _frames(wanted["pictures"])
    # Not timed: each picture may be the first of its size.
    found = [segmenter.segment(frame).instances for frame in frames]
    segment: list[float] = []
    infer: list[float] = []
    began = time.perf_counter()
    while len(segment) < wanted["runs"] and time.perf_counter() - began < wanted["seconds"]:
        frame = frames[len(segment) % len(frames)]
        before = time.perf_counter()
        timings = segmenter.segment(frame).timings
        segment.append(time.perf_counter() - before)
        infer.append(timings.get("infer", segment[-1]))
    return {
        "runs_on": segmenter.describe(),
        "load": loaded - started,
        "warm_up": warm - loaded,
        "segment": segment,
        "infer": infer,
        "peak_memory": _peak_memory(),
        "instances": [_rows(instances) for instances in found],
    }


def _frames(paths: Sequence[str]) -> list[Frame]:
    from livesegment.image_files import read_image

    if not paths:
        return [Frame(specimen(), 0, 0.0, 0.0)]
    frames = []
    for index, path in enumerate(paths):
        image = np.asarray(read_image(Path(path)), np.uint8)
        frames.append(Frame(image, index, 0.0, 0.0))
    return frames


def _peak_memory() -> int | None:
    """Bytes that this process held at most.

    Not `getrusage` where it can be had from Linux itself: that one counts the parent in.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        rows = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        return int(rows["VmHWM"].split()[0]) * 1024 if "VmHWM" in rows else None
    if sys.platform == "win32":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _rows(instances: Instances) -> list[dict[str, Any]]:
    """Instances as JSON; a mask is its shape and its bits, packed, in hexadecimal."""
    return [
        {
            "box": instances.boxes[i].tolist(),
            "score": float(instances.scores[i]),
            "class_id": int(instances.class_ids[i]),
            "shape": list(mask.shape),
            "mask": np.packbits(mask).tobytes().hex(),
        }
        for i, mask in enumerate(instances.masks)
    ]


def _instances(rows: Sequence[Mapping[str, Any]]) -> Instances:
    """The inverse of `_rows`."""
    masks = []
    for row in rows:
        bits = np.frombuffer(bytes.fromhex(row["mask"]), np.uint8)
        height, width = row["shape"]
        masks.append(np.unpackbits(bits, count=height * width).reshape(height, width) > 0)
    return Instances.from_rows(
        [row["box"] for row in rows],
        [row["score"] for row in rows],
        [row["class_id"] for row in rows],
        masks,
    )


def main(wanted: str) -> int:
    """Try in this process; what came of it, or what is wrong, goes to stdout as JSON."""
    try:
        told: dict[str, Any] = perform(json.loads(wanted))
        status = 0
    except LiveSegmentError as error:
        told, status = {"message": str(error), "hint": error.hint}, int(error.exit_code)
    sys.stdout.write("\n" + json.dumps(told) + "\n")
    return status
