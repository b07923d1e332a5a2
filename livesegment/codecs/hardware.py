"""Encoders in hardware: which of them this machine may have, and which of those work.

A driver can hang, crash, hold pictures back or give green ones. So an encoder is only tried where
its device is there, once, in a process of its own; its pictures are decoded and looked at. What
is wrong there, or later, means the next encoder, and libx264 in the end.

The recipes follow FFmpeg's documentation of these encoders. None of them was at hand to be run:
what is tested is that a wrong one does no harm. VA-API is left out, because PyAV cannot give an
encoder the surfaces that it wants.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from livesegment import child
from livesegment.codecs.libav import LibavEncoder, Recipe, load
from livesegment.errors import SinkError
from livesegment.frame import Image

SECONDS = 30.0
"""A trial that takes longer has failed."""
SIZE = (1280, 720)
FPS = 30.0
PICTURES = 24
"""Pictures of a trial."""
NEAR = 8.0
"""Grey levels that a picture of a trial may be off by on average."""
HELD_SECONDS = 0.3
"""Most that may be held back, since a crash loses it."""
SMALLEST, LARGEST = 160, 4096
"""Pixels a side of pictures that are given to hardware; its limits vary."""
BITS_PER_PIXEL = 0.1
"""For encoders that can be told a rate only."""
INTEL, AMD = "0x8086", "0x1002"
"""PCI vendors."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a trial."""

    fault: str = ""
    """Why the encoder is not used; empty: it works."""
    held: int = 0
    """Pictures that it held back at most."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoder that a machine may have."""

    recipe: Recipe
    plausible: Callable[[], bool]
    """Whether its device or library is there; touches neither."""
    rated: bool = False
    """Whether it must be told a bit rate."""

    def recipe_for(self, size: tuple[int, int], fps: float) -> Recipe:
        """The recipe, with a bit rate where one is wanted."""
        if not self.rated:
            return self.recipe
        rate = {"b": str(round(size[0] * size[1] * fps * BITS_PER_PIXEL))}
        return Recipe(self.recipe.encoder, {**self.recipe.options, **rate}, self.recipe.pixels)


def _nvidia() -> bool:
    nodes = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
    return any(node.exists() for node in nodes) or _in_windows("nvEncodeAPI64.dll")


def _intel() -> bool:
    return _renders(INTEL) or _in_windows("libmfxhw64.dll", "libvpl.dll")


def _amd() -> bool:
    return _renders(AMD) or _in_windows("amfrt64.dll")


def _renders(vendor: str, drm: Path = Path("/sys/class/drm")) -> bool:
    """Whether a GPU of this vendor has a render node."""
    return any(_says(node / "device" / "vendor") == vendor for node in drm.glob("renderD*"))


def _encodes(video: Path = Path("/sys/class/video4linux")) -> bool:
    """Whether a Video4Linux device is called an encoder, as those of small boards are."""
    names = [_says(node / "name").lower() for node in video.glob("video*")]
    return any("encode" in name or "codec" in name or name.endswith("enc") for name in names)


def _in_windows(*names: str) -> bool:
    system = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
    return sys.platform == "win32" and any((system / name).exists() for name in names)


def _says(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


CANDIDATES = (
    Candidate(
        Recipe(
            "h264_nvenc",
            {"preset": "p4", "rc": "vbr", "cq": "26", "b": "0", "forced-idr": "1"}
            | {"delay": "0", "zerolatency": "1", "rc-lookahead": "0"},
        ),
        _nvidia,
    ),
    Candidate(
        Recipe(
            "h264_qsv",
            {"preset": "veryfast", "global_quality": "25", "forced_idr": "1"}
            | {"async_depth": "1", "look_ahead": "0"},
            "nv12",
        ),
        _intel,
    ),
    Candidate(
        Recipe("h264_videotoolbox", {"realtime": "1", "prio_speed": "1"}, "nv12"),
        lambda: sys.platform == "darwin",
        rated=True,
    ),
    Candidate(
        Recipe(
            "h264_amf",
            {"usage": "lowlatency_high_quality", "rc": "cqp", "qp_i": "24", "qp_p": "26"}
            | {"forced_idr": "1"},
            "nv12",
        ),
        _amd,
    ),
    Candidate(Recipe("h264_v4l2m2m"), _encodes, rated=True),
    Candidate(
        Recipe("h264_mf", {"hw_encoding": "1", "scenario": "live_streaming"}, "nv12"),
        lambda: sys.platform == "win32",
        rated=True,
    ),
)
"""The most capable first."""

_verdicts: dict[str, Verdict] = {}
"""Encoder -> what came of its trial; for as long as the process lives."""


def working(size: tuple[int, int] = SIZE, fps: float = FPS) -> list[Recipe]:
    """The encoders in hardware that can be had for such pictures, the most capable first.

    Those that this machine may have are tried at the first call, which can take seconds.

    Args:
        size: (width, height).
        fps: pictures a second; with few of them, even one that is held back is too much.
    """
    if not SMALLEST <= min(size) <= max(size) <= LARGEST:
        return []
    known = load().codecs_available
    found = []
    for candidate in CANDIDATES:
        name = candidate.recipe.encoder
        if name not in known or not candidate.plausible():
            continue
        if name not in _verdicts:
            _verdicts[name] = examine(candidate.recipe_for(SIZE, FPS))
        verdict = _verdicts[name]
        if not verdict.fault and verdict.held <= HELD_SECONDS * fps:
            found.append(candidate.recipe_for(size, fps))
    return found


def distrust(encoder: str) -> None:
    """Have an encoder, which failed after all, not used again by this process."""
    _verdicts[encoder] = Verdict("it failed in use")


def examine(recipe: Recipe, seconds: float = SECONDS) -> Verdict:
    """Try an encoder in a process of its own.

    Args:
        recipe: what to try, at `SIZE` and `FPS`.
        seconds: it is ended after so many.
    """
    try:
        answer = child.ask(__name__, json.dumps(asdict(recipe)), seconds=seconds)
    except TimeoutError as error:
        return Verdict(str(error))
    except OSError as error:
        return Verdict(f"could not be tried: {error.strerror}")
    try:
        return Verdict(**json.loads(answer.text))
    except (ValueError, TypeError):
        return Verdict(f"ended without an answer (status {answer.status})")


def attempt(recipe: Recipe) -> Verdict:
    """Try an encoder in this process: its times, its key frame, its pictures."""
    try:
        return _attempt(recipe)
    except SinkError as error:
        return Verdict(str(error))


def _attempt(recipe: Recipe) -> Verdict:
    encoder = LibavEncoder(recipe, SIZE, FPS)
    wanted = [(_picture(index), 31 * index + index % 3) for index in range(PICTURES)]
    packets = []
    held = 0
    for index, (image, ms) in enumerate(wanted, 1):
        packets += encoder.encode(image, ms)
        held = max(held, index - len(packets))
    packets += encoder.flush()
    if [packet.ms for packet in packets] != [ms for _, ms in wanted]:
        return Verdict("other times came out than went in", held)
    if not packets[0].key:
        return Verdict("the first picture is no key frame", held)
    pictures = _decoded(encoder.private, [packet.data for packet in packets])
    if len(pictures) != PICTURES:
        return Verdict(f"{len(pictures)} of {PICTURES} pictures can be decoded", held)
    pairs = zip(pictures, wanted, strict=True)
    off = max(float(np.abs(found - image.astype(float)).mean()) for found, (image, _) in pairs)
    if off > NEAR:
        return Verdict(f"its pictures are {off:.0f} grey levels off", held)
    return Verdict(held=held)


def _picture(index: int) -> Image:
    """A coloured slope that moves."""
    width, height = SIZE
    across = (np.arange(width) // 8 + 4 * index) % 200
    down = np.arange(height)[:, None] // 4
    planes = np.broadcast_arrays(across, down, 200 - across)
    return np.stack(planes, axis=-1).astype(np.uint8)


def _decoded(private: bytes, samples: Sequence[bytes]) -> list[Image]:
    """What FFmpeg makes of samples, as a player would."""
    av = load()
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = private
    frames: list[Any] = []
    try:
        for sample in samples:
            frames += decoder.decode(av.Packet(sample))
        frames += decoder.decode(None)
    except av.error.FFmpegError:
        pass  # the pictures that are missing tell
    return [frame.to_ndarray(format="bgr24") for frame in frames]


def main(recipe: str) -> int:
    """Try a recipe, given as JSON, here, and write the verdict as JSON."""
    verdict = attempt(Recipe(**json.loads(recipe)))
    sys.stdout.write(f"\n{json.dumps(asdict(verdict))}\n")
    return 0
