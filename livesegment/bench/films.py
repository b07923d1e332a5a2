"""Films with a truth: folders of pictures beside folders of masks, as DAVIS lays them out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.errors import SourceError
from livesegment.frame import Frame
from livesegment.image_files import read_image
from livesegment.instances import Mask
from livesegment.sources.capture import as_bgr
from livesegment.sources.images import SUFFIXES, natural_order

LAYOUT = (
    "pictures in both folders, or in both a folder a film with pictures in it; "
    "frame 00000.jpg has its truth in 00000.png"
)


@dataclass(frozen=True, slots=True)
class Film:
    """A film with the truth of each frame."""

    name: str
    frames: tuple[Path, ...]
    """Pictures, in order."""
    truths: tuple[Path, ...]
    """As many pictures: not zero where the object is."""

    def play(self, fps: float) -> Iterator[tuple[Frame, Mask]]:
        """Read it from its start.

        Args:
            fps: frames a second; frame 0 is captured at 0 s.

        Yields:
            Each frame and what the object covers in it, (h, w).

        Raises:
            SourceError: a picture cannot be read, or has another size than the first frame.
        """
        size: tuple[int, int] | None = None
        for index, (picture, truth) in enumerate(zip(self.frames, self.truths, strict=True)):
            image = as_bgr(_read(picture, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH))
            frame = Frame(image, index, captured_at=index / fps, pts=index / fps)
            mask = _read(truth, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH) > 0
            size = size or frame.size
            for path, shape in ((picture, image.shape), (truth, mask.shape)):
                if (shape[1], shape[0]) != size:
                    raise SourceError(
                        f"{path} is {shape[1]}x{shape[0]}, the film is {size[0]}x{size[1]}",
                        hint="frames and truth must have one size: take both in one resolution",
                    )
            yield frame, mask


def find_films(frames: Path, truth: Path) -> list[Film]:
    """The films of a folder, by name: one where pictures lie in it, else one a folder in it.

    Raises:
        SourceError: there is none, or a frame without truth.
    """
    if _pictures(frames):
        return [_film(frames, truth)]
    folders = [item for item in _listed(frames) if item.is_dir() and _pictures(item)]
    if not folders:
        raise SourceError(f"no pictures in {frames}", hint=LAYOUT)
    _listed(truth)
    folders.sort(key=lambda item: natural_order(item.name))
    return [_film(folder, truth / folder.name) for folder in folders]


def _film(frames: Path, truth: Path) -> Film:
    """One film, each frame with the truth of the same name."""
    pictures, by_name = _pictures(frames), {path.stem: path for path in _pictures(truth)}
    if not by_name:
        raise SourceError(f"no truth for {frames}: no pictures in {truth}", hint=LAYOUT)
    for picture in pictures:
        if picture.stem not in by_name:
            raise SourceError(f"no truth for {picture} in {truth}", hint=LAYOUT)
    truths = tuple(by_name[picture.stem] for picture in pictures)
    return Film(frames.resolve().name, tuple(pictures), truths)


def _pictures(folder: Path) -> list[Path]:
    """The pictures in a folder, in order."""
    found = [item for item in _listed(folder) if item.suffix.lower() in SUFFIXES]
    return sorted(found, key=lambda item: (natural_order(item.name), item.name))


def _listed(folder: Path) -> list[Path]:
    """What is in a folder.

    Raises:
        SourceError: it is none, or may not be read.
    """
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such folder", hint=LAYOUT)
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise SourceError(f"cannot read {folder}: {error.strerror}") from error


def _read(path: Path, flags: int) -> NDArray[np.integer]:
    """A picture as OpenCV reads it.

    Raises:
        SourceError: it cannot be read.
    """
    picture = read_image(path, flags)
    return np.asarray(picture, picture.dtype)
