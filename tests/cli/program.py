"""`livesegment run` on a stream in a process of its own, read as it goes on."""

import json
import signal
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeAlias

from livesegment.threads.worker import Worker
from tests.cli.runner import Ended, spawn
from tests.fakes import CEILING
from tests.servers.patience import until

Line: TypeAlias = dict[str, Any]

START = 60.0
"""Seconds that the program may take to begin, on a busy machine."""


class Program:
    """One run: what it says, and what it leaves."""

    def __init__(self, url: str, folder: Path, *options: str, display: str | None = None) -> None:
        self.folder = folder
        self.lines: list[Line] = []
        """Of frames, from standard output."""
        self.health: list[Line] = []
        """Of changes of the source's state, likewise."""
        self.out = ""
        self.err = ""
        self.process = spawn(
            *("run", "--source", url, "--model", "colour-shapes", "--jsonl", "-"),
            "--headless" if display is None else "--window",
            *("--record", "out", "--min-free", "0", "--stats-interval", "1h", *options),
            folder=folder,
            display=display,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        out, err = self.process.stdout, self.process.stderr
        self._readers = [
            Worker("test-out", lambda: self._read_lines(out)),
            Worker("test-err", lambda: self._read_words(err)),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def session(self) -> Path:
        """The folder of its only session."""
        (session,) = (self.folder / "out").iterdir()
        return session

    @property
    def manifest(self) -> Line:
        """Of its only session."""
        manifest: Line = json.loads((self.session / "manifest.json").read_text("utf-8"))
        return manifest

    @property
    def command_line(self) -> bytes:
        """As other users of the machine see it."""
        return Path(f"/proc/{self.process.pid}/cmdline").read_bytes()

    def until_line(self, wanted: Callable[[Line], object] = lambda _: True) -> Line:
        """Wait for the next line that is wanted, from now on."""
        first = len(self.lines)

        def come() -> Line | None:
            return next((line for line in self.lines[first:] if wanted(line)), None)

        until(lambda: come() or self.process.poll() is not None, START)
        found = come()
        assert found is not None, f"it ended with {self.process.returncode}: {self.err}"
        return found

    def end(self, number: int | None = signal.SIGINT) -> Ended:
        """Interrupt it, or with None let it end by itself; how it ended."""
        if number is not None and self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(START if number is None else CEILING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        for reader in self._readers:
            assert reader.stop(CEILING)
            if reader.error is not None:
                raise reader.error
        for end in (self.process.stdout, self.process.stderr):
            if end is not None:
                end.close()
        return Ended(code, self.out, self.err)

    def _read_lines(self, stream: IO[str]) -> None:
        for text in stream:
            self.out += text
            line = json.loads(text)
            (self.health if line.get("type") == "health" else self.lines).append(line)

    def _read_words(self, stream: IO[str]) -> None:
        for text in stream:
            self.err += text


@contextmanager
def program(
    url: str, folder: Path, *options: str, display: str | None = None
) -> Generator[Program]:
    """Run for the length of the block; ended then, if it did not end before."""
    running = Program(url, folder, *options, display=display)
    try:
        yield running
    finally:
        running.end()


def everything(folder: Path) -> bytes:
    """All files in a folder and below, with their paths, one after the other."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return b"\0".join(str(path).encode() + b"\0" + path.read_bytes() for path in files)
