"""What retention removes, and what it never touches."""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.sessions import retention
from livesegment.sessions.owner import boot_id, hold
from livesegment.sessions.retention import REMOVING, oldest_segments, purge

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = 3600.0
DAY = 24 * HOUR


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def recorded(
    parent: Path,
    name: str,
    *,
    hours: float,
    lasted: float = 0.5,
    size: int = 10_000,
    pinned: bool = False,
    **facts: Any,
) -> Path:
    """A session that began so many hours ago and takes exactly so many bytes."""
    path = parent / name
    path.mkdir(parents=True)
    started = NOW - timedelta(hours=hours)
    manifest = {"schema": 2, "state": "finished", "source": "x", "started": iso(started)}
    manifest |= {"ended": iso(started + timedelta(hours=lasted))} | facts
    text = json.dumps(manifest)
    (path / "manifest.json").write_text(text, "utf-8")
    (path / "overlay-0001.mkv").write_bytes(bytes(size - len(text)))
    if pinned:
        (path / "pinned").touch()
    touch(path, hours - lasted)
    return path


def touch(path: Path, hours: float) -> None:
    """Let all files of a session be last written to so many hours ago."""
    then = NOW.timestamp() - hours * HOUR
    for file in path.iterdir():
        os.utime(file, (then, then))


def clean(parent: Path, keep: float | None = None, keep_size: int | None = None) -> list[str]:
    """Names of what a purge removed."""
    return [path.name for path in purge(parent, keep=keep, keep_size=keep_size, now=NOW).removed]


def test_without_a_limit_nothing_is_removed(tmp_path: Path) -> None:
    recorded(tmp_path, "a", hours=9999)
    assert clean(tmp_path) == []


def test_what_ended_too_long_ago_is_removed_whole(tmp_path: Path) -> None:
    old = recorded(tmp_path, "old", hours=30)
    young = recorded(tmp_path, "young", hours=20)
    assert clean(tmp_path, keep=DAY) == ["old"]
    assert (old.exists(), young.exists()) == (False, True)


def test_age_counts_from_the_end(tmp_path: Path) -> None:
    recorded(tmp_path, "long", hours=240, lasted=239)
    assert clean(tmp_path, keep=DAY) == []


def test_the_oldest_go_until_the_rest_is_small_enough(tmp_path: Path) -> None:
    for name, hours in (("b", 3), ("a", 2), ("c", 4)):
        recorded(tmp_path, name, hours=hours, size=10_000)
    purged = purge(tmp_path, keep=None, keep_size=10_000, now=NOW)
    assert [path.name for path in purged.removed] == ["c", "b"]
    assert (purged.bytes, purged.excess) == (20_000, 0)


def test_pinned_sessions_stay_but_count(tmp_path: Path) -> None:
    recorded(tmp_path, "pinned", hours=99, pinned=True)
    recorded(tmp_path, "other", hours=2)
    purged = purge(tmp_path, keep=DAY, keep_size=5_000, now=NOW)
    assert [path.name for path in purged.removed] == ["other"]
    assert purged.excess == 5_000
    assert (tmp_path / "pinned").exists()


def test_the_callers_own_session_stays(tmp_path: Path) -> None:
    own = recorded(tmp_path, "own", hours=99)
    assert purge(tmp_path, keep=1.0, keep_size=0, now=NOW, spare=own).removed == ()


def test_a_session_that_anybody_records_stays(tmp_path: Path) -> None:
    recorded(tmp_path, "a", hours=99, state="recording", pid=os.getppid(), boot=boot_id())
    assert clean(tmp_path, keep=1.0) == []


@pytest.mark.parametrize(("hours", "stays"), [(0.5, True), (2.0, False)])
def test_one_that_another_machine_may_record_stays(
    tmp_path: Path, hours: float, stays: bool
) -> None:
    path = recorded(tmp_path, "a", hours=99, state="recording", pid=1, boot="of another machine")
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    del manifest["ended"]
    (path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    touch(path, hours)
    clean(tmp_path, keep=HOUR)
    assert path.exists() == stays


@pytest.mark.parametrize(
    "text", [None, "", "[]", '{"name": "app"}', '{"schema": 2, "source": "x", "started": "?"}']
)
def test_what_is_no_session_stays(tmp_path: Path, text: str | None) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "overlay-0001.mkv").write_bytes(bytes(99))
    if text is not None:
        (folder / "manifest.json").write_text(text, "utf-8")
    assert purge(tmp_path, keep=1.0, keep_size=0, now=NOW).removed == ()
    assert folder.exists()


def test_nothing_behind_a_link_is_touched(tmp_path: Path) -> None:
    elsewhere = recorded(tmp_path / "elsewhere", "a", hours=99)
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    parent = tmp_path / "sessions"
    inside = recorded(parent, "b", hours=99)
    (parent / "link").symlink_to(elsewhere)
    (parent / f"{REMOVING}link").symlink_to(precious)
    (inside / "clips").symlink_to(precious)
    assert clean(parent, keep=1.0) == ["b"]
    assert elsewhere.exists()
    assert (precious / "file").exists()


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be locked")
def test_a_session_that_is_being_repaired_stays(tmp_path: Path) -> None:
    path = recorded(tmp_path, "a", hours=99)
    with hold(path):
        purged = purge(tmp_path, keep=1.0, keep_size=4_000, now=NOW)
    assert (purged.removed, purged.excess) == ((), 6_000)
    assert path.exists()


def test_what_a_kill_left_of_a_removal_is_removed_next_time(tmp_path: Path) -> None:
    recorded(tmp_path, f"{REMOVING}a", hours=1)
    assert clean(tmp_path, keep=9999 * DAY) == []
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_no_failure(tmp_path: Path) -> None:
    assert purge(tmp_path / "none", keep=1.0, keep_size=0, now=NOW) == retention.Purged()


def test_another_purge_may_be_quicker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it took meanwhile is neither counted nor a failure."""
    recorded(tmp_path, "a", hours=99)
    recorded(tmp_path, "b", hours=98)
    remove = retention._remove

    def late(path: Path) -> bool:
        if path.name == "a":
            shutil.rmtree(path)
        return remove(path)

    monkeypatch.setattr(retention, "_remove", late)
    purged = purge(tmp_path, keep=1.0, keep_size=None, now=NOW)
    assert ([path.name for path in purged.removed], purged.problems) == (["b"], ())


def test_what_cannot_be_removed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(tmp_path, "a", hours=99)

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(retention, "_remove", refuse)
    purged = purge(tmp_path, keep=1.0, keep_size=None, now=NOW)
    assert purged.removed == ()
    assert "Permission denied" in purged.problems[0]


@dataclass(frozen=True)
class Made:
    """A session that hypothesis made up."""

    hours: int
    lasted: int
    size: int
    pinned: bool


made = st.builds(
    Made, st.integers(-5, 100), st.integers(0, 50), st.integers(500, 5000), st.booleans()
)


@given(
    st.lists(made, max_size=7),
    st.none() | st.integers(0, 90 * 3600),
    st.none() | st.integers(0, 20_000),
)
def test_the_rules_hold_for_any_sessions(
    found: list[Made], keep: int | None, keep_size: int | None
) -> None:
    """No pinned one goes; what is too old goes; of the rest the oldest, and no more than needed."""
    with tempfile.TemporaryDirectory() as folder:
        parent = Path(folder)
        for i, one in enumerate(found):
            facts = {"hours": one.hours, "lasted": one.lasted, "size": one.size}
            recorded(parent, f"{i}", **facts, pinned=one.pinned)
        purged = purge(parent, keep=keep, keep_size=keep_size, now=NOW)
        gone = {int(path.name) for path in purged.removed}
        assert {int(path.name) for path in parent.iterdir()} == set(range(len(found))) - gone
    assert purged.bytes == sum(found[i].size for i in gone)
    old = {
        i
        for i, one in enumerate(found)
        if keep is not None and (one.hours - one.lasted) * HOUR > keep and not one.pinned
    }
    free = {i for i, one in enumerate(found) if not one.pinned}
    assert gone <= free
    assert old <= gone
    left = sum(one.size for i, one in enumerate(found) if i not in gone)
    if keep_size is None:
        assert gone == old
        return
    assert left <= keep_size or gone == free
    assert purged.excess == max(0, left - keep_size)
    for young in gone - old:  # it went for its size, so all that is older went before
        older = {i for i in free if found[i].hours > found[young].hours}
        assert older <= gone
    if gone - old:
        last = min(gone - old, key=lambda i: (found[i].hours, -i))
        assert left + found[last].size > keep_size


VIDEOS = [
    {"file": "overlay-0001.mkv", "start": 0.0, "seconds": 300.0, "bytes": 100},
    {"file": "overlay-0002.mkv", "start": 300.0, "seconds": 300.0, "bytes": 100},
    {"file": "overlay-0003.mkv", "start": 600.0},
    {"file": "raw-0001.mkv", "start": 0.0, "seconds": 300.0, "bytes": 900},
]


@pytest.mark.parametrize(
    ("keep", "excess", "names"),
    [
        (None, 0, []),
        (301.0, 0, []),
        (299.0, 0, ["overlay-0001.mkv", "raw-0001.mkv"]),
        (None, 50, ["overlay-0001.mkv"]),
        (None, 500, ["overlay-0001.mkv", "raw-0001.mkv"]),
        (None, 10**9, ["overlay-0001.mkv", "raw-0001.mkv", "overlay-0002.mkv"]),
        (0.0, 0, ["overlay-0001.mkv", "raw-0001.mkv"]),
    ],
)
def test_finished_files_of_the_running_session_go_oldest_first(
    keep: float | None, excess: int, names: list[str]
) -> None:
    assert oldest_segments(VIDEOS, clock=600.0, keep=keep, excess=excess) == names


def test_files_that_are_gone_already_are_not_named_again() -> None:
    gone = [video | {"removed": iso(NOW)} for video in VIDEOS]
    assert oldest_segments(gone, clock=10**6, keep=1.0, excess=10**9) == []
