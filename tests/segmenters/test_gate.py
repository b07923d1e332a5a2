"""A still scene is told from one in which something moves, whatever light and sensor do."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livesegment.frame import Frame, Image
from livesegment.segmenters.gate import CELLS, StillScene, differ, grid
from livesegment.segmenters.region import Region
from livesegment.sources.synthetic import Scene

pytestmark = pytest.mark.wheel
SIZE = (640, 360)
FRAMES = 10
SIDE = 15
"""Pixels: a square of 0.1 % of the picture."""

Light = Callable[[int], NDArray[np.float32]]


def scene() -> Image:
    """A room, with nothing in it that moves by itself."""
    return Scene(SIZE).picture(1.0)


def as_picture(values: NDArray[Any]) -> Image:
    """Any numbers, cut off at black and white."""
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def sensor(image: Image, number: int, *, read: float = 3.0, shot: float = 0.1) -> Image:
    """The picture as a sensor gives it the n-th time: with read noise and shot noise."""
    noise = np.random.default_rng(number).normal(0, 1, image.shape)
    return as_picture(image + noise * np.sqrt(read**2 + shot * image))


def with_square(image: Image, at: tuple[int, int], brighter: int) -> Image:
    """A small thing on it, brighter than what is behind it."""
    x, y = at
    changed = image.astype(np.int16)
    part = changed[y : y + SIDE, x : x + SIDE]
    changed[y : y + SIDE, x : x + SIDE] = part.mean(axis=(0, 1)) + brighter
    return as_picture(changed)


def frame(image: Image, index: int = 0) -> Frame:
    return Frame(image, index, index / 30, index / 30)


def kept(image: Image, region: Region | None = None) -> StillScene:
    gate = StillScene(region)
    gate.keep(frame(image))
    return gate


def test_before_the_first_frame_nothing_is_still() -> None:
    assert not StillScene().still(frame(scene()))


def test_the_frame_itself_is_still() -> None:
    assert kept(scene()).still(frame(scene(), 1))


@pytest.mark.parametrize("read", [0.0, 3.0, 8.0, 15.0])
def test_noise_of_a_sensor_is_still(read: float) -> None:
    gate = kept(sensor(scene(), 1000, read=read))
    seen = [gate.still(frame(sensor(scene(), i, read=read), i)) for i in range(FRAMES)]
    assert all(seen)


def test_noise_in_the_dark_is_still() -> None:
    dark = (scene() * 0.15).astype(np.uint8)
    gate = kept(sensor(dark, 1000, read=8))
    assert all(gate.still(frame(sensor(dark, i, read=8), i)) for i in range(FRAMES))


def _exposure(number: int) -> NDArray[np.float32]:
    return np.full((1, 1, 3), (0.9, 0.95, 1.06, 1.1)[number % 4], np.float32)


def _white_balance(number: int) -> NDArray[np.float32]:
    return np.array([[[1.04, 1.0, 0.96 + 0.01 * (number % 3)]]], np.float32)


def _lamp_before_a_rolling_shutter(number: int) -> NDArray[np.float32]:
    rows = np.sin(np.arange(SIZE[1]) / SIZE[1] * 6 * np.pi + 0.7 * number)
    return (1 + 0.04 * rows[:, None, None]).astype(np.float32)


@pytest.mark.parametrize("light", [_exposure, _white_balance, _lamp_before_a_rolling_shutter])
def test_flicker_of_the_light_is_still(light: Light) -> None:
    gate = kept(sensor(scene(), 1000))
    for i in range(FRAMES):
        lit = as_picture(scene() * light(i))
        assert gate.still(frame(sensor(lit, i), i)), f"frame {i}"


@pytest.mark.parametrize("place", [(20, 15), (310, 150), (600, 325)])
@pytest.mark.parametrize("brighter", [60, -60])
def test_a_thousandth_of_the_picture_that_moves_is_seen_in_two_frames(
    place: tuple[int, int], brighter: int
) -> None:
    """It moves by 2 pixels a frame, before a noisy sensor."""
    x, y = place
    gate = kept(sensor(with_square(scene(), place, brighter), 1000))
    seen = [
        not gate.still(frame(sensor(with_square(scene(), (x + 2 * i, y), brighter), i), i))
        for i in (1, 2)
    ]
    assert any(seen)


def test_however_slowly_something_moves_it_is_seen_in_the_end() -> None:
    """A sixth of a pixel a frame: from frame to frame there is next to nothing to see."""
    x, y = 310, 150
    gate = kept(sensor(with_square(scene(), (x, y), 60), 1000))
    still = [
        gate.still(frame(sensor(with_square(scene(), (x + i // 6, y), 60), i), i))
        for i in range(6 * 6)
    ]
    assert all(still[:6])
    assert not still[-1]


def test_what_appears_while_the_light_changes_is_seen() -> None:
    gate = kept(sensor(scene(), 1000))
    lit = as_picture(with_square(scene(), (310, 150), 70) * 1.1)
    assert not gate.still(frame(sensor(lit, 1), 1))


def test_a_camera_that_is_moved_sees_another_scene() -> None:
    gate = kept(sensor(scene(), 1000))
    assert not gate.still(frame(sensor(np.roll(scene(), 6, axis=1), 1), 1))


@pytest.mark.parametrize("gain", [0.4, 2.0])
def test_a_lamp_that_is_switched_is_a_change(gain: float) -> None:
    gate = kept(sensor(scene(), 1000))
    lit = as_picture(scene() * gain)
    assert not gate.still(frame(sensor(lit, 1), 1))


def test_a_colour_that_changes_at_the_same_brightness_is_a_change() -> None:
    before, after = scene(), scene()
    before[150:170, 300:320], after[150:170, 300:320] = (90, 110, 60), (130, 95, 70)
    assert not kept(before).still(frame(after, 1))


def test_another_size_is_a_change() -> None:
    flat = np.full((720, 1280, 3), 90, np.uint8)
    assert not kept(flat).still(frame(flat[:360, :640], 1))


def test_a_kept_frame_takes_the_place_of_the_one_before() -> None:
    moved = with_square(scene(), (310, 150), 80)
    gate = kept(scene())
    gate.keep(frame(moved, 1))
    assert gate.still(frame(moved, 2))
    assert not gate.still(frame(scene(), 3))


def test_after_forgetting_nothing_is_still() -> None:
    gate = kept(scene())
    gate.forget()
    assert not gate.still(frame(scene(), 1))


@pytest.mark.parametrize(("place", "still"), [((50, 150), True), ((450, 150), False)])
def test_only_the_region_is_looked_at(place: tuple[int, int], still: bool) -> None:
    gate = kept(scene(), Region.parse("50%,0%,50%,100%"))
    assert gate.still(frame(with_square(scene(), place, 80), 1)) is still


@given(st.integers(1, 400), st.integers(1, 400))
def test_a_picture_of_any_size_is_compared(width: int, height: int) -> None:
    image = np.full((height, width, 3), 100, np.uint8)
    cells = grid(image)
    assert 1 <= cells.shape[0] * cells.shape[1] <= 1.1 * CELLS + 1
    assert not differ(cells, cells)
    assert differ(cells, grid(255 - 2 * image))
