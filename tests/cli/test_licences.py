"""Licences: short for a table, and what they oblige to."""

import json
from pathlib import Path

import pytest

from livesegment.cli.licences import obligation, short
from livesegment.engines.registry import REFERENCE, engine_factory
from livesegment.families.yolo_seg import Layout
from tests.cli.runner import Cli
from tests.families.red_finder import red_finder
from tests.families.test_yolo26 import LICENCE, Net

OFFER = "a product or service built on it must offer its source"


@pytest.fixture(autouse=True)
def _one_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference alone: a comparison of all takes seconds for each import."""
    only = {REFERENCE: engine_factory(REFERENCE)}
    monkeypatch.setattr("livesegment.segmenters.choice.installed_engines", lambda: only)


@pytest.mark.parametrize(
    ("licence", "name"),
    [
        (LICENCE, "AGPL-3.0"),
        ("AGPL-3.0 https://ultralytics.com/license", "AGPL-3.0"),
        ("Apache-2.0", "Apache-2.0"),
        ("https://example.org", "https://example.org"),
        ("", ""),
    ],
)
def test_a_licence_is_shortened_to_its_name(licence: str, name: str) -> None:
    assert short(licence) == name


def test_what_surprises_is_said() -> None:
    assert obligation(LICENCE) == f"AGPL-3.0: {OFFER}"
    assert obligation("CC BY-NC 4.0") == "CC BY-NC: not for commercial use"
    assert not obligation("Apache-2.0")
    assert not obligation("")


def test_import_show_and_list_say_it(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(Net().file())
    said = cli("models", "import", tmp_path / "mine.onnx")
    assert said.code == 0, said.err
    assert f"licence: {LICENCE}" in said.err
    assert f"AGPL-3.0: {OFFER}" in said.err
    shown = cli("models", "show", "mine").out
    assert LICENCE in shown
    assert f"AGPL-3.0: {OFFER}" in shown
    assert json.loads(cli("models", "show", "mine", "--json").out)["licence"] == LICENCE
    listed = cli("models", "list")
    assert "AGPL-3.0" in next(line for line in listed.out.splitlines() if " mine" in line)
    assert OFFER in listed.err


def test_a_file_that_states_no_licence_is_said_to_state_none(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(red_finder(Layout.COLUMNS))
    assert "licence: not stated in the file" in cli("models", "import", tmp_path / "mine.onnx").err
