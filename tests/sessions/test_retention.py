"""What retention removes, and what it never touches."""

import errno
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
from livesegment.sessions.retention import AHEAD, LEFT, PAUSE, REMOVING, Kept, Purged, purge

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
    return names(purge(parent, keep=keep, keep_size=keep_size, now=NOW))


def names(purged: Purged) -> list[str]:
    return [Path(one.name).name for one in purged.removed]


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
    assert names(purged) == ["c", "b"]
    assert purged.excess == 0


def test_pinned_sessions_stay_but_count(tmp_path: Path) -> None:
    recorded(tmp_path, "pinned", hours=99, pinned=True)
    recorded(tmp_path, "other", hours=2)
    purged = purge(tmp_path, keep=DAY, keep_size=5_000, now=NOW)
    assert names(purged) == ["other"]
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
    assert clean(parent, keep=1.0) == []
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
    left = recorded(tmp_path, f"{REMOVING}0123456789abcdef", hours=1)
    (left / "overlay-0001.mkv").unlink()
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
    assert (names(purged), purged.problems) == (["b"], ())


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
    Made, st.integers(0, 100), st.integers(0, 50), st.integers(500, 5000), st.booleans()
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
        gone = {int(name) for name in names(purged)}
        assert {int(path.name) for path in parent.iterdir()} == set(range(len(found))) - gone
    ages = [(one.hours - one.lasted) * HOUR for one in found]
    old = {
        i
        for i, one in enumerate(found)
        if keep is not None and ages[i] > keep and not one.pinned and ages[i] >= -AHEAD
    }
    free = {i for i, one in enumerate(found) if not one.pinned}
    assert gone <= free
    assert old <= gone
    left = sum(one.size for i, one in enumerate(found) if i not in gone)
    if keep_size is None:
        assert gone == old
        return
    stays = sum(one.size for one in found if one.pinned)
    room = max(keep_size, stays + keep_size // LEFT)
    assert left <= room or gone == free
    assert purged.excess == max(0, left - keep_size)
    for young in gone - old:  # it went for its size, so all that is older went before
        believed = ages[young] >= -AHEAD
        older = {i for i in free if ages[i] > ages[young] and believed}
        assert older <= gone
    if gone - old:
        last = [i for i in gone - old if ages[i] < -AHEAD] or [
            min(gone - old, key=lambda i: (ages[i], -i))
        ]
        assert left + max(found[i].size for i in last) > room


def test_parts_of_the_running_session_and_other_sessions_go_in_one_order(tmp_path: Path) -> None:
    """The excess is made up for once, by whatever is oldest, of every kind."""
    gone: list[str] = []

    def part(name: str, hours: float) -> Kept:
        def remove() -> bool:
            gone.append(name)
            return True

        return Kept(name, hours * HOUR, 1_000, remove)

    own = recorded(tmp_path, "own", hours=99, size=5_000, pid=os.getpid(), state="recording")
    recorded(tmp_path, "between", hours=3.5, lasted=0.5, size=1_000)
    parts = [part("clip", 1), part("overlay", 4), part("raw", 2), part("clip 0", 5)]
    purged = purge(tmp_path, keep=None, keep_size=3_000, now=NOW, spare=own, own=parts)
    assert names(purged) == ["clip 0", "overlay", "between"]
    assert gone == ["clip 0", "overlay"]
    assert purged.excess == 0


def test_parts_that_are_too_old_go_whatever_the_clock_says(tmp_path: Path) -> None:
    own = recorded(tmp_path, "own", hours=99)
    other = recorded(tmp_path, "other", hours=99)
    parts = [Kept("clip", 2 * HOUR, 10, lambda: True), Kept("raw", HOUR / 2, 10, lambda: True)]
    purged = purge(tmp_path, keep=HOUR, keep_size=None, now=None, spare=own, own=parts)
    assert names(purged) == ["clip"]
    assert other.exists()


def test_what_may_not_go_leaves_a_tenth_to_the_rest(tmp_path: Path) -> None:
    """Lines, or pins, that take all that there is must not cost every video that is finished."""
    own = recorded(tmp_path, "own", hours=1, size=9_000)
    parts = [Kept(f"{age}", age * HOUR, 100, lambda: True) for age in range(10)]
    purged = purge(tmp_path, keep=None, keep_size=4_000, now=NOW, spare=own, own=parts)
    assert names(purged) == ["9", "8", "7", "6", "5", "4"]
    assert purged.excess == 4_400


def test_a_size_that_can_be_kept_to_is_kept_to(tmp_path: Path) -> None:
    recorded(tmp_path, "pinned", hours=99, size=3_500, pinned=True)
    for hours in (1, 2, 3):
        recorded(tmp_path, f"{hours}", hours=hours, size=500)
    purged = purge(tmp_path, keep=None, keep_size=4_000, now=NOW)
    assert (names(purged), purged.excess) == (["3", "2"], 0)


DOUBTED = {
    "in the future": -2.0,
    "years ahead": -87_600.0,
    "of a clock not yet set": 56 * 365 * 24.0,
}


@pytest.mark.parametrize("hours", DOUBTED.values(), ids=DOUBTED)
def test_a_session_whose_clock_was_wrong_is_never_too_old_and_goes_last(
    tmp_path: Path, hours: float
) -> None:
    odd = recorded(tmp_path, "odd", hours=hours, size=1_000)
    recorded(tmp_path, "old", hours=99, size=1_000)
    recorded(tmp_path, "young", hours=9, size=1_000)
    purged = purge(tmp_path, keep=DAY, keep_size=None, now=NOW)
    assert names(purged) == ["old"]
    assert any(str(odd) in text for text in purged.problems)
    assert names(purge(tmp_path, keep=None, keep_size=1_000, now=NOW)) == ["young"]
    assert names(purge(tmp_path, keep=None, keep_size=0, now=NOW)) == ["odd"]


def test_without_a_clock_nothing_is_too_old(tmp_path: Path) -> None:
    recorded(tmp_path, "a", hours=99, size=1_000)
    recorded(tmp_path, "b", hours=98, size=1_000)
    assert names(purge(tmp_path, keep=1.0, keep_size=None, now=None)) == []
    assert names(purge(tmp_path, keep=1.0, keep_size=1_000, now=None)) == ["a"]


def test_a_clock_that_calls_everything_years_old_is_doubted(tmp_path: Path) -> None:
    recorded(tmp_path, "a", hours=99)
    recorded(tmp_path, "b", hours=1)
    later = NOW + timedelta(seconds=PAUSE)
    purged = purge(tmp_path, keep=DAY, keep_size=None, now=later + timedelta(hours=1))
    assert (purged.removed, len(purged.problems)) == ((), 1)
    assert names(purge(tmp_path, keep=DAY, keep_size=None, now=later - timedelta(hours=1))) == [
        "a",
        "b",
    ]


@pytest.mark.parametrize(
    "name", ["notes.txt", "clips/holiday.mkv", "overlay-1.mkv", "mine/", "clips/mine/", ".hidden"]
)
def test_a_session_that_holds_something_of_somebody_elses_stays_whole(
    tmp_path: Path, name: str
) -> None:
    session = recorded(tmp_path, "a", hours=99)
    mine = session / name
    mine.parent.mkdir(exist_ok=True)
    mine.mkdir() if name.endswith("/") else mine.write_text("mine")
    before = sorted(session.rglob("*"))
    purged = purge(tmp_path, keep=1.0, keep_size=0, now=NOW)
    assert purged.removed == ()
    assert mine.name in purged.problems[0]
    assert sorted(session.rglob("*")) == before
    assert purge(tmp_path, keep=100 * HOUR, keep_size=None, now=NOW).problems == ()


def test_all_that_a_session_can_hold_goes_with_it(tmp_path: Path) -> None:
    session = recorded(tmp_path, "a", hours=99)
    for name in OURS:
        (session / name).parent.mkdir(exist_ok=True)
        (session / name).touch()
    assert clean(tmp_path, keep=1.0) == ["a"]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_ones_own_that_is_named_like_a_removal_stays(tmp_path: Path) -> None:
    for name in ("x", "0123456789abcdef", "0123456789abcdef0"):
        (tmp_path / f"{REMOVING}{name}").mkdir()
        (tmp_path / f"{REMOVING}{name}" / "overlay-0001.mkv").touch()
    recorded(tmp_path, f"{REMOVING}a", hours=99)
    before = sorted(tmp_path.rglob("*"))
    assert clean(tmp_path, keep=1.0, keep_size=0) == []
    assert sorted(tmp_path.rglob("*")) == before


def test_a_session_that_cannot_even_be_looked_at_keeps_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(tmp_path, "odd", hours=99, odd=True)
    recorded(tmp_path, "old", hours=99)

    def owner(manifest: dict[str, Any]) -> None:
        if "odd" in manifest:
            raise OverflowError("signed integer is greater than maximum")

    monkeypatch.setattr(retention, "owner", owner)
    purged = purge(tmp_path, keep=1.0, keep_size=None, now=NOW)
    assert names(purged) == ["old"]
    assert "greater than maximum" in purged.problems[0]


def test_what_is_mounted_into_a_session_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system says so when asked to remove the folder, even if it is of the same disk."""
    session = recorded(tmp_path, "a", hours=99)
    (session / "clips").mkdir()
    (session / "clips" / "event-0001.mkv").touch()
    rmdir = Path.rmdir

    def busy(path: Path) -> None:
        if path.name == "clips":
            raise OSError(errno.EBUSY, "Device or resource busy")
        rmdir(path)

    monkeypatch.setattr(Path, "rmdir", busy)
    purged = purge(tmp_path, keep=1.0, keep_size=None, now=NOW)
    assert (purged.removed, "busy" in purged.problems[0]) == ((), True)
    assert (session / "clips" / "event-0001.mkv").exists()


OURS = (
    "frames.jsonl",
    "frames.part.jsonl",
    "events.jsonl",
    "overlay-0002.part.mkv",
    "raw-12345.mkv",
    "raw-0001.mkv.mending",
    "manifest.json.part",
    "clips/event-0001.mkv",
    "clips/event-0001-2.part.mkv",
    "clips/event-0001.jpg",
    "snapshots/2026-11-23T12-00-00.123456Z_frame-7.png",
    "interrupted/overlay-0001.part.mkv",
    "interrupted/frames-2.part.jsonl",
    "interrupted/manifest.json",
    "interrupted/manifest-2.json",
)
FOREIGN = ("notes.txt", "clips/a/b", "x/overlay-0001.mkv", "frames.jsonl.bak", "raw-0001.mp4")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", f"{REMOVING}x", f"{REMOVING}0123456789abcdef", "photos"]),
            st.sampled_from([*OURS, *FOREIGN]),
            st.sampled_from(["file", "link", "folder"]),
        ),
        max_size=12,
    )
)
def test_whatever_is_in_the_folder_nothing_that_is_not_ours_is_removed(
    things: list[tuple[str, str, str]],
) -> None:
    """Files of no session, odd files in sessions, links, folders, and all behind links stay."""
    with tempfile.TemporaryDirectory() as folder:
        parent, precious = Path(folder) / "sessions", Path(folder) / "precious"
        precious.mkdir()
        (precious / "event-0001.mkv").write_text("mine")
        for name in ("a", "b", f"{REMOVING}0123456789abcdef"):
            recorded(parent, name, hours=99)
        foreign = set()
        for place, name, kind in things:
            path = parent / place / name
            if path.exists() or path.is_symlink():
                continue
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError:
                continue  # another thing is in the way
            if kind == "folder":
                path.mkdir()
            elif kind == "link":
                path.symlink_to(precious)
            else:
                path.touch()
            ours = kind == "file" and name in OURS and place not in {"photos", f"{REMOVING}x"}
            foreign |= set() if ours else {path}
        purge(parent, keep=1.0, keep_size=0, now=NOW)
        assert all(path.is_symlink() or path.exists() for path in foreign)
        assert (precious / "event-0001.mkv").read_text() == "mine"
        spoiled = {path.relative_to(parent).parts[0] for path in foreign}
        for name in ("a", "b"):
            assert (parent / name).exists() == (name in spoiled)
