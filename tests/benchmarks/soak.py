"""Record 1080p at 30 fps for a long time while a network runs: does it keep up, and stay small.

    python -m tests.benchmarks.soak [--source FILM] [--model MODEL] [--codec CODEC] [--minutes 10]

The film is made into one of 1920x1080 at 30 fps first (by ffmpeg), and played as a camera, again
and again. Memory is that of the whole process, looked at every second.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SETTLED = 0.2
"""Share of the time after which memory should not grow any more."""
PAGE = 4096


@dataclass(slots=True)
class Soak:
    """What came of it."""

    rss: list[int] = field(default_factory=list)
    """Resident bytes, every second."""
    manifest: dict[str, Any] = field(default_factory=dict)
    said: str = ""
    code: int = 0

    @property
    def growth(self) -> float:
        """Bytes a minute, by the straight line through the settled part."""
        settled = self.rss[int(len(self.rss) * SETTLED) :]
        if len(settled) < 3:
            return 0.0
        line = statistics.linear_regression(range(len(settled)), settled)
        return 60 * line.slope


def soak(source: list[str], model: str, codec: str, seconds: float, *more: str) -> Soak:
    """Run the program, and watch it.

    Args:
        source: options that name it.
        model: as for --model.
        codec: as for --codec.
        seconds: how long.
        more: further options.
    """
    result = Soak()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "livesegment", "run", *source, "--model", model]
        command += ["--headless", "--record", folder, "--codec", codec, "--min-free", "0"]
        command += ["--duration", f"{seconds}s", "--stats-interval", "1h", *more]
        said = Path(folder) / "said.txt"
        ended = threading.Event()
        with said.open("w") as stderr, subprocess.Popen(command, stderr=stderr) as process:
            statm = Path(f"/proc/{process.pid}/statm")
            while process.poll() is None:
                try:
                    result.rss.append(int(statm.read_text().split()[1]) * PAGE)
                except (OSError, IndexError):
                    break
                ended.wait(1.0)
        result.said, result.code = said.read_text("utf-8"), process.returncode
        for path in Path(folder).glob("*/manifest.json"):
            result.manifest = json.loads(path.read_text("utf-8"))
    return result


def full_hd(film: Path, folder: Path) -> Path:
    """The film at 1920x1080 and 30 fps."""
    made = folder / "1080p30.mp4"
    scale = ["-vf", "scale=1920:1080,fps=30", "-c:v", "libx264", "-preset", "veryfast", "-an"]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", film, *scale, "-tune", "fastdecode", made], check=True
    )
    return made


def main() -> None:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--codec", action="append")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--raw", action="store_true", help="record the camera's picture too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        film = full_hd(given.source, Path(folder))
        for codec in given.codec or ["auto"]:
            more = ["--record-raw"] if given.raw else []
            source = ["--source", str(film), "--realtime", "--loop"]
            report(codec, soak(source, given.model, codec, 60 * given.minutes, *more))


def report(codec: str, result: Soak) -> None:
    """Print one run."""
    manifest = result.manifest
    print(f"{codec}: status {result.code}")
    print(result.said)
    for kind, dropped in manifest["recorder_dropped"].items():
        videos = [video for video in manifest["videos"] if video["kind"] == kind]
        frames = sum(video["frames"] for video in videos)
        seconds = sum(video["seconds"] for video in videos)
        size = sum(video["bytes"] for video in videos)
        print(
            f"{kind}: {frames} pictures in {seconds:.1f} s, {dropped} missed by the encoder "
            f"({dropped / max(1, frames + dropped):.2%}), {size / max(1, frames) / 1024:.1f} KiB "
            f"a picture, {videos[0]['encoder']}"
        )
    settled = result.rss[int(len(result.rss) * SETTLED) :]
    print(
        f"memory: most {max(result.rss) / 1e6:.0f} MB, settled {min(settled) / 1e6:.0f} to "
        f"{max(settled) / 1e6:.0f} MB, growth {result.growth / 1e6:+.2f} MB a minute\n"
    )


if __name__ == "__main__":
    main()
