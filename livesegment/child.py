"""A part of this program in a process of its own: it may crash, hang or eat, and nobody is hurt.

The child ends when this process does, whatever ends it: on Linux the kernel sees to it, even while
a library holds the interpreter; elsewhere a thread does, when standard input closes. It has limits
of time, processor and memory, and what it says is kept up to a limit too.
"""

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module

from livesegment.threads.worker import Worker

MOST_OUTPUT = 256 << 20
"""Bytes of what a child says that are kept, the last ones: its answer is its last line."""
LEAST_MEMORY = 8 << 30
"""Bytes that a child may have, however small the machine: much of it is reserved, never used."""
GRACE = 5.0
"""Seconds that reading goes on after the end, should something the child started hold the pipe."""
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """How a child ended."""

    status: int
    """Exit status; below 0 the signal that killed it."""
    text: str
    """The last line of its standard output; empty where there is none."""


def ask(module: str, *arguments: str, seconds: float) -> Answer:
    """Run `main` of a module in a child; what it says on standard error is dropped.

    Args:
        module: its `main` takes the arguments, prints one line, and returns the exit status.
        arguments: other users of the machine can see them.
        seconds: after which the child is killed with all that it started.

    Raises:
        TimeoutError: it was killed; the message is half a sentence.
        OSError: it could not be started.
    """
    command = [sys.executable, "-m", "livesegment.child", str(os.getpid()), f"{seconds:.0f}"]
    with subprocess.Popen(  # noqa: S603 -- this program itself
        [*command, module, *arguments],
        stdin=subprocess.PIPE,  # nothing is written: it is open for as long as this process lives
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        output = _Tail(child)
        reader = Worker("child-output", output.read)
        reader.start()
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"gave no answer in {seconds:.0f} s") from None
        finally:
            if child.poll() is None or not reader.stop(GRACE):
                _kill(child)
                reader.stop(GRACE)
    lines = output.kept.decode("utf-8", "replace").splitlines()
    return Answer(child.returncode, lines[-1] if lines else "")


class _Tail:
    """The end of what a child says."""

    def __init__(self, child: "subprocess.Popen[bytes]") -> None:
        self._child = child
        self.kept = bytearray()

    def read(self) -> None:
        """Read to the end, so that the child never waits for us."""
        assert self._child.stdout is not None  # noqa: S101 -- it was asked for
        while data := os.read(self._child.stdout.fileno(), 1 << 16):
            self.kept += data
            if len(self.kept) > 2 * MOST_OUTPUT:
                del self.kept[:-MOST_OUTPUT]


def main(parent: str, seconds: str, module: str, *arguments: str) -> int:
    """In the child: tie it to its parent, limit it, and run what it is for."""
    _end_with(int(parent))
    _limit(int(seconds))
    status: int = import_module(module).main(*arguments)
    return status


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before it could be asked for
            os._exit(1)
    Worker("parent", _wait_for_the_end).start()


def _wait_for_the_end() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if sys.platform == "win32":

    def _limit(seconds: int) -> None:
        del seconds

    def _kill(child: "subprocess.Popen[bytes]") -> None:
        child.kill()
else:
    import resource

    def _limit(seconds: int) -> None:
        """Keep a child from working or growing without end, and from leaving a core behind.

        Address space is no measure: CUDA and OpenVINO reserve a multiple of what they use.
        """
        processors = os.cpu_count() or 1
        limits = {
            resource.RLIMIT_CPU: max(1, seconds) * processors,
            resource.RLIMIT_CORE: 0,
        }
        if sys.platform == "linux":
            pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
            limits[resource.RLIMIT_DATA] = max(LEAST_MEMORY, pages * size)
        for which, most in limits.items():
            with suppress(OSError, ValueError):  # there is a lower one already
                resource.setrlimit(which, (most, most))

    def _kill(child: "subprocess.Popen[bytes]") -> None:
        with suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
