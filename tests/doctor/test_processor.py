"""The CPU as /proc tells of it, and a container's share."""

import os
from pathlib import Path

import pytest

from livesegment.doctor import processor
from livesegment.doctor.finding import Verdict
from tests.doctor.answers import names, row

CPUINFO = "processor : 0\nmodel name : Fast One\nflags : fpu sse2 {}\n\n"


@pytest.fixture
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of eight."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")


@pytest.mark.usefixtures("cores")
def test_the_cpu_is_told_with_what_engines_gain_by(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(CPUINFO.format("avx2 avx512f avx512_bf16 amx_bf16"))
    (found,) = processor.findings(tmp_path / "cpuinfo", tmp_path / "none")
    assert found.verdict is Verdict.OK
    assert found.says == "Fast One, 8 cores; AVX2, AVX-512, bf16, AMX"


@pytest.mark.usefixtures("cores")
def test_a_cpu_without_avx2_is_slow(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(CPUINFO.format("sse4_2"))
    (found,) = processor.findings(tmp_path / "cpuinfo", tmp_path / "none")
    assert found.verdict is Verdict.WARN
    assert "AVX2" in found.says


@pytest.mark.usefixtures("cores")
def test_where_nothing_tells_of_the_cpu_nothing_is_said_against_it(tmp_path: Path) -> None:
    (found,) = processor.findings(tmp_path / "none", tmp_path / "none")
    assert found.verdict is Verdict.OK
    assert "8 cores" in found.says


@pytest.mark.usefixtures("cores")
@pytest.mark.parametrize(
    ("quota", "threads"), [("200000 100000", "--threads 2"), ("50000 100000", "--threads 1")]
)
def test_a_container_with_a_share_of_the_cores_gets_its_threads(
    tmp_path: Path, quota: str, threads: str
) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    found = row(processor.findings(tmp_path / "none", tmp_path / "cpu.max"), "container")
    assert found.verdict is Verdict.WARN
    assert found.hint.startswith(threads)


@pytest.mark.usefixtures("cores")
@pytest.mark.parametrize("quota", ["max 100000", "800000 100000", "", "nonsense here"])
def test_a_container_with_all_of_them_has_no_row(tmp_path: Path, quota: str) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert names(processor.findings(tmp_path / "none", tmp_path / "cpu.max")) == ["CPU"]
