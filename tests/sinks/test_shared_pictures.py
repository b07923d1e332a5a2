"""Pictures that another process sees are those that were put there, whatever their sizes."""

import os
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.frame import Image
from livesegment.sinks.shared_pictures import SharedPictures, attach, picture
from tests.fakes import image

SIZES = st.tuples(st.integers(1, 90), st.integers(1, 70))


@pytest.fixture(params=["memory", "disk"])
def shared(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SharedPictures]:
    if request.param == "disk":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    pictures = SharedPictures()
    yield pictures
    pictures.close()
    pictures.close()


def _seen(shared: SharedPictures, place: tuple[int, int, int]) -> Image:
    """As the other process sees it, which attaches by itself."""
    return picture(attach(shared.handle, shared.size), *place)


@given(sizes=st.lists(SIZES, min_size=1, max_size=8))
def test_a_picture_is_seen_as_it_was_put(sizes: list[tuple[int, int]]) -> None:
    shared = SharedPictures()
    for number, size in enumerate(sizes):
        put = np.random.default_rng(number).integers(0, 255, (size[1], size[0], 3), np.uint8)
        assert (_seen(shared, shared.put(put)) == put).all()
    shared.close()


def test_one_before_stays_while_the_next_is_put(shared: SharedPictures) -> None:
    first, second = shared.put(image(1)), shared.put(image(2))
    assert [int(_seen(shared, place)[0, 0, 0]) for place in (first, second)] == [1, 2]


def test_the_memory_grows_with_the_pictures_only(shared: SharedPictures) -> None:
    sizes = []
    for side in (50, 20, 50, 400, 60):
        shared.put(image(0, (side, side)))
        sizes.append(shared.size)
    assert sizes[0] == sizes[1] == sizes[2] < sizes[3] == sizes[4]
    assert shared.holds(image(0, (400, 400)))
    assert not shared.holds(image(0, (500, 400)))


def test_pictures_that_do_not_lie_in_a_row_can_be_put(shared: SharedPictures) -> None:
    large = np.arange(40 * 60 * 3, dtype=np.uint32).astype(np.uint8).reshape(40, 60, 3)
    for part in (large[::2, 5:30], large[:, ::-1], large[..., ::-1]):
        assert (_seen(shared, shared.put(part)) == part).all()
