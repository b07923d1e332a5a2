"""Damaged model files: each is refused in one line or imported under its own sums, never more.

A sample of what `tests.benchmarks.fuzz_import` does by the hundred with whole processes.
"""

from pathlib import Path

import pytest

from livesegment.cli.importing import to_toml
from livesegment.engines.registry import REFERENCE, engine_factory
from livesegment.errors import EngineError, ExitCode, ModelError
from livesegment.families.recognise import recognise_model
from livesegment.families.registry import load_family
from livesegment.spec import ModelSpec, read_toml
from livesegment.store import find_model
from tests.benchmarks.fuzz_import import originals
from tests.cli.runner import Cli
from tests.mutations import KINDS, Mutant, mutants

MODELS = originals(None)


@pytest.fixture(autouse=True)
def _one_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference alone: a comparison of all takes seconds for each file."""
    only = {REFERENCE: engine_factory(REFERENCE)}
    monkeypatch.setattr("livesegment.segmenters.choice.installed_engines", lambda: only)


def written(mutant: Mutant, folder: Path) -> Path:
    """The files of a mutant; the path of its weights."""
    for suffix, data in mutant.files.items():
        (folder / "case").with_suffix(suffix).write_bytes(data)
    return folder / ("case.onnx" if ".onnx" in mutant.files else "case.pb")


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_described_or_refused(kind: str, tmp_path: Path) -> None:
    """Before any engine sees it: header, family, and the description that would be written."""
    ours = [mutant for mutant in mutants(MODELS, 200, 3) if mutant.kind == kind]
    assert len(ours) == 20
    for number, mutant in enumerate(ours):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            model = find_model(str(written(mutant, folder)))
            found = recognise_model(model)
            family = load_family(model)
        except ModelError:
            continue
        spec = ModelSpec(
            name="case", family=found.family, labels=family.labels, licence=found.licence
        )
        (folder / "case.toml").write_text(to_toml(spec), "utf-8")
        assert ModelSpec.from_table(read_toml(folder / "case.toml"), origin="case").name == "case"


@pytest.mark.parametrize(
    "mutant", mutants(MODELS, len(KINDS), 5), ids=lambda mutant: mutant.kind.replace(" ", "-")
)
def test_a_damaged_file_is_imported_or_refused(mutant: Mutant, cli: Cli, tmp_path: Path) -> None:
    """One of each kind, from the command to the trial in a process of its own."""
    ended = cli("models", "import", written(mutant, tmp_path), "--name", "fuzzed")
    assert "Traceback" not in ended.err
    if ended.code == 0:
        assert cli("models", "verify", "fuzzed").code == 0
        return
    assert ended.code in {ModelError.exit_code, EngineError.exit_code}, ended.err
    assert sum(line.startswith("error:") for line in ended.complaint) == 1
    assert not list((tmp_path / "models").glob("*"))
    assert not list((tmp_path / "config").glob("*"))


@pytest.mark.parametrize("original", ["colour-shapes", "red-finder"])
def test_a_copy_that_is_changed_after_its_import_is_refused(
    original: str, cli: Cli, tmp_path: Path
) -> None:
    """By one bit, and by another model's bytes under the first one's sums."""
    path = written(Mutant("none", original, MODELS[original]), tmp_path)
    assert cli("models", "import", path).code == 0
    copy = tmp_path / "models" / path.name
    whole = copy.read_bytes()
    middle = len(whole) // 2
    other = next(files for name, files in MODELS.items() if name != original)
    for spoilt in (
        whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        next(iter(other.values())),
    ):
        copy.write_bytes(spoilt)
        verified = cli("models", "verify", "case")
        assert verified.code == ExitCode.MODEL
        assert "damaged" in verified.err
        run = ("run", "--model", "case", "--source", "synthetic", "--max-frames", "1")
        assert cli(*run, "--headless").code == ExitCode.MODEL
