"""Tells what the newest versions of everything, pre-releases too, would break.

    python3 -m tools.canary

A wheel of the checkout goes into a fresh environment with all that it depends on, newer than its
bounds allow; there the demo runs, and the tests marked `wheel`. The status is 1 where any of it
failed.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import tomllib
import venv
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from tools.floors import PROJECT, name

ROOT = PROJECT.parent
EXTRAS = ("onnxruntime", "openvino", "h264")
"""Those whose versions users have to live with; `cuda` wants a GPU."""
SHOWN = 3
"""Failed tests that are named."""
SECONDS = 1800.0
"""The most that one step may take."""


class StepFailedError(Exception):
    """A step ended badly; the message is what it said last."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """What pyproject.toml asks for."""

    own: list[str]
    """Of the program and its extras."""
    tests: list[str]
    """Of the tests besides."""

    @classmethod
    def of_project(cls) -> "Requirements":
        """As they stand there."""
        table = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
        extras = table["optional-dependencies"]
        own = [*table["dependencies"], *(one for extra in EXTRAS for one in extras[extra])]
        itself = f"{table['name']}["
        return cls(own, [one for one in extras["test"] if not one.startswith(itself)])


class Environment:
    """A fresh virtual environment."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=True)
        self._python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def run(self, *arguments: str | Path, folder: Path = ROOT) -> str:
        """What its Python says; without a display, and with no other packages on its path.

        Raises:
            StepFailedError: it ended with a status other than 0, or not at all.
        """
        kept = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "DISPLAY"}}
        command = [self._python, "-m", *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=kept,
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise StepFailedError(f"not done after {SECONDS:g} s") from error
        if done.returncode != 0:
            raise StepFailedError(complaint(done.stderr or done.stdout))
        return done.stdout

    def pip(self, *arguments: str | Path) -> str:
        """Run pip.

        Raises:
            StepFailedError: it failed.
        """
        return self.run("pip", "--disable-pip-version-check", *arguments)


def complaint(said: str) -> str:
    """The line of an output that says what was wrong: an error's, else the last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = (line for line in lines if line.lower().startswith("error:"))
    return next(errors, lines[-1] if lines else "it said nothing")


def inside(environment: Environment, requirements: list[str]) -> dict[str, str]:
    """The versions that pip takes within the bounds, by name; nothing is installed.

    Raises:
        StepFailedError: pip finds none.
    """
    said = environment.pip("install", "--quiet", "--dry-run", "--report", "-", *requirements)
    taken = (one["metadata"] for one in json.loads(said)["install"])
    return {one["name"].lower(): one["version"] for one in taken}


def installed(environment: Environment) -> dict[str, str]:
    """The versions that are there, by name."""
    listed = json.loads(environment.pip("list", "--format", "json"))
    return {one["name"].lower(): one["version"] for one in listed}


def versions(names: list[str], bounded: dict[str, str], taken: dict[str, str]) -> list[str]:
    """Lines on what is newer than the bounds allow, and one on the rest."""
    newer = [one for one in names if taken.get(one) != bounded.get(one)]
    lines = [f"{one} {taken.get(one)}, within the bounds {bounded.get(one)}" for one in newer]
    same = ", ".join(f"{one} {taken[one]}" for one in names if one not in newer)
    return [*lines, f"as within the bounds: {same or 'none'}"]


def demo(environment: Environment, folder: Path) -> str | None:
    """Run the demo; what was wrong, None where nothing was."""
    try:
        environment.run("livesegment", "demo", "--max-frames", "20", "--headless", folder=folder)
    except StepFailedError as error:
        return str(error)
    return None


def tests(environment: Environment, report: Path) -> tuple[str, list[str]]:
    """Run the tests marked `wheel`: how many passed and failed, and which failed."""
    try:
        said = environment.run(
            *("pytest", "-q", "-n", "2", "-m", "wheel", "-p", "no:cacheprovider", "--tb=no"),
            f"--junitxml={report}",
        )
    except StepFailedError as error:
        said = str(error)
    if not report.exists():
        return f"none was run: {complaint(said)}", [said]
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314 -- pytest wrote it just now
    failed = [
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]
    skipped = sum(case.find("skipped") is not None for case in cases)
    passed = len(cases) - len(failed) - skipped
    return f"{passed} passed, {len(failed)} failed, {skipped} skipped", failed


def main() -> int:
    """Run it all and print about ten lines; the status."""
    requirements = Requirements.of_project()
    names = list(dict.fromkeys(name(one) for one in requirements.own))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        environment = Environment(folder / "environment")
        try:
            environment.pip("wheel", "--no-deps", "--wheel-dir", folder, ROOT)
            (wheel,) = folder.glob("*.whl")
            bounded = inside(environment, requirements.own)
            environment.pip("install", "--pre", "--upgrade", "--prefer-binary", *names)
            environment.pip("install", *requirements.tests)
            environment.pip("install", "--no-deps", wheel)
            taken = installed(environment)
        except StepFailedError as error:
            print(f"canary: nothing to try: {error}")
            return 1
        print(f"canary: {wheel.name} on Python {platform.python_version()}")
        print(*versions(names, bounded, taken), sep="\n", flush=True)
        wrong = demo(environment, folder)
        print("demo: ok" if wrong is None else f"demo: failed: {wrong}", flush=True)
        counts, failed = tests(environment, folder / "tests.xml")
    print(f"tests: {counts}")
    for one in failed[:SHOWN]:
        print(f"  {one}")
    if len(failed) > SHOWN:
        print(f"  and {len(failed) - SHOWN} more")
    return 1 if failed or wrong is not None else 0


if __name__ == "__main__":
    sys.exit(main())
