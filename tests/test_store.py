"""Models of the user's: any path is one, class names are the file's own, and other files are told.

The files here hold a header only; nothing runs them.
"""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.errors import LiveSegmentError, ModelError, SpecError, UsageError
from livesegment.families.registry import load_family
from livesegment.spec import ModelSpec, is_plain_name, plain_name, read_toml
from livesegment.store import data_folder, find_model, own_model
from tests.families.onnx_bytes import model

OUTPUTS = {"output0": (1, 4 + 2 + 32, 8400), "output1": (1, 32, 160, 160)}
PICTURE = {"images": (1, 3, 640, 640)}
UNNAMED = model(PICTURE, OUTPUTS)
NAMED = model(PICTURE, OUTPUTS, metadata={"names": "{0: 'cat', 1: 'dog'}"})

PATHS = [
    *("best (1).onnx", "my model.onnx", "a;b&c.onnx", "[1].onnx", "50%.onnx", "-x.onnx", "é.onnx"),
    *("x.ONNX", "x.onnx.onnx", "tab\there.onnx", "new\nline.onnx", "..onnx", "...onnx", "'.onnx"),
    *("日本 語.onnx", "\N{RIGHT-TO-LEFT OVERRIDE}x.onnx", "\x1b[31m.onnx", "x" * 200 + ".onnx"),
]


@pytest.mark.parametrize("name", PATHS)
def test_any_path_is_a_model(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(NAMED)
    found = find_model(str(path))
    assert found.paths == {"weights": path}
    assert is_plain_name(found.spec.name)
    assert load_family(found).labels == ("cat", "dog")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_path_that_is_no_text_is_a_model(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9 \xff.onnx"))
    path.write_bytes(NAMED)
    assert is_plain_name(find_model(str(path)).spec.name)


@given(st.text())
def test_every_text_has_a_name_near_it(text: str) -> None:
    name = plain_name(text)
    assert is_plain_name(name)
    assert plain_name(name) == name
    assert ModelSpec(name=name, family="").name == name


@given(st.from_regex(r"\w[\w.-]{0,20}", fullmatch=True).filter(is_plain_name))
def test_a_good_name_stays_as_it_is_but_for_its_end(text: str) -> None:
    assert plain_name(text) == text.rstrip("-.")


@pytest.mark.parametrize(
    "name",
    [
        *("none.onnx", "no/such/folder/x.onnx", "x" * 5000, "x" * 300 + ".onnx", "a\0b.onnx"),
        *("~nobody-is-called-so/x.onnx", "~nobody-is-called-so", "", " ", ".", "/", "/dev/null"),
        *("/dev/zero.onnx", "\udcff", "\udcff.onnx", "a\0b"),
    ],
)
def test_what_is_no_model_is_refused_in_words(name: str) -> None:
    with pytest.raises(LiveSegmentError):
        find_model(name)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.onnx")
    with pytest.raises(ModelError, match="no regular file"):
        find_model(str(tmp_path / "x.onnx"))


def labels(folder: Path, weights: bytes, suffix: str, names: bytes) -> tuple[str, ...]:
    """What a model with a file beside it calls its classes."""
    (folder / "own.onnx").write_bytes(weights)
    (folder / f"own{suffix}").write_bytes(names)
    return tuple(load_family(own_model(folder / "own.onnx")).labels)


@pytest.mark.parametrize(
    "text", [b"x\ny\n", b"Remember to export this again.\n", b"", b"caf\xe9", bytes(range(256))]
)
def test_names_in_the_file_win_over_a_text_beside_it(tmp_path: Path, text: bytes) -> None:
    assert labels(tmp_path, NAMED, ".txt", text) == ("cat", "dog")


def test_a_file_that_is_there_for_names_wins(tmp_path: Path) -> None:
    assert labels(tmp_path, NAMED, ".names", b"x\ny\n") == ("x", "y")


@pytest.mark.parametrize("suffix", [".names", ".txt"])
@pytest.mark.parametrize(
    "text",
    [
        b"big cat\ndog",
        b"big cat\r\ndog\r\n\r\n",
        b"\xef\xbb\xbfbig cat\n\n  dog \n\n\n",
        "big cat\ndog\n".encode("utf-16"),
        "\ufeffbig cat\n\ndog\n".encode("utf-16-be"),
        b"0: big cat\n1: dog\n",
        b"names:\n  0: big cat\n  1: dog\n",
    ],
)
def test_marks_and_blank_lines_do_no_harm(tmp_path: Path, suffix: str, text: bytes) -> None:
    assert labels(tmp_path, UNNAMED, suffix, text) == ("big cat", "dog")


@pytest.mark.parametrize("suffix", [".names", ".txt"])
def test_a_count_that_does_not_fit_names_both(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ModelError, match="finds 2 classes, but 3 names are given") as caught:
        labels(tmp_path, UNNAMED, suffix, b"a\nb\nc\n")
    assert suffix in str(caught.value.hint)


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"own\.names") as caught:
        labels(tmp_path, NAMED, ".names", b"caf\xe9\n")
    assert "UTF-8" in str(caught.value.hint)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize("suffix", [".onnx", ".pb"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (POINTER, "git-lfs pointer"),
        (b"<!DOCTYPE html>\n<html>", "web page"),
        (b"\xef\xbb\xbf\r\n  <HTML lang=en>", "web page"),
        (b'{"error": "Repository not found"}', "JSON"),
        (b"<?xml version='1.0'?><net name=...", "XML"),
        (b"PK\x03\x04archive/data.pkl", "zip archive"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
    ],
)
def test_what_is_no_model_is_told_by_its_first_bytes(
    tmp_path: Path, suffix: str, content: bytes, said: str
) -> None:
    path = tmp_path / f"own{suffix}"
    path.write_bytes(content)
    path.with_suffix(".pbtxt").write_text("node {}")
    with pytest.raises(ModelError, match=said) as caught:
        find_model(str(path))
    assert caught.value.hint


@pytest.mark.parametrize("text", ["x = " + "9" * 5000, "x = " + "[" * 5000, "x = \udcff", "x ="])
def test_a_description_that_is_no_toml_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SpecError, match="is not TOML"):
        read_toml(path)


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIVESEGMENT_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "~nobody-is-called-so/share")
    with pytest.raises(UsageError) as caught:
        data_folder()
    assert "LIVESEGMENT_HOME" in str(caught.value.hint)
