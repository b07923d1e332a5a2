"""Whether films can be written: each is written, read back and looked at."""

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from livesegment.doctor.child import Ask, Facts, NoAnswerError
from livesegment.doctor.finding import Finding, Topic, fail, ok, warn
from livesegment.errors import SinkError
from livesegment.frame import Image

FRAMES = 12
SIZE = (320, 240)
"""(width, height)."""
FPS = 25.0
NEAR = 16.0
"""Grey levels that a picture may be off by on average; codecs lose some."""


class Film(NamedTuple):
    """A kind of film."""

    name: str
    fourcc: str
    suffix: str
    missing: str
    """What it means that it cannot be written."""
    hint: str


RECORDED = Film("mp4v in .mkv", "mp4v", ".mkv", "nothing can be recorded", "")
"""What the recorder writes; see `sinks.video`."""
OTHERS = (
    Film(
        "MJPG in .avi",
        "MJPG",
        ".avi",
        "recordings do without",
        "pip install --force-reinstall opencv-contrib-python",
    ),
    Film(
        "H.264 in .mp4",
        "avc1",
        ".mp4",
        "no OpenCV from PyPI has the encoder; recordings are MPEG-4, which plays everywhere",
        "ffmpeg -i overlay-0001.mkv -c:v libx264 FILM.mp4 makes a recording H.264",
    ),
)


def findings(ask: Ask) -> list[Finding]:
    """A row a kind of film."""
    return [_recorded(ask), *(_other(film, ask) for film in OTHERS)]


def _recorded(ask: Ask) -> Finding:
    try:
        facts = ask("recording:record", RECORDED.name)
    except NoAnswerError as error:
        hint = error.hint or "pip install --force-reinstall opencv-contrib-python"
        says = f"{RECORDED.missing}: {error}"
        return fail(Topic.RECORDING, RECORDED.name, says, hint)
    if not _whole(facts):
        hint = "pip install --force-reinstall opencv-contrib-python"
        return fail(Topic.RECORDING, RECORDED.name, _count(facts), hint)
    return ok(Topic.RECORDING, RECORDED.name, f"{_count(facts)}; recordings are of this kind")


def _other(film: Film, ask: Ask) -> Finding:
    try:
        facts = ask("recording:record", film.name)
    except NoAnswerError as error:
        return warn(Topic.RECORDING, film.name, f"{error}; {film.missing}", film.hint)
    if not _whole(facts):
        return warn(Topic.RECORDING, film.name, f"{_count(facts)}; {film.missing}", film.hint)
    return ok(Topic.RECORDING, film.name, _count(facts))


def _whole(facts: Facts) -> bool:
    return bool(facts["read"] == FRAMES and facts["off"] <= NEAR)


def _count(facts: Facts) -> str:
    if facts["read"] == FRAMES and facts["off"] > NEAR:
        return f"written, but reads back as other pictures ({facts['off']:.0f} grey levels off)"
    return f"{facts['read']} of {FRAMES} pictures written and read back"


def record(name: str) -> Facts:
    """In a child: write a film and read it back.

    Returns:
        How many pictures were `read`, and by how many grey levels the worst was `off`.

    Raises:
        SinkError: it cannot be written.
    """
    film = next(film for film in (RECORDED, *OTHERS) if film.name == name)
    with tempfile.TemporaryDirectory(prefix="livesegment-") as folder:
        path = Path(folder) / f"film{film.suffix}"
        if film == RECORDED:
            _write_recording(path)
        else:
            _write(path, film.fourcc)
        return _read(path)


def _picture(index: int) -> Image:
    """A grey of its own for each."""
    import numpy as np

    return np.full((SIZE[1], SIZE[0], 3), 20 + 18 * index, np.uint8)


def _write_recording(path: Path) -> None:
    from livesegment.sinks.video import VideoFile

    file = VideoFile(path, fps=FPS, size=SIZE)
    for index in range(FRAMES):
        file.write(_picture(index))
    file.close()


def _write(path: Path, fourcc: str) -> None:
    import cv2

    code = cv2.VideoWriter.fourcc(*fourcc)  # noqa: TID251 -- other kinds than `VideoFile` writes
    writer: Any = cv2.VideoWriter(  # noqa: TID251 -- likewise
        str(path), cv2.CAP_FFMPEG, code, FPS, SIZE
    )
    if not writer.isOpened():
        raise SinkError("cannot be written")
    for index in range(FRAMES):
        writer.write(_picture(index))
    writer.release()


def _read(path: Path) -> Facts:
    import cv2
    import numpy as np

    from livesegment.sources.capture import open_capture

    capture = open_capture(str(path), cv2.CAP_FFMPEG)
    read, off = 0, 0.0
    while capture is not None:
        arrived, picture = capture.read()
        if not arrived:
            break
        if read < FRAMES:
            off = max(off, float(np.abs(picture.astype(np.float32) - _picture(read)).mean()))
        read += 1
    return {"read": read, "off": off}
