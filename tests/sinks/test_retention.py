"""Retention doubts clocks, says things once, and costs nobody a recording."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from livesegment.sessions.owner import boot_id
from livesegment.sessions.retention import Kept, Purged
from livesegment.sinks import retention as retention_module
from livesegment.sinks.retention import RETENTION_SECONDS, Retention
from tests.sessions.test_retention import DAY, NOW, recorded

T = NOW.timestamp()


class _Clocks:
    """The time of day, and the one that nobody sets."""

    def __init__(self, wall: float) -> None:
        self.now, self.passed = wall, 0.0

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.passed

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        self.passed += seconds


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention_module, "_installed", lambda: T - 300 * DAY)


def _retention(
    parent: Path,
    clocks: _Clocks,
    keep: float | None = 7 * DAY,
    own: Callable[[], list[Kept]] = list,
) -> Retention:
    return Retention(
        parent / "own",
        keep=keep,
        keep_size=None,
        own=own,
        wall=clocks.wall,
        monotonic=clocks.monotonic,
    )


def _look(retention: Retention, clocks: _Clocks) -> None:
    clocks.pass_by(RETENTION_SECONDS)
    retention.look()


def _names(parent: Path) -> list[str]:
    return sorted(path.name for path in parent.iterdir())


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    recorded(tmp_path, "day", hours=24)
    recorded(tmp_path, "month", hours=30 * 24)
    return tmp_path


def test_a_clock_that_is_right_removes_what_is_too_old(
    parent: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clocks = _Clocks(T)
    retention = _retention(parent, clocks)
    for _ in range(3):
        _look(retention, clocks)
    assert _names(parent) == ["day"]
    assert [r.getMessage() for r in caplog.records] == [
        "removed month, 0.0 MB, as --keep and --keep-size ask"
    ]


@pytest.mark.parametrize("wall", [0.0, 946_684_800.0, T - 301 * DAY])
def test_a_clock_that_is_not_set_removes_nothing_until_it_is(
    parent: Path, wall: float, caplog: pytest.LogCaptureFixture
) -> None:
    clocks = _Clocks(wall)
    retention = _retention(parent, clocks)
    for _ in range(3):
        _look(retention, clocks)
    assert _names(parent) == ["day", "month"]
    assert caplog.text.count("clock is not set") == 1
    clocks.now = T
    _look(retention, clocks)
    assert _names(parent) == ["day"]


@pytest.mark.parametrize("jump", [10 * DAY, 3650 * DAY])
def test_a_clock_that_runs_ahead_in_the_run_removes_nothing(
    parent: Path, jump: float, caplog: pytest.LogCaptureFixture
) -> None:
    clocks = _Clocks(T)
    retention = _retention(parent, clocks, keep=60 * DAY if jump > 60 * DAY else 31 * DAY)
    clocks.now += jump
    for _ in range(3):
        _look(retention, clocks)
    assert _names(parent) == ["day", "month"]
    assert caplog.text.count("the clock was set meanwhile") == 1


def test_a_clock_that_ran_ahead_at_the_start_and_was_put_right_removes_nothing_young(
    parent: Path,
) -> None:
    clocks = _Clocks(T + 300 * DAY)
    retention = _retention(parent, clocks)
    clocks.now = T
    _look(retention, clocks)
    assert _names(parent) == ["day"]


def test_a_clock_that_falls_behind_still_removes_what_is_old_by_it(parent: Path) -> None:
    clocks = _Clocks(T)
    retention = _retention(parent, clocks)
    clocks.now -= 200 * DAY
    _look(retention, clocks)
    assert _names(parent) == ["day", "month"]


@pytest.mark.parametrize(
    "error", [MemoryError(), RecursionError("deep"), OSError(5, "I/O"), KeyError("x")]
)
def test_whatever_fails_is_said_once_and_raises_nothing(
    parent: Path,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(*_: object, **__: object) -> Purged:
        raise error

    clocks = _Clocks(T)
    retention = _retention(parent, clocks)
    with monkeypatch.context() as patched:
        patched.setattr(retention_module, "purge", fails)
        for _ in range(3):
            _look(retention, clocks)
    assert caplog.text.count("old recordings are not removed") == 1
    _look(retention, clocks)
    assert _names(parent) == ["day"]


def test_a_manifest_of_a_process_that_cannot_be_ends_nothing(
    parent: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = recorded(parent, "odd", hours=99, state="recording", pid=2**70, boot=boot_id())
    clocks = _Clocks(T)
    _look(_retention(parent, clocks), clocks)
    assert odd.exists()
    assert not (parent / "month").exists()


def test_a_file_that_was_finished_is_looked_at_at_once(tmp_path: Path) -> None:
    gone: list[str] = []
    parts: list[Kept] = []

    def part(name: str) -> Kept:
        def remove() -> bool:
            gone.append(name)
            parts[:] = [one for one in parts if one.name != name]
            return True

        return Kept(name, 8 * DAY, 10, remove)

    clocks = _Clocks(T)
    retention = _retention(tmp_path, clocks, own=lambda: list(parts))
    retention.look()
    parts.append(part("a"))
    retention.look()
    parts.append(part("b"))
    retention.look()
    assert gone == ["a", "b"]


def test_segments_of_the_running_session_go_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clocks = _Clocks(T)
    own = [Kept(f"raw-000{i}.mkv", 8 * DAY, 2_000_000, lambda: True) for i in range(5)]
    _retention(tmp_path, clocks, own=lambda: own).look()
    (row,) = caplog.records
    assert row.levelname == "INFO"
    assert row.getMessage() == (
        "removed raw-0000.mkv, raw-0001.mkv, raw-0002.mkv and 2 more, 10.0 MB, "
        "as --keep and --keep-size ask"
    )


def test_only_one_session_looks_at_a_time(parent: Path) -> None:
    clocks = _Clocks(T)
    retention = _retention(parent, clocks)
    with retention_module._retaining:
        retention.look()
    assert _names(parent) == ["day", "month"]
    retention.look()
    assert _names(parent) == ["day"]


def test_no_clock_is_before_the_program_was_put_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert retention_module._installed() >= Path(retention_module.__file__).stat().st_mtime
