"""Damaged manifests, lines and events through every command that reads sessions.

    python -m tests.benchmarks.fuzz_sessions [--count 2000] [--seed 0] [--jobs 2]

Each case is a session of which one file is damaged, or is a link, a pipe or a folder in its place.
`sessions` list, show, export and replay must read it, read part of it and say so, or refuse it in
one line; `repair` too, and what links led to is afterwards as it was. A traceback, ten seconds
without an end, or more memory than the limit is a failure. The figures are printed as JSON.
"""

import argparse
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.odd_json import KINDS
from tests.sessions.made import make_session, plant

ROOT = Path(__file__).parents[2]
HANGS = 10
"""Seconds; longer is a wait without end."""
ADDRESSES = 6 << 30
"""Bytes of address space: what runs wild ends in an error and not in the machine's memory."""
BATCH = 100
"""Cases of one process, whose peak of memory is theirs together."""
CODES = {0, 2, 3, 6}
TARGETS = ("manifest.json", "frames.jsonl", "events.jsonl")
FILES = ("overlay-0001.mkv", "raw-0002.mkv", "clips", "interrupted", "pinned")
"""Names that are planted only."""
PLANTED = ("link", "dangling", "pipe", "folder", "missing", "zeros", "device")
MENDING = ".mending"
SECRET = b'{"frame": 0, "what": "is nobody else\'s"}\n'
EVENT = {
    "type": "new",
    "id": "1700000000.000-a1b2c3",
    "condition": "person>=1",
    "clock": 0.5,
    "time": "2026-11-23T08:30:00.500Z",
    "frame": 0,
    "start": 0.5,
    "end": None,
    "classes": {"red": 1},
    "track_ids": [1],
    "tracks": 1,
    "clip": "clips/event-0001.mkv",
    "best": {"frame": 0, "clock": 0.5, "score": 0.9, "picture": "clips/event-0001.jpg"},
}


@dataclass(slots=True)
class Outcome:
    """What became of one case."""

    case: int
    damage: str
    problems: list[str] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    longest: float = 0.0
    """Seconds of its slowest command."""


class Hang(BaseException):
    """A command took too long."""


def damage(rng: random.Random, session: Path, secret: Path) -> str:
    """Damage a session; what was done to it."""
    if rng.random() < 0.15:
        kind, name = rng.choice(PLANTED), rng.choice((*TARGETS, *FILES))
        name += rng.choice(("", "", MENDING))
        path = session / name
        if path.is_dir():
            shutil.rmtree(path)
        if kind == "zeros":  # as large as a file can be, and takes no room
            path.unlink(missing_ok=True)
            with path.open("wb") as file:
                file.truncate(rng.choice((1 << 24, 1 << 31)))
        elif kind == "device":
            plant("link", path, Path("/dev/zero"))
        else:
            there = secret if kind == "link" else session.parent / "not there"
            plant(kind, path, there)
        return f"{kind} for {name}"
    name, kind = rng.choice(TARGETS), rng.choice(list(KINDS))
    path = session / name
    data = path.read_bytes()
    if name == "manifest.json":
        path.write_bytes(KINDS[kind](rng, data))
    else:
        lines = data.splitlines(keepends=True)
        whole = [row for row, line in enumerate(lines) if line.endswith(b"\n")]
        for row in rng.sample(whole, rng.randint(1, len(whole))):
            lines[row] = KINDS[kind](rng, lines[row]) + rng.choice((b"\n", b"\n", b""))
        path.write_bytes(b"".join(lines))
    return f"{kind} of {name}"


def commands(rng: random.Random, name: str) -> Iterator[tuple[str, ...]]:
    """All that reads a session, its repair, and some of it once more."""
    yield rng.choice((("list",), ("list", "--json")))
    yield ("show", name, *rng.choice(((), ("--json",))))
    yield from (("export", name, "-f", form, "-o", form) for form in ("coco", "yolo", "csv"))
    yield ("replay", name, "--headless", "-q", "--max-frames", "4", "--jsonl", "lines.jsonl")
    yield rng.choice((("pin", name), ("unpin", name)))
    yield rng.choice((("repair", name), ("repair", "--all")))
    yield rng.choice((("list",), ("show", name)))
    yield ("export", name, "-f", "csv", "-o", "csv", "--overwrite")


def case(number: int, seed: int) -> Outcome:
    """One session, damaged, in the working folder, which is empty."""
    rng = random.Random(f"{seed}/{number}")  # noqa: S311 -- damage is no secret
    finished = rng.random() < 0.7
    session = make_session(Path("sessions"), frames=6, segments=2, finished=finished, name="fuzzed")
    lines = session / "frames.part.jsonl"
    if not finished:
        lines.rename(session / "frames.jsonl")
    (session / "events.jsonl").write_text((json.dumps(EVENT) + "\n") * 3, "utf-8")
    (session / "clips").mkdir()
    secret = Path("secret")
    secret.write_bytes(SECRET)
    outcome = Outcome(number, damage(rng, session, secret.absolute()))
    for words in commands(rng, "fuzzed"):
        _run(words, outcome)
    if secret.read_bytes() != SECRET:
        outcome.problems.append("what a link led to was written to")
    if Path("sessions/not there").exists():
        outcome.problems.append("what a link led to was made")
    return outcome


def _run(words: Sequence[str], outcome: Outcome) -> None:
    from livesegment.cli import app

    sys.argv = ["livesegment", "sessions", *words]
    started = time.monotonic()
    out, err = _text(), _text()
    try:
        with redirect_stdout(out), redirect_stderr(err), _alarm():
            app.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        outcome.codes[" ".join(words[:4])] = int(code)
        err.flush()
        said = err.buffer.getvalue().decode()  # type: ignore[attr-defined]
        if code not in CODES or "Traceback" in said:
            outcome.problems.append(f"{words[0]} ended with {code}: {said[-300:]}")
        if code and sum(line.startswith("error:") for line in said.splitlines()) != 1:
            outcome.problems.append(f"{words[0]} refused in other than a line: {said[-300:]}")
    except Hang:
        outcome.problems.append(f"{words[0]} took {HANGS} s: {traceback.format_exc()[-300:]}")
    except BaseException:  # noqa: BLE001 -- that is what is looked for
        outcome.problems.append(f"{words[0]}: {traceback.format_exc()[-600:]}")
    outcome.longest = max(outcome.longest, time.monotonic() - started)


def _text() -> io.TextIOWrapper:
    """Like a terminal's or a file's stream: there is text that it does not take."""
    return io.TextIOWrapper(io.BytesIO(), "utf-8")


@contextmanager
def _alarm() -> Iterator[None]:
    def late(*_: object) -> None:
        raise Hang

    signal.signal(signal.SIGALRM, late)
    signal.alarm(HANGS)
    try:
        yield
    finally:
        signal.alarm(0)


def work(first: int, last: int, seed: int) -> None:
    """Run some cases and write an outcome a line, and at last the peak of memory."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    os.environ.pop("DISPLAY", None)
    for number in range(first, last):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            outcome = case(number, seed)
            os.chdir(ROOT)
        print(json.dumps(asdict(outcome)), flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)


def fuzz(count: int, seed: int, jobs: int) -> dict[str, object]:
    """Run all; the figures."""
    started = time.monotonic()

    def batch(first: int) -> tuple[list[Outcome], int]:
        last = min(first + BATCH, count)
        words = [sys.executable, "-m", __spec__.name, "--work", str(first), str(last)]
        ended = subprocess.run(
            [*words, "--seed", str(seed)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        *rows, peak = ended.stdout.splitlines() or ["0"]
        outcomes = [Outcome(**json.loads(row)) for row in rows if row.startswith("{")]
        if ended.returncode != 0 or len(outcomes) < last - first:
            gone = Outcome(first + len(outcomes), "?", [f"the process died: {ended.stderr[-600:]}"])
            return [*outcomes, gone], 0
        return outcomes, int(peak)

    with ThreadPoolExecutor(jobs) as pool:
        found = list(pool.map(batch, range(0, count, BATCH)))
    outcomes = [outcome for rows, _ in found for outcome in rows]
    failed = [outcome for outcome in outcomes if outcome.problems]
    for outcome in failed:
        print(f"{outcome.case}: {outcome.damage}: {outcome.problems}", file=sys.stderr)
    slowest = max(outcomes, key=lambda outcome: outcome.longest)
    codes = Counter(f"{w.split()[0]} {c}" for one in outcomes for w, c in one.codes.items())
    return {
        "cases": len(outcomes),
        "commands": sum(codes.values()),
        "failed": len(failed),
        "hangs": sum(any("took" in text for text in one.problems) for one in failed),
        "peak MB": round(max(peak for _, peak in found) / 1024),
        "slowest": f"{slowest.longest:.1f} s: {slowest.damage} ({slowest.case})",
        "damage": dict(Counter(one.damage.split(" of ")[0].split(" for ")[0] for one in outcomes)),
        "statuses": dict(sorted(codes.items())),
        "minutes": round((time.monotonic() - started) / 60, 1),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all and print what became of them; status 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=int, nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.work:
        first, last = given.work
        work(first, last, given.seed)
        return 0
    figures = fuzz(given.count, given.seed, given.jobs)
    print(json.dumps(figures, indent=2))
    return 1 if figures["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
