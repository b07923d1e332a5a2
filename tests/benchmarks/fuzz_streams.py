"""Damaged streams and films for minutes: no crash, no hang, nothing left over.

    python -m tests.benchmarks.fuzz_streams [--minutes 5] [--seed 1]

Streams are watched as the program does it, while bits are flipped, packets are cut and lost and
noise comes between them, at rates that change all the time. Films are cut off anywhere and have
bytes changed. A crash ends the command with its trace, a hang with an error.
"""

import argparse
import faulthandler
import gc
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import cv2

from livesegment.errors import SourceError
from livesegment.sources import locate
from livesegment.threads.worker import Worker
from tests.fakes import CEILING
from tests.servers.base import Trouble
from tests.servers.hls import HlsServer
from tests.servers.mjpeg import MjpegServer
from tests.servers.patience import until
from tests.servers.programme import Programme
from tests.servers.rtsp import RtspServer
from tests.servers.transport_stream import TransportStreamSender
from tests.sources.watched import holdings, watched

SPELL = 5.0
"""Seconds for which a stream is watched."""
CHANGE = 0.5
"""Seconds between two changes of what is wrong with it."""
PATIENCE = 2 * CEILING
"""Seconds that a damaged film may take."""
FILMS = (("mp4", "mp4v"), ("mkv", "mp4v"), ("avi", "MJPG"), ("ts", "mp4v"), ("mkv", "MJPG"))
AT_ONCE = 20
"""Damaged films, one after the other, between two streams."""
STREAMS = ("rtsp jpeg", "rtsp h264", "http", "udp", "hls")
MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of thing that is damaged."""

    name: str
    play: Callable[[random.Random], int]
    """Damages it, looks at it, and returns how many frames came."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A server that plays all the time."""

    url: str
    programme: Programme
    trouble: Trouble


def watch_badly(stream: Stream, chance: random.Random) -> int:
    """Watch a stream that is damaged in every way; frames that came all the same."""
    with watched(locate.source(stream.url), stream.programme) as watching:
        until_time, never = time.monotonic() + SPELL, threading.Event()
        while time.monotonic() < until_time:
            stream.trouble.damage = chance.random() ** 3
            stream.trouble.cut = chance.random() ** 4
            stream.trouble.lost = chance.random() ** 4
            stream.trouble.noise = chance.choice((0, 0, 7, 4000))
            never.wait(CHANGE)
        return len(watching.frames)


def _stream(kind: str, stack: ExitStack) -> Stream:
    """A stream of a kind, until `stack` is closed.

    One for all spells: encoders made anew for each would be most of what the process comes to hold.
    """
    if kind == "udp":
        sender = stack.enter_context(TransportStreamSender())
        return Stream(sender.url, sender.programme, sender.trouble)
    if kind == "hls":
        hls = stack.enter_context(HlsServer(seconds=0.5))
        until(lambda: hls.made >= 2)
        return Stream(hls.url, hls.programme, hls.trouble)
    if kind == "http":
        camera = stack.enter_context(MjpegServer())
        return Stream(camera.url(), camera.programme, camera.trouble)
    server = stack.enter_context(RtspServer(h264=kind == "rtsp h264"))
    return Stream(server.url(), server.programme, server.trouble)


def read_damaged(sound: bytes, path: Path, chance: random.Random) -> int:
    """Read a film whose end may be missing, and some bytes be others; frames that came."""
    spoilt = bytearray(sound[: chance.choice((len(sound), chance.randrange(1, len(sound))))])
    for _ in range(chance.choice((0, 1, 10, 1000))):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    path.write_bytes(spoilt)
    frames = [0]

    def read() -> None:
        source = locate.source(str(path))
        try:
            with suppress(SourceError):
                source.open()
                while source.read() is not None:
                    frames[0] += 1
        finally:
            source.close()

    worker = Worker("test-film", read)
    worker.start()
    assert worker.stop(PATIENCE), f"{path} hangs"
    if worker.error is not None:
        raise worker.error
    return frames[0]


def _stream_job(kind: str, stack: ExitStack) -> Job:
    stream = _stream(kind, stack)
    return Job(kind, lambda chance: watch_badly(stream, chance))


def _film_job(folder: Path, end: str, codec: str) -> Job:
    sound, damaged = folder / f"{codec}.{end}", folder / f"damaged-{codec}.{end}"
    code, programme = cv2.VideoWriter.fourcc(*codec), Programme()  # noqa: TID251 -- what is read
    writer = cv2.VideoWriter(  # noqa: TID251 -- is not fuzzed by what writes
        str(sound), cv2.CAP_FFMPEG, code, programme.fps, programme.size
    )
    for _ in range(60):
        writer.write(programme.next()[1])
    writer.release()
    content = sound.read_bytes()
    return Job(
        f"{codec} in {end}",
        lambda chance: sum(read_damaged(content, damaged, chance) for _ in range(AT_ONCE)),
    )


def main() -> None:
    """Damage things until the time is over, and tell what was left."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    faulthandler.enable()
    chance = random.Random(given.seed)  # noqa: S311 -- no secret
    came: Counter[str] = Counter()
    tries: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        jobs = [_stream_job(kind, stack) for kind in STREAMS]
        jobs += [_film_job(Path(folder), *one) for one in FILMS]
        held = []
        until_time = time.monotonic() + 60 * given.minutes
        while time.monotonic() < until_time:
            for job in jobs:
                came[job.name] += job.play(chance)
                tries[job.name] += 1
            gc.collect()
            held.append(holdings())
    half, end = held[len(held) // 2], held[-1]
    for job in jobs:
        print(f"{job.name}: {tries[job.name]} times, {came[job.name]} frames came")
    print(f"threads {end.threads - half.threads:+d}, sockets {end.sockets - half.sockets:+d}")
    print("MiB after each round:", *(round(one.resident / MEGABYTE) for one in held))
    print(f"memory {(end.resident - half.resident) / MEGABYTE:+.1f} MiB in the second half")


if __name__ == "__main__":
    main()
