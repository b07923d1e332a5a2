"""What live sources make of servers that fail: the table of docs/adversity.md.

    python -m tests.benchmarks.adversity [--times 3] [--only WORD] [--out docs/adversity.md]

Servers and source run in one process on the loopback; 320x240 at 40 pictures a second, the limits
of `Supervision` as they are. Each row is played several times, and the worst is printed.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import misfortunes as play
from tests.benchmarks.misfortunes import PASSWORD
from tests.servers.mjpeg import MjpegServer
from tests.servers.rtsp import RtspServer

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    happens: str
    comes: str
    """What is to come of it."""
    play: Callable[[], float]
    """Plays it once, and returns what is held against the limit."""
    limit: float | None = None
    """The largest figure that is right."""
    unit: str = "s"
    least: float | None = None
    """The smallest one; the others need not be told then."""


LOST, BACK = "lost", "live again, from when the server is back"
ROWS = (
    Row(
        "RTSP server takes the connection, never answers",
        LOST,
        lambda: play.half_open(RtspServer),
        5,
    ),
    Row(
        "HTTP server takes the connection, never answers",
        LOST,
        lambda: play.half_open(MjpegServer),
        5,
    ),
    Row("RTSP server answers by 40 bytes a second", LOST, play.dripping, 5),
    Row("RTSP server answers all, sends no picture", LOST, play.picture_less, 5),
    Row("nothing comes for 3 s, connection open", "stalled", play.stall_noticed, 3),
    Row("the same", "live again by the same connection, after its end", play.stall_over, 3),
    Row("nothing comes any more, connection open", LOST, play.silence_lost, 5),
    Row("nothing comes for 15 s", "live again, after its end", play.silence_over, 3),
    Row("server closes the connection", LOST, lambda: play.restart_noticed(reset=False), 3),
    Row("server resets the connection", LOST, lambda: play.restart_noticed(reset=True), 3),
    Row("restart, down for a moment", BACK, lambda: play.restart_over(0), 3),
    Row("restart, down for 8 s", BACK, lambda: play.restart_over(8), 3),
    Row("restart, H.264", BACK, lambda: play.restart_over(2, h264=True), 3),
    Row("restart, RTP over UDP", BACK, lambda: play.restart_over(2, transport="udp"), 3),
    Row("20 restarts, each at any moment, RTSP", BACK, lambda: play.flaps(RtspServer), 3),
    Row("20 restarts, each at any moment, HTTP", BACK, lambda: play.flaps(MjpegServer), 3),
    Row("20 restarts", "threads left over", lambda: play.restarts("threads"), 0, ""),
    Row("20 restarts", "sockets left over", lambda: play.restarts("sockets"), 0, ""),
    Row("20 restarts", "memory grown", lambda: play.restarts("resident") / MEGABYTE, 16, "MiB"),
    Row("the very same picture, RTSP", "frozen", lambda: play.frozen(RtspServer), 12),
    Row("the very same picture, HTTP", "frozen", lambda: play.frozen(MjpegServer), 12),
    Row("black for 2 s after each connect", "black frames handed on", play.black_handed_on, 0, ""),
    Row("another size after a restart", "live in that size, no crash", play.resized, 3),
    Row(
        "wrong password",
        "said so",
        lambda: play.refusal("admin:wr0ng", "/live", "password is wrong"),
        3,
    ),
    Row(
        "no password",
        "said so",
        lambda: play.refusal("", "/live", "wants a user and a password"),
        3,
    ),
    Row(
        "wrong path",
        "said so",
        lambda: play.refusal(f"admin:{PASSWORD}", "/x", "no such stream"),
        3,
    ),
    Row("nobody listens", "said so", play.nobody, 3),
    Row(
        "bit errors in 5 % of packets, JPEG",
        "goes on; frames that come",
        lambda: play.bit_errors(h264=False),
        unit="%",
        least=50,
    ),
    Row(
        "bit errors in 5 % of packets, H.264",
        "goes on; frames that come",
        lambda: play.bit_errors(h264=True),
        unit="%",
        least=50,
    ),
    Row("transport stream over UDP pauses for 3 s", "live again", play.udp_stall, 3),
    Row(
        "live HLS, segments of 1 s",
        "shortest time for a second's frames",
        play.hls_burst,
        least=0.5,
    ),
    Row("live HLS, segments of 1 s", "longest wait between two frames", play.hls_gap),
    Row("end asked for while a server never answers", "ended", play.interrupt, 1),
)


def worst(row: Row, times: int) -> float:
    """The figure farthest from where it should be, of several plays."""
    figures = [row.play() for _ in range(times)]
    return max(figures) if row.least is None else min(figures)


def line(row: Row, figure: float) -> str:
    """A row of the table."""
    digits = 0 if row.unit in {"", "%"} else 2
    limit = "" if row.limit is None else f"{row.limit:g} {row.unit}"
    if row.least is not None:
        limit = f"at least {row.least:g} {row.unit}"
    cells = (row.happens, row.comes, limit.strip(), f"{figure:.{digits}f} {row.unit}".strip())
    return f"| {' | '.join(cells)} |"


def failed(row: Row, figure: float) -> bool:
    """Whether a figure is beyond its limit."""
    most, least = row.limit, row.least
    return (most is not None and figure > most) or (least is not None and figure < least)


def main() -> None:
    """Play all rows and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--only", default="", help="rows with this word")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    lines = ["| what happens | what comes of it | limit | worst |", "| --- | --- | --- | --- |"]
    for row in ROWS:
        if given.only not in f"{row.happens} {row.comes}":
            continue
        try:
            figure = worst(row, given.times)
            made = line(row, figure) + (" FAILED" if failed(row, figure) else "")
        except Exception as error:  # noqa: BLE001 -- the others are to be seen as well
            made = f"| {row.happens} | {row.comes} | | FAILED: {error!r} |"
        lines.append(made)
        print(made, flush=True)
    if given.out is not None:
        given.out.write_text("\n".join([*lines, ""]), "utf-8")


if __name__ == "__main__":
    main()
