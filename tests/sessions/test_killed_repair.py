"""A repair that is killed itself."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from livesegment.sessions.repair import repair
from tests.sessions.made import make_session
from tests.sessions.test_repair import contents


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, bool], None]]:
    """Ends the process at its n-th change to the disk, before it or after it."""
    real = {name: getattr(os, name) for name in ("rename", "replace", "mkdir", "fsync")}
    left, late = [-1], [False]

    def deadly(name: str) -> Callable[..., object]:
        def call(*arguments: Any, **named: Any) -> object:
            left[0] -= 1
            if left[0] == 0 and not late[0]:
                raise Killed
            result: object = real[name](*arguments, **named)
            if left[0] == 0:
                raise Killed
            return result

        return call

    for name in real:
        monkeypatch.setattr(os, name, deadly(name))

    def arm(step: int, after: bool) -> None:
        left[0], late[0] = step, after

    yield arm
    arm(-1, False)


@pytest.mark.parametrize("after", [False, True])
def test_a_repair_that_was_killed_anywhere_is_finished_by_the_next(
    tmp_path: Path, killer: Callable[[int, bool], None], after: bool
) -> None:
    """And whatever was there at first is still there in the end."""
    ideal = make_session(tmp_path, frames=4, finished=False, name="ideal")
    originals = contents(ideal)
    repair(ideal)
    steps, done = 0, False
    while not done:
        steps += 1
        path = make_session(tmp_path / str(steps), frames=4, finished=False, name="ideal")
        killer(steps, after)
        with suppress(Killed):
            repair(path)
            done = True
        killer(-1, False)
        repair(path)
        left = contents(path)
        assert left == contents(ideal), f"step {steps}"
        assert set(originals.values()) <= set(left.values()), f"step {steps}"
    assert steps > 15


def test_halves_that_a_killed_repair_left_are_replaced(tmp_path: Path) -> None:
    killed = make_session(tmp_path, frames=12, finished=False, segments=2)
    for name in ("frames.jsonl", "overlay-0002.mkv", "manifest.json"):
        (killed / f"{name}.mending").write_bytes(b"half")
    repair(killed)
    assert not [name for name in contents(killed) if name.endswith(".mending")]
