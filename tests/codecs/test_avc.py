"""Units between start codes, units with lengths, and what a decoder must know first."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.codecs import avc

SEQUENCE = bytes.fromhex("6764001facb4028b")
PICTURE = bytes.fromhex("68ef0fcb")
IDR = bytes.fromhex("65888402")
OTHER = bytes.fromhex("419a2627")
DELIMITER = bytes.fromhex("0910")

SETS = avc.ParameterSets((SEQUENCE,), (PICTURE,))

any_unit = (
    st.binary(min_size=1, max_size=40)
    .map(lambda data: data.replace(b"\0", b"\7"))
    .flatmap(lambda data: st.sampled_from([data, b"\x65\0\0\3" + data, data + b"\0\0\3\1"]))
)


@given(st.lists(any_unit, max_size=6), st.sampled_from([b"\0\0\1", b"\0\0\0\1"]))
def test_a_stream_comes_apart_where_it_was_put_together(found: list[bytes], start: bytes) -> None:
    assert avc.units(b"".join(start + unit for unit in found)) == found


def test_zeros_after_a_unit_are_none_of_it() -> None:
    assert avc.units(b"\0\0\1" + IDR + b"\0\0\0\0\1" + OTHER + b"\0") == [IDR, OTHER]


@pytest.mark.parametrize("stream", [b"\1\x64\0\x1f", b"\0\0\0\4" + IDR])
def test_what_begins_with_no_start_code_is_refused(stream: bytes) -> None:
    with pytest.raises(ValueError, match="start code"):
        avc.units(stream)


def test_decoding_can_begin_at_an_idr_picture_only() -> None:
    assert avc.is_key([DELIMITER, IDR])
    assert not avc.is_key([DELIMITER, OTHER])


def test_parameter_sets_are_found_among_other_units() -> None:
    assert avc.ParameterSets.among([DELIMITER, SEQUENCE, PICTURE, IDR]) == SETS


@pytest.mark.parametrize("units", [[SEQUENCE, IDR], [PICTURE, IDR], []])
def test_one_kind_of_parameter_sets_is_not_enough(units: list[bytes]) -> None:
    assert avc.ParameterSets.among(units) is None


def test_a_sample_is_units_with_their_lengths() -> None:
    assert SETS.sample([IDR, OTHER]) == b"\0\0\0\4" + IDR + b"\0\0\0\4" + OTHER


def test_a_sample_repeats_nothing_that_is_known() -> None:
    assert SETS.sample([DELIMITER, SEQUENCE, PICTURE, IDR]) == b"\0\0\0\4" + IDR


def test_parameter_sets_that_are_new_stay_with_their_picture() -> None:
    other = PICTURE + b"\1"
    assert other in SETS.sample([SEQUENCE, other, IDR])


def test_a_baseline_description_ends_with_the_parameter_sets() -> None:
    baseline = avc.ParameterSets((bytes.fromhex("6742c01f8c8d"),), (PICTURE,))
    assert baseline.configuration().endswith(b"\1\0\4" + PICTURE)


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_the_description_is_the_one_that_ffmpeg_writes(profile: str) -> None:
    written = _description(profile)
    length = int.from_bytes(written[6:8])
    sequence, rest = written[8 : 8 + length], written[8 + length :]
    picture = rest[3 : 3 + int.from_bytes(rest[1:3])]
    assert avc.ParameterSets((sequence,), (picture,)).configuration() == written


def _description(profile: str) -> bytes:
    """The avcC of an MP4 file by FFmpeg."""
    av: Any = pytest.importorskip("av")
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"profile": profile})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "bgr24")
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as container:
        return bytes(container.streams.video[0].codec_context.extradata)
