"""Which of its modes a camera is asked for, and what is said where it gives another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from livesegment.errors import UsageError
from livesegment.sources.cameras.v4l2 import Mode

UNCOMPRESSED = ("YUYV", "UYVY", "NV12", "NV21", "YU12", "YV12", "BGR3", "RGB3", "XR24", "AR24")
"""The best first: no loss, and little to convert."""
COMPRESSED = ("MJPG", "JPEG")
WITHOUT_COLOUR = ("BA81", "GBRG", "GRBG", "RGGB", "GREY", "Y16", "Y10")
"""Raw sensors and grey pictures."""
READABLE = (*UNCOMPRESSED, *COMPRESSED, *WITHOUT_COLOUR)
"""What OpenCV makes a picture of, the best first. H.264 out of a camera is not among them."""
OTHER_NAMES = {"MJPEG": "MJPG", "YUY2": "YUYV", "I420": "YU12", "BGR": "BGR3", "RGB": "RGB3"}

USUAL_SIZE = (1280, 720)
"""Pixels; without a wish pictures are no larger. More costs decoding, and networks see no more."""
USUAL_RATE = 30.0
ENOUGH = 25.0
"""Frames a second that a mode has to give to be taken without a wish."""
TOLERANCE = 0.02
"""Of a rate: 29.97 is as good as 30."""
CREDIBLE = 100.0
"""Frames a second; of more a camera has to have told in its list."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a camera; None: whatever is sensible."""

    size: tuple[int, int] | None = None
    """(width, height) in pixels."""
    fps: float | None = None
    format: str | None = None
    """Four letters, as of `Mode`."""

    def __str__(self) -> str:
        return told(self.format, self.size, self.fps)


@dataclass(frozen=True, slots=True)
class Given:
    """What a camera says it gives, or gives."""

    size: tuple[int, int]
    fps: float | None
    format: str
    """Empty where it is not known."""

    def __str__(self) -> str:
        return told(self.format, self.size, self.fps)


def known_format(text: str) -> str:
    """A format by any of its names, as OpenCV and drivers call it.

    Raises:
        UsageError: it is none, or OpenCV cannot read it.
    """
    letters = OTHER_NAMES.get(text.strip().upper(), text.strip().upper())
    if letters not in READABLE:
        raise UsageError(
            f"--camera-format {text}: pictures of that format cannot be read from a camera",
            hint=f"known: {', '.join(READABLE)}; `livesegment cameras -v` lists what yours gives",
        )
    return letters


def readable(modes: Iterable[Mode]) -> list[Mode]:
    """The modes that OpenCV makes pictures of."""
    return [mode for mode in modes if mode.format in READABLE]


def choose(modes: Sequence[Mode], wish: Wish) -> Wish:
    """What to ask a camera for.

    A wished size or format is asked for in any case. Otherwise the largest size up to
    `USUAL_SIZE` that gives `ENOUGH` frames a second, or as many as are wished. Of the formats that
    give that the least lossy is taken, so MJPG only where all others are slower.

    Args:
        modes: that the camera has; empty where it does not say.
        wish: of the user.

    Returns:
        The wish, with what it leaves open filled in as far as the modes are known.
    """
    known = [mode for mode in readable(modes) if wish.format in {None, mode.format}]
    if not known:
        return wish
    enough = wish.fps or ENOUGH

    def speed(mode: Mode) -> float:
        fastest = mode.rates[0] if mode.rates else USUAL_RATE
        return min(fastest * (1 + TOLERANCE), enough)

    def taste(mode: Mode) -> int:
        return -READABLE.index(mode.format)

    if wish.size is not None:
        width, height = wish.size
        best = max(
            known,
            key=lambda mode: (
                -abs(mode.size[0] - width) - abs(mode.size[1] - height),
                speed(mode),
                taste(mode),
            ),
        )
    else:
        fitting = [mode for mode in known if _fits(mode.size)]
        smallest = min(known, key=lambda mode: _area(mode.size)).size
        best = max(
            fitting or [mode for mode in known if mode.size == smallest],
            key=lambda mode: (speed(mode), _area(mode.size), taste(mode)),
        )
    return Wish(wish.size or best.size, wish.fps or _usual_rate(best), best.format)


def believable(fps: float | None, given: Given, modes: Iterable[Mode]) -> float | None:
    """A stated rate, or None where it is nonsense: faster than the camera's list has it."""
    if fps is None or fps <= CREDIBLE:
        return fps
    listed = [
        rate
        for mode in modes
        if (mode.format, mode.size) == (given.format, given.size)
        for rate in mode.rates
    ]
    return fps if any(_same_rate(fps, rate) for rate in listed) else None


def falls_short(given: Given, wish: Wish) -> bool:
    """Whether a camera gives something else than was wished."""
    return (
        (wish.size is not None and given.size != wish.size)
        or (wish.format is not None and given.format not in {"", wish.format})
        or (wish.fps is not None and given.fps is not None and not _same_rate(given.fps, wish.fps))
    )


def told(letters: str | None, size: tuple[int, int] | None, fps: float | None) -> str:
    """A mode, for people: "MJPG 1280x720 at 30 fps", as far as it is known."""
    picture = " ".join(
        [*([letters] if letters else []), *(["{}x{}".format(*size)] if size else [])]
    )
    rate = f"{fps:g} fps" if fps else ""
    return " at ".join(words for words in (picture, rate) if words)


def _usual_rate(mode: Mode) -> float:
    quick = [rate for rate in mode.rates if rate * (1 + TOLERANCE) >= ENOUGH] or mode.rates[:1]
    return min(quick, key=lambda rate: abs(rate - USUAL_RATE), default=USUAL_RATE)


def _fits(size: tuple[int, int]) -> bool:
    """Whether a size is no larger than the usual one, lying or standing."""
    return max(size) <= USUAL_SIZE[0] and min(size) <= USUAL_SIZE[1]


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _same_rate(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE * max(one, other)
