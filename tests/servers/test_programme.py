"""Pictures that carry their number."""

import cv2
import numpy as np
import pytest

from tests.servers.programme import Programme, number_of, repeated, stamp
from tests.sources.films import pictures


@pytest.mark.parametrize("number", [0, 1, 0x5555, 65_535])
def test_a_number_is_read_again(number: int) -> None:
    assert number_of(stamp(np.full((64, 320, 3), 90, np.uint8), number)) == number


def test_a_number_outlives_compression() -> None:
    numbers = []
    programme = Programme()
    for _ in range(20):
        jpeg = cv2.imencode(".jpg", programme.next()[1], [cv2.IMWRITE_JPEG_QUALITY, 50])[1]
        numbers.append(number_of(np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)))
    assert numbers == list(range(20))


def test_a_picture_without_a_number_has_none() -> None:
    assert number_of(np.full((64, 320, 3), 90, np.uint8)) is None
    assert number_of(np.full((64, 64, 3), 90, np.uint8)) is None


def test_a_frozen_programme_repeats_the_very_same_picture() -> None:
    programme = Programme()
    shown = programme.next()[1]
    programme.frozen = True
    assert np.array_equal(programme.next()[1], shown)
    programme.frozen = False
    assert not np.array_equal(programme.next()[1], shown)


def test_black_pictures_come_first_and_are_counted() -> None:
    programme = Programme()
    programme.black = 2
    means = [programme.next()[1].mean() for _ in range(3)]
    assert means[:2] == [0, 0]
    assert means[2] > 0
    assert programme.count == 3


def test_the_size_can_change() -> None:
    programme = Programme()
    programme.next()
    programme.size = (640, 480)
    assert programme.next()[1].shape == (480, 640, 3)


def test_given_pictures_go_round() -> None:
    programme = repeated(pictures(2), 25)
    assert [round(programme.next()[1].mean()) for _ in range(3)] == [16, 24, 16]


def test_the_age_of_a_picture_is_known_once_it_was_sent() -> None:
    programme = Programme()
    number, picture = programme.next()
    assert programme.age(picture) is None
    programme.sent_at[number] = 0.0
    age = programme.age(picture)
    assert age is not None
    assert age > 0
