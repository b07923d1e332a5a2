"""Questions to a child process, which may crash, hang, or say nothing."""

import os
import sys

import pytest

from livesegment.doctor.child import NoAnswerError, ask


@pytest.fixture(autouse=True)
def _questions(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The questions of the tests are answered as if they were the doctor's."""
    folder = tmp_path_factory.mktemp("questions")
    lines = (
        "import sys",
        "import tests.doctor.questions",
        "sys.modules['livesegment.doctor.questions'] = tests.doctor.questions",
    )
    (folder / "sitecustomize.py").write_text("\n".join(lines), "utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *sys.path]))


def test_an_answer_comes_whatever_libraries_print() -> None:
    assert ask("questions:echo", "one", "two") == {"words": ["one", "two"]}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_crash_is_told_by_its_signal() -> None:
    with pytest.raises(NoAnswerError, match=r"crashed \(SIGSEGV\)"):
        ask("questions:crash")


def test_a_hang_is_ended() -> None:
    with pytest.raises(NoAnswerError, match="gave no answer in 1 s"):
        ask("questions:hang", seconds=1.0)


def test_an_end_without_an_answer_is_told() -> None:
    with pytest.raises(NoAnswerError, match="ended without an answer"):
        ask("questions:vanish")


def test_an_error_comes_with_its_kind_and_hint_on_one_line() -> None:
    with pytest.raises(NoAnswerError, match=r"^no such device$") as caught:
        ask("questions:refuse")
    assert (caught.value.kind, caught.value.hint) == ("EngineError", "use another")


def test_a_foreign_error_has_no_hint() -> None:
    with pytest.raises(NoAnswerError, match="wrong") as caught:
        ask("questions:fail")
    assert (caught.value.kind, caught.value.hint) == ("ValueError", "")


def test_a_library_that_is_missing_is_told() -> None:
    with pytest.raises(NoAnswerError, match="no_such_module") as caught:
        ask("no_such_module:anything")
    assert caught.value.kind == "ModuleNotFoundError"
