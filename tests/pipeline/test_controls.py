"""What each key does."""

import string
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.compositing.look import Look, Style
from livesegment.families.base import Thresholds
from livesegment.pipeline.controls import MOST_ADJUSTMENTS, Controls
from tests.fakes import FakeSegmenter, instances


def _controls(look: Look | None = None, score: float = 0.5) -> tuple[Controls, FakeSegmenter]:
    segmenter = FakeSegmenter()
    segmenter.thresholds = Thresholds(score=score, nms=0.3)
    return Controls(segmenter, look or Look()), segmenter


def _press(controls: Controls, keys: str) -> None:
    for key in keys:
        controls.press(key)


def test_space_pauses_and_goes_on() -> None:
    controls, _ = _controls()
    _press(controls, " ")
    assert controls.paused
    _press(controls, " ")
    assert not controls.paused


def test_a_full_stop_pauses_and_asks_for_a_frame() -> None:
    controls, _ = _controls()
    _press(controls, "..")
    assert controls.paused
    assert controls.steps == 2


def test_going_on_forgets_frames_asked_for() -> None:
    controls, _ = _controls()
    _press(controls, ".. ")
    assert not controls.paused
    assert controls.steps == 0


def test_m_goes_through_all_styles_and_begins_again() -> None:
    controls, _ = _controls()
    styles = []
    for _ in range(len(Style) + 1):
        styles.append(controls.look.style)
        _press(controls, "m")
        assert str(controls.look.style) in controls.message
    assert styles == [*Style, Style.FILL]


def test_brackets_change_the_tint_within_its_bounds() -> None:
    controls, _ = _controls()
    _press(controls, "]")
    assert controls.look.alpha == 0.7
    _press(controls, "]" * 20)
    assert controls.look.alpha == 1
    _press(controls, "[" * 20)
    assert controls.look.alpha == 0


def test_plus_and_minus_change_the_score_and_nothing_else() -> None:
    controls, segmenter = _controls()
    _press(controls, "+")
    assert segmenter.thresholds == Thresholds(score=0.55, nms=0.3)
    _press(controls, "--")
    assert segmenter.thresholds == Thresholds(score=0.45, nms=0.3)
    assert "0.45" in controls.message


def test_plus_needs_no_shift() -> None:
    controls, segmenter = _controls()
    _press(controls, "=")
    assert segmenter.thresholds.score == 0.55


def test_the_score_stays_within_its_bounds() -> None:
    controls, segmenter = _controls()
    _press(controls, "+" * 30)
    assert segmenter.thresholds.score == 0.95
    _press(controls, "-" * 30)
    assert segmenter.thresholds.score == 0.05


@pytest.mark.parametrize(("key", "score"), [("-", 0.01), ("+", 0.99)])
def test_a_key_never_moves_the_score_the_other_way(key: str, score: float) -> None:
    controls, segmenter = _controls(score=score)
    _press(controls, key)
    assert segmenter.thresholds.score == score


@given(st.text("+-=", max_size=60), st.floats(0, 1))
def test_no_keys_make_a_score_that_is_none(keys: str, score: float) -> None:
    controls, segmenter = _controls(score=score)
    _press(controls, keys)
    assert 0 <= segmenter.thresholds.score <= 1


def test_digits_hide_and_show_classes_in_the_order_they_came() -> None:
    controls, _ = _controls()
    seen = instances(3, class_ids=[7, 2, 7])
    assert len(controls.visible(seen)) == 3
    _press(controls, "1")
    assert controls.visible(seen).class_ids.tolist() == [2]
    _press(controls, "2")
    assert len(controls.visible(seen)) == 0
    _press(controls, "1")
    assert controls.visible(seen).class_ids.tolist() == [7, 7]


def test_a_digit_without_a_class_does_nothing() -> None:
    controls, _ = _controls()
    controls.visible(instances(1))
    _press(controls, "2349")
    assert len(controls.visible(instances(1))) == 1


def test_only_nine_classes_have_a_digit() -> None:
    controls, _ = _controls()
    everything = instances(12, class_ids=list(range(12)))
    controls.visible(everything)
    _press(controls, "9")
    assert 8 not in controls.visible(everything).class_ids
    assert len(controls.legend([])) == 9


def test_what_is_not_hidden_is_not_copied() -> None:
    controls, _ = _controls()
    seen = instances(2)
    assert controls.visible(seen) is seen


def test_the_legend_names_and_numbers_the_classes() -> None:
    controls, _ = _controls()
    controls.visible(instances(3, class_ids=[2, 0, 5]))
    _press(controls, "2")
    assert controls.legend(["red", "green", "blue"]) == ["1\tblue", "2\tred (hidden)", "3\tclass 5"]


def test_i_and_question_mark_show_and_hide() -> None:
    controls, _ = _controls()
    _press(controls, "i?")
    assert controls.show_statistics
    assert controls.show_help
    _press(controls, "i?")
    assert not controls.show_statistics
    assert not controls.show_help


def test_actions_of_others_are_done_and_come_first() -> None:
    controls, _ = _controls()
    done: list[str] = []
    controls.actions = {"r": lambda: done.append("r"), "m": lambda: done.append("m")}
    _press(controls, "rm")
    assert done == ["r", "m"]
    assert controls.look.style is Style.FILL


def test_a_message_lasts_until_the_next_key() -> None:
    controls, _ = _controls()
    _press(controls, "m")
    assert controls.message
    _press(controls, "i")
    assert not controls.message


def test_what_keys_change_is_remembered_with_its_time() -> None:
    segmenter = FakeSegmenter()
    segmenter.thresholds = Thresholds(score=0.5)
    times = iter(datetime(2026, 1, 2, 3, 4, second, tzinfo=UTC) for second in range(60))
    controls = Controls(segmenter, Look(), clock=lambda: next(times))
    controls.visible(instances(1, class_ids=[7]))
    _press(controls, " i?+m1]")
    assert [tuple(change.values()) for change in controls.adjustments] == [
        ("2026-01-02T03:04:00.000Z", "score", 0.5, 0.55),
        ("2026-01-02T03:04:01.000Z", "style", "fill", "contour"),
        ("2026-01-02T03:04:02.000Z", "hidden_on_screen", [], [7]),
        ("2026-01-02T03:04:03.000Z", "alpha", 0.6, 0.7),
    ]


def test_what_others_do_with_a_key_is_remembered_too() -> None:
    controls, _ = _controls()
    masks = ["carried"]
    controls.settings["masks"] = lambda: masks[0]
    controls.actions["c"] = lambda: masks.__setitem__(0, "held")
    _press(controls, "cc")
    assert [change["value"] for change in controls.adjustments] == ["held"]


def test_only_so_many_changes_are_remembered() -> None:
    controls, _ = _controls()
    _press(controls, "m" * (MOST_ADJUSTMENTS + 5))
    assert len(controls.adjustments) == MOST_ADJUSTMENTS


@given(st.text(string.printable, max_size=40))
def test_no_key_does_harm(keys: str) -> None:
    controls, segmenter = _controls()
    controls.visible(instances(3, class_ids=[0, 1, 2]))
    _press(controls, keys)
    assert np.isfinite(segmenter.thresholds.score)
    assert 0 <= controls.look.alpha <= 1
