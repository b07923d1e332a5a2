"""The program under strace, where the loopback is all the network there is.

As a program of its own it serves a camera and takes events, and runs `livesegment` on them.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from livesegment.segmenters.specimen import specimen
from tests.cli.runner import ROOT
from tests.events.post_server import post_server
from tests.servers.mjpeg import mjpeg_server

CALLS = (
    "connect,sendto,sendmsg,sendmmsg,open,openat,openat2,creat,mkdir,mkdirat,"
    "symlink,symlinkat,link,linkat,rename,renameat,renameat2,mknod,mknodat"
)
SOURCE, HOOK = "SOURCE", "HOOK"
"""Words of a command line in whose place the addresses of the servers are put."""
LOOPBACK = re.compile(r'sin_addr=inet_addr\("127\.0\.0\.1"\)')
OWN = re.compile(r"^(/dev/|/proc/|pipe:|socket:|anon_inode:|/memfd:)")


@dataclass(frozen=True, slots=True)
class Watched:
    """What a command did."""

    code: int
    said: str
    connected: list[str]
    """System calls that speak to another machine."""
    wrote: list[str]
    """Files and folders that were made or opened for writing outside the folder it was given."""


def why_not() -> str:
    """What keeps commands from being watched here; empty: nothing."""
    for tool in ("strace", "unshare", "ip"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    ran = subprocess.run(
        ["unshare", "-rn", "ip", "link", "set", "lo", "up"], capture_output=True, check=False
    )
    return "" if ran.returncode == 0 else "no network namespace can be made here"


def watch(*arguments: str, folder: Path) -> Watched:
    """Run `livesegment` in a folder, with a home of its own in it, and look at what it does."""
    log = folder / "strace.txt"
    for name in ("home", "tmp", "run"):
        (folder / name).mkdir(exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if key in {"PATH", "LANG"}}
    environment |= {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LIVESEGMENT_HOME": str(folder / "run" / "own"),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    here = [sys.executable, "-m", "tests.cli.watched", str(log), *arguments]
    done = subprocess.run(
        ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *here],
        cwd=folder / "run",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    allowed = (str(folder / "run"), str(folder / "tmp"))
    return Watched(
        done.returncode,
        done.stdout,
        [line for line in lines if "_port=htons" in line and not LOOPBACK.search(line)],
        [
            line
            for line in lines
            if (path := _written(line, folder / "run")) and not path.startswith(allowed)
        ],
    )


def _written(line: str, here: Path) -> str:
    """The path that a call made or opened for writing; empty: none."""
    call, _, result = line.rpartition(" = ")
    if result.startswith("-1"):
        return ""
    name = re.search(r"(\w+)\(", call)
    if name is None or name[1] in {"connect", "sendto", "sendmsg", "sendmmsg"}:
        return ""
    if name[1].startswith("open"):
        if not re.search(r"O_WRONLY|O_RDWR|O_CREAT", call):
            return ""
        path = result.partition("<")[2].rstrip(">")
    else:
        path = str(here / re.findall(r'"([^"]*)"', call)[-1])
    return "" if OWN.match(path) else path


def main(log: str, *arguments: str) -> int:
    """Serve, and run the command under strace."""
    with mjpeg_server([specimen()]) as camera, post_server() as hooks:
        places = {SOURCE: camera.url(), HOOK: hooks.url()}
        command = [
            "strace",
            "-f",
            "-qq",
            "-y",
            "-s",
            "4096",
            "--seccomp-bpf",
            "-e",
            CALLS,
            "-o",
            log,
        ]
        given = [places.get(argument, argument) for argument in arguments]
        done = subprocess.run(
            [*command, sys.executable, "-m", "livesegment", *given], check=False, timeout=240
        )
        if HOOK in arguments and not hooks.posts:
            return 100
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
