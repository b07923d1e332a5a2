"""What the canary says of the newest versions."""

import pytest

from tools.canary import Requirements, complaint, versions


def test_a_newer_version_has_a_line_of_its_own() -> None:
    lines = versions(
        ["one", "two", "three"],
        bounded={"one": "1", "two": "2", "three": "3"},
        taken={"one": "1", "two": "4rc1", "three": "3"},
    )
    assert lines == ["two 4rc1, within the bounds 2", "as within the bounds: one 1, three 3"]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("Traceback\n  File x\nValueError: no\n", "ValueError: no"),
        ("a warning\nerror: no layer\nhint: take another\n", "error: no layer"),
        ("", "it said nothing"),
    ],
)
def test_the_line_that_says_what_was_wrong(said: str, line: str) -> None:
    assert complaint(said) == line


def test_what_is_tried_is_what_the_project_needs() -> None:
    needed = Requirements.of_project()
    assert any(one.startswith("opencv-contrib-python") for one in needed.own)
    assert any(one.startswith("pytest") for one in needed.tests)
