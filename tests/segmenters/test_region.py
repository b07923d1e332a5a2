"""Only a part of the picture is segmented, and its objects lie where they are in the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.errors import UsageError
from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.geometry import pixel_regions
from livesegment.instances import Instances, Segmentation
from livesegment.segmenters.region import Region, RegionSegmenter, moved
from tests.fakes import FakeSegmenter, frame


class Witness(FakeSegmenter):
    """Keeps the frames that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []

    def segment(self, frame: Frame) -> Segmentation:
        self.frames.append(frame)
        return super().segment(frame)


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("10,20,30,15", (10, 20, 40, 35)),
        ("0,0,64,48", (0, 0, 64, 48)),
        ("25%,0%,50%,100%", (16, 0, 48, 48)),
        ("12.5%, 10 ,50%, 20", (8, 10, 40, 30)),
        ("99%,99%,1%,1%", (63, 48, 64, 48)),
    ],
)
def test_pixels_and_per_cent(text: str, box: tuple[int, int, int, int]) -> None:
    region = Region.parse(text)
    if box[1] == box[3]:
        with pytest.raises(UsageError):
            region.box((64, 48))
    else:
        assert region.box((64, 48)) == box


@pytest.mark.parametrize(
    "text",
    [
        *("", "1,2,3", "1,2,3,4,5", "a,b,c,d", "-1,0,5,5", "1,2,0,4", "0%,0%,0%,5%", "1.5,0,5,5"),
        *("60%,0%,50%,50%", "0,0,10,101%", "1,2,3,4%5", "nan%,0,5,5", "\uff11,2,3,4"),
        "0,0,99999999,1",
    ],
)
def test_what_is_no_region_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--roi") as caught:
        Region.parse(text)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["60,0,10,10", "0,40,10,9", "64,0,1,1", "50%,0,40,10"])
def test_a_region_outside_names_the_size_of_the_frame(text: str) -> None:
    with pytest.raises(UsageError, match="64x48"):
        RegionSegmenter(FakeSegmenter(), Region.parse(text)).segment(frame(0))


def test_the_network_sees_the_region_alone_and_nothing_is_copied() -> None:
    witness, whole = Witness(), frame(7)
    RegionSegmenter(witness, Region.parse("10,20,30,15")).segment(whole)
    (seen,) = witness.frames
    assert seen.image.shape == (15, 30, 3)
    assert np.shares_memory(seen.image, whole.image)
    assert (seen.index, seen.captured_at, seen.pts) == (7, whole.captured_at, whole.pts)


def test_objects_lie_where_they_are_in_the_whole_picture() -> None:
    found = RegionSegmenter(FakeSegmenter(), Region.parse("10,20,30,15")).segment(frame(0))
    assert found.size == (64, 48)
    assert found.instances.regions.tolist() == [[10, 22, 14, 26]]
    assert found.timings == {"infer": 0.001}


def test_all_else_is_the_segmenters_own() -> None:
    inner = FakeSegmenter()
    segmenter = RegionSegmenter(inner, Region.parse("0,0,5,5"))
    segmenter.thresholds = Thresholds(score=0.7)
    segmenter.warm_up()
    assert inner.thresholds is segmenter.thresholds
    assert (segmenter.labels, segmenter.describe()) == (inner.labels, inner.describe())


@given(
    st.tuples(st.integers(0, 9000), st.integers(0, 9000)),
    st.floats(0, 50, width=32),
    st.floats(0, 50, width=32),
    st.floats(0, 20, width=32),
    st.floats(0, 20, width=32),
)
def test_a_mask_fits_its_box_wherever_it_is_moved(
    by: tuple[int, int], x: float, y: float, width: float, height: float
) -> None:
    """Far from the origin the fractions of a float are coarser."""
    box = np.array([[x, y, np.float32(x + width), np.float32(y + height)]], np.float32)
    ((x1, y1, x2, y2),) = pixel_regions(box).tolist()
    before = Instances.from_rows(box, [0.9], [0], [np.ones((y2 - y1, x2 - x1), bool)])
    after = moved(before, by)
    assert (after.regions - before.regions).tolist() == [[*by, *by]]
    assert np.abs(after.boxes - before.boxes - [*by, *by]).max() < 2e-3
    assert after.masks is before.masks


def test_nothing_found_moves_nowhere() -> None:
    assert len(moved(Instances.empty(), (5, 5))) == 0
