"""Prints the lowest versions that pyproject.toml allows, one `name==version` a line.

As a constraints file of pip they make an environment of exactly these:

    python3 -m tools.floors > floors.txt && python3 -m pip install -c floors.txt '.[test]'

A requirement without a lowest version is an error.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
TOOLS = "dev"
"""The extra whose versions no user ever meets."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FLOOR = re.compile(r">=\s*([0-9][0-9A-Za-z.]*)")


def name(requirement: str) -> str:
    """The package that a requirement is of, in lower case.

    Raises:
        ValueError: it has no name.
    """
    found = _NAME.match(requirement)
    if found is None:
        raise ValueError(f"{requirement!r} names no package")
    return found[0].lower()


def floor(requirement: str) -> tuple[str, str]:
    """The name of a requirement and the lowest version it allows.

    Raises:
        ValueError: it has no lower bound.
    """
    lowest = _FLOOR.search(requirement.partition(";")[0])
    if lowest is None:
        raise ValueError(f"{requirement!r} has no lowest version: write name>=version")
    return name(requirement), lowest[1]


def floors(project: Path = PROJECT) -> dict[str, str]:
    """Name -> lowest version, of the base install and of every extra but the tools'.

    Raises:
        ValueError: a requirement has no lower bound, or a package has two.
    """
    table = tomllib.loads(project.read_text("utf-8"))["project"]
    extras = {name: own for name, own in table["optional-dependencies"].items() if name != TOOLS}
    found: dict[str, str] = {}
    for requirement in _others(table["name"], [table["dependencies"], *extras.values()]):
        package, lowest = floor(requirement)
        if found.setdefault(package, lowest) != lowest:
            raise ValueError(f"{package} has two lowest versions: {found[package]} and {lowest}")
    return found


def _others(own: str, lists: Iterable[Iterable[str]]) -> list[str]:
    """All requirements but those of the project's own extras."""
    return [one for each in lists for one in each if not one.startswith(f"{own}[")]


if __name__ == "__main__":
    sys.stdout.writelines(f"{one}=={lowest}\n" for one, lowest in sorted(floors().items()))
