"""When a condition holds."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.events.judge import SILENCE, Judge
from livesegment.events.parser import parse
from tests.events.seen import LABELS, tally


def judged(text: str, frames: Sequence[tuple[float, Sequence[str]]]) -> list[bool]:
    """Whether the condition holds at frames with these objects."""
    judge = Judge(parse(text, LABELS).tree)
    return [judge.holds(tally(*names), clock) for clock, names in frames]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("person", True),
        ("person>=2", True),
        ("person>2", False),
        ("person==2", True),
        ("person!=2", False),
        ("person<2", False),
        ("person<=2", True),
        ("any>2", True),
        ("car and person", True),
        ("car and not person", False),
        ("not car or person>3", False),
        ("'traffic light' or car", True),
        ("area(car)>0.005", True),
        ("area(car)>0.006", False),
        ("score(car)>=0.9", True),
    ],
)
def test_a_frame_is_compared_as_the_condition_says(text: str, holds: bool) -> None:
    assert judged(text, [(0, ["person", "car", "person"])]) == [holds]


def test_a_duration_runs_from_when_the_rest_began_to_hold() -> None:
    frames = [(i / 25, ["person"]) for i in range(60)]
    assert judged("person for 2s", frames).index(True) == 50


def test_a_duration_begins_anew_after_a_break() -> None:
    frames = [(0.0, ["car"]), (1.0, ["car"]), (1.5, []), (2.0, ["car"]), (3.0, ["car"])]
    assert judged("car for 2s", frames) == [False] * 5
    assert judged("car for 1s", frames) == [False, True, False, False, True]


def test_a_duration_goes_by_the_clock_and_not_by_frames() -> None:
    assert judged("car for 2s", [(10.0, ["car"]), (12.5, ["car"])]) == [False, True]


def test_nothing_is_thought_to_have_gone_on_through_a_long_silence() -> None:
    frames = [(0.0, ["car"]), (SILENCE + 1, ["car"]), (SILENCE + 4, ["car"])]
    assert judged("car for 2s", frames) == [False, False, True]


def test_the_duration_of_one_part_runs_while_another_decides() -> None:
    text = "person or (car for 2s)"
    frames = [(0.0, ["person", "car"]), (1.0, ["person", "car"]), (2.0, ["car"])]
    assert judged(text, frames) == [True, True, True]
    text = "person and (car for 2s)"
    assert judged(text, [(0.0, ["car"]), (2.0, ["person", "car"])]) == [False, True]


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=60), st.integers(1, 90))
def test_a_duration_holds_where_every_frame_of_that_time_did(
    steps: list[tuple[int, bool]], length: int
) -> None:
    clock, frames = 0, []
    for step, there in steps:
        clock += step
        frames.append((clock, there))
    holds = judged(f"car for {length}s", [(at, ["car"] * there) for at, there in frames])
    for i, (now, _) in enumerate(frames):
        since = next((j for j in range(i, -1, -1) if not frames[j][1]), -1) + 1
        expected = since <= i and now - frames[since][0] >= length
        assert holds[i] == expected
