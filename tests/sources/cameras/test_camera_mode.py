"""Which mode is asked for, and whether what is given is what was wished."""

import pytest

from livesegment.errors import UsageError
from livesegment.sources.cameras.camera_mode import (
    READABLE,
    Given,
    Wish,
    believable,
    choose,
    falls_short,
    known_format,
)
from livesegment.sources.cameras.v4l2 import Mode

WEBCAM = [
    Mode("YUYV", (640, 480), (30.0, 15.0)),
    Mode("YUYV", (1280, 720), (10.0, 5.0)),
    Mode("YUYV", (1920, 1080), (5.0,)),
    Mode("MJPG", (640, 480), (60.0, 30.0)),
    Mode("MJPG", (1280, 720), (60.0, 30.0, 15.0)),
    Mode("MJPG", (1920, 1080), (30.0,)),
    Mode("H264", (1920, 1080), (60.0,)),
]
FAST_BUS = [Mode(letters, (1280, 720), (30.0,)) for letters in ("GREY", "MJPG", "NV12", "YUYV")]


@pytest.mark.parametrize(
    ("wish", "asked"),
    [
        (Wish(), Wish((1280, 720), 30.0, "MJPG")),
        (Wish(size=(640, 480)), Wish((640, 480), 30.0, "YUYV")),
        (Wish(size=(640, 480), fps=60.0), Wish((640, 480), 60.0, "MJPG")),
        (Wish(size=(640, 480), fps=30.0), Wish((640, 480), 30.0, "YUYV")),
        (Wish(size=(1920, 1080)), Wish((1920, 1080), 30.0, "MJPG")),
        (Wish(size=(1900, 1000)), Wish((1900, 1000), 30.0, "MJPG")),
        (Wish(fps=5.0), Wish((1280, 720), 5.0, "YUYV")),
        (Wish(fps=60.0), Wish((1280, 720), 60.0, "MJPG")),
        (Wish(format="YUYV"), Wish((640, 480), 30.0, "YUYV")),
        (Wish((1280, 720), 30.0, "YUYV"), Wish((1280, 720), 30.0, "YUYV")),
        (Wish(format="NV12"), Wish(format="NV12")),
    ],
)
def test_mjpg_is_asked_for_where_the_rate_needs_it(wish: Wish, asked: Wish) -> None:
    assert choose(WEBCAM, wish) == asked


def test_of_formats_as_quick_the_one_without_loss_is_taken() -> None:
    assert choose(FAST_BUS, Wish()).format == "YUYV"
    assert choose(FAST_BUS[:2], Wish()).format == "MJPG"


def test_a_rate_of_ntsc_is_quick_enough() -> None:
    modes = [Mode("YUYV", (640, 480), (29.97,)), Mode("MJPG", (640, 480), (30.0,))]
    assert choose(modes, Wish(fps=30.0)).format == "YUYV"


def test_without_a_quick_mode_the_quickest_is_taken() -> None:
    modes = [Mode("YUYV", (1280, 720), (10.0,)), Mode("YUYV", (320, 240), (20.0,))]
    assert choose(modes, Wish()) == Wish((320, 240), 20.0, "YUYV")


def test_a_camera_of_large_pictures_only_gives_its_smallest() -> None:
    modes = [Mode("MJPG", (3840, 2160), (30.0,)), Mode("MJPG", (1920, 1080), (60.0,))]
    assert choose(modes, Wish()) == Wish((1920, 1080), 60.0, "MJPG")


def test_a_standing_picture_may_be_as_large_as_a_lying_one() -> None:
    modes = [Mode("MJPG", (720, 1280), (30.0,)), Mode("MJPG", (480, 640), (30.0,))]
    assert choose(modes, Wish()).size == (720, 1280)


def test_a_camera_that_tells_no_rates_is_asked_for_the_usual_one() -> None:
    assert choose([Mode("MJPG", (640, 480), ())], Wish()) == Wish((640, 480), 30.0, "MJPG")


@pytest.mark.parametrize("modes", [[], [Mode("H264", (1920, 1080), (30.0,))]])
def test_where_nothing_is_known_only_the_wish_is_asked_for(modes: list[Mode]) -> None:
    assert choose(modes, Wish(fps=15.0)) == Wish(fps=15.0)


@pytest.mark.parametrize(
    ("given", "short"),
    [
        (Given((1280, 720), 30.0, "MJPG"), False),
        (Given((1280, 720), 29.97, "MJPG"), False),
        (Given((1280, 720), None, ""), False),
        (Given((640, 480), 30.0, "MJPG"), True),
        (Given((1280, 720), 15.0, "MJPG"), True),
        (Given((1280, 720), 30.0, "YUYV"), True),
    ],
)
def test_what_differs_from_the_wish_falls_short(given: Given, short: bool) -> None:
    assert falls_short(given, Wish((1280, 720), 30.0, "MJPG")) is short
    assert not falls_short(given, Wish())


def test_a_rate_beyond_a_hundred_is_believed_where_the_camera_lists_it() -> None:
    given = Given((640, 480), 120.0, "MJPG")
    assert believable(120.0, given, [Mode("MJPG", (640, 480), (120.0, 30.0))]) == 120.0
    assert believable(120.0, given, WEBCAM) is None
    assert believable(60.0, given, []) == 60.0
    assert believable(None, given, []) is None


def test_a_mode_is_told_as_far_as_it_is_known() -> None:
    assert str(Given((1280, 720), 30.0, "MJPG")) == "MJPG 1280x720 at 30 fps"
    assert str(Given((640, 480), None, "")) == "640x480"
    assert str(Wish(fps=7.5)) == "7.5 fps"


@pytest.mark.parametrize(
    ("text", "letters"), [("mjpg", "MJPG"), ("MJPEG", "MJPG"), ("yuy2", "YUYV"), ("Y16", "Y16")]
)
def test_a_format_has_several_names(text: str, letters: str) -> None:
    assert known_format(text) == letters
    assert letters in READABLE


@pytest.mark.parametrize("text", ["H264", "", "jpg", "M"])
def test_a_format_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--camera-format") as caught:
        known_format(text)
    assert "MJPG" in (caught.value.hint or "")
