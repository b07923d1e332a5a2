"""One MP4 out of the videos of a session, which plays everywhere.

H.264 is packed anew, as it is, with the times of its pictures; other codecs are compressed anew.
Without PyAV there is no H.264: then OpenCV writes MPEG-4 Part 2 at a constant rate.

The files of a session follow each other without a break: a film lasts as long as its files do
together, and the time between two files is not in it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Any

from livesegment.codecs import libav
from livesegment.codecs.base import Encoder, Packet
from livesegment.codecs.h264 import SOFTWARE, H264Encoder
from livesegment.codecs.libav import MILLISECOND, LibavEncoder, Recipe
from livesegment.errors import SinkError, SourceError, UsageError, one_line
from livesegment.matroska.writer import MatroskaWriter, Track
from livesegment.sessions.export import opencv_mp4
from livesegment.sessions.export.base import Export, Selection
from livesegment.sessions.export.pictures import USUAL_FPS, unreadable
from livesegment.sessions.export.pieces import Piece, laid_out, played, total
from livesegment.sessions.manifest import VideoFacts
from livesegment.sessions.session import Session, Video

OFFLINE = Recipe(SOFTWARE, {"preset": "veryfast", "crf": "20", "forced-idr": "1"})
"""Better than a recording's: what is compressed for the second time must not show it, and nobody
waits for the picture."""
H264 = "h264"


def export(
    session: Session,
    target: Path,
    *,
    kind: str = "overlay",
    selection: Selection | None = None,
    told: Callable[[float], None] = lambda _seconds: None,
) -> Export:
    """Write one MP4 for each size of picture: FILM.mp4, FILM-2.mp4 and so on.

    Args:
        session: whose videos.
        target: of the first file; the others are put beside it.
        kind: overlay or raw.
        selection: of which start and end count; None: all.
        told: called with the seconds of film that are written.

    Raises:
        UsageError: the session has no such video.
        SourceError: a video cannot be read.
        SinkError: the film cannot be written.
        OSError: the disk refuses.
    """
    wanted = selection or Selection()
    by_size: dict[tuple[int, int], list[Video]] = {}
    for video in session.videos(kind):
        by_size.setdefault(video.facts.size or (0, 0), []).append(video)
    if not by_size and not session.videos():
        raise SourceError(f"there is nothing to export: {session.name} has no video")
    if not by_size:
        there = session.videos()[0].facts.kind
        raise UsageError(f"{session.name} has no {kind} video", hint=f"--video {there} is there")
    made = Export()
    done = 0.0

    def add(seconds: float) -> None:
        told(done + seconds)

    for size, videos in by_size.items():
        pieces = laid_out(videos, wanted)
        if not pieces:
            continue
        number = len(made.files) + 1
        path = target if number == 1 else target.with_stem(f"{target.stem}-{number}")
        made.frames += _write(pieces, path, made, add)
        made.files.append(path)
        done += total(pieces)
        if len(by_size) > 1:
            made.remarks.append(f"{path.name}: pictures of {size[0]}x{size[1]}")
    if not made.files:
        raise SourceError(f"nothing was recorded at that time of {session.name}")
    return made


def _write(pieces: list[Piece], path: Path, made: Export, told: Callable[[float], None]) -> int:
    """Write one film; how many pictures it has."""
    try:
        av = libav.load()
    except SinkError as error:
        remark = (
            f"{error}: {path.name} is MPEG-4 Part 2 at a constant rate, "
            f"which browsers do not play ({libav.INSTALL} makes H.264)"
        )
        made.remarks.append(remark)
        return opencv_mp4.write(played(pieces, told), pieces[0].video, total(pieces), path)
    if _same_stream(av, pieces):
        return _pack(av, pieces, path, told)
    film = path.with_suffix(".h264.mkv")
    _compress(av, pieces, film, told)
    whole = Video(film, VideoFacts(codec=H264))
    count = _pack(av, [Piece(whole, 0.0, total(pieces), 0.0)], path, lambda _: None)
    film.unlink()
    return count


def _same_stream(av: Any, pieces: list[Piece]) -> bool:
    """Whether all of it is H.264 of one setting, and wanted as a whole."""
    settings = set()
    for piece in pieces:
        video = piece.video
        if video.facts.codec != H264 or not piece.whole:
            return False
        with _reading(av, video) as container:
            settings.add(bytes(container.streams.video[0].codec_context.extradata or b""))
    return len(settings) == 1


def _compress(av: Any, pieces: list[Piece], path: Path, told: Callable[[float], None]) -> None:
    """Make H.264 in Matroska of any pictures, each at its time."""
    encoder: Encoder | None = None
    writer: MatroskaWriter | None = None
    size = (0, 0)
    last = -1
    fps = pieces[0].video.facts.fps or USUAL_FPS

    def put(packets: list[Packet]) -> None:
        nonlocal writer
        for packet in packets:
            if writer is None and encoder is not None:
                writer = MatroskaWriter(path, Track(encoder.codec_id, size, encoder.private))
            if writer is not None:
                writer.write(packet.data, packet.ms, key=packet.key)

    try:
        for seconds, image in played(pieces, told):
            if encoder is None:
                size = (image.shape[1] // 2 * 2, image.shape[0] // 2 * 2)
                software = SOFTWARE in av.codecs_available
                encoder = LibavEncoder(OFFLINE, size, fps) if software else H264Encoder(size, fps)
            last = max(last + 1, round(1000 * seconds))
            put(encoder.encode(image[: size[1], : size[0]], last))
        if encoder is not None:
            put(encoder.flush())
    finally:
        if writer is not None:
            writer.close()
        if encoder is not None:
            encoder.close()


def _pack(av: Any, pieces: list[Piece], path: Path, told: Callable[[float], None]) -> int:
    """Put H.264 out of Matroska into an MP4 as it is; how many pictures."""
    count = 0
    with (
        _translated(av, path),
        av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as output,
    ):
        stream: Any = None
        for piece in pieces:
            with _reading(av, piece.video) as container:
                source = container.streams.video[0]
                if stream is None:
                    stream = output.add_stream_from_template(source)
                held: Any = None
                for packet in container.demux(source):
                    if packet.pts is None:  # the end, as PyAV gives it
                        continue
                    ms = round(1000 * (piece.at + packet.pts * source.time_base))
                    if held is not None:
                        held.duration = ms - held.pts
                        output.mux(held)
                        count += 1
                    packet.stream, packet.time_base = stream, MILLISECOND
                    packet.pts = packet.dts = ms
                    held = packet
                    told(ms / 1000)
                if held is None:
                    raise unreadable(piece.video)
                held.duration = max(1, round(1000 * (piece.at + piece.end)) - held.pts)
                output.mux(held)
                count += 1
    return count


@contextmanager
def _reading(av: Any, video: Video) -> Iterator[Any]:
    try:
        container = av.open(str(video.path), "r", format="matroska")
    except (av.error.FFmpegError, OSError) as error:
        raise unreadable(video) from error
    try:
        yield container
    finally:
        container.close()


@contextmanager
def _translated(av: Any, path: Path) -> Iterator[None]:
    try:
        yield
    except av.error.FFmpegError as error:
        if error.errno in {ENOSPC, EDQUOT}:
            raise OSError(error.errno, error.strerror) from error
        raise SinkError(
            f"{path.name} cannot be written: {one_line(error)}", hint="-o names another place"
        ) from error
