"""`livesegment models`: what the commands print, fetch, register and refuse."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from livesegment.builtin import colour_shapes
from livesegment.cli import models
from livesegment.cli.importing import to_toml
from livesegment.cli.transfer import Bar, Lines
from livesegment.errors import LiveSegmentError, ModelError, UsageError
from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.segmenters.load import load_segmenter
from livesegment.segmenters.verdicts import Choice, Rival
from livesegment.spec import ModelFile, ModelSpec
from livesegment.store import find_model
from tests.fakes_http import FileServer, Resource, file_server, tar_gz

BODY = b"weights " * 1000
MEMBER = "net/graph.pb"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("LIVESEGMENT_HOME", str(folder))
    monkeypatch.setenv("COLUMNS", "200")
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("no_proxy", "*")
    with file_server() as files:
        yield files


def call(*words: str | Path) -> Result:
    """Run a command that is to succeed."""
    result = CliRunner().invoke(models.app, [str(word) for word in words])
    if result.exception:
        raise result.exception
    return result


def failure(*words: str | Path) -> LiveSegmentError:
    """Run a command that is to fail; what it raises goes on to `main`."""
    result = CliRunner().invoke(models.app, [str(word) for word in words])
    assert isinstance(result.exception, LiveSegmentError), result.output
    return result.exception


def describe(home: Path, **keys: Any) -> ModelSpec:
    """Add a description to the user's own."""
    spec = ModelSpec(**{"name": "net", "family": "yolo-seg", **keys})
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / f"{spec.name}.toml").write_text(to_toml(spec), "utf-8")
    return spec


def net_file(url: str = "", body: bytes = BODY, name: str = "a-test-net.onnx") -> ModelFile:
    return ModelFile(role="weights", name=name, url=url, sha256=hashlib.sha256(body).hexdigest())


def put(home: Path, name: str, body: bytes) -> Path:
    """Lay a file into the user's folder of models."""
    path = home / "models" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


@pytest.fixture(scope="session")
def network() -> tuple[bytes, str]:
    return colour_shapes.build()


@pytest.fixture
def shapes(tmp_path: Path, network: tuple[bytes, str]) -> Path:
    """A model as a user has it: weights, text graph and class names."""
    weights = tmp_path / "shapes.pb"
    weights.write_bytes(network[0])
    weights.with_suffix(".pbtxt").write_text(network[1], "utf-8")
    weights.with_suffix(".names").write_text(
        'red\nbl"ue\x7f\ngr\N{LATIN SMALL LETTER U WITH DIAERESIS}n'
    )
    return weights


def test_list_is_json_on_demand() -> None:
    rows = json.loads(call("list", "--json").stdout)
    assert rows[0]["name"] == "mask-rcnn-inception-v2-coco"
    assert [row["name"] for row in rows if row["default"]] == ["mask-rcnn-inception-v2-coco"]
    shapes = next(row for row in rows if row["name"] == "colour-shapes")
    assert shapes == {
        "name": "colour-shapes",
        "family": "builtin",
        "default": False,
        "built_in": True,
        "installed": True,
        "size": None,
        "licence": "Apache-2.0",
        "description": shapes["description"],
    }


def test_list_says_what_is_installed(home: Path) -> None:
    describe(home, name="here", files=(net_file(),))
    describe(home, name="absent", files=(net_file(name="no-such-test-net.onnx"),))
    put(home, "a-test-net.onnx", BODY)
    lines = call("list").stdout.splitlines()
    states = {line.split()[0]: line for line in lines}
    assert "(default)" in states["mask-rcnn-inception-v2-coco"]
    assert "built in" in states["motion"]
    assert "yes" in states["here"]
    assert "no " in states["absent"]


def test_list_gives_the_size_in_bytes(home: Path) -> None:
    describe(home, files=(net_file(),))
    put(home, "a-test-net.onnx", BODY)
    rows = json.loads(call("list", "--json").stdout)
    assert [row["size"] for row in rows if row["name"] == "net"] == [len(BODY)]


def test_show_counts_the_classes_and_names_some() -> None:
    shown = call("show", "mask-rcnn-inception-v2-coco").stdout
    assert "90: person, bicycle, car" in shown
    assert "toothbrush" not in shown
    assert "Apache-2.0" in shown
    assert "c8adff66a1e23e607f57cf1a7cfabad0faa371f9" in shown


def test_show_gives_everything_as_json(home: Path) -> None:
    describe(home, labels=("a", "b"), files=(net_file(),))
    path = put(home, "a-test-net.onnx", BODY)
    facts = json.loads(call("show", "net", "--json").stdout)
    assert facts["labels"] == ["a", "b"]
    assert facts["files"][0]["sha256"] == hashlib.sha256(BODY).hexdigest()
    assert facts["files"][0]["path"] == str(path)


def test_show_keeps_escape_sequences_from_the_terminal(home: Path) -> None:
    describe(home, labels=("\x1b[2Jred",))
    assert "\x1b" not in call("show", "net").stdout


@pytest.mark.parametrize("command", ["show", "pull", "verify", "path"])
def test_an_unknown_name_is_told_the_nearest(command: str) -> None:
    error = failure(command, "colour-shape")
    assert isinstance(error, ModelError)
    assert "did you mean colour-shapes?" in str(error.hint)


def test_pull_has_nothing_to_do_for_what_is_built_in() -> None:
    assert "nothing to fetch" in call("pull", "motion").stderr


def test_pull_fetches_and_says_what(home: Path, server: FileServer) -> None:
    url = server.put("/net.onnx", Resource(BODY))
    describe(home, files=(net_file(url),), licence="AGPL-3.0")
    result = call("pull", "net")
    assert (home / "models" / "a-test-net.onnx").read_bytes() == BODY
    assert result.stdout == ""
    for part in (url, str(home / "models"), "AGPL-3.0", "its sums are right"):
        assert part in result.stderr


def test_pull_takes_the_member_of_an_archive(home: Path, server: FileServer) -> None:
    packed = tar_gz((MEMBER, BODY))
    file = ModelFile(
        role="weights",
        name="a-test-net.pb",
        url=server.put("/net.tar.gz", Resource(packed)),
        member=MEMBER,
        archive_sha1=hashlib.sha1(packed, usedforsecurity=False).hexdigest(),
        sha1=hashlib.sha1(BODY, usedforsecurity=False).hexdigest(),
    )
    describe(home, files=(file,))
    assert MEMBER in call("pull", "net").stderr
    assert [path.name for path in (home / "models").iterdir()] == ["a-test-net.pb"]


def test_pull_leaves_alone_what_is_there(home: Path, server: FileServer) -> None:
    describe(home, files=(net_file(server.put("/net.onnx", Resource(BODY))),))
    put(home, "a-test-net.onnx", BODY)
    assert "already there, and its sums are right" in call("pull", "net").stderr
    assert server.requests == []


def test_pull_replaces_what_is_damaged(home: Path, server: FileServer) -> None:
    describe(home, files=(net_file(server.put("/net.onnx", Resource(BODY))),))
    path = put(home, "a-test-net.onnx", b"half")
    call("pull", "net")
    assert path.read_bytes() == BODY


def test_pull_says_where_a_damaged_file_would_be_found_first(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: FileServer
) -> None:
    describe(home, files=(net_file(server.put("/net.onnx", Resource(BODY))),))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a-test-net.onnx").write_bytes(b"half")
    error = failure("pull", "net")
    assert str(Path("models") / "a-test-net.onnx") in str(error)
    assert server.requests == []


def test_pull_fails_as_a_model_error(home: Path, server: FileServer) -> None:
    describe(home, files=(net_file(server.address + "/missing"),))
    error = failure("pull", "net")
    assert isinstance(error, ModelError)
    assert "by hand" in str(error.hint)


def test_pull_does_not_print_a_password(home: Path) -> None:
    describe(home, files=(net_file("https://me:secret@example.org/net.onnx"),))
    result = CliRunner().invoke(models.app, ["pull", "net"])
    assert isinstance(result.exception, ModelError)
    assert "secret" not in result.output + str(result.exception) + str(result.exception.hint)


def test_pull_has_no_address_for_a_model_of_ones_own(home: Path) -> None:
    describe(home, files=(net_file(),))
    assert "models import" in str(failure("pull", "net").hint)


def test_verify_tells_ok_from_damaged_and_absent(home: Path) -> None:
    describe(home, name="fine", files=(net_file(name="fine-test.onnx"),))
    describe(home, name="hurt", files=(net_file("https://example.org/n", name="hurt-test.onnx"),))
    describe(home, name="gone", files=(net_file(name="gone-test.onnx"),))
    describe(home, name="free", files=(ModelFile(role="weights", name="free-test.onnx"),))
    for name, body in (("fine", BODY), ("hurt", BODY[:-1]), ("free", BODY)):
        put(home, f"{name}-test.onnx", body)
    result = CliRunner().invoke(models.app, ["verify", "--json"])
    assert isinstance(result.exception, ModelError)
    assert "models pull hurt" in str(result.exception.hint)
    states = {row["model"]: row["status"] for row in json.loads(result.stdout)}
    states.pop("mask-rcnn-inception-v2-coco")
    assert states == {
        "fine": "ok",
        "hurt": "damaged",
        "gone": "not installed",
        "free": "no sum known",
    }


def test_verify_of_one_model(home: Path) -> None:
    describe(home, files=(net_file(),))
    path = put(home, "a-test-net.onnx", BODY)
    assert call("verify", "net").stdout == f"ok: {path}\n"


def test_verify_of_one_model_that_is_not_there(home: Path) -> None:
    describe(home, files=(net_file(),))
    assert "not on this machine" in str(failure("verify", "net"))


def test_path_prints_one_a_line(home: Path) -> None:
    graph = ModelFile(role="graph", name="a-test-net.pbtxt")
    describe(home, files=(net_file(), graph))
    paths = [put(home, "a-test-net.onnx", BODY), put(home, "a-test-net.pbtxt", b"")]
    assert call("path", "net").stdout.splitlines() == [str(path) for path in paths]


def test_path_of_a_model_that_is_not_whole(home: Path) -> None:
    describe(home, files=(net_file(), ModelFile(role="graph", name="a-test-net.pbtxt")))
    put(home, "a-test-net.onnx", BODY)
    assert "a-test-net.pbtxt" in str(failure("path", "net"))


def test_import_registers_a_model_that_runs(home: Path, shapes: Path) -> None:
    result = call("import", shapes, "--name", "mine")
    assert "family: mask-rcnn" in result.stderr
    assert "classes: 3" in result.stderr
    assert "input size: any" in result.stderr
    model = find_model("mine")
    assert model.paths == {
        "weights": home / "models" / "mine.pb",
        "graph": home / "models" / "mine.pbtxt",
    }
    assert model.spec.labels == ("red", 'bl"ue\x7f', "gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n")
    picture = np.full((240, 320, 3), 255, np.uint8)
    picture[80:160, 100:200] = (0, 0, 255)
    segmenter = load_segmenter(model, Thresholds())
    found = segmenter.segment(Frame(picture, 0, 0.0, 0.0)).instances
    assert found.class_ids.tolist() == [0]
    assert call("verify", "mine").stdout.count("ok: ") == 2
    assert sorted(path.name for path in (home / "models").iterdir()) == ["mine.pb", "mine.pbtxt"]
    assert [path.name for path in (home / "config").iterdir()] == ["mine.toml"]


@pytest.mark.parametrize(("stem", "name"), [("best (1)", "best-1"), ("my model", "my-model")])
def test_import_says_what_a_file_is_called_from_now_on(
    home: Path, shapes: Path, stem: str, name: str
) -> None:
    for path in shapes.parent.glob(f"{shapes.stem}.*"):
        path.rename(path.with_stem(stem))
    said = call("import", shapes.with_stem(stem)).stderr
    assert f"its name is {name}:" in said
    assert f"run --model {name}" in said
    assert find_model(name).paths["weights"] == home / "models" / f"{name}.pb"


def test_import_of_what_finds_nothing_says_so(
    shapes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Choice("opencv", "cpu", "", (Rival("opencv", "cpu", 0.1, 0),))
    monkeypatch.setattr("livesegment.segmenters.choice.choose", lambda _: nothing)
    assert "finds nothing in the test picture" in call("import", shapes).stderr


def test_what_was_compared_is_forgotten_by_name_path_or_altogether(shapes: Path) -> None:
    call("import", shapes, "--name", "mine")
    assert "1 comparison forgotten" in call("forget", "mine").stderr
    assert "0 comparisons forgotten" in call("forget", shapes).stderr
    call("import", shapes, "--name", "mine")
    assert "1 comparison forgotten" in call("forget").stderr
    assert isinstance(failure("forget", "no-such-model"), ModelError)


def test_import_again_puts_a_damaged_copy_right(home: Path, shapes: Path) -> None:
    call("import", shapes)
    copy = home / "models" / "shapes.pb"
    copy.write_bytes(b"damaged")
    assert "models import" in str(failure("verify", "shapes").hint)
    call("import", shapes)
    assert copy.read_bytes() == shapes.read_bytes()


def test_import_of_another_model_under_a_taken_name(shapes: Path) -> None:
    for name in ("motion", "Colour-Shapes"):
        error = failure("import", shapes, "--name", name)
        assert isinstance(error, UsageError)
        assert "--name" in str(error.hint)


def test_import_does_not_write_over_other_files(home: Path, shapes: Path) -> None:
    path = put(home, "shapes.pb", b"somebody's")
    assert isinstance(failure("import", shapes), UsageError)
    describe(home, name="other", files=(ModelFile(role="weights", name="taken.pb"),))
    assert isinstance(failure("import", shapes, "--name", "taken"), UsageError)
    assert path.read_bytes() == b"somebody's"


def test_import_does_not_write_over_other_descriptions(home: Path, shapes: Path) -> None:
    description = home / "config" / "shapes.toml"
    describe(home, name="another")
    (home / "config" / "another.toml").rename(description)
    assert isinstance(failure("import", shapes), UsageError)
    assert "another" in description.read_text("utf-8")


@pytest.mark.parametrize(
    "name", ["", ".hidden", "../up", "a b", "a/b", "net.onnx", "a\n", "x" * 65]
)
def test_import_refuses_names_that_are_no_good(shapes: Path, name: str) -> None:
    error = failure("import", shapes, "--name", name)
    assert isinstance(error, UsageError)
    assert "--name" in str(error.hint)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("broken.onnx", bytes(range(256)) * 20),
        ("text.onnx", b"this is no network\n"),
        ("pointer.onnx", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        ("empty.onnx", b""),
        ("notes.txt", b"this is no network\n"),
        ("alone.pb", b"\x0a\x00"),
    ],
)
def test_import_of_what_is_no_model_registers_nothing(
    home: Path, tmp_path: Path, name: str, body: bytes
) -> None:
    (tmp_path / name).write_bytes(body)
    assert isinstance(failure("import", tmp_path / name), ModelError)
    assert not list(home.glob("config/*"))
    assert not list(home.glob("models/*"))


def test_import_of_weights_cut_short_registers_nothing(home: Path, shapes: Path) -> None:
    shapes.write_bytes(shapes.read_bytes()[:-500])
    assert isinstance(failure("import", shapes), ModelError)
    assert not list(home.glob("config/*"))
    assert not list(home.glob("models/*"))


def test_import_of_a_file_or_folder_that_is_none(tmp_path: Path) -> None:
    assert "no such file" in str(failure("import", tmp_path / "missing.onnx"))
    assert "no such file" in str(failure("import", "motion"))
    assert "is a folder" in str(failure("import", tmp_path))


@given(
    labels=st.lists(st.text(), max_size=5),
    description=st.text(),
    size=st.none() | st.tuples(st.integers(1, 9999), st.integers(1, 9999)),
)
def test_a_description_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory,
    labels: list[str],
    description: str,
    size: tuple[int, int] | None,
) -> None:
    spec = ModelSpec(
        name="net",
        family="yolo-seg",
        description=description,
        labels=tuple(labels),
        input_size=size,
        files=(net_file(), ModelFile(role="graph", name="b.pbtxt")),
    )
    path = tmp_path_factory.getbasetemp() / "written.toml"
    path.write_text(to_toml(spec), "utf-8")
    assert ModelSpec.load(path) == spec


def test_half_a_character_in_a_file_name_does_not_spoil_a_description() -> None:
    spec = ModelSpec(name="net", family="yolo-seg", description="Imported from \udce9.onnx")
    assert "Imported from ?.onnx" in to_toml(spec)


def test_progress_in_lines_comes_each_tenth() -> None:
    said: list[str] = []
    with Lines("net", said.append) as progress:
        for done in range(0, 2_000_001, 10_000):
            progress(done, 2_000_000)
    assert len(said) == 10
    assert said[-1] == "net: 2.0 MB of 2.0 MB"


def test_progress_in_lines_without_a_size() -> None:
    said: list[str] = []
    with Lines("net", said.append) as progress:
        for done in (1, 60_000_000, 70_000_000, 120_000_000):
            progress(done, None)
    assert said == ["net: 60.0 MB", "net: 120.0 MB"]


def test_progress_as_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("net [x]") as progress:
        progress(0, 100)
        progress(100, 100)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "net [x]" in captured.err
