"""Run lengths from crops, against an encoder that looks at the whole frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from livesegment.rle import crop_counts, decode_counts, decode_crop, decode_mask, encode_counts

pytestmark = pytest.mark.wheel


def whole_frame(
    mask: NDArray[np.bool_], origin: tuple[int, int], size: tuple[int, int]
) -> NDArray[np.bool_]:
    frame = np.zeros((size[1], size[0]), np.bool_)
    frame[origin[1] : origin[1] + mask.shape[0], origin[0] : origin[0] + mask.shape[1]] = mask
    return frame


def plain_counts(frame: NDArray[np.bool_]) -> list[int]:
    """Pixel after pixel, column after column."""
    counts, value = [0], False
    for pixel in frame.T.ravel().tolist():
        if pixel != value:
            counts.append(0)
            value = pixel
        counts[-1] += 1
    return counts


@st.composite
def crops(
    draw: st.DrawFn,
) -> tuple[NDArray[np.bool_], tuple[int, int], tuple[int, int]]:
    """A crop, its place and the frame's size; often at the border or as tall as the frame."""
    width, height = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    x, y = draw(st.integers(0, width)), draw(st.integers(0, height))
    w, h = draw(st.integers(0, width - x)), draw(st.integers(0, height - y))
    if draw(st.booleans()):
        y, h = 0, height
    mask = draw(hnp.arrays(np.bool_, (h, w)))
    return mask, (x, y), (width, height)


@given(crops())
def test_a_crops_runs_are_the_frames_runs(
    crop: tuple[NDArray[np.bool_], tuple[int, int], tuple[int, int]],
) -> None:
    assert crop_counts(*crop) == plain_counts(whole_frame(*crop))


@given(crops())
def test_a_mask_comes_back_from_its_text(
    crop: tuple[NDArray[np.bool_], tuple[int, int], tuple[int, int]],
) -> None:
    text = encode_counts(crop_counts(*crop))
    assert np.array_equal(decode_mask(decode_counts(text), crop[2]), whole_frame(*crop))


@given(st.lists(st.integers(0, 1 << 40), max_size=12))
def test_counts_come_back_from_their_text(counts: list[int]) -> None:
    assert decode_counts(encode_counts(counts)) == counts


def test_text_is_plain_ascii_from_0_to_o() -> None:
    text = encode_counts([0, 1 << 30, 5, 0, 1 << 20, 77])
    assert all("0" <= character <= "o" for character in text)


def test_columns_as_tall_as_the_frame_join() -> None:
    assert crop_counts(np.ones((8, 3), np.bool_), (3, 0), (12, 8)) == [24, 24, 48]


def test_columns_that_only_nearly_touch_do_not_join() -> None:
    assert crop_counts(np.ones((7, 2), np.bool_), (0, 1), (2, 8)) == [1, 7, 1, 7]


def test_a_mask_in_the_last_corner_ends_without_a_run_of_zeros() -> None:
    assert crop_counts(np.ones((1, 1), np.bool_), (3, 2), (4, 3)) == [11, 1]


def test_a_mask_in_the_first_corner_starts_with_no_zeros() -> None:
    assert crop_counts(np.ones((1, 1), np.bool_), (0, 0), (4, 3)) == [0, 1, 11]


def test_a_crop_without_pixels_is_an_empty_mask() -> None:
    assert crop_counts(np.zeros((0, 0), np.bool_), (2, 1), (4, 3)) == [12]


def test_counts_are_plain_numbers() -> None:
    """They go into JSON."""
    assert {type(count) for count in crop_counts(np.eye(3, dtype=np.bool_), (0, 0), (3, 3))} == {
        int
    }


def disc() -> NDArray[np.bool_]:
    y, x = np.mgrid[4:25, 9:30]
    return np.asarray((x - 19) ** 2 + (y - 14) ** 2 <= 100)


# The texts were made by pycocotools 2.0.11, `mask.encode` of the whole frame.
@pytest.mark.parametrize(
    ("mask", "origin", "size", "text"),
    [
        pytest.param(np.zeros((2, 2), np.bool_), (1, 1), (7, 5), "S1", id="empty"),
        pytest.param(np.ones((5, 7), np.bool_), (0, 0), (7, 5), "0S1", id="full"),
        pytest.param(np.ones((1, 1), np.bool_), (2, 3), (7, 5), "=1e0", id="one pixel"),
        pytest.param(np.ones((8, 3), np.bool_), (3, 0), (12, 8), "h0h0`1", id="whole columns"),
        pytest.param(
            disc(),
            (9, 4),
            (40, 30),
            "l81i08J4M2N2O0O2O00000O20N1000001N101N2N3L6HR9",
            id="disc",
        ),
        pytest.param(
            np.indices((3, 4)).sum(0) % 2 == 0, (0, 0), (4, 3), "0110000000000", id="chequers"
        ),
        pytest.param(
            whole_frame(np.ones((1, 1), np.bool_), (0, 0), (640, 480))
            | whole_frame(np.ones((1, 1), np.bool_), (639, 479), (640, 480)),
            (0, 0),
            (640, 480),
            "01no[90",
            id="two corners",
        ),
        pytest.param(
            np.ones((200, 257), np.bool_),
            (200, 100),
            (640, 480),
            "Tkm2X6h8" + "0" * 511 + "lee2",
            id="rectangle",
        ),
    ],
)
def test_the_text_is_the_coco_apis(
    mask: NDArray[np.bool_], origin: tuple[int, int], size: tuple[int, int], text: str
) -> None:
    assert encode_counts(crop_counts(mask, origin, size)) == text


@pytest.mark.parametrize("text", ["/", "p", " ", "S1\n", "é"])
def test_characters_that_do_not_belong_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not belong"):
        decode_counts(text)


def test_text_that_was_cut_off_is_refused() -> None:
    with pytest.raises(ValueError, match="middle of a number"):
        decode_counts("S1S")


@pytest.mark.parametrize("counts", [[11], [13], [], [14, -2]])
def test_runs_that_do_not_cover_the_frame_are_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="the frame has 12"):
        decode_mask(counts, (4, 3))


@given(crops())
def test_a_crop_comes_back_from_its_text_as_small_as_it_can_be(
    crop: tuple[NDArray[np.bool_], tuple[int, int], tuple[int, int]],
) -> None:
    found, (x, y) = decode_crop(encode_counts(crop_counts(*crop)), crop[2])
    assert np.array_equal(whole_frame(found, (x, y), crop[2]), whole_frame(*crop))
    if found.size:
        assert found[:, [0, -1]].any(axis=0).all()
        assert found[[0, -1]].any(axis=1).all()
    else:
        assert (found.shape, x, y) == ((0, 0), 0, 0)


@given(st.text("0PQX`ao~ 1", max_size=8), st.integers(1, 4), st.integers(1, 4))
def test_a_crop_is_had_of_what_the_whole_mask_is_had_of(text: str, width: int, height: int) -> None:
    size = (width, height)
    try:
        whole = decode_mask(decode_counts(text), size)
    except ValueError:
        with pytest.raises(ValueError, match=r"run|character"):
            decode_crop(text, size)
    else:
        assert np.array_equal(whole_frame(*decode_crop(text, size), size), whole)


@pytest.mark.parametrize("text", ["", "`", "\x7f", "é", "`" * 20 + "0", "9", "X"])
def test_text_that_is_no_mask_has_no_crop(text: str) -> None:
    with pytest.raises(ValueError, match=r"run|character"):
        decode_crop(text, (4, 2))
