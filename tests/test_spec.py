"""Model descriptions: nothing that is wrong passes in silence."""

from pathlib import Path
from typing import Any

import pytest

from livesegment.errors import ExitCode, SpecError
from livesegment.spec import ModelFile, ModelSpec

SUM = "0123456789abcdef" * 4


def table(**changes: Any) -> dict[str, Any]:
    whole = {
        "name": "net",
        "family": "mask-rcnn",
        "labels": ["person", "car"],
        "input_size": [800, 600],
        "files": [
            {"role": "weights", "name": "net.pb", "sha256": SUM},
            {"role": "graph", "name": "net.pbtxt"},
        ],
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


def refused(**changes: Any) -> SpecError:
    with pytest.raises(SpecError) as caught:
        ModelSpec.from_table(table(**changes), origin="net.toml")
    assert str(caught.value).startswith("net.toml")
    assert caught.value.exit_code == ExitCode.USAGE
    return caught.value


def one_file(**changes: Any) -> list[dict[str, Any]]:
    return [{"role": "weights", "name": "net.pb", **changes}]


def test_a_table_becomes_a_description() -> None:
    spec = ModelSpec.from_table(table(), origin="net.toml")
    assert (spec.name, spec.family) == ("net", "mask-rcnn")
    assert spec.labels == ("person", "car")
    assert spec.input_size == (800, 600)
    weights = spec.file("weights")
    assert weights == ModelFile(role="weights", name="net.pb", sha256=SUM)


def test_only_name_and_family_are_needed() -> None:
    spec = ModelSpec.from_table({"name": "m", "family": "motion"}, origin="m.toml")
    assert spec.files == ()
    assert spec.labels == ()
    assert spec.input_size is None


def test_a_role_that_no_file_plays_is_none() -> None:
    assert ModelSpec(name="m", family="motion").file("graph") is None


def test_a_misspelt_key_is_named_with_its_neighbour() -> None:
    error = refused(lables=["person"])
    assert "'lables'" in str(error)
    assert error.hint == "did you mean 'labels'?"


def test_a_key_like_no_other_gets_all_that_there_are() -> None:
    error = refused(zzz=1)
    assert error.hint is not None
    assert error.hint.startswith("known keys: description, family")


def test_a_misspelt_key_of_a_file_is_named_with_its_neighbour() -> None:
    error = refused(files=one_file(sha265=SUM))
    assert "[[files]]" in str(error)
    assert "'sha265'" in str(error)
    assert error.hint == "did you mean 'sha256'?"


@pytest.mark.parametrize("key", ["name", "family"])
def test_a_missing_key_is_named(key: str) -> None:
    assert f"{key} is missing" in str(refused(**{key: None}))


@pytest.mark.parametrize("key", ["role", "name"])
def test_a_missing_key_of_a_file_is_named(key: str) -> None:
    row = one_file()[0]
    del row[key]
    assert f"{key} is missing" in str(refused(files=[row]))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": 5}, "name must be a string, got 5"),
        ({"licence": ["MIT"]}, "licence must be a string"),
        ({"labels": "person"}, "labels must be a list of strings"),
        ({"labels": ["person", 2]}, "labels must be a list of strings"),
        ({"input_size": 800}, r"input_size must be [width, height]"),
        ({"input_size": [800]}, r"input_size must be [width, height]"),
        ({"input_size": [800, 600.0]}, r"input_size must be [width, height]"),
        ({"input_size": [800, True]}, r"input_size must be [width, height]"),
        ({"input_size": [800, 0]}, "must be positive"),
        ({"files": {"role": "weights"}}, "files must be [[files]] tables"),
        ({"files": ["net.pb"]}, "files must be [[files]] tables"),
        ({"files": one_file(url=1)}, "url must be a string"),
        ({"name": ""}, "must not be empty"),
        ({"name": "a b"}, "hold blanks"),
        ({"name": "a/b"}, "hold blanks or slashes"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(changes: dict[str, Any], said: str) -> None:
    assert said in str(refused(**changes))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sha256", SUM[:-1]),
        ("sha256", SUM.upper()),
        ("sha256", "g" * 64),
        ("sha1", SUM),
        ("archive_sha1", SUM[:39]),
    ],
)
def test_a_sum_that_cannot_be_one_is_refused(key: str, value: str) -> None:
    assert f"{key} must be" in str(refused(files=one_file(**{key: value})))


@pytest.mark.parametrize("name", ["", ".", "..", "a/b.pb", "/etc/passwd", "../net.pb", "a\nb.pb"])
def test_a_file_name_that_leads_elsewhere_is_refused(name: str) -> None:
    assert "must be a plain name" in str(refused(files=one_file(name=name)))


def test_an_unknown_role_is_refused() -> None:
    assert "'labels'" in str(refused(files=one_file(role="labels")))


def test_only_text_graphs_are_summed_as_text() -> None:
    assert ModelFile(role="graph", name="net.pbtxt").is_text
    assert not ModelFile(role="weights", name="net.pb").is_text


def test_a_description_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text('name = "m"\nfamily = "motion"\nlabels = ["é"]\n', "utf-8")
    assert ModelSpec.load(path).labels == ("é",)


def test_a_missing_description_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"cannot read .*net\.toml: No such file"):
        ModelSpec.load(tmp_path / "net.toml")


@pytest.mark.parametrize("content", [b"name = ", b'name = "\xff"'], ids=["syntax", "encoding"])
def test_what_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.toml"
    path.write_bytes(content)
    with pytest.raises(SpecError, match=r"net\.toml is not TOML"):
        ModelSpec.load(path)
