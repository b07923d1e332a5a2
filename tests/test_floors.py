"""The lowest versions that CI tests are those of pyproject.toml."""

from pathlib import Path

import pytest

from tools.floors import floor, floors

PROJECT = """
[project]
name = "it"
dependencies = ["One[more]>=1.2,!=1.5.*,<3", "two>=0.9"]
[project.optional-dependencies]
fast = ["three-four >= 5.0.1; python_version < '3.13'", "two>={two}"]
all = ["it[fast]"]
dev = ["linter==1.*"]
"""


def project(folder: Path, two: str) -> Path:
    path = folder / "pyproject.toml"
    path.write_text(PROJECT.replace("{two}", two), "utf-8")
    return path


def test_every_requirement_has_one_but_those_of_the_tools(tmp_path: Path) -> None:
    assert floors(project(tmp_path, "0.9")) == {"one": "1.2", "two": "0.9", "three-four": "5.0.1"}


def test_two_for_one_package_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"two has two lowest versions: 0\.9 and 1\.0"):
        floors(project(tmp_path, "1.0"))


@pytest.mark.parametrize("requirement", ["numpy", "numpy<3", "numpy==2.*"])
def test_a_requirement_without_one_is_an_error(requirement: str) -> None:
    with pytest.raises(ValueError, match="no lowest version"):
        floor(requirement)


def test_this_project_has_one_for_everything() -> None:
    assert {"opencv-contrib-python", "numpy", "typer", "rich", "pytest"} <= floors().keys()
