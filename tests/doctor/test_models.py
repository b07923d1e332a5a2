"""Models on disk: whole, damaged, missing; and the room that is left."""

import hashlib
import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from livesegment.doctor import models
from livesegment.doctor.finding import Verdict
from tests.doctor.answers import names, row

DATA = b"weights of a model"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder, with a model called mine that is not installed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "config" / "mine.toml").write_text(
        'name = "mine"\nfamily = "yolo-seg"\n[[files]]\nrole = "weights"\nname = "mine.onnx"\n'
        f'sha256 = "{hashlib.sha256(DATA).hexdigest()}"\n',
        "utf-8",
    )
    return tmp_path


def test_the_default_model_that_is_not_there_is_to_be_fetched(home: Path) -> None:
    found = row(models.findings("mine"), "mine")
    assert (found.verdict, found.hint) == (Verdict.WARN, "livesegment models pull mine")


def test_another_that_is_not_there_is_not_missed(home: Path) -> None:
    assert "mine" not in names(models.findings("other"))


def test_a_model_whose_sums_are_right_is_well(home: Path) -> None:
    (home / "models" / "mine.onnx").write_bytes(DATA)
    found = row(models.findings("mine"), "mine")
    assert (found.verdict, found.says) == (Verdict.OK, "0.0 MB, sums right")


def test_a_damaged_model_fails_with_where_it_is(home: Path) -> None:
    (home / "models" / "mine.onnx").write_bytes(DATA[:-1])
    found = row(models.findings("mine"), "mine")
    assert found.verdict is Verdict.FAIL
    assert "mine.onnx is damaged: its sha256" in found.says
    assert "livesegment models pull mine" in found.hint


def test_an_empty_file_fails(home: Path) -> None:
    (home / "models" / "mine.onnx").touch()
    assert row(models.findings("mine"), "mine").verdict is Verdict.FAIL


def test_a_large_model_is_left_to_verify(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "SUMMED", 1)
    (home / "models" / "mine.onnx").write_bytes(DATA[:-1])
    found = row(models.findings("mine"), "mine")
    assert found.verdict is Verdict.OK
    assert "livesegment models verify" in found.says


def test_models_that_come_with_the_program_are_built_in(home: Path) -> None:
    assert row(models.findings("mine"), "colour-shapes").says == "built in"


def test_a_description_that_is_wrong_is_a_failure_and_no_crash(home: Path) -> None:
    (home / "config" / "broken.toml").write_text("name = ", "utf-8")
    found = row(models.findings("mine"), "descriptions")
    assert found.verdict is Verdict.FAIL
    assert "broken.toml" in found.says


def test_a_folder_that_can_be_written_is_well_and_not_made(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVESEGMENT_HOME", str(home / "new" / "deep"))
    assert row(models.findings("mine"), "own folder").verdict is Verdict.OK
    assert not (home / "new").exists()


def test_a_folder_that_cannot_be_written_fails(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = row(models.findings("mine"), "own folder")
    assert found.verdict is Verdict.FAIL
    assert "LIVESEGMENT_HOME" in found.hint


def test_a_file_in_the_place_of_the_folder_fails(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "taken").touch()
    monkeypatch.setenv("LIVESEGMENT_HOME", str(home / "taken" / "livesegment"))
    assert row(models.findings("mine"), "own folder").verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(10_000_000_000, Verdict.OK), (1_000_000_000, Verdict.WARN), (100_000_000, Verdict.FAIL)],
)
def test_a_disk_that_fills_up_is_told_of_in_time(
    home: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: Verdict
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    found = row(models.findings("mine"), "disk")
    assert found.verdict is verdict
    assert f"{free / 1e9:.1f} GB free" in found.says


@pytest.mark.parametrize("where", ["/", "/no/such/folder", "no/such/folder", ".", "/dev/null/x"])
def test_no_hint_changes_what_is_not_ours(
    where: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder may be anybody's: where it is missing, what it would lie in is looked at."""
    monkeypatch.setenv("LIVESEGMENT_HOME", where)
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = row(models.findings("mine"), "own folder")
    assert found.verdict is Verdict.FAIL
    assert not re.search(r"\b(sudo|chown|chmod|rm|mv|delete)\b", found.hint)
    assert "LIVESEGMENT_HOME" in found.hint
