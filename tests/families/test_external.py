"""No engine opens a file that a model refers to: a sample of `tests.benchmarks.fuzz_external`."""

import shutil
from pathlib import Path

import pytest

from tests.benchmarks.fuzz_external import TENSORS, TRAPS, opened

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for trap in TRAPS:
        (tmp_path / f"trap-{trap}").write_bytes(bytes(12))
    return tmp_path


def test_nothing_that_a_file_refers_to_is_opened(folder: Path) -> None:
    count = 2 * len(TENSORS)
    assert opened(folder, count, 1, guarded=True) == ({"refused": count}, 0)
