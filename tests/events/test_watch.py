"""When events begin and end."""

from livesegment.events.judge import SILENCE
from livesegment.events.parser import parse
from livesegment.events.watch import Watch
from tests.events.seen import LABELS, tally


def watch(text: str = "car", post_roll: float = 5.0) -> Watch:
    return Watch(parse(text, LABELS), post_roll)


def test_an_event_goes_on_until_the_post_roll_is_over() -> None:
    one = watch()
    assert not one.see(1.0, tally())
    assert not one.going_on
    assert not one.see(2.0, tally("car"))
    assert one.going_on
    assert one.holding
    assert not one.see(7.0, tally())
    assert one.going_on
    assert not one.holding
    assert one.see(7.1, tally())
    assert not one.going_on


def test_what_holds_again_within_the_post_roll_is_the_same_event() -> None:
    one = watch()
    one.see(1.0, tally("car"))
    one.see(4.0, tally())
    assert not one.see(6.0, tally("car"))
    assert not one.see(11.0, tally())
    assert one.see(11.1, tally())


def test_frames_of_which_nothing_is_known_change_nothing() -> None:
    one = watch()
    one.see(0.0, tally("car"))
    for second in range(1, 20):
        assert not one.see(float(second), None)
    assert one.going_on
    assert one.holding


def test_before_the_first_result_nothing_holds() -> None:
    one = watch("not car")
    one.see(0.0, None)
    assert not one.going_on
    one.see(1.0, tally())
    assert one.going_on


def test_frames_that_are_rare_do_not_split_an_event() -> None:
    one = watch(post_roll=1.0)
    for second in range(0, 100, 20):
        assert not one.see(float(second), tally("car"))
    assert one.going_on


def test_a_long_silence_ends_an_event_and_another_begins() -> None:
    one = watch()
    one.see(0.0, tally("car"))
    assert one.see(SILENCE + 1, tally("car"))
    assert one.going_on


def test_a_long_silence_ends_an_event_without_a_frame() -> None:
    one = watch()
    one.see(0.0, tally("car"))
    assert not one.silence(SILENCE)
    assert one.silence(SILENCE + 1)
    assert not one.going_on
    assert not one.silence(SILENCE + 2)


def test_without_a_post_roll_an_event_ends_with_the_first_frame_that_does_not_hold() -> None:
    one = watch(post_roll=0.0)
    one.see(0.0, tally("car"))
    assert one.see(0.04, tally())
