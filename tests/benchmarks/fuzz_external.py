"""ONNX files that refer to other files, from wherever in them that can be.

    python -m tests.benchmarks.fuzz_external [--count 500] [--seed 0]

Each file is offered as a model of the user's: to the header, and if that passes it to every
installed engine. The program that does so runs under strace, so that what libraries open shows too.
None of the files that a tensor refers to may be opened. That they would be, and are seen, is shown
by the same files handed to the engines without the header. The figures are printed as JSON.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from livesegment.builtin import tiny_onnx
from livesegment.engines.registry import installed_engines
from livesegment.errors import LiveSegmentError
from livesegment.families.single_onnx import read_header
from livesegment.network import Format, Network
from tests.families.onnx_bytes import FLOAT, field

TENSORS = [
    *([7, 5], [7, 15, 1], [7, 15, 2]),  # initialisers, sparse ones
    *([7, 1, 5, number] for number in (5, 10)),  # attributes of a node
    *([7, 1, 5, number, part] for number in (22, 23) for part in (1, 2)),
    *([7, 1, 5, number, 5] for number in (6, 11)),  # subgraphs
    *([25, 7, 5, 5], [25, 11, 5], [25, 7, 5, 6, 5]),  # functions
    *([20, graph, 5] for graph in (1, 2)),  # training
]
"""Field numbers, from the model down to a tensor."""
TRAPS = ("absolute", "relative", "above")


@dataclass(frozen=True, slots=True)
class Case:
    """A file with a tensor that is elsewhere."""

    path: Sequence[int]
    data: bytes


def external(location: str) -> bytes:
    """TensorProto of three floats, the values of which are in another file."""
    entries = {"location": location, "offset": "0", "length": "12"}
    return (
        field(1, 3)
        + field(2, FLOAT)
        + field(8, "elsewhere")
        + b"".join(field(13, field(1, key) + field(2, text)) for key, text in entries.items())
        + field(14, 1)
    )


def wrapped(path: Sequence[int], content: bytes) -> bytes:
    """A message as the field of a message, and so on, outermost first.

    Attributes get a name and a type, and nodes an operator, so that runtimes take them in earnest.
    """
    types = {5: 4, 6: 5, 10: 9, 11: 10, 22: 11, 23: 12}
    for place in range(len(path) - 1, -1, -1):
        number, above = path[place], list(path[:place])
        content = field(number, content)
        if (above[-1:] == [5] and above[-2:-1] in ([1], [7])) or above == [25, 11]:
            name = {5: "value", 6: "then_branch", 22: "sparse_value"}.get(number, "other")
            content = field(1, name) + content + field(20, types[number])
        elif number == 5 and above[-1:] in ([1], [7]) and len(above) > 1:
            content = field(2, f"out{place}") + field(4, "Constant") + content
    return content


def cases(count: int, seed: int, folder: Path) -> Iterator[Case]:
    """As many as asked for, every place and every kind of trap in turn; the same at each call."""
    rng = random.Random(seed)  # noqa: S311 -- damage is no secret
    locations = {
        "absolute": str(folder / "trap-absolute"),
        "relative": "trap-relative",
        "above": f"../{folder.name}/trap-above",
    }
    whole = tiny_onnx.build()
    for number in range(count):
        path = list(TENSORS[number % len(TENSORS)])
        if path[0] == 7:
            path[1:1] = [1, 5, rng.choice([6, 11])] * rng.choice([0, 0, 1, 2, 10])
        tensor = external(locations[TRAPS[number // len(TENSORS) % len(TRAPS)]])
        yield Case(path, whole + wrapped(path, tensor))


def offer(case: Case, *, guarded: bool) -> str:
    """What comes of a file: "refused" by its header, or "taken"."""
    if guarded:
        try:
            read_header(case.data, "case.onnx")
        except LiveSegmentError:
            return "refused"
    network = Network("case.onnx", Format.ONNX, case.data, (tiny_onnx.OUTPUT,))
    for factory in installed_engines().values():
        with suppress(LiveSegmentError):
            factory(network, device="cpu", threads=1).run({tiny_onnx.INPUT: tiny_onnx.picture()})
    return "taken"


def opened(folder: Path, count: int, seed: int, *, guarded: bool) -> tuple[Counter[str], int]:
    """What came of the files, and how many traps were opened on the way."""
    log = folder / "strace.txt"
    asked = [str(folder), str(count), str(seed), str(int(guarded))]
    command = ["strace", "-f", "-qq", "-e", "trace=open,openat,openat2", "-o", str(log)]
    done = subprocess.run(
        [*command, sys.executable, "-m", "tests.benchmarks.fuzz_external", "--offer", *asked],
        capture_output=True,
        text=True,
        check=True,
    )
    traps = sum("trap-" in line for line in log.read_text(errors="replace").splitlines())
    return Counter(json.loads(done.stdout.splitlines()[-1])), traps


def main() -> None:
    """Offer the files with and without the header, and print what was opened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--offer", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.offer:
        folder, count, seed, guarded = asked.offer
        found = Counter(
            offer(case, guarded=guarded == "1")
            for case in cases(int(count), int(seed), Path(folder))
        )
        print(json.dumps(found))
        return
    if shutil.which("strace") is None:
        sys.exit("strace is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for trap in TRAPS:
            (folder / f"trap-{trap}").write_bytes(bytes(12))
        guarded = opened(folder, asked.count, asked.seed, guarded=True)
        bare = opened(
            folder, min(asked.count, len(TENSORS) * len(TRAPS)), asked.seed, guarded=False
        )
    figures = {"guarded": {**guarded[0], "traps opened": guarded[1]}}
    figures["without the header"] = {**bare[0], "traps opened": bare[1]}
    print(json.dumps(figures, indent=2))
    sys.exit(1 if guarded[1] or set(guarded[0]) != {"refused"} or not bare[1] else 0)


if __name__ == "__main__":
    main()
