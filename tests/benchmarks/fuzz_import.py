"""Damaged model files through `livesegment models import`, each in processes of its own.

    python -m tests.benchmarks.fuzz_import [--count 300] [--seed 0] [--jobs 2] [YOLO-seg.onnx]

An import compares all installed engines; with --python an environment that has OpenCV alone is
taken, and it goes four times as fast.

A damaged file must be refused in one line with status 4 or 5, or run: no traceback, no signal, no
wait without end. What is imported must run, or fail in one line, on the engine that was chosen and
on OpenCV; once a byte of the copy is changed, or the copy is another model's, `models verify` and
`run` must refuse it. The figures are printed as JSON; the files of whatever failed are kept.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from livesegment.builtin import colour_shapes
from livesegment.errors import ExitCode
from livesegment.families.yolo_seg import Layout
from tests.families.red_finder import red_finder
from tests.families.semantic_net import Net as SemanticNet
from tests.families.test_yolo26 import Net as Yolo26
from tests.mutations import Files, Mutant, mutants

ROOT = Path(__file__).parents[2]
TIMEOUT = 300.0
"""Seconds; longer is a wait without end. A trial may take two minutes an engine."""
REFUSED = {ExitCode.MODEL, ExitCode.ENGINE}


@dataclass(slots=True)
class Outcome:
    """What became of one damaged model."""

    mutant: Mutant
    accepted: bool = False
    said: str = ""
    problems: list[str] = field(default_factory=list)
    longest: float = 0.0
    """Seconds of its slowest command."""
    slowest: str = ""


class Case:
    """One damaged model in a home of its own."""

    def __init__(self, mutant: Mutant, folder: Path, python: str) -> None:
        self._folder = folder
        self._python = python
        self._outcome = Outcome(mutant)
        self._environment = {**os.environ, "LIVESEGMENT_HOME": str(folder / "home")}
        self._environment |= {"PYTHONPATH": str(ROOT), "COLUMNS": "300"}

    def run(self, other: bytes) -> Outcome:
        """Import it, and if that succeeds run it, spoil it and try again.

        Args:
            other: another model's weights, to be put in the place of the copy.
        """
        source = self._folder / "case"
        for suffix, data in self._outcome.mutant.files.items():
            source.with_suffix(suffix).write_bytes(data)
        weights = ".onnx" if ".onnx" in self._outcome.mutant.files else ".pb"
        code = self._command("models", "import", str(source.with_suffix(weights)))
        if code in REFUSED:
            return self._outcome
        if code != 0:
            self._problem(f"import ended with {code}")
            return self._outcome
        self._outcome.accepted = True
        if self._command("models", "verify", "case") != 0:
            self._problem("what was just imported fails its own sums")
        for engine in ("auto", "opencv"):
            if self._frames(engine) not in {0, *REFUSED}:
                self._problem(f"run --engine {engine} crashed")
        copy = self._folder / "home" / "models" / f"case{weights}"
        whole = copy.read_bytes()
        middle = len(whole) // 2
        spoilt = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        for name, data in (("one bit changed", spoilt), ("another model", other)):
            copy.write_bytes(data)
            if self._command("models", "verify", "case") != ExitCode.MODEL:
                self._problem(f"verify let pass: {name}")
            if self._frames("auto") != ExitCode.MODEL:
                self._problem(f"run let pass: {name}")
        return self._outcome

    def _frames(self, engine: str) -> int | None:
        return self._command(
            *("run", "--model", "case", "--engine", engine, "--source", "synthetic"),
            *("--headless", "--max-frames", "2"),
        )

    def _command(self, *words: str) -> int | None:
        """The status of a command; None where it had to be killed."""
        started = time.monotonic()
        try:
            ended = subprocess.run(
                [self._python, "-m", "livesegment", *words],
                cwd=self._folder,
                env=self._environment,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            self._problem(f"{' '.join(words[:2])} gave no answer in {TIMEOUT:.0f} s")
            return None
        finally:
            took = time.monotonic() - started
            if took > self._outcome.longest:
                self._outcome.longest, self._outcome.slowest = took, " ".join(words[:4])
        said = ended.stderr.decode("utf-8", "replace")
        complaint = [line for line in said.splitlines() if line.startswith("error:")]
        if words[1] == "import":
            self._outcome.said = complaint[0] if complaint else ""
        if ended.returncode < 0:
            self._problem(f"{' '.join(words[:2])} died of signal {-ended.returncode}")
        if "Traceback" in said:
            self._problem(f"{' '.join(words[:2])}: {said.strip().splitlines()[-1]}")
        if ended.returncode in REFUSED and len(complaint) != 1:
            self._problem(f"{' '.join(words[:2])} refused in {len(complaint)} lines")
        return ended.returncode

    def _problem(self, what: str) -> None:
        self._outcome.problems.append(what)


def originals(yolo: Path | None) -> dict[str, Files]:
    """The models that are damaged, by name."""
    weights, graph = colour_shapes.build()
    found: dict[str, Files] = {
        "colour-shapes": {".pb": weights, ".pbtxt": graph.encode()},
        "red-finder": {".onnx": red_finder(Layout.COLUMNS)},
        "yolo26": {".onnx": Yolo26().file()},
        "semantic": {".onnx": SemanticNet().file()},
    }
    return {**found, "yolo": {".onnx": yolo.read_bytes()}} if yolo else found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all and print what became of them; status 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("yolo", type=Path, nargs="?", help="a large model beside the small ones")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--python", default=sys.executable, help="interpreter of the program")
    parser.add_argument("--kept", type=Path, help="folder for what failed")
    given = parser.parse_args(arguments)
    models = originals(given.yolo)
    others = {name: next(iter(files.values())) for name, files in models.items()}
    kept = given.kept or Path(tempfile.mkdtemp(prefix="fuzz-import-"))
    started = time.monotonic()

    def one(numbered: tuple[int, Mutant]) -> Outcome:
        number, mutant = numbered
        other = next(data for name, data in others.items() if name != mutant.original)
        with tempfile.TemporaryDirectory() as folder:
            outcome = Case(mutant, Path(folder), given.python).run(other)
            if outcome.problems:
                shutil.copytree(folder, kept / str(number), dirs_exist_ok=True)
                print(f"{number}: {mutant.kind} of {mutant.original}: {outcome.problems}")
        return outcome

    with ThreadPoolExecutor(given.jobs) as pool:
        outcomes = list(pool.map(one, enumerate(mutants(models, given.count, given.seed))))
    slowest = max(outcomes, key=lambda outcome: outcome.longest)
    failed = [outcome for outcome in outcomes if outcome.problems]
    by_kind = Counter(outcome.mutant.kind for outcome in outcomes)
    accepted = Counter(outcome.mutant.kind for outcome in outcomes if outcome.accepted)
    print(
        json.dumps(
            {
                "files": len(outcomes),
                "refused": sum(not outcome.accepted for outcome in outcomes),
                "imported": sum(outcome.accepted for outcome in outcomes),
                "failed": len(failed),
                "imported of each kind": {
                    kind: f"{accepted[kind]} of {n}" for kind, n in by_kind.items()
                },
                "trial crashed": sum("crashed" in outcome.said for outcome in outcomes),
                "slowest command": f"{slowest.slowest}, {slowest.longest:.0f} s: "
                f"{slowest.mutant.kind} of {slowest.mutant.original}",
                "minutes": round((time.monotonic() - started) / 60, 1),
            },
            indent=2,
        )
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
