"""Hints name packages that exist under that name."""

import re
import tomllib
from pathlib import Path

import pytest

from livesegment.packages import PACKAGES, install

ROOT = Path(__file__).parents[1]


def test_packages_are_those_that_the_program_is_installed_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {"opencv": project["dependencies"], **project["optional-dependencies"]}
    for what, package in PACKAGES.items():
        names = {re.split("[<>=;~! ]", wanted)[0] for wanted in extras[what]}
        assert package in names
    assert set(extras) - set(PACKAGES) == {"test", "dev"}


@pytest.mark.parametrize(
    ("what", "again", "typed"),
    [
        ("h264", False, "pip install av"),
        ("h264", True, "pip install --force-reinstall av"),
        ("cuda", False, "pip install 'onnxruntime-gpu[cuda,cudnn]'"),
    ],
)
def test_what_to_type_survives_a_shell(what: str, again: bool, typed: str) -> None:
    assert install(what, again=again) == typed


def test_no_word_of_the_program_names_what_is_not_in_the_index() -> None:
    """`pip install livesegment` would bring whatever somebody else called so."""
    for path in sorted((ROOT / "livesegment").rglob("*.py")):
        assert not re.search(
            r"livesegment\[|pip3? install[^`\n]* livesegment", path.read_text("utf-8")
        )
