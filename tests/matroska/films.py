"""Small films to write, to cut and to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from livesegment.frame import Image
from livesegment.matroska.ebml import read_head
from livesegment.matroska.reader import Block, MatroskaReader
from livesegment.matroska.writer import MatroskaWriter, Track

TRACK = Track("V_MJPEG", (64, 48), b"", 25.0)
SIZE = (64, 48)


@dataclass(frozen=True, slots=True)
class Packet:
    """What was written, and how long the file was then."""

    data: bytes
    ms: int
    key: bool
    end: int


def packet(index: int) -> bytes:
    """A packet of 5 to 24 bytes that is unlike all others."""
    return (
        f"{index:05d}".encode() + bytes([0xA3, 0x1F, 0x43, 0xB6, 0x75, 0, 0xFF] * 3)[: index % 20]
    )


def write_film(
    path: Path,
    frames: int = 10,
    *,
    track: Track = TRACK,
    step: int = 40,
    gop: int = 1,
    close: bool = True,
) -> list[Packet]:
    """A film of arbitrary packets; `gop` is how many pictures there are for each key frame."""
    writer = MatroskaWriter(path, track)
    written = []
    for index in range(frames):
        key = index % gop == 0
        writer.write(packet(index), index * step, key=key)
        written.append(Packet(packet(index), index * step, key, writer.bytes))
    growing = path.read_bytes()
    writer.close()
    if not close:  # as a kill would leave it
        path.write_bytes(growing)
    return written


def moving(frames: int) -> Iterator[Image]:
    """Pictures of a square that moves over noise, which makes packets of many lengths."""
    noise = np.random.default_rng(5).integers(0, 90, (SIZE[1], SIZE[0], 3), np.uint8)
    for index in range(frames):
        picture = noise.copy()
        x = 2 * index % 48
        picture[10:26, x : x + 16] = (40, 200, 250 - 2 * index)
        yield picture


def encode(path: Path, codec: str, **options: str) -> None:
    """A film as FFmpeg writes it; `options` are those of its Matroska muxer."""
    import av

    with av.open(str(path), "w", format="matroska", options=options) as container:
        stream: Any = container.add_stream(codec, rate=25)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for picture in moving(40):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def ends(path: Path) -> list[tuple[int, Block]]:
    """The packets of a film, each with the place where its element ends."""
    content = path.read_bytes()
    found = []
    for block in MatroskaReader(path):
        head = read_head(content[block.offset : block.offset + 12])
        assert head is not None
        assert head.size is not None
        found.append((block.offset + head.length + head.size, block))
    return found


def packets(path: Path) -> list[tuple[bytes, int, bool]]:
    """What a player gets out of a file."""
    return [(block.data, block.ms, block.key) for block in MatroskaReader(path)]
