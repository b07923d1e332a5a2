"""Whether films can be written: each codec writes one, which is read back and looked at."""

import tempfile
from pathlib import Path
from typing import NamedTuple

from livesegment.doctor.child import Ask, Facts, NoAnswerError
from livesegment.doctor.finding import Finding, Topic, fail, ok, warn
from livesegment.frame import Image
from livesegment.packages import install

FRAMES = 12
SIZE = (320, 240)
"""(width, height)."""
FPS = 25.0
NEAR = 16.0
"""Grey levels that a picture may be off by on average; codecs lose some."""
REINSTALL = install("opencv", again=True)


class Film(NamedTuple):
    """What a codec makes."""

    codec: str
    """As `--codec` takes it."""
    name: str
    without: str
    """What it means that it cannot be had."""
    install: str
    """What to type to have it."""
    mend: str
    """What to type where it is there and does not work."""


FILMS = (
    Film(
        "h264",
        "H.264 in .mkv",
        "recordings are larger, or their pictures come at a constant rate",
        install("h264"),
        install("h264", again=True),
    ),
    Film(
        "mpeg4",
        "MPEG-4 in .mkv",
        "without H.264, recordings are Motion JPEG, ten times as large",
        install("h264"),
        REINSTALL,
    ),
    Film("mjpeg", "Motion JPEG in .mkv", "--codec mjpeg cannot be used", REINSTALL, REINSTALL),
)
"""In the order in which `--codec auto` looks for them; each is an .mkv of ours."""


def findings(ask: Ask) -> list[Finding]:
    """A row a codec; the one that `--codec auto` takes must work."""
    rows = []
    taken = False
    for film in FILMS:
        try:
            facts = ask("recording:record", film.codec)
        except NoAnswerError as error:
            facts = {"broken": str(error), "hint": error.hint}
        rows.append(_row(film, facts, auto=not taken))
        taken = taken or "missing" not in facts
    return rows


def _row(film: Film, facts: Facts, *, auto: bool) -> Finding:
    if "missing" in facts:
        return warn(Topic.RECORDING, film.name, f"{facts['missing']}; {film.without}", film.install)
    broken = facts["broken"] if "broken" in facts else _broken(facts)
    if broken:
        hint = facts.get("hint") or film.mend
        if auto:
            return fail(Topic.RECORDING, film.name, f"{broken}; --codec auto would take it", hint)
        return warn(Topic.RECORDING, film.name, f"{broken}; --codec auto does without", hint)
    says = f"{FRAMES} of {FRAMES} pictures written and read back, by {facts['encoder']}"
    return ok(Topic.RECORDING, film.name, says + ("; --codec auto takes it" if auto else ""))


def _broken(facts: Facts) -> str:
    """What is wrong with the film that was read back; empty: nothing."""
    if facts["read"] != FRAMES:
        return f"{facts['read']} of {FRAMES} pictures written and read back"
    if facts["off"] > NEAR:
        return f"written, but reads back as other pictures ({facts['off']:.0f} grey levels off)"
    return ""


def record(codec: str) -> Facts:
    """In a child: write a film as a recording is written, and read it back.

    Returns:
        How many pictures were `read`, by how many grey levels the worst was `off`, and the
        `encoder`; or why the codec is `missing` here.

    Raises:
        SinkError: it cannot be written.
    """
    from livesegment.codecs.registry import why_not
    from livesegment.codecs.video_file import VideoFile

    reason = why_not(codec)
    if reason is not None:
        return {"missing": reason}
    with tempfile.TemporaryDirectory(prefix="livesegment-") as folder:
        path = Path(folder) / "film.mkv"
        file = VideoFile(path, codec=codec, size=SIZE, fps=FPS, min_free=0)
        for index in range(FRAMES):
            file.write(_picture(index), index / FPS)
        file.close()
        return {**_read(path), "encoder": file.encoder}


def _picture(index: int) -> Image:
    """A grey of its own for each."""
    import numpy as np

    return np.full((SIZE[1], SIZE[0], 3), 20 + 18 * index, np.uint8)


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
