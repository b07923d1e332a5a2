"""What tests have a child do in place of a trial: end badly, or not at all."""

import os
import resource
import sys
from pathlib import Path

from livesegment import child


def main(what: str, *words: str) -> int:
    """Do it; a line of output is the answer."""
    match what:
        case "echo":
            sys.stdout.write("a library's words\n" + " ".join(words) + "\n")
        case "spin":
            # As a library that never gives the interpreter back: a thread could not end it.
            Path(words[0]).write_text(str(os.getpid()))
            sys.setswitchinterval(1e6)
            while True:
                pass
        case "nest":
            child.ask(__name__, "spin", *words, seconds=60)
        case "eat":
            bytearray(resource.getrlimit(resource.RLIMIT_DATA)[0])
        case "chatter":
            for _ in range(100):
                sys.stdout.write("x" * 100_000)
            sys.stdout.write("\nanswer\n")
        case "limits":
            names = ("RLIMIT_CPU", "RLIMIT_CORE", "RLIMIT_DATA")
            sys.stdout.write(
                f"{[resource.getrlimit(getattr(resource, name))[1] for name in names]}"
            )
        case "leave":
            if os.fork() == 0:
                Path(words[0]).write_text(str(os.getpid()))
                os.read(os.open(words[1], os.O_RDONLY), 1)
    return 0
