"""Pictures that show nothing, and pictures that do not change."""

import numpy as np
import pytest

from livesegment.frame import Image
from livesegment.sources.supervision.picture_watch import ROWS, PictureWatch, is_blank

SIZES = [(1, 1), (3, 2), (64, 48), (641, 361), (1920, 1080)]


def _noise(mean: float, sigma: float, size: tuple[int, int] = (320, 240), seed: int = 1) -> Image:
    """A dark room, or a bright one, as a sensor sees it."""
    rng = np.random.default_rng(seed)
    shape = (size[1], size[0], 3)
    return np.clip(rng.normal(mean, sigma, shape), 0, 255).astype(np.uint8)


def _flat(colour: tuple[int, int, int], size: tuple[int, int] = (320, 240)) -> Image:
    return np.full((size[1], size[0], 3), colour, np.uint8)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "colour", [(0, 0, 0), (128, 128, 128), (255, 255, 255), (0, 135, 0), (255, 0, 0)]
)
def test_one_colour_is_blank(colour: tuple[int, int, int], size: tuple[int, int]) -> None:
    assert is_blank(_flat(colour, size))


def test_one_colour_with_what_coding_leaves_is_blank() -> None:
    image = _flat((16, 16, 16))
    image[::3, ::5] += 2
    assert is_blank(image)


@pytest.mark.parametrize("sigma", [1.5, 3.0, 8.0])
@pytest.mark.parametrize("mean", [8, 20, 128])
def test_a_dark_and_noisy_picture_is_not_blank(mean: float, sigma: float) -> None:
    assert not is_blank(_noise(mean, sigma))


def test_a_light_in_the_night_is_not_blank() -> None:
    image = _flat((0, 0, 0), (640, 480))
    image[100:130, 500:530] = 90
    assert not is_blank(image)


def test_a_picture_that_varies_in_one_channel_is_not_blank() -> None:
    image = _flat((50, 50, 50))
    image[:, :, 2] = np.arange(image.shape[1]) % 40
    assert not is_blank(image)


def test_a_picture_with_nothing_in_its_middle_is_not_blank() -> None:
    image = _flat((50, 50, 50))
    image[:40] = 200
    assert not is_blank(image)


def test_it_tells_for_how_long_a_picture_has_been_the_same() -> None:
    watch = PictureWatch()
    for i in range(5):
        watch.look(_noise(100, 10), 10 + i)
        assert watch.same_for == i
    watch.look(_noise(100, 10, seed=2), 15)
    assert watch.same_for == 0


def test_a_noisy_picture_of_a_still_room_is_never_the_same() -> None:
    watch = PictureWatch()
    for i in range(20):
        watch.look(_noise(30, 2, seed=i), i)
        assert watch.same_for == 0


def test_a_clock_that_ticks_in_the_corner_is_seen_in_time() -> None:
    watch = PictureWatch()
    still = _noise(100, 10, (640, 480))
    ticked = still.copy()
    ticked[470:474, 600:610] += 1
    watch.look(still, 0)
    for i in range(1, 480 // ROWS + 1):
        watch.look(ticked, i)
    assert watch.same_for < 480 // ROWS


def test_another_size_is_another_picture() -> None:
    watch = PictureWatch()
    watch.look(_noise(100, 10), 0)
    watch.look(_noise(100, 10, (160, 120)), 1)
    assert watch.same_for == 0


def test_blank_pictures_never_count_as_the_same() -> None:
    watch = PictureWatch()
    for i in range(5):
        watch.look(_flat((0, 0, 0)), i)
        assert watch.blank
        assert watch.same_for == 0
    watch.look(_noise(100, 10), 5)
    assert not watch.blank


def test_what_is_forgotten_is_not_the_same_any_more() -> None:
    watch = PictureWatch()
    watch.look(_noise(100, 10), 0)
    watch.look(_noise(100, 10), 5)
    watch.forget()
    assert watch.same_for == 0
    watch.look(_noise(100, 10), 6)
    assert watch.same_for == 0


@pytest.mark.parametrize("size", SIZES)
def test_pictures_of_any_size_can_be_watched(size: tuple[int, int]) -> None:
    watch = PictureWatch()
    for i in range(3):
        watch.look(_noise(100, 40, size), i)
    assert watch.same_for == (0 if is_blank(_noise(100, 40, size)) else 2)
