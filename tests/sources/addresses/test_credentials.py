"""A file of passwords is its owner's alone, and says what is wrong with it without quoting it."""

import os
from pathlib import Path

import pytest

from livesegment.errors import UsageError
from livesegment.sources.addresses.credentials import MOST_BYTES, Credentials
from livesegment.sources.addresses.url import redact


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "cameras.netrc"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_users_and_passwords_are_found_by_host(tmp_path: Path) -> None:
    known = Credentials.read(
        written(
            tmp_path,
            "# the house\n"
            "machine 10.0.0.7 login admin password a#b@c/?\n"
            'machine 10.0.0.8\n  login me\n  password "with space"\n',
        )
    )
    assert known.of("10.0.0.7", None) == ("admin", "a#b@c/?")
    assert known.of("10.0.0.8", 554) == ("me", "with space")
    assert known.of("10.0.0.9", 554) is None


def test_a_port_is_nearer_than_a_host_and_a_host_than_the_default(tmp_path: Path) -> None:
    known = Credentials.read(
        written(
            tmp_path,
            "machine gate:8554 login one password 1\n"
            "machine gate login two password 2\n"
            "default login three password 3\n",
        )
    )
    found = [known.of("gate", 8554), known.of("gate", 554), known.of("attic", None)]
    assert found == [("one", "1"), ("two", "2"), ("three", "3")]


def test_its_passwords_are_hidden_from_then_on(tmp_path: Path) -> None:
    Credentials.read(written(tmp_path, "machine h login admin password gate-K33per\n"))
    assert redact("tried gate-K33per") == "tried ***"


@pytest.mark.skipif(os.name != "posix", reason="modes say nothing here")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_file_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, "machine h login admin password s3cret\n", mode)
    with pytest.raises(UsageError, match="others may open it") as refusal:
        Credentials.read(path)
    assert refusal.value.hint == f"chmod 600 {path}"


@pytest.mark.parametrize(
    "text",
    [
        "machine h login admin password s3cret\ns3cret\n",
        "machine h login admin password s3cret s3cret\n",
        "machine h pasword s3cret\n",
    ],
)
def test_a_mistake_is_told_by_its_line_and_not_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"near line \d is wrong") as refusal:
        Credentials.read(written(tmp_path, text))
    assert "s3cret" not in f"{refusal.value}{refusal.value.hint}"
    assert refusal.value.__suppress_context__


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="no text"):
        Credentials.read(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        Credentials.read(tmp_path / "gone")
    with pytest.raises(UsageError, match="no file"):
        Credentials.read(tmp_path)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too large"):
        Credentials.read(written(tmp_path, "#" * (MOST_BYTES + 1)))
