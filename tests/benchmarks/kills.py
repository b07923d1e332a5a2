"""What is left of a recording whose program was killed, once `sessions repair` has been at it.

    python -m tests.benchmarks.kills [--count 100] [--codec h264 --codec mpeg4 --codec mjpeg]
        [--jobs 4] [--seed 1] [--folder DIR]

The made-up scene is recorded, overlay and raw, in files of two seconds. At a time by chance, 0.3 to
5 seconds after its first line, the program and all that it started are killed. Printed for each
codec are the frames whose capture lay a second or more before the kill; how many of them have
their picture in every video afterwards; how many frames lack it in all, the last second included;
how long before the kill the last saved one was captured; lines that were lost; by how many frames
a video's length differs from the time its frames took; and by how much its start differs from the
clock of the frame that it shows. Every file of each fifth session is decoded by ffprobe as well.
Sessions with a fault are kept.
"""

import argparse
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path

from livesegment.codecs.registry import CODECS
from tests.benchmarks.aftermath import GROWING_LINES, NEAR, Kill, Outcome, environment, outcome

SOONEST, LATEST = 0.3, 5.0
"""Seconds from the first line to the kill."""
PATIENCE = 60.0
"""Seconds that the program may take to begin."""
EACH = 5
"""Of so many kills, one is looked at by the programs too."""


def kill(codec: str, after: float, folder: Path) -> Kill:
    """Record into a folder, and kill the program so many seconds after its first line."""
    command = (
        "run --source synthetic --realtime --model colour-shapes --headless --record-raw "
        f"--segment-length 2s --min-free 0 --quiet --codec {codec} --record"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "livesegment", *command.split(), str(folder)],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + PATIENCE
        while not _growing_lines(folder):
            _wait(process, 0.01)
            if time.monotonic() > until:
                raise TimeoutError(f"no line within {PATIENCE:g} s")
        _wait(process, after)
        seen = _growing_lines(folder)
    finally:
        at = time.time()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return Kill(next(folder.iterdir()), at, seen)


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Let the program run for a while; it must not end."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    said = process.stderr.read().decode() if process.stderr else ""
    raise ChildProcessError(f"the program ended with {process.returncode}: {said}")


def _growing_lines(folder: Path) -> int:
    """Whole lines of the session in a folder."""
    return sum(path.read_bytes().count(b"\n") for path in folder.glob(f"*/{GROWING_LINES}"))


def row(codec: str, found: Sequence[Outcome]) -> tuple[str, ...]:
    """A codec's line of the table."""
    old = [one for one in found if one.written]
    written, tails = sum(one.written for one in old), [1000 * one.tail for one in found]
    shares = [100 * one.saved / one.written for one in old] or [100.0]
    return (
        codec,
        str(len(found)),
        str(written),
        f"{100 * sum(one.saved for one in old) / max(written, 1):.2f}",
        f"{statistics.mean(shares):.2f}",
        f"{min(shares):.2f}",
        f"{sum(one.lost for one in found)} of {sum(one.frames for one in found)}",
        str(sum(one.holes for one in found)),
        f"{statistics.median(tails):.0f} / {max(tails):.0f}",
        str(sum(one.lines_lost for one in found)),
        f"{max(one.length_error for one in found):.2f}",
        f"{1000 * max(one.start_error for one in found):.1f}",
        str(sum(bool(one.faults) for one in found)),
    )


HEADER = (
    *("codec", "kills", "written 1 s before", "saved %", "mean %", "worst %", "lost in all"),
    *(
        "of these amid",
        "tail ms median / max",
        "lines lost",
        "length off",
        "start off ms",
        "faulty",
    ),
)


def _attempt(number: int, codec: str, after: float, folder: Path) -> Outcome:
    """One kill; what it left is removed if all is well."""
    try:
        killed = kill(codec, after, folder)
        found = outcome(killed, closely=number % EACH == 0)
    except Exception as error:  # noqa: BLE001 -- a fault like others: it is counted and told
        found = Outcome(faults=[f"{type(error).__name__}: {error}"])
    off = found.length_error > 1 or found.start_error > NEAR or found.lines_lost
    if found.faults or off or found.saved < found.written or found.holes:
        print(f"{folder}, killed after {after:.2f} s: {found}", flush=True)
    else:
        shutil.rmtree(folder)
    return found


def main() -> None:
    """Kill, repair, look, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--codec", action="append", choices=CODECS)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    base = given.folder or Path(tempfile.mkdtemp(prefix="kills-"))
    chance = random.Random(given.seed)  # noqa: S311 -- no secret
    rows: list[tuple[str, ...]] = [HEADER]
    for codec in given.codec or CODECS:
        # No threads: one's child would for a moment hold the lock of another's session.
        with ProcessPoolExecutor(given.jobs) as pool:
            attempts = []
            for i in range(given.count):
                after, folder = chance.uniform(SOONEST, LATEST), base / f"{codec}-{i}"
                attempts.append(pool.submit(_attempt, i, codec, after, folder))
        rows.append(row(codec, [attempt.result() for attempt in attempts]))
        print(" | ".join(rows[-1]), flush=True)
    print()
    for cells in rows:
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
